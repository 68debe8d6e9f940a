"""The protocol's resources as one table: path, what serves it, how it is described (wire 4.1)."""

from collections.abc import Callable

from msgspec import Struct

from mocks.kit.calls import Call, Reply
from mocks.protocols.salesforce import batches, discovery, querying, replication, singles
from mocks.protocols.salesforce import description as shown
from mocks.protocols.salesforce.records import Org

Serving = Callable[[Org, Call], Reply]


class Resource(Struct, frozen=True):
    """One operation of the protocol before it is bound to an org."""

    method: str
    path: str
    name: str
    summary: str
    serve: Serving
    good: dict[int, shown.Fragment | None]
    body: shown.Fragment | None = None
    query: tuple[shown.Fragment, ...] = ()


def _query(deleted: bool) -> Serving:
    return lambda org, call: querying.query(org, call, deleted=deleted)


_RECORD, _KEYED = "/sobjects/{object}/{id}", "/sobjects/{object}/{field}/{value:path}"
_MANY, _SPAN = "/composite/sobjects", shown.in_query("start", "end", required=True)
_Q = shown.in_query("q", required=True)
_CREATED: dict[int, shown.Fragment | None] = {201: shown.SAVED}
_UPSERTED: dict[int, shown.Fragment | None] = {200: shown.SAVED, 201: shown.SAVED, 204: None}
_FOUND: dict[int, shown.Fragment | None] = {200: shown.RECORD}
_PAGE: dict[int, shown.Fragment | None] = {200: shown.PAGE}
_SAVED: dict[int, shown.Fragment | None] = {200: shown.SAVED_MANY}
_GONE: dict[int, shown.Fragment | None] = {204: None}

# Paths without variables first: the router takes the first that fits.
RESOURCES = (
    Resource("GET", "", "listResources", "What the API has", discovery.list_resources, _FOUND),
    Resource("GET", "/limits", "limits", "Limits and what is left", discovery.show_limits, _FOUND),
    Resource("GET", "/query", "query", "Run a query", _query(False), _PAGE, query=_Q),
    Resource(
        "GET", "/queryAll", "queryAll", "Run a query, deleted records too", _query(True), _PAGE, query=_Q
    ),
    Resource("GET", "/query/{locator}", "queryMore", "The next page", querying.query_more, _PAGE),
    Resource("GET", "/queryAll/{locator}", "queryAllMore", "The next page", querying.query_more, _PAGE),
    Resource("GET", "/sobjects", "listObjects", "All objects", discovery.list_objects, _FOUND),
    Resource(
        "POST",
        "/sobjects/{object}",
        "createRecord",
        "Create a record",
        singles.create_record,
        _CREATED,
        shown.RECORD,
    ),
    Resource(
        "GET", "/sobjects/{object}/describe", "describe", "An object's fields", discovery.describe, _FOUND
    ),
    Resource(
        "GET",
        "/sobjects/{object}/updated",
        "updated",
        "Changed records",
        replication.updated,
        _FOUND,
        query=_SPAN,
    ),
    Resource(
        "GET",
        "/sobjects/{object}/deleted",
        "deleted",
        "Deleted records",
        replication.deleted,
        _FOUND,
        query=_SPAN,
    ),
    Resource(
        "GET",
        _RECORD,
        "readRecord",
        "Read a record",
        singles.read_record,
        _FOUND,
        query=shown.in_query("fields"),
    ),
    Resource("PATCH", _RECORD, "updateRecord", "Change a record", singles.update_record, _GONE, shown.RECORD),
    Resource("DELETE", _RECORD, "deleteRecord", "Delete a record", singles.delete_record, _GONE),
    Resource(
        "GET",
        _KEYED,
        "readByKey",
        "Read by external id",
        singles.read_by_key,
        _FOUND,
        query=shown.in_query("fields"),
    ),
    Resource(
        "PATCH",
        _KEYED,
        "upsertRecord",
        "Create or change by external id",
        singles.upsert_record,
        _UPSERTED,
        shown.RECORD,
        shown.in_query("updateOnly"),
    ),
    Resource("DELETE", _KEYED, "deleteByKey", "Delete by external id", singles.delete_by_key, _GONE),
    Resource("POST", _MANY, "createMany", "Create records", batches.create_many, _SAVED, shown.COLLECTION),
    Resource("PATCH", _MANY, "updateMany", "Change records", batches.update_many, _SAVED, shown.COLLECTION),
    Resource(
        "DELETE",
        _MANY,
        "deleteMany",
        "Delete records",
        batches.delete_many,
        _SAVED,
        query=shown.in_query("ids", required=True) + shown.in_query("allOrNone"),
    ),
    Resource(
        "POST",
        _MANY + "/{object}",
        "readMany",
        "Read records by id",
        batches.read_many,
        {200: shown.RECORDS},
        shown.CHOSEN,
    ),
    Resource(
        "PATCH",
        _MANY + "/{object}/{field}",
        "upsertMany",
        "Create or change records by external id",
        batches.upsert_many,
        _SAVED,
        shown.COLLECTION,
    ),
)
