"""Records as the REST API shows them: links, references with names, exact numbers (wire 4.3, records)."""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from mocks.erp.netsuite.lookups import lines_of, name_of
from mocks.erp.netsuite.properties import Property, RecordType, Sublist, sublists
from mocks.erp.netsuite.schema import TRANSACTIONS
from mocks.kit.calls import Reply
from mocks.kit.schema import Value
from mocks.kit.store import Record
from mocks.kit.world import World

RECORD_ROOT = "/services/rest/record/v1"
SINGULAR = "application/vnd.oracle.resource+json; type=singular"
COLLECTION = "application/vnd.oracle.resource+json; type=collection"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_encoder = msgspec.json.Encoder(decimal_format="number")
# REST paths name record types; references know tables.
_PATH_OF = {"accountingperiod": "accountingPeriod"}
_PATH_OF_TYPE = {kind.transaction_type: kind.name for kind in TRANSACTIONS}


def encoded(content: Any) -> bytes:
    """A body with decimals as exact JSON numbers."""
    return _encoder.encode(content)


def json_reply(content: Any, content_type: str = SINGULAR, status: int = 200) -> Reply:
    """A JSON answer."""
    return Reply(status, _encoder.encode(content), content_type)


def number(scaled: int, scale: int) -> int | Decimal:
    """A scaled integer as an exact number without trailing zeros."""
    whole, rest = divmod(scaled, 10**scale)
    if not rest:
        return int(whole)
    exact = Decimal(scaled).scaleb(-scale)
    return exact.normalize()


def instant(at_ms: int) -> str:
    """An instant as the REST API shows it."""
    stamp = _EPOCH + timedelta(milliseconds=at_ms)
    return f"{stamp:%Y-%m-%dT%H:%M:%S}.{stamp.microsecond // 1000:03d}Z"


def record_url(base_url: str, name: str, record_id: str) -> str:
    """The address of a record."""
    return f"{base_url}{RECORD_ROOT}/{name}/{record_id}"


def self_link(href: str) -> list[dict[str, str]]:
    """The links of a resource that has only its own."""
    return [{"rel": "self", "href": href}]


def shown(world: World, item: Property, value: Value, base_url: str) -> Any:
    """One stored value as JSON."""
    match item.kind:
        case "decimal":
            return number(int(value or 0), item.scale)
        case "boolean":
            return bool(value)
        case "reference":
            path = _path(world, item.record, str(value))
            reference = {"links": self_link(record_url(base_url, path, str(value))), "id": str(value)}
            name = name_of(world, item.record, str(value))
            return reference if name is None else {**reference, "refName": name}
        case "instant":
            return instant(int(value or 0))
        case "fraction":
            return Decimal(str(value))
        case "choice":
            return {"id": value, "refName": dict(item.choices).get(str(value), "")}
    return value


def _path(world: World, table: str, record_id: str) -> str:
    """The record type of a reference, as its address names it."""
    if table != "transaction":
        return _PATH_OF.get(table, table)
    rows = world.store.rows('SELECT type FROM "transaction" WHERE id = ?', (record_id,))
    return _PATH_OF_TYPE[rows[0][0]] if rows else table


def shown_record(
    world: World,
    kind: RecordType,
    record: Record,
    base_url: str,
    *,
    fields: Collection[str] | None = None,
    expand: bool = False,
) -> dict[str, Any]:
    """A record in its current version; nulls are left out, but booleans are always there."""
    href = record_url(base_url, kind.name, record.id)
    values = record.values
    body: dict[str, Any] = {"links": self_link(href), "id": record.id}
    external_id = values.get("externalid")
    if external_id is not None and (fields is None or "externalId" in fields):
        body["externalId"] = external_id
    for item in kind.properties:
        value = values[item.column]
        if fields is not None and item.name not in fields:
            continue
        if value is not None or item.kind == "boolean":
            body[item.name] = shown(world, item, value, base_url)
    if fields is None:
        body["createdDate"] = instant(record.created_ms)
        body["lastModifiedDate"] = instant(record.modified_ms)
    for sublist in sublists(kind):
        if fields is None or sublist.name in fields:
            body[sublist.name] = (
                shown_sublist(world, sublist, record.id, href)
                if expand
                else {"links": self_link(f"{href}/{sublist.name}")}
            )
    return body


def shown_sublist(world: World, sublist: Sublist, record_id: str, href: str) -> dict[str, Any]:
    """A transaction's lines, whole."""
    address = f"{href}/{sublist.name}"
    items = [
        shown_line(world, sublist, line, address) for line in lines_of(world, record_id, sublist.line_type)
    ]
    return {"links": self_link(address), "items": items, "totalResults": len(items)}


def shown_line(world: World, sublist: Sublist, line: Record, address: str) -> dict[str, Any]:
    """One line of a sublist."""
    base_url = address.partition(RECORD_ROOT)[0]
    body: dict[str, Any] = {
        "links": self_link(f"{address}/{line.values['linesequencenumber']}"),
    }
    for item in sublist.properties:
        value = line.values[item.column]
        if value is not None:
            body[item.name] = shown(world, item, value, base_url)
    return body


def page_links(base: str, limit: int, offset: int, total: int) -> list[dict[str, str]]:
    """Links of one page of a collection; `base` is its address up to the paging parameters."""
    mark = "&" if "?" in base else "?"
    last = max(0, (total - 1) // limit * limit) if total else 0
    places = [("self", offset)]
    if offset:
        places = [("previous", max(0, offset - limit)), ("first", 0), *places]
    if offset + limit < total:
        places = [("next", offset + limit), ("last", last), *places]
    return [{"rel": rel, "href": f"{base}{mark}limit={limit}&offset={at}"} for rel, at in places]


def collection(
    items: Iterable[dict[str, Any]], base: str, limit: int, offset: int, total: int
) -> dict[str, Any]:
    """One page of a collection."""
    page = list(items)
    return {
        "links": page_links(base, limit, offset, total),
        "count": len(page),
        "hasMore": offset + len(page) < total,
        "items": page,
        "offset": offset,
        "totalResults": total,
    }
