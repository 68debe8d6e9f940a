"""Checks on the ledger: balance, control accounts, open items, closed periods, expected journals."""

from collections import defaultdict
from collections.abc import Iterable

from mocks.firm.facts.documents import Journal, JournalLine
from scenarios.checks.case import Case, parse_tax, witness
from scenarios.checks.result import Tally
from scenarios.oracle.calendars import accounting_date, period_of
from scenarios.oracle.expected import ExpectedJournal
from scenarios.oracle.posting import RECEIVABLES, tax_text

_BY_CUSTOMER = (RECEIVABLES, "7900", "6500")
_BY_CONTRACT_LINE = ("1140", "1150", "2400", "4000", "4010", "4020", "4040", "7910")
_BY_TAX = ("2200", "1300", "2210")
Dimensions = tuple[str, ...]


def _journal_count(case: Case) -> int:
    return len(case.expected.invoice_journals) + len(case.expected.payment_journals)


def _net_tc(line: JournalLine) -> int:
    return line.dr_tc_minor - line.cr_tc_minor


def _net_fc(line: JournalLine) -> int:
    return line.dr_fc_minor - line.cr_fc_minor


def i11_journal_balance(case: Case) -> Tally:
    """Each journal's debits equal its credits, in both currencies."""
    tally = Tally(wanted=_journal_count(case))
    for journal in case.journals:
        tally.compared += 1
        at = witness("erp", "journal", journal.native_id, journal.journal_type, journal.number)
        tally.equal((*at, "tc"), 0, sum(_net_tc(line) for line in journal.lines), "journal")
        tally.equal((*at, "fc"), 0, sum(_net_fc(line) for line in journal.lines), "journal")
    return tally


def i12_trial_balance(case: Case) -> Tally:
    """The balances of an entity add up to zero, in its own currency and per transaction currency."""
    tally = Tally(wanted=_journal_count(case))
    sums: defaultdict[tuple[str, str], int] = defaultdict(int)
    for journal in case.journals:
        tally.compared += 1
        for line in journal.lines:
            sums[(journal.entity, "functional")] += _net_fc(line)
            sums[(journal.entity, journal.ccy)] += _net_tc(line)
    for (entity, ccy), minor in sorted(sums.items()):
        tally.equal((f"LE|{entity}", ccy), 0, minor, "balance")
    return tally


def i13_receivables_control(case: Case) -> Tally:
    """Account 1100 equals the open items: in functional currency per entity, per customer in theirs."""
    tally = Tally(wanted=_journal_count(case))
    ledger: defaultdict[tuple[str, ...], int] = defaultdict(int)
    items: defaultdict[tuple[str, ...], int] = defaultdict(int)
    for journal in case.journals:
        for line in journal.lines:
            if line.account == RECEIVABLES:
                ledger[(journal.entity, "functional")] += _net_fc(line)
                ledger[(journal.entity, line.customer, journal.ccy)] += _net_tc(line)
    for invoice in case.posted:
        items[(invoice.entity, "functional")] += invoice.open_fc_minor
        items[(invoice.entity, invoice.customer, invoice.ccy)] += invoice.open_tc_minor
    for payment in case.payments:
        # Both currencies are the same in this slice; the oracle names any other receipt as unsupported.
        items[(payment.entity, "functional")] -= payment.open_tc_minor
        items[(payment.entity, payment.customer, payment.ccy)] -= payment.open_tc_minor
    for key in sorted(ledger.keys() | items.keys()):
        tally.compared += 1
        tally.equal((f"LE|{key[0]}", RECEIVABLES, *key[1:]), items[key], ledger[key], "balance")
    return tally


