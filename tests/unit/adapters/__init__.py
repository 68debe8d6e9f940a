"""The adapters against scripted answers in the vendors' own words; no network."""
