"""Time that waited for its approval at a cut-off: it joins the next billing run, and somebody should know."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, select

from integration_core.canonical.work import TimeCard, TimeCell
from integration_core.ports.store import Unapproved
from integration_core.store import schema
from integration_core.store.payloads import read

CHUNK = 400
_CARD = schema.card


def waiting_cells(connection: Connection, cutoff_ms: int) -> Sequence[Unapproved]:
    """Billable cells that were submitted but not approved at an instant."""
    rows = connection.execute(
        select(_CARD.c.native_id, _CARD.c.schema_version, _CARD.c.payload, _CARD.c.chain)
        .where(
            _CARD.c.submitted_ms < cutoff_ms,
            _CARD.c.decided_ms.is_(None) | (_CARD.c.decided_ms >= cutoff_ms),
        )
        .order_by(_CARD.c.native_id)
    ).all()
    cards = {row.native_id: (_card(row), row.chain) for row in rows}
    earlier = _earlier(
        connection, [one.replaces_native_id for one, _ in cards.values() if one.replaces_native_id]
    )
    tasks = {row.native_id: row for row in connection.execute(select(schema.task))}
    found = []
    for card, own_chain in cards.values():
        task = tasks.get(card.task_native_id)
        if task is None or not card.billable or card.deleted:
            continue
        before, chain_before = earlier.get(card.replaces_native_id or "", (None, ""))
        chain = own_chain or chain_before or card.name
        approved = approved_ms(card) if card.status == "Approved" else None
        found += [
            Unapproved(f"TE|{chain}|{_day_of(cell)}", task.contract_native_id, cell.work_date, approved)
            for cell in _said(card, before)
        ]
    return found


def _earlier(connection: Connection, native_ids: Collection[str]) -> dict[str, tuple[TimeCard, str]]:
    """Cards that others replace, with their chains."""
    found: dict[str, tuple[TimeCard, str]] = {}
    for chunk in schema.chunks(native_ids, CHUNK):
        rows = connection.execute(
            select(_CARD.c.native_id, _CARD.c.schema_version, _CARD.c.payload, _CARD.c.chain).where(
                _CARD.c.native_id.in_(chunk)
            )
        )
        found |= {row.native_id: (_card(row), row.chain) for row in rows}
    return found


def _card(row: Any) -> TimeCard:
    return read(TimeCard, row.schema_version, row.payload)


def _said(card: TimeCard, before: TimeCard | None) -> list[TimeCell]:
    """The cells that say something: a zero does so only where it takes back what the card before had."""
    had = {_day_of(cell) for cell in before.cells} if before is not None else set()
    return [cell for cell in card.cells if cell.hours > 0 or _day_of(cell) in had]


def _day_of(cell: TimeCell) -> str:
    return cell.source_id.partition("#")[2]


def approved_ms(card: TimeCard) -> int:
    """The approval instant a(e) of a card."""
    return max(card.recorded_at_ms, card.approved_at_ms or 0)


def waited_ms(card: TimeCard) -> tuple[int | None, int | None]:
    """When a card was submitted, and when it was approved or sent back; None for what has not happened."""
    if card.submitted_at_ms is None or card.deleted or card.status == "Saved":
        return None, None
    if card.status == "Submitted":
        return card.submitted_at_ms, None
    return card.submitted_at_ms, approved_ms(card) if card.status == "Approved" else card.recorded_at_ms
