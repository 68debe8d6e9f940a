"""A small description with something of every kind in it, and changes to plant into it."""

import copy
from collections.abc import Callable
from typing import Any

Document = dict[str, Any]
Plant = Callable[[Document], object]

_ORDER = {
    "type": "object",
    "required": ["id", "state", "customer"],
    "properties": {
        "id": {"type": "string", "pattern": "^[0-9]+$"},
        "state": {"type": "string", "enum": ["open", "paid"]},
        "customer": {"$ref": "#/components/schemas/Customer"},
        "note": {"type": ["string", "null"], "maxLength": 80},
        "placed": {"type": "string", "format": "date"},
        "lines": {"type": "array", "items": {"$ref": "#/components/schemas/Line"}},
        "payment": {
            "anyOf": [{"$ref": "#/components/schemas/Card"}, {"$ref": "#/components/schemas/Transfer"}]
        },
    },
    "additionalProperties": False,
}


def shop() -> Document:
    """The description as it was released."""
    return copy.deepcopy(
        {
            "openapi": "3.1.0",
            "info": {"title": "shop", "version": "1"},
            "security": [{"token": []}],
            "paths": {"/orders": _ORDERS, "/orders/{id}": _ONE},
            "components": {
                "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
                "parameters": {
                    "limit": {
                        "name": "limit",
                        "in": "query",
                        "schema": {"type": "integer", "minimum": 1, "maximum": 100, "default": 20},
                    }
                },
                "responses": {"Refused": _answer({"$ref": "#/components/schemas/Problem"})},
                "schemas": {
                    "Order": _ORDER,
                    "Customer": _fields({"name": {"type": "string"}, "vip": {"type": "boolean"}}, ["name"]),
                    "Line": _fields({"sku": {"type": "string"}, "count": {"type": "integer"}}, ["sku"]),
                    "Card": _fields({"kind": {"const": "card"}, "last": {"type": "string"}}, ["kind"]),
                    "Transfer": _fields(
                        {"kind": {"const": "transfer"}, "iban": {"type": "string"}}, ["kind"]
                    ),
                    "Draft": _fields(
                        {
                            "customer": {"type": "string", "maxLength": 40},
                            "kind": {"type": "string", "enum": ["web", "shop"], "default": "web"},
                            "note": {"type": ["string", "null"]},
                            "count": {"type": "number"},
                        },
                        ["customer"],
                    ),
                    "Problem": _fields({"code": {"type": "integer"}, "text": {"type": "string"}}, ["code"]),
                },
            },
        }
    )


def _fields(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def _answer(schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": "Answer.", "content": {"application/json": {"schema": schema}}}


_ORDERS = {
    "get": {
        "operationId": "list_orders",
        "parameters": [
            {"$ref": "#/components/parameters/limit"},
            {"name": "state", "in": "query", "schema": {"type": "string", "enum": ["open", "paid"]}},
            {
                "name": "ids",
                "in": "query",
                "explode": False,
                "schema": {"type": "array", "items": {"type": "integer"}},
            },
            {"name": "X-Trace", "in": "header", "schema": {"type": "string"}},
        ],
        "responses": {
            "200": {
                **_answer({"type": "array", "items": {"$ref": "#/components/schemas/Order"}}),
                "headers": {"X-Total": {"required": True, "schema": {"type": "integer"}}},
            },
            "400": {"$ref": "#/components/responses/Refused"},
        },
    },
    "post": {
        "operationId": "place_order",
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": {"$ref": "#/components/schemas/Draft"}},
                "application/x-www-form-urlencoded": {"schema": {"$ref": "#/components/schemas/Draft"}},
            },
        },
        "responses": {
            "201": _answer({"$ref": "#/components/schemas/Order"}),
            "400": {"$ref": "#/components/responses/Refused"},
        },
    },
}
_ONE = {
    "parameters": [
        {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "pattern": "^[0-9]+$"}}
    ],
    "get": {
        "operationId": "read_order",
        "responses": {
            "200": _answer({"$ref": "#/components/schemas/Order"}),
            "404": {"$ref": "#/components/responses/Refused"},
        },
    },
    "delete": {"operationId": "delete_order", "responses": {"204": {"description": "Gone."}}},
    "patch": {
        "operationId": "change_order",
        "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Draft"}}}},
        "responses": {"204": {"description": "Changed."}},
    },
}


