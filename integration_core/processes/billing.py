"""The billing run of an entity: once for every row of its calendar, when all is known (finance 2.10).

A run selects by source instants alone, so it yields the same documents whenever it gets to run.
Documents are written through the outbox; a held one keeps its lines and date until its customer's
papers are complete.
"""

from collections.abc import Sequence
from functools import partial

import msgspec
from sqlalchemy import Connection

from integration_core.canonical.billing import CreditDraft, Draft, Piece
from integration_core.canonical.close import Booked
from integration_core.canonical.ledger import BillingDate, Invoice, LegalEntity
from integration_core.canonical.periods import cutoff_ms
from integration_core.ports.engine import Json, Process, Run
from integration_core.processes.core import ALL, Core
from integration_core.rules.billing import billable_contracts, drafts, selected
from integration_core.rules.credits import credit_drafts
from integration_core.rules.gate import Passed, active_contracts, gate
from integration_core.rules.milestones import milestone_pieces
from integration_core.rules.schedule import fee_pieces, overage_piece

LANE, LANE_CREDIT = "erp.invoice", "erp.credit"
HOLD_CODES = ("TAX_PROFILE_INCOMPLETE", "TAX_VATID_INVALID", "TAX_UNSUPPORTED", "PO_MISSING")
FOREVER_MS = 1 << 62


def process(core: Core) -> Process:
    """`billing`, keyed by the entity's code."""

    async def billing(run: Run) -> None:
        for attempt in ("due", "after"):
            found = await run.transaction(attempt, lambda connection: _look(core, connection, run.key))
            core.wait_until("billing", run.key, found["waits_until_ms"])
            for position in found["due"]:
                make = partial(_run, core, code=run.key, position=position)
                await run.transaction(f"run:{position}", make)
            if not found["due"]:
                return

    return billing


def _look(core: Core, connection: Connection, code: str) -> Json:
    """Release what was held and may go, then say which runs are due; the close looks after them."""
    _retry_held(core, connection, code)
    due, waits_until_ms = _due(core, connection, code)
    if not due:
        core.engine.request(connection, "close", code)
    return {"due": due, "waits_until_ms": waits_until_ms}


def _due(core: Core, connection: Connection, code: str) -> tuple[list[int], int]:
    """Places in the calendar of the runs that can be made now, and the cut-off of the next one."""
    entity = core.references(connection).entities[code]
    now_ms = core.clock.now_ms()
    due = []
    for position, row in enumerate(entity.billing_calendar):
        cutoff = cutoff_ms(entity, row.billing_date)
        if core.store.documents.run_done(connection, run_id_of(entity, row)):
            continue
        if cutoff <= now_ms and complete(core, connection, cutoff):
            due.append(position)
            continue
        core.ring(connection, "billing", code, cutoff)
        return due, cutoff
    return due, FOREVER_MS


def complete(core: Core, connection: Connection, cutoff: int) -> bool:
    """Whether everything that a run or a close depends on is ingested (finance D2) and rated."""
    known_ms = core.known_to_ms(connection, *core.sources)
    if known_ms < cutoff:
        return False
    oldest = core.store.work.oldest_unrated_ms(connection)
    if oldest is not None and oldest < cutoff:
        return False
    return not core.store.work.parked(connection, cutoff) or not _technically_late(core, connection)


def _technically_late(core: Core, connection: Connection) -> bool:
    """Whether approved time may be parked for no fault of its own: its project or person is on the way."""
    pending = core.store.outbox.counts(connection)
    if pending.get("psa.resource:pending"):
        return True
    references = core.references(connection)
    provisioned = core.store.references.provisioned(connection)
    for opportunity in references.opportunities.values():
        passed = gate(opportunity, references)
        if isinstance(passed, Passed) and passed.contract.native_id not in provisioned:
            return True
    return False


def _run(core: Core, connection: Connection, code: str, position: int) -> Json:
    references = core.references(connection)
    entity = references.entities[code]
    row = entity.billing_calendar[position]
    run_id = run_id_of(entity, row)
    if core.store.documents.run_done(connection, run_id):
        return None
    cutoff = cutoff_ms(entity, row.billing_date)
    contracts = billable_contracts(entity, row.billing_date, row.freq, references)
    pieces = core.store.pieces
    pieces.put(connection, _fixed_pieces(core, connection, entity, row, contracts))
    chosen = selected(pieces.committed(connection, cutoff), entity, row.billing_date, contracts)
    made = drafts(chosen, entity, row.billing_date, references)
    credits = _credits(core, connection, entity, row, contracts)
    now_ms = core.clock.now_ms()
    core.store.documents.finish_run(connection, run_id, made, credits, now_ms)
    for draft in made:
        pieces.lock(connection, draft.event_bks, run_id, draft.key)
    for credit in credits:
        pieces.take_back(connection, credit.event_bks, credit.memo.key)
    _post(core, connection, made, now_ms)
    _post_credits(core, connection, credits, now_ms)
    _note_unapproved(core, connection, entity, row, contracts)
    return None


