"""How the account's operations show in the OpenAPI description: parameters, answers, errors, components."""

from typing import Any

from mocks.erp.netsuite.columns import Column, tables
from mocks.erp.netsuite.properties import RecordType, sublists
from mocks.erp.netsuite.samples import FREE, KEYS
from mocks.erp.netsuite.schema import RECORD_TYPES, TRANSACTIONS
from mocks.erp.netsuite.shapes import (
    DAY,
    INSTANT,
    INTERNAL_ID,
    ROOT,
    TEXT,
    WHOLE,
    Fragment,
    closed,
    field_names,
    named,
    own_link,
    record_components,
)

SINGULAR = "application/vnd.oracle.resource+json; type=singular"
COLLECTION = "application/vnd.oracle.resource+json; type=collection"
SECURITY: tuple[Fragment, ...] = ({"tokenBased": []},)
ERROR = "application/vnd.oracle.resource+json; type=error"
_SIGNED = {
    "type": "http",
    "scheme": "OAuth",
    "description": "Token-based authentication: OAuth 1.0, HMAC-SHA256, one nonce a call, in Authorization.",
}
# What each refusal may say; a status answers only these codes.
_REFUSALS = {
    "400": (
        "Bad Request",
        "The request was not understood, or the record was refused.",
        (
            "INVALID_CONTENT",
            "INVALID_VALUE",
            "INVALID_KEY_OR_REF",
            "INVALID_PARAMETER",
            "INVALID_HEADER",
            "USER_ERROR",
            "UNIQUE_CUST_ID_REQD",
            "DUP_RCRD",
            "IDEMPOTENCY_ERROR",
            "CONCURRENCY_LIMIT_EXCEEDED",
        ),
    ),
    "401": ("Unauthorized", "The signature is not valid.", ("INVALID_LOGIN",)),
    "403": ("Forbidden", "The role may not do this.", ("INSUFFICIENT_PERMISSION",)),
    "404": ("Not Found", "There is no such record.", ("NONEXISTENT_ID", "INVALID_VALUE", "INVALID_URL")),
    "429": ("Too Many Requests", "Too many requests at once.", ("CONCURRENCY_LIMIT_EXCEEDED",)),
    "500": ("Internal Server Error", "Something went wrong.", ("UNEXPECTED_ERROR",)),
    "503": ("Service Unavailable", "The service is away for a while.", ("SERVER_ERROR",)),
}
_JOB_LOCATION: Fragment = {
    "required": True,
    "schema": {"type": "string", "pattern": f"{ROOT}/async/v1/job/[0-9]+$"},
}
_CHALLENGE: Fragment = {
    "required": True,
    "schema": {"type": "string", "pattern": '^OAuth realm="[A-Za-z0-9_-]+", error="token_rejected"'},
}
_PROGRESS: Fragment = {"enum": ["pending", "succeeded", "failed"]}
_DECIMAL: Fragment = {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]{1,4})?$"}
_QUERY_VALUES: dict[str, Fragment] = {
    "id": {"type": "string", "pattern": "^[0-9]+$"},
    "text": TEXT,
    "boolean": {"enum": ["T", "F"]},
    "integer": {"type": "string", "pattern": "^-?[0-9]+$"},
    "decimal": _DECIMAL,
    "date": DAY,
    "instant": {
        "type": "string",
        "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}$",
    },
}


_EXTERNAL_KEY = "^eid:[^/]{1,255}$"
_KEY = f"^([1-9][0-9]{{0,17}}|{_EXTERNAL_KEY[1:-1]})$"


# --- parameters -----------------------------------------------------------------------------------


def path(name: str, schema: Fragment) -> Fragment:
    """A part of the address."""
    return {"name": name, "in": "path", "required": True, "schema": schema}


def option(name: str, schema: Fragment, **more: Any) -> Fragment:
    """A query parameter."""
    return {"name": name, "in": "query", "required": False, "schema": schema, **more}


