"""The book: what a subject publishes of its own pieces, lineage and cases, for checks that read it.

A subject that keeps one answers `GET /operations/book` with the JSON of `Book`, in exactly
these field names: `{"pieces": [...], "cases": [...], "messages": {...}, "lineage": [...]}`.
Money is in minor units of the contract currency, hours in hundredths, instants in UTC
milliseconds. `source_id` is the native id of the source record (`<timecard header id>#<Mon..Sun>`),
never a key of the subject. `rate_source` is `"<priority 1-4>|<rate line bk or assignment bk>"`.
"""

from typing import TypeVar

import msgspec
from msgspec import Struct, field

from scenarios.oracle.sharing import shared

T = TypeVar("T", bound=Struct)

PIECE_STATES = (
    "HELD_CAP",
    "COMMITTED",
    "LOCKED",
    "INVOICED",
    "CREDITED",
    "CANCELLED",
    "WRITTEN_OFF",
    "FORFEITED",
    "COVERED",
    "NON_BILLABLE",
)


class Piece(Struct, frozen=True, kw_only=True, gc=False):
    """One piece of a billing event: `BE|<source bk>|v<ver>.<rating>|p<piece>` (finance 1.1).

    `piece_class` (JSON name `class`) is BILLABLE, COVERED or NON_BILLABLE.
    """

    source_id: str
    ver: int
    rating: int
    piece: int
    amount_minor: int
    hours_e2: int
    state: str
    rate_source: str = ""
    invoice_external_id: str = ""
    commit_at_ms: int | None = None
    piece_class: str = field(default="BILLABLE", name="class")


class CaseRow(Struct, frozen=True, kw_only=True, gc=False):
    """One case of the exception queue; `state` is OPEN or RESOLVED."""

    code: str
    entity_bk: str
    opened_at_ms: int
    resolved_at_ms: int | None = None
    state: str = "OPEN"


class Messages(Struct, frozen=True, kw_only=True):
    """What became of every message ever received; the outcomes add up to `received` (finance I42)."""

    received: int = 0
    applied: int = 0
    duplicate: int = 0
    stale: int = 0
    parked: int = 0
    exception: int = 0
    dead_letter: int = 0


class LineageRow(Struct, frozen=True, kw_only=True, gc=False):
    """The way of one piece: source record, approver, rate, run, document line (finance 1.5)."""

    source_id: str
    ver: int
    approved_by: str
    contract_bk: str
    rate_source: str
    event_bk: str
    run: str
    invoice_external_id: str


class Book(Struct, frozen=True, kw_only=True):
    """Everything a subject says of itself."""

    pieces: tuple[Piece, ...] = ()
    cases: tuple[CaseRow, ...] = ()
    messages: Messages = Messages()
    lineage: tuple[LineageRow, ...] = ()


class _Rows(Struct, frozen=True, kw_only=True):
    """A book whose rows are not read yet."""

    pieces: list[msgspec.Raw] = []
    cases: list[msgspec.Raw] = []
    messages: Messages = Messages()
    lineage: list[msgspec.Raw] = []


def read_book(payload: bytes) -> Book:
    """A book from its JSON, row by row: a large firm's repeats most of its texts very often.

    Raises msgspec.ValidationError naming the first bad field.
    """
    rows = msgspec.json.decode(payload, type=_Rows)
    return Book(
        pieces=_read(rows.pieces, Piece),
        cases=_read(rows.cases, CaseRow),
        messages=rows.messages,
        lineage=_read(rows.lineage, LineageRow),
    )


def _read(rows: list[msgspec.Raw], kind: type[T]) -> tuple[T, ...]:
    decoder = msgspec.json.Decoder(kind)
    return tuple(shared(decoder.decode(row)) for row in rows)
