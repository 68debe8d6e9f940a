"""One record a call: create, read, update and delete, by id and by external id (wire 4.1, sObjects)."""

from typing import Any

from mocks.kit.calls import Call, Reply
from mocks.kit.schema import Value
from mocks.protocols.salesforce import records
from mocks.protocols.salesforce.errors import not_found
from mocks.protocols.salesforce.incoming import (
    Incoming,
    external_id_column,
    external_id_value,
    field_map,
    flag_of,
    record_id_of,
    shape_named,
    store_values,
)
from mocks.protocols.salesforce.querying import version_path
from mocks.protocols.salesforce.records import Org, SeveralRecords, matching_ids
from mocks.protocols.salesforce.rules import Problem, WriteRefused
from mocks.protocols.salesforce.shapes import Column, Shape
from mocks.protocols.salesforce.values import encode_json

API = "api"
UPSERT_ANSWERS_SINCE = 46  # before this version an update by external id had no body


def create_record(org: Org, call: Call) -> Reply:
    """POST sobjects/{object}."""
    shape = shape_named(org, call.path_parameters["object"])
    values = store_values(Incoming(org, call.world, shape), field_map(call.body), creating=True)
    record_id = records.create(org, call.world, shape.name, values, actor=API)
    reply = Reply(201, encode_json({"id": record_id, "success": True, "errors": []}))
    reply.headers.append(("location", f"{version_path(call)}/sobjects/{shape.name}/{record_id}"))
    return reply


def read_record(org: Org, call: Call) -> Reply:
    """GET sobjects/{object}/{id}, with `fields` for some of them."""
    shape = shape_named(org, call.path_parameters["object"])
    record_id = record_id_of(shape, call.path_parameters["id"])
    return Reply(body=encode_json(rendered(call, shape, record_id)))


def update_record(org: Org, call: Call) -> Reply:
    """PATCH sobjects/{object}/{id}."""
    shape = shape_named(org, call.path_parameters["object"])
    record_id = record_id_of(shape, call.path_parameters["id"])
    values = store_values(Incoming(org, call.world, shape), field_map(call.body), creating=False)
    records.update(org, call.world, shape.name, record_id, values, actor=API)
    return Reply(204)


def delete_record(org: Org, call: Call) -> Reply:
    """DELETE sobjects/{object}/{id}."""
    shape = shape_named(org, call.path_parameters["object"])
    records.delete(org, call.world, shape.name, record_id_of(shape, call.path_parameters["id"]), actor=API)
    return Reply(204)


def read_by_key(org: Org, call: Call) -> Reply:
    """GET sobjects/{object}/{field}/{value}."""
    shape, column, value = _keyed(org, call)
    return Reply(body=encode_json(rendered(call, shape, _only(call, shape, column, value))))


def delete_by_key(org: Org, call: Call) -> Reply:
    """DELETE sobjects/{object}/{field}/{value}."""
    shape, column, value = _keyed(org, call)
    records.delete(org, call.world, shape.name, _only(call, shape, column, value), actor=API)
    return Reply(204)


def upsert_record(org: Org, call: Call) -> Reply:
    """PATCH sobjects/{object}/{field}/{value}: the one write that may be repeated."""
    shape, column, value = _keyed(org, call)
    place = Incoming(org, call.world, shape)
    values = store_values(place, field_map(call.body), creating=False, key=column.name)
    if column.name == "Id" or flag_of(call.query(), "updateOnly"):
        record_id = _only(call, shape, column, value)
        records.update(org, call.world, shape.name, record_id, values, actor=API)
        created = False
    else:
        record_id, created = records.upsert(
            org, call.world, shape.name, column.name, value, values, actor=API
        )
    if not created and major_version(call) < UPSERT_ANSWERS_SINCE:
        return Reply(204)
    body = {"id": record_id, "success": True, "errors": [], "created": created}
    reply = Reply(201 if created else 200, encode_json(body))
    if created:
        reply.headers.append(("location", f"{version_path(call)}/sobjects/{shape.name}/{record_id}"))
    return reply


def rendered(call: Call, shape: Shape, record_id: str) -> dict[str, Any]:
    """A record as the API shows it; NOT_FOUND where there is none or it is deleted."""
    rows = call.world.store.rows(shape.read_sql, (record_id,))
    if not rows:
        raise not_found()
    record = shape.render(rows[0], version_path(call))
    wanted = call.query().get("fields") if call.query_string else None
    return record if wanted is None else chosen(record, shape, wanted.split(","))


def chosen(record: dict[str, Any], shape: Shape, names: list[str]) -> dict[str, Any]:
    """Some fields of a record, its id always among them; INVALID_FIELD for an unknown one."""
    kept = {"attributes": record["attributes"]}
    for name in names:
        column = shape.column(name.strip())
        if column is None:
            text = f"No such column '{name[:80]}' on sobject of type {shape.name}"
            raise WriteRefused(Problem("INVALID_FIELD", text))
        kept[column.name] = record[column.name]
    return {**kept, "Id": record["Id"]}


def major_version(call: Call) -> int:
    """The whole part of the API version that the call names."""
    return int(call.path_parameters["version"].partition(".")[0])


def _keyed(org: Org, call: Call) -> tuple[Shape, Column, Value]:
    shape = shape_named(org, call.path_parameters["object"])
    column = external_id_column(shape, call.path_parameters["field"])
    return shape, column, external_id_value(column, call.path_parameters["value"])


def _only(call: Call, shape: Shape, column: Column, value: Value) -> str:
    found = matching_ids(call.world, shape, column.name, value)
    if not found:
        raise not_found()
    if len(found) > 1:
        raise SeveralRecords(shape.name, found)
    return found[0]
