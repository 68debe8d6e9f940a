"""Certinia as the PSA: assignments, time and default rates in, projects and marks out (wire 4.2)."""