def i14_settlement(case: Case) -> Tally:
    """Open = gross - applied, never negative, zero exactly when PAID; no payment clears more than it is."""
    tally = Tally(wanted=len(case.expected.invoice_journals) + len(case.expected.payment_journals))
    known = {invoice.native_id for invoice in case.posted}
    for invoice in case.posted:
        tally.compared += 1
        at = witness("erp", "invoice", invoice.native_id, invoice.external_id)
        left = invoice.gross_tc_minor - case.applied_minor.get(invoice.native_id, 0)
        tally.equal((*at, "open"), left, invoice.open_tc_minor, "document")
        if left < 0:
            tally.differ((*at, "open"), "0 or more", left, "document")
        settled = (invoice.open_tc_minor == 0, invoice.open_fc_minor == 0, invoice.status == "PAID")
        if len(set(settled)) > 1:
            tally.differ((*at, "settled"), "open tc = 0, open fc = 0 and PAID together", settled, "document")
    for payment in case.payments:
        tally.compared += 1
        at = witness("erp", "payment", payment.native_id, payment.number)
        used = sum(application.amount_tc_minor for application in payment.applications)
        tally.equal((*at, "open"), payment.amount_tc_minor - used, payment.open_tc_minor, "document")
        if used > payment.amount_tc_minor:
            tally.differ((*at, "applied"), f"at most {payment.amount_tc_minor}", used, "document")
        for application in payment.applications:
            if application.invoice not in known:
                tally.differ((*at, application.invoice), "a posted invoice", "none", "document")
    return tally


def i34_closed_period(case: Case) -> Tally:
    """Nothing is posted into a period after it closed, and every accounting date follows the calendar."""
    tally = Tally(wanted=_journal_count(case))
    closed = {(p.entity, p.period): p.closed_at_ms for p in case.periods if p.closed_at_ms is not None}
    for journal in case.journals:
        tally.compared += 1
        at = witness("erp", "journal", journal.native_id, journal.number)
        period = period_of(journal.acct_date)
        tally.equal((*at, "period"), period, journal.period, "journal")
        closed_ms = closed.get((journal.entity, period))
        if closed_ms is not None and journal.posted_at_ms > closed_ms:
            late = f"posted at {journal.posted_at_ms}"
            tally.differ(at, f"posted in {period} by {closed_ms}", late, "journal")
    for invoice in case.posted:
        entity = case.sources.entity(f"LE|{invoice.entity}")
        if entity is None or invoice.approved_at_ms is None:
            continue
        tally.compared += 1
        due = accounting_date(entity, invoice.invoice_date, invoice.approved_at_ms)
        at = witness("erp", "invoice", invoice.native_id, invoice.external_id, "acct_date")
        tally.equal(at, due, invoice.acct_date, "document")
    return tally


def dimensions(case: Case, line: JournalLine) -> Dimensions:
    """Account and the dimensions that finance 3.2 compares on it, as business keys."""
    customer = case.customer_bks.get(line.customer, f"?{line.customer}")
    if line.account in _BY_CUSTOMER:
        return (line.account, customer)
    if line.account in _BY_CONTRACT_LINE:
        key = case.sources.line_keys.get(line.contract_line, f"?{line.contract_line}")
        project = case.project_bks.get(line.project, f"?{line.project}")
        return (line.account, customer, key, project, line.practice)
    if line.account in _BY_TAX:
        code = parse_tax(line.tax_code)
        return (line.account, tax_text(code) if code else f"?{line.tax_code}")
    return (line.account,)


def _amounts(case: Case, journal: Journal) -> tuple[dict[Dimensions, int], dict[Dimensions, int]]:
    tc: defaultdict[Dimensions, int] = defaultdict(int)
    fc: defaultdict[Dimensions, int] = defaultdict(int)
    for line in journal.lines:
        key = dimensions(case, line)
        tc[key] += _net_tc(line)
        fc[key] += _net_fc(line)
    return tc, fc


def _pairs(case: Case) -> Iterable[tuple[str, ExpectedJournal | None, list[Journal]]]:
    """Expected and observed journals of one document, by the document's native id (or its key if missing)."""
    observed: defaultdict[str, list[Journal]] = defaultdict(list)
    for journal in case.journals:
        observed[journal.document or f"?{journal.native_id}"].append(journal)
    expected: dict[str, ExpectedJournal] = dict(case.expected.payment_journals)
    for key, due in case.expected.invoice_journals.items():
        documents = case.invoices_by_key.get(key)
        expected[documents[0].native_id if documents else due.bk] = due
    for document in sorted(expected.keys() | observed.keys()):
        yield document, expected.get(document), observed.get(document, [])


