"""Polling a stream by SystemModstamp so that nothing is missed and the bound is the org's own (wire 4.1).

The result of the first query is a snapshot of ids; its `Date`, less the visibility lag the org
declares, is the instant the whole poll is complete to. A stream may have several legs: changed
rows of the object itself, then rows whose children changed while they themselves did not.
"""

from collections.abc import Awaitable, Callable, Sequence

import msgspec
from msgspec import Struct

from integration_core.adapters.http.json_body import text_of
from integration_core.adapters.http.records import Gathered
from integration_core.adapters.salesforce_protocol.failures import LOCATOR_EXPIRED
from integration_core.adapters.salesforce_protocol.query import QueryPage, first_page, next_page, rows_in
from integration_core.adapters.salesforce_protocol.rows import (
    ChildRow,
    Row,
    columns,
    identify,
    soql_instant,
    wire_name,
)
from integration_core.adapters.salesforce_protocol.session import OrgSession
from integration_core.ports.systems import ChangePage, Transient, Unreadable

Stamps = dict[str, int]  # row id -> latest stamp of a child, seen before the row itself was read
Gather = Callable[[Sequence[msgspec.Raw], Stamps], Awaitable[Gathered]]

_RESTART_BOUND = 3


class Leg(Struct, frozen=True):
    """One query of a stream: changed rows of `table`, and what to make of them."""

    table: str
    names: tuple[str, ...]
    gather: Callable[[Sequence[msgspec.Raw], int], Awaitable[Gathered]]


class _Cursor(Struct, frozen=True, kw_only=True, array_like=True):
    leg: int = 0
    next_path: str | None = None
    seen: int = 0
    complete_to_ms: int | None = None
    restarts: int = 0


def row_leg(table: str, row_type: type[Row], gather: Gather) -> Leg:
    """Rows that changed themselves."""

    async def changed(raws: Sequence[msgspec.Raw], since_ms: int) -> Gathered:
        return await gather(raws, {})

    return Leg(table, columns(row_type), changed)


def child_leg(
    session: OrgSession, table: str, row_type: type[Row], child: tuple[str, type[ChildRow]], gather: Gather
) -> Leg:
    """Rows whose children changed while they themselves did not.

    A row that changed as well is left out: its own leg of this poll, or of the next, brings it.
    """
    child_table, child_type = child
    key = wire_name(child_type, "parent_id")

    async def touched(raws: Sequence[msgspec.Raw], since_ms: int) -> Gathered:
        stamps = _latest_stamps(raws, key)
        unchanged = f" AND SystemModstamp < {soql_instant(since_ms)}"
        parents = await rows_in(session, table, columns(row_type), "Id", sorted(stamps), unchanged)
        return await gather(parents, stamps)

    return Leg(child_table, ("Id", key, "SystemModstamp"), touched)


async def poll(
    session: OrgSession, legs: Sequence[Leg], since_ms: int, cursor: str | None, lag_ms: int
) -> ChangePage:
    """One page of changes of a stream; a forgotten locator starts the poll again from `since_ms`."""
    place = _decode_cursor(cursor)
    try:
        page = await _fetch(session, legs[place.leg], since_ms, place)
    except Transient as error:
        if error.code != LOCATOR_EXPIRED or place.restarts >= _RESTART_BOUND:
            raise
        place = _Cursor(restarts=place.restarts + 1)
        page = await _fetch(session, legs[0], since_ms, place)
    gathered = await legs[place.leg].gather(page.records, since_ms)
    following = _after(session, place, page, len(legs), lag_ms)
    complete = following.leg == len(legs)
    return ChangePage(
        records=gathered.records,
        unread=gathered.unread,
        cursor=None if complete else msgspec.json.encode(following).decode(),
        complete_to_ms=following.complete_to_ms if complete else None,
    )


async def _fetch(session: OrgSession, leg: Leg, since_ms: int, place: _Cursor) -> QueryPage:
    if place.next_path is not None:
        return await next_page(session, place.next_path)
    soql = (
        f"SELECT {', '.join(leg.names)} FROM {leg.table}"
        f" WHERE SystemModstamp >= {soql_instant(since_ms)} ORDER BY SystemModstamp, Id"
    )
    return await first_page(session, soql)


def _after(session: OrgSession, place: _Cursor, page: QueryPage, leg_count: int, lag_ms: int) -> _Cursor:
    complete_to_ms = place.complete_to_ms
    if complete_to_ms is None:
        complete_to_ms = page.source_time_ms - lag_ms
    seen = place.seen + len(page.records)
    if page.next_path is not None:
        return _Cursor(
            leg=place.leg,
            next_path=page.next_path,
            seen=seen,
            complete_to_ms=complete_to_ms,
            restarts=place.restarts,
        )
    if seen != page.total:
        raise Transient("TECH_TIMEOUT", f"{session.system} sent {seen} of {page.total} changed rows.")
    return _Cursor(leg=place.leg + 1, complete_to_ms=complete_to_ms, restarts=place.restarts)


def _decode_cursor(cursor: str | None) -> _Cursor:
    if cursor is None:
        return _Cursor()
    try:
        return msgspec.json.decode(cursor, type=_Cursor)
    except msgspec.DecodeError as error:
        raise Unreadable("SCHEMA_INVALID", f"This cursor is not one of ours: {error}") from error


def _latest_stamps(raws: Sequence[msgspec.Raw], key: str) -> Stamps:
    stamps: Stamps = {}
    for raw in raws:
        _, stamp_ms = identify(raw)
        parent_id = text_of(raw, key)
        # A child that belongs to nothing changes nothing.
        if parent_id:
            stamps[parent_id] = max(stamps.get(parent_id, 0), stamp_ms)
    return stamps
