"""The estate of one rehearsal as the runner holds it: its systems by role, and how to reach them."""

from collections.abc import Mapping
from typing import Protocol

from msgspec import Struct

from integration_core.ports.http import HttpTransport
from scenarios.control import Control


class System(Struct, frozen=True, kw_only=True):
    """One mock in one role, with the world's credentials in it."""

    role: str
    vendor: str
    url: str
    credentials: Mapping[str, str]
    control: Control


class Estate(Protocol):
    """Systems that are up, and a transport that reaches them."""

    @property
    def systems(self) -> Mapping[str, System]: ...

    @property
    def transport(self) -> HttpTransport: ...

    async def close(self) -> None:
        """Take everything down; nothing is left running."""
        ...


ROLES = ("crm", "psa", "hris", "payroll", "erp")
