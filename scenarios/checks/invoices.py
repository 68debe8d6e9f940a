"""Checks on billed pieces: partition, single billing, and the documents of every run as expected (X02)."""

import re
from collections import Counter, defaultdict

from mocks.firm.facts.documents import CreditMemo, Invoice
from scenarios.checks.arithmetic import document_at
from scenarios.checks.case import Billed, Case
from scenarios.checks.codes import comparable, parse_tax
from scenarios.checks.particulars import compare_particulars
from scenarios.checks.result import Tally
from scenarios.oracle.calendars import period_of
from scenarios.oracle.expected import ExpectedCredit, ExpectedInvoice, TaxCode

_LineRow = tuple[str, int, int, TaxCode | None]  # event bk, net, functional net, tax
_Field = tuple[str, object, object]
_BY_AMOUNT = ("FF", "RET")  # billed as one piece at its amount; hours mean nothing


def i02_value_partition(case: Case) -> Tally:
    """Each committed piece is invoiced in full once its run has passed, and not a cent before."""
    tally = Tally()
    invoiced: defaultdict[str, int] = defaultdict(int)
    for invoice in case.invoices:
        for line in invoice.lines:
            invoiced[case.line_bk(line)] += line.amount_tc_minor
    chargeable = {event.bk for event in case.chargeable}
    kept = {line.event.bk for invoice in _kept_invoices(case) for line in invoice.lines}
    for event in case.events:
        if event.bk in chargeable:
            tally.compared += 1
            if event.bk in kept:
                continue
            due = event.amount_minor if event.bk in case.billed else 0
            tally.equal((event.bk, *event.sources), due, invoiced.get(event.bk, 0), "event")
        elif invoiced.get(event.bk):
            tally.differ((event.bk, *event.sources), "not billed", invoiced[event.bk], "event")
    tally.wanted = tally.compared
    return tally


def i03_hours_partition(case: Case) -> Tally:
    """Per contract line the invoices carry exactly the hours of the entries and overage they bill."""
    tally = Tally()
    due: defaultdict[str, int] = defaultdict(int)
    billed: defaultdict[str, int] = defaultdict(int)
    kept = {invoice.key for invoice in _kept_invoices(case)}
    for invoice in case.expected.invoices.values():
        for line in invoice.lines:
            if line.event.method not in _BY_AMOUNT and invoice.key not in kept:
                due[line.event.line_key] += line.event.hours_e2 * 100
    for document in case.invoices:
        for row in document.lines:
            event = case.event_of(row)
            if event is not None and event.method in _BY_AMOUNT:
                continue
            key = event.line_key if event else f"?{row.contract_line_source_id}"
            billed[key] += row.quantity_e4
    for key in sorted(due.keys() | billed.keys()):
        tally.compared += 1
        tally.equal((key,), f"{due[key]} e-4 h", f"{billed[key]} e-4 h", "line")
    tally.wanted = len(due)
    return tally


def i04_single_billing(case: Case) -> Tally:
    """No piece stands on two live lines, and no line stands for nothing that people recorded.

    A line that credit memos took back in full is not live.
    """
    tally = Tally(wanted=case.expected_line_count)
    seen: dict[str, str] = {}
    for invoice in case.invoices:
        for line in invoice.lines:
            tally.compared += 1
            place, bk = f"erp:invoice:{invoice.native_id}/{line.line}", case.line_bk(line)
            credited_minor = case.credited_lines_minor.get((invoice.native_id, line.source_id), 0)
            if bk.startswith("?"):
                tally.differ((place, bk), "an observed source record", "no such record", "line")
            elif 0 < line.amount_tc_minor <= credited_minor:
                continue
            elif bk in seen:
                tally.differ((seen[bk], place, bk), "one line", "two lines", "line")
            else:
                seen[bk] = place
    return tally


def x02_documents(case: Case) -> Tally:
    """Every run's invoices and credit memos are there once, with the expected header and exact lines."""
    tally = Tally(wanted=len(case.expected.invoices) + len(case.expected.credits))
    for key in sorted(case.expected.invoices.keys() | case.invoices_by_key.keys()):
        invoice = case.expected.invoices.get(key)
        documents = case.invoices_by_key.get(key, [])
        tally.compared += 1
        if not documents and invoice is not None and invoice.held is not None:
            continue  # a subject may keep a held document to itself until it can stand
        _compare_documents(tally, case, str(key), invoice, documents)
    for credit_key in sorted(case.expected.credits.keys() | case.credits_by_key.keys()):
        credit = case.expected.credits.get(credit_key)
        memos = case.credits_by_key.get(credit_key, [])
        tally.compared += 1
        if not memos and credit is not None and _kept_back(case, credit):
            continue
        _compare_documents(tally, case, str(credit_key), credit, memos)
    compare_particulars(tally, case)
    return tally


def _kept_invoices(case: Case) -> list[ExpectedInvoice]:
    """Held invoices that a subject keeps to itself until they can stand, as it may."""
    return [
        invoice
        for key, invoice in case.expected.invoices.items()
        if invoice.held is not None and not case.invoices_by_key.get(key)
    ]


