"""The CRM's operations: the platform's own, over the CRM's org."""

from mocks.crm.salesforce.state import ORG
from mocks.protocols.salesforce.operations import operations

OPERATIONS = operations(ORG)
