"""How the operations show in the OpenAPI description: parameters, bodies, answers and their headers."""

from collections.abc import Sequence
from typing import Any

from mocks.payroll.gusto.employees import INCLUDES
from mocks.payroll.gusto.payrolls import IN_LIST, IN_ONE, KINDS, STATUSES
from mocks.payroll.gusto.shapes import DAY, TEXT, UUID, ref, schemas

Fragment = dict[str, Any]

VERSIONS = ("2023-09-01", "2024-03-01", "2024-04-01")
_REFUSALS = {
    400: "The request is malformed",
    401: "The access token is missing or wrong",
    403: "The access token lacks a scope",
    404: "There is no such resource",
    406: "The API version is unknown",
    409: "The version is out of date",
    422: "A value breaks a rule",
    429: "Too many requests",
    500: "Something went wrong",
    503: "Unavailable",
}
_PLACES = ("company", "employee", "payroll", "subscription")
_NUMBER: Fragment = {"required": True, "schema": {"type": "integer"}}
_ALWAYS: Fragment = {
    "X-Gusto-API-Version": {"required": True, "schema": {"enum": list(VERSIONS)}},
    "X-RateLimit-Limit": _NUMBER,
    "X-RateLimit-Remaining": _NUMBER,
    "X-RateLimit-Reset": _NUMBER,
}
# Faults may refuse without saying for how long.
_WAIT: Fragment = {"headers": {"Retry-After": {"description": "Seconds", "schema": {"type": "integer"}}}}
_OF_A_PAGE: Fragment = {
    name: {"description": "Only where a page was asked for", "schema": {"type": "integer"}}
    for name in ("X-Page", "X-Total-Count", "X-Total-Pages", "X-Per-Page")
}
SECURITY: tuple[Fragment, ...] = ({"accessToken": []},)
COMPONENTS: Fragment = {
    "schemas": schemas(),
    "securitySchemes": {"accessToken": {"type": "http", "scheme": "bearer"}},
}


def _words(allowed: Sequence[str]) -> Fragment:
    one = "|".join(allowed)
    return {"type": "string", "pattern": f"^(({one})(,({one}))*)?$"}


_QUERIES: dict[str, Fragment] = {
    "page": {"type": "integer", "minimum": 1, "maximum": 1_000_000},
    "per": {"type": "integer", "minimum": 1, "maximum": 100},
    "search_term": TEXT,
    "processing_statuses": _words(STATUSES),
    "payroll_types": _words(KINDS),
    "processed": {"type": "boolean"},
    "start_date": DAY,
    "end_date": DAY,
    "date_filter_by": {"enum": ["check_date", ""]},
}
_INCLUDES = {
    "employees": INCLUDES,
    "employee": INCLUDES,
    "payrolls": IN_LIST,
    "payroll": IN_ONE,
}


def parameters(path: str, query: Sequence[str], name: str) -> tuple[Fragment, ...]:
    """What stands in braces in a path, query parameters by name, and the version header."""
    places = [
        {"name": place, "in": "path", "required": True, "schema": UUID}
        for place in _PLACES
        if f"{{{place}}}" in path
    ]
    asked = [
        {
            "name": one,
            "in": "query",
            "required": False,
            "schema": _words(_INCLUDES[name]) if one == "include" else _QUERIES[one],
        }
        for one in query
    ]
    version = {
        "name": "X-Gusto-API-Version",
        "in": "header",
        "required": False,
        "schema": {"enum": list(VERSIONS)},
    }
    return (*places, *asked, version)


def body(schema: Fragment | None) -> Fragment | None:
    """A request body in JSON."""
    return None if schema is None else {"required": True, "content": {"application/json": {"schema": schema}}}


def responses(
    status: int, schema: Fragment | None, refused: Sequence[int], *, paged: bool = False
) -> Fragment:
    """The good answer with its headers, and the vendor's refusals."""
    good: Fragment = {"description": "Done", "headers": _ALWAYS | (_OF_A_PAGE if paged else {})}
    if schema is not None:
        good["content"] = {"application/json": {"schema": schema}}
    refusals = {
        str(code): {
            "description": _REFUSALS[code],
            "content": {"application/json": {"schema": ref("Errors")}},
            **(_WAIT if code in (429, 503) else {}),
        }
        for code in sorted(refused)
    }
    return {str(status): good, **refusals}
