"""The schemas of one org's records in the OpenAPI description, generated from its objects.

Every object shows in several forms: as it is read, as a row of a query (with relationships), and
as it is written alone, changed, or written among others. Forms that an operation takes of any
object are unions, told apart by `attributes.type` or by their fields.
"""

from collections.abc import Callable, Iterable

from mocks.protocols.salesforce.description import (
    ALL_CODES,
    BATCH_RESULT,
    CODES,
    COMPOSITE_RESULT,
    INSTANT_IN,
    INSTANT_OUT,
    SECURITY_SCHEMES,
    TEXT,
    Fragment,
    any_of,
    closed,
    errors_of,
    listed,
    ref,
)
from mocks.protocols.salesforce.records import Org
from mocks.protocols.salesforce.shapes import Column, Relation, Shape

_ID = "[0-9A-Za-z]{12}([0-9A-Za-z]{3})?"  # what follows the prefix, in either length
_NUMBER_TEXT = r"^[+-]?([0-9]{1,30}(\.[0-9]{0,30})?|\.[0-9]{1,30})$"
_MOST_DIGITS = 18
_USER_PREFIX = "005"


def components(org: Org, inner: Iterable[Fragment]) -> Fragment:
    """The components of an org's description; `inner` are the good bodies that a composite may carry."""
    shapes = list(org.shapes.values())
    keyed = [shape for shape in shapes if external_ids(shape)]
    schemas: Fragment = {f"Errors{status}": errors_of(codes) for status, codes in CODES.items()}
    schemas["InnerErrors"] = errors_of(ALL_CODES)
    schemas["InnerBody"] = any_of([{"type": "null"}, ref("InnerErrors"), *inner])
    schemas["CompositeResult"] = COMPOSITE_RESULT
    schemas["BatchResult"] = BATCH_RESULT
    forms: tuple[tuple[str, list[Shape], Callable[[Org, Shape], Fragment]], ...] = (
        ("", shapes, _read),
        (".row", shapes, _row),
        (".new", shapes, _new),
        (".change", shapes, _change),
        (".keyed", keyed, _keyed),
        (".newItem", shapes, _new_item),
        (".changeItem", shapes, _change_item),
        (".keyedItem", keyed, _keyed_item),
    )
    for ending, of, made in forms:
        for shape in of:
            schemas[shape.name + ending] = made(org, shape)
    for union, ending, of in (
        ("AnyRecord", "", shapes),
        ("AnyRow", ".row", shapes),
        ("AnyNew", ".new", shapes),
        ("AnyChange", ".change", shapes),
        ("AnyKeyed", ".keyed", keyed),
    ):
        schemas[union] = any_of(ref(shape.name + ending) for shape in of)
    for collection, ending, of in (
        ("NewRecords", ".newItem", shapes),
        ("ChangedRecords", ".changeItem", shapes),
        ("KeyedRecords", ".keyedItem", keyed),
    ):
        schemas[collection] = _collection(any_of(ref(shape.name + ending) for shape in of))
    return {"schemas": schemas, "securitySchemes": SECURITY_SCHEMES}


def external_ids(shape: Shape) -> tuple[str, ...]:
    """The fields by which others know a record of this object."""
    return tuple(column.name for column in shape.columns if column.field.external_id)


def _collection(item: Fragment) -> Fragment:
    return {
        "type": "object",
        "required": ["records"],
        "properties": {"allOrNone": {"type": "boolean"}, "records": listed(item, maxItems=200)},
    }


# --- as it is read ----------------------------------------------------------------------------


def _read(org: Org, shape: Shape) -> Fragment:
    return closed(_shown(org, shape), ("attributes", "Id"))


def _row(org: Org, shape: Shape) -> Fragment:
    related = {
        relation.name: any_of((ref(f"{relation.target}.row"), {"type": "null"}))
        for relation in shape.relations.values()
    }
    return closed({**_shown(org, shape), **related}, ("attributes",))


def _shown(org: Org, shape: Shape) -> dict[str, Fragment]:
    url = rf"^/services/data/v[0-9]+\.0/sobjects/{shape.name}/[0-9A-Za-z]{{18}}$"
    attributes = closed(
        {"type": {"type": "string", "enum": [shape.name]}, "url": {"type": "string", "pattern": url}}
    )
    return {"attributes": attributes, **{column.name: _out(org, shape, column) for column in shape.columns}}


def _out(org: Org, shape: Shape, column: Column) -> Fragment:
    field = column.field
    if column.constant == "NULL":
        return {"type": "null"}
    match column.api_type:
        case "id":
            return {"type": "string", "pattern": f"^{shape.type.prefix}[0-9A-Za-z]{{15}}$"}
        case "boolean":
            return {"type": "boolean"}
        case "reference":
            prefix = _prefix_of(org, str(field.references))
            schema: Fragment = {"type": "string", "pattern": f"^{prefix}[0-9A-Za-z]{{15}}$"}
        case "int":
            schema = {"type": "integer"}
        case "double":
            schema = {"type": "number"}
        case "date":
            schema = {"type": "string", "format": "date"}
        case "datetime":
            schema = {"type": "string", "pattern": INSTANT_OUT}
        case "picklist":
            schema = {"type": "string", "enum": list(field.picklist)}
        case _:
            schema = {"type": "string", "minLength": 1, "maxLength": field.length}
    return schema if field.required or column.system else _or_null(schema)


