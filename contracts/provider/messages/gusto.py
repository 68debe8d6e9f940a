"""Gusto's webhooks: signed with the token that a subscription's first, unsigned message carried."""

from typing import Any

from contracts.provider.workbench import StateFailed, Workbench
from integration_core.adapters.gusto.webhooks import verification_token_of
from integration_core.ports.webhooks import Unverified
from integration_core.wiring.receivers import GustoReceiver

CHALLENGE = "a subscription's first message"
_SIGNATURE = "x-gusto-signature"


def tell(bench: Workbench, description: str) -> tuple[bytes, dict[str, Any], str]:
    """The last webhook that came; StateFailed where production code does not believe it."""
    told = bench.wait_told()[-1]
    if (verification_token_of(told.body) is not None) != (description == CHALLENGE):
        raise StateFailed(f"{description!r} was expected, and another kind of webhook came.")
    try:
        GustoReceiver("gusto", bench.secret).receive(told.headers, told.body, "")
    except Unverified as unverified:
        reason = str(unverified).rstrip(".")
        raise StateFailed(f"The core does not believe this webhook: {reason}.") from unverified
    metadata = {name: value for name, value in told.headers.items() if name == _SIGNATURE}
    return told.body, metadata, told.headers.get("content-type", "")
