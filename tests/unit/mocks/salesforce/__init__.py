"""Tests of the Salesforce protocol, over the CRM org."""
