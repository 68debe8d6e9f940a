"""Checks on corrections of billed work: bounds of each credit, and that each correction is whole."""

from collections import defaultdict

from mocks.firm.facts.documents import CreditMemo, Invoice
from scenarios.checks.arithmetic import document_at
from scenarios.checks.case import Case, is_chargeable
from scenarios.checks.codes import parse_tax
from scenarios.checks.result import Tally
from scenarios.oracle.expected import Event, TimeEvent


def i06_credit_bounds(case: Case) -> Tally:
    """Of no line is more credited than billed; a category credited whole takes back exactly its tax."""
    tally = Tally(wanted=len(case.expected.credits))
    memos: defaultdict[str, list[CreditMemo]] = defaultdict(list)
    for memo in case.credits:
        memos[memo.invoice].append(memo)
    for native_id, rows in sorted(memos.items()):
        tally.compared += len(rows)
        invoice = case.invoices_by_id.get(native_id)
        if invoice is None:
            for memo in rows:
                tally.differ(document_at(memo), "an invoice", native_id or "none", "document")
            continue
        _compare_bounds(tally, case, invoice, rows)
        _compare_whole_categories(tally, invoice, rows)
    return tally


def _compare_bounds(tally: Tally, case: Case, invoice: Invoice, memos: list[CreditMemo]) -> None:
    net: defaultdict[str, int] = defaultdict(int)
    functional: defaultdict[str, int] = defaultdict(int)
    places: dict[str, tuple[str, ...]] = {}
    for memo in memos:
        for line in memo.lines:
            at = (*document_at(memo), f"line {line.line}", case.line_bk(line))
            if line.amount_tc_minor <= 0:
                tally.differ(at, "more than 0", line.amount_tc_minor, "line")
            net[line.source_id] += line.amount_tc_minor
            functional[line.source_id] += line.amount_fc_minor
            places[line.source_id] = at
    billed: defaultdict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for row in invoice.lines:
        tc, fc = billed[row.source_id]
        billed[row.source_id] = (tc + row.amount_tc_minor, fc + row.amount_fc_minor)
    for source_id, at in places.items():
        tc, fc = billed[source_id]
        if net[source_id] > tc:
            tally.differ(at, f"at most {tc}", net[source_id], "line")
        elif net[source_id] == tc:
            tally.equal((*at, "functional"), fc, functional[source_id], "line")


def _compare_whole_categories(tally: Tally, invoice: Invoice, memos: list[CreditMemo]) -> None:
    sums: defaultdict[object, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for memo in memos:
        for total in memo.taxes:
            base, tax = sums[parse_tax(total.tax_code)]
            sums[parse_tax(total.tax_code)] = (base + total.base_tc_minor, tax + total.tax_tc_minor)
    for total in invoice.taxes:
        base, tax = sums[parse_tax(total.tax_code)]
        if base == total.base_tc_minor:
            at = (*document_at(invoice), total.tax_code)
            tally.equal((*at, "tax credited"), total.tax_tc_minor, tax, "document")


def i07_correction_completeness(case: Case) -> Tally:
    """A billed version that was superseded has one full credit, its successor a line; no other has any."""
    tally = Tally(wanted=len(case.credited))
    credited: defaultdict[str, list[int]] = defaultdict(list)
    for memo in case.credits:
        for line in memo.lines:
            credited[case.line_bk(line)].append(line.amount_tc_minor)
    invoiced = {case.line_bk(line) for invoice in case.invoices for line in invoice.lines}
    successors = _successors(case)
    dues = {line.event.bk: line for credit in case.expected.credits.values() for line in credit.lines}
    for bk, credit in case.credited.items():
        if _held(case, bk):
            continue
        tally.compared += 1
        due = dues[bk]
        at = (bk, credit.bk, *due.event.sources)
        tally.equal(at, [due.amount_minor], credited.get(bk, []), "event")
        successor = successors.get(bk)
        if successor and successor.bk in case.billed and not _held(case, successor.bk):
            tally.equal((successor.bk, *at), True, successor.bk in invoiced, "event")
    for bk in sorted(credited.keys() - case.credited.keys()):
        tally.differ((bk,), "no credit", credited[bk], "event")
    return tally


def _held(case: Case, bk: str) -> bool:
    invoice = case.billed.get(bk)
    return invoice is not None and invoice.held is not None


def _successors(case: Case) -> dict[str, Event]:
    """Event bk -> the next chargeable version of the same entry."""
    latest: dict[str, TimeEvent] = {}
    found: dict[str, Event] = {}
    for event in sorted(case.expected.events, key=lambda event: event.ver):
        if not is_chargeable(event):
            continue
        before = latest.get(event.te)
        if before is not None:
            found[before.bk] = event
        latest[event.te] = event
    return found
