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
from integration_core.processes.core import ALL, FOREVER_MS, Core
from integration_core.processes.rating import take_up
from integration_core.rules.billing import billable_contracts, drafts, redraft, selected
from integration_core.rules.credits import credit_drafts
from integration_core.rules.gate import Passed, active_contracts, gate
from integration_core.rules.milestones import milestone_pieces
from integration_core.rules.references import References
from integration_core.rules.schedule import fee_pieces, overage_pieces

LANE, LANE_CREDIT = "erp.invoice", "erp.credit"
HOLD_CODES = ("TAX_PROFILE_INCOMPLETE", "TAX_VATID_INVALID", "TAX_UNSUPPORTED", "PO_MISSING")
FOR_PEOPLE = frozenset({"MS_SUM_MISMATCH", "STATE_INVALID"})  # refused for good: nothing is on its way


def process(core: Core) -> Process:
    """`billing`, keyed by the entity's code."""

    async def billing(run: Run) -> None:
        for attempt in ("due", "after"):
            found = await run.transaction(attempt, lambda connection: _look(core, connection, run.key))
            for day in found:
                make = partial(_run, core, code=run.key, day=day)
                for kind, count in (await run.transaction(f"run:{day}", make)).items():
                    core.metrics.documents_stated(kind, count)
            if not found:
                return

    return billing


def _look(core: Core, connection: Connection, code: str) -> Json:
    """Release what was held and may go, then say which runs are due; the close looks after them."""
    _retry_held(core, connection, code)
    due = _due(core, connection, code)
    if not due:
        core.engine.request(connection, "close", code)
    return due


def _due(core: Core, connection: Connection, code: str) -> list[str]:
    """Days of the runs that can be made now; the cut-off of the next one is waited for."""
    entity = core.references(connection).entities[code]
    now_ms = core.clock.now_ms()
    due: list[str] = []
    for row in entity.billing_calendar:
        cutoff = cutoff_ms(entity, row.billing_date)
        if core.store.documents.run_done(connection, run_id_of(entity, row)):
            continue
        if cutoff <= now_ms and complete(core, connection, cutoff):
            due.append(row.billing_date.isoformat())
            continue
        core.wait_until(connection, "billing", code, cutoff)
        return due
    core.wait_until(connection, "billing", code, FOREVER_MS)
    return due


def complete(core: Core, connection: Connection, cutoff: int) -> bool:
    """Whether everything that a run or a close depends on is ingested (finance D2) and rated."""
    known_ms = core.known_to_ms(connection, *core.sources)
    if known_ms < cutoff:
        return False
    parked = core.store.work.parked(connection, cutoff)
    if parked and take_up(core, connection):  # what came in, or can go on, since rating last looked
        core.engine.request(connection, "rating", ALL)
        return False
    # Only now: while cards were waited for, somebody else may have made entries of them.
    oldest = core.store.work.oldest_unrated_ms(connection)
    if oldest is not None and oldest < cutoff:
        return False
    return not parked or not _technically_late(core, connection)


def _technically_late(core: Core, connection: Connection) -> bool:
    """Whether approved time may be parked for no fault of its own: its project or person is on the way."""
    references = core.references(connection)
    pending = core.store.outbox.counts(connection)
    if pending.get("psa.resource:pending") or _nobody_asked_for(core, connection, references):
        return True
    provisioned = core.store.references.provisioned(connection)
    for_people = core.store.cases.open_with(connection, FOR_PEOPLE)
    for opportunity in references.opportunities.values():
        passed = gate(opportunity, references)
        if not isinstance(passed, Passed) or passed.contract.key in for_people:
            continue
        if passed.contract.native_id not in provisioned:
            return True
    return False


def _nobody_asked_for(core: Core, connection: Connection, references: References) -> bool:
    """Whether the HRIS has shown somebody whom `people` has not looked at yet."""
    there = core.store.crosswalk.native_ids(connection, "psa", "resource")
    unknown = [
        one.employee_no
        for one in references.employees.values()
        if one.employee_no not in there and one.entity_code in references.entities
    ]
    return len(core.store.outbox.payloads(connection, "psa.resource", unknown)) < len(unknown)


def _run(core: Core, connection: Connection, code: str, day: str) -> Json:
    """Make a run, unless it was made; returns how many documents of each kind it stated."""
    entity = core.references(connection).entities[code]
    row = next((one for one in entity.billing_calendar if one.billing_date.isoformat() == day), None)
    if row is None or core.store.documents.run_done(connection, run_id_of(entity, row)):
        return {}
    run_id, cutoff = run_id_of(entity, row), cutoff_ms(entity, row.billing_date)
    references = core.references_at(connection, cutoff)  # finance D1: not as they are by now
    contracts = billable_contracts(entity, row.billing_date, row.freq, references)
    pieces = core.store.pieces
    pieces.put(connection, _fixed_pieces(core, connection, references, entity, row, contracts))
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
    return {"invoice": len(made), "credit": len(credits)}


