"""What the API's description says of bodies, answers and refusals, exactly.

Answers are described here and not validated when they go out: the book of a year is large, and what is
in it was typed when it was stored. The fuzzing of the contracts holds answers to this description.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

NOTIFIERS = ("bamboohr", "gusto", "salesforce")
MAXIMUM_MS = 253_402_300_799_999  # the end of the year 9999: later instants have no date
MAXIMUM_SPEED = 1_000_000
MAXIMUM_POLL_SECONDS = 30 * 86_400
CASE_ID = "^C-[0-9]{6,12}$"

Count = Annotated[int, Field(ge=0)]
Instant = Annotated[int, Field(ge=0, le=MAXIMUM_MS)]


_CLOSED = ConfigDict(extra="forbid")  # exactly these fields, all of them always


class Problem(BaseModel):
    """Why a call was refused, in one sentence for people."""

    model_config = _CLOSED
    detail: str


class Health(BaseModel):
    """Alive, and what time it is here."""

    model_config = _CLOSED
    status: Literal["up"]
    now_ms: Instant


class AtRest(BaseModel):
    """Whether anything is running, due now, and when the next timer is due."""

    model_config = _CLOSED
    running: Count
    due_now: Count
    next_due: int | None


class CaseShown(BaseModel):
    """One case of the exception queue."""

    model_config = _CLOSED
    id: Annotated[str, Field(pattern=CASE_ID)]
    code: str
    entity_bk: str
    severity: Literal["B", "W"]
    owner: str
    text: str
    opened_at_ms: int
    due_at_ms: int
    resolved_at_ms: int | None
    process: str
    key: str


class MessagesShown(BaseModel):
    """Messages by outcome, and the outbox by `lane:state`."""

    model_config = _CLOSED
    inbox: dict[str, int]
    outbox: dict[str, Count]


class PricedPiece(BaseModel):
    """One piece of a billing event; amounts in minor units, hours in hundredths."""

    model_config = _CLOSED
    source_id: str
    ver: int
    rating: int
    piece: int
    amount_minor: int
    hours_e2: int
    state: Literal["COMMITTED", "LOCKED", "INVOICED", "CREDITED", "CANCELLED"]
    rate_source: str
    invoice_external_id: str
    commit_at_ms: int
    piece_class: Literal["BILLABLE"] = Field(alias="class")


class UnpricedPiece(BaseModel):
    """An entry that has no amount by its nature."""

    model_config = _CLOSED
    source_id: str
    ver: int
    rating: int
    piece: int
    amount_minor: int
    hours_e2: int
    state: Literal["COVERED", "NON_BILLABLE"]
    piece_class: Literal["COVERED", "NON_BILLABLE"] = Field(alias="class")


class BookCase(BaseModel):
    """A case as the book has it."""

    model_config = _CLOSED
    code: str
    entity_bk: str
    opened_at_ms: int
    resolved_at_ms: int | None
    state: Literal["OPEN", "RESOLVED"]


class BookMessages(BaseModel):
    """What became of every message; the outcomes add up to `received`."""

    model_config = _CLOSED
    received: int
    applied: int
    duplicate: int
    stale: int
    parked: int
    exception: int
    dead_letter: int


class BookLineage(BaseModel):
    """The way of one piece from its source to its document."""

    model_config = _CLOSED
    source_id: str
    ver: int
    approved_by: str
    contract_bk: str
    rate_source: str
    event_bk: str
    run: str
    invoice_external_id: str


class BookShown(BaseModel):
    """Pieces, cases, messages and lineage."""

    model_config = _CLOSED
    pieces: list[PricedPiece | UnpricedPiece]
    cases: list[BookCase]
    messages: BookMessages
    lineage: list[BookLineage]


class Replayed(BaseModel):
    """The case that runs again."""

    model_config = _CLOSED
    replayed: Annotated[str, Field(pattern=CASE_ID)]


class Stepped(BaseModel):
    """What time it is now."""

    model_config = _CLOSED
    now_ms: Instant


class Polling(BaseModel):
    """How often this worker has sources polled from now on, beside what notifications wake."""

    model_config = _CLOSED
    every_seconds: Annotated[float, Field(ge=1, le=MAXIMUM_POLL_SECONDS)]


def _body(required: str, properties: dict[str, Any]) -> dict[str, Any]:
    schema = {"type": "object", "required": [required], "properties": properties}
    content = {"application/json": {"schema": {**schema, "additionalProperties": False}}}
    return {"requestBody": {"required": True, "content": content}}


CLOCK_BODY = _body(
    "now_ms",
    {
        "now_ms": {"type": "integer", "minimum": 0, "maximum": MAXIMUM_MS},
        "speed": {"type": "integer", "minimum": 0, "maximum": MAXIMUM_SPEED},
        "since_wall_ms": {"type": "integer", "minimum": 1, "maximum": MAXIMUM_MS},
    },
)
POLLING_BODY = _body(
    "every_seconds", {"every_seconds": {"type": "number", "minimum": 1, "maximum": MAXIMUM_POLL_SECONDS}}
)

_TEXT = {"type": "string"}
# Of a notification only what the core reads is asked for; whatever else a vendor says is let be.
_NOTIFICATIONS: list[dict[str, Any]] = [
    {
        "title": "BambooHR: who changed",
        "type": "object",
        "required": ["employees"],
        "properties": {
            "employees": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["id", "action"],
                    "properties": {"id": {"type": ["string", "integer"]}, "action": _TEXT},
                    "additionalProperties": True,
                },
            }
        },
        "additionalProperties": True,
    },
    {
        "title": "Gusto: what happened to which record",
        "type": "object",
        "required": ["uuid", "event_type", "entity_type", "entity_uuid"],
        "properties": {"uuid": _TEXT, "event_type": _TEXT, "entity_type": _TEXT, "entity_uuid": _TEXT},
        "additionalProperties": True,
    },
    {
        "title": "Gusto: the token of a new subscription",
        "type": "object",
        "required": ["verification_token"],
        "properties": {"verification_token": _TEXT},
        "additionalProperties": True,
    },
]
NOTIFICATION: dict[str, Any] = {
    "parameters": [
        {"name": name, "in": "header", "required": False, "schema": {"type": "string", "pattern": pattern}}
        for name, pattern in (
            ("X-BambooHR-Timestamp", "^[0-9]{1,12}$"),
            ("X-BambooHR-Signature", "^[0-9a-f]{64}$"),
            ("X-Gusto-Signature", "^[0-9a-f]{64}$"),
        )
    ],
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": {"anyOf": _NOTIFICATIONS}},
            "text/xml": {"schema": {"type": "string", "minLength": 1}},
        },
    },
}
NOTED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Taken, in the words that the vendor expects.",
        "content": {
            "application/json": {"schema": {"type": "object", "additionalProperties": False}},
            "text/xml": {"schema": {"type": "string"}},
        },
    }
}

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
EXPOSED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Metrics in the text format of Prometheus.",
        "content": {"text/plain": {"schema": {"type": "string"}}},
    }
}

_REFUSALS = {
    401: "The credentials are missing or wrong.",
    403: "These credentials may not do this, or this core does not do it at all.",
    404: "There is no such thing.",
    413: "The body is too large.",
    422: "The call cannot be understood.",
    429: "There is more work here than can be taken on.",
    503: "The database does not answer.",
}


def answers(model: Any, *refusals: int) -> dict[int | str, dict[str, Any]]:
    """The answers of an operation: the good one by its model, and its refusals."""
    return {200: {"model": model, "description": "Done."}} | refused(*refusals)


def refused(*refusals: int) -> dict[int | str, dict[str, Any]]:
    """Refusals by status, all of one shape; a 401 names the scheme it asks for."""
    found: dict[int | str, dict[str, Any]] = {}
    for status in refusals:
        found[status] = {"model": Problem, "description": _REFUSALS[status]}
        if status == 401:
            found[status]["headers"] = {"WWW-Authenticate": {"schema": {"type": "string"}}}
        if status in (429, 503):
            found[status]["headers"] = {"Retry-After": {"schema": {"type": "integer"}}}
    return found