def header(name: str, schema: Fragment, *, required: bool = False) -> Fragment:
    """A request header."""
    return {"name": name, "in": "header", "required": required, "schema": schema}


SUBLIST_KEY = path("record_id", {"type": "string", "pattern": _KEY, "examples": ["eid:INV-1"]})
JOB = path("job_id", {**INTERNAL_ID, "examples": ["1"]})
TASK = path("task_id", {"const": "1", "type": "string"})
PAGE = (
    option("limit", {"type": "integer", "minimum": 1, "maximum": 1000, "default": 1000}),
    option("offset", {"type": "integer", "minimum": 0, "maximum": 100_000, "default": 0}),
)
FILTER = option("q", {"type": "string", "maxLength": 4000, "examples": ["id GREATER 0"]})
EXPAND = option("expandSubResources", {"type": "boolean", "default": False})
TRANSIENT = header("Prefer", {"type": "string", "enum": ["transient"]}, required=True)
# Every request about records may be asked for later; only where that is of use is it described.
# `Prefer` is free text by its own standard: what the account does not know is left aside.
LATER = (header("Prefer", {"type": "string"}), header("X-NetSuite-Idempotency-Key", {"type": "string"}))
NAMES_CHECKED = header(
    "X-NetSuite-PropertyNameValidation",
    {"type": "string", "enum": ["error", "warning", "ignore"], "default": "error"},
)


def key_of(*kinds: RecordType, external: bool = False, free: bool = False) -> Fragment:
    """A record in an address: by its internal id, or (or only) by its external one."""
    keys = {**KEYS, **FREE} if free else KEYS
    example = f"eid:{keys[kinds[0].name]}" if len(kinds) == 1 else "1"
    pattern = _EXTERNAL_KEY if external else _KEY
    return path("record_id", {"type": "string", "pattern": pattern, "examples": [example]})


def type_of(kinds: tuple[RecordType, ...]) -> Fragment:
    """The record type in an address that several share."""
    return path("record_type", {"type": "string", "enum": [kind.name for kind in kinds]})


def chosen(kinds: tuple[RecordType, ...]) -> Fragment:
    """The fields to be shown, joined by commas."""
    names = sorted({name for kind in kinds for name in field_names(kind)})
    schema = {"type": "array", "items": {"type": "string", "enum": names}, "minItems": 1}
    return option("fields", schema, style="form", explode=False)


def replaced(kind: RecordType) -> tuple[Fragment, ...]:
    """The sublists that a change replaces whole, for records that have any."""
    if kind.sublist is None:
        return ()
    return (option("replace", {"type": "string", "enum": [kind.sublist.name]}),)


# --- bodies and answers ---------------------------------------------------------------------------


def body(schema: Fragment, **samples: Fragment) -> Fragment:
    """A JSON request body, with examples by name."""
    content: Fragment = {"schema": schema}
    if samples:
        content["examples"] = {name: {"value": value} for name, value in samples.items()}
    return {"required": True, "content": {"application/json": content}}


def _whole(table: str) -> Fragment:
    return {"q": f"SELECT * FROM {table} ORDER BY id"}


_JOINED = (
    "SELECT t.tranid, l.foreignamount, BUILTIN.DF(l.item) FROM transaction t"
    " JOIN transactionline l ON l.transaction = t.id WHERE t.type = 'CustInvc' AND ROWNUM <= 5 ORDER BY l.id"
)
QUERY = body(named("suiteql-query"), joined={"q": _JOINED}, **{table: _whole(table) for table in tables()})


def answers(*good: Fragment, refused: tuple[str, ...] = ()) -> Fragment:
    """The answers of an operation: its good ones, then what it refuses; anyone may be unknown or too many."""
    found: Fragment = {status: answer for one in good for status, answer in one.items()}
    # 400 is everyone's too: some accounts say with it that there are too many.
    for status in sorted({"400", "401", "429", "500", "503", *refused}):
        found[status] = {"$ref": f"#/components/responses/{status}"}
    return found


