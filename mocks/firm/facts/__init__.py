"""The shared vocabulary: what people and source systems did, and what the systems hold.

`source` has the facts (played into the systems of record, and read back from them);
`documents` has what a subject makes the target systems hold; `wire` turns both into
JSON lines and back. Nothing here calculates: oracle, checks, generator and mocks may all
read these types without sharing a rule.

Units stand last in every name: `_minor` integer minor units of the record's currency,
`_e2`/`_e4`/`_e6` integers scaled by that power of ten, `_ms` UTC milliseconds since the epoch.
"""
