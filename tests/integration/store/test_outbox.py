"""What targets are owed: the newest wish, tried again with growing gaps, never forgotten."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import pytest

from integration_core.ports.store import Outgoing
from integration_core.ports.systems import Outcome, Rejected, Written
from integration_core.rules.triage import PROBE_SECONDS, TRIES

from .memory import Memory

LANE = "erp.invoice"


def want(memory: Memory, *rows: tuple[str, Any], lane: str = LANE, now_ms: int = 0) -> int:
    return memory.do(lambda c: memory.store.outbox.want(c, lane, rows, now_ms))


def pending(memory: Memory, now_ms: int = 0, limit: int = 100, lane: str = LANE) -> Sequence[Outgoing]:
    return memory.do(lambda c: memory.store.outbox.pending(c, lane, now_ms, limit))


def settle(
    memory: Memory, batch: Sequence[Outgoing], outcomes: Sequence[Outcome], now_ms: int = 0
) -> int | None:
    return memory.do(lambda c: memory.store.outbox.settle(c, batch, outcomes, now_ms))


def counts(memory: Memory) -> dict[str, int]:
    return memory.do(memory.store.outbox.counts)


def written(row: Outgoing) -> Written:
    return Written(key=row.key, native_id=f"id-{row.key}")


def failed(row: Outgoing, *, retry: bool) -> Rejected:
    return Rejected(key=row.key, code="BUSY" if retry else "BAD", text="no", retry=retry)


def test_wish__is_owed_until_it_is_written(memory: Memory) -> None:
    assert want(memory, ("IN|1", {"amount": "1.00"})) == 1
    batch = pending(memory)
    assert [(row.key, row.payload, row.attempts) for row in batch] == [("IN|1", {"amount": "1.00"}, 0)]
    assert settle(memory, batch, [written(batch[0])]) is None
    assert pending(memory) == []
    assert counts(memory) == {"erp.invoice:sent": 1}


def test_same_wish_again__owes_nothing(memory: Memory) -> None:
    want(memory, ("IN|1", {"a": 1, "b": 2}))
    batch = pending(memory)
    assert want(memory, ("IN|1", {"b": 2, "a": 1})) == 0
    settle(memory, batch, [written(batch[0])])
    assert want(memory, ("IN|1", {"a": 1, "b": 2})) == 0
    assert pending(memory) == []


def test_newer_wish__replaces_the_older_one(memory: Memory) -> None:
    want(memory, ("RS|1", {"level": "A"}))
    assert want(memory, ("RS|1", {"level": "B"})) == 1
    assert [row.payload for row in pending(memory)] == [{"level": "B"}]


def test_wish_changed_while_it_is_sent__stays_owed(memory: Memory) -> None:
    want(memory, ("RS|1", {"level": "A"}))
    batch = pending(memory)
    want(memory, ("RS|1", {"level": "B"}))
    settle(memory, batch, [written(batch[0])])
    assert [row.payload for row in pending(memory)] == [{"level": "B"}]


@pytest.mark.parametrize("retry", [True, False])
def test_failure_of_an_older_wish__does_not_touch_the_newer_one(memory: Memory, retry: bool) -> None:
    want(memory, ("RS|1", {"level": "A"}))
    batch = pending(memory)
    want(memory, ("RS|1", {"level": "B"}))
    settle(memory, batch, [failed(batch[0], retry=retry)])
    assert [(row.payload, row.attempts) for row in pending(memory)] == [({"level": "B"}, 0)]


def test_written_wish_wished_anew__is_owed_again(memory: Memory) -> None:
    for level in ("A", "B", "A"):
        want(memory, ("RS|1", {"level": level}))
        batch = pending(memory)
        assert [row.payload for row in batch] == [{"level": level}]
        settle(memory, batch, [written(batch[0])])


def test_lanes__are_apart_and_batches_ordered_and_bounded(memory: Memory) -> None:
    want(memory, ("c", 1), ("a", 1), ("b", 1))
    want(memory, ("z", 1), lane="psa.mark")
    assert [row.key for row in pending(memory, limit=2)] == ["a", "b"]
    assert [row.key for row in pending(memory, lane="psa.mark")] == ["z"]


def test_failed_write__is_tried_again_after_growing_gaps_then_probed(memory: Memory) -> None:
    want(memory, ("IN|1", 1))
    now_ms, gaps = 0, []
    for _ in range(TRIES + 2):
        (row,) = pending(memory, now_ms)
        again_ms = settle(memory, [row], [failed(row, retry=True)], now_ms)
        assert again_ms is not None
        assert pending(memory, again_ms - 1) == []
        gaps.append((again_ms - now_ms) / 1000)
        now_ms = again_ms
    assert gaps == [1, 2, 4, 8, 16, 32, PROBE_SECONDS, PROBE_SECONDS]
    (row,) = pending(memory, now_ms)
    settle(memory, [row], [written(row)], now_ms)
    assert counts(memory) == {"erp.invoice:sent": 1}


def test_batch__settles_each_item_by_itself_and_names_the_earliest_retry(memory: Memory) -> None:
    want(memory, ("a", 1), ("b", 1), ("c", 1))
    a, b, c = pending(memory)
    assert settle(memory, [b], [failed(b, retry=True)], 0) == 1_000
    (_, tired, _) = pending(memory, 1_000)
    outcomes: list[Outcome] = [written(a), failed(tired, retry=True), failed(c, retry=True)]
    assert settle(memory, [a, tired, c], outcomes, 1_000) == 2_000
    assert [row.key for row in pending(memory, 2_000)] == ["c"]
    assert [row.key for row in pending(memory, 3_000)] == ["b", "c"]
    assert counts(memory) == {"erp.invoice:pending": 2, "erp.invoice:sent": 1}


def test_refused_write__rests_until_it_is_revived(memory: Memory) -> None:
    want(memory, ("IN|1", 1))
    (row,) = pending(memory)
    assert settle(memory, [row], [failed(row, retry=False)]) is None
    assert pending(memory, 1 << 60) == []
    assert want(memory, ("IN|1", 1)) == 0
    memory.do(lambda c: memory.store.outbox.revive(c, LANE, "IN|1"))
    assert [row.attempts for row in pending(memory)] == [0]


def test_refused_write_wished_otherwise__is_tried_again(memory: Memory) -> None:
    want(memory, ("IN|1", 1))
    (row,) = pending(memory)
    settle(memory, [row], [failed(row, retry=False)])
    assert want(memory, ("IN|1", 2)) == 1
    assert [row.payload for row in pending(memory)] == [2]


def test_reviving__makes_a_waiting_row_due_and_leaves_a_written_one_alone(memory: Memory) -> None:
    want(memory, ("a", 1), ("b", 1))
    a, b = pending(memory)
    settle(memory, [a, b], [written(a), failed(b, retry=True)])
    for key in ("a", "b", "unheard of"):
        memory.do(partial(memory.store.outbox.revive, lane=LANE, key=key))
    assert [row.key for row in pending(memory)] == ["b"]


def test_many_wishes__are_compared_whole(memory: Memory) -> None:
    rows = [(f"RS|{number:04d}", {"n": number}) for number in range(1_000)]
    assert want(memory, *rows) == 1_000
    assert want(memory, *rows[:999], ("RS|0999", {"n": -1})) == 1
    assert len(pending(memory, limit=5_000)) == 1_000
