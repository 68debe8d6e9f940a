"""Cards on their way to entries: batch by batch, and what looks like one entered twice."""

import pytest

from .memory import Memory
from .records import BEN, KNOWN_TASK, card, replacement

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
