"""What a state is: how it is made, and whether a sandbox can have it."""

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from contracts.provider.workbench import Workbench
from mocks.kit.faults import Fault

# Makes the state and returns the values that requests name: ids, days, companies.
Make = Callable[[Workbench, dict[str, Any]], dict[str, str]]


class State(Struct, frozen=True):
    """`mock_only`: no vendor's API can bring this about, so a sandbox leaves it out, and it is counted."""

    make: Make
    mock_only: bool = False


def refused_credentials(bench: Workbench, parameters: dict[str, Any]) -> dict[str, str]:
    """Calls go out under credentials that nobody accepts."""
    bench.refuse_credentials()
    return {}


def striking(fault: Fault) -> State:
    """A fault strikes every call; of mocks alone."""

    def make(bench: Workbench, parameters: dict[str, Any]) -> dict[str, str]:
        bench.fault(fault)
        return {}

    return State(make, mock_only=True)
