"""Calling a system so that every outcome is known in the end.

Transient failures are tried again after a pause in the world's time; an unknown outcome is
looked up by its key before anything is repeated; what stays impossible becomes a case.
"""

from collections.abc import Awaitable, Callable

from msgspec import Struct

from integration_core.ports.engine import Json, Run
from integration_core.ports.systems import (
    AuthRefused,
    OutcomeUnknown,
    RateLimited,
    Refused,
    Transient,
    Unreadable,
    VendorError,
    Written,
)
from integration_core.rules.triage import TRIES, backoff_seconds


class Exhausted(Exception):
    """All tries failed for technical reasons: park, open a case, probe again later."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text


class _Failure(Struct, frozen=True):
    code: str
    text: str
    retry_after_ms: int | None


async def write(
    run: Run,
    name: str,
    effect: Callable[[], Awaitable[Written]],
    lookup: Callable[[], Awaitable[str | None]],
) -> str:
    """Bring a keyed write into effect and return its native id.

    Raises Refused for what the system refuses for good, Exhausted when tries or credentials run out.
    """
    failure = _Failure("TECH_DLQ", "never tried", None)
    for attempt in range(TRIES):
        answer = await run.step(f"{name}:{attempt}", lambda: _attempt(effect, lookup))
        if "native_id" in answer:
            return str(answer["native_id"])
        failure = _Failure(answer["code"], answer["text"], answer["retry_after_ms"])
        if answer["kind"] == "refused":
            raise Refused(failure.code, failure.text)
        if answer["kind"] == "auth":
            raise Exhausted("TECH_AUTH", failure.text)
        wished = None if failure.retry_after_ms is None else failure.retry_after_ms / 1000
        await run.sleep(f"{name}:pause:{attempt}", backoff_seconds(attempt, wished))
    raise Exhausted("TECH_DLQ", f"{name} failed {TRIES} times, last with {failure.code}: {failure.text}")


async def _attempt(
    effect: Callable[[], Awaitable[Written]], lookup: Callable[[], Awaitable[str | None]]
) -> Json:
    try:
        try:
            return {"native_id": (await effect()).native_id}
        except OutcomeUnknown as unknown:
            native_id = await lookup()
            if native_id is not None:
                return {"native_id": native_id}
            return _failed("again", unknown, None)
    except Refused as refused:
        return _failed("refused", refused, None)
    except Unreadable as unreadable:
        return _failed("refused", unreadable, None)
    except AuthRefused as refused:
        return _failed("auth", refused, None)
    except Transient as transient:
        return _failed("again", transient, transient.retry_after_seconds)
    except OutcomeUnknown as unknown:
        return _failed("again", unknown, None)


def _failed(kind: str, error: VendorError, retry_after_seconds: float | None) -> Json:
    return {
        "kind": kind,
        "code": error.code,
        "text": error.text[:500],
        "retry_after_ms": None if retry_after_seconds is None else int(retry_after_seconds * 1000),
    }


def technical_code(error: VendorError) -> str:
    """The exception code of a technical failure."""
    if isinstance(error, AuthRefused):
        return "TECH_AUTH"
    if isinstance(error, RateLimited):
        return "TECH_429"
    if isinstance(error, OutcomeUnknown):
        return "TECH_UNKNOWN_OUTCOME"
    return "TECH_5XX"
