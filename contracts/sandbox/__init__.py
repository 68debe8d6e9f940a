"""A stand-in for real sandboxes: proves the way there without a network, and that a difference is found."""
