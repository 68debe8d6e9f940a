"""Approved cards become entries, many at a time: what they refer to is looked up once for all of them.

A card that replaces another carries on its versions. An unchanged cell keeps its event; any other ends
the event of the version before, as of its own approval instant (finance 2.6, 2.7).
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, and_, bindparam, exists, func, or_, select, update

from integration_core.canonical.work import TimeCard, TimeCell
from integration_core.ports.store import Resolved
from integration_core.store import bulk, schema
from integration_core.store.mirroring import CARD, note_due
from integration_core.store.payloads import read
from integration_core.store.unapproved import approved_ms

CHUNK = 400
Cursor = tuple[int, str]  # approval stamp and native id of the last card that was looked at

_CARD, _ENTRY, _PIECE = schema.card, schema.entry, schema.piece
_REPLACED = update(_CARD).where(_CARD.c.native_id == bindparam("card")).values(replaced=True)
_SUPERSEDED = (
    update(_PIECE)
    .where(
        _PIECE.c.entry_bk == bindparam("bk"),
        _PIECE.c.ver < bindparam("before_ver"),
        _PIECE.c.superseded_ms.is_(None),
    )
    .values(superseded_ms=bindparam("at_ms"))
)


class _Batch:
    """What a batch of cards refers to, and what it writes."""

    def __init__(self, connection: Connection, cards: Sequence[TimeCard]) -> None:
        self.people = _people(connection, {card.resource_native_id for card in cards})
        self.tasks = _tasks(connection, {card.task_native_id for card in cards})
        replaced = {card.replaces_native_id for card in cards if card.replaces_native_id}
        self.places = _places(connection, replaced)  # chain and version of cards that are entries
        self.previous = _previous(connection, replaced)  # their entries, by business key and version
        self.cards: list[dict[str, Any]] = []
        self.replaced: list[dict[str, Any]] = []
        self.rows: list[dict[str, Any]] = []
        self.superseded: list[dict[str, Any]] = []
        self.looks: set[int] = set()  # that something new has, or something replaced had

    def enter(self, card: TimeCard) -> bool:
        """Make entries of a card; False while something that it refers to is missing."""
        employee_no, task = self.people.get(card.resource_native_id), self.tasks.get(card.task_native_id)
        if employee_no is None or task is None:
            return False
        chain, ver = card.name, 1
        if card.replaces_native_id:
            place = self.places.get(card.replaces_native_id)
            if place is None:
                return False
            chain, ver = place[0], place[1] + 1
            self.replaced.append({"card": card.native_id, "before": card.replaces_native_id})
        self.places[card.native_id] = chain, ver
        self.cards.append({"native_id": card.native_id, "stage": "entered", "chain": chain, "ver": ver})
        for cell in card.cells:
            row = _entry_row(card, cell, chain, ver, employee_no, task)
            if ver > 1:
                row = self._against_previous(row)
            self.previous[row["bk"], ver] = row
            self.rows.append(row)
            self.looks.add(row["look"])
        return True

    def _against_previous(self, row: dict[str, Any]) -> dict[str, Any]:
        """Finance 2.6 and 2.7: an unchanged version keeps its event, any other ends the one before."""
        before = self.previous.get((row["bk"], row["ver"] - 1))
        if before is not None:
            self.looks.add(before["look"])  # those that looked like it may be told of by another of them now
        if before is not None and before["state"] != "deleted" and _same_finance(before, row):
            return {**row, "state": "same", "event_source_id": before["event_source_id"]}
        self.superseded.append({"bk": row["bk"], "before_ver": row["ver"], "at_ms": row["a_ms"]})
        return row

    def write(self, connection: Connection) -> None:
        """Everything at once."""
        if not self.cards:
            return
        bulk.update_rows(connection, _CARD, self.cards, by=("native_id",))
        if self.replaced:
            connection.execute(_REPLACED, [{"card": one["before"]} for one in self.replaced])
            note_due(connection, CARD, (one["card"] for one in self.replaced))
        bulk.insert_rows(connection, _ENTRY, self.rows)
        if self.superseded:
            connection.execute(_SUPERSEDED, self.superseded)


def enter_cards(connection: Connection, limit: int, after: Cursor | None) -> Resolved:
    """Turn a batch of approved cards whose references are known into entries; others stay parked."""
    rows = _parked(connection, limit, after)
    left = [read(TimeCard, row.schema_version, row.payload) for row in rows]
    batch = _Batch(connection, left)
    waiting = len(left)
    progress = True
    while progress and left:
        still = [card for card in left if not batch.enter(card)]
        progress = len(still) < len(left)
        left = still
    batch.write(connection)
    for card in left:
        _leave_nothing_billable(connection, card, batch.tasks)
    is_last = len(rows) < limit
    return Resolved(
        entered=waiting - len(left),
        outrun=tuple(_outrun(connection)) if is_last else (),
        suspects=tuple(_suspects(connection, batch.looks)),
        carries_on=bool(batch.replaced),
        after=None if is_last else (rows[-1].recorded_at_ms, rows[-1].native_id),
    )


def _parked(connection: Connection, limit: int, after: Cursor | None) -> Sequence[Any]:
    columns = _CARD.c
    query = select(columns.native_id, columns.recorded_at_ms, columns.schema_version, columns.payload).where(
        columns.stage == "parked"
    )
    if after is not None:
        at_ms, native_id = after
        later = and_(columns.recorded_at_ms == at_ms, columns.native_id > native_id)
        query = query.where(or_(columns.recorded_at_ms > at_ms, later))
    return connection.execute(query.order_by(columns.recorded_at_ms, columns.native_id).limit(limit)).all()


def _people(connection: Connection, native_ids: Collection[str]) -> dict[str, str]:
    table = schema.crosswalk
    query = select(table.c.native_id, table.c.key).where(
        table.c.system == "psa", table.c.entity == "resource"
    )
    found: dict[str, str] = {}
    for chunk in schema.chunks(native_ids, CHUNK):
        rows = connection.execute(query.where(table.c.native_id.in_(chunk)))
        found |= {row.native_id: row.key for row in rows}
    return found


def _tasks(connection: Connection, native_ids: Collection[str]) -> dict[str, Any]:
    table = schema.task
    found: dict[str, Any] = {}
    for chunk in schema.chunks(native_ids, CHUNK):
        rows = connection.execute(select(table).where(table.c.native_id.in_(chunk)))
        found |= {row.native_id: row for row in rows}
    return found


def _places(connection: Connection, native_ids: Collection[str]) -> dict[str, tuple[str, int]]:
    found: dict[str, tuple[str, int]] = {}
    for chunk in schema.chunks(native_ids, CHUNK):
        rows = connection.execute(
            select(_CARD.c.native_id, _CARD.c.chain, _CARD.c.ver).where(
                _CARD.c.native_id.in_(chunk), _CARD.c.stage == "entered"
            )
        )
        found |= {row.native_id: (row.chain, row.ver) for row in rows}
    return found


def _previous(connection: Connection, cards: Collection[str]) -> dict[tuple[str, int], Mapping[str, Any]]:
    found: dict[tuple[str, int], Mapping[str, Any]] = {}
    for chunk in schema.chunks(cards, CHUNK):
        rows = connection.execute(select(_ENTRY).where(_ENTRY.c.card_native_id.in_(chunk))).mappings()
        found |= {(row["bk"], row["ver"]): row for row in rows}
    return found


def _leave_nothing_billable(connection: Connection, card: TimeCard, tasks: Mapping[str, Any]) -> None:
    """A correction away from our tasks ends what it replaces, though it is no entry of ours (2.7)."""
    if card.replaces_native_id is None or card.task_native_id in tasks:
        return
    replaced = select(_ENTRY.c.bk).where(_ENTRY.c.card_native_id == card.replaces_native_id)
    connection.execute(
        update(_PIECE)
        .where(_PIECE.c.entry_bk.in_(replaced), _PIECE.c.superseded_ms.is_(None))
        .values(superseded_ms=max(card.recorded_at_ms, card.approved_at_ms or 0))
    )


def has_successor() -> Any:
    """The condition that an entry has a later version which changes something."""
    later = _ENTRY.alias("later")
    return exists().where(later.c.bk == _ENTRY.c.bk, later.c.ver > _ENTRY.c.ver, later.c.state != "same")


def _outrun(connection: Connection) -> list[str]:
    """Business keys of blocked versions that have a successor: nobody has to look at them any more."""
    rows = connection.execute(
        select(_ENTRY.c.bk).where(_ENTRY.c.state == "blocked", has_successor()).order_by(_ENTRY.c.bk)
    )
    return list(rows.scalars())


# --- what looks like one entered twice -----------------------------------------------------------


def _suspects(connection: Connection, looks: Iterable[int]) -> list[tuple[str, ...]]:
    """Groups of current entries of some looks: they agree in person, task, day, hours and note."""
    groups: dict[int, list[str]] = defaultdict(list)
    for chunk in schema.chunks(looks, CHUNK):
        twice = (
            select(_ENTRY.c.look)
            .where(_ENTRY.c.look.in_(chunk))
            .group_by(_ENTRY.c.look)
            .having(func.count(_ENTRY.c.bk.distinct()) > 1)
        )
        alike = list(connection.execute(twice).scalars())
        if not alike:
            continue
        later = _ENTRY.alias("later")
        current = ~exists().where(later.c.bk == _ENTRY.c.bk, later.c.ver > _ENTRY.c.ver)
        found = connection.execute(
            select(_ENTRY.c.look, _ENTRY.c.bk)
            .where(_ENTRY.c.look.in_(alike), _ENTRY.c.state != "deleted", current)
            .order_by(_ENTRY.c.bk)
        )
        for row in found:
            groups[row.look].append(row.bk)
    return sorted(tuple(bks) for bks in groups.values() if len(bks) > 1)


def _look_of(employee_no: str, card: TimeCard, cell: TimeCell) -> int:
    """63 bits that entries share which look alike."""
    said = f"{employee_no}\n{card.task_native_id}\n{cell.work_date}\n{cell.hours.normalize()}\n{cell.note}"
    return int.from_bytes(hashlib.blake2b(said.encode(), digest_size=8).digest()) >> 1


def _entry_row(
    card: TimeCard, cell: TimeCell, chain: str, ver: int, employee_no: str, task: Any
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
        "look": _look_of(employee_no, card, cell),
    }


def _same_finance(before: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    return Decimal(before["hours"]) == Decimal(row["hours"]) and all(
        before[name] == row[name] for name in ("task_native_id", "work_date", "time_type", "billable")
    )
