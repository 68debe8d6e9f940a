"""Booked time as a close or a billing run looks at it: which version of an entry counted when."""

from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, select

from integration_core.canonical.close import Booked
from integration_core.store import schema

PRICE_PROBLEMS = ("RATE_MISSING", "RATE_OVERLAP")
CHUNK = 400
_ENTRY = schema.entry
_date = lru_cache(4096)(date.fromisoformat)
_decimal = lru_cache(4096)(Decimal)


def booked_time(
    connection: Connection,
    before_ms: int,
    lines: Collection[str] | None,
    days: tuple[date, date] | None,
) -> Sequence[Booked]:
    """Every valid approved version before an instant: all, of some contract lines, or of some days.

    An entry that was moved to another line is found with all of its versions; a day it keeps.
    """
    tasks = {row.native_id: row for row in connection.execute(select(schema.task))}
    found: list[Booked] = []
    if lines is None:
        query = _entries(before_ms)
        if days is not None:
            query = query.where(_ENTRY.c.work_date.between(days[0].isoformat(), days[1].isoformat()))
        return _valid(connection.execute(query), tasks)
    for chunk in schema.chunks(lines, CHUNK):
        chains = select(_ENTRY.c.bk).where(_ENTRY.c.contract_line_native_id.in_(chunk))
        wanted = frozenset(chunk)
        versions = _valid(connection.execute(_entries(before_ms).where(_ENTRY.c.bk.in_(chains))), tasks)
        found += (one for one in versions if one.contract_line_native_id in wanted)
    return found


def _entries(before_ms: int) -> Any:
    columns = _ENTRY.c
    return (
        select(
            columns.bk,
            columns.a_ms,
            columns.valid_ms,
            columns.state,
            columns.problem,
            columns.employee_no,
            columns.task_native_id,
            columns.contract_line_native_id,
            columns.billable,
            columns.task_billable,
            columns.work_date,
            columns.hours,
        )
        .where(columns.a_ms < before_ms)
        .order_by(columns.bk, columns.ver.desc())
    )


def _valid(rows: Any, tasks: dict[str, Any]) -> list[Booked]:
    found: list[Booked] = []
    chain, superseded_ms = "", None
    for row in rows:
        bk, a_ms, valid_ms, state, problem, employee_no, task_id, line, billable, of_task, day, hours = row
        if bk != chain:
            chain, superseded_ms = bk, None
        if _is_valid(state, problem) and (superseded_ms is None or a_ms < superseded_ms):
            task = tasks[task_id]
            found.append(
                Booked(
                    employee_no=employee_no,
                    contract_native_id=task.contract_native_id,
                    contract_line_native_id=line,
                    billable=billable and of_task,
                    progress=task.progress,
                    work_date=_date(day),
                    hours=_decimal(hours),
                    known_ms=valid_ms,
                    superseded_ms=superseded_ms,
                )
            )
        superseded_ms = a_ms if superseded_ms is None else min(a_ms, superseded_ms)
    return found


def _is_valid(state: str, problem: str) -> bool:
    """Whether a version counts as work: a missing price does not make it invalid, a deletion does."""
    return state != "deleted" and (state != "blocked" or problem in PRICE_PROBLEMS)
