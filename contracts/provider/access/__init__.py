"""How a call gets the target's own credentials: one module a vendor, one line each here."""

from contracts.provider.access import bamboohr, gusto, integration_core, netsuite, salesforce
from contracts.provider.access.port import Access

ACCESS: dict[str, type[Access]] = {
    "certinia": salesforce.OrgAccess,
    "salesforce": salesforce.OrgAccess,
    "bamboohr": bamboohr.BambooAccess,
    "netsuite": netsuite.NetSuiteAccess,
    "gusto": gusto.GustoAccess,
    "integration-core": integration_core.CoreAccess,
}
