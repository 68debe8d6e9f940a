"""The billing run of an entity: once for every row of its calendar, when all is known (finance 2.10).

A run selects by source instants alone, so it yields the same documents whenever it gets to run.
Documents are written through the outbox; a held one keeps its lines and date until its customer's
papers are complete.
"""

from collections.abc import Sequence
from functools import partial

import msgspec
from sqlalchemy import Connection

from integration_core.canonical.billing import Draft
from integration_core.canonical.ledger import BillingDate, LegalEntity
from integration_core.canonical.periods import cutoff_ms
from integration_core.ports.engine import Json, Process, Run
from integration_core.processes.core import ALL, Core
from integration_core.rules.billing import billable_contracts, drafts, selected
from integration_core.rules.gate import Passed, gate

LANE = "erp.invoice"
HOLD_CODES = ("TAX_PROFILE_INCOMPLETE", "TAX_VATID_INVALID", "TAX_UNSUPPORTED", "PO_MISSING")
MARGIN_MS = 1_000
FOREVER_MS = 1 << 62


def process(core: Core) -> Process:
    """`billing`, keyed by the entity's code."""

    async def billing(run: Run) -> None:
        due = await run.transaction("due", lambda connection: _due(core, connection, run.key))
        for position in due:
            make = partial(_run, core, code=run.key, position=position)
            await run.transaction(f"run:{position}", make)
        await run.transaction("held", lambda connection: _retry_held(core, connection, run.key))

    return billing


def _due(core: Core, connection: Connection, code: str) -> list[int]:
    """Places in the calendar of the runs that can be made now; rings at the instants of the others."""
    entity = core.references(connection).entities[code]
    now_ms = core.clock.now_ms()
    due = []
    core.billing_waits_until_ms = FOREVER_MS
    for position, row in enumerate(entity.billing_calendar):
        cutoff = cutoff_ms(entity, row.billing_date)
        if core.store.documents.run_done(connection, _run_id(entity, row)):
            continue
        if cutoff <= now_ms and _complete(core, connection, cutoff):
            due.append(position)
            continue
        core.billing_waits_until_ms = cutoff
        _ring(core, connection, cutoff)
        break
    return due


def _ring(core: Core, connection: Connection, cutoff: int) -> None:
    """Poll every source as soon as its answer can prove that all before the cut-off is known."""
    now_ms = core.clock.now_ms()
    for name, lag_ms in sorted(core.settings.visibility_lag_ms.items()):
        if core.known_to_ms(connection, name) < cutoff:
            at_ms = cutoff + lag_ms + MARGIN_MS
            if at_ms > now_ms:
                core.engine.schedule(connection, "poll", name, at_ms)


def _complete(core: Core, connection: Connection, cutoff: int) -> bool:
    """Everything the run depends on is ingested (finance D2) and rated."""
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
    run_id = _run_id(entity, row)
    if core.store.documents.run_done(connection, run_id):
        return None
    contracts = billable_contracts(entity, row.billing_date, row.freq, references)
    pieces = core.store.work.committed(connection, cutoff_ms(entity, row.billing_date))
    chosen = selected(pieces, entity, row.billing_date, contracts)
    made = drafts(chosen, entity, row.billing_date, references)
    now_ms = core.clock.now_ms()
    core.store.documents.finish_run(connection, run_id, made, now_ms)
    for draft in made:
        core.store.work.lock(connection, draft.event_bks, run_id, draft.key)
    _post(core, connection, made, now_ms)
    _note_unapproved(core, connection, entity, row, contracts)
    return None


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


def _retry_held(core: Core, connection: Connection, code: str) -> Json:
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
    return None


def _run_id(entity: LegalEntity, row: BillingDate) -> str:
    return f"BR|{entity.code}|{row.billing_date.isoformat()}"
