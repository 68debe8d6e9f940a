"""What every adapter needs to make a call: outcomes told apart, JSON without floats, correlation."""
