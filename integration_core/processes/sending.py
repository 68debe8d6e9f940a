"""The outbox drained lane by lane: pick, send, settle (engine: drain loop).

Each lane is a bulkhead of its own: a target that is away holds up nobody else.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from itertools import groupby

import msgspec
from sqlalchemy import Connection

from integration_core.canonical.ledger import CreditMemo, ErpEmployee, Invoice, Journal
from integration_core.canonical.work import (
    BillingMark,
    ContractMirror,
    MilestoneMark,
    OpportunityMirror,
    Resource,
)
from integration_core.ports.engine import Json, Process, Run
from integration_core.ports.store import Outgoing
from integration_core.ports.systems import (
    AuthRefused,
    Outcome,
    OutcomeUnknown,
    Refused,
    Rejected,
    Transient,
    Unreadable,
    VendorError,
    Written,
)
from integration_core.processes.calling import technical_code
from integration_core.processes.core import ALL, Core
from integration_core.rules.triage import TRIES

BATCH = 200
AT_ONCE = 3  # calls of one lane: an account has no more than some fifteen for everybody
MAXIMUM_BATCHES = 1_000_000
Sender = Callable[[Core, Sequence[Outgoing]], Awaitable[Sequence[Outcome]]]


def process(core: Core) -> Process:
    """`send`, keyed by the lane."""

    async def send(run: Run) -> None:
        sender = LANES[run.key]
        for number in range(MAXIMUM_BATCHES):
            batch = await run.transaction(f"pick:{number}", partial(_pick, core, lane=run.key))
            if not batch:
                return
            rows = msgspec.convert(batch, list[Outgoing])
            raw = await run.step(f"send:{number}", partial(_send, core, sender, rows))
            outcomes = msgspec.convert(raw, list[Written | Rejected])
            settle = partial(_settle, core, lane=run.key, rows=rows, outcomes=outcomes)
            await run.transaction(f"settle:{number}", settle)
            for told, count in Counter(map(_told, outcomes)).items():
                core.metrics.rows_sent(run.key, told, count)

    return send


def _told(outcome: Outcome) -> str:
    """What became of a row, in one word."""
    if isinstance(outcome, Written):
        return "written"
    return "again" if outcome.retry else "refused"


def _pick(core: Core, connection: Connection, lane: str) -> Json:
    rows = core.store.outbox.pending(connection, lane, core.clock.now_ms(), BATCH)
    later_ms = None if rows else core.store.outbox.next_ms(connection, lane)
    if later_ms is not None:
        # What an earlier run put off: of a lane's timers only the earliest stood, and that one is over.
        core.engine.schedule(connection, "send", lane, later_ms)
    return msgspec.to_builtins(rows)


async def _send(core: Core, sender: Sender, rows: Sequence[Outgoing]) -> Json:
    """One outcome a row, whatever happens: a failure of the whole call is every row's failure."""
    try:
        outcomes = list(await sender(core, rows))
    except VendorError as error:
        outcomes = [_rejected(row.key, error) for row in rows]
    return msgspec.to_builtins(outcomes)


def _rejected(key: str, error: VendorError) -> Rejected:
    final = isinstance(error, Refused | Unreadable)
    code = error.code if final else technical_code(error)
    wished = getattr(error, "retry_after_seconds", None)
    return Rejected(
        key=key,
        code=code,
        text=error.text[:500],
        retry=not final,
        retry_after_ms=int(wished * 1000) if wished else None,
    )


def _settle(
    core: Core, connection: Connection, lane: str, rows: Sequence[Outgoing], outcomes: Sequence[Outcome]
) -> Json:
    now_ms = core.clock.now_ms()
    again_ms = core.store.outbox.settle(connection, rows, outcomes, now_ms)
    troubled = core.store.cases.open_about(connection, [_business_key(lane, row.key) for row in rows])
    for row, outcome in zip(rows, outcomes, strict=True):
        bk = _business_key(lane, row.key)
        if isinstance(outcome, Written):
            _written(core, connection, lane, row, outcome)
            if bk in troubled:
                codes = ("TECH_DLQ", "TECH_AUTH", "INV_REJECTED", "PERIOD_CLOSED", "STATE_INVALID")
                core.store.cases.resolve(connection, bk, codes, now_ms)
        elif not outcome.retry or row.attempts + 1 == TRIES:
            code = _case_code(lane, outcome)
            text = f"{bk} could not be written ({lane}): {outcome.text}"
            core.store.cases.open(connection, code, bk, text, now_ms, ("send", lane))
    if again_ms is not None:
        core.engine.schedule(connection, "send", lane, again_ms)
    return None


