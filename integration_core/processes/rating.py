"""Approved time becomes billing events (finance 2.1), batch by batch.

Only entries approved before everything that could price them is known are rated, so that a rate
which was recorded earlier but read later cannot change an amount.
"""

from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Any

from sqlalchemy import Connection

from integration_core.canonical.billing import Blocked, Rated, Unpriced
from integration_core.ports.engine import Json, Process, Run
from integration_core.ports.store import Resolved
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


CARDS_A_BATCH = 2_000
Result = Rated | Unpriced | Blocked


def process(core: Core) -> Process:
    """`rating`: rates every entry that can be rated by now."""

    async def rating(run: Run) -> None:
        await _enter(core, run)
        after = ""
        for number in range(MAXIMUM_BATCHES):
            rated: list[Result] = []
            batch = partial(_batch, core, after=after, rated=rated)
            after = await run.transaction(f"batch:{number}", batch)
            _tell(core, rated)
            if not after:
                return

    return rating


async def _enter(core: Core, run: Run) -> None:
    """Make entries of parked cards, batch by batch; again from the start while that lets others go on."""
    after, entered = None, 0
    for number in range(MAXIMUM_BATCHES):
        found = await run.transaction(f"enter:{number}", partial(_enter_batch, core, after=after))
        entered += found["entered"]
        after = found["after"]
        if after is None:
            if not entered or found["is_whole"]:
                return
            entered = 0


def _enter_batch(core: Core, connection: Connection, after: list[Any] | None) -> Json:
    place = None if after is None else (int(after[0]), str(after[1]))
    resolved = core.store.work.resolve(connection, CARDS_A_BATCH, place)
    _note(core, connection, resolved)
    return {
        "entered": resolved.entered,
        "after": None if resolved.after is None else list(resolved.after),
        "is_whole": place is None and resolved.after is None,  # it was all in one batch
    }


def take_up(core: Core, connection: Connection) -> bool:
    """Make entries of approved cards that can be entries by now, if there are any; whether there were."""
    after = None
    while True:
        resolved = core.store.work.resolve(connection, CARDS_A_BATCH, after)
        _note(core, connection, resolved)
        after = resolved.after
        if resolved.entered or after is None:
            return resolved.entered > 0


def _note(core: Core, connection: Connection, resolved: Resolved) -> None:
    now_ms = core.clock.now_ms()
    if resolved.carries_on:
        core.engine.request(connection, "mirrors", ALL)
    for bk in resolved.outrun:
        core.store.cases.resolve(connection, bk, CODES, now_ms)
    for bks in resolved.suspects:
        text = f"Time entry {bks[0]} looks like {', '.join(bks[1:])} entered twice; confirm or reverse it."
        core.store.cases.open(connection, "TIME_DUPLICATE_SUSPECT", bks[0], text, now_ms, ("rating", ALL))


def _tell(core: Core, rated: Sequence[Result]) -> None:
    """Leave word of what was rated, now that it is committed."""
    now_ms = core.clock.now_ms()
    priced = [now_ms - one.entry.a_ms for one in rated if isinstance(one, Rated)]
    if priced:
        core.metrics.entries_priced(priced)
    for outcome, count in Counter(outcome_of(one) for one in rated).items():
        core.metrics.entries_rated(outcome, count)


def outcome_of(result: Result) -> str:
    """What became of an entry, in one word."""
    if isinstance(result, Unpriced):
        return result.klass.lower()
    return "rated" if isinstance(result, Rated) else "blocked"


def _batch(core: Core, connection: Connection, after: str, rated: list[Result]) -> Json:
    """Rate one batch, into `rated`; returns the last source id, or nothing when all are through."""
    rated.clear()  # a transaction may be done again
    # The watermark first: what is read after it holds at least what it promises.
    horizon_ms = core.known_to_ms(connection, core.crm.name, core.psa.name, core.hris.name, core.erp.name)
    references = core.references(connection)
    entries = core.store.work.unrated(connection, horizon_ms, core.settings.rating_batch, after)
    if not entries:
        for code in references.entities:
            core.engine.request(connection, "billing", code)
        return ""
    results = [rate(entry, references) for entry in entries]
    healed_ms = {
        one.entry.source_id: valid_ms(one.entry, references)
        for one in results
        if one.entry.was_blocked and not isinstance(one, Blocked)
    }
    now_ms = core.clock.now_ms()
    core.store.work.settle(connection, results, now_ms, healed_ms)
    troubled = core.store.cases.open_about(connection, [one.entry.bk for one in results])
    for result in results:
        bk = result.entry.bk
        if isinstance(result, Blocked):
            replay = ("rating", ALL)
            core.store.cases.open(connection, result.code, bk, result.text, result.entry.a_ms, replay)
        elif bk in troubled:
            core.store.cases.resolve(connection, bk, (*CODES, "TIME_UNAPPROVED"), now_ms)
    rated += results
    return entries[-1].source_id
