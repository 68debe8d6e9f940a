"""Payments against what customers were played to pay: each once, of what was open then (X01)."""

from collections import defaultdict
from collections.abc import Iterable

from mocks.firm.facts.documents import CreditMemo, Invoice, Payment
from mocks.firm.facts.source import PaymentIntent
from scenarios.checks.case import Case, witness
from scenarios.checks.played import intents_of
from scenarios.checks.result import Tally
from scenarios.oracle.amounts import half_up

_WHOLE_E6 = 1_000_000


def compare_receipts(tally: Tally, case: Case) -> None:
    """Tie every payment to the intention it came from, by the bank's reference."""
    intents = {fact.bank_ref: fact for fact in intents_of(case.evidence.played)}
    tally.wanted += len(intents)
    invoices = _by_contract(case)
    paid: defaultdict[str, int] = defaultdict(int)
    posted_ms = {journal.document: journal.posted_at_ms for journal in case.journals if journal.document}
    memos: defaultdict[str, list[CreditMemo]] = defaultdict(list)
    for memo in case.posted_credits:
        memos[memo.invoice].append(memo)
    for payment in sorted(case.payments, key=lambda row: (row.created_at_ms, row.native_id)):
        tally.compared += 1
        at = witness("erp", "payment", payment.native_id, payment.number)
        intent = intents.pop(payment.external_id, None)
        if intent is None:
            tally.differ(at, "a payment that was played", payment.external_id or "no reference", "event")
        else:
            open_ms = payment.created_at_ms
            ours = [row for row in invoices[intent.contract] if posted_ms.get(row.native_id, 0) <= open_ms]
            credited = {row.native_id: _credited(memos[row.native_id], posted_ms, open_ms) for row in ours}
            open_minor = _open_minor(ours, credited, paid)
            _compare_amounts(tally, intent, payment, open_minor, (*at, intent.bk))
        for application in payment.applications:
            paid[application.invoice] += application.amount_tc_minor
    for intent in intents.values():
        tally.differ((intent.bk, intent.bank_ref), "a payment", "none", "event")


def _compare_amounts(
    tally: Tally, intent: PaymentIntent, payment: Payment, open_minor: dict[str, int], at: tuple[str, ...]
) -> None:
    share_e6 = min(intent.share_e6, _WHOLE_E6)
    amount = left = half_up(sum(open_minor.values()) * share_e6, _WHOLE_E6)
    due: dict[str, int] = {}
    for native_id, minor in open_minor.items():
        if left and minor:
            due[native_id] = min(left, minor)
            left -= due[native_id]
    found = {row.invoice: row.amount_tc_minor for row in payment.applications}
    tally.equal((*at, "received_on"), intent.received_on, payment.received_on, "event")
    tally.equal((*at, "amount"), amount, payment.amount_tc_minor, "event")
    tally.equal((*at, "applied to"), due, found, "event")


def _by_contract(case: Case) -> defaultdict[str, list[Invoice]]:
    """Posted invoices by every contract that they charge something of."""
    found: defaultdict[str, list[Invoice]] = defaultdict(list)
    for invoice in case.posted:
        contracts = {case.project_bks.get(line.project) for line in invoice.lines}
        for contract in sorted(
            bk for bk in contracts | {case.sources.contract_bks.get(invoice.source_id)} if bk
        ):
            found[contract].append(invoice)
    return found


def _credited(memos: Iterable[CreditMemo], posted_ms: dict[str, int], at_ms: int) -> int:
    """What the credit memos of one invoice had cleared of it by an instant."""
    return sum(memo.applied_tc_minor for memo in memos if posted_ms.get(memo.native_id, 0) <= at_ms)


def _open_minor(invoices: list[Invoice], credited: dict[str, int], paid: dict[str, int]) -> dict[str, int]:
    """What some invoices have open, oldest first, of the payer of the oldest."""
    rows = [
        (invoice, left)
        for invoice in sorted(invoices, key=lambda row: (row.invoice_date, row.number or ""))
        if (left := invoice.gross_tc_minor - credited.get(invoice.native_id, 0) - paid[invoice.native_id]) > 0
    ]
    parties = [(row.entity, row.customer, row.ccy) for row, _ in rows]
    return {row.native_id: left for row, left in rows if (row.entity, row.customer, row.ccy) == parties[0]}
