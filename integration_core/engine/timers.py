"""Every wait of the core as a row: activations to come, sleeps of runs, retries of failed runs."""

from collections.abc import Collection
from typing import Any

from msgspec import Struct
from sqlalchemy import (
    ColumnElement,
    Connection,
    ScalarSelect,
    Select,
    Table,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    select,
    update,
)

from integration_core.engine import activations
from integration_core.engine.activations import Claim
from integration_core.engine.checkpoints import Slot
from integration_core.engine.schema import activation, timer, upsert
from integration_core.ports.engine import Rest

_ACTIVATION, _SLEEP, _RETRY = "activation", "sleep", "retry"
_BATCH = 500
_PRIMARY_KEY = [column.name for column in timer.primary_key]


class Fired(Struct, frozen=True):
    """What due timers set off: how many there were, and the failed runs to take up again."""

    count: int
    retries: tuple[Claim, ...]


def schedule(connection: Connection, process: str, key: str, at_ms: int) -> None:
    """Activate at an instant; the earliest asked for stands."""
    insert = upsert(connection, timer)
    earliest = case((timer.c.due_ms < insert.excluded.due_ms, timer.c.due_ms), else_=insert.excluded.due_ms)
    statement = insert.on_conflict_do_update(index_elements=_PRIMARY_KEY, set_={"due_ms": earliest})
    connection.execute(statement, _row(_ACTIVATION, process, key, "", ("", 0), at_ms))
    activations.note_asked(connection, process)


def begin_sleep(
    connection: Connection, claim: Claim, slot: Slot, due_ms: int, *, is_busy: bool = False
) -> int:
    """Note a sleep and return when it ends: as first asked, if this was asked before.

    `is_busy` says that the run does more than wait.
    """
    row = {**_row(_SLEEP, claim.process, claim.key, claim.run_id, slot, due_ms), "busy": int(is_busy)}
    connection.execute(upsert(connection, timer).on_conflict_do_nothing(), row)
    return int(connection.execute(select(timer.c.due_ms).where(*_sleep(claim, slot))).scalar_one())


def end_sleep(connection: Connection, claim: Claim, slot: Slot) -> None:
    """Take a sleep away."""
    connection.execute(delete(timer).where(*_sleep(claim, slot)))


def mark_busy(connection: Connection, claim: Claim, *, is_busy: bool) -> None:
    """Say to all workers whether a run with sleeps does more than wait."""
    columns = timer.c
    connection.execute(
        update(timer).where(columns.kind == _SLEEP, columns.run_id == claim.run_id).values(busy=int(is_busy))
    )


def sleeps_of(connection: Connection, run_id: str) -> list[Slot]:
    """The sleeps that stand in the table for a run."""
    columns = timer.c
    rows = connection.execute(
        select(columns.name, columns.occurrence).where(columns.kind == _SLEEP, columns.run_id == run_id)
    )
    return [(name, occurrence) for name, occurrence in rows]


def awaits_retry() -> ColumnElement[bool]:
    """Of an activation's row: its run has failed and will be taken up by its timer."""
    columns = timer.c
    return exists().where(
        columns.kind == _RETRY,
        columns.process == activation.c.process,
        columns.key == activation.c.key,
    )


def retry(connection: Connection, claim: Claim, due_ms: int) -> None:
    """Take a failed run up again at an instant."""
    row = _row(_RETRY, claim.process, claim.key, claim.run_id, ("", 0), due_ms)
    connection.execute(upsert(connection, timer).on_conflict_do_nothing(), row)


def forget(connection: Connection, run_id: str) -> None:
    """Drop whatever a finished run still waited for."""
    connection.execute(delete(timer).where(timer.c.run_id == run_id))


def waiting_for_retry(connection: Connection) -> frozenset[str]:
    """The runs that have failed and will be taken up by their timer."""
    return frozenset(connection.execute(select(timer.c.run_id).where(timer.c.kind == _RETRY)).scalars())


