"""The Salesforce REST protocol as a server: one engine for every product that lives on that platform."""
