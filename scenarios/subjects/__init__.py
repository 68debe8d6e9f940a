"""Integrations that can be put under rehearsal, behind one small port."""
