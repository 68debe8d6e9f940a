"""The protocol's resources as one table: path, what serves it, how it is described (wire 4.1)."""

from collections.abc import Callable

from msgspec import Struct

from mocks.kit.calls import Call, Reply
from mocks.protocols.salesforce import batches, discovery, querying, replication, singles
from mocks.protocols.salesforce import description as shown
from mocks.protocols.salesforce.records import Org

Serving = Callable[[Org, Call], Reply]


class Resource(Struct, frozen=True):
    """One operation of the protocol before it is bound to an org.

    `refused` are the statuses it may be refused with beside those that every operation has.
    """

    method: str
    path: str
    name: str
    summary: str
    serve: Serving
    good: dict[int, shown.Fragment | None]
    body: shown.Fragment | None = None
    query: tuple[shown.Fragment, ...] = ()
    refused: tuple[int, ...] = ()
    keyed: bool = False  # of objects with an external id alone

    def described(self) -> shown.Fragment:
        """All its answers."""
        return shown.answers(self.good, {*shown.SERVED, *self.refused})


def _query(deleted: bool) -> Serving:
    return lambda org, call: querying.query(org, call, deleted=deleted)


def _read(path: str, name: str, summary: str, serve: Serving, schema: shown.Fragment) -> Resource:
    """A read that takes nothing but its path."""
    return Resource("GET", path, name, summary, serve, {200: schema})


def _asked(
    path: str, name: str, summary: str, serve: Serving, schema: shown.Fragment, *query: shown.Fragment
) -> Resource:
    """A read with parameters, which may be wrong."""
    return Resource("GET", path, name, summary, serve, {200: schema}, query=query, refused=(400,))


def _write(
    method: str,
    path: str,
    name: str,
    summary: str,
    serve: Serving,
    good: dict[int, shown.Fragment | None],
    body: shown.Fragment | None = None,
    *query: shown.Fragment,
    keyed: bool = False,
) -> Resource:
    """A write, which rules may refuse."""
    refused = (400,) if body is None else (400, 413)
    return Resource(method, path, name, summary, serve, good, body, query, refused, keyed)


_RECORD, _KEYED = "/sobjects/{object}/{id}", "/sobjects/{object}/{field}/{value:path}"
_MANY, _OBJECT = "/composite/sobjects", "/sobjects/{object}"
_Q = (*shown.in_query("q", schema=shown.SOQL, required=True), shown.QUERY_OPTIONS)
_SPAN = shown.in_query("start", "end", schema=shown.SPAN, required=True)
_FIELDS = shown.in_query("fields", schema=shown.FIELD_NAMES)
_IDS = shown.in_query("ids", schema={"type": "string", "format": "any-ids", "minLength": 1}, required=True)
_TOGETHER = shown.in_query("allOrNone", schema=shown.FLAG)
_UPDATE_ONLY = shown.in_query("updateOnly", schema=shown.FLAG)
_GONE: dict[int, shown.Fragment | None] = {204: None}
_ANY_RECORD = shown.ref("AnyRecord")

# Paths without variables first: the router takes the first that fits.
RESOURCES = (
    _read("", "listResources", "What the API has", discovery.list_resources, shown.RESOURCES),
    _read("/limits", "limits", "Limits and what is left", discovery.show_limits, shown.LIMITS),
    _asked("/query", "query", "Run a query", _query(False), shown.PAGE, *_Q),
    _asked("/queryAll", "queryAll", "Run a query, deleted records too", _query(True), shown.PAGE, *_Q),
    _asked(
        "/query/{locator}",
        "queryMore",
        "The next page",
        querying.query_more,
        shown.PAGE,
        shown.QUERY_OPTIONS,
    ),
    _asked(
        "/queryAll/{locator}",
        "queryAllMore",
        "The next page",
        querying.query_more,
        shown.PAGE,
        shown.QUERY_OPTIONS,
    ),
    _read("/sobjects", "listObjects", "All objects", discovery.list_objects, shown.OBJECTS),
    _write(
        "POST",
        _OBJECT,
        "createRecord",
        "Create a record",
        singles.create_record,
        {201: shown.CREATED},
        shown.ref("AnyNew"),
    ),
    _read(_OBJECT + "/describe", "describe", "An object's fields", discovery.describe, shown.DESCRIBED),
    _asked(_OBJECT + "/updated", "updated", "Changed records", replication.updated, shown.UPDATED, *_SPAN),
    _asked(_OBJECT + "/deleted", "deleted", "Deleted records", replication.deleted, shown.DELETED, *_SPAN),
    _asked(_RECORD, "readRecord", "Read a record", singles.read_record, _ANY_RECORD, *_FIELDS),
    _write(
        "PATCH",
        _RECORD,
        "updateRecord",
        "Change a record",
        singles.update_record,
        _GONE,
        shown.ref("AnyChange"),
    ),
    _write("DELETE", _RECORD, "deleteRecord", "Delete a record", singles.delete_record, _GONE),
    Resource(
        "GET",
        _KEYED,
        "readByKey",
        "Read by external id",
        singles.read_by_key,
        {200: _ANY_RECORD, 300: shown.SEVERAL},
        query=_FIELDS,
        refused=(400,),
        keyed=True,
    ),
    _write(
        "PATCH",
        _KEYED,
        "upsertRecord",
        "Create or change by external id",
        singles.upsert_record,
        {200: shown.UPSERTED_OLD, 201: shown.UPSERTED_NEW, 204: None, 300: shown.SEVERAL},
        shown.ref("AnyKeyed"),
        *_UPDATE_ONLY,
        keyed=True,
    ),
    _write(
        "DELETE",
        _KEYED,
        "deleteByKey",
        "Delete by external id",
        singles.delete_by_key,
        {204: None, 300: shown.SEVERAL},
        keyed=True,
    ),
    _write(
        "POST",
        _MANY,
        "createMany",
        "Create records",
        batches.create_many,
        {200: shown.SAVED_MANY},
        shown.ref("NewRecords"),
    ),
    _write(
        "PATCH",
        _MANY,
        "updateMany",
        "Change records",
        batches.update_many,
        {200: shown.SAVED_MANY},
        shown.ref("ChangedRecords"),
    ),
    _write(
        "DELETE",
        _MANY,
        "deleteMany",
        "Delete records",
        batches.delete_many,
        {200: shown.SAVED_MANY},
        None,
        *_IDS,
        *_TOGETHER,
    ),
    _write(
        "POST",
        _MANY + "/{object}",
        "readMany",
        "Read records by id",
        batches.read_many,
        {200: shown.READ_MANY},
        shown.CHOSEN,
    ),
    _write(
        "PATCH",
        _MANY + "/{object}/{field}",
        "upsertMany",
        "Create or change records by external id",
        batches.upsert_many,
        {200: shown.UPSERTED_MANY},
        shown.ref("KeyedRecords"),
        keyed=True,
    ),
)


def inner_bodies() -> list[shown.Fragment]:
    """What may stand inside an answer to several requests, each once."""
    found: list[shown.Fragment] = []
    for resource in RESOURCES:
        found += [schema for schema in resource.good.values() if schema is not None and schema not in found]
    return found
