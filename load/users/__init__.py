"""People by persona, and the clients of the vendors' APIs that they work with; nothing of the core's own."""
