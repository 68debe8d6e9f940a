"""The book says what the store holds, and its sums add up."""

from functools import partial

import msgspec

from .memory import Memory
from .records import BEN, CONTRACT, KNOWN_TASK, blocked, card, draft, priced, replacement, state, unpriced

KEY = "IN|US01|2026-01-31|00000101"


def lived(memory: Memory) -> None:
    """A little history: billed, superseded, covered, blocked and parked time."""
    memory.staff(BEN, ("E001", "003M"))
    memory.plan(KNOWN_TASK)
    memory.take(CONTRACT, CONTRACT)
    memory.enter(card("a1T1", 500, {"Mon": "3.50", "Tue": "2"}))
    memory.settle(*(priced(entry) for entry in memory.unrated()))
    memory.bill(draft(KEY, "BE|TE|TC-a1T1|Mon|v1.1|p1"))
    memory.do(lambda c: memory.store.documents.observed(c, [state(KEY, "POSTED", 900)]))
    memory.enter(replacement("a1T2", "a1T1", 600, {"Mon": "3.50", "Tue": "1.5"}))
    memory.settle(*(priced(entry) for entry in memory.unrated()))
    memory.enter(card("a1T3", 700, {"Wed": "8"}))
    memory.settle(*(unpriced(entry, "COVERED") for entry in memory.unrated()))
    memory.enter(card("a1T4", 700, {"Thu": "8"}))
    memory.settle(*(blocked(entry) for entry in memory.unrated()))
    memory.enter(card("a1T5", 700, {"Fri": "8"}, task_native_id="a1K9"))
    memory.do(
        partial(
            memory.store.cases.open,
            code="RATE_MISSING",
            entity_bk="TE|TC-a1T4|Thu",
            text="No rate.",
            opened_at_ms=700,
            replay=("rating", "all"),
        )
    )


def test_pieces__have_state_class_amount_and_document(memory: Memory) -> None:
    lived(memory)
    pieces = {(piece["source_id"], piece["ver"]): piece for piece in memory.book()["pieces"]}
    assert {key: piece["state"] for key, piece in pieces.items()} == {
        ("a1T1#Mon", 1): "INVOICED",
        ("a1T1#Tue", 1): "CANCELLED",
        ("a1T2#Tue", 2): "COMMITTED",
        ("a1T3#Wed", 1): "COVERED",
    }
    monday = pieces["a1T1#Mon", 1]
    assert (monday["amount_minor"], monday["hours_e2"], monday["class"]) == (62983, 350, "BILLABLE")
    assert (monday["invoice_external_id"], monday["rate_source"]) == (KEY, "1|AS|A-0001")
    assert (monday["commit_at_ms"], monday["rating"], monday["piece"]) == (500, 1, 1)
    covered = pieces["a1T3#Wed", 1]
    assert (covered["amount_minor"], covered["hours_e2"], covered["class"]) == (0, 800, "COVERED")


def test_lineage__goes_from_source_to_document(memory: Memory) -> None:
    lived(memory)
    lineage = {row["event_bk"]: row for row in memory.book()["lineage"]}
    assert lineage["BE|TE|TC-a1T1|Mon|v1.1|p1"] == {
        "source_id": "a1T1#Mon",
        "ver": 1,
        "approved_by": "RS|E001",
        "contract_bk": "CO|00000101",
        "rate_source": "1|AS|A-0001",
        "event_bk": "BE|TE|TC-a1T1|Mon|v1.1|p1",
        "run": "BR|US01|2026-01-31",
        "invoice_external_id": KEY,
    }
    assert len(lineage) == 3


def test_messages__add_up_to_what_was_received(memory: Memory) -> None:
    lived(memory)
    messages = memory.book()["messages"]
    assert messages == {
        "received": 7,
        "applied": 5,
        "duplicate": 1,
        "stale": 0,
        "parked": 1,
        "exception": 0,
        "dead_letter": 0,
    }
    assert messages.pop("received") == sum(messages.values())


def test_cases__show_whether_they_are_resolved(memory: Memory) -> None:
    lived(memory)
    assert [case["state"] for case in memory.book()["cases"]] == ["OPEN"]
    memory.do(lambda c: memory.store.cases.resolve(c, "TE|TC-a1T4|Thu", ["RATE_MISSING"], 900))
    assert memory.book()["cases"] == [
        {
            "code": "RATE_MISSING",
            "entity_bk": "TE|TC-a1T4|Thu",
            "opened_at_ms": 700,
            "resolved_at_ms": 900,
            "state": "RESOLVED",
        }
    ]


def test_book__is_plain_json_and_empty_at_first(memory: Memory) -> None:
    assert memory.book()["pieces"] == memory.book()["cases"] == memory.book()["lineage"] == []
    lived(memory)
    book = memory.book()
    assert msgspec.json.decode(msgspec.json.encode(book)) == book
