"""How the operations show in the OpenAPI description: parameters, bodies and answers."""

from collections.abc import Sequence
from typing import Any

from mocks.hris.bamboohr.schema import FIELDS, TABLES
from mocks.hris.bamboohr.shapes import DAY, INSTANT, TEXT, schemas

Fragment = dict[str, Any]

_ID: Fragment = {"type": "string", "pattern": "^[1-9][0-9]{0,8}$"}
_PLACES: dict[str, Fragment] = {
    "co": {
        "description": "Company subdomain",
        "schema": {"type": "string", "pattern": "^[a-z][a-z0-9-]{0,30}$"},
    },
    "id": {"description": "Employee id", "schema": _ID},
    "table": {"description": "Table name", "schema": {"enum": [table.alias for table in TABLES]}},
    "row": {"description": "Row id", "schema": _ID},
    "webhook": {"description": "Webhook id", "schema": _ID},
}
_EVERYBODY: Fragment = {
    "description": "Employee id, or `all` for the rows of everybody",
    "schema": {"anyOf": [_ID, {"const": "all"}]},
}
_QUERIES: dict[str, Fragment] = {
    "since": {"description": "From this instant on, itself included", "schema": INSTANT},
    "type": {
        "description": "What happened",
        "schema": {"enum": ["inserted", "updated", "deleted", "all"]},
    },
    "fields": {"description": f"Field names, joined by commas: {', '.join(f.alias for f in FIELDS)}"},
    "onlyCurrent": {"description": "false or 0 looks beyond today; anything else does not"},
    "start": {"description": "First day", "schema": DAY},
    "end": {"description": "Last day", "schema": DAY},
    "status": {"description": "Statuses, joined by commas"},
    "typeId": {"description": "Ids of time off types, joined by commas"},
    "employeeId": {"description": "Of one employee alone"},
    "format": {"description": "Form of the report", "schema": {"enum": ["JSON", "XML"]}},
}
ERROR_HEADER = "X-BambooHR-Error-Message"
_REASON: Fragment = {
    "headers": {ERROR_HEADER: {"required": True, "schema": TEXT, "description": "What was wrong"}}
}
# Faults may refuse without saying for how long.
_REASON_AND_WAIT: Fragment = {
    "headers": {
        **_REASON["headers"],
        "Retry-After": {"description": "Seconds", "schema": {"type": "integer"}},
    }
}
_REFUSALS = {
    400: "The request is malformed, or a value breaks a rule",
    401: "The API key is missing or wrong",
    403: "The API key may not do this",
    404: "There is no such thing",
    409: "The employee number is taken",
    429: "Too many requests",
    500: "Something went wrong",
    503: "Unavailable",
}
_LOCATION: Fragment = {
    "Location": {
        "required": True,
        "schema": {"type": "string", "format": "uri"},
        "description": "What was made",
    }
}
SECURITY: tuple[Fragment, ...] = ({"apiKey": []},)
COMPONENTS: Fragment = {
    "schemas": schemas(),
    "securitySchemes": {
        "apiKey": {
            "type": "http",
            "scheme": "basic",
            "description": "The API key as user name, any password",
        }
    },
}


def path_parameters(path: str, *, everybody: bool) -> list[Fragment]:
    """What stands in braces in a path template."""
    shown = {**_PLACES, "id": _EVERYBODY} if everybody else _PLACES
    return [
        {"name": name, "in": "path", "required": True, **place}
        for name, place in shown.items()
        if f"{{{name}}}" in path
    ]


def query_parameters(names: Sequence[str]) -> list[Fragment]:
    """Query parameters by name; an exclamation mark at the end makes one required.

    `type` means a change here and a kind of time off there: `typeId` stands for the latter.
    """
    found = []
    for name in names:
        bare = name.rstrip("!")
        shown = {"schema": TEXT, **_QUERIES[bare]}
        sent = "type" if bare == "typeId" else bare
        found.append({"name": sent, "in": "query", "required": name.endswith("!"), **shown})
    return found


def body(schema: Fragment, *, xml: bool = False) -> Fragment:
    """A request body in JSON; where the vendor takes XML too, as `<field id="…">` elements, it says so."""
    found: Fragment = {"required": True, "content": {"application/json": {"schema": schema}}}
    if xml:
        found["description"] = "XML with <field id> elements is taken too"
        found["x-also-takes"] = ["application/xml", "text/xml"]
    return found


def responses(
    status: int, schema: Fragment | None, refused: Sequence[int], *, located: bool = False, xml: bool = False
) -> Fragment:
    """The good answer and the vendor's refusals; JSON for whoever accepts it, else XML where there is any."""
    good: Fragment = {"description": "Done"}
    if schema is not None:
        good["content"] = {"application/json": {"schema": schema}} | ({"text/xml": {}} if xml else {})
    if located:
        good["headers"] = _LOCATION
    refusals = {
        str(code): {"description": _REFUSALS[code], **(_REASON_AND_WAIT if code in (429, 503) else _REASON)}
        for code in sorted({*refused, 500})
    }
    return {str(status): good, **refusals}