def pressure(connection: Connection, now_ms: int, bound: int) -> int:
    """How many activations wait and timers are due, each counted no further than a bound."""
    some = select(timer.c.run_id).where(timer.c.due_ms <= now_ms).limit(bound).subquery()
    due = connection.execute(select(func.count()).select_from(some)).scalar_one()
    return due + activations.waiting_up_to(connection, bound)


def any_due(connection: Connection, now_ms: int) -> bool:
    """Whether `fire` has something to do."""
    return bool(connection.execute(_ANY_DUE, {"now_ms": now_ms}).scalar_one())


def fire(connection: Connection, now_ms: int, executor: str | None) -> Fired:
    """Turn due timers into requests and retries, oldest first, at most one batch.

    A retry passes into the hands of `executor`, where workers have names.
    Sleeps are left alone: the run that sleeps takes its row away together with its checkpoint.
    """
    columns = timer.c
    rows = connection.execute(
        select(columns.kind, columns.process, columns.key, columns.run_id)
        .where(columns.due_ms <= now_ms, columns.kind != _SLEEP)
        .order_by(columns.due_ms, columns.kind, columns.process, columns.key)
        .limit(_BATCH)
        .with_for_update(skip_locked=True)
    ).all()
    retries: list[Claim] = []
    for kind, process, key, run_id in rows:
        connection.execute(
            delete(timer).where(
                columns.kind == kind,
                columns.process == process,
                columns.key == key,
                columns.run_id == run_id,
            )
        )
        if kind == _ACTIVATION:
            activations.request(connection, process, key)
            continue
        claim = activations.current(connection, process, key)
        if claim is not None and claim.run_id == run_id:
            retries.append(claim if executor is None else activations.hand_over(connection, claim, executor))
    return Fired(len(rows), tuple(retries))


def rest(connection: Connection, now_ms: int, busy: Collection[str]) -> Rest:
    """Whether anything moves: a run that sleeps or awaits its retry does not.

    `busy` are runs known to be at work, even if a part of them sleeps.
    """
    arguments = {"now_ms": now_ms, "busy": ["", *busy]}
    started, waiting, due, asleep, next_due_ms = connection.execute(_REST, arguments).one()
    return Rest(started - asleep, due + waiting, next_due_ms)


def _count(table: Table, *conditions: ColumnElement[bool]) -> ScalarSelect[int]:
    return select(func.count()).select_from(table).where(*conditions).scalar_subquery()


def _sleep(claim: Claim, slot: Slot) -> tuple[ColumnElement[bool], ...]:
    columns = timer.c
    return (
        columns.kind == _SLEEP,
        columns.process == claim.process,
        columns.key == claim.key,
        columns.run_id == claim.run_id,
        columns.name == slot[0],
        columns.occurrence == slot[1],
    )


def _row(kind: str, process: str, key: str, run_id: str, slot: Slot, due_ms: int) -> dict[str, object]:
    return {
        "kind": kind,
        "process": process,
        "key": key,
        "run_id": run_id,
        "name": slot[0],
        "occurrence": slot[1],
        "due_ms": due_ms,
    }


def _rest_statement() -> Select[Any]:
    """One statement, hence one snapshot: work on its way from one table to the other is never missed."""
    columns = activation.c
    is_open = columns.asked > columns.done
    is_later = timer.c.due_ms > bindparam("now_ms")
    is_free = and_(timer.c.run_id.not_in(bindparam("busy", expanding=True)), timer.c.busy == 0)
    return select(
        _count(activation, is_open, columns.started > columns.done),
        _count(activation, is_open, columns.started == columns.done),
        _count(timer, timer.c.due_ms <= bindparam("now_ms")),
        select(func.count(timer.c.run_id.distinct())).where(is_later, is_free).scalar_subquery(),
        select(func.min(timer.c.due_ms)).where(is_later).scalar_subquery(),
    )


# Asked at every look: building a statement costs more than running it.
_REST = _rest_statement()
_ANY_DUE = select(exists().where(timer.c.due_ms <= bindparam("now_ms"), timer.c.kind != _SLEEP))
