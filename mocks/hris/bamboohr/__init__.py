"""BambooHR as a server: employees, their effective-dated tables, what changed, and webhooks (wire 4.4)."""
