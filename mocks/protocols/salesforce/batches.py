"""Up to 200 records a call, one result each in the same order, together or each for itself (wire 4.1)."""

from collections.abc import Callable, Sequence
from typing import Any

from mocks.kit.calls import Call, Reply
from mocks.kit.world import World
from mocks.protocols.salesforce import records
from mocks.protocols.salesforce.errors import LOCKED, ROLLED_BACK, item_errors
from mocks.protocols.salesforce.identifiers import normalised
from mocks.protocols.salesforce.incoming import (
    Incoming,
    external_id_column,
    external_id_value,
    field_map,
    flag_of,
    shape_named,
    store_values,
)
from mocks.protocols.salesforce.querying import version_path
from mocks.protocols.salesforce.records import Org, SeveralRecords
from mocks.protocols.salesforce.rules import Problem, WriteRefused
from mocks.protocols.salesforce.shapes import Shape
from mocks.protocols.salesforce.singles import API, chosen
from mocks.protocols.salesforce.values import encode_json

LARGEST = 200

Result = dict[str, Any]
Work = Callable[[], Result]


class _Undo(Exception):
    """Ends a transaction whose results are kept but whose effects are not."""


def create_many(org: Org, call: Call) -> Reply:
    """POST composite/sobjects."""

    def work(given: Any) -> Result:
        shape = _typed(org, given)
        values = store_values(Incoming(org, call.world, shape), given, creating=True)
        return _done(records.create(org, call.world, shape.name, values, actor=API))

    return _each(call, work)


def update_many(org: Org, call: Call) -> Reply:
    """PATCH composite/sobjects."""

    def work(given: Any) -> Result:
        shape = _typed(org, given)
        fields = {name: value for name, value in given.items() if name.lower() != "id"}
        record_id = next((value for name, value in given.items() if name.lower() == "id"), None)
        if not isinstance(record_id, str):
            raise WriteRefused(Problem("MISSING_ARGUMENT", "Id not specified in an update call", ("Id",)))
        values = store_values(Incoming(org, call.world, shape), fields, creating=False)
        record = records.update(org, call.world, shape.name, _known_id(shape, record_id), values, actor=API)
        return _done(record.id)

    return _each(call, work)


def upsert_many(org: Org, call: Call) -> Reply:
    """PATCH composite/sobjects/{object}/{field}."""
    shape = shape_named(org, call.path_parameters["object"])
    column = external_id_column(shape, call.path_parameters["field"])
    seen: set[str] = set()

    def work(given: Any) -> Result:
        _typed(org, given, shape)
        fields = {name: value for name, value in given.items() if name.lower() != column.name.lower()}
        key = next((value for name, value in given.items() if name.lower() == column.name.lower()), None)
        if key is None or key == "":
            raise WriteRefused(Problem("MISSING_ARGUMENT", f"{column.name} not specified", (column.name,)))
        value = external_id_value(column, key)
        if str(value).lower() in seen:
            text = "duplicate value found: <unknown> duplicates value on record with id: <unknown>"
            raise WriteRefused(Problem("DUPLICATE_VALUE", text, (column.name,)))
        seen.add(str(value).lower())
        values = store_values(Incoming(org, call.world, shape), fields, creating=False, key=column.name)
        if column.name == "Id":
            records.update(org, call.world, shape.name, str(value), values, actor=API)
            return {**_done(str(value)), "created": False}
        record_id, created = records.upsert(
            org, call.world, shape.name, column.name, value, values, actor=API
        )
        return {**_done(record_id), "created": created}

    return _each(call, work)


def delete_many(org: Org, call: Call) -> Reply:
    """DELETE composite/sobjects?ids=a,b."""
    query = call.query()
    ids = [text for text in query.get("ids", "").split(",") if text]
    if not ids:
        raise WriteRefused(Problem("MISSING_ARGUMENT", "The ids parameter is required"))

    def work(given: Any) -> Result:
        shape = _shape_of_id(org, given)
        records.delete(org, call.world, shape.name, _known_id(shape, given), actor=API)
        return _done(_known_id(shape, given))

    return _results(call.world, ids, work, together=flag_of(query, "allOrNone"))


