"""A month end under load: people at the vendors' real APIs, the core beside them, a verdict afterwards."""
