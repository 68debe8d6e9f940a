"""Gusto as a server: companies, their employees, processed payrolls, and webhooks (wire 4.5)."""
