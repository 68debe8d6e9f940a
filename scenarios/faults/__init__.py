"""Fault plans: what goes wrong in a rehearsal, as data."""
