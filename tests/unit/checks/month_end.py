"""The month-end as evidence, with the subject's book."""

from datetime import date

from scenarios.oracle.book import Book, CaseRow, LineageRow, Messages, Piece
from tests.unit.checks.documents import masters
from tests.unit.checks.facts import at, payment
from tests.unit.checks.month_end_documents import delivery, ledger
from tests.unit.checks.month_end_facts import NOW, everything
from tests.unit.checks.world import World, unplayed

_OLD = "2|RC|CONTRACT-CARD|PRINCIPAL|DATA|2020-01-01"
_NEW = "2|RC|CONTRACT-CARD|PRINCIPAL|DATA|2026-01-16"
_FIRST, _SECOND = "IN|US01|2026-01-15|00000101", "IN|US01|2026-01-31|00000101"
# source id, version, amount, hours e-2, state, rate source, invoice, commit instant
_PIECES = (
    ("th1#Mon", 1, 245_000, 1_000, "CREDITED", _OLD, _FIRST, "2026-01-14 15:00"),
    ("th2#Mon", 2, 196_000, 800, "INVOICED", _OLD, _SECOND, "2026-01-20 15:00"),
    ("th3#Fri", 1, 100_940, 400, "COMMITTED", _NEW, "", "2026-02-02 15:00"),
    ("a01C#BS1", 1, 612_903, 0, "INVOICED", "", _FIRST, "2026-01-05 16:00"),
    ("ms1", 1, 240_000, 0, "INVOICED", "", _SECOND, "2026-01-22 15:00"),
    ("a01C#OV2026-01", 1, 29_750, 119, "INVOICED", "", _SECOND, "2026-02-01 05:00"),
)
_COVERED = ("th4#Tue", "th4#Wed", "th4#Thu", "th5#Mon", "th5#Tue", "th5#Wed", "th5#Thu")


def book() -> Book:
    pieces = tuple(
        Piece(
            source_id=source_id,
            ver=ver,
            rating=1,
            piece=1,
            amount_minor=amount,
            hours_e2=hours_e2,
            state=state,
            rate_source=rate_source,
            invoice_external_id=invoice,
            commit_at_ms=at(commit),
        )
        for source_id, ver, amount, hours_e2, state, rate_source, invoice, commit in _PIECES
    )
    covered = tuple(
        Piece(
            source_id=source_id,
            ver=1,
            rating=1,
            piece=1,
            amount_minor=0,
            hours_e2=0,
            state="COVERED",
            piece_class="COVERED",
        )
        for source_id in _COVERED
    )
    lineage = tuple(
        LineageRow(
            source_id=piece.source_id,
            ver=piece.ver,
            approved_by="RS|4" if piece.rate_source else "",
            contract_bk="CO|00000101",
            rate_source=piece.rate_source,
            event_bk=f"BE|{piece.source_id}",
            run="",
            invoice_external_id=piece.invoice_external_id,
        )
        for piece in pieces
    )
    unapproved = CaseRow(code="TIME_UNAPPROVED", entity_bk="TE|TC-000003|Fri", opened_at_ms=0)
    messages = Messages(received=60, applied=55, duplicate=5)
    return Book(pieces=(*pieces, *covered), cases=(unapproved,), messages=messages, lineage=lineage)


def month_end() -> World:
    """The month-end as it must be."""
    return World(
        facts=everything(),
        documents=[*masters(), *delivery(), *ledger()],
        book=book(),
        played=[
            payment(date(2026, 1, 25), "2026-01-25 15:00", share_e6=714_420),
            *(unplayed(fact) for fact in everything()),
        ],
        now_ms=NOW,
    )