def changed(plant: Plant) -> Document:
    """The description with one change in it."""
    document = shop()
    plant(document)
    return document


def schema(document: Document, name: str) -> Any:
    """A component."""
    return document["components"]["schemas"][name]


def field(document: Document, name: str, of: str) -> Any:
    """A field of a component."""
    return schema(document, name)["properties"][of]


def _listing(document: Document) -> Any:
    return document["paths"]["/orders"]["get"]


def _placing(document: Document) -> Any:
    return document["paths"]["/orders"]["post"]


def _required_header(document: Document) -> None:
    _listing(document)["parameters"].append(
        {"name": "X-Key", "in": "header", "required": True, "schema": {"type": "string"}}
    )


BREAKING: dict[str, tuple[Plant, str]] = {
    "path removed": (lambda d: d["paths"].pop("/orders/{id}"), "The path was removed."),
    "operation removed": (lambda d: d["paths"]["/orders/{id}"].pop("delete"), "The operation was removed."),
    "parameter removed": (lambda d: _listing(d)["parameters"].pop(1), "The parameter was removed."),
    "parameter required": (
        lambda d: _listing(d)["parameters"][1].update(required=True),
        "The parameter is required now.",
    ),
    "required parameter added": (_required_header, "The parameter is new and required."),
    "parameter type changed": (
        lambda d: d["components"]["parameters"]["limit"]["schema"].update(type="string"),
        "Its type changed from integer to string.",
    ),
    "parameter default changed": (
        lambda d: d["components"]["parameters"]["limit"]["schema"].update(default=50),
        "Its default changed from 20 to 50.",
    ),
    "parameter bound tightened": (
        lambda d: d["components"]["parameters"]["limit"]["schema"].update(maximum=50),
        "Its maximum changed from 100 to 50.",
    ),
    "parameter enum narrowed": (
        lambda d: _listing(d)["parameters"][1]["schema"]["enum"].remove("paid"),
        'Its list of values has no "paid" any more.',
    ),
    "parameter written otherwise": (
        lambda d: _listing(d)["parameters"][2].update(explode=True),
        "How its values are written changed (explode).",
    ),
    "body removed": (lambda d: _placing(d).pop("requestBody"), "The body was removed."),
    "body required": (
        lambda d: d["paths"]["/orders/{id}"]["patch"]["requestBody"].update(required=True),
        "The body is required now.",
    ),
    "body kind removed": (
        lambda d: _placing(d)["requestBody"]["content"].pop("application/x-www-form-urlencoded"),
        "There is no application/x-www-form-urlencoded any more.",
    ),
    "request field removed": (
        lambda d: schema(d, "Draft")["properties"].pop("note"),
        "The field is not taken any more.",
    ),
    "request field required": (
        lambda d: schema(d, "Draft")["required"].append("kind"),
        "The field is required now.",
    ),
    "required request field added": (
        lambda d: (
            schema(d, "Draft")["required"].append("site"),
            schema(d, "Draft")["properties"].update(site={"type": "string"}),
        ),
        "The field is new and required.",
    ),
    "request enum narrowed": (
        lambda d: field(d, "Draft", "kind")["enum"].remove("shop"),
        'Its list of values has no "shop" any more.',
    ),
    "request null refused": (
        lambda d: field(d, "Draft", "note").update(type="string"),
        "It is never null any more.",
    ),
    "request length cut": (
        lambda d: field(d, "Draft", "customer").update(maxLength=20),
        "Its maxLength changed from 40 to 20.",
    ),
    "request number narrowed": (
        lambda d: field(d, "Draft", "count").update(type="integer"),
        "Its type changed from number to integer.",
    ),
    "status removed": (lambda d: _placing(d)["responses"].pop("400"), "The status was removed."),
    "answer kind changed": (
        lambda d: d["components"]["responses"]["Refused"].update(
            content={"text/plain": {"schema": {"type": "string"}}}
        ),
        "There is no application/json any more.",
    ),
    "answer field removed": (
        lambda d: schema(d, "Order")["properties"].pop("note"),
        "The field is not answered any more.",
    ),
    "answer field not required": (
        lambda d: schema(d, "Order")["required"].remove("state"),
        "The field is not required any more.",
    ),
    "answer field null": (
        lambda d: field(d, "Order", "state").update(type=["string", "null"]),
        "It may now be null.",
    ),
    "answer type changed": (
        lambda d: field(d, "Order", "id").update(type="integer"),
        "Its type changed from string to integer.",
    ),
    "answer type changed behind references": (
        lambda d: field(d, "Line", "count").update(type="string"),
        "Its type changed from integer to string.",
    ),
    "answer format changed": (
        lambda d: field(d, "Order", "placed").update(format="date-time"),
        'Its format changed from "date" to "date-time".',
    ),
    "answer enum narrowed": (
        lambda d: field(d, "Order", "state")["enum"].remove("open"),
        'Its list of values has no "open" any more.',
    ),
    "answer bound loosened": (
        lambda d: field(d, "Order", "note").update(maxLength=200),
        "Its maxLength changed from 80 to 200.",
    ),
    "answer shape removed": (
        lambda d: field(d, "Order", "payment")["anyOf"].pop(),
        "It has no shape Transfer (object) any more.",
    ),
    "answer header removed": (
        lambda d: _listing(d)["responses"]["200"].pop("headers"),
        "The header was removed.",
    ),
    "security added": (
        lambda d: d["components"]["securitySchemes"]["token"].update(scheme="basic"),
        "Other credentials are asked for.",
    ),
}

