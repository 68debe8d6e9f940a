"""What the core's processes may call, and the errors those calls may raise.

Processes, adapters, store, engine and API meet here and nowhere else.
"""
