"""Approved time and its billing events: from cards to entries to pieces.

Cards become entries once everything they refer to is known; until then they are parked, never
lost. A later version of an entry replaces the piece of the one before as of its own approval
instant, so that a run's selection never depends on when the correction was read.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, exists, func, insert, select, update

from integration_core.canonical.billing import Blocked, Entry, Rated, Unpriced
from integration_core.canonical.close import Booked
from integration_core.canonical.work import Task, TimeCard
from integration_core.ports.store import Resolved, Unapproved
from integration_core.store import schema
from integration_core.store.payloads import read
from integration_core.store.pieces import piece_row
from integration_core.store.unapproved import approved_ms, waiting_cells

OPEN_STATES = ("new", "blocked")
PRICE_PROBLEMS = ("RATE_MISSING", "RATE_OVERLAP")


class Work:
    """See ports.store.Work."""

    def put_tasks(
        self, connection: Connection, contract_native_id: str, tasks: Iterable[tuple[Task, str]]
    ) -> None:
        """Remember the tasks made for a contract, with their native ids in the PSA."""
        rows = [
            {
                "native_id": native_id,
                "key": task.key,
                "contract_native_id": contract_native_id,
                "contract_line_native_id": task.contract_line_source_id,
                "billable": task.billable,
                "progress": task.progress,
            }
            for task, native_id in tasks
        ]
        names = ("key", "contract_native_id", "contract_line_native_id", "billable", "progress")
        schema.upsert(connection, schema.task, rows, update=names)

    def resolve(self, connection: Connection) -> Resolved:
        """Turn approved cards whose references are known into entries; others stay parked."""
        schema.serialise(connection, "resolve")
        table = schema.card
        parked = connection.execute(
            select(table).where(table.c.stage == "parked").order_by(table.c.recorded_at_ms, table.c.native_id)
        ).all()
        if not parked:
            return Resolved(0, ())
        waiting = len(parked)
        people = {
            row.native_id: row.key
            for row in connection.execute(
                select(schema.crosswalk.c.key, schema.crosswalk.c.native_id).where(
                    schema.crosswalk.c.system == "psa", schema.crosswalk.c.entity == "resource"
                )
            )
        }
        tasks = {row.native_id: row for row in connection.execute(select(schema.task))}
        progress = True
        while progress and parked:
            left = []
            for row in parked:
                card = read(TimeCard, row.schema_version, row.payload)
                if not self._enter(connection, card, people, tasks):
                    left.append(row)
            progress = len(left) < len(parked)
            parked = left
        for row in parked:
            card = read(TimeCard, row.schema_version, row.payload)
            self._leave_nothing_billable(connection, card, tasks)
        return Resolved(waiting - len(parked), tuple(self._outrun(connection)))

    def _leave_nothing_billable(self, connection: Connection, card: TimeCard, tasks: dict[str, Any]) -> None:
        """A correction away from our tasks ends what it replaces, though it is no entry of ours (2.7)."""
        if card.replaces_native_id is None or card.task_native_id in tasks:
            return
        replaced = select(schema.entry.c.bk).where(schema.entry.c.card_native_id == card.replaces_native_id)
        connection.execute(
            update(schema.piece)
            .where(schema.piece.c.entry_bk.in_(replaced), schema.piece.c.superseded_ms.is_(None))
            .values(superseded_ms=max(card.recorded_at_ms, card.approved_at_ms or 0))
        )

    def _outrun(self, connection: Connection) -> list[str]:
        """Business keys of blocked versions that have a successor: nobody has to look at them any more."""
        table = schema.entry
        rows = connection.execute(
            select(table.c.bk).where(table.c.state == "blocked", _has_successor()).order_by(table.c.bk)
        )
        return list(rows.scalars())

    def parked(self, connection: Connection, before_ms: int) -> int:
        """How many cards approved before an instant are not entries yet."""
        table = schema.card
        waiting = select(func.count()).where(table.c.stage == "parked", table.c.recorded_at_ms < before_ms)
        return int(connection.execute(waiting).scalar_one())

    def _enter(
        self, connection: Connection, card: TimeCard, people: dict[str, str], tasks: dict[str, Any]
    ) -> bool:
        employee_no, task = people.get(card.resource_native_id), tasks.get(card.task_native_id)
        if employee_no is None or task is None:
            return False
        chain, ver = card.name, 1
        if card.replaces_native_id:
            before = connection.execute(
                select(schema.card).where(
                    schema.card.c.native_id == card.replaces_native_id, schema.card.c.stage == "entered"
                )
            ).first()
            if before is None:
                return False
            chain, ver = before.chain, before.ver + 1
            connection.execute(
                update(schema.card)
                .where(schema.card.c.native_id == card.replaces_native_id)
                .values(replaced=True)
            )
        connection.execute(
            update(schema.card)
            .where(schema.card.c.native_id == card.native_id)
            .values(stage="entered", chain=chain, ver=ver)
        )
        rows = [_entry_row(card, cell, chain, ver, employee_no, task) for cell in card.cells]
        if ver > 1:
            rows = [self._against_previous(connection, row) for row in rows]
        if rows:
            connection.execute(insert(schema.entry), rows)
        return True

    def _against_previous(self, connection: Connection, row: dict[str, Any]) -> dict[str, Any]:
        """Finance 2.6 and 2.7: an unchanged version keeps its event, any other ends the one before."""
        table = schema.entry
        before = connection.execute(
            select(table).where(table.c.bk == row["bk"], table.c.ver == row["ver"] - 1)
        ).first()
        if before is not None and before.state != "deleted" and _same_finance(before, row):
            return {**row, "state": "same", "event_source_id": before.event_source_id}
        connection.execute(
            update(schema.piece)
            .where(
                schema.piece.c.entry_bk == row["bk"],
                schema.piece.c.ver < row["ver"],
                schema.piece.c.superseded_ms.is_(None),
            )
            .values(superseded_ms=row["a_ms"])
        )
        return row

    def unrated(self, connection: Connection, before_ms: int, limit: int, after: str) -> Sequence[Entry]:
        """Entries approved before an instant and not rated for good, by source id after `after`."""
        table = schema.entry
        rows = connection.execute(
            select(table)
            .where(table.c.state.in_(OPEN_STATES), table.c.a_ms < before_ms, table.c.source_id > after)
            .order_by(table.c.source_id)
            .limit(limit)
        )
        return [_entry(row) for row in rows]

    def settle(
        self,
        connection: Connection,
        results: Sequence[Rated | Unpriced | Blocked],
        now_ms: int,
        healed_ms: Mapping[str, int] | None = None,
    ) -> None:
        """Record the outcome of rating; `healed_ms` says since when what was blocked is valid."""
        for source_id, at_ms in (healed_ms or {}).items():
            connection.execute(
                update(schema.entry)
                .where(
                    schema.entry.c.source_id == source_id,
                    schema.entry.c.state == "blocked",
                    schema.entry.c.problem.not_in(PRICE_PROBLEMS),
                )
                .values(valid_ms=at_ms)
            )
        states: dict[tuple[str, str], list[str]] = {}
        pieces = []
        for result in results:
            problem = result.code if isinstance(result, Blocked) else ""
            states.setdefault((_state_of(result), problem), []).append(result.entry.source_id)
            if isinstance(result, Rated):
                pieces.append(piece_row(result))
        table = schema.entry
        for (state, problem), source_ids in sorted(states.items()):
            for at in range(0, len(source_ids), 400):
                connection.execute(
                    update(table)
                    .where(table.c.source_id.in_(source_ids[at : at + 400]))
                    .values(state=state, problem=problem)
                )
        schema.upsert(connection, schema.piece, pieces, update=())
        self._supersede_late(connection, pieces)

    def _supersede_late(self, connection: Connection, pieces: Sequence[dict[str, Any]]) -> None:
        """A piece rated after its own successor was approved is superseded from that instant on."""
        table, entry = schema.piece, schema.entry
        for row in pieces:
            successor = connection.execute(
                select(func.min(entry.c.a_ms)).where(
                    entry.c.bk == row["entry_bk"], entry.c.ver > row["ver"], entry.c.state != "same"
                )
            ).scalar()
            if successor is not None:
                connection.execute(
                    update(table).where(table.c.event_bk == row["event_bk"]).values(superseded_ms=successor)
                )

    def booked(self, connection: Connection, before_ms: int) -> Sequence[Booked]:
        """Every valid approved version of time before an instant, with what superseded it when."""
        tasks = {row.native_id: row for row in connection.execute(select(schema.task))}
        table = schema.entry
        rows = connection.execute(
            select(table).where(table.c.a_ms < before_ms).order_by(table.c.bk, table.c.ver.desc())
        )
        found, chain, superseded_ms = [], "", None
        for row in rows:
            if row.bk != chain:
                chain, superseded_ms = row.bk, None
            if _is_valid(row) and (superseded_ms is None or row.a_ms < superseded_ms):
                found.append(_booked(row, tasks[row.task_native_id], superseded_ms))
            superseded_ms = row.a_ms if superseded_ms is None else min(row.a_ms, superseded_ms)
        return found

    def unapproved(self, connection: Connection, cutoff_ms: int) -> Sequence[Unapproved]:
        """Billable cells that were submitted but not approved at an instant."""
        return waiting_cells(connection, cutoff_ms)

    def suspects(self, connection: Connection) -> Sequence[tuple[str, ...]]:
        """Groups of entries that look like one entered twice."""
        table = schema.entry
        later = table.alias("later")
        current = ~exists().where(later.c.bk == table.c.bk, later.c.ver > table.c.ver)
        columns = (
            table.c.employee_no,
            table.c.task_native_id,
            table.c.work_date,
            table.c.hours,
            table.c.memo,
        )
        rows = connection.execute(
            select(*columns, table.c.bk).where(table.c.state != "deleted", current).order_by(table.c.bk)
        )
        groups: dict[tuple[Any, ...], list[str]] = {}
        for row in rows:
            look = (row.employee_no, row.task_native_id, row.work_date, Decimal(row.hours), row.memo)
            groups.setdefault(look, []).append(row.bk)
        return [tuple(bks) for bks in groups.values() if len(bks) > 1]

    def unfinished(self, connection: Connection) -> bool:
        """Whether a card is parked or an entry unrated: time alone may bring them on."""
        parked = select(schema.card.c.native_id).where(schema.card.c.stage == "parked").limit(1)
        open_entry = schema.entry.c.state.in_(OPEN_STATES)
        waiting = select(schema.entry.c.source_id).where(open_entry, ~_has_successor()).limit(1)
        return connection.execute(parked).first() is not None or (
            connection.execute(waiting).first() is not None
        )

    def oldest_unrated_ms(self, connection: Connection) -> int | None:
        """The earliest approval instant among entries that were never rated."""
        table = schema.entry
        return connection.execute(select(func.min(table.c.a_ms)).where(table.c.state == "new")).scalar()


def _is_valid(row: Any) -> bool:
    """Whether a version counts as work: a missing price does not make it invalid, a deletion does."""
    return row.state != "deleted" and (row.state != "blocked" or row.problem in PRICE_PROBLEMS)


def _booked(row: Any, task: Any, superseded_ms: int | None) -> Booked:
    return Booked(
        employee_no=row.employee_no,
        contract_native_id=task.contract_native_id,
        contract_line_native_id=row.contract_line_native_id,
        billable=row.billable and row.task_billable,
        progress=task.progress,
        work_date=date.fromisoformat(row.work_date),
        hours=Decimal(row.hours),
        known_ms=row.valid_ms,
        superseded_ms=superseded_ms,
    )


def _has_successor() -> Any:
    """The condition that an entry has a later version which changes something."""
    later = schema.entry.alias("later")
    return exists().where(
        later.c.bk == schema.entry.c.bk, later.c.ver > schema.entry.c.ver, later.c.state != "same"
    )


def _entry_row(
    card: TimeCard, cell: Any, chain: str, ver: int, employee_no: str, task: Any
) -> dict[str, Any]:
    day = cell.source_id.partition("#")[2]
    return {
        "source_id": cell.source_id,
        "card_native_id": card.native_id,
        "bk": f"TE|{chain}|{day}",
        "ver": ver,
        "employee_no": employee_no,
        "assignment_native_id": card.assignment_native_id,
        "task_native_id": card.task_native_id,
        "contract_line_native_id": task.contract_line_native_id,
        "task_billable": task.billable,
        "work_date": cell.work_date.isoformat(),
        "hours": str(cell.hours),
        "time_type": card.time_type,
        "billable": card.billable,
        "a_ms": approved_ms(card),
        "valid_ms": approved_ms(card),
        "state": "new" if cell.hours > 0 else "deleted",
        "event_source_id": cell.source_id,
        "memo": cell.note,
        "problem": "",
    }


def _same_finance(before: Any, row: dict[str, Any]) -> bool:
    return Decimal(before.hours) == Decimal(row["hours"]) and all(
        getattr(before, name) == row[name]
        for name in ("task_native_id", "work_date", "time_type", "billable")
    )


def _state_of(result: Rated | Unpriced | Blocked) -> str:
    if isinstance(result, Rated):
        return "rated"
    return result.klass.lower() if isinstance(result, Unpriced) else "blocked"


def _entry(row: Any) -> Entry:
    return Entry(
        source_id=row.source_id,
        bk=row.bk,
        ver=row.ver,
        employee_no=row.employee_no,
        assignment_native_id=row.assignment_native_id,
        contract_line_native_id=row.contract_line_native_id,
        task_billable=row.task_billable,
        work_date=date.fromisoformat(row.work_date),
        hours=Decimal(row.hours),
        time_type=row.time_type,
        billable=row.billable,
        a_ms=row.a_ms,
        memo=row.memo,
        was_blocked=row.state == "blocked",
    )
