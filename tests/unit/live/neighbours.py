"""An estate whose mocks are whatever a test's network answers."""

from collections.abc import Mapping

from msgspec import Struct

from integration_core.ports.http import HttpTransport
from scenarios.control import Control
from scenarios.estate import System


class Estate(Struct, frozen=True):
    """Systems and the network that reaches them."""

    systems: Mapping[str, System]
    transport: HttpTransport

    async def close(self) -> None:
        """Nothing is open."""


def control(transport: HttpTransport, url: str) -> Control:
    """The control plane of one mock."""
    return Control(transport, url, "default", "token")
