"""Time that waited for its approval at a cut-off: it joins the next billing run, and somebody should know."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from integration_core.canonical.work import TimeCard, TimeCell
from integration_core.ports.store import Unapproved
from integration_core.store import schema
from integration_core.store.payloads import read


def waiting_cells(connection: Connection, cutoff_ms: int) -> Sequence[Unapproved]:
    """Billable cells that were submitted but not approved at an instant."""
    table = schema.card
    rows = connection.execute(
        select(table.c.native_id, table.c.schema_version, table.c.payload, table.c.chain).order_by(
            table.c.native_id
        )
    ).all()
    cards = {row.native_id: read(TimeCard, row.schema_version, row.payload) for row in rows}
    chains = {row.native_id: row.chain for row in rows}
    tasks = {row.native_id: row for row in connection.execute(select(schema.task))}
    found = []
    for native_id, card in cards.items():
        task = tasks.get(card.task_native_id)
        if task is None or not card.billable or not _waited_at(card, cutoff_ms):
            continue
        before = card.replaces_native_id or ""
        chain = chains[native_id] or chains.get(before, "") or card.name
        decided_ms = approved_ms(card) if card.status == "Approved" else None
        found += [
            Unapproved(f"TE|{chain}|{_day_of(cell)}", task.contract_native_id, cell.work_date, decided_ms)
            for cell in _said(card, cards.get(before))
        ]
    return found


def _said(card: TimeCard, before: TimeCard | None) -> list[TimeCell]:
    """The cells that say something: a zero does so only where it takes back what the card before had."""
    had = {_day_of(cell) for cell in before.cells} if before is not None else set()
    return [cell for cell in card.cells if cell.hours > 0 or _day_of(cell) in had]


def _day_of(cell: TimeCell) -> str:
    return cell.source_id.partition("#")[2]


def approved_ms(card: TimeCard) -> int:
    """The approval instant a(e) of a card."""
    return max(card.recorded_at_ms, card.approved_at_ms or 0)


def _waited_at(card: TimeCard, at_ms: int) -> bool:
    """Whether a card had been submitted and not yet decided at an instant."""
    if card.submitted_at_ms is None or card.submitted_at_ms >= at_ms or card.deleted:
        return False
    if card.status == "Submitted":
        return True
    if card.status == "Approved":
        return approved_ms(card) >= at_ms
    return card.status == "Rejected" and card.recorded_at_ms >= at_ms
