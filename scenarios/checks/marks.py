"""Marks of billing in the PSA: timecard splits and milestones show the ERP's invoices (part of I29)."""

from collections import defaultdict

from mocks.firm.facts.documents import Invoice, PsaSplit
from mocks.firm.facts.source import TimeEntry
from scenarios.checks.case import Case, witness
from scenarios.checks.result import Tally


def compare_milestones(tally: Tally, case: Case) -> None:
    """Each milestone is marked exactly when its invoice is posted, with that invoice's number and status."""
    document_of: dict[str, Invoice] = {}
    for invoice in case.posted:
        for line in invoice.lines:
            event = case.event_of(line)
            for source_id in event.sources if event else (line.source_id,):
                document_of[source_id] = invoice
    for milestone in case.psa_milestones:
        tally.compared += 1
        document = document_of.get(milestone.native_id)
        due = (True, document.number or "", document.status) if document else (False, "", "")
        found = (milestone.billed, milestone.invoice_no, milestone.invoice_status)
        bk = case.milestone_bks[milestone.native_id]
        tally.equal(witness("psa", "milestone", milestone.native_id, bk), due, found, "mirror")
    tally.wanted += len(case.expected.milestones)


def _cards(case: Case) -> tuple[dict[str, dict[str, list[TimeEntry]]], set[str]]:
    """Approved cells by timecard id and month, and the cards that stand in a chain of replacements."""
    cells: defaultdict[str, dict[str, list[TimeEntry]]] = defaultdict(dict)
    chained: set[str] = set()
    for facts in case.sources.entries.values():
        seen: set[str] = set()
        several = len({fact.ver for fact in facts}) > 1
        for fact in facts:
            card = fact.source_id.partition("#")[0]
            if several or fact.replaces:
                chained.add(card)
            if fact.status == "APPROVED" and fact.hours_e2 and fact.source_id not in seen:
                seen.add(fact.source_id)
                month = fact.work_date.isoformat()[:7]
                cells[card].setdefault(month, []).append(fact)
    return cells, chained


def _due_splits(
    months: dict[str, list[TimeEntry]], document_of: dict[str, Invoice]
) -> list[tuple[int, bool, str, str]]:
    """Hours, billed, number and status of each month's split: billed when every billable cell is."""
    due = []
    for cells in months.values():
        billable = [cell for cell in cells if cell.billable]
        documents = [document_of[cell.source_id] for cell in billable if cell.source_id in document_of]
        hours_e2 = sum(cell.hours_e2 for cell in cells)
        if billable and len(documents) == len(billable):
            last = max(documents, key=lambda invoice: invoice.number or "")
            due.append((hours_e2, True, last.number or "", last.status))
        else:
            due.append((hours_e2, False, "", ""))
    return sorted(due)


def compare_splits(tally: Tally, case: Case) -> None:
    """Each split is marked when all it bills is on a posted invoice, with its number and status."""
    document_of: dict[str, Invoice] = {}
    for invoice in case.posted:
        for line in invoice.lines:
            event = case.event_of(line)
            for source_id in event.sources if event else (line.source_id,):
                document_of[source_id] = invoice
    splits: defaultdict[str, list[PsaSplit]] = defaultdict(list)
    for split in case.splits:
        splits[split.card_source_id].append(split)
    cells, chained = _cards(case)
    tally.wanted += len(cells.keys() & {source_id.partition("#")[0] for source_id in document_of})
    for card, rows in sorted(splits.items()):
        tally.compared += len(rows)
        if card in chained:
            _compare_chained(tally, rows, cells.get(card, {}), document_of)
            continue
        found = sorted((row.hours_e2, row.billed, row.invoice_no, row.invoice_status) for row in rows)
        at = (*witness("psa", "timecard header", card), *(f"psa:split:{row.native_id}" for row in rows))
        tally.equal(at, _due_splits(cells.get(card, {}), document_of), found, "mirror")
    for card in sorted({s.partition("#")[0] for s in document_of} & cells.keys() - splits.keys() - chained):
        tally.differ(witness("psa", "timecard header", card), "billed splits", "none", "mirror")


def _compare_chained(
    tally: Tally,
    rows: list[PsaSplit],
    months: dict[str, list[TimeEntry]],
    document_of: dict[str, Invoice],
) -> None:
    """A card that replaces or was replaced: its marks need not be there, but must not be wrong."""
    documents = {
        (invoice.number or "", invoice.status)
        for cells in months.values()
        for cell in cells
        if (invoice := document_of.get(cell.source_id)) is not None
    }
    for row in rows:
        if row.billed and (row.invoice_no, row.invoice_status) not in documents:
            at = witness("psa", "split", row.native_id, row.card_source_id)
            tally.differ(at, sorted(documents), (row.invoice_no, row.invoice_status), "mirror")
