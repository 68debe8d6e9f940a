"""Runs whose process raised: recorded, taken up again with growing gaps, never lost, never a hot loop."""

import logging
from collections.abc import Mapping

from msgspec import Struct
from sqlalchemy import Connection, select, update

from integration_core.engine import activations, checkpoints, timers
from integration_core.engine.activations import Claim
from integration_core.engine.checkpoints import Slot
from integration_core.engine.schema import run_failure, upsert

FIRST_GAP_SECONDS = 30
LONGEST_GAP_SECONDS = 3600
# So often the same run goes on from its checkpoints; then one starts afresh, as what the old one
# remembers may be the very reason why it cannot go on.
ATTEMPTS_PER_RUN = 5
_REASON_LENGTH = 300


class Failure(Struct, frozen=True, kw_only=True):
    """A process that keeps raising, until it succeeds."""

    process: str
    key: str
    run_id: str
    attempts: int
    reason: str
    first_ms: int
    last_ms: int
    next_ms: int


def gap_ms(attempts: int) -> int:
    """How long to wait after so many failed attempts in a row."""
    doublings = min(attempts - 1, 20)
    return min(FIRST_GAP_SECONDS << doublings, LONGEST_GAP_SECONDS) * 1000


def reason_of(error: BaseException) -> str:
    """An error as one bounded line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}"[:_REASON_LENGTH]


def record(
    connection: Connection, claim: Claim, reason: str, now_ms: int, remembered: Mapping[Slot, str]
) -> Failure | None:
    """Note a failed attempt and set the timer of the next; None when the attempt had ended already."""
    standing = activations.current(connection, claim.process, claim.key)
    if standing != claim:
        return None
    attempts = claim.failed + 1
    next_ms = now_ms + gap_ms(attempts)
    if attempts % ATTEMPTS_PER_RUN == 0:
        _give_up_run(connection, claim, attempts)
        timers.schedule(connection, claim.process, claim.key, next_ms)
    else:
        checkpoints.keep(connection, claim.run_id, remembered)
        activations.note_failed(connection, claim, attempts)
        timers.retry(connection, claim, next_ms)
    return _write(connection, claim, attempts, reason, now_ms, next_ms)


def settle(connection: Connection, claim: Claim, now_ms: int, *, is_plain: bool) -> None:
    """End a run that succeeded; `is_plain` when it surely left neither checkpoints nor timers."""
    if not activations.finish(connection, claim, failed=0):
        return
    if not is_plain:
        checkpoints.forget(connection, claim.run_id)
        timers.forget(connection, claim.run_id)
    if claim.failed > 0:
        columns = run_failure.c
        connection.execute(
            update(run_failure)
            .where(columns.process == claim.process, columns.key == claim.key)
            .values(recovered_ms=now_ms)
        )


def standing_failures(connection: Connection) -> list[Failure]:
    """What fails at present, in order."""
    columns = run_failure.c
    rows = connection.execute(
        select(run_failure).where(columns.recovered_ms.is_(None)).order_by(columns.process, columns.key)
    ).mappings()
    return [Failure(**{name: row[name] for name in Failure.__struct_fields__}) for row in rows]


def _give_up_run(connection: Connection, claim: Claim, attempts: int) -> None:
    activations.finish(connection, claim, failed=attempts)
    checkpoints.forget(connection, claim.run_id)
    timers.forget(connection, claim.run_id)


def _write(
    connection: Connection, claim: Claim, attempts: int, reason: str, now_ms: int, next_ms: int
) -> Failure:
    latest = {
        "run_id": claim.run_id,
        "attempts": attempts,
        "reason": reason,
        "last_ms": now_ms,
        "next_ms": next_ms,
    }
    if attempts == 1:
        latest["first_ms"] = now_ms
    statement = upsert(connection, run_failure).on_conflict_do_update(
        index_elements=["process", "key"], set_={**latest, "recovered_ms": None}
    )
    row = {"process": claim.process, "key": claim.key, "first_ms": now_ms, **latest, "recovered_ms": None}
    connection.execute(statement, row)
    return Failure(
        process=claim.process,
        key=claim.key,
        run_id=claim.run_id,
        attempts=attempts,
        reason=reason,
        first_ms=now_ms,
        last_ms=now_ms,
        next_ms=next_ms,
    )


def log(logger: logging.Logger, failure: Failure, error: Exception) -> None:
    """One structured line for the operator; the traceback only where debugging is on."""
    logger.warning(
        "a run failed and will be taken up again",
        extra={
            "run_id": failure.run_id,
            "attempts": failure.attempts,
            "reason": failure.reason,
            "next_ms": failure.next_ms,
        },
        exc_info=error if logger.isEnabledFor(logging.DEBUG) else None,
    )
