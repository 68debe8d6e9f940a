"""Salesforce in the role of the CRM: deals, quotes, contracts, prices, and mirrors of billing."""
