"""The PSA's operations: the platform's own, over the PSA's org."""

from mocks.protocols.salesforce.operations import operations
from mocks.psa.certinia.state import ORG

OPERATIONS = operations(ORG)