ADDITIVE: dict[str, tuple[Plant, str]] = {
    "path added": (
        lambda d: d["paths"].update({"/health": {"get": {"responses": {"200": {"description": "Up."}}}}}),
        "The path is new.",
    ),
    "operation added": (
        lambda d: d["paths"]["/orders/{id}"].update(put={"responses": {"204": {"description": "Put."}}}),
        "The operation is new.",
    ),
    "optional parameter added": (
        lambda d: _listing(d)["parameters"].append(
            {"name": "sort", "in": "query", "schema": {"type": "string"}}
        ),
        "The parameter is new.",
    ),
    "optional request field added": (
        lambda d: schema(d, "Draft")["properties"].update(colour={"type": "string"}),
        "The field is new.",
    ),
    "request field not required": (
        lambda d: schema(d, "Draft")["required"].remove("customer"),
        "The field is not required any more.",
    ),
    "request enum widened": (
        lambda d: field(d, "Draft", "kind")["enum"].append("fair"),
        'Its list of values also has "fair".',
    ),
    "request length widened": (
        lambda d: field(d, "Draft", "customer").update(maxLength=60),
        "Its maxLength changed from 40 to 60.",
    ),
    "request shape added": (
        lambda d: field(d, "Draft", "customer").update(type=["string", "null"]),
        "It may now be null.",
    ),
    "body not required": (
        lambda d: _placing(d)["requestBody"].pop("required"),
        "The body is not required any more.",
    ),
    "status added": (
        lambda d: _placing(d)["responses"].update({"409": {"$ref": "#/components/responses/Refused"}}),
        "The status is new.",
    ),
    "answer field added": (
        lambda d: schema(d, "Customer")["properties"].update(city={"type": "string"}),
        "The field is new.",
    ),
    "answer field required": (
        lambda d: schema(d, "Customer")["required"].append("vip"),
        "The field is required now.",
    ),
    "answer enum widened": (
        lambda d: field(d, "Order", "state")["enum"].append("lost"),
        'Its list of values also has "lost".',
    ),
    "answer never null": (
        lambda d: field(d, "Order", "note").update(type="string"),
        "It is never null any more.",
    ),
    "answer header added": (
        lambda d: _listing(d)["responses"]["200"]["headers"].update(
            {"X-Page": {"schema": {"type": "integer"}}}
        ),
        "The header is new.",
    ),
}
