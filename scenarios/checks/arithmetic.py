"""Checks of a document by itself: its sums, its tax, its number (I05, I33)."""

import re
from collections import defaultdict
from collections.abc import Sequence

from mocks.firm.facts.documents import CreditMemo, TaxTotal
from scenarios.checks.case import Billed, Case, witness
from scenarios.checks.codes import parse_tax
from scenarios.checks.result import Tally
from scenarios.oracle.amounts import half_up
from scenarios.oracle.expected import TaxCode

_NUMBER = re.compile(r"(?P<entity>.+)-(?P<kind>INV|CM)-(?P<year>\d{4})-(?P<running>\d{6})")
_UNPOSTED = ("DRAFT", "HELD", "APPROVED")
_Sums = dict[object, tuple[int, int]]  # tax code -> base, tax


def kind_of(document: Billed) -> str:
    """How witnesses name a document."""
    return "creditMemo" if isinstance(document, CreditMemo) else "invoice"


def document_at(document: Billed, *bks: str) -> tuple[str, ...]:
    """A document as a witness, with its own key where no other is given."""
    return witness("erp", kind_of(document), document.native_id, *(bks or (document.external_id,)))


def i05_invoice_arithmetic(case: Case) -> Tally:
    """Net is the sum of lines, each category's tax one rounding of its base, gross is net + tax."""
    tally = Tally(wanted=len(case.expected.invoices) + len(case.expected.credits))
    for invoice in case.invoices:
        _compare_sums(tally, invoice)
        _compare_categories(tally, invoice, {})
    before: defaultdict[str, _Sums] = defaultdict(dict)
    for memo in sorted(case.credits, key=lambda memo: (memo.run, memo.native_id)):
        _compare_sums(tally, memo)
        invoice_of = case.invoices_by_id.get(memo.invoice)
        due = _credit_taxes(memo, invoice_of.taxes if invoice_of else (), before[memo.invoice])
        _compare_categories(tally, memo, due)
    return tally


def _compare_sums(tally: Tally, document: Billed) -> None:
    tally.compared += 1
    at = document_at(document)
    net = sum(line.amount_tc_minor for line in document.lines)
    tally.equal((*at, "net"), net, document.net_tc_minor, "document")
    tax = sum(total.tax_tc_minor for total in document.taxes)
    tally.equal((*at, "tax"), tax, document.tax_tc_minor, "document")
    gross = document.net_tc_minor + document.tax_tc_minor
    tally.equal((*at, "gross"), gross, document.gross_tc_minor, "document")


def _credit_taxes(memo: CreditMemo, billed: Sequence[TaxTotal], before: _Sums) -> dict[object, int]:
    """The tax that a memo owes where it credits the last of a category: what earlier ones left of it."""
    originals = {parse_tax(total.tax_code): (total.base_tc_minor, total.tax_tc_minor) for total in billed}
    due: dict[object, int] = {}
    for total in memo.taxes:
        code = parse_tax(total.tax_code)
        base_before, tax_before = before.get(code, (0, 0))
        base, tax = originals.get(code, (0, 0))
        if base_before + total.base_tc_minor == base:
            due[code] = tax - tax_before
        before[code] = (base_before + total.base_tc_minor, tax_before + total.tax_tc_minor)
    return due


def _compare_categories(tally: Tally, document: Billed, remainders: dict[object, int]) -> None:
    at = document_at(document)
    bases: defaultdict[object, int] = defaultdict(int)
    for line in document.lines:
        bases[parse_tax(line.tax_code) or line.tax_code] += line.amount_tc_minor
    taxed: set[object] = set()
    for total in document.taxes:
        code = parse_tax(total.tax_code)
        if code is None or code in taxed:
            tally.differ((*at, total.tax_code), "one readable tax code a category", "otherwise", "document")
            continue
        taxed.add(code)
        tally.equal((*at, total.tax_code, "base"), bases.get(code, 0), total.base_tc_minor, "document")
        due = remainders.get(code, half_up(total.base_tc_minor * code.percent_e4, 1_000_000))
        tally.equal((*at, total.tax_code, "tax"), due, total.tax_tc_minor, "document")
    for untaxed in sorted(bases.keys() - taxed, key=str):
        if not isinstance(untaxed, TaxCode) or untaxed.percent_e4:
            tally.differ((*at, str(untaxed)), "a tax total for the category", "none", "document")


def i33_numbering(case: Case) -> Tally:
    """Posted documents are numbered 1..n per entity, kind and year, in posting order; others not at all.

    Journals and payments bear numbers of their own too, though nobody promised them without a gap.
    """
    tally = Tally(wanted=len(case.expected.invoice_journals) + len(case.expected.credit_journals))
    posted_ms = {journal.document: journal.posted_at_ms for journal in case.journals if journal.document}
    series: defaultdict[tuple[str, str, str], list[tuple[int, Billed]]] = defaultdict(list)
    documents: list[Billed] = [*case.invoices, *case.credits]
    for document in documents:
        if document.status in _UNPOSTED and document.number is None:
            continue
        tally.compared += 1
        at, kind = document_at(document), "CM" if isinstance(document, CreditMemo) else "INV"
        match = _NUMBER.fullmatch(document.number or "")
        if document.status in _UNPOSTED:
            tally.differ(at, "no number before posting", document.number, "document")
        elif match is None or (match["entity"], match["kind"]) != (document.entity, kind):
            tally.differ(at, f"{document.entity}-{kind}-YYYY-NNNNNN", document.number, "document")
        else:
            tally.equal(at, f"{document.acct_date.year:04d}", match["year"], "document")
            series[(document.entity, kind, match["year"])].append((int(match["running"]), document))
    for rows in series.values():
        rows.sort(key=lambda row: (row[0], row[1].native_id))
        _compare_series(tally, rows, posted_ms)
    _compare_repeats(tally, case)
    return tally


def _compare_repeats(tally: Tally, case: Case) -> None:
    """No journal and no payment of an entity has the number of another."""
    named = [(f"erp:journal:{row.native_id}", row.entity, row.number) for row in case.journals]
    named += [(f"erp:payment:{row.native_id}", row.entity, row.number) for row in case.payments]
    seen: dict[tuple[str, str], str] = {}
    for place, entity, number in named:
        tally.compared += 1
        first = seen.setdefault((entity, number), place)
        if first != place:
            tally.differ((place, first), "a number of its own", number, "document")


def _compare_series(tally: Tally, rows: list[tuple[int, Billed]], posted_ms: dict[str, int]) -> None:
    latest_ms = 0
    for place, (running, document) in enumerate(rows, start=1):
        at = document_at(document, document.number or "")
        tally.equal(at, place, running, "document")
        at_ms = posted_ms.get(document.native_id, latest_ms)
        if at_ms < latest_ms:
            tally.differ(at, f"posted at {latest_ms} or later", at_ms, "document")
        latest_ms = max(latest_ms, at_ms)
