"""Gusto as payroll: what each person cost in, nothing out (wire 4.5)."""
