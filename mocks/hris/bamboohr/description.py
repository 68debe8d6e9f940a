"""How the operations show in the OpenAPI description: parameters, bodies and answers."""

from collections.abc import Sequence
from typing import Any

from mocks.hris.bamboohr.schema import FIELDS, TABLES

Fragment = dict[str, Any]

TEXT: Fragment = {"type": "string"}
NULLABLE: Fragment = {"type": ["string", "null"]}
EMPLOYEE: Fragment = {
    "type": "object",
    "required": ["id"],
    "properties": {field.alias: NULLABLE for field in FIELDS} | {"id": TEXT},
}
EMPLOYEES: Fragment = {"type": "array", "items": EMPLOYEE}
DESCRIBED_FIELDS: Fragment = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["id", "type", "name"],
        "properties": {"id": TEXT, "type": TEXT, "name": TEXT},
    },
}
DIRECTORY: Fragment = {
    "type": "object",
    "required": ["fields", "employees"],
    "properties": {"fields": DESCRIBED_FIELDS, "employees": EMPLOYEES},
}
REPORT: Fragment = {
    "type": "object",
    "required": ["title", "fields", "employees"],
    "properties": {"title": TEXT, "fields": DESCRIBED_FIELDS, "employees": EMPLOYEES},
}
_CHANGE: Fragment = {
    "type": "object",
    "required": ["id", "action", "lastChanged"],
    "properties": {
        "id": TEXT,
        "action": {"enum": ["Inserted", "Updated", "Deleted"]},
        "lastChanged": {"type": "string", "format": "date-time"},
    },
}
_NONE: Fragment = {"type": "array", "maxItems": 0}
CHANGES: Fragment = {
    "type": "object",
    "required": ["latest", "employees"],
    "properties": {
        "latest": {"type": "string", "format": "date-time"},
        "employees": {"oneOf": [{"type": "object", "additionalProperties": _CHANGE}, _NONE]},
    },
}
_ROW_FIELDS = ("id", "employeeId", *(column.alias for table in TABLES for column in table.columns))
ROW: Fragment = {"type": "object", "properties": dict.fromkeys(_ROW_FIELDS, NULLABLE)}
ROWS: Fragment = {"type": "array", "items": ROW}
CHANGED_ROWS: Fragment = {
    "type": "object",
    "required": ["table", "employees"],
    "properties": {
        "table": TEXT,
        "employees": {
            "oneOf": [
                {
                    "type": "object",
                    "additionalProperties": {
                        "type": "object",
                        "required": ["lastChanged", "rows"],
                        "properties": {"lastChanged": TEXT, "rows": ROWS},
                    },
                },
                _NONE,
            ]
        },
    },
}
OBJECTS: Fragment = {"type": "array", "items": {"type": "object"}}
OBJECT: Fragment = {"type": "object"}
ANYTHING: Fragment = {"type": ["object", "array"]}
WEBHOOK: Fragment = {
    "type": "object",
    "required": ["id", "name", "url", "format", "monitorFields"],
    "properties": {
        "id": TEXT,
        "name": TEXT,
        "url": TEXT,
        "format": TEXT,
        "monitorFields": {"type": "array", "items": TEXT},
        "postFields": OBJECT,
        "privateKey": TEXT,
    },
}
WEBHOOK_WRITE: Fragment = {
    "type": "object",
    "required": ["name", "url"],
    "properties": {
        "name": TEXT,
        "url": {"type": "string", "format": "uri"},
        "format": {"enum": ["json"]},
        "monitorFields": {"type": "array", "items": {"type": ["string", "integer"]}},
        "postFields": {"type": "object", "additionalProperties": TEXT},
        "events": {"type": "array", "items": TEXT},
        "frequency": OBJECT,
        "limit": OBJECT,
    },
}
FIELD_VALUES: Fragment = {"type": "object", "additionalProperties": NULLABLE}
_PLACES = {
    "co": "Company subdomain",
    "id": "Employee id",
    "table": "Table name",
    "row": "Row id",
    "webhook": "Webhook id",
}
_REASON: Fragment = {
    "headers": {"X-BambooHR-Error-Message": {"schema": TEXT, "description": "What was wrong"}}
}
_REFUSALS = {
    "400": "The request is malformed",
    "401": "The API key is missing or wrong",
    "403": "The API key may not do this",
    "404": "There is no such thing",
    "429": "Too many requests",
    "503": "Unavailable",
}


def path_parameters(path: str) -> list[Fragment]:
    """What stands in braces in a path template."""
    return [
        {"name": name, "in": "path", "required": True, "schema": TEXT, "description": text}
        for name, text in _PLACES.items()
        if f"{{{name}}}" in path
    ]


def query_parameters(names: Sequence[str]) -> list[Fragment]:
    """Query parameters by name; an exclamation mark at the end makes one required."""
    return [
        {"name": name.rstrip("!"), "in": "query", "required": name.endswith("!"), "schema": TEXT}
        for name in names
    ]


def body(schema: Fragment, root: str = "") -> Fragment:
    """A request body in JSON, and in XML where the vendor takes it."""
    content: Fragment = {"application/json": {"schema": schema}}
    if root:
        content["application/xml"] = {"schema": {"type": "object", "xml": {"name": root}}}
    return {"required": True, "content": content}


def responses(status: int, schema: Fragment | None, *, conflict: bool = False) -> Fragment:
    """The good answer and the vendor's refusals."""
    good: Fragment = {"description": "Done"}
    if schema is not None:
        good["content"] = {"application/json": {"schema": schema}}
    refused = {code: {"description": text, **_REASON} for code, text in _REFUSALS.items()}
    if conflict:
        refused["409"] = {"description": "The employee number is taken", **_REASON}
    return {str(status): good, **refused}
