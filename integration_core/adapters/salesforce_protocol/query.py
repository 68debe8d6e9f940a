"""SOQL queries with their pages, and the children of many parents in few calls (wire 4.1)."""

from collections.abc import Sequence
from typing import Generic, TypeVar
from urllib.parse import urlencode

import msgspec
from msgspec import Struct, field

from integration_core.adapters.http.json_body import decode_answer, text_of
from integration_core.adapters.http.records import MISFIT
from integration_core.adapters.http.session import source_time_ms
from integration_core.adapters.salesforce_protocol.rows import (
    ChildRow,
    columns,
    soql_list,
    wire_name,
)
from integration_core.adapters.salesforce_protocol.session import OrgSession
from integration_core.ports.http import HttpResponse
from integration_core.ports.systems import Transient, Unreadable

CHUNK = 200
_PAGE_BOUND = 10_000

ChildT = TypeVar("ChildT", bound=ChildRow)


class _Answer(Struct):
    total: int = field(name="totalSize")
    done: bool
    records: list[msgspec.Raw]
    next_path: str | None = field(name="nextRecordsUrl", default=None)


class QueryPage(Struct, frozen=True, kw_only=True):
    """One page of a result; `next_path` None on the last, `total` the size of the whole."""

    records: tuple[msgspec.Raw, ...]
    next_path: str | None
    total: int
    source_time_ms: int


async def first_page(session: OrgSession, soql: str) -> QueryPage:
    """Run a query that sees deleted rows too; raises VendorError."""
    response = await session.read(f"{session.data_path}/queryAll?{urlencode({'q': soql})}")
    return _page(session, response)


async def next_page(session: OrgSession, next_path: str) -> QueryPage:
    """The page behind a `nextRecordsUrl`; Transient INVALID_QUERY_LOCATOR where the org forgot it."""
    if not next_path.startswith("/"):
        raise Unreadable("SCHEMA_INVALID", f"{session.system} gave a next page that is no path.")
    return _page(session, await session.read(next_path))


def _page(session: OrgSession, response: HttpResponse) -> QueryPage:
    answer = decode_answer(session.system, response, _Answer, write=False)
    if not answer.done and not answer.next_path:
        # Half a result without a way on: taking it for the whole would lose the tail.
        raise Transient("TECH_TIMEOUT", f"{session.system} sent part of a result without the next page.")
    return QueryPage(
        records=tuple(answer.records),
        next_path=None if answer.done else answer.next_path,
        total=answer.total,
        source_time_ms=source_time_ms(session.system, response),
    )


async def all_rows(session: OrgSession, soql: str) -> tuple[msgspec.Raw, ...]:
    """Every row of a query; raises Transient where the pages do not add up to the whole."""
    page = await first_page(session, soql)
    rows = list(page.records)
    for _ in range(_PAGE_BOUND):
        if page.next_path is None:
            break
        page = await next_page(session, page.next_path)
        rows.extend(page.records)
    if len(rows) != page.total:
        raise Transient(
            "TECH_TIMEOUT", f"{session.system} sent {len(rows)} of {page.total} rows of a result."
        )
    return tuple(rows)


async def rows_in(
    session: OrgSession, table: str, names: Sequence[str], key: str, values: Sequence[str], extra: str = ""
) -> tuple[msgspec.Raw, ...]:
    """Rows whose `key` is one of `values`, in calls of at most 200; ordered by key, then id."""
    rows: list[msgspec.Raw] = []
    distinct = sorted(set(values))
    for start in range(0, len(distinct), CHUNK):
        chosen = soql_list(distinct[start : start + CHUNK])
        soql = f"SELECT {', '.join(names)} FROM {table} WHERE {key} IN {chosen}{extra} ORDER BY {key}, Id"
        rows.extend(await all_rows(session, soql))
    return tuple(rows)


class Children(Struct, Generic[ChildT], frozen=True):
    """The live children of many parents; a parent with an unreadable child is named in `broken`."""

    rows: dict[str, tuple[ChildT, ...]]
    broken: dict[str, str]

    def of(self, parent_id: str) -> tuple[ChildT, ...]:
        """A parent's children; raises ValueError where one of them breaks the contract."""
        if parent_id in self.broken:
            raise ValueError(self.broken[parent_id])
        return self.rows.get(parent_id, ())


async def children(
    session: OrgSession, table: str, row_type: type[ChildT], parent_ids: Sequence[str]
) -> Children[ChildT]:
    """The children of these parents, deleted ones left out."""
    key = wire_name(row_type, "parent_id")
    rows: dict[str, tuple[ChildT, ...]] = {}
    broken: dict[str, str] = {}
    for raw in await rows_in(session, table, columns(row_type), key, parent_ids):
        try:
            row = msgspec.json.decode(raw, type=row_type)
        except MISFIT as error:
            broken[text_of(raw, key)] = f"{table} {text_of(raw, 'Id')}: {error}"
            continue
        if not row.deleted:
            rows[row.parent_id] = (*rows.get(row.parent_id, ()), row)
    return Children(rows, broken)
