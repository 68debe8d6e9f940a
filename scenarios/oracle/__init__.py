"""The oracle: from what the source systems recorded to what every other system must hold.

It is the second mind of the project. It imports the vocabulary of `mocks.firm.facts` and
nothing else of the house, counts in integers of minor units, and does no I/O. Entry point:
`scenarios.oracle.expect.expect`.
"""
