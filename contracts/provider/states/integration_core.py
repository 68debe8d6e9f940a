"""States of the core as a provider: what its callers find there, brought about through its own API."""

from typing import Any

import msgspec
from msgspec import Struct

from contracts.provider.access.integration_core import CoreAccess
from contracts.provider.states.port import State, refused_credentials
from contracts.provider.workbench import StateFailed, Workbench

# `authorization` is put in by the access wherever a call has the header at all.
_ASKED = {"authorization": ""}


class _Case(Struct, frozen=True):
    id: str


class _Rest(Struct, frozen=True):
    running: int
    due_now: int


def _nothing(bench: Workbench, parameters: dict[str, Any]) -> dict[str, str]:
    return {}


def _at_rest(bench: Workbench, parameters: dict[str, Any]) -> dict[str, str]:
    rest = msgspec.json.decode(bench.call("GET", "/operations/rest", headers=_ASKED).body, type=_Rest)
    if rest.running or rest.due_now:
        raise StateFailed(f"The core has {rest.running} runs at work and {rest.due_now} due; let it rest.")
    return {}


def _open_case(bench: Workbench, parameters: dict[str, Any]) -> dict[str, str]:
    answer = bench.call("GET", "/operations/cases?only_open=true", headers=_ASKED)
    cases = msgspec.json.decode(answer.body, type=list[_Case])
    if not cases:
        raise StateFailed("No case is open in this core.")
    return {"case": cases[0].id}


def _no_such_case(bench: Workbench, parameters: dict[str, Any]) -> dict[str, str]:
    # Cases are counted upwards from one.
    return {"case": "C-999999999999"}


def _reader(bench: Workbench, parameters: dict[str, Any]) -> dict[str, str]:
    access = bench.access
    if not isinstance(access, CoreAccess):
        raise StateFailed(f"{bench.target.provider} has no readers.")

    def operator_again() -> None:
        access.role = "operator"

    access.role = "reader"
    bench.later(operator_again)
    return {}


STATES = {
    "a core": State(_nothing),
    "a core at rest": State(_at_rest),
    # Cases, pieces and wishes come of work that no caller can order.
    "a case is open": State(_open_case, mock_only=True),
    "a wish waits to be sent": State(_nothing, mock_only=True),
    "a piece and an entry without a price": State(_nothing, mock_only=True),
    "a case that nobody has": State(_no_such_case),
    # A clock does not go back: stepping that of a real core ends its rehearsal.
    "a rehearsal whose clock can be stepped": State(_nothing, mock_only=True),
    "a rehearsal": State(_nothing),
    "the token is a reader's": State(_reader),
    "the credentials are refused": State(refused_credentials),
}
