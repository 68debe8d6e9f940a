"""How the operations show in the OpenAPI description: parameters, bodies and answers."""

from collections.abc import Sequence
from typing import Any

Fragment = dict[str, Any]

TEXT: Fragment = {"type": "string"}
NULLABLE: Fragment = {"type": ["string", "null"]}
OBJECT: Fragment = {"type": "object"}
INSTANT: Fragment = {"type": "string", "format": "date-time"}
COMPANY: Fragment = {
    "type": "object",
    "required": ["uuid", "name"],
    "properties": {"uuid": TEXT, "name": TEXT, "entity_code": TEXT, "currency": TEXT},
}
EMPLOYEE: Fragment = {
    "type": "object",
    "required": ["uuid", "version", "first_name", "last_name"],
    "properties": {
        **dict.fromkeys(("uuid", "version", "company_uuid", "first_name", "last_name"), TEXT),
        **dict.fromkeys(("email", "work_email", "department"), NULLABLE),
        "custom_fields": {"type": "array", "items": OBJECT},
    },
}
EMPLOYEE_WRITE: Fragment = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "version": TEXT,
        **dict.fromkeys(("first_name", "last_name", "email", "work_email", "department"), NULLABLE),
    },
}
_TAX: Fragment = {
    "type": "object",
    "required": ["name", "employer", "amount"],
    "properties": {"name": TEXT, "employer": {"type": "boolean"}, "amount": TEXT},
}
_COMPENSATION: Fragment = {
    "type": "object",
    "required": ["employee_uuid", "version", "gross_pay", "net_pay"],
    "properties": {
        **dict.fromkeys(("employee_uuid", "version", "gross_pay", "net_pay"), TEXT),
        "taxes": {"type": "array", "items": _TAX},
    },
}
PAYROLL: Fragment = {
    "type": "object",
    "required": ["uuid", "company_uuid", "off_cycle", "processed", "processed_date", "pay_period"],
    "properties": {
        **dict.fromkeys(("uuid", "payroll_uuid", "company_uuid", "check_date"), TEXT),
        "off_cycle": {"type": "boolean"},
        "processed": {"type": "boolean"},
        **dict.fromkeys(("processed_date", "updated_at"), INSTANT),
        "pay_period": {"type": "object", "required": ["start_date", "end_date"]},
        "totals": {"type": "object", "additionalProperties": TEXT},
        "employee_compensations": {"type": "array", "items": _COMPENSATION},
    },
}
HOOK: Fragment = {
    "type": "object",
    "required": ["uuid", "url", "status", "subscription_types"],
    "properties": {
        **dict.fromkeys(("uuid", "url", "status"), TEXT),
        "subscription_types": {"type": "array", "items": TEXT},
    },
}
TYPES_WRITE: Fragment = {
    "type": "object",
    "required": ["subscription_types"],
    "properties": {"subscription_types": {"type": "array", "items": TEXT}},
}
HOOK_WRITE: Fragment = {
    "type": "object",
    "required": ["url", "subscription_types"],
    "properties": {
        "url": {"type": "string", "format": "uri"},
        "subscription_types": {"type": "array", "items": TEXT},
    },
}
VERIFICATION: Fragment = {
    "type": "object",
    "required": ["verification_token"],
    "properties": {"verification_token": TEXT},
}
_ERRORS: Fragment = {
    "type": "object",
    "required": ["errors"],
    "properties": {
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["error_key", "category", "message"],
                "properties": dict.fromkeys(("error_key", "category", "message"), TEXT),
            },
        }
    },
}
_REFUSALS = {
    "400": "The request is malformed",
    "401": "The access token is missing or wrong",
    "403": "The access token lacks a scope",
    "404": "There is no such resource",
    "406": "The API version is unknown",
    "409": "The version is out of date",
    "422": "A value breaks a rule",
    "429": "Too many requests",
    "503": "Unavailable",
}
_PLACES = ("company", "employee", "payroll", "subscription")


def listed(schema: Fragment) -> Fragment:
    """A list of such things."""
    return {"type": "array", "items": schema}


def parameters(path: str, query: Sequence[str]) -> tuple[Fragment, ...]:
    """What stands in braces in a path, query parameters by name, and the version header."""
    places = [
        {"name": name, "in": "path", "required": True, "schema": TEXT}
        for name in _PLACES
        if f"{{{name}}}" in path
    ]
    asked = [{"name": name, "in": "query", "required": False, "schema": TEXT} for name in query]
    version = {"name": "X-Gusto-API-Version", "in": "header", "required": False, "schema": TEXT}
    return (*places, *asked, version)


def body(schema: Fragment | None) -> Fragment | None:
    """A request body in JSON."""
    return None if schema is None else {"required": True, "content": {"application/json": {"schema": schema}}}


def responses(status: int, schema: Fragment | None) -> Fragment:
    """The good answer and the vendor's refusals."""
    good: Fragment = {"description": "Done"}
    if schema is not None:
        good["content"] = {"application/json": {"schema": schema}}
    refused = {
        code: {"description": text, "content": {"application/json": {"schema": _ERRORS}}}
        for code, text in _REFUSALS.items()
    }
    return {str(status): good, **refused}
