"""Checks on the ledger: balance, control accounts, settlement, closed periods, open items."""

from collections import defaultdict

from mocks.firm.facts.documents import Payment
from scenarios.checks.arithmetic import document_at
from scenarios.checks.case import Billed, Case, natural_date, witness
from scenarios.checks.journals import GUARDED_TYPES, journal_count
from scenarios.checks.postings import net_fc, net_tc
from scenarios.checks.result import Tally
from scenarios.oracle.calendars import accounting_date, close_ms, period_of
from scenarios.oracle.posting import RECEIVABLES


def i11_journal_balance(case: Case) -> Tally:
    """Each journal's debits equal its credits, in both currencies."""
    tally = Tally(wanted=journal_count(case))
    for journal in case.journals:
        tally.compared += 1
        at = witness("erp", "journal", journal.native_id, journal.journal_type, journal.number)
        compare = tally.guarded if journal.journal_type in GUARDED_TYPES else tally.equal
        compare((*at, "tc"), 0, sum(net_tc(line) for line in journal.lines), "journal")
        compare((*at, "fc"), 0, sum(net_fc(line) for line in journal.lines), "journal")
    return tally


def i12_trial_balance(case: Case) -> Tally:
    """The balances of an entity add up to zero, in its own currency and per transaction currency."""
    tally = Tally(wanted=journal_count(case))
    sums: defaultdict[tuple[str, str], int] = defaultdict(int)
    guarded: set[str] = set()
    for journal in case.journals:
        tally.compared += 1
        if journal.journal_type in GUARDED_TYPES:
            guarded.add(journal.entity)
        for line in journal.lines:
            sums[(journal.entity, "functional")] += net_fc(line)
            sums[(journal.entity, journal.ccy)] += net_tc(line)
    for (entity, ccy), minor in sorted(sums.items()):
        compare = tally.guarded if entity in guarded else tally.equal
        compare((f"LE|{entity}", ccy), 0, minor, "balance")
    return tally


def i13_receivables_control(case: Case) -> Tally:
    """Account 1100 equals the open items: in functional currency per entity, per customer in theirs."""
    tally = Tally(wanted=journal_count(case))
    ledger: defaultdict[tuple[str, ...], int] = defaultdict(int)
    items: defaultdict[tuple[str, ...], int] = defaultdict(int)
    for journal in case.journals:
        for line in journal.lines:
            if line.account == RECEIVABLES:
                ledger[(journal.entity, "functional")] += net_fc(line)
                ledger[(journal.entity, line.customer, journal.ccy)] += net_tc(line)
    for invoice in case.posted:
        items[(invoice.entity, "functional")] += invoice.open_fc_minor
        items[(invoice.entity, invoice.customer, invoice.ccy)] += invoice.open_tc_minor
    for memo in case.posted_credits:
        items[(memo.entity, "functional")] -= memo.open_fc_minor
        items[(memo.entity, memo.customer, memo.ccy)] -= memo.open_tc_minor
    for payment in case.payments:
        # Both currencies are the same in this slice; the oracle names any other receipt as unsupported.
        items[(payment.entity, "functional")] -= payment.open_tc_minor
        items[(payment.entity, payment.customer, payment.ccy)] -= payment.open_tc_minor
    for key in sorted(ledger.keys() | items.keys()):
        tally.compared += 1
        tally.equal((f"LE|{key[0]}", RECEIVABLES, *key[1:]), items[key], ledger[key], "balance")
    return tally


def _document_count(case: Case) -> int:
    expected = case.expected
    return len(expected.invoice_journals) + len(expected.credit_journals) + len(expected.payment_journals)


def i14_settlement(case: Case) -> Tally:
    """Open = gross - payments - credits, never negative, zero exactly when settled; none clears too much."""
    tally = Tally(wanted=_document_count(case))
    for invoice in case.posted:
        tally.compared += 1
        at = document_at(invoice)
        left = invoice.gross_tc_minor - case.settled_minor(invoice.native_id)
        tally.equal((*at, "open"), left, invoice.open_tc_minor, "document")
        if left < 0:
            tally.differ((*at, "open"), "0 or more", left, "document")
        done = invoice.status in ("PAID", "CREDITED")
        _compare_settled(tally, at, invoice.open_tc_minor, invoice.open_fc_minor, done)
    _compare_credits(tally, case)
    known = {invoice.native_id for invoice in case.posted}
    for payment in case.payments:
        tally.compared += 1
        _compare_payment(tally, payment, known)
        entity = case.sources.entity(f"LE|{payment.entity}")
        if entity is not None and entity.functional_ccy == payment.ccy:
            at = witness("erp", "payment", payment.native_id, payment.number, "functional")
            tally.equal(at, payment.amount_tc_minor, payment.amount_fc_minor, "document")
    return tally


def _compare_settled(tally: Tally, at: tuple[str, ...], open_tc: int, open_fc: int, done: bool) -> None:
    settled = (open_tc == 0, open_fc == 0, done)
    if len(set(settled)) > 1:
        due = "open tc = 0, open fc = 0 and a settled status together"
        tally.differ((*at, "settled"), due, settled, "document")


