"""Whose a run is, where several workers share one database: fencing, and taking over from the dead.

An activation's row names its executor and an epoch that grows whenever the run changes hands. Every
commit of a run reads its row, locked against a change of hands until the commit is through; so who was
passed over, because he died or only seemed to, commits nothing any more.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, exists, select, text

from integration_core.engine import activations, timers
from integration_core.engine.activations import Claim
from integration_core.engine.schema import activation, database_ms, executor

Place = tuple[str, str]  # process and key
BATCH = 64


class TakenOver(BaseException):
    """This run is in other hands now: give it up, quietly.

    Not an Exception: no process may take it for the failure of one of its effects.
    """


def hold(connection: Connection, claim: Claim) -> None:
    """Keep a run in these hands until the caller's transaction ends; raises TakenOver."""
    arguments = {"p": claim.process, "k": claim.key, "n": claim.number, "e": claim.epoch}
    if connection.execute(_HOLD, arguments).one_or_none() is None:
        raise TakenOver(claim.attempt_id)


def own(connection: Connection, me: str, processes: Sequence[str]) -> list[Claim]:
    """What runs in my name by the tables."""
    return _claims(connection, _running(processes).where(activation.c.executor == me))


def orphans(connection: Connection, me: str, processes: Sequence[str], dead_after_ms: int) -> list[Claim]:
    """What runs in the name of workers that have stopped or do not beat any more."""
    statement = _running(processes).where(_is_orphan(connection, me, dead_after_ms)).limit(BATCH)
    return _claims(connection, statement)


def take(connection: Connection, me: str, wanted: Sequence[Claim], dead_after_ms: int | None) -> list[Claim]:
    """Take runs into my hands, if they still are as they were seen; locked ones are left for later.

    `dead_after_ms` is None for runs in my own name, which need no proof that their worker is gone.
    """
    whose = (
        activation.c.executor == me if dead_after_ms is None else _is_orphan(connection, me, dead_after_ms)
    )
    taken = []
    for claim in wanted:
        statement = (
            select(activation.c.key)
            .where(*_same(claim), whose, ~timers.awaits_retry())
            .with_for_update(skip_locked=True, of=activation)
        )
        if connection.execute(statement).one_or_none() is not None:
            taken.append(activations.hand_over(connection, claim, me))
    return taken


def expel_dead(connection: Connection, me: str, dead_after_ms: int) -> list[str]:
    """End the sessions of workers that do not beat any more, and name those.

    A worker that only sleeps may hold locks in a transaction that it left open.
    """
    silent = select(executor.c.executor).where(
        executor.c.executor != me, executor.c.state != "stopped", ~_is_fresh(connection, dead_after_ms)
    )
    names = list(connection.execute(silent.order_by(executor.c.executor)).scalars())
    if names:
        expel(connection, names)
    return names


def expel(connection: Connection, names: Sequence[str]) -> None:
    """End all other sessions of workers by these names."""
    connection.execute(_EXPEL, {"names": [session_name(name) for name in names]})


def session_name(me: str) -> str:
    """How a worker's sessions are called in the database; it cuts longer names off."""
    return f"core {me}"[:63]


def _claims(connection: Connection, statement: Select[Any]) -> list[Claim]:
    return [Claim(*row) for row in connection.execute(statement)]


def _running(processes: Sequence[str]) -> Select[Any]:
    columns = activation.c
    return (
        select(columns.process, columns.key, columns.started, columns.failed, columns.epoch)
        .where(columns.asked > columns.done, columns.started > columns.done)
        .where(columns.process.in_(processes), ~timers.awaits_retry())
        .order_by(columns.process, columns.key)
    )


def _same(claim: Claim) -> tuple[ColumnElement[bool], ...]:
    columns = activation.c
    return (
        columns.process == claim.process,
        columns.key == claim.key,
        columns.started == claim.number,
        columns.done < claim.number,
        columns.failed == claim.failed,
        columns.epoch == claim.epoch,
    )


def _is_fresh(connection: Connection, dead_after_ms: int) -> ColumnElement[bool]:
    return executor.c.beat_ms >= database_ms(connection) - dead_after_ms


def _is_orphan(connection: Connection, me: str, dead_after_ms: int) -> ColumnElement[bool]:
    lives = exists().where(
        executor.c.executor == activation.c.executor,
        executor.c.state != "stopped",
        _is_fresh(connection, dead_after_ms),
    )
    return and_(activation.c.executor.is_distinct_from(me), ~lives)


# The weakest lock that a change of hands waits for; whoever only asks for one more run does not.
_HOLD = (
    select(activation.c.epoch)
    .where(activation.c.process == bindparam("p"), activation.c.key == bindparam("k"))
    .where(activation.c.started == bindparam("n"), activation.c.done < bindparam("n"))
    .where(activation.c.epoch == bindparam("e"))
    .with_for_update(read=True, key_share=True)
)
_EXPEL = text(
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
    " WHERE datname = current_database() AND application_name = ANY(:names) AND pid <> pg_backend_pid()"
)
