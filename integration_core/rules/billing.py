"""From committed pieces to documents: selection, grouping, order, dates (finance 2.10)."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

from msgspec import structs

from integration_core.canonical.billing import Draft, Hold, Piece
from integration_core.canonical.deals import Contract, Customer
from integration_core.canonical.ledger import Invoice, InvoiceLine, LegalEntity
from integration_core.canonical.periods import accounting_date, cutoff_ms, month_end
from integration_core.rules.references import References
from integration_core.rules.tax import Tax, determine_tax

APPROVAL_DELAY_MS = 9 * 3600 * 1000
_METHOD_ORDER = {"TM": 0, "USG": 1, "OV": 2, "RET": 3, "FF": 4, "EXP": 5}


def billable_contracts(entity: LegalEntity, day: date, freq: str, references: References) -> set[str]:
    """Native ids of the contracts that a calendar row bills: MONTHLY ones only on MONTHLY rows."""
    return {
        contract.native_id
        for contract in references.contracts.values()
        if contract.entity_code == entity.code
        and contract.status not in ("SUSPENDED", "CANCELLED", "DRAFT")
        and (contract.billing_freq == "EVERY_RUN" or freq == "MONTHLY")
    }


def selected(pieces: Iterable[Piece], entity: LegalEntity, day: date, contracts: set[str]) -> list[Piece]:
    """Pieces known by the cut-off, served by the day, of contracts that this run bills."""
    cutoff = cutoff_ms(entity, day)
    return [
        piece
        for piece in pieces
        if piece.contract_native_id in contracts
        and piece.commit_ms < cutoff
        and piece.service_date <= day
        and piece.amount > 0
    ]


def drafts(pieces: Iterable[Piece], entity: LegalEntity, day: date, references: References) -> list[Draft]:
    """Group selected pieces into documents, in the order of their keys."""
    groups: dict[str, list[Piece]] = defaultdict(list)
    for piece in pieces:
        groups[_group(references.contracts[piece.contract_native_id], entity, references)].append(piece)
    run = f"BR|{entity.code}|{day.isoformat()}"
    return [_draft(run, group, groups[group], entity, day, references, 0) for group in sorted(groups)]


def redraft(
    key: str,
    pieces: list[Piece],
    entity: LegalEntity,
    day: date,
    papers: tuple[References, References],
    released_ms: int,
) -> Draft:
    """A held document again, with its papers as they are: only its accounting date may move (finance D3).

    `papers` are those of the run's cut-off, which fixed grouping and terms, and those of now.
    """
    then, now = papers
    run = f"BR|{entity.code}|{day.isoformat()}"
    draft = _draft(run, key.rpartition("|")[2], pieces, entity, day, now, released_ms)
    if draft.invoice is None:
        return draft
    payer = now.contracts[draft.contract_native_ids[0]].bill_to_native_id
    terms = then.customers.get(payer, now.customers[payer]).payment_terms or "NET 0"
    return structs.replace(draft, invoice=structs.replace(draft.invoice, due_date=due_date(day, terms)))


def _group(contract: Contract, entity: LegalEntity, references: References) -> str:
    """One document a contract, or one a consolidating bill-to customer and currency."""
    bill_to = references.customers[contract.bill_to_native_id]
    if not bill_to.consolidate_invoices:
        return contract.number
    number = bill_to.key.removeprefix("CU|")
    return number if contract.ccy == entity.functional_ccy else f"{number}~{contract.ccy}"


def _draft(
    run: str,
    group: str,
    pieces: list[Piece],
    entity: LegalEntity,
    day: date,
    references: References,
    released_ms: int,
) -> Draft:
    key = f"IN|{entity.code}|{day.isoformat()}|{group}"
    contracts = sorted({piece.contract_native_id for piece in pieces})
    contract = references.contracts[contracts[0]]
    bill_to = references.customers[contract.bill_to_native_id]
    ordered = sorted(pieces, key=lambda piece: _line_order(piece, references))
    tax = determine_tax(entity, bill_to, day, references)
    hold = tax if isinstance(tax, Hold) else None
    if hold is None and bill_to.po_required and not contract.po_number:
        hold = Hold("PO_MISSING", f"{bill_to.display_name} requires a purchase order number; enter it.")
    events = tuple(piece.event_bk for piece in ordered)
    if hold is not None or isinstance(tax, Hold):
        return Draft(
            key=key,
            contract_native_ids=tuple(contracts),
            event_bks=events,
            invoice=None,
            hold=hold,
            hold_key=key,
        )
    source = contract.native_id if group == contract.number else bill_to.native_id
    invoice = _invoice(
        key, run, source, ordered, contract, bill_to, entity, day, tax, references, released_ms
    )
    return Draft(
        key=key,
        contract_native_ids=tuple(contracts),
        event_bks=events,
        invoice=invoice,
        hold=None,
        hold_key=key,
    )


def _invoice(
    key: str,
    run: str,
    source_id: str,
    pieces: list[Piece],
    contract: Contract,
    bill_to: Customer,
    entity: LegalEntity,
    day: date,
    tax: Tax,
    references: References,
    released_ms: int,
) -> Invoice:
    approved_ms = max(cutoff_ms(entity, day) + APPROVAL_DELAY_MS, released_ms)
    return Invoice(
        key=key,
        run=run,
        customer_key=bill_to.key,
        source_id=source_id,
        entity_code=entity.code,
        entity_native_id=entity.native_id,
        ccy=contract.ccy,
        exchange_rate=Decimal(1),
        invoice_date=day,
        acct_date=accounting_date(entity, day, approved_ms),
        due_date=due_date(day, bill_to.payment_terms or "NET 0"),
        po_number=contract.po_number,
        tax_jurisdiction=tax.jurisdiction,
        tax_category=tax.category,
        tax_percent=tax.percent,
        lines=tuple(_line(piece, references) for piece in pieces),
    )


def _line(piece: Piece, references: References) -> InvoiceLine:
    contract = references.contracts[piece.contract_native_id]
    opportunity = references.opportunities.get(contract.opportunity_native_id)
    by_the_hour = piece.hours > 0
    return InvoiceLine(
        source_id=piece.source_id,
        contract_line_source_id=piece.contract_line_native_id,
        item=piece.method,
        hours=piece.hours if by_the_hour else Decimal(1),
        rate=piece.hourly if by_the_hour else piece.amount,
        amount=piece.amount,
        project_key=f"PJ|{contract.key}",
        department=piece.cost_centre,
        practice=opportunity.practice if opportunity else "",
        memo=piece.memo,
    )


def _line_order(piece: Piece, references: References) -> tuple[str, int, int, date, str]:
    found = references.contract_line(piece.contract_line_native_id)
    number, line = (found[0].number, found[1].line) if found else ("", 0)
    return (number, line, _METHOD_ORDER[piece.method], piece.service_date, piece.event_bk)


def due_date(day: date, terms: str) -> date:
    """Due n days later (NET n), or n days after the month's end (EOM n)."""
    kind, _, number = terms.partition(" ")
    days = int(number or "0")
    if kind == "EOM":
        return month_end(day) + timedelta(days=days)
    return day + timedelta(days=days)
