"""What CRM and PSA should show of billing, stated whenever a document or its payment moved (finance 1.5)."""

from collections.abc import Mapping, Sequence
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
from integration_core.ports.documents import DocumentRow
from integration_core.ports.engine import Json, Process, Run
from integration_core.processes.core import Core

LANE_CONTRACT, LANE_OPPORTUNITY = "crm.contract", "crm.opportunity"
LANE_MARK, LANE_MILESTONE = "psa.mark", "psa.milestone"
POSTED = frozenset({"POSTED", "PARTIALLY_PAID", "PAID", "CREDITED", "APPLIED"})
CREDIT = "credit"
ZERO = Decimal(0)


MAXIMUM_BATCHES = 1_000_000
DUE_A_BATCH = 200


def process(core: Core) -> Process:
    """`mirrors`: compares nothing with the targets, it only states; the outbox knows what changed."""

    async def mirrors(run: Run) -> None:
        for number in range(MAXIMUM_BATCHES):
            if not await run.transaction(f"want:{number}", lambda connection: _want(core, connection)):
                return

    return mirrors


def _want(core: Core, connection: Connection) -> Json:
    """State what some of what moved should look like now; False when nothing had moved."""
    mirroring = core.store.mirroring
    due = mirroring.due(connection, DUE_A_BATCH)
    if not (due.documents or due.cards or due.contracts):
        return False
    contracts = {*due.contracts, *mirroring.contracts_of(connection, due.documents)}
    shares = mirroring.shares(connection, contracts)
    marks = mirroring.marks(connection, {*due.cards, *mirroring.cards_of(connection, due.documents)})
    milestones = mirroring.milestones(connection, due.documents)
    keys = {key for shared in shares.values() for key, _ in shared}
    keys |= {key for mark in marks for key in mark.documents} | {*milestones.values()}
    documents = mirroring.documents(connection, keys)
    posted = {key: row for key, row in documents.items() if row.status in POSTED and row.number}
    lanes = {
        **_of_contracts(core, connection, sorted(contracts), shares, posted),
        LANE_MARK: [
            (mark.split_native_id, msgspec.to_builtins(_mark(mark.split_native_id, mark.documents, posted)))
            for mark in marks
            if all(key in posted for key in mark.documents)
        ],
        LANE_MILESTONE: [
            (native_id, msgspec.to_builtins(_milestone(native_id, posted[key])))
            for native_id, key in sorted(milestones.items())
            if key in posted
        ],
    }
    now_ms = core.clock.now_ms()
    for lane, rows in lanes.items():
        if core.store.outbox.want(connection, lane, rows, now_ms):
            core.engine.request(connection, "send", lane)
    mirroring.done(connection, due)
    return True


def _of_contracts(
    core: Core,
    connection: Connection,
    native_ids: Sequence[str],
    shares: Mapping[str, Sequence[tuple[str, Decimal]]],
    posted: Mapping[str, DocumentRow],
) -> dict[str, list[tuple[str, Json]]]:
    """What the CRM should show of contracts whose projects stand, and of their opportunities."""
    references = core.references(connection)
    contracts, opportunities = [], []
    for native_id in native_ids:
        if not core.store.references.is_provisioned(connection, native_id):
            continue  # it comes again when it is
        contract = references.contracts[native_id]
        mine = [(posted[key], net) for key, net in shares.get(native_id, ()) if key in posted]
        mirror = _contract_mirror(native_id, contract.ccy, mine)
        contracts.append((native_id, msgspec.to_builtins(mirror)))
        invoices = [row for row, _ in mine if row.kind != CREDIT]
        project = references.projects.get(native_id)
        done = project is not None and project.completed_at_ms is not None
        status = "Completed" if done else "Active"
        opportunity = _opportunity_mirror(contract.opportunity_native_id, status, invoices)
        opportunities.append((contract.opportunity_native_id, msgspec.to_builtins(opportunity)))
    return {LANE_CONTRACT: contracts, LANE_OPPORTUNITY: opportunities}


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


def _mark(split_native_id: str, keys: tuple[str, ...], posted: Mapping[str, DocumentRow]) -> BillingMark:
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
