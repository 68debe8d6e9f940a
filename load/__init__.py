"""People at work through the vendors' real APIs, in numbers: what they do is the firm's own facts."""