def read_many(org: Org, call: Call) -> Reply:
    """POST composite/sobjects/{object}: some fields of the records of these ids, null for a missing one."""
    shape = shape_named(org, call.path_parameters["object"])
    given = field_map(call.body)
    ids, names = _texts(given, "ids"), _texts(given, "fields")
    _refuse_too_many(ids, 2000)
    found: list[Result | None] = []
    for text in ids:
        rows = call.world.store.rows(shape.read_sql, (normalised(text) or "",))
        record = shape.render(rows[0], version_path(call)) if rows else None
        found.append(None if record is None else chosen(record, shape, names))
    return Reply(body=encode_json(found))


# --- results ----------------------------------------------------------------------------------


def _each(call: Call, work: Callable[[Any], Result]) -> Reply:
    given = field_map(call.body)
    items = given.get("records")
    if not isinstance(items, list):
        raise WriteRefused(Problem("JSON_PARSER_ERROR", "records must be a list"))
    return _results(call.world, items, work, together=flag_of(given, "allOrNone"))


def _results(world: World, items: Sequence[Any], work: Callable[[Any], Result], *, together: bool) -> Reply:
    _refuse_too_many(items, LARGEST)
    results: list[Result] = []
    try:
        with world.store.transaction():
            for place, item in enumerate(items, 1):
                results.append(_locked(world, place) or _tried(work, item))
            if together and not all(result["success"] for result in results):
                raise _Undo
    except _Undo:
        undone = _failed(ROLLED_BACK)
        results = [undone if result["success"] else result for result in results]
    return Reply(body=encode_json(results))


def _tried(work: Callable[[Any], Result], item: Any) -> Result:
    try:
        return work(item)
    except WriteRefused as refused:
        return _failed(*refused.problems)
    except SeveralRecords as several:
        text = f"More than one record found for external id field: [{', '.join(several.record_ids)}]"
        return _failed(Problem("DUPLICATE_EXTERNAL_ID", text))


def _locked(world: World, place: int) -> Result | None:
    """A lock error for an item that a fault strikes by its place in the batch, counted from one."""
    fault = world.faults.active("fail_items", world.now_ms())
    if fault is None or fault.every <= 0 or place % fault.every:
        return None
    world.faults.note(fault)
    return _failed(LOCKED)


def _done(record_id: str) -> Result:
    return {"id": record_id, "success": True, "errors": []}


def _failed(*problems: Problem) -> Result:
    return {"success": False, "errors": item_errors(problems)}


# --- items ------------------------------------------------------------------------------------


def _typed(org: Org, given: Any, wanted: Shape | None = None) -> Shape:
    attributes = given.get("attributes") if isinstance(given, dict) else None
    name = attributes.get("type") if isinstance(attributes, dict) else None
    shape = org.shape(name) if isinstance(name, str) else None
    if shape is None or (wanted is not None and shape is not wanted):
        raise WriteRefused(
            Problem("INVALID_TYPE", f"The record's type is missing or unknown: {str(name)[:80]}")
        )
    return shape


def _shape_of_id(org: Org, given: str) -> Shape:
    for shape in org.shapes.values():
        if given.startswith(shape.type.prefix):
            return shape
    raise WriteRefused(Problem("MALFORMED_ID", f"malformed id {given[:80]}"))


def _known_id(shape: Shape, given: str) -> str:
    record_id = normalised(given)
    if record_id is None or not record_id.startswith(shape.type.prefix):
        raise WriteRefused(
            Problem("MALFORMED_ID", f"{shape.name} ID: id value of incorrect type: {given[:80]}", ("Id",))
        )
    return record_id


def _refuse_too_many(items: Sequence[Any], largest: int) -> None:
    if len(items) > largest:
        text = f"record limit reached. cannot submit more than {largest} records into this call"
        raise WriteRefused(Problem("EXCEEDED_ID_LIMIT", text))


def _texts(given: dict[str, Any], name: str) -> list[str]:
    found = given.get(name)
    if not isinstance(found, list) or not all(isinstance(text, str) for text in found):
        raise WriteRefused(Problem("JSON_PARSER_ERROR", f"{name} must be a list of texts"))
    return found
