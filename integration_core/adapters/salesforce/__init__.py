"""Salesforce as the CRM: deals, contracts and prices in, billing mirrors out (wire 4.1)."""