def _fixed_pieces(
    core: Core,
    connection: Connection,
    references: References,
    entity: LegalEntity,
    row: BillingDate,
    contracts: set[str],
) -> list[Piece]:
    """What this run may bill without a time entry: milestones, schedule rows, overage."""
    cutoff = cutoff_ms(entity, row.billing_date)
    standing = core.store.references.provisioned(connection)
    active = {key: at for key, at in active_contracts(references, standing).items() if at < cutoff}
    found: list[Piece] = []
    mine = sorted(contracts & active.keys())
    with_fees = {
        line.native_id
        for native_id in mine
        for line in references.contracts[native_id].lines
        if line.retainer is not None
    }
    booked = _by_line(core.store.work.booked(connection, cutoff, lines=with_fees))
    for native_id in mine:
        contract = references.contracts[native_id]
        found += milestone_pieces(contract, entity, references, cutoff)
        for line in contract.lines:
            if line.retainer is None:
                continue
            found += fee_pieces(contract, line, active[native_id], row.billing_date)
            found += overage_pieces(contract, line, entity, row, booked.get(line.native_id, ()))
    return found


def _by_line(booked: Sequence[Booked]) -> dict[str, list[Booked]]:
    found: dict[str, list[Booked]] = {}
    for one in booked:
        found.setdefault(one.contract_line_native_id, []).append(one)
    return found


def _credits(
    core: Core,
    connection: Connection,
    entity: LegalEntity,
    row: BillingDate,
    contracts: set[str],
    only: str = "",
    released_ms: int = 0,
) -> list[CreditDraft]:
    """Credits of billed time that was corrected before this run's cut-off (finance 2.7)."""
    corrected = [
        piece
        for piece in core.store.pieces.creditable(connection, cutoff_ms(entity, row.billing_date))
        if piece.contract_native_id in contracts and only in ("", piece.document)
    ]
    keys = sorted({piece.document for piece in corrected})
    payloads = core.store.outbox.payloads(connection, LANE, keys)
    invoices = {key: msgspec.convert(payload, Invoice) for key, payload in payloads.items()}
    return credit_drafts(corrected, invoices, entity, row.billing_date, released_ms)


def _post_credits(core: Core, connection: Connection, credits: Sequence[CreditDraft], now_ms: int) -> None:
    rows = [(credit.memo.key, msgspec.to_builtins(credit.memo)) for credit in credits]
    if core.store.outbox.want(connection, LANE_CREDIT, rows, now_ms):
        core.engine.request(connection, "send", LANE_CREDIT)


def _note_unapproved(
    core: Core, connection: Connection, entity: LegalEntity, row: BillingDate, contracts: set[str]
) -> None:
    """Time that this run would have billed had it been approved; it joins the next one (finance 7)."""
    cutoff = cutoff_ms(entity, row.billing_date)
    found = [
        (
            waiting.entry_bk,
            f"Time entry {waiting.entry_bk} was not approved by the cut-off; it joins the next run.",
            cutoff,
            waiting.approved_ms,
        )
        for waiting in core.store.work.unapproved(connection, cutoff)
        if waiting.contract_native_id in contracts and waiting.work_date <= row.billing_date
    ]
    core.store.cases.open_all(connection, "TIME_UNAPPROVED", found, ("rating", ALL))


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
        pieces = list(core.store.documents.pieces_of(connection, key))
        released_ms = _released_ms(pieces, references)
        papers = core.references_at(connection, cutoff_ms(entity, day)), references
        draft = redraft(key, pieces, entity, day, papers, released_ms)
        if draft.invoice is None:
            continue
        core.store.documents.release(connection, draft)
        core.store.cases.resolve(connection, draft.hold_key, HOLD_CODES, now_ms)
        _post(core, connection, [draft], now_ms)
        _credit_released(core, connection, entity, draft, released_ms)


def _released_ms(pieces: Sequence[Piece], references: References) -> int:
    """When the papers of a held document became complete: its approval, if that is later (finance 0.5)."""
    contracts = [references.contracts[piece.contract_native_id] for piece in pieces]
    papers = [contract.recorded_at_ms for contract in contracts]
    papers += [references.customers[contract.bill_to_native_id].recorded_at_ms for contract in contracts]
    return max(papers)


def _credit_released(
    core: Core, connection: Connection, entity: LegalEntity, draft: Draft, released_ms: int
) -> None:
    """Credits that runs owed while their invoice was held, under those runs' own keys (finance 2.7)."""
    for row in entity.billing_calendar:
        run_id = run_id_of(entity, row)
        if not core.store.documents.run_done(connection, run_id):
            continue
        known = core.references_at(connection, cutoff_ms(entity, row.billing_date))
        contracts = billable_contracts(entity, row.billing_date, row.freq, known)
        owed = _credits(core, connection, entity, row, contracts, draft.key, released_ms)
        core.store.documents.finish_run(connection, run_id, [], owed, core.clock.now_ms())
        for credit in owed:
            core.store.pieces.take_back(connection, credit.event_bks, credit.memo.key)
        _post_credits(core, connection, owed, core.clock.now_ms())


def run_id_of(entity: LegalEntity, row: BillingDate) -> str:
    """`BR|entity|date`."""
    return f"BR|{entity.code}|{row.billing_date.isoformat()}"
