"""People at work over the vendors' real APIs, against mocks that run as processes."""
