"""The core's own words for business things: immutable, free of I/O, free of any vendor.

Money, hours, rates and shares are `Decimal`; instants are UTC epoch milliseconds (`_ms`);
days are `date`. Every record is a msgspec Struct, so that it stores and travels as JSON
without loss (decimals as strings).
"""
