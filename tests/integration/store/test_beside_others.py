"""Transactions beside one another on PostgreSQL: what one leaves, enters or opens, no other loses."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from integration_core.ports.documents import Due
from integration_core.store.mirroring import CONTRACT, note_due

from .memory import Memory
from .records import BEN, KNOWN_TASK, card, priced, replacement

NOTHING = Due(documents=(), cards=(), contracts=())
LATER_MS = 1 << 60


@contextmanager
def beside(memory: Memory) -> Iterator[Connection]:
    """Another transaction that would rather fail than wait for a lock; it is undone."""
    with memory.database.connect() as connection:
        connection.execute(text("SET lock_timeout = '50ms'"))
        yield connection
        connection.rollback()


@pytest.fixture
def staffed(on_postgres: Memory) -> Memory:
    """A store that knows Ben and his task."""
    on_postgres.staff(BEN)
    on_postgres.plan(KNOWN_TASK)
    return on_postgres


def test_word_left_while_the_mirrors_look__waits_for_them_and_stays(on_postgres: Memory) -> None:
    mirroring = on_postgres.store.mirroring
    on_postgres.do(lambda c: note_due(c, CONTRACT, ["800C"]))
    with on_postgres.database.begin() as looking:
        due = mirroring.due(looking, 10)
        with (
            beside(on_postgres) as other,
            pytest.raises(OperationalError, match="lock timeout"),
        ):
            note_due(other, CONTRACT, ["800C"])
        mirroring.done(looking, due)
    on_postgres.do(lambda c: note_due(c, CONTRACT, ["800C"]))
    assert on_postgres.do(lambda c: mirroring.due(c, 10)).contracts == ("800C",)


def test_word_that_is_being_left_again__is_not_taken_away_with_the_one_before(on_postgres: Memory) -> None:
    mirroring = on_postgres.store.mirroring
    on_postgres.do(lambda c: note_due(c, CONTRACT, ["800C"]))
    with on_postgres.database.begin() as leaving:
        note_due(leaving, CONTRACT, ["800C"])
        assert on_postgres.do(lambda c: mirroring.due(c, 10)) == NOTHING
    assert on_postgres.do(lambda c: mirroring.due(c, 10)).contracts == ("800C",)


def test_correction_entered_while_its_time_is_priced__still_ends_the_piece(staffed: Memory) -> None:
    staffed.enter(card("a1T1", 100, {"Mon": "8"}))
    staffed.take(replacement("a1T2", "a1T1", 200, {"Mon": "4"}))
    work = staffed.store.work
    priced_rows = [priced(entry) for entry in staffed.unrated()]
    with staffed.database.begin() as rating:
        work.settle(rating, priced_rows, 0)
        with beside(staffed) as billing, pytest.raises(OperationalError, match="lock timeout"):
            work.resolve(billing)
    staffed.do(work.resolve)
    staffed.settle(*(priced(entry) for entry in staffed.unrated()))
    assert [piece.source_id for piece in staffed.committed(LATER_MS)] == ["a1T2#Mon"]


def test_time_priced_while_its_correction_is_entered__is_superseded_too(staffed: Memory) -> None:
    staffed.enter(card("a1T1", 100, {"Mon": "8"}))
    staffed.take(replacement("a1T2", "a1T1", 200, {"Mon": "4"}))
    work = staffed.store.work
    priced_rows = [priced(entry) for entry in staffed.unrated()]
    with staffed.database.begin() as entering:
        work.resolve(entering)
        with beside(staffed) as rating, pytest.raises(OperationalError, match="lock timeout"):
            work.settle(rating, priced_rows, 0)
    staffed.settle(*priced_rows)
    assert staffed.committed(LATER_MS) == []


def test_same_trouble_found_by_two_at_once__is_one_case(on_postgres: Memory) -> None:
    cases = on_postgres.store.cases
    trouble = ("TECH_DLQ", "RS|E007", "text.", 1, ("send", "psa.resource"))
    with on_postgres.database.begin() as first:
        cases.open(first, *trouble)
        with beside(on_postgres) as second, pytest.raises(OperationalError, match="lock timeout"):
            cases.open(second, *trouble)
    on_postgres.do(lambda c: cases.open(c, *trouble))
    assert len(on_postgres.do(cases.all)) == 1
