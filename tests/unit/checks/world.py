"""The small month as evidence, with the subject's book, and ways to spoil one thing of it."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from msgspec.structs import replace

from mocks.firm.facts.documents import TargetDocument
from mocks.firm.facts.source import Contract, SourceFact
from scenarios.checks import CHECKS, CheckResult
from scenarios.checks.case import Case, prepare
from scenarios.oracle.book import Book, CaseRow, LineageRow, Messages, Piece
from scenarios.oracle.evidence import Evidence
from tests.unit.checks.documents import LINES, ledger, masters, mirrors, projects
from tests.unit.checks.facts import NOW, at, everything, payment

RATE_SOURCES = {
    "th1#Tue": "2|RC|CONTRACT-CARD|PRINCIPAL|DATA|2020-01-01",
    "th1#Fri": "2|RC|CONTRACT-CARD|PRINCIPAL|DATA|2026-01-16",
    "th4#Tue": "2|RC|CONTRACT-CARD|PRINCIPAL|DATA|2026-01-16",
    "th2#Tue": "1|AS|A2",
    "th3#Mon": "3|RC|CLIENT-CARD|ANALYST|*|2020-01-01",
    "th5#Fri": "1|AS|A2",
}
COMMITS = {
    "th1": "2026-01-19 15:00",
    "th2": "2026-01-26 15:00",
    "th3": "2026-01-26 15:00",
    "th4": "2026-01-31 15:00",
    "th5": "2026-02-02 15:00",
}


def book() -> Book:
    rows = [*LINES, ("th5#Fri", 550, 1_799_500, 98_973)]
    key = "IN|US01|2026-01-31|00000101"
    pieces = tuple(
        Piece(
            source_id=source_id,
            ver=1,
            rating=1,
            piece=1,
            amount_minor=amount,
            hours_e2=hours_e2,
            state="COMMITTED" if source_id == "th5#Fri" else "INVOICED",
            rate_source=RATE_SOURCES[source_id],
            invoice_external_id="" if source_id == "th5#Fri" else key,
            commit_at_ms=at(COMMITS[source_id[:3]]),
        )
        for source_id, hours_e2, _, amount in rows
    )
    lineage = tuple(
        LineageRow(
            source_id=piece.source_id,
            ver=1,
            approved_by="RS|4",
            contract_bk="CO|00000101",
            rate_source=piece.rate_source,
            event_bk=f"BE|{piece.source_id}",
            run="" if piece.state == "COMMITTED" else "BR|US01|2026-01-31",
            invoice_external_id=piece.invoice_external_id,
        )
        for piece in pieces
    )
    unapproved = CaseRow(
        code="TIME_UNAPPROVED",
        entity_bk="TE|TC-000005|Fri",
        opened_at_ms=at("2026-02-01 05:00"),
        resolved_at_ms=at("2026-02-02 15:00"),
        state="RESOLVED",
    )
    messages = Messages(received=40, applied=33, duplicate=4, stale=2, exception=1)
    return Book(pieces=pieces, cases=(unapproved,), messages=messages, lineage=lineage)


def unplayed(fact: SourceFact) -> SourceFact:
    """A fact as it was before it had native ids."""
    if isinstance(fact, Contract):
        lines = tuple(replace(line, source_id="") for line in fact.lines)
        return replace(fact, source_id="", lines=lines)
    return replace(fact, source_id="")


@dataclass
class World:
    """Evidence under construction; a test spoils one thing of it."""

    facts: list[SourceFact] = field(default_factory=everything)
    documents: list[TargetDocument] = field(
        default_factory=lambda: [*masters(), *projects(), *ledger(), *mirrors()]
    )
    book: Book | None = field(default_factory=book)
    played: list[SourceFact] = field(
        default_factory=lambda: [
            payment(date(2026, 2, 4), "2026-02-04 15:00"),
            *(unplayed(fact) for fact in everything()),
        ]
    )
    waiting: list[SourceFact] = field(default_factory=list)
    now_ms: int = NOW

    def __getitem__(self, native_id: str) -> Any:
        return next(d for d in self.documents if d.native_id == native_id)

    def change(self, native_id: str, **fields: object) -> None:
        """Replace fields of every document with this native id that has them."""
        self.documents = [
            replace(d, **fields)
            if d.native_id == native_id and fields.keys() <= set(d.__struct_fields__)
            else d
            for d in self.documents
        ]

    def change_line(self, native_id: str, place: int, **fields: object) -> None:
        """Replace fields of one line of an invoice or a journal."""
        lines = list(self[native_id].lines)
        lines[place] = replace(lines[place], **fields)
        self.change(native_id, lines=tuple(lines))

    def drop(self, native_id: str) -> None:
        self.documents = [d for d in self.documents if d.native_id != native_id]

    def copy(self, native_id: str, new_id: str, **fields: object) -> None:
        """A second record like one that is there."""
        self.documents.append(replace(self[native_id], native_id=new_id, **fields))

    def play(self, *facts: SourceFact) -> None:
        """Facts that people played and the systems recorded."""
        self.facts.extend(facts)
        self.played.extend(unplayed(fact) for fact in facts)

    def spoil_piece(self, place: int, **fields: object) -> None:
        """Replace fields of one piece of the book."""
        assert self.book is not None
        pieces = list(self.book.pieces)
        pieces[place] = replace(pieces[place], **fields)
        self.book = replace(self.book, pieces=tuple(pieces))

    def evidence(self) -> Evidence:
        return Evidence(
            facts=tuple(self.facts),
            documents=tuple(self.documents),
            now_ms=self.now_ms,
            played=tuple(self.played),
            waiting=tuple(self.waiting),
            book=self.book,
        )

    def case(self) -> Case:
        return prepare(self.evidence())

    def check(self, check_id: str) -> CheckResult:
        """The result of one check."""
        return next(check for check in CHECKS if check.id == check_id).run(self.case())