def shown(schema: Fragment, content_type: str = SINGULAR) -> Fragment:
    """200 with content."""
    return {"200": {"description": "What was asked for.", "content": {content_type: {"schema": schema}}}}


def written(kind: RecordType) -> Fragment:
    """204 with the record's address."""
    pattern = f"{ROOT}/record/v1/{kind.name}/[1-9][0-9]*$"
    location = {"required": True, "schema": {"type": "string", "pattern": pattern}}
    return {"204": {"description": "Done; Location names the record.", "headers": {"Location": location}}}


DELETED: Fragment = {"204": {"description": "The record is gone."}}
RESULT_WRITTEN: Fragment = {
    "204": {
        "description": "Done; of a record that was written, Location names it.",
        "headers": {
            "Location": {
                "required": False,
                "schema": {"type": "string", "pattern": f"{ROOT}/record/v1/[A-Za-z_]+/[1-9][0-9]*$"},
            }
        },
    }
}
TAKEN_IN: Fragment = {"202": {"$ref": "#/components/responses/202"}}


def record_answer(*kinds: RecordType) -> Fragment:
    """A record, whole or by chosen fields."""
    return {"anyOf": [named(f"{kind.name}{part}") for kind in kinds for part in ("", "-fields")]}


def line_answer(part: str) -> Fragment:
    """Any transaction's `line` or `lines`."""
    names = dict.fromkeys(sublist.name for kind in TRANSACTIONS for sublist in sublists(kind))
    return {"anyOf": [named(f"{name}-{part}") for name in names]}


def sublist_name() -> Fragment:
    """A transaction's sublist in an address."""
    names = dict.fromkeys(sublist.name for kind in TRANSACTIONS for sublist in sublists(kind))
    return path("sublist", {"type": "string", "enum": [*names]})


def page_of(items: Fragment) -> Fragment:
    """One page of a collection."""
    link = closed(
        {
            "rel": {"enum": ["self", "next", "last", "first", "previous"]},
            "href": {
                "type": "string",
                "pattern": f"{ROOT}/(record|query)/v1/.+[?&]limit=[0-9]+&offset=[0-9]+$",
            },
        }
    )
    return closed(
        {
            "links": {"type": "array", "minItems": 1, "items": link},
            "count": WHOLE,
            "hasMore": {"type": "boolean"},
            "items": {"type": "array", "items": items},
            "offset": WHOLE,
            "totalResults": WHOLE,
        }
    )


def listed(*kinds: RecordType) -> Fragment:
    """A page of record ids."""
    address = own_link(f"/record/v1/({'|'.join(kind.name for kind in kinds)})/[0-9]+")
    return page_of(closed({"links": address, "id": INTERNAL_ID}))


# --- components -----------------------------------------------------------------------------------


def components() -> Fragment:
    """Everything the operations refer to."""
    return {
        "schemas": {
            **record_components(),
            **_query_components(),
            **_job_components(),
            **{f"error-{status}": _error(int(status), *said) for status, said in _REFUSALS.items()},
        },
        "responses": {
            "202": {
                "description": "Taken in as an asynchronous job; Location names it.",
                "headers": {
                    "Location": _JOB_LOCATION,
                    "Preference-Applied": {"required": True, "schema": {"const": "respond-async"}},
                },
            },
            **{status: _refusal(status, said[1]) for status, said in _REFUSALS.items()},
        },
        "securitySchemes": {"tokenBased": _SIGNED},
    }


def _error(status: int, title: str, _: str, codes: tuple[str, ...]) -> Fragment:
    titles = [title, "Conflict"] if status == 400 else [title]
    places = {"o:errorPath": TEXT, "o:errorQueryParam": TEXT, "o:errorHeader": TEXT}
    detail = closed({"detail": TEXT, "o:errorCode": {"enum": [*codes]}, **places}, ("detail", "o:errorCode"))
    return closed(
        {
            "type": {
                "type": "string",
                "pattern": r"^https://www\.rfc-editor\.org/rfc/rfc9110\.html#section-15\.",
            },
            "title": {"enum": titles},
            "status": {"const": status},
            "o:errorDetails": {"type": "array", "minItems": 1, "maxItems": 1, "items": detail},
        }
    )