def _prefix_of(org: Org, target: str) -> str:
    shape = org.shape(target)
    return shape.type.prefix if shape is not None else _USER_PREFIX


def _or_null(schema: Fragment) -> Fragment:
    shown = {**schema, "type": [schema["type"], "null"]}
    if "enum" in schema:
        shown["enum"] = [*schema["enum"], None]
    return shown


# --- as it is written -------------------------------------------------------------------------


def _new(org: Org, shape: Shape) -> Fragment:
    relations = {relation.column.name for relation in _by_key(org, shape)}
    plain = [name for name in shape.required if name not in relations]
    return _written(org, shape, {"attributes": {}}, plain, new=True)


def _change(org: Org, shape: Shape) -> Fragment:
    return _written(org, shape, {"attributes": {}}, ())


def _keyed(org: Org, shape: Shape) -> Fragment:
    return _written(org, shape, {"attributes": {}}, (), without=external_ids(shape))


def _new_item(org: Org, shape: Shape) -> Fragment:
    schema = _new(org, shape)
    properties = {**schema["properties"], "attributes": _typed(shape)}
    return {**schema, "properties": properties, "required": ["attributes", *schema.get("required", ())]}


def _change_item(org: Org, shape: Shape) -> Fragment:
    own_id = {"type": "string", "format": f"{shape.name}-id", "pattern": f"^{shape.type.prefix}{_ID}$"}
    more = {"attributes": _typed(shape), "Id": own_id}
    return _written(org, shape, more, ("attributes", "Id"))


def _keyed_item(org: Org, shape: Shape) -> Fragment:
    more = {"attributes": _typed(shape)}
    return _written(org, shape, more, ("attributes", *external_ids(shape)))


def _typed(shape: Shape) -> Fragment:
    kind = {"type": "string", "enum": [shape.name]}
    return {"type": "object", "required": ["type"], "properties": {"type": kind, "url": TEXT}}


def _written(
    org: Org,
    shape: Shape,
    more: dict[str, Fragment],
    required: Iterable[str],
    *,
    new: bool = False,
    without: tuple[str, ...] = (),
) -> Fragment:
    """The fields of a write; a parent is named by its id or by its own external id, never by both."""
    given = {name: schema for name, schema in _given(org, shape).items() if name not in without}
    schema = closed({**more, **given}, required)
    pairs = [
        _one_of_both(relation, needed=new and relation.column.field.required)
        for relation in _by_key(org, shape)
    ]
    return {**schema, "allOf": pairs} if pairs else schema


def _one_of_both(relation: Relation, *, needed: bool) -> Fragment:
    names = (relation.column.name, relation.name)
    if needed:
        return {"oneOf": [{"required": [name]} for name in names]}
    return {"not": {"required": list(names)}}


def _given(org: Org, shape: Shape) -> dict[str, Fragment]:
    fields = {column.name: _in(org, column) for column in shape.columns if not column.field.read_only}
    parents = {relation.name: _parent(org, relation) for relation in _by_key(org, shape)}
    return {**fields, **parents}


def _by_key(org: Org, shape: Shape) -> list[Relation]:
    """Relationships whose parent can be named by an external id of its own."""
    return [
        relation
        for relation in shape.relations.values()
        if not relation.column.field.read_only and external_ids(org.shapes[relation.target.lower()])
    ]


def _parent(org: Org, relation: Relation) -> Fragment:
    keys = external_ids(org.shapes[relation.target.lower()])
    text: Fragment = {"type": "string", "minLength": 1, "format": f"{relation.target}-key"}
    forms = [{**closed({name: text}), "minProperties": 1} for name in keys]
    optional: list[Fragment] = [] if relation.column.field.required else [{"type": "null"}]
    return any_of([*forms, *optional])


def _in(org: Org, column: Column) -> Fragment:
    field = column.field
    most = 10 ** (_MOST_DIGITS - field.scale) - 1
    match column.api_type:
        case "boolean":
            return {"type": ["boolean", "null"]}
        case "reference":
            target = str(field.references)
            record_id = f"{_prefix_of(org, target)}{_ID}"
            pattern = f"^{record_id}$" if field.required else f"^({record_id})?$"
            schema: Fragment = {"type": "string", "format": f"{target}-id", "pattern": pattern}
        case "int" | "double":
            # The platform reads numbers from texts too.
            number = {"type": "integer" if column.api_type == "int" else "number"}
            bounded: Fragment = {**number, "minimum": -most, "maximum": most}
            text: Fragment = {"type": "string", "pattern": _NUMBER_TEXT}
            return any_of((bounded, text, *([] if field.required else [{"type": "null"}])))
        case "date":
            schema = {"type": "string", "format": "date"}
        case "datetime":
            schema = {"type": "string", "format": "zoned-instant", "pattern": INSTANT_IN}
        case "picklist":
            empty = [] if field.required else [""]  # an empty text is null on this platform
            schema = {"type": "string", "enum": [*field.picklist, *empty]}
        case _:
            schema = {"type": "string", "maxLength": field.length}
            if field.required:
                schema["minLength"] = 1
    return schema if field.required else _or_null(schema)
