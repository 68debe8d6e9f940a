"""Mocks that play the ERP."""
