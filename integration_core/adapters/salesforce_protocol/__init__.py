"""The Salesforce REST protocol, which the CRM and the PSA both speak (wire 4.1, 4.2).

Session and token, SOQL with paging, polling by SystemModstamp, upserts and collections. It knows
no object of either vendor.
"""
