"""Payroll vendors: each folder is one product's mock."""
