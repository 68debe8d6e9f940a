"""What drifts apart in silence: a description from its last release, and a pact from the description."""
