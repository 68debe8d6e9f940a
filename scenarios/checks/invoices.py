"""Checks on invoices and their lines: partition, single billing, arithmetic, numbering, expected content."""

import re
from collections import Counter, defaultdict

from mocks.firm.facts.documents import Invoice
from scenarios.checks.case import Case, comparable, parse_tax, witness
from scenarios.checks.result import Tally
from scenarios.oracle.amounts import half_up
from scenarios.oracle.calendars import period_of
from scenarios.oracle.expected import ExpectedInvoice, TaxCode

_LineRow = tuple[str, int, int, TaxCode | None]  # event bk, net, functional net, tax
_NUMBER = re.compile(r"(?P<entity>.+)-INV-(?P<year>\d{4})-(?P<running>\d{6})")


def i02_value_partition(case: Case) -> Tally:
    """Each committed piece is invoiced in full once its run has passed, and not a cent before."""
    tally = Tally()
    invoiced: defaultdict[str, int] = defaultdict(int)
    for invoice in case.invoices:
        for line in invoice.lines:
            invoiced[case.line_bk(line)] += line.amount_tc_minor
    for event in case.expected.events:
        if event.billable and event.commit_ms is not None:
            tally.compared += 1
            due = event.amount_minor if event.bk in case.billed else 0
            tally.equal((event.bk, *event.sources), due, invoiced.get(event.bk, 0), "event")
        elif invoiced.get(event.bk):
            tally.differ((event.bk, *event.sources), "not billed", invoiced[event.bk], "event")
    tally.wanted = tally.compared
    return tally


def i03_hours_partition(case: Case) -> Tally:
    """Per contract line the invoices carry exactly the hours of the entries they bill."""
    tally = Tally()
    due: defaultdict[str, int] = defaultdict(int)
    billed: defaultdict[str, int] = defaultdict(int)
    for invoice in case.expected.invoices.values():
        for line in invoice.lines:
            due[line.event.line_key] += line.event.hours_e2 * 100
    for document in case.invoices:
        for row in document.lines:
            event = case.event_of(row)
            key = event.line_key if event else f"?{row.contract_line_source_id}"
            billed[key] += row.quantity_e4
    for key in sorted(due.keys() | billed.keys()):
        tally.compared += 1
        tally.equal((key,), f"{due[key]} e-4 h", f"{billed[key]} e-4 h", "line")
    tally.wanted = len(due)
    return tally


def i04_single_billing(case: Case) -> Tally:
    """No entry version stands on two live lines, and no line stands for nothing that people recorded."""
    tally = Tally(wanted=case.expected_line_count)
    seen: dict[str, str] = {}
    for invoice in case.invoices:
        for line in invoice.lines:
            tally.compared += 1
            place, bk = f"erp:invoice:{invoice.native_id}/{line.line}", case.line_bk(line)
            if bk.startswith("?"):
                tally.differ((place, bk), "an observed source record", "no such record", "line")
            elif bk in seen:
                tally.differ((seen[bk], place, bk), "one line", "two lines", "line")
            else:
                seen[bk] = place
    return tally


def i05_invoice_arithmetic(case: Case) -> Tally:
    """Net is the sum of lines, each category's tax one rounding of its base, gross is net + tax."""
    tally = Tally(wanted=len(case.expected.invoices))
    for invoice in case.invoices:
        tally.compared += 1
        at = witness("erp", "invoice", invoice.native_id, invoice.external_id)
        net = sum(line.amount_tc_minor for line in invoice.lines)
        tally.equal((*at, "net"), net, invoice.net_tc_minor, "document")
        tax = sum(total.tax_tc_minor for total in invoice.taxes)
        tally.equal((*at, "tax"), tax, invoice.tax_tc_minor, "document")
        gross = invoice.net_tc_minor + invoice.tax_tc_minor
        tally.equal((*at, "gross"), gross, invoice.gross_tc_minor, "document")
        _compare_categories(tally, invoice, at)
    return tally


def _compare_categories(tally: Tally, invoice: Invoice, at: tuple[str, ...]) -> None:
    bases: defaultdict[object, int] = defaultdict(int)
    for line in invoice.lines:
        bases[parse_tax(line.tax_code) or line.tax_code] += line.amount_tc_minor
    taxed: set[object] = set()
    for total in invoice.taxes:
        code = parse_tax(total.tax_code)
        if code is None or code in taxed:
            tally.differ((*at, total.tax_code), "one readable tax code a category", "otherwise", "document")
            continue
        taxed.add(code)
        tally.equal((*at, total.tax_code, "base"), bases.get(code, 0), total.base_tc_minor, "document")
        due = half_up(total.base_tc_minor * code.percent_e4, 1_000_000)
        tally.equal((*at, total.tax_code, "tax"), due, total.tax_tc_minor, "document")
    for untaxed in sorted(bases.keys() - taxed, key=str):
        if not isinstance(untaxed, TaxCode) or untaxed.percent_e4:
            tally.differ((*at, str(untaxed)), "a tax total for the category", "none", "document")


