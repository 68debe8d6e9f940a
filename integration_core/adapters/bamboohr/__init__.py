"""BambooHR as the HRIS: people and their effective-dated rows in, nothing out (wire 4.4)."""
