"""The same rehearsal with real processes and real sockets on this machine."""
