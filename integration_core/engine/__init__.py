"""The engine port's two adapters over one set of tables: simulated (virtual time, crash points) and DBOS.

Both keep activations, timers and transaction checkpoints in the same database as the core's
own data, so that asking for work is atomic with the data that made it necessary.
"""
