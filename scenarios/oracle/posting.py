"""Journals of invoices and receipts (finance 3.2, 3.3) in an entity's own currency.

Other journal types (CM, APL with a difference, ACC, REV, RCL, PAY, LAB, IC) plug in beside these; where the
facts call for one that is not computed here, `open_accruals` and the caller say so as `unsupported`.
"""

from collections import defaultdict
from collections.abc import Iterable

from mocks.firm.facts.documents import Payment
from mocks.firm.facts.source import LegalEntity
from scenarios.oracle.calendars import accounting_date, period_end
from scenarios.oracle.expected import (
    Amounts,
    ExpectedInvoice,
    ExpectedJournal,
    InvoiceKey,
    TaxCode,
    TimeEvent,
)

BANK, RECEIVABLES, SALES_TAX = "1000", "1100", "2200"
Account = tuple[str, ...]


def tax_text(code: TaxCode) -> str:
    """A tax code as a dimension: jurisdiction|category|percent in ten-thousandths."""
    return f"{code.jurisdiction}|{code.category}|{code.percent_e4}"


def _amounts(net: dict[Account, int]) -> Amounts:
    return tuple(sorted((account, minor) for account, minor in net.items() if minor))


def invoice_journal(invoice: ExpectedInvoice) -> ExpectedJournal:
    """INV: receivables against revenue per line's dimensions and tax per code."""
    net: defaultdict[Account, int] = defaultdict(int)
    net[(RECEIVABLES, invoice.customer)] = invoice.gross_minor
    for line in invoice.lines:
        event = line.event
        net[(line.account, invoice.customer, event.line_key, event.contract, line.practice)] -= (
            line.amount_minor
        )
    for code, _, tax in invoice.taxes:
        net[(SALES_TAX, tax_text(code))] -= tax
    return ExpectedJournal(
        bk=f"JE|INV|{invoice.key[0]}|{invoice.bk}",
        journal_type="INV",
        entity=invoice.key[0],
        ccy=invoice.ccy,
        acct_date=invoice.acct_date,
        amounts=_amounts(net),
    )


def payment_journal(payment: Payment, entity: LegalEntity, customer: str) -> ExpectedJournal:
    """PMT: bank against receivables, dated by the receipt or the first open period after it."""
    amount = payment.amount_tc_minor
    return ExpectedJournal(
        bk=f"JE|PMT|{payment.entity}|{payment.number}",
        journal_type="PMT",
        entity=payment.entity,
        ccy=payment.ccy,
        acct_date=accounting_date(entity, payment.received_on, payment.created_at_ms),
        amounts=_amounts({(BANK,): amount, (RECEIVABLES, customer): -amount}),
    )


def open_accruals(
    entity: LegalEntity,
    events: Iterable[TimeEvent],
    billed: dict[str, ExpectedInvoice],
    now_ms: int,
) -> list[str]:
    """Closed periods whose close owes an accrual of unbilled time (finance 3.4): not computed here."""
    closed = [(row.period, row.close_at_ms) for row in entity.close_calendar if row.close_at_ms <= now_ms]
    owed: set[str] = set()
    for event in events if closed else ():
        if event.commit_ms is None or not event.amount_minor:
            continue
        invoice = billed.get(event.bk)
        for period, close_at_ms in closed:
            end = period_end(period)
            current = event.superseded_ms is None or event.superseded_ms >= close_at_ms
            unbilled = invoice is None or invoice.acct_date > end
            if event.work_date <= end and event.commit_ms < close_at_ms and current and unbilled:
                owed.add(period)
    return [f"close of {entity.code} {period} owes accruals" for period in sorted(owed)]


def by_event(invoices: dict[InvoiceKey, ExpectedInvoice]) -> dict[str, ExpectedInvoice]:
    """Each billed event's document."""
    return {line.event.bk: invoice for invoice in invoices.values() for line in invoice.lines}