def _case_code(lane: str, outcome: Rejected) -> str:
    if outcome.retry:
        return "TECH_AUTH" if outcome.code == "TECH_AUTH" else "TECH_DLQ"
    if lane in ("erp.invoice", "erp.credit", "erp.journal", "erp.period"):
        return outcome.code if outcome.code == "PERIOD_CLOSED" else "INV_REJECTED"
    return "STATE_INVALID"


def _business_key(lane: str, key: str) -> str:
    return f"RS|{key}" if lane in ("psa.resource", "erp.employee") else key


def _written(core: Core, connection: Connection, lane: str, row: Outgoing, outcome: Written) -> None:
    """What follows from a write that is in effect."""
    if lane == "psa.resource":
        core.store.crosswalk.put(connection, "psa", "resource", row.key, outcome.native_id)
        core.engine.request(connection, "rating", ALL)
    elif lane == "erp.employee":
        core.store.crosswalk.put(connection, "erp", "employee", row.key, outcome.native_id)
    elif lane == "erp.invoice":
        core.store.crosswalk.put(connection, "erp", "invoice", row.key, outcome.native_id)
        core.engine.request(connection, "poll", core.erp.name)
    elif lane == "erp.credit":
        core.store.crosswalk.put(connection, "erp", "creditMemo", row.key, outcome.native_id)
        core.engine.request(connection, "poll", core.erp.name)
    elif lane == "erp.journal":
        core.engine.request(connection, "close", row.payload["entity_code"])
    elif lane == "erp.period":
        code, period = row.payload["entity_code"], row.payload["period"]
        core.store.closes.set_state(connection, code, period, "CLOSED", core.clock.now_ms())
        core.engine.request(connection, "close", code)


async def _resources(core: Core, rows: Sequence[Outgoing]) -> Sequence[Outcome]:
    return await core.psa.upsert_resources([msgspec.convert(row.payload, Resource) for row in rows])


async def _marks(core: Core, rows: Sequence[Outgoing]) -> Sequence[Outcome]:
    return await core.psa.write_billing_marks([msgspec.convert(row.payload, BillingMark) for row in rows])


async def _contracts(core: Core, rows: Sequence[Outgoing]) -> Sequence[Outcome]:
    mirrors = [msgspec.convert(row.payload, ContractMirror) for row in rows]
    return await core.crm.write_contract_mirrors(mirrors)


async def _opportunities(core: Core, rows: Sequence[Outgoing]) -> Sequence[Outcome]:
    mirrors = [msgspec.convert(row.payload, OpportunityMirror) for row in rows]
    return await core.crm.write_opportunity_mirrors(mirrors)


async def _employees(core: Core, rows: Sequence[Outgoing]) -> Sequence[Outcome]:
    async def one(row: Outgoing) -> Written:
        return await core.erp.upsert_employee(msgspec.convert(row.payload, ErpEmployee))

    return await _one_by_one(rows, one)


async def _milestones(core: Core, rows: Sequence[Outgoing]) -> Sequence[Outcome]:
    marks = [msgspec.convert(row.payload, MilestoneMark) for row in rows]
    return await core.psa.write_milestone_marks(marks)


async def _invoices(core: Core, rows: Sequence[Outgoing]) -> Sequence[Outcome]:
    customers, jobs = core.erp_ids()

    async def one(row: Outgoing) -> Written:
        invoice = msgspec.convert(row.payload, Invoice)
        _require(invoice.key, {line.project_key for line in invoice.lines}, jobs)
        _require(invoice.key, {invoice.customer_key}, customers)
        create = partial(core.erp.create_invoice, invoice, customers[invoice.customer_key], jobs)
        return await _create(core, "invoice", row, create)

    # Runs follow one another, so that the ERP's numbers follow them too.
    return await _one_by_one(rows, one, lambda row: row.key.rpartition("|")[0])


