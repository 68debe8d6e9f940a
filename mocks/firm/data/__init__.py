"""Frozen reference data: dates, places, names and quantiles, none of it computed at run time."""