def _fixed_pieces(
    core: Core, connection: Connection, entity: LegalEntity, row: BillingDate, contracts: set[str]
) -> list[Piece]:
    """What this run may bill without a time entry: milestones, schedule rows, overage."""
    references = core.references(connection)
    cutoff = cutoff_ms(entity, row.billing_date)
    active = {key: at for key, at in active_contracts(references).items() if at < cutoff}
    found: list[Piece] = []
    booked: Sequence[Booked] | None = None
    for native_id in sorted(contracts & active.keys()):
        contract = references.contracts[native_id]
        found += milestone_pieces(contract, entity, references, cutoff)
        for line in contract.lines:
            if line.retainer is None:
                continue
            found += fee_pieces(contract, line, active[native_id], row.billing_date)
            booked = core.store.work.booked(connection, cutoff) if booked is None else booked
            overage = overage_piece(contract, line, entity, row, booked)
            found += [] if overage is None else [overage]
    return found


def _credits(
    core: Core, connection: Connection, entity: LegalEntity, row: BillingDate, contracts: set[str]
) -> list[CreditDraft]:
    """Credits of billed time that was corrected before this run's cut-off (finance 2.7)."""
    corrected = [
        piece
        for piece in core.store.pieces.creditable(connection, cutoff_ms(entity, row.billing_date))
        if piece.contract_native_id in contracts
    ]
    keys = sorted({piece.document for piece in corrected})
    payloads = core.store.outbox.payloads(connection, LANE, keys)
    invoices = {key: msgspec.convert(payload, Invoice) for key, payload in payloads.items()}
    return credit_drafts(corrected, invoices, entity, row.billing_date)


def _post_credits(core: Core, connection: Connection, credits: Sequence[CreditDraft], now_ms: int) -> None:
    rows = [(credit.memo.key, msgspec.to_builtins(credit.memo)) for credit in credits]
    if core.store.outbox.want(connection, LANE_CREDIT, rows, now_ms):
        core.engine.request(connection, "send", LANE_CREDIT)


def _note_unapproved(
    core: Core, connection: Connection, entity: LegalEntity, row: BillingDate, contracts: set[str]
) -> None:
    """Time that this run would have billed had it been approved; it joins the next one (finance 7)."""
    cutoff = cutoff_ms(entity, row.billing_date)
    for waiting in core.store.work.unapproved(connection, cutoff):
        if waiting.contract_native_id in contracts and waiting.work_date <= row.billing_date:
            text = f"Time entry {waiting.entry_bk} was not approved by the cut-off; it joins the next run."
            core.store.cases.open(
                connection, "TIME_UNAPPROVED", waiting.entry_bk, text, cutoff, ("rating", ALL)
            )


def _post(core: Core, connection: Connection, made: Sequence[Draft], now_ms: int) -> None:
    for draft in made:
        if draft.hold is not None:
            text = f"Invoice {draft.key} is held: {draft.hold.text}"
            replay = ("billing", draft.key.split("|")[1])
            core.store.cases.open(connection, draft.hold.code, draft.hold_key, text, now_ms, replay)
    ready = [(draft.key, msgspec.to_builtins(draft.invoice)) for draft in made if draft.invoice is not None]
    if core.store.outbox.want(connection, LANE, ready, now_ms):
        core.engine.request(connection, "send", LANE)


def _retry_held(core: Core, connection: Connection, code: str) -> None:
    """Draft held documents again: same lines, same key, same date (finance D3)."""
    references = core.references(connection)
    entity = references.entities[code]
    now_ms = core.clock.now_ms()
    for key, _, day in core.store.documents.held(connection, code):
        pieces = core.store.documents.pieces_of(connection, key)
        (draft, *others) = drafts(pieces, entity, day, references)
        if draft.invoice is None or others or draft.key != key:
            continue
        core.store.documents.release(connection, draft)
        core.store.cases.resolve(connection, draft.hold_key, HOLD_CODES, now_ms)
        _post(core, connection, [draft], now_ms)


def run_id_of(entity: LegalEntity, row: BillingDate) -> str:
    """`BR|entity|date`."""
    return f"BR|{entity.code}|{row.billing_date.isoformat()}"
