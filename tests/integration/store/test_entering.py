"""Cards on their way to entries: batch by batch, and what looks like one entered twice."""

import pytest
from sqlalchemy import MetaData, String

from integration_core.store import schema

from .memory import Memory
from .records import BEN, KNOWN_TASK, blocked, card, replacement

BK = "TE|TC-a1T1|Mon"


@pytest.fixture
def ready(memory: Memory) -> Memory:
    """A store that knows Ben and his task."""
    memory.staff(BEN)
    memory.plan(KNOWN_TASK)
    return memory


def test_entry_under_two_keys__is_suspect_until_one_is_deleted(ready: Memory) -> None:
    ready.take(card("a1T1", 100, {"Mon": "8", "Tue": "2"}), card("a1T2", 200, {"Mon": "8", "Tue": "3"}))
    assert ready.do(ready.store.work.resolve).suspects == ((BK, "TE|TC-a1T2|Mon"),)
    ready.take(replacement("a1T3", "a1T2", 300, {"Tue": "3"}))
    assert ready.do(ready.store.work.resolve).suspects == ()


def test_entry_like_one_that_came_long_before__is_suspect_and_one_that_is_gone_is_not(ready: Memory) -> None:
    ready.enter(card("a1T1", 100, {"Mon": "8.00"}))
    ready.take(card("a1T2", 200, {"Mon": "8"}))
    assert ready.do(ready.store.work.resolve).suspects == ((BK, "TE|TC-a1T2|Mon"),)
    ready.enter(
        replacement("a1T3", "a1T1", 300, {"Mon": "1"}), replacement("a1T4", "a1T2", 300, {"Mon": "1.5"})
    )
    ready.take(card("a1T5", 400, {"Mon": "8"}))
    assert ready.do(ready.store.work.resolve).suspects == ()


def test_those_left_of_three_alike__are_suspect_again_once_the_first_is_corrected(ready: Memory) -> None:
    ready.enter(card("a1T1", 100, {"Mon": "8"}), card("a1T2", 100, {"Mon": "8"}))
    ready.enter(card("a1T3", 200, {"Mon": "8"}))
    ready.take(replacement("a1T4", "a1T1", 300, {"Mon": "7"}))
    assert ready.do(ready.store.work.resolve).suspects == (("TE|TC-a1T2|Mon", "TE|TC-a1T3|Mon"),)


def test_cards__become_entries_batch_by_batch_past_those_that_must_wait(ready: Memory) -> None:
    strange = [card(f"a1S{n}", 10 + n, {"Mon": "8"}, resource_native_id="003X") for n in range(3)]
    ready.take(*strange, *(card(f"a1T{n}", 100 + n, {"Mon": "8"}) for n in range(3)))
    resolve = ready.store.work.resolve
    first = ready.do(lambda c: resolve(c, 2))
    second = ready.do(lambda c: resolve(c, 2, first.after))
    third = ready.do(lambda c: resolve(c, 2, second.after))
    assert [one.entered for one in (first, second, third)] == [0, 1, 2]
    last = ready.do(lambda c: resolve(c, 2, third.after))
    assert (last.entered, last.after) == (0, None)
    assert [entry.source_id for entry in ready.unrated()] == [f"a1T{n}#Mon" for n in range(3)]


def test_entries__are_all_met_where_the_database_orders_texts_as_people_do() -> None:
    memory = Memory("sqlite://")
    entry = schema.entry.to_metadata(MetaData())
    entry.c.source_id.type = String(128, collation="NOCASE")
    memory.do(schema.entry.drop)
    memory.do(entry.create)
    memory.staff(BEN)
    memory.plan(KNOWN_TASK)
    memory.enter(card("a1", 100, {"Mon": "1"}), card("C1", 100, {"Mon": "2"}))
    memory.settle(*(blocked(entry) for entry in memory.unrated()))
    memory.enter(card("b1", 100, {"Mon": "3"}), card("D1", 100, {"Mon": "4"}))
    met, after = list[str](), ""
    while batch := memory.unrated(limit=2, after=after):
        met += [one.source_id for one in batch]
        after = met[-1]
    memory.close()
    assert met == ["a1#Mon", "b1#Mon", "C1#Mon", "D1#Mon"]
