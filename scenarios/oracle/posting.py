"""Journals of documents and closes (finance 3.2, 3.3) in an entity's own currency.

Amounts are net debits by account and dimensions. Journals of other types (an application with a
difference, expenses, intercompany) belong to rules that are out of reach here.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from mocks.firm.facts.documents import Payment
from mocks.firm.facts.source import LegalEntity
from scenarios.oracle.calendars import accounting_date, period_of
from scenarios.oracle.expected import (
    Amounts,
    CloseKey,
    ExpectedCredit,
    ExpectedInvoice,
    ExpectedJournal,
    ExpectedLine,
    InvoiceKey,
    TaxCode,
)

BANK, RECEIVABLES, SALES_TAX = "1000", "1100", "2200"
UNBILLED, CONTRACT_ASSET, DEFERRED = "1140", "1150", "2400"
PAYROLL_COST, PAYROLL_OWED, PROJECT_LABOUR, OTHER_LABOUR = "5000", "2150", "5100", "5190"
Account = tuple[str, ...]


def tax_text(code: TaxCode) -> str:
    """A tax code as a dimension: jurisdiction|category|percent in ten-thousandths."""
    return f"{code.jurisdiction}|{code.category}|{code.percent_e4}"


def _amounts(net: dict[Account, int]) -> Amounts:
    return tuple(sorted((account, minor) for account, minor in net.items() if minor))


def _document_net(
    customer: str,
    gross_minor: int,
    lines: Iterable[ExpectedLine],
    taxes: Iterable[tuple[TaxCode, int, int]],
    sign: int,
) -> dict[Account, int]:
    """Receivables against the lines' accounts and tax per code; sign -1 mirrors."""
    net: defaultdict[Account, int] = defaultdict(int)
    net[(RECEIVABLES, customer)] = sign * gross_minor
    for line in lines:
        event = line.event
        account = (line.account, customer, event.line_key, event.contract, line.practice)
        net[account] -= sign * line.amount_minor
    for code, _, tax in taxes:
        net[(SALES_TAX, tax_text(code))] -= sign * tax
    return net


def invoice_journal(invoice: ExpectedInvoice) -> ExpectedJournal:
    """INV: receivables against revenue or deferred revenue per line's dimensions, and tax per code."""
    net = _document_net(invoice.customer, invoice.gross_minor, invoice.lines, invoice.taxes, 1)
    return ExpectedJournal(
        bk=f"JE|INV|{invoice.key[0]}|{invoice.bk}",
        journal_type="INV",
        entity=invoice.key[0],
        ccy=invoice.ccy,
        acct_date=invoice.acct_date,
        amounts=_amounts(net),
    )


def credit_journal(credit: ExpectedCredit) -> ExpectedJournal:
    """CM: the mirror of the invoice's journal for the credited lines."""
    net = _document_net(credit.customer, credit.gross_minor, credit.lines, credit.taxes, -1)
    return ExpectedJournal(
        bk=f"JE|CM|{credit.key[0]}|{credit.bk}",
        journal_type="CM",
        entity=credit.key[0],
        ccy=credit.ccy,
        acct_date=credit.acct_date,
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


class CloseJournals:
    """Journals that closes and payrolls make, by key; those without amounts are not posted."""

    def __init__(self) -> None:
        self.by_key: dict[CloseKey, ExpectedJournal] = {}

    def post(
        self, kind: str, entity: LegalEntity, source: str, suffix: str, day: date, net: dict[Account, int]
    ) -> None:
        """Note one journal; `suffix` ends its bk."""
        amounts = _amounts(net)
        if not amounts:
            return
        self.by_key[(kind, entity.code, source, period_of(day))] = ExpectedJournal(
            bk=f"JE|{kind}|{entity.code}|{suffix}",
            journal_type=kind,
            entity=entity.code,
            ccy=entity.functional_ccy,
            acct_date=day,
            amounts=amounts,
        )


def by_event(invoices: dict[InvoiceKey, ExpectedInvoice]) -> dict[str, ExpectedInvoice]:
    """Each billed event's document."""
    return {line.event.bk: invoice for invoice in invoices.values() for line in invoice.lines}
