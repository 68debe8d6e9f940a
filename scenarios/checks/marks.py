"""Marks of billing in the PSA: timecard splits and milestones show the ERP's invoices (part of I29)."""

import sys
from collections import defaultdict
from dataclasses import dataclass

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


@dataclass(slots=True)
class _Month:
    """What one card's split of one month stands for: approved cells, and the documents of billable ones."""

    hours_e2: int = 0
    billable: int = 0
    billed: int = 0
    last: Invoice | None = None  # the document with the highest number
    documents: frozenset[tuple[str, str]] = frozenset()  # number and status of every document

    def take(self, cell: TimeEntry, document: Invoice | None) -> None:
        """Add one approved cell."""
        self.hours_e2 += cell.hours_e2
        self.billable += cell.billable
        if document is None:
            return
        self.documents |= {(document.number or "", document.status)}
        if cell.billable:
            self.billed += 1
            if self.last is None or (document.number or "") > (self.last.number or ""):
                self.last = document

    def due(self) -> tuple[int, bool, str, str]:
        """Hours, billed, number and status of the split: billed when every billable cell is."""
        if self.last is None or self.billed != self.billable:
            return self.hours_e2, False, "", ""
        return self.hours_e2, True, self.last.number or "", self.last.status


_Months = dict[str, _Month]


def _cards(case: Case, document_of: dict[str, Invoice]) -> tuple[dict[str, _Months], set[str]]:
    """Months by timecard id, and the cards that stand in a chain of replacements."""
    cells: defaultdict[str, _Months] = defaultdict(dict)
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
                month = cells[card].setdefault(sys.intern(fact.work_date.isoformat()[:7]), _Month())
                month.take(fact, document_of.get(fact.source_id))
    return cells, chained


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
    cells, chained = _cards(case, document_of)
    tally.wanted += len(cells.keys() & {source_id.partition("#")[0] for source_id in document_of})
    for card, rows in sorted(splits.items()):
        tally.compared += len(rows)
        if card in chained:
            _compare_chained(tally, rows, cells.get(card, {}))
            continue
        found = sorted((row.hours_e2, row.billed, row.invoice_no, row.invoice_status) for row in rows)
        at = (*witness("psa", "timecard header", card), *(f"psa:split:{row.native_id}" for row in rows))
        due = sorted(month.due() for month in cells.get(card, {}).values())
        tally.equal(at, due, found, "mirror")
    for card in sorted({s.partition("#")[0] for s in document_of} & cells.keys() - splits.keys() - chained):
        tally.differ(witness("psa", "timecard header", card), "billed splits", "none", "mirror")


def _compare_chained(tally: Tally, rows: list[PsaSplit], months: _Months) -> None:
    """A card that replaces or was replaced: its marks need not be there, but must not be wrong."""
    documents = frozenset[tuple[str, str]]().union(*(month.documents for month in months.values()))
    for row in rows:
        if row.billed and (row.invoice_no, row.invoice_status) not in documents:
            at = witness("psa", "split", row.native_id, row.card_source_id)
            tally.differ(at, sorted(documents), (row.invoice_no, row.invoice_status), "mirror")
