"""Field maps from outside turned into store values: names in any case, types, references that must exist."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from mocks.kit.schema import Field, Value
from mocks.kit.world import World
from mocks.protocols.salesforce.errors import not_found
from mocks.protocols.salesforce.identifiers import normalised
from mocks.protocols.salesforce.records import Org, matching_ids
from mocks.protocols.salesforce.rules import Problem, WriteRefused
from mocks.protocols.salesforce.shapes import Column, Relation, Shape
from mocks.protocols.salesforce.values import decode_json, parse_value


class Incoming(Struct, frozen=True):
    """Where a field map goes: the org, the world, the object."""

    org: Org
    world: World
    shape: Shape


def field_map(body: bytes) -> dict[str, Any]:
    """A request body that must be a JSON object."""
    given = decode_json(body)
    if not isinstance(given, dict):
        raise WriteRefused(Problem("JSON_PARSER_ERROR", "The request body must be a JSON object of fields"))
    return given


def flag_of(given: Mapping[str, Any], name: str) -> bool:
    """An optional switch of a body or of a query string, off where it is absent."""
    value = given.get(name, False)
    if isinstance(value, str) and value.lower() in ("true", "false"):
        value = value.lower() == "true"
    if not isinstance(value, bool):
        raise WriteRefused(Problem("JSON_PARSER_ERROR", f"{name} must be true or false"))
    return value


def shape_named(org: Org, object_name: str) -> Shape:
    """The object of a path; NOT_FOUND where there is none."""
    shape = org.shape(object_name)
    if shape is None:
        raise not_found()
    return shape


def record_id_of(shape: Shape, given: str) -> str:
    """An id of a path in its long form; NOT_FOUND where it cannot be one of this object."""
    record_id = normalised(given)
    if record_id is None or not record_id.startswith(shape.type.prefix):
        raise not_found()
    return record_id


def external_id_column(shape: Shape, name: str) -> Column:
    """The field of an upsert; NOT_FOUND where it is no external id."""
    column = shape.column(name)
    if column is None or not (column.field.external_id or column.name == "Id"):
        text = f"Provided external ID field does not exist or is not accessible: {name[:80]}"
        raise WriteRefused(Problem("NOT_FOUND", text))
    return column


def external_id_value(column: Column, given: Any) -> Value:
    """The value of an external id as a path or a record has it."""
    if column.name == "Id":
        return (normalised(given) if isinstance(given, str) else None) or ""
    value = parse_value(column.field, given)
    if value is None:
        raise WriteRefused(Problem("MISSING_ARGUMENT", f"{column.name} not specified", (column.name,)))
    return value


def store_values(
    place: Incoming, given: Mapping[str, Any], *, creating: bool, key: str = ""
) -> dict[str, Value]:
    """The fields of a record as the store keeps them; `key` is an external id that may not be among them."""
    values: dict[str, Value] = {}
    locked: list[str] = []
    for name, value in given.items():
        if name == "attributes":
            continue
        column = place.shape.column(name)
        if column is None:
            relation = place.shape.relations.get(name.lower())
            if relation is None:
                raise _no_column(place.shape, name)
            if relation.column.field.read_only:
                locked.append(relation.name)
            elif any(one.lower() == relation.column.name.lower() for one in given):
                raise _named_twice(relation)
            else:
                values[relation.column.name] = _parent_id(place, relation, value)
        elif column.name in ("Id", key):
            raise _misplaced(column.name, creating=creating)
        elif column.field.read_only:
            locked.append(column.name)
        else:
            values[column.name] = parse_value(column.field, value)
    if locked:
        raise _not_writable(tuple(locked), creating=creating)
    for field in place.shape.references:
        if values.get(field.name) is not None:
            _refuse_foreign(place, field, str(values[field.name]))
    return values


def _parent_id(place: Incoming, relation: Relation, given: Any) -> str | None:
    """The parent named by its external id: `{"Account": {"Ext__c": "E1"}}` (wire 4.1)."""
    if given is None:
        return None
    named = (
        {name: value for name, value in given.items() if name != "attributes"}
        if isinstance(given, dict)
        else {}
    )
    if len(named) != 1:
        raise WriteRefused(
            Problem("INVALID_FIELD", f"{relation.name} takes exactly one external id field", (relation.name,))
        )
    ((name, value),) = named.items()
    target = place.org.shapes[relation.target.lower()]
    column = target.column(name)
    if column is None or not (column.field.external_id or column.name == "Id"):
        raise _no_column(target, name)
    found = matching_ids(place.world, target, column.name, external_id_value(column, str(value)))
    if len(found) != 1:
        where = f"for field {column.name} in entity {target.name}"
        text = f"Foreign key external ID: {str(value)[:80]} not found {where}"
        raise WriteRefused(Problem("INVALID_FIELD", text))
    return found[0]


def _refuse_foreign(place: Incoming, field: Field, record_id: str) -> None:
    target = place.org.shapes[str(field.references).lower()]
    if not record_id.startswith(target.type.prefix):
        text = f"{field.label or field.name}: id value of incorrect type: {record_id}"
        raise WriteRefused(Problem("MALFORMED_ID", text, (field.name,)))
    if place.world.store.get(target.name, record_id) is None:
        raise WriteRefused(
            Problem("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", (field.name,))
        )


def _no_column(shape: Shape, name: str) -> WriteRefused:
    return WriteRefused(
        Problem("INVALID_FIELD", f"No such column '{name[:80]}' on sobject of type {shape.name}")
    )


def _named_twice(relation: Relation) -> WriteRefused:
    text = f"Cannot specify both an external ID reference {relation.name} and a salesforce id, "
    return WriteRefused(Problem("INVALID_FIELD", text + relation.column.name, (relation.column.name,)))


def _misplaced(name: str, *, creating: bool) -> WriteRefused:
    text = f"The {name} field should not be specified in the sobject data."
    if name == "Id" and creating:
        text = "cannot specify Id in an insert call"
    return WriteRefused(Problem("INVALID_FIELD", text, (name,)))


def _not_writable(names: tuple[str, ...], *, creating: bool) -> WriteRefused:
    text = (
        f"Unable to create/update fields: {', '.join(names)}. Please check the security settings of this "
        "field and verify that it is read/write for your profile or permission set."
    )
    return WriteRefused(Problem("INVALID_FIELD_FOR_INSERT_UPDATE", text, names))
