"""Certinia PSA: the pse__ objects, in an org of their own on the Salesforce protocol (wire 4.2)."""
