"""Pure calculations over canonical records: no I/O, no clock, no store."""
