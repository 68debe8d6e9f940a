"""Consumer-driven contracts between the core and the vendors: the next floor to be built."""
