"""One record request from parsed address to reply, whether it came now or waited as a job (wire 4.3)."""

from mocks.erp.netsuite.errors import error_reply, no_such_record, refuse
from mocks.erp.netsuite.lookups import EXTERNAL_PREFIX, by_external_id, by_key, lines_of
from mocks.erp.netsuite.paging import record_page
from mocks.erp.netsuite.properties import RecordType, Sublist, sublists
from mocks.erp.netsuite.reading import decoded, incoming
from mocks.erp.netsuite.records import delete, save
from mocks.erp.netsuite.schema import RECORD_TYPES
from mocks.erp.netsuite.wire import (
    COLLECTION,
    json_reply,
    record_url,
    shown_line,
    shown_record,
    shown_sublist,
)
from mocks.kit.calls import Call, Refusal, Reply
from mocks.kit.store import Record

_BY_NAME = {name.lower(): kind for name, kind in RECORD_TYPES.items()}
_LENIENT = frozenset({"warning", "ignore"})


def serve_record(call: Call) -> Reply:
    """Answer a request about records; raises Refusal."""
    parameters = call.path_parameters
    kind = _BY_NAME.get(parameters["record_type"].lower())
    if kind is None:
        raise refuse(
            "INVALID_VALUE", f"Record type {parameters['record_type']!r} does not exist.", status=404
        )
    key = parameters.get("record_id")
    if key is None:
        return record_page(call, kind) if call.method == "GET" else _create(call, kind)
    if call.method == "PUT":
        return _upsert(call, kind, key)
    record = by_key(call.world, kind, key)
    if record is None:
        raise no_such_record()
    if call.method == "PATCH":
        return _update(call, kind, record)
    if call.method == "DELETE":
        delete(call.world, kind, record)
        return Reply(204)
    if "sublist" in parameters:
        return _sublist(call, kind, record)
    return _read(call, kind, record)


def _read(call: Call, kind: RecordType, record: Record) -> Reply:
    fields: frozenset[str] | None = None
    expand = False
    if call.query_string:
        query = call.query()
        expand = query.get("expandSubResources", "").lower() == "true"
        if query.get("fields"):
            fields = frozenset(name.strip() for name in query["fields"].split(","))
            _require_fields(kind, fields)
    return json_reply(shown_record(call.world, kind, record, call.base_url, fields=fields, expand=expand))


def _require_fields(kind: RecordType, fields: frozenset[str]) -> None:
    known = {item.name for item in kind.properties} | {"id", "externalId", "links"}
    known |= {sublist.name for sublist in sublists(kind)}
    unknown = sorted(fields - known)
    if unknown:
        raise Refusal(
            error_reply(
                400,
                "INVALID_PARAMETER",
                f"The record type {kind.name} has no field {unknown[0]}.",
                path="fields",
                kind="o:errorQueryParam",
            )
        )


def _sublist(call: Call, kind: RecordType, record: Record) -> Reply:
    sublist = _named_sublist(call, kind)
    href = record_url(call.base_url, kind.name, record.id)
    number = call.path_parameters.get("line")
    if number is None:
        return json_reply(shown_sublist(call.world, sublist, record.id, href), COLLECTION)
    for line in lines_of(call.world, record.id, sublist.line_type):
        if str(line.values["linesequencenumber"]) == number:
            return json_reply(shown_line(call.world, sublist, line, f"{href}/{sublist.name}"))
    raise no_such_record()


def _named_sublist(call: Call, kind: RecordType) -> Sublist:
    for sublist in sublists(kind):
        if sublist.name == call.path_parameters["sublist"]:
            return sublist
    raise no_such_record()


def _lenient(call: Call) -> bool:
    return call.headers.get("x-netsuite-propertynamevalidation", "error").strip().lower() in _LENIENT


def _create(call: Call, kind: RecordType) -> Reply:
    given = incoming(call.world, kind, decoded(call.body), lenient=_lenient(call))
    return _written(call, kind, save(call.world, kind, None, given, merge=False))


def _update(call: Call, kind: RecordType, record: Record) -> Reply:
    content = decoded(call.body)
    if content.get("id", record.id) != record.id:
        raise refuse("INVALID_CONTENT", "The id in the body is not that of the address.", "id")
    given = incoming(call.world, kind, content, lenient=_lenient(call))
    replaced = call.query().get("replace", "").split(",") if call.query_string else []
    merge = kind.sublist is None or kind.sublist.name not in replaced
    return _written(call, kind, save(call.world, kind, record, given, merge=merge))


def _upsert(call: Call, kind: RecordType, key: str) -> Reply:
    external_id = key.removeprefix(EXTERNAL_PREFIX)
    if external_id == key or not external_id or len(external_id) > 255:
        raise refuse("INVALID_VALUE", "PUT needs the external ID of a record, as eid:<externalId>.")
    given = incoming(call.world, kind, decoded(call.body), lenient=_lenient(call))
    if given.changes.setdefault("externalid", external_id) != external_id:
        raise refuse(
            "INVALID_CONTENT", "The external ID in the body is not that of the address.", "externalId"
        )
    before = by_external_id(call.world, kind, external_id)
    # A whole representation: its lines are the lines, so that the same body twice is one document.
    return _written(call, kind, save(call.world, kind, before, given, merge=False))


def _written(call: Call, kind: RecordType, record_id: str) -> Reply:
    reply = Reply(204)
    reply.headers.append(("location", record_url(call.base_url, kind.name, record_id)))
    return reply
