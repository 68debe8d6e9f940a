"""One process, virtual time, an in-process network: a month in seconds, the same every time."""
