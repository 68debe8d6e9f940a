"""Reading every source, stream by stream, until its watermark has moved (finance D2).

Runs on a timer, after a notification, and when a billing run needs a source to be known up to a
cut-off. What was read is stored in few transactions; a poll that was cut off simply reads again.
"""

import hashlib
from collections.abc import Container, Sequence
from functools import partial

import msgspec
from sqlalchemy import Connection

from integration_core.canonical.ledger import InvoiceState
from integration_core.ports.engine import Json, Process, Run
from integration_core.ports.systems import (
    AuthRefused,
    ChangePage,
    Source,
    SourceRecord,
    Unread,
    Unreadable,
    VendorError,
)
from integration_core.processes.calling import technical_code
from integration_core.processes.core import ALL, Core
from integration_core.rules.triage import TRIES, backoff_seconds

FOLLOWERS = ("deals", "people", "payroll", "rating", "mirrors")
MAXIMUM_PAGES = 100_000
RECORDS_PER_TRANSACTION = 2_000
HEALED = ("TECH_DLQ", "TECH_AUTH", "SCHEMA_INVALID")


class Harvest(msgspec.Struct):
    """Pages read and not stored yet, and streams that were read to their end."""

    known_ms: dict[str, int]  # by stream, as the poll began
    pages: list[tuple[str, ChangePage]] = []
    records: int = 0
    fresh: bool = False


def process(core: Core) -> Process:
    """`poll`, keyed by the source's name."""

    async def poll(run: Run) -> None:
        source = core.sources[run.key]
        harvest = Harvest(known_ms=core.watermarks(source.name))
        for stream in source.streams:
            await _read(core, run, source, stream, harvest)
        await _store(core, run, source, harvest, last=True)

    return poll


async def _read(core: Core, run: Run, source: Source, stream: str, harvest: Harvest) -> None:
    """One stream to its end; gives up for now after some tries, until the next poll."""
    for attempt in range(TRIES):
        try:
            await _pages(core, run, source, stream, harvest)
            return
        except (AuthRefused, Unreadable) as error:
            await _unwell(core, run, source, stream, error)
            return
        except VendorError as error:
            if attempt == TRIES - 1:
                await _unwell(core, run, source, stream, error)
                return
            retry_after = getattr(error, "retry_after_seconds", None)
            await run.sleep(f"{stream}:pause:{attempt}", backoff_seconds(attempt, retry_after))


async def _pages(core: Core, run: Run, source: Source, stream: str, harvest: Harvest) -> None:
    since_ms = max(0, harvest.known_ms.get(stream, 0) - core.settings.overlap_ms)
    cursor: str | None = None
    for _ in range(MAXIMUM_PAGES):
        page = await source.read_changes(stream, since_ms, cursor)
        harvest.pages.append((stream, page))
        harvest.records += len(page.records)
        if harvest.records >= RECORDS_PER_TRANSACTION:
            await _store(core, run, source, harvest, last=False)
        cursor = page.cursor
        if cursor is None:
            return
    raise Unreadable("PAGES", f"{source.name} {stream} does not end after {MAXIMUM_PAGES} pages")


async def _store(core: Core, run: Run, source: Source, harvest: Harvest, *, last: bool) -> None:
    """One transaction; its name holds the content, since a repeated read may bring other content."""
    name = f"{'end' if last else 'take'}:{_digest(harvest.pages)}"
    work = partial(_take, core, source=source, harvest=harvest, last=last)
    harvest.fresh = bool(await run.transaction(name, work)) or harvest.fresh
    for stream, page in harvest.pages:
        if page.records:
            core.metrics.records_taken(source.name, stream, len(page.records))
    harvest.pages, harvest.records = [], 0


def _take(core: Core, connection: Connection, source: Source, harvest: Harvest, last: bool) -> Json:
    """Whether anything was new; with the last part the followers are asked for."""
    now_ms, store = core.clock.now_ms(), core.store
    fresh, complete = False, dict[str, int]()
    unwell = set(store.cases.open_with(connection, HEALED))
    for stream, page in harvest.pages:
        if page.records or page.unread:
            taken = store.intake.take(connection, source.name, stream, page.records, page.unread, now_ms)
            fresh = fresh or taken.fresh > 0
            fresh = _observe(core, connection, page.records) or fresh
            _note_unread(core, connection, source, page, unwell)
        if page.complete_to_ms is not None:
            complete[stream] = page.complete_to_ms
            _healthy(core, connection, source, stream, unwell)
    store.intake.advance(connection, source.name, complete)
    if last:
        core.engine.schedule(connection, "poll", source.name, core.next_poll_ms(connection, source.name))
        _follow(core, connection, fresh=fresh or harvest.fresh)
    elif fresh:
        # Should this poll be cut off now, it will read the same again and find nothing new in it.
        later_ms = core.next_poll_ms(connection, source.name)
        for name in FOLLOWERS:
            core.engine.schedule(connection, name, ALL, later_ms)
    return fresh


def _observe(core: Core, connection: Connection, records: Sequence[SourceRecord]) -> bool:
    states = [record for record in records if isinstance(record, InvoiceState)]
    return bool(states) and core.store.documents.observed(connection, states) > 0


def _note_unread(
    core: Core, connection: Connection, source: Source, page: ChangePage, unwell: set[str]
) -> None:
    for unread in page.unread:
        unwell.add(_unread_key(unread))
        core.store.cases.open(
            connection,
            unread.code,
            _unread_key(unread),
            unread.text,
            unread.recorded_at_ms,
            ("poll", source.name),
        )
    if not unwell:
        return
    for record in page.records:
        key = f"{type(record).__name__}|{getattr(record, 'native_id', '')}"
        if key in unwell:
            core.store.cases.resolve(connection, key, HEALED, core.clock.now_ms())


def _unread_key(unread: Unread) -> str:
    return f"{unread.entity}|{unread.native_id}"


def _healthy(core: Core, connection: Connection, source: Source, stream: str, unwell: Container[str]) -> None:
    key = f"{source.name}.{stream}"
    if key in unwell:
        core.store.cases.resolve(connection, key, HEALED, core.clock.now_ms())


async def _unwell(core: Core, run: Run, source: Source, stream: str, error: VendorError) -> None:
    key = f"{source.name}.{stream}"

    def note(connection: Connection) -> Json:
        code = "SCHEMA_INVALID" if isinstance(error, Unreadable) else technical_code(error)
        code = code if code in HEALED else "TECH_DLQ"
        text = f"{source.name} {stream} could not be read: {error.text}; it is tried again at every poll."
        core.store.cases.open(connection, code, key, text, core.clock.now_ms(), ("poll", source.name))
        return None

    await run.transaction(f"unwell:{stream}", note)


def _follow(core: Core, connection: Connection, *, fresh: bool) -> None:
    """Wake whoever has something to look at: after news, or where time alone was waited for."""
    if fresh:
        for name in FOLLOWERS:
            core.engine.request(connection, name, ALL)
    elif core.store.work.unfinished(connection) or core.time_may_help(connection):
        core.engine.request(connection, "rating", ALL)  # which asks for billing when it is through


def _digest(pages: Sequence[tuple[str, ChangePage]]) -> str:
    return hashlib.blake2b(msgspec.json.encode(pages), digest_size=16).hexdigest()
