"""Credit memos for billed time that was corrected: the mirror of the invoice's own lines (finance 2.7)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date

from integration_core.canonical.billing import Creditable, CreditDraft
from integration_core.canonical.ledger import CreditMemo, Invoice, LegalEntity
from integration_core.canonical.periods import accounting_date, cutoff_ms
from integration_core.rules.billing import APPROVAL_DELAY_MS


def credit_drafts(
    pieces: Iterable[Creditable],
    invoices: Mapping[str, Invoice],
    entity: LegalEntity,
    day: date,
    released_ms: int = 0,
) -> list[CreditDraft]:
    """One credit memo for each invoice that has something to credit, in the order of their keys."""
    by_invoice: dict[str, list[Creditable]] = defaultdict(list)
    for piece in pieces:
        by_invoice[piece.document].append(piece)
    run = f"BR|{entity.code}|{day.isoformat()}"
    return [
        _draft(run, invoices[key], by_invoice[key], entity, day, released_ms)
        for key in sorted(by_invoice)
        if key in invoices  # a held invoice is credited once it could be made
    ]


def _draft(
    run: str, invoice: Invoice, pieces: list[Creditable], entity: LegalEntity, day: date, released_ms: int
) -> CreditDraft:
    sources = {piece.source_id for piece in pieces}
    lines = tuple(line for line in invoice.lines if line.source_id in sources)
    memo = CreditMemo(
        key=f"CM|{invoice.key}|{run}",
        run=run,
        invoice_key=invoice.key,
        customer_key=invoice.customer_key,
        source_id=invoice.source_id,
        entity_code=invoice.entity_code,
        entity_native_id=invoice.entity_native_id,
        ccy=invoice.ccy,
        exchange_rate=invoice.exchange_rate,
        memo_date=day,
        acct_date=accounting_date(entity, day, max(cutoff_ms(entity, day) + APPROVAL_DELAY_MS, released_ms)),
        tax_jurisdiction=invoice.tax_jurisdiction,
        tax_category=invoice.tax_category,
        tax_percent=invoice.tax_percent,
        lines=lines,
    )
    return CreditDraft(
        memo=memo,
        contract_native_ids=tuple(sorted({piece.contract_native_id for piece in pieces})),
        event_bks=tuple(piece.event_bk for piece in pieces),
    )
