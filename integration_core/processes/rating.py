"""Approved time becomes billing events (finance 2.1), batch by batch.

Only entries approved before everything that could price them is known are rated, so that a rate
which was recorded earlier but read later cannot change an amount.
"""

from functools import partial

from sqlalchemy import Connection

from integration_core.canonical.billing import Blocked
from integration_core.ports.engine import Json, Process, Run
from integration_core.processes.core import ALL, Core
from integration_core.rules.rating import rate, valid_ms

CODES = (
    "RATE_MISSING",
    "RATE_OVERLAP",
    "TIME_TASK_INACTIVE",
    "TIME_NOT_EMPLOYED",
    "TIME_NOT_ASSIGNED",
    "REF_MISSING",
    "DIM_MISSING",
)
MAXIMUM_BATCHES = 1_000_000


def process(core: Core) -> Process:
    """`rating`: rates every entry that can be rated by now."""

    async def rating(run: Run) -> None:
        await run.transaction("resolve", lambda connection: take_up(core, connection))
        after = ""
        for number in range(MAXIMUM_BATCHES):
            after = await run.transaction(f"batch:{number}", partial(_batch, core, after=after))
            if not after:
                core.suspects_due = False  # only now: a transaction may be rolled back and done again
                return

    return rating


def take_up(core: Core, connection: Connection) -> int:
    """Make entries of all approved cards that can be entries by now; returns how many cards did."""
    resolved = core.store.work.resolve(connection)
    core.suspects_due = core.suspects_due or resolved.entered > 0
    for bk in resolved.outrun:
        core.store.cases.resolve(connection, bk, CODES, core.clock.now_ms())
    return resolved.entered


def _note_suspects(core: Core, connection: Connection) -> None:
    for bks in core.store.work.suspects(connection):
        text = f"Time entry {bks[0]} looks like {', '.join(bks[1:])} entered twice; confirm or reverse it."
        now_ms = core.clock.now_ms()
        core.store.cases.open(connection, "TIME_DUPLICATE_SUSPECT", bks[0], text, now_ms, ("rating", ALL))


def _batch(core: Core, connection: Connection, after: str) -> Json:
    """Rate one batch; returns the last source id, or nothing when all are through."""
    # The watermark first: what is read after it holds at least what it promises.
    horizon_ms = core.known_to_ms(connection, core.crm.name, core.psa.name, core.hris.name, core.erp.name)
    references = core.references(connection)
    entries = core.store.work.unrated(connection, horizon_ms, core.settings.rating_batch, after)
    if not entries:
        core.rating_waits = core.store.work.unfinished(connection)
        if core.suspects_due:
            _note_suspects(core, connection)
        for code in references.entities:
            core.engine.request(connection, "billing", code)
        return ""
    results = [rate(entry, references) for entry in entries]
    healed_ms = {
        one.entry.source_id: valid_ms(one.entry, references)
        for one in results
        if one.entry.was_blocked and not isinstance(one, Blocked)
    }
    core.store.work.settle(connection, results, core.clock.now_ms(), healed_ms)
    troubled = {case.entity_bk for case in core.store.cases.all(connection, only_open=True)}
    for result in results:
        bk = result.entry.bk
        if isinstance(result, Blocked):
            core.store.cases.open(
                connection, result.code, bk, result.text, result.entry.a_ms, ("rating", ALL)
            )
        elif bk in troubled:
            core.store.cases.resolve(connection, bk, (*CODES, "TIME_UNAPPROVED"), core.clock.now_ms())
    return entries[-1].source_id