def _kept_back(case: Case, credit: ExpectedCredit) -> bool:
    """Whether the credited invoice is held: then its credit waits with it."""
    invoice = case.expected.invoices.get(credit.key[2])
    return invoice is not None and invoice.held is not None


def _compare_documents(
    tally: Tally,
    case: Case,
    key: str,
    expected: ExpectedInvoice | ExpectedCredit | None,
    observed: list[Invoice] | list[CreditMemo],
) -> None:
    if expected is None:
        for document in observed:
            what = f"{document.gross_tc_minor} {document.ccy}"
            tally.differ(document_at(document, key), "no such document", what, "document")
        return
    if not observed:
        what = f"{expected.gross_minor} {expected.ccy}"
        tally.differ((expected.bk,), what, "no document", "document")
        return
    _compare_document(tally, case, expected, observed[0])
    for extra in observed[1:]:
        tally.differ(document_at(extra, expected.bk), "one document", "a further one", "document")


def _settled_status(case: Case, native_id: str, gross_minor: int) -> str:
    settled = case.settled_minor(native_id)
    if not settled:
        return "POSTED"
    if settled < gross_minor:
        return "PARTIALLY_PAID"
    credited_ms, paid_ms = case.last_credited_ms.get(native_id, -1), case.last_paid_ms.get(native_id, 0)
    return "CREDITED" if credited_ms >= paid_ms else "PAID"


def expected_status(case: Case, expected: ExpectedInvoice, native_id: str) -> str:
    """The status an invoice must have, given what payments and credits cleared of it, and which came last."""
    if expected.held is not None:
        return "HELD"
    if expected.approved_ms is None:
        return "DRAFT"
    return _settled_status(case, native_id, expected.gross_minor)


def _credit_status(case: Case, expected: ExpectedCredit, memo: CreditMemo) -> str:
    if expected.approved_ms is None:
        return memo.status if _kept_back(case, expected) and memo.status == "HELD" else "DRAFT"
    return "APPLIED" if memo.applied_tc_minor >= expected.gross_minor else "POSTED"


def _compare_document(
    tally: Tally, case: Case, expected: ExpectedInvoice | ExpectedCredit, actual: Billed
) -> None:
    at = document_at(actual, expected.bk)
    _compare_lines(tally, case, expected, actual, at)
    rows: list[_Field] = [
        ("customer", expected.customer, case.customer_bks.get(actual.customer)),
        ("acct_date", expected.acct_date, actual.acct_date),
        ("period", period_of(expected.acct_date), actual.period),
        ("approved_at_ms", expected.approved_ms, actual.approved_at_ms),
        ("ccy", expected.ccy, actual.ccy),
        ("fx_rate", True, _is_one(actual.fx_rate)),
        ("net", expected.net_minor, actual.net_tc_minor),
        ("tax", expected.tax_minor, actual.tax_tc_minor),
        ("gross", expected.gross_minor, actual.gross_tc_minor),
        *_own_fields(case, expected, actual),
    ]
    for name, due, found in rows:
        tally.equal((*at, name), due, found, "document")
    taxes = [(comparable(code), base, tax) for code, base, tax in expected.taxes if code.percent_e4]
    found_taxes = [
        (code, total.base_tc_minor, total.tax_tc_minor)
        for total in actual.taxes
        if (code := parse_tax(total.tax_code)) is None or code.percent_e4
    ]
    tally.equal((*at, "taxes"), sorted(taxes, key=str), sorted(found_taxes, key=str), "document")


def _own_fields(case: Case, expected: ExpectedInvoice | ExpectedCredit, actual: Billed) -> tuple[_Field, ...]:
    """Fields that only one of both kinds has, or that follow rules of its own."""
    if isinstance(expected, ExpectedInvoice) and isinstance(actual, Invoice):
        return (
            ("status", expected_status(case, expected, actual.native_id), actual.status),
            ("invoice_date", expected.key[1], actual.invoice_date),
            ("due_date", expected.due_date, actual.due_date),
        )
    if isinstance(expected, ExpectedCredit) and isinstance(actual, CreditMemo):
        return (
            ("status", _credit_status(case, expected, actual), actual.status),
            ("memo_date", expected.key[1], actual.memo_date),
        )
    return (("kind", "the expected kind", "another"),)


def _is_one(text: str) -> bool:
    return re.fullmatch(r"0*1(\.0*)?", text) is not None


def _compare_lines(
    tally: Tally,
    case: Case,
    expected: ExpectedInvoice | ExpectedCredit,
    actual: Billed,
    at: tuple[str, ...],
) -> None:
    due: Counter[_LineRow] = Counter(
        (line.event.bk, line.amount_minor, line.amount_minor, comparable(line.tax)) for line in expected.lines
    )
    found: Counter[_LineRow] = Counter(
        (case.line_bk(line), line.amount_tc_minor, line.amount_fc_minor, parse_tax(line.tax_code))
        for line in actual.lines
    )
    if due == found:
        return
    for row, times in sorted((due - found).items(), key=str):
        tally.differ((*at, row[0]), f"{times} x {row[1]}, {row[3]}", "missing", "line")
    for extra, times in sorted((found - due).items(), key=str):
        tally.differ((*at, extra[0]), "no such line", f"{times} x {extra[1]}, {extra[3]}", "line")
