"""How the operations show in the OpenAPI description: parameters, bodies, answers."""

from collections.abc import Sequence
from typing import Any

Fragment = dict[str, Any]

_TEXT: Fragment = {"type": "string"}
_BOOLEAN: Fragment = {"type": "boolean"}
_ERROR: Fragment = {
    "type": "object",
    "required": ["message", "errorCode"],
    "properties": {
        "message": _TEXT,
        "errorCode": _TEXT,
        "fields": {"type": "array", "items": _TEXT},
    },
}
ERRORS: Fragment = {"type": "array", "items": _ERROR}
RECORD: Fragment = {"type": "object", "additionalProperties": True}
RECORDS: Fragment = {"type": "array", "items": RECORD}
_ITEM_ERROR: Fragment = {
    "type": "object",
    "required": ["statusCode", "message", "fields"],
    "properties": {"statusCode": _TEXT, "message": _TEXT, "fields": {"type": "array", "items": _TEXT}},
}
SAVED: Fragment = {
    "type": "object",
    "required": ["success", "errors"],
    "properties": {
        "id": _TEXT,
        "success": _BOOLEAN,
        "errors": {"type": "array", "items": _ITEM_ERROR},
        "created": _BOOLEAN,
    },
}
SAVED_MANY: Fragment = {"type": "array", "items": SAVED}
PAGE: Fragment = {
    "type": "object",
    "required": ["totalSize", "done", "records"],
    "properties": {
        "totalSize": {"type": "integer"},
        "done": _BOOLEAN,
        "nextRecordsUrl": _TEXT,
        "records": RECORDS,
    },
}
COLLECTION: Fragment = {
    "type": "object",
    "required": ["records"],
    "properties": {
        "allOrNone": _BOOLEAN,
        "records": {
            "type": "array",
            "maxItems": 200,
            "items": {
                "type": "object",
                "required": ["attributes"],
                "properties": {
                    "attributes": {
                        "type": "object",
                        "required": ["type"],
                        "properties": {"type": _TEXT},
                    }
                },
                "additionalProperties": True,
            },
        },
    },
}
CHOSEN: Fragment = {
    "type": "object",
    "required": ["ids", "fields"],
    "properties": {
        "ids": {"type": "array", "items": _TEXT},
        "fields": {"type": "array", "items": _TEXT},
    },
}
_REQUEST: Fragment = {
    "type": "object",
    "required": ["method", "url"],
    "properties": {"method": _TEXT, "url": _TEXT},
    "additionalProperties": True,
}
COMPOSITE: Fragment = {
    "type": "object",
    "required": ["compositeRequest"],
    "properties": {
        "allOrNone": _BOOLEAN,
        "collateSubrequests": _BOOLEAN,
        "compositeRequest": {
            "type": "array",
            "minItems": 1,
            "maxItems": 25,
            "items": {
                **_REQUEST,
                "required": ["method", "url", "referenceId"],
                "properties": {"method": _TEXT, "url": _TEXT, "referenceId": _TEXT},
            },
        },
    },
}
BATCH: Fragment = {
    "type": "object",
    "required": ["batchRequests"],
    "properties": {
        "haltOnError": _BOOLEAN,
        "batchRequests": {"type": "array", "minItems": 1, "maxItems": 25, "items": _REQUEST},
    },
}
_TOKEN_FIELDS = ("access_token", "instance_url", "id", "token_type", "issued_at", "signature")
TOKEN: Fragment = {
    "type": "object",
    "required": list(_TOKEN_FIELDS),
    "properties": dict.fromkeys(_TOKEN_FIELDS, _TEXT),
}
GRANT: Fragment = {
    "type": "object",
    "required": ["grant_type"],
    "properties": {
        "grant_type": {"type": "string", "enum": ["client_credentials", "password", "refresh_token"]},
        "client_id": _TEXT,
        "client_secret": _TEXT,
        "username": _TEXT,
        "password": _TEXT,
        "refresh_token": _TEXT,
    },
}
GRANT_ERROR: Fragment = {
    "type": "object",
    "required": ["error", "error_description"],
    "properties": {"error": _TEXT, "error_description": _TEXT},
}


def in_path(*names: str, objects: Sequence[str] = ()) -> tuple[Fragment, ...]:
    """Parameters of the path; `object` is one of the org's."""
    schemas: dict[str, Fragment] = {
        "object": {"type": "string", "enum": list(objects)},
        "version": {"type": "string", "enum": ["59.0", "60.0", "61.0"]},
    }
    return tuple(
        {"name": name, "in": "path", "required": True, "schema": schemas.get(name, _TEXT)} for name in names
    )


def in_query(*names: str, required: bool = False) -> tuple[Fragment, ...]:
    """Parameters of the query string, all texts."""
    return tuple({"name": name, "in": "query", "required": required, "schema": _TEXT} for name in names)


def body_of(schema: Fragment, media: str = "application/json") -> Fragment:
    """A request body that must be there."""
    return {"required": True, "content": {media: {"schema": schema}}}


def answers(good: dict[int, Fragment | None], errors: Fragment = ERRORS) -> Fragment:
    """The answers of an operation: the good ones by status, and the platform's errors for all others."""
    shown: Fragment = {
        str(status): _answer("Done" if schema is None else "The answer", schema)
        for status, schema in good.items()
    }
    shown["default"] = _answer("A refusal", errors)
    return shown


def _answer(description: str, schema: Fragment | None) -> Fragment:
    if schema is None:
        return {"description": description}
    return {"description": description, "content": {"application/json": {"schema": schema}}}
