"""Salesforce's outbound messages: known by the secret in their address and by their organisation."""

from typing import Any

from contracts.provider.states.salesforce import TOLD_AT
from contracts.provider.workbench import StateFailed, Workbench
from integration_core.ports.webhooks import Unverified
from integration_core.wiring.receivers import SalesforceReceiver


def tell(bench: Workbench, description: str) -> tuple[bytes, dict[str, Any], str]:
    """The last message that came; StateFailed where production code does not believe it."""
    told = bench.wait_told()[-1]
    organization_id = bench.target.credentials.get("organization_id", "")
    token = told.path.rpartition("/")[2]
    try:
        SalesforceReceiver("salesforce", organization_id, TOLD_AT).receive(told.headers, told.body, token)
    except Unverified as unverified:
        reason = str(unverified).rstrip(".")
        raise StateFailed(f"The core does not believe this message: {reason}.") from unverified
    return told.body, {}, told.headers.get("content-type", "")
