"""One record request from parsed address to reply, whether it came now or waited as a job (wire 4.3)."""

from collections.abc import Mapping

from mocks.erp.netsuite.errors import bad_header, bad_parameter, no_such_record, refuse
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
from mocks.kit.calls import Call, Reply
from mocks.kit.store import Record

_BY_NAME = {name.lower(): kind for name, kind in RECORD_TYPES.items()}
_NAMES_CHECKED = "X-NetSuite-PropertyNameValidation"
_LENIENT = frozenset({"warning", "ignore"})
_TRUTHS = {"true": True, "false": False}


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
        expand = _truth(query, "expandSubResources")
        if "fields" in query:
            fields = frozenset(name.strip() for name in query["fields"].split(","))
            _require_fields(kind, fields)
    return json_reply(shown_record(call.world, kind, record, call.base_url, fields=fields, expand=expand))


def _require_fields(kind: RecordType, fields: frozenset[str]) -> None:
    known = {item.name for item in kind.properties} | {"id", "externalId", "links"}
    known |= {sublist.name for sublist in sublists(kind)}
    unknown = sorted(fields - known)
    if unknown:
        raise bad_parameter("fields", f"The record type {kind.name} has no field {unknown[0]!r}.")


def _truth(query: Mapping[str, str], name: str) -> bool:
    """A parameter that is true or false, and false where it is not given."""
    given = query.get(name, "false").lower()
    if given not in _TRUTHS:
        raise bad_parameter(name, f"The value of {name} must be true or false.")
    return _TRUTHS[given]


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
    given = call.headers.get(_NAMES_CHECKED.lower(), "error").strip().lower()
    if given != "error" and given not in _LENIENT:
        raise bad_header(_NAMES_CHECKED, f"The header {_NAMES_CHECKED} is error, warning or ignore.")
    return given in _LENIENT


def _create(call: Call, kind: RecordType) -> Reply:
    given = incoming(call.world, kind, decoded(call.body), lenient=_lenient(call))
    return _written(call, kind, save(call.world, kind, None, given, merge=False))


def _update(call: Call, kind: RecordType, record: Record) -> Reply:
    content = decoded(call.body)
    if content.get("id", record.id) != record.id:
        raise refuse("INVALID_CONTENT", "The id in the body is not that of the address.", "id")
    given = incoming(call.world, kind, content, lenient=_lenient(call))
    merge = not _is_replaced(call, kind)
    return _written(call, kind, save(call.world, kind, record, given, merge=merge))


def _is_replaced(call: Call, kind: RecordType) -> bool:
    """Whether a change asks for its sublist to stand instead of being merged."""
    names = call.query().get("replace") if call.query_string else None
    if names is None:
        return False
    for name in names.split(","):
        if kind.sublist is None or name != kind.sublist.name:
            raise bad_parameter("replace", f"The record type {kind.name} has no sublist {name!r}.")
    return True


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
