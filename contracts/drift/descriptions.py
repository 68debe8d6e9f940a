"""Descriptions of all providers: the present ones from the code, the released ones from their files."""

import json
from collections.abc import Awaitable, Callable
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from contracts.participants import API_PROVIDERS, CORE, UnknownProvider
from integration_core.api.application import Operations, application
from integration_core.ports.engine import Rest
from integration_core.store import Store
from mocks.kit.system import described
from mocks.registry import vendor

FOLDER_NAME = "openapi"


class NotDescribed(ValueError):
    """A description is missing or cannot be read; the text says what to do."""


@cache
def present_text(provider: str) -> str:
    """What a provider says of itself now, as it is committed; raises UnknownProvider."""
    if provider not in API_PROVIDERS:
        known = ", ".join(API_PROVIDERS)
        raise UnknownProvider(f"There is no provider {provider} with an API; the known ones are {known}.")
    made = core_description() if provider == CORE else described(vendor(provider)).openapi()
    return written(made)


def present(provider: str) -> dict[str, Any]:
    """The same as data, fresh for whoever wants to change it."""
    found: dict[str, Any] = json.loads(present_text(provider))
    return found


def written(description: Any) -> str:
    """A description as text that is the same for the same description."""
    return json.dumps(description, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def released_path(root: Path, provider: str) -> Path:
    """Where the description of the last release is."""
    return root / FOLDER_NAME / f"{provider}.json"


def released(root: Path, provider: str) -> dict[str, Any]:
    """The description of the last release; raises NotDescribed."""
    path = released_path(root, provider)
    try:
        found = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise NotDescribed(
            f"{path.name} is missing: nothing was released yet; write it with --accept."
        ) from None
    except OSError as problem:
        raise NotDescribed(f"{path.name} cannot be read: {problem.strerror}.") from None
    except (ValueError, RecursionError) as problem:
        raise NotDescribed(f"{path.name} is no JSON: {problem}; take it from the last release.") from None
    if not isinstance(found, dict) or not isinstance(found.get("paths"), dict):
        raise NotDescribed(f"{path.name} is no OpenAPI description: it has no paths.")
    return found


def core_description() -> dict[str, Any]:
    """The core's own API, from its application with nothing behind it."""
    silent = Operations(
        store=Store(),
        activations=_Silent(),
        receivers={},
        transaction=_no_transaction,
        rest=_no_rest,
        pressure=_no_pressure,
        maximum_waiting=1,
        now_ms=lambda: 0,
        poll_every=_no_polls,
        set_clock=None,
        tokens={},
    )
    return application(silent).openapi()


async def _no_polls(seconds: float) -> None:
    """Nobody is there to poll."""


class _Silent:
    """Activations for an application that is only described."""

    def request(self, connection: Connection, process: str, key: str) -> None:
        """Nobody is there to be activated."""

    def schedule(self, connection: Connection, process: str, key: str, at_ms: int) -> None:
        """Nor later."""


def _no_transaction(work: Callable[[Connection], Any]) -> Awaitable[Any]:
    raise RuntimeError("an application that is only described was called")


def _no_pressure(bound: int) -> Awaitable[int]:
    raise RuntimeError("an application that is only described was called")


def _no_rest() -> Awaitable[Rest]:
    raise RuntimeError("an application that is only described was called")
