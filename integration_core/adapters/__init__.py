"""The vendors, one folder each: client (HTTP) and mapping (pure, wire <-> canonical).

Adapters are strangers to one another; they share `http` (how to call) and, where two vendors
speak one protocol, `salesforce_protocol`.
"""