async def _credits(core: Core, rows: Sequence[Outgoing]) -> Sequence[Outcome]:
    customers, jobs = core.erp_ids()
    invoices = core.crosswalk("erp", "invoice")

    async def one(row: Outgoing) -> Written:
        memo = msgspec.convert(row.payload, CreditMemo)
        if memo.invoice_key not in invoices:
            raise Transient("REF_MISSING", f"{memo.key} credits {memo.invoice_key}, not in the ERP yet")
        create = partial(
            core.erp.create_credit_memo,
            memo,
            invoices[memo.invoice_key],
            customers[memo.customer_key],
            jobs,
        )
        return await _create(core, "creditMemo", row, create)

    return await _one_by_one(rows, one)


async def _journals(core: Core, rows: Sequence[Outgoing]) -> Sequence[Outcome]:
    customers, jobs = core.erp_ids()

    async def one(row: Outgoing) -> Written:
        journal = msgspec.convert(row.payload, Journal)
        _require(journal.key, {line.project_key for line in journal.lines} - {""}, jobs)
        _require(journal.key, {line.customer_key for line in journal.lines} - {""}, customers)
        create = partial(core.erp.create_journal, journal, customers, jobs)
        return await _create(core, "journalEntry", row, create)

    return await _one_by_one(rows, one)


async def _periods(core: Core, rows: Sequence[Outgoing]) -> Sequence[Outcome]:
    known = core.references_now().periods

    async def one(row: Outgoing) -> Written:
        period = known.get((row.payload["entity_code"], row.payload["period"]))
        if period is None:
            raise Transient("REF_MISSING", f"{row.key} is a period that the ERP has not shown yet")
        closed = await core.erp.close_period(period.native_id)
        return Written(key=row.key, native_id=closed.native_id)

    return await _one_by_one(rows, one, lambda row: row.key)


def _require(key: str, needed: set[str], known: Mapping[str, str]) -> None:
    """What a document refers to may be on its way still: a deal is built while its fee is billed."""
    missing = sorted(needed - known.keys())
    if missing:
        raise Transient("REF_MISSING", f"{key} refers to {', '.join(missing)}, not in the ERP yet")


async def _create(
    core: Core, record_type: str, row: Outgoing, create: Callable[[], Awaitable[Written]]
) -> Written:
    """Create a document under its key; an attempt without an answer is looked up first."""
    try:
        if row.attempts and (found := await core.erp.find(record_type, row.key)) is not None:
            return Written(key=row.key, native_id=found)
        return await create()
    except OutcomeUnknown:
        found = await core.erp.find(record_type, row.key)
        if found is None:
            raise
        return Written(key=row.key, native_id=found)


async def _one_by_one(
    rows: Sequence[Outgoing],
    write_one: Callable[[Outgoing], Awaitable[Written]],
    together: Callable[[Outgoing], str] = lambda row: "",
) -> Sequence[Outcome]:
    """For targets without a batch call: a few at once, each with its own outcome.

    Only neighbours that `together` says the same of are under way at once. When our credentials are the
    trouble, the rest of the batch is not even tried.
    """
    outcomes: list[Outcome] = []

    async def tried(row: Outgoing) -> tuple[Outcome, bool]:
        try:
            return await write_one(row), False
        except VendorError as error:
            return _rejected(row.key, error), isinstance(error, AuthRefused)

    down: Outcome | None = None
    for _, alike in groupby(rows, key=together):
        waiting = list(alike)
        while waiting:
            if isinstance(down, Rejected):
                outcomes += (
                    Rejected(key=row.key, code=down.code, text=down.text, retry=True) for row in waiting
                )
                break
            now, waiting = waiting[:AT_ONCE], waiting[AT_ONCE:]
            # All to their end, or a call would still be under way when its row is tried again.
            for found in await asyncio.gather(*(tried(row) for row in now), return_exceptions=True):
                if isinstance(found, BaseException):
                    raise found
                outcome, is_refused = found
                outcomes.append(outcome)
                down = outcome if is_refused else down
    return outcomes


LANES: dict[str, Sender] = {
    "psa.resource": _resources,
    "psa.mark": _marks,
    "psa.milestone": _milestones,
    "crm.contract": _contracts,
    "crm.opportunity": _opportunities,
    "erp.employee": _employees,
    "erp.invoice": _invoices,
    "erp.credit": _credits,
    "erp.journal": _journals,
    "erp.period": _periods,
}