def x03_journals(case: Case) -> Tally:
    """Every posted document has one journal: date and net amount per account and dimensions as expected."""
    tally = Tally(wanted=_journal_count(case))
    for document, expected, observed in _pairs(case):
        tally.compared += 1
        if expected is None:
            for journal in observed:
                at = witness("erp", "journal", journal.native_id, journal.journal_type, document)
                tally.differ(at, "no such journal", journal.number, "journal")
        elif not observed:
            tally.differ((expected.bk,), dict(expected.amounts), "no journal", "journal")
        else:
            _compare_journal(tally, case, expected, observed[0])
            for extra in observed[1:]:
                at = witness("erp", "journal", extra.native_id, expected.bk)
                tally.differ(at, "one journal", "a further one", "journal")
    return tally


def _compare_journal(tally: Tally, case: Case, expected: ExpectedJournal, actual: Journal) -> None:
    at = witness("erp", "journal", actual.native_id, expected.bk)
    rows = (
        ("type", expected.journal_type, actual.journal_type),
        ("entity", expected.entity, actual.entity),
        ("ccy", expected.ccy, actual.ccy),
        ("acct_date", expected.acct_date, actual.acct_date),
    )
    for name, due_value, found_value in rows:
        tally.equal((*at, name), due_value, found_value, "journal")
    due = dict(expected.amounts)
    for ccy, found in zip(("tc", "fc"), _amounts(case, actual), strict=True):
        for key in sorted(due.keys() | found.keys()):
            tally.equal((*at, ccy, *key), due.get(key, 0), found.get(key, 0), "journal")


def x04_open_items(case: Case) -> Tally:
    """Each document's open amount is its expected gross less what payments cleared of it."""
    tally = Tally(wanted=len(case.expected.invoice_journals) + len(case.expected.payment_journals))
    for key in sorted(case.expected.invoice_journals):
        invoice = case.expected.invoices[key]
        documents = case.invoices_by_key.get(key)
        tally.compared += 1
        if not documents:
            tally.differ((invoice.bk,), f"open {invoice.gross_minor}", "no document", "document")
            continue
        document = documents[0]
        due = invoice.gross_minor - case.applied_minor.get(document.native_id, 0)
        at = witness("erp", "invoice", document.native_id, invoice.bk)
        tally.equal((*at, "open tc"), due, document.open_tc_minor, "document")
        tally.equal((*at, "open fc"), due, document.open_fc_minor, "document")
    for payment in case.payments:
        tally.compared += 1
        used = sum(application.amount_tc_minor for application in payment.applications)
        at = witness("erp", "payment", payment.native_id, payment.number)
        tally.equal(at, payment.amount_tc_minor - used, payment.open_tc_minor, "document")
    return tally


def x05_balances(case: Case) -> Tally:
    """GL balances per entity, account, period and currency are the sums of the expected journals."""
    tally = Tally()
    due: defaultdict[tuple[str, ...], int] = defaultdict(int)
    tc: defaultdict[tuple[str, ...], int] = defaultdict(int)
    fc: defaultdict[tuple[str, ...], int] = defaultdict(int)
    expected = [*case.expected.invoice_journals.values(), *case.expected.payment_journals.values()]
    for row in expected:
        for account, minor in row.amounts:
            due[(row.entity, account[0], period_of(row.acct_date), row.ccy)] += minor
    for journal in case.journals:
        for line in journal.lines:
            key: tuple[str, ...] = (journal.entity, line.account, journal.period, journal.ccy)
            tc[key] += _net_tc(line)
            fc[key] += _net_fc(line)
    tally.wanted = len(due)
    for key in sorted(due.keys() | tc.keys()):
        tally.compared += 1
        tally.equal((*key, "tc"), due.get(key, 0), tc.get(key, 0), "balance")
        tally.equal((*key, "fc"), due.get(key, 0), fc.get(key, 0), "balance")
    return tally
