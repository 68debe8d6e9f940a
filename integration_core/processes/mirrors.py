"""What CRM and PSA should show of billing, stated whenever a document or its payment moved (finance 1.5)."""

from collections import defaultdict
from decimal import Decimal

import msgspec
from sqlalchemy import Connection

from integration_core.canonical.money import product, quantise, quotient
from integration_core.canonical.work import (
    BillingMark,
    ContractMirror,
    MilestoneMark,
    OpportunityMirror,
)
from integration_core.ports.engine import Json, Process, Run
from integration_core.ports.store import DocumentRow
from integration_core.processes.core import Core

LANE_CONTRACT, LANE_OPPORTUNITY = "crm.contract", "crm.opportunity"
LANE_MARK, LANE_MILESTONE = "psa.mark", "psa.milestone"
POSTED = frozenset({"POSTED", "PARTIALLY_PAID", "PAID", "CREDITED", "APPLIED"})
CREDIT = "credit"
ZERO = Decimal(0)


def process(core: Core) -> Process:
    """`mirrors`: compares nothing with the targets, it only states; the outbox knows what changed."""

    async def mirrors(run: Run) -> None:
        await run.transaction("want", lambda connection: _want(core, connection))

    return mirrors


def _want(core: Core, connection: Connection) -> Json:
    references = core.references(connection)
    provisioned = core.store.references.provisioned(connection)
    documents = {row.key: row for row in core.store.documents.all(connection)}
    posted = {key: row for key, row in documents.items() if row.status in POSTED and row.number}
    by_contract = _by_contract(posted, core.store.documents.amounts_by_contract(connection))
    contracts, opportunities = [], []
    for native_id in sorted(provisioned):
        contract = references.contracts[native_id]
        mine = by_contract.get(native_id, [])
        mirror = _contract_mirror(native_id, contract.ccy, mine)
        contracts.append((native_id, msgspec.to_builtins(mirror)))
        invoices = [row for row, _ in mine if row.kind != CREDIT]
        project = references.projects.get(native_id)
        done = project is not None and project.completed_at_ms is not None
        status = "Completed" if done else "Active"
        opportunity = _opportunity_mirror(contract.opportunity_native_id, status, invoices)
        opportunities.append((contract.opportunity_native_id, msgspec.to_builtins(opportunity)))
    marks = [
        (mark.split_native_id, msgspec.to_builtins(_mark(mark.split_native_id, mark.documents, posted)))
        for mark in core.store.documents.marks(connection)
        if all(key in posted for key in mark.documents)
    ]
    milestones = [
        (native_id, msgspec.to_builtins(_milestone(native_id, posted[key])))
        for native_id, key in sorted(core.store.pieces.milestone_documents(connection).items())
        if key in posted
    ]
    now_ms = core.clock.now_ms()
    lanes = (
        (LANE_CONTRACT, contracts),
        (LANE_OPPORTUNITY, opportunities),
        (LANE_MARK, marks),
        (LANE_MILESTONE, milestones),
    )
    for lane, rows in lanes:
        if core.store.outbox.want(connection, lane, rows, now_ms):
            core.engine.request(connection, "send", lane)
    return None


def _by_contract(
    posted: dict[str, DocumentRow], amounts: dict[str, dict[str, Decimal]]
) -> dict[str, list[tuple[DocumentRow, Decimal]]]:
    found: dict[str, list[tuple[DocumentRow, Decimal]]] = defaultdict(list)
    for key in sorted(posted):
        for contract, net in sorted(amounts.get(key, {}).items()):
            found[contract].append((posted[key], net))
    return found


def _contract_mirror(
    native_id: str, ccy: str, documents: list[tuple[DocumentRow, Decimal]]
) -> ContractMirror:
    """Credits count against what is billed and open; what they settle nobody has paid."""
    billed, gross, open_ar = ZERO, ZERO, ZERO
    for row, net in documents:
        sign = -1 if row.kind == CREDIT else 1
        billed += sign * net
        gross += sign * _share(row.gross, row, net, ccy)
        open_ar += sign * _share(row.open_amount, row, net, ccy)
    return ContractMirror(
        contract_native_id=native_id,
        billed_to_date=quantise(billed, ccy),
        collected_to_date=quantise(gross - open_ar, ccy),
        open_ar=quantise(open_ar, ccy),
    )


def _share(amount: Decimal, row: DocumentRow, net: Decimal, ccy: str) -> Decimal:
    """A contract's part of a document amount: all of it, or by net on a consolidated document."""
    if row.net in (net, ZERO):
        return amount
    return quantise(quotient(product(amount, net), row.net), ccy)


def _opportunity_mirror(
    native_id: str, project_status: str, documents: list[DocumentRow]
) -> OpportunityMirror:
    last = max(documents, key=lambda row: row.number or "", default=None)
    return OpportunityMirror(
        opportunity_native_id=native_id,
        project_status=project_status,
        last_invoice_no=(last.number or "") if last else "",
        last_invoice_status=(last.status or "") if last else "",
    )


def _mark(split_native_id: str, keys: tuple[str, ...], posted: dict[str, DocumentRow]) -> BillingMark:
    last = max((posted[key] for key in keys), key=lambda row: row.number or "")
    return BillingMark(
        split_native_id=split_native_id,
        billed=True,
        invoice_no=last.number or "",
        invoice_status=last.status or "",
    )


def _milestone(native_id: str, row: DocumentRow) -> MilestoneMark:
    return MilestoneMark(
        milestone_native_id=native_id,
        billed=True,
        invoice_no=row.number or "",
        invoice_status=row.status or "",
    )