def _refusal(status: str, text: str) -> Fragment:
    found: Fragment = {"description": text, "content": {ERROR: {"schema": named(f"error-{status}")}}}
    if status == "401":
        found["headers"] = {"WWW-Authenticate": _CHALLENGE}
    if status == "400":
        # A repeated idempotency key is told where its job is.
        found["headers"] = {"Location": {**_JOB_LOCATION, "required": False}}
    return found


def _query_components() -> Fragment:
    """Rows of each table, and of several joined; an alias stands for the name of its column."""
    everything: dict[str, Fragment] = {"expr": {"type": "string"}}
    rows: Fragment = {}
    for table, columns in tables().items():
        values = {column.name: _query_value(column) for column in columns.values()}
        for name, value in values.items():
            everything[name] = value if everything.get(name, value) == value else {"type": "string"}
        rows[f"suiteql-{table}"] = _row(values)
    rows["suiteql-joined"] = _row(everything)
    return {
        **rows,
        "suiteql-query": {
            "type": "object",
            "required": ["q"],
            "properties": {"q": {"type": "string", "minLength": 1, "maxLength": 100_000}},
        },
        "suiteql-page": page_of({"anyOf": [named(name) for name in rows]}),
    }


def _query_value(column: Column) -> Fragment:
    return _QUERY_VALUES[column.kind]


def _row(values: dict[str, Fragment]) -> Fragment:
    return closed({"links": {"type": "array", "maxItems": 0}, **values}, ("links",))


def _job_components() -> Fragment:
    job = "/async/v1/job/[0-9]+"
    task = closed({"links": own_link(f"{job}/task/1"), "id": {"const": "1"}})
    href = {"type": "string", "pattern": f"{ROOT}{job}/task/1(/result)?$"}
    link = closed({"rel": {"enum": ["self", "result"]}, "href": href})
    return {
        "async-job": closed(
            {
                "links": own_link(job),
                "completed": {"type": "boolean"},
                "id": INTERNAL_ID,
                "progress": _PROGRESS,
                "task": closed({"links": own_link(f"{job}/task")}),
            }
        ),
        "async-tasks": closed(
            {
                "links": own_link(f"{job}/task"),
                "items": {"type": "array", "minItems": 1, "maxItems": 1, "items": task},
                "totalResults": {"const": 1},
            }
        ),
        "async-task": closed(
            {
                "links": {"type": "array", "minItems": 2, "maxItems": 2, "items": link},
                "completed": {"type": "boolean"},
                "id": {"const": "1"},
                "progress": _PROGRESS,
                "startTime": INSTANT,
                "endTime": INSTANT,
            },
            ("links", "completed", "id", "progress", "startTime"),
        ),
    }


def job_result() -> Fragment:
    """Whatever the synchronous call would have answered with content."""
    kinds = tuple(RECORD_TYPES.values())
    return {"anyOf": [record_answer(*kinds), line_answer("lines"), line_answer("line"), listed(*kinds)]}


LIMITS: Fragment = closed(
    {
        "links": own_link("/system/v1/governanceLimits"),
        "accountConcurrencyLimit": WHOLE,
        "accountUnallocatedConcurrencyLimit": WHOLE,
    }
)
CATALOG: Fragment = closed(
    {
        "links": own_link("/record/v1/metadata-catalog"),
        "items": {
            "type": "array",
            "items": closed(
                {
                    "name": {"enum": sorted(RECORD_TYPES)},
                    "links": own_link("/record/v1/metadata-catalog/[A-Za-z_]+"),
                }
            ),
        },
    }
)
