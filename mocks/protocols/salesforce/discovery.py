"""What the org says about itself: versions, limits, objects and their fields (wire 4.1)."""

from typing import Any

from mocks.kit.calls import Call, Reply
from mocks.kit.limits import Limit
from mocks.kit.world import World
from mocks.protocols.salesforce.incoming import shape_named
from mocks.protocols.salesforce.querying import version_path
from mocks.protocols.salesforce.records import Org
from mocks.protocols.salesforce.shapes import Column, Shape, relationship_name
from mocks.protocols.salesforce.values import encode_json

DAILY = "DailyApiRequests"
DAILY_LIMIT = Limit(maximum=1_000_000, window_ms=86_400_000)
OLDEST_VERSION, NEWEST_VERSION = 42, 66
_RESOURCES = ("sobjects", "query", "queryAll", "composite", "limits")


def usage(world: World) -> tuple[int, int]:
    """API calls of the last 24 hours, and how many there may be."""
    limit = daily_limit(world)
    return world.limits.used(DAILY), limit.maximum


def daily_limit(world: World) -> Limit:
    """The world's limit of calls, put in place where the product named none."""
    if DAILY not in world.limits.limits:
        world.limits.set(DAILY, DAILY_LIMIT)
    return world.limits.limits[DAILY]


def list_versions(org: Org, call: Call) -> Reply:
    """GET services/data."""
    versions = [
        {"label": f"API {number}.0", "url": f"/services/data/v{number}.0", "version": f"{number}.0"}
        for number in range(OLDEST_VERSION, NEWEST_VERSION + 1)
    ]
    return Reply(body=encode_json(versions))


def list_resources(org: Org, call: Call) -> Reply:
    """GET services/data/v59.0."""
    return Reply(body=encode_json({name: f"{version_path(call)}/{name}" for name in _RESOURCES}))


def show_limits(org: Org, call: Call) -> Reply:
    """GET limits."""
    used, maximum = usage(call.world)
    return Reply(body=encode_json({DAILY: {"Max": maximum, "Remaining": max(0, maximum - used)}}))


def list_objects(org: Org, call: Call) -> Reply:
    """GET sobjects."""
    listed = [_described(shape, version_path(call)) for shape in org.shapes.values()]
    return Reply(body=encode_json({"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": listed}))


def describe(org: Org, call: Call) -> Reply:
    """GET sobjects/{object}/describe."""
    shape = shape_named(org, call.path_parameters["object"])
    fields = [_described_field(shape, column) for column in shape.columns]
    return Reply(body=encode_json({**_described(shape, version_path(call)), "fields": fields}))


def _described(shape: Shape, prefix: str) -> dict[str, Any]:
    label = shape.type.label or shape.name
    path = f"{prefix}/sobjects/{shape.name}"
    return {
        "name": shape.name,
        "label": label,
        "labelPlural": f"{label}s",
        "keyPrefix": shape.type.prefix,
        "custom": shape.name.endswith("__c"),
        "createable": True,
        "updateable": True,
        "deletable": True,
        "queryable": True,
        "retrieveable": True,
        "replicateable": True,
        "searchable": False,
        "urls": {"sobject": path, "describe": f"{path}/describe", "rowTemplate": f"{path}/{{ID}}"},
    }


def _described_field(shape: Shape, column: Column) -> dict[str, Any]:
    field = column.field
    target = field.references
    related = target is not None and any(one.column is column for one in shape.relations.values())
    return {
        "name": column.name,
        "type": column.api_type,
        "label": field.label or column.name,
        "nillable": not (field.required or column.api_type in ("boolean", "id")),
        "calculated": False,
        "createable": not field.read_only,
        "updateable": not field.read_only,
        "custom": column.name.endswith("__c"),
        "length": _length(column),
        "precision": 18 if column.api_type == "double" else 0,
        "scale": field.scale,
        "externalId": field.external_id,
        "idLookup": field.external_id or column.name == "Id",
        "unique": field.unique or field.external_id,
        "referenceTo": [target] if target is not None else [],
        "relationshipName": relationship_name(column.name) if related else None,
        "picklistValues": [
            {"value": value, "label": value, "active": True, "defaultValue": False}
            for value in field.picklist
        ],
    }


def _length(column: Column) -> int:
    match column.api_type:
        case "id" | "reference":
            return 18
        case "string" | "textarea" | "picklist":
            return column.field.length
        case _:
            return 0