def i33_numbering(case: Case) -> Tally:
    """Posted invoices are numbered 1..n per entity and year, in posting order; others have no number."""
    tally = Tally(wanted=len(case.expected.invoice_journals))
    posted_ms = {journal.document: journal.posted_at_ms for journal in case.journals}
    series: defaultdict[tuple[str, str], list[tuple[int, Invoice]]] = defaultdict(list)
    for invoice in case.invoices:
        at = witness("erp", "invoice", invoice.native_id, invoice.external_id)
        if invoice not in case.posted and invoice.number is None:
            continue
        tally.compared += 1
        match = _NUMBER.fullmatch(invoice.number or "")
        if invoice.status in ("DRAFT", "HELD", "APPROVED"):
            tally.differ(at, "no number before posting", invoice.number, "document")
        elif match is None or match["entity"] != invoice.entity:
            tally.differ(at, f"{invoice.entity}-INV-YYYY-NNNNNN", invoice.number, "document")
        else:
            tally.equal(at, f"{invoice.acct_date.year:04d}", match["year"], "document")
            series[(invoice.entity, match["year"])].append((int(match["running"]), invoice))
    for rows in series.values():
        rows.sort(key=lambda row: (row[0], row[1].native_id))
        _compare_series(tally, rows, posted_ms)
    return tally


def _compare_series(tally: Tally, rows: list[tuple[int, Invoice]], posted_ms: dict[str, int]) -> None:
    latest_ms = 0
    for place, (running, invoice) in enumerate(rows, start=1):
        at = witness("erp", "invoice", invoice.native_id, invoice.number or "")
        tally.equal(at, place, running, "document")
        at_ms = posted_ms.get(invoice.native_id, latest_ms)
        if at_ms < latest_ms:
            tally.differ(at, f"posted at {latest_ms} or later", at_ms, "document")
        latest_ms = max(latest_ms, at_ms)


def x02_invoices(case: Case) -> Tally:
    """Every run's documents are there once, with the expected header and exactly the expected lines."""
    tally = Tally(wanted=len(case.expected.invoices))
    for key in sorted(case.expected.invoices.keys() | case.invoices_by_key.keys()):
        expected = case.expected.invoices.get(key)
        observed = case.invoices_by_key.get(key, [])
        tally.compared += 1
        if expected is None:
            for invoice in observed:
                at = witness("erp", "invoice", invoice.native_id, str(key))
                tally.differ(at, "no such document", f"{invoice.gross_tc_minor} {invoice.ccy}", "document")
        elif not observed and expected.held is not None:
            continue  # a subject may keep a held document to itself until it can stand
        elif not observed:
            what = f"{expected.gross_minor} {expected.ccy}"
            tally.differ((expected.bk,), what, "no document", "document")
        else:
            _compare_invoice(tally, case, expected, observed[0])
            for extra in observed[1:]:
                at = witness("erp", "invoice", extra.native_id, expected.bk)
                tally.differ(at, "one document", "a further one", "document")
    return tally


def expected_status(case: Case, expected: ExpectedInvoice, native_id: str) -> str:
    """The status an invoice must have, given what payments cleared of it."""
    if expected.held is not None:
        return "HELD"
    if expected.approved_ms is None:
        return "DRAFT"
    applied = case.applied_minor.get(native_id, 0)
    if not applied:
        return "POSTED"
    return "PAID" if applied >= expected.gross_minor else "PARTIALLY_PAID"


def _compare_invoice(tally: Tally, case: Case, expected: ExpectedInvoice, actual: Invoice) -> None:
    at = witness("erp", "invoice", actual.native_id, expected.bk)
    _compare_lines(tally, case, expected, actual, at)
    rows = (
        ("status", expected_status(case, expected, actual.native_id), actual.status),
        ("customer", expected.customer, case.customer_bks.get(actual.customer)),
        ("invoice_date", expected.key[1], actual.invoice_date),
        ("acct_date", expected.acct_date, actual.acct_date),
        ("period", period_of(expected.acct_date), actual.period),
        ("due_date", expected.due_date, actual.due_date),
        ("approved_at_ms", expected.approved_ms, actual.approved_at_ms),
        ("ccy", expected.ccy, actual.ccy),
        ("fx_rate", True, _is_one(actual.fx_rate)),
        ("net", expected.net_minor, actual.net_tc_minor),
        ("tax", expected.tax_minor, actual.tax_tc_minor),
        ("gross", expected.gross_minor, actual.gross_tc_minor),
    )
    for name, due, found in rows:
        tally.equal((*at, name), due, found, "document")
    taxes = [(comparable(code), base, tax) for code, base, tax in expected.taxes if code.percent_e4]
    found_taxes = [
        (code, total.base_tc_minor, total.tax_tc_minor)
        for total in actual.taxes
        if (code := parse_tax(total.tax_code)) is None or code.percent_e4
    ]
    tally.equal((*at, "taxes"), sorted(taxes, key=str), sorted(found_taxes, key=str), "document")


def _is_one(text: str) -> bool:
    return re.fullmatch(r"0*1(\.0*)?", text) is not None


def _compare_lines(
    tally: Tally, case: Case, expected: ExpectedInvoice, actual: Invoice, at: tuple[str, ...]
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
