"""What the core needs of every system, written down by running its own adapters."""
