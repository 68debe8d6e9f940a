"""The month-end under load: the next floor to be built."""
