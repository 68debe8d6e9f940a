"""Runs and documents: made once, held and released, and what the ERP says of them."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import Connection

from integration_core.ports.documents import Mark

from .memory import Memory
from .records import BEN, KNOWN_TASK, card, draft, priced, replacement, state, unpriced

RUN = "BR|US01|2026-01-31"
KEY = "IN|US01|2026-01-31|00000101"
MON, TUE, SUN = (f"BE|TE|TC-a1T1|{day}|v1.1|p1" for day in ("Mon", "Tue", "Sun"))


@pytest.fixture
def rated(memory: Memory) -> Memory:
    """A store with a rated card: Monday and Tuesday in January, Sunday in February."""
    memory.staff(BEN)
    memory.plan(KNOWN_TASK)
    memory.enter(card("a1T1", 500, {"Mon": "3.50", "Tue": "2", "Sun": "1"}))
    memory.settle(*(priced(entry) for entry in memory.unrated()))
    return memory


def marks(memory: Memory) -> dict[str, tuple[str, ...]]:
    """Marks of all cards that any document or replacement gives a reason to look at."""
    mirroring = memory.store.mirroring

    def look(connection: Connection) -> Sequence[Mark]:
        documents = [row.key for row in memory.store.documents.all(connection)]
        due = mirroring.due(connection, 1000)
        return mirroring.marks(connection, {*due.cards, *mirroring.cards_of(connection, documents)})

    return {mark.split_native_id: mark.documents for mark in memory.do(look)}


def test_run__is_done_once_it_is_finished(memory: Memory) -> None:
    documents = memory.store.documents
    assert not memory.do(lambda c: documents.run_done(c, RUN))
    memory.do(lambda c: documents.finish_run(c, RUN, [], [], 5))
    memory.do(lambda c: documents.finish_run(c, RUN, [], [], 9))
    assert memory.do(lambda c: documents.run_done(c, RUN))
    assert not memory.do(lambda c: documents.run_done(c, "BR|US01|2026-02-28"))


def test_finishing_again__changes_no_document(rated: Memory) -> None:
    rated.bill(draft(KEY, MON))
    rated.bill(draft(KEY, MON, held="PO_MISSING"))
    (document,) = rated.do(rated.store.documents.all)
    assert (document.state, document.run, document.contract_native_ids) == ("READY", RUN, ("800C",))


def test_run_cut_off_before_its_commit__leaves_pieces_free(rated: Memory) -> None:
    def cut_off(connection: Connection) -> None:
        rated.store.documents.finish_run(connection, RUN, [draft(KEY, MON)], [], 0)
        rated.store.pieces.lock(connection, [MON], RUN, KEY)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        rated.do(cut_off)
    assert not rated.do(lambda c: rated.store.documents.run_done(c, RUN))
    assert [piece.event_bk for piece in rated.committed(1_000)] == [MON, SUN, TUE]


def test_held_document__keeps_lines_and_date_until_it_is_released(rated: Memory) -> None:
    documents = rated.store.documents
    rated.bill(draft(KEY, MON, TUE, held="PO_MISSING"))
    assert rated.do(lambda c: documents.held(c, "US01")) == [(KEY, RUN, date(2026, 1, 31))]
    assert rated.do(lambda c: documents.held(c, "DE01")) == []
    assert [piece.event_bk for piece in rated.do(lambda c: documents.pieces_of(c, KEY))] == [MON, TUE]
    assert [piece.event_bk for piece in rated.committed(1_000)] == [SUN]
    rated.do(lambda c: documents.release(c, draft(KEY, MON, TUE)))
    assert rated.do(lambda c: documents.held(c, "US01")) == []
    assert [one.state for one in rated.do(documents.all)] == ["READY"]


def test_erp_state__is_taken_up_once(rated: Memory) -> None:
    documents = rated.store.documents
    rated.bill(draft(KEY, MON))
    posted = [state(KEY, "POSTED", 100)]
    assert rated.do(lambda c: documents.observed(c, posted)) == 1
    assert rated.do(lambda c: documents.observed(c, posted)) == 0
    (document,) = rated.do(documents.all)
    assert (document.number, document.status) == ("US01-INV-2026-000001", "POSTED")
    assert (document.net, document.gross, document.open_amount) == (Decimal("629.83"),) * 3


@pytest.mark.parametrize(
    ("status", "piece"),
    [
        ("DRAFT", "LOCKED"),
        ("APPROVED", "LOCKED"),
        ("POSTED", "INVOICED"),
        ("PARTIALLY_PAID", "INVOICED"),
        ("PAID", "INVOICED"),
    ],
)
def test_posting__makes_the_documents_pieces_invoiced(rated: Memory, status: str, piece: str) -> None:
    rated.bill(draft(KEY, MON))
    rated.do(lambda c: rated.store.documents.observed(c, [state(KEY, status, 100)]))
    assert rated.states() == {"a1T1#Mon v1": piece, "a1T1#Tue v1": "COMMITTED", "a1T1#Sun v1": "COMMITTED"}


def test_older_erp_state__is_ignored(rated: Memory) -> None:
    documents = rated.store.documents
    rated.bill(draft(KEY, MON))
    rated.do(lambda c: documents.observed(c, [state(KEY, "PAID", 200, "0.00")]))
    assert rated.do(lambda c: documents.observed(c, [state(KEY, "POSTED", 100)])) == 0
    (document,) = rated.do(documents.all)
    assert (document.status, document.open_amount) == ("PAID", Decimal(0))


def test_erp_state_seen_again_later__keeps_older_ones_out(rated: Memory) -> None:
    documents = rated.store.documents
    rated.bill(draft(KEY, MON))
    rated.do(lambda c: documents.observed(c, [state(KEY, "POSTED", 100)]))
    rated.do(lambda c: documents.observed(c, [state(KEY, "POSTED", 300)]))
    rated.do(lambda c: documents.observed(c, [state(KEY, "PARTIALLY_PAID", 200, "1.00")]))
    assert [one.status for one in rated.do(documents.all)] == ["POSTED"]


def test_state_of_a_foreign_document__is_ignored(memory: Memory) -> None:
    assert memory.do(lambda c: memory.store.documents.observed(c, [state("IN|other", "POSTED", 1)])) == 0
    assert memory.do(memory.store.documents.all) == []


def test_amounts__add_up_by_document_and_contract(rated: Memory) -> None:
    rated.bill(draft(KEY, MON, TUE))
    shares = rated.do(lambda c: rated.store.mirroring.shares(c, ["800C"]))
    assert shares == {"800C": [(KEY, Decimal("629.83") + Decimal("359.90"))]}


def test_split__is_marked_when_all_its_cells_stand_on_documents(rated: Memory) -> None:
    assert marks(rated) == {}
    rated.bill(draft(KEY, MON))
    assert marks(rated) == {}
    rated.bill(draft("IN|2", TUE), run="BR|US01|2026-02-15")
    assert marks(rated) == {"a1T1-1": ("IN|2", KEY)}
    rated.bill(draft("IN|3", SUN), run="BR|US01|2026-02-28")
    assert marks(rated) == {"a1T1-1": ("IN|2", KEY), "a1T1-2": ("IN|3",)}


def test_splits_of_both_cards__show_the_documents_of_a_replacements_unchanged_cells(rated: Memory) -> None:
    rated.bill(draft(KEY, MON, TUE, SUN))
    before = {"a1T1-1": (KEY,), "a1T1-2": (KEY,)}
    assert marks(rated) == before
    rated.enter(replacement("a1T2", "a1T1", 900, {"Mon": "3.50", "Tue": "2", "Sun": "4"}))
    assert marks(rated) == {**before, "a1T2-1": (KEY,)}


def test_split_without_billable_time__is_never_marked(memory: Memory) -> None:
    memory.staff(BEN)
    memory.plan(KNOWN_TASK)
    memory.enter(card("a1T1", 500, {"Mon": "8"}, billable=False))
    memory.settle(*(unpriced(entry, "NON_BILLABLE") for entry in memory.unrated()))
    memory.enter(replacement("a1T2", "a1T1", 900, {"Mon": "8"}, billable=False))
    assert marks(memory) == {}


def test_split_with_unrated_time__is_not_marked_yet(rated: Memory) -> None:
    rated.bill(draft(KEY, MON, TUE))
    rated.enter(replacement("a1T2", "a1T1", 900, {"Mon": "3.50", "Tue": "2", "Wed": "1"}))
    assert marks(rated) == {"a1T1-1": (KEY,)}
