"""Collections in pages: SuiteQL results and record lists by limit and offset (wire 4.3).

A page is no snapshot: rows that change between two pages may come twice or not at all, unless the
caller orders by something that is unique.
"""

import sqlite3
from typing import TYPE_CHECKING, Any

from mocks.erp.netsuite import filtering
from mocks.erp.netsuite.columns import shown, visible_rows
from mocks.erp.netsuite.errors import bad_header, bad_parameter, error_reply, refuse
from mocks.erp.netsuite.properties import RecordType
from mocks.erp.netsuite.reading import decoded
from mocks.erp.netsuite.wire import (
    COLLECTION,
    RECORD_ROOT,
    collection,
    json_reply,
    record_url,
    self_link,
)
from mocks.kit.calls import Call, Refusal, Reply
from mocks.kit.schema import Value
from mocks.kit.store import quoted

if TYPE_CHECKING:
    from mocks.erp.netsuite.suiteql import Compiled

MAXIMUM_PAGE = 1000
MAXIMUM_ROWS = 100_000


def query_page(call: Call) -> Reply:
    """Answer a SuiteQL query."""
    # The SQL parser costs a third of the start-up; a mock is ready without it.
    from mocks.erp.netsuite import suiteql

    if call.headers.get("prefer", "").strip().lower() != "transient":
        raise bad_header("Prefer", "The required header Prefer is missing or not transient.")
    text = decoded(call.body).get("q")
    if not isinstance(text, str) or not text.strip():
        raise refuse("INVALID_CONTENT", "The request body must have the query in q.", "q")
    limit, offset = _page(call)
    try:
        query = suiteql.compile_query(call.world, text)
        total, rows = _run(call, query, limit, offset)
    except (suiteql.InvalidQuery, sqlite3.Error) as problem:
        raise refuse(
            "INVALID_PARAMETER", f"Invalid search query. Detailed error: {problem}.", "q"
        ) from problem
    items = [
        {
            "links": [],
            **{
                name: text
                for (name, column), value in zip(query.output, row, strict=True)
                if (text := shown(column, value)) is not None
            },
        }
        for row in rows
    ]
    base = f"{call.base_url}/services/rest/query/v1/suiteql"
    return json_reply(collection(items, base, limit, offset, total), COLLECTION)


def _run(call: Call, query: "Compiled", limit: int, offset: int) -> tuple[int, list[tuple[Any, ...]]]:
    store = call.world.store
    most = MAXIMUM_ROWS if query.maximum is None else max(0, min(query.maximum, MAXIMUM_ROWS))
    page = min(limit, max(0, most - offset))
    rows = store.rows(f"{query.sql} LIMIT {page} OFFSET {offset}", query.parameters)
    if len(rows) < page and (rows or not offset):
        return offset + len(rows), rows
    counted = f"SELECT COUNT(*) FROM ({query.sql} LIMIT {most})"
    return int(store.rows(counted, query.parameters)[0][0]), rows


def record_page(call: Call, kind: RecordType) -> Reply:
    """List the records of a type: ids only, as the account does."""
    limit, offset = _page(call)
    wanted = call.query().get("q", "")
    rows, parameters = visible_rows(call.world, kind.table)
    condition = "deleted = 0"
    if kind.transaction_type:
        condition += " AND type = ?"
        parameters = [*parameters, kind.transaction_type]
    if wanted:
        try:
            more, values = filtering.compiled(kind, wanted)
        except filtering.InvalidFilter as problem:
            raise Refusal(
                error_reply(
                    400, "INVALID_VALUE", f"Invalid filter: {problem}.", path="q", kind="o:errorQueryParam"
                )
            ) from problem
        condition, parameters = f"{condition} AND ({more})", [*parameters, *values]
    total, ids = _ids(call, f"FROM {rows} AS {quoted('t')} WHERE {condition}", parameters, limit, offset)
    items = [
        {"links": self_link(record_url(call.base_url, kind.name, record_id)), "id": record_id}
        for record_id in ids
    ]
    base = f"{call.base_url}{RECORD_ROOT}/{kind.name}"
    return json_reply(collection(items, base, limit, offset, total), COLLECTION)


def _ids(call: Call, source: str, parameters: list[Value], limit: int, offset: int) -> tuple[int, list[str]]:
    store = call.world.store
    order = "ORDER BY CAST(id AS INTEGER)"
    ids = [
        row[0] for row in store.rows(f"SELECT id {source} {order} LIMIT {limit} OFFSET {offset}", parameters)
    ]
    return int(store.rows(f"SELECT COUNT(*) {source}", parameters)[0][0]), ids


def _page(call: Call) -> tuple[int, int]:
    """Limit and offset of a request; the limit may be less where the system gives small pages."""
    query = call.query()
    limit = _whole(query.get("limit", str(MAXIMUM_PAGE)), "limit")
    offset = _whole(query.get("offset", "0"), "offset")
    if not 1 <= limit <= MAXIMUM_PAGE:
        raise bad_parameter("limit", f"The limit must be from 1 to {MAXIMUM_PAGE}.")
    if offset % limit or offset > MAXIMUM_ROWS:
        raise bad_parameter("offset", "The offset must be divisible by the limit.")
    return call.world.page_size(limit), offset


def _whole(text: str, name: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise bad_parameter(name, f"The value of {name} must be a whole number.")
    return int(text)