def _compare_credits(tally: Tally, case: Case) -> None:
    open_minor = {invoice.native_id: invoice.open_tc_minor for invoice in case.posted}
    for memo in case.posted_credits:
        tally.compared += 1
        at = document_at(memo)
        left = memo.gross_tc_minor - memo.applied_tc_minor
        tally.equal((*at, "open"), left, memo.open_tc_minor, "document")
        if left < 0 or memo.applied_tc_minor < 0:
            tally.differ((*at, "applied"), f"0 to {memo.gross_tc_minor}", memo.applied_tc_minor, "document")
        done = memo.status == "APPLIED"
        _compare_settled(tally, at, memo.open_tc_minor, memo.open_fc_minor, done)
        if memo.invoice not in open_minor:
            tally.differ((*at, memo.invoice), "a posted invoice", "none", "document")
        elif left > 0 and open_minor[memo.invoice] > 0:
            tally.differ((*at, memo.invoice), "applied up to the open amount", f"{left} left", "document")


def _compare_payment(tally: Tally, payment: Payment, known: set[str]) -> None:
    at = witness("erp", "payment", payment.native_id, payment.number)
    used = sum(application.amount_tc_minor for application in payment.applications)
    tally.equal((*at, "open"), payment.amount_tc_minor - used, payment.open_tc_minor, "document")
    if used > payment.amount_tc_minor:
        tally.differ((*at, "applied"), f"at most {payment.amount_tc_minor}", used, "document")
    for application in payment.applications:
        if application.invoice not in known:
            tally.differ((*at, application.invoice), "a posted invoice", "none", "document")


def i34_closed_period(case: Case) -> Tally:
    """Periods whose close came are closed, nothing is posted into them later, dates follow the calendar."""
    tally = Tally(wanted=journal_count(case) + len(case.expected.closed_periods))
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
    _compare_states(tally, case)
    _compare_dates(tally, case)
    return tally


def _compare_states(tally: Tally, case: Case) -> None:
    for period in case.periods:
        entity = case.sources.entity(f"LE|{period.entity}")
        due_ms = close_ms(entity, period.period) if entity else None
        if period.closed_at_ms is not None and due_ms is not None and period.closed_at_ms < due_ms:
            at = witness("erp", "accountingPeriod", period.native_id, f"LE|{period.entity}", period.period)
            tally.differ(at, f"open until {due_ms}", f"closed at {period.closed_at_ms}", "balance")
    if case.expected.unsupported:
        return  # what the oracle cannot compute may rightly hold a close back
    periods = {(row.entity, row.period): row for row in case.periods}
    for code, name in sorted(case.expected.closed_periods):
        tally.compared += 1
        row = periods.get((code, name))
        at = witness("erp", "accountingPeriod", row.native_id if row else "none", f"LE|{code}", name)
        tally.equal(at, "CLOSED", row.state if row else "no period", "balance")


def _compare_dates(tally: Tally, case: Case) -> None:
    documents: list[Billed] = [*case.posted, *case.posted_credits]
    for document in documents:
        entity = case.sources.entity(f"LE|{document.entity}")
        if entity is None or document.approved_at_ms is None:
            continue
        tally.compared += 1
        due = accounting_date(entity, natural_date(document), document.approved_at_ms)
        tally.equal((*document_at(document), "acct_date"), due, document.acct_date, "document")
    for payment in case.payments:
        entity = case.sources.entity(f"LE|{payment.entity}")
        if entity is None:
            continue
        tally.compared += 1
        at = witness("erp", "payment", payment.native_id, payment.number)
        due = accounting_date(entity, payment.received_on, payment.created_at_ms)
        tally.equal((*at, "acct_date"), due, payment.acct_date, "document")
        tally.equal((*at, "period"), period_of(due), payment.period, "document")


def x04_open_items(case: Case) -> Tally:
    """Each document's open amount is its expected gross less what payments and credits cleared of it."""
    tally = Tally(wanted=_document_count(case))
    for key in sorted(case.expected.invoice_journals):
        invoice = case.expected.invoices[key]
        documents = case.invoices_by_key.get(key)
        tally.compared += 1
        if not documents:
            tally.differ((invoice.bk,), f"open {invoice.gross_minor}", "no document", "document")
            continue
        document = documents[0]
        due = invoice.gross_minor - case.settled_minor(document.native_id)
        at = document_at(document, invoice.bk)
        tally.equal((*at, "open tc"), due, document.open_tc_minor, "document")
        tally.equal((*at, "open fc"), due, document.open_fc_minor, "document")
    for credit_key in sorted(case.expected.credit_journals):
        credit = case.expected.credits[credit_key]
        memos = case.credits_by_key.get(credit_key)
        tally.compared += 1
        if not memos:
            tally.differ((credit.bk,), f"open credit of {credit.gross_minor}", "no document", "document")
            continue
        due, at = credit.gross_minor - memos[0].applied_tc_minor, document_at(memos[0], credit.bk)
        tally.equal((*at, "open tc"), due, memos[0].open_tc_minor, "document")
        tally.equal((*at, "open fc"), due, memos[0].open_fc_minor, "document")
    for payment in case.payments:
        tally.compared += 1
        used = sum(application.amount_tc_minor for application in payment.applications)
        at = witness("erp", "payment", payment.native_id, payment.number)
        tally.equal(at, payment.amount_tc_minor - used, payment.open_tc_minor, "document")
    return tally
