"""Rehearsals: what is played, what goes wrong, who is under test, and who judges."""
