"""Who asked for which process, and which of it runs: counters that melt requests together.

A request sets `asked` to the run after the last one started. While a run waits to start, more
requests change nothing; while it runs, they all ask for the one run after it.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Select, bindparam, exists, func, select, update

from integration_core.engine.schema import activation, upsert

_ASKED = "core_asked"


class Claim(Struct, frozen=True):
    """One activation that is to run: its number, and how often it has failed before."""

    process: str
    key: str
    number: int
    failed: int
    epoch: int = 0  # changes of hands of this (process, key) so far: who was passed over has a smaller one

    @property
    def run_id(self) -> str:
        """Sortable and unique among all runs."""
        return f"{self.process}:{self.key}:{self.number:012d}"

    @property
    def base_id(self) -> str:
        """Names this attempt of the run, whoever performs it."""
        return f"{self.run_id}.{self.failed:03d}" if self.failed else self.run_id

    @property
    def attempt_id(self) -> str:
        """Names this attempt in these hands."""
        return f"{self.base_id}@{self.epoch}" if self.epoch else self.base_id


def request(connection: Connection, process: str, key: str) -> None:
    """Activate (process, key) once the caller's transaction commits."""
    statement = upsert(connection, activation).on_conflict_do_update(
        index_elements=[activation.c.process, activation.c.key],
        set_={"asked": activation.c.started + 1},
    )
    row = {"process": process, "key": key, "asked": 1, "started": 0, "done": 0, "failed": 0}
    connection.execute(statement, row)
    note_asked(connection, process)


def note_asked(connection: Connection, process: str) -> None:
    """Leave word on the connection that its transaction asked for a process."""
    connection.info.setdefault(_ASKED, {})[process] = None


def take_asked(connection: Connection) -> tuple[str, ...]:
    """Which processes the connection's transaction asked for; the word is taken away."""
    return tuple(connection.info.pop(_ASKED, ()))


def any_waiting(connection: Connection) -> bool:
    """Whether anything is asked for that nobody runs."""
    return bool(connection.execute(_ANY_WAITING).scalar_one())


def waiting_up_to(connection: Connection, bound: int) -> int:
    """How many activations wait to start, counted no further than a bound."""
    columns = activation.c
    some = (
        select(columns.key)
        .where(columns.asked > columns.done, columns.started == columns.done)
        .limit(bound)
        .subquery()
    )
    return connection.execute(select(func.count()).select_from(some)).scalar_one()


def claim(connection: Connection, process: str, limit: int, executor: str | None, now_ms: int) -> list[Claim]:
    """Start up to `limit` waiting activations of a process, smallest key first."""
    rows = connection.execute(_waiting(process).limit(limit)).all()
    if not rows:
        return []
    connection.execute(
        _START,
        [{"p": process, "k": row.key, "executor": executor, "heartbeat_ms": now_ms} for row in rows],
    )
    return [Claim(process, row.key, row.asked, row.failed, row.epoch) for row in rows]


def running(connection: Connection, executor: str | None) -> list[Claim]:
    """What was started by an executor and has not ended, in order."""
    columns = activation.c
    rows = connection.execute(
        select(columns.process, columns.key, columns.started, columns.failed, columns.epoch)
        .where(columns.asked > columns.done, columns.started > columns.done)
        .where(columns.executor.is_not_distinct_from(executor))
        .order_by(columns.process, columns.key)
    )
    return [Claim(*row) for row in rows]


def current(connection: Connection, process: str, key: str) -> Claim | None:
    """The run of (process, key) that has not ended, locked against others; None when there is none."""
    columns = activation.c
    row = connection.execute(
        select(columns.process, columns.key, columns.started, columns.failed, columns.epoch)
        .where(columns.process == process, columns.key == key, columns.started > columns.done)
        .with_for_update()
    ).one_or_none()
    return None if row is None else Claim(*row)


def finish(connection: Connection, ended: Claim, failed: int) -> bool:
    """Mark a run as ended; False when it had ended before, or is in other hands."""
    result = connection.execute(
        _FINISH,
        {"p": ended.process, "k": ended.key, "n": ended.number, "e": ended.epoch, "failed": failed},
    )
    return result.rowcount == 1


def note_failed(connection: Connection, attempt: Claim, failed: int) -> None:
    """Count a failed attempt of a run that goes on later."""
    connection.execute(_FAIL, {"p": attempt.process, "k": attempt.key, "failed": failed})


def hand_over(connection: Connection, claim: Claim, executor: str) -> Claim:
    """Give a run, locked by the caller, into other hands: those it was in can end it no more."""
    connection.execute(_HAND_OVER, {"p": claim.process, "k": claim.key, "executor": executor})
    return msgspec.structs.replace(claim, epoch=claim.epoch + 1)


def strangers(connection: Connection, known: Sequence[str]) -> list[str]:
    """Processes that are asked for and that nobody here can run."""
    columns = activation.c
    rows = connection.execute(
        select(columns.process)
        .where(columns.asked > columns.done, columns.process.not_in(known))
        .distinct()
        .order_by(columns.process)
    )
    return list(rows.scalars())


def _waiting(process: str) -> Select[Any]:
    columns = activation.c
    return (
        select(columns.key, columns.asked, columns.failed, columns.epoch)
        # The first condition is implied by the others; it lets SQLite see the partial index.
        .where(columns.asked > columns.done, columns.asked > columns.started)
        .where(columns.started == columns.done, columns.process == process)
        .order_by(columns.key)
        .with_for_update(skip_locked=True)
    )


_ONE = (activation.c.process == bindparam("p"), activation.c.key == bindparam("k"))
_START = (
    update(activation)
    .where(*_ONE)
    .values(
        started=activation.c.asked,
        executor=bindparam("executor"),
        heartbeat_ms=bindparam("heartbeat_ms"),
    )
)
_FINISH = (
    update(activation)
    .where(*_ONE, activation.c.started == bindparam("n"), activation.c.done < bindparam("n"))
    .where(activation.c.epoch == bindparam("e"))
    .values(done=bindparam("n"), failed=bindparam("failed"))
)
_HAND_OVER = (
    update(activation).where(*_ONE).values(executor=bindparam("executor"), epoch=activation.c.epoch + 1)
)
_FAIL = update(activation).where(*_ONE).values(failed=bindparam("failed"))


# Asked at every look: building a statement costs more than running it.
_ANY_WAITING = select(
    exists().where(activation.c.asked > activation.c.done, activation.c.started == activation.c.done)
)
