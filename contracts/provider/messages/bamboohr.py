"""BambooHR's webhooks: signed with the key that the subscription was told."""

import time
from typing import Any

from contracts.provider.workbench import StateFailed, Workbench
from integration_core.ports.webhooks import Unverified
from integration_core.wiring.receivers import BambooReceiver

_NAMES = ("x-bamboohr-timestamp", "x-bamboohr-signature")


class _WallClock:
    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000


def tell(bench: Workbench, description: str) -> tuple[bytes, dict[str, Any], str]:
    """The last webhook that came; StateFailed where production code does not believe it."""
    told = bench.wait_told()[-1]
    try:
        BambooReceiver("bamboohr", bench.secret, _WallClock()).receive(told.headers, told.body, "")
    except Unverified as unverified:
        reason = str(unverified).rstrip(".")
        raise StateFailed(f"The core does not believe this webhook: {reason}.") from unverified
    metadata = {name: told.headers.get(name, "") for name in _NAMES}
    return told.body, metadata, told.headers.get("content-type", "")
