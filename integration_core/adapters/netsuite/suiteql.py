"""SuiteQL reads that stay right while rows change between pages (wire 4.3, SuiteQL).

Result pages are no snapshot: by offset, a row that moves to the end pulls all behind it forward
and one is skipped. So each page starts where the last one ended, by (lastmodifieddate, id): a row
that changes meanwhile only moves to where it is still to be read.
"""

import re
from datetime import UTC, datetime, timedelta

import msgspec
from msgspec import Struct, field

from integration_core.adapters.http.json_body import decode_answer
from integration_core.adapters.http.session import source_time_ms
from integration_core.adapters.netsuite.failures import error_detail, failure
from integration_core.adapters.netsuite.session import SuiteSession
from integration_core.ports.systems import Transient, Unreadable

PAGE_ROWS = 1000
_PAGE_BOUND = 10_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_STAMP = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d{1,6})?Z?")


class SuiteRow(Struct, frozen=True, kw_only=True):
    """What every table has; subtypes add the columns they use."""

    id: str | int
    stamp: str = field(name="lastmodifieddate")


class Place(Struct, frozen=True, array_like=True):
    """Where a page ended: rows after (stamp, id), or from the stamp on where `id` is 0."""

    stamp_ms: int
    id: int = 0


class SuitePage(Struct, frozen=True, kw_only=True):
    """One page of rows; `following` None on the last."""

    rows: tuple[msgspec.Raw, ...]
    following: Place | None
    source_time_ms: int


class _Answer(Struct):
    items: list[msgspec.Raw]
    count: int
    more: bool = field(name="hasMore")
    total: int = field(name="totalResults")


class _Identity(Struct):
    id: str | int = ""
    lastmodifieddate: str = ""


async def changed_rows(
    session: SuiteSession, table: str, row_type: type[SuiteRow], place: Place, condition: str = ""
) -> SuitePage:
    """One page of a table's rows from a place on, oldest change first; raises VendorError."""
    names = ", ".join(part.encode_name for part in msgspec.structs.fields(row_type))
    query = f"SELECT {names} FROM {table} WHERE {condition}{_from(place)} ORDER BY lastmodifieddate, id"
    path = f"/services/rest/query/v1/suiteql?limit={PAGE_ROWS}&offset=0"
    response = await session.send("POST", path, {"q": query}, write=False, prefer="transient")
    if response.status != 200:
        raise failure(session.system, response, False, error_detail(response))
    answer = decode_answer(session.system, response, _Answer, write=False)
    whole = answer.count == len(answer.items) and answer.more == (answer.total > answer.count)
    if not whole or (answer.more and not answer.items):
        raise Transient("TECH_TIMEOUT", f"{session.system} sent {len(answer.items)} of {answer.total} rows.")
    return SuitePage(
        rows=tuple(answer.items),
        following=_following(session.system, answer, place),
        source_time_ms=source_time_ms(session.system, response),
    )


async def all_rows(
    session: SuiteSession, table: str, row_type: type[SuiteRow], since_ms: int = 0
) -> SuitePage:
    """Every row of a small table that changed since an instant, as one page with the first one's time."""
    first = page = await changed_rows(session, table, row_type, Place(max(0, since_ms)))
    rows = list(first.rows)
    for _ in range(_PAGE_BOUND):
        if page.following is None:
            return SuitePage(rows=tuple(rows), following=None, source_time_ms=first.source_time_ms)
        page = await changed_rows(session, table, row_type, page.following)
        rows.extend(page.rows)
    raise Unreadable("SCHEMA_INVALID", f"{session.system}: {table} does not come to an end.")


def identify(raw: msgspec.Raw) -> tuple[str, int]:
    """Native id and modification instant of a row, as far as it has them."""
    try:
        found = msgspec.json.decode(raw, type=_Identity)
        return str(found.id), stamp_ms(found.lastmodifieddate)
    except msgspec.DecodeError:
        return "", 0
    except ValueError:
        return str(found.id), 0


def stamp_ms(text: str) -> int:
    """UTC milliseconds of `2026-01-31 08:00:00.123`; raises ValueError."""
    if not _STAMP.fullmatch(text):
        raise ValueError(f"{text!r} is no timestamp")
    stamp = datetime.fromisoformat(text.rstrip("Z")).replace(tzinfo=UTC)
    return (stamp - _EPOCH) // _MILLISECOND


def timestamp(at_ms: int) -> str:
    """A SuiteQL timestamp literal."""
    text = (_EPOCH + timedelta(milliseconds=at_ms)).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
    return f"TO_TIMESTAMP('{text}', 'YYYY-MM-DD HH24:MI:SS.FF3')"


def _from(place: Place) -> str:
    stamp = timestamp(place.stamp_ms)
    if not place.id:
        return f"lastmodifieddate >= {stamp}"
    return f"(lastmodifieddate > {stamp} OR (lastmodifieddate = {stamp} AND id > {place.id}))"


def _following(system: str, answer: _Answer, place: Place) -> Place | None:
    if place.id and answer.items and _key(_place(system, answer.items[0])) <= _key(place):
        raise Unreadable("SCHEMA_INVALID", f"{system} repeated rows of the page before; it would never end.")
    return _place(system, answer.items[-1]) if answer.more else None


def _key(place: Place) -> tuple[int, int]:
    return place.stamp_ms, place.id


def _place(system: str, raw: msgspec.Raw) -> Place:
    native_id, at_ms = identify(raw)
    if not native_id.isdecimal() or not at_ms:
        raise Unreadable("SCHEMA_INVALID", f"{system} sent a row without id or stamp; no page can follow it.")
    return Place(at_ms, int(native_id))
