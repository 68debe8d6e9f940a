"""From cards to entries to pieces, through corrections, in whatever order (finance 2.6, 2.7)."""

from collections.abc import Iterator
from itertools import permutations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from integration_core.canonical.work import TimeCard

from .memory import FOREVER_MS, Memory
from .records import BEN, KNOWN_TASK, TASK, D, blocked, card, draft, priced, replacement, unpriced

RUN_MS = 1_000  # the cut-off of a run
BEFORE, AFTER = 500, 1_500
BK = "TE|TC-a1T1|Mon"


@pytest.fixture
def ready(memory: Memory) -> Memory:
    """A store that knows Ben and his task."""
    memory.staff(BEN)
    memory.plan(KNOWN_TASK)
    return memory


def rate_all(memory: Memory) -> None:
    memory.settle(*(priced(entry) for entry in memory.unrated()))


def taken(memory: Memory, before_ms: int) -> list[tuple[str, str]]:
    """(event, hours) of the pieces that a run may take."""
    return [(piece.event_bk, str(piece.hours)) for piece in memory.committed(before_ms)]


def test_card__becomes_an_entry_for_each_cell(ready: Memory) -> None:
    ready.enter(card("a1T1", BEFORE, {"Mon": "7.75", "Fri": "3.50"}))
    friday, monday = ready.unrated()
    assert (monday.source_id, monday.bk, monday.ver) == ("a1T1#Mon", BK, 1)
    assert (friday.source_id, friday.hours, friday.memo) == ("a1T1#Fri", D("3.50"), "Fri notes")
    assert (monday.employee_no, monday.contract_line_native_id, monday.task_billable) == (
        "E007",
        "a0L1",
        True,
    )
    assert monday.work_date.isoformat() == "2026-01-26"


def test_approval_instant__is_never_before_the_commit_in_the_source(ready: Memory) -> None:
    ready.enter(
        card("a1T1", BEFORE, {"Mon": "8"}, approved_at_ms=100),
        card("a1T2", BEFORE, {"Mon": "8"}, recorded_at_ms=100),
    )
    assert [entry.a_ms for entry in ready.unrated()] == [BEFORE, BEFORE]


@pytest.mark.parametrize("status", ["Saved", "Submitted", "Rejected"])
def test_card_not_approved__makes_no_entry(ready: Memory, status: str) -> None:
    ready.enter(card("a1T1", BEFORE, {"Mon": "8"}, status=status))
    assert ready.unrated() == []
    assert not ready.do(ready.store.work.unfinished)


def test_card__is_parked_until_person_and_task_are_known(memory: Memory) -> None:
    memory.enter(card("a1T1", BEFORE, {"Mon": "8"}))
    assert memory.unrated() == []
    assert memory.do(memory.store.work.unfinished)
    memory.staff(BEN)
    memory.do(memory.store.work.resolve)
    assert memory.unrated() == []
    memory.plan(KNOWN_TASK)
    memory.do(memory.store.work.resolve)
    assert [entry.source_id for entry in memory.unrated()] == ["a1T1#Mon"]


def test_unrated__comes_in_pages_and_up_to_an_instant(ready: Memory) -> None:
    for number in range(5):
        ready.enter(card(f"a1T{number}", 100 * number, {"Mon": "8"}))
    work = ready.store.work
    first = ready.do(lambda c: work.unrated(c, 400, 3, ""))
    second = ready.do(lambda c: work.unrated(c, 400, 3, first[-1].source_id))
    assert [entry.source_id for entry in (*first, *second)] == [f"a1T{number}#Mon" for number in range(4)]
    assert ready.do(work.oldest_unrated_ms) == 0


def test_rated_entry__is_a_committed_piece(ready: Memory) -> None:
    ready.enter(card("a1T1", BEFORE, {"Mon": "3.50"}))
    rate_all(ready)
    (piece,) = ready.committed(RUN_MS)
    assert piece.event_bk == f"BE|{BK}|v1.1|p1"
    assert (str(piece.amount), str(piece.hours), str(piece.hourly)) == ("629.83", "3.50", "179.95")
    assert (piece.commit_ms, piece.cost_centre, piece.method) == (BEFORE, "DATA", "TM")
    assert ready.unrated() == []
    assert not ready.do(ready.store.work.unfinished)
    assert ready.do(ready.store.work.oldest_unrated_ms) is None


def test_piece__is_known_from_its_commit_instant_on(ready: Memory) -> None:
    ready.enter(card("a1T1", BEFORE, {"Mon": "8"}))
    ready.settle(*(priced(entry, commit_ms=RUN_MS) for entry in ready.unrated()))
    assert ready.committed(RUN_MS) == []
    assert len(ready.committed(RUN_MS + 1)) == 1


def test_settling_twice__makes_no_second_piece(ready: Memory) -> None:
    ready.enter(card("a1T1", BEFORE, {"Mon": "8"}))
    results = [priced(entry) for entry in ready.unrated()]
    ready.settle(*results)
    ready.settle(*results)
    assert len(ready.committed(RUN_MS)) == 1


def test_blocked_entry__stays_open_and_remembers_it(ready: Memory) -> None:
    ready.enter(card("a1T1", BEFORE, {"Mon": "8"}))
    ready.settle(*(blocked(entry) for entry in ready.unrated()))
    (again,) = ready.unrated()
    assert again.was_blocked
    assert ready.do(ready.store.work.unfinished)
    assert ready.do(ready.store.work.oldest_unrated_ms) is None
    ready.settle(priced(again, commit_ms=AFTER))
    assert [piece.commit_ms for piece in ready.committed(FOREVER_MS)] == [AFTER]


@pytest.mark.parametrize("klass", ["COVERED", "NON_BILLABLE"])
def test_entry_without_amount__is_final_and_stands_in_the_book(ready: Memory, klass: str) -> None:
    ready.enter(card("a1T1", BEFORE, {"Mon": "8"}))
    ready.settle(*(unpriced(entry, klass) for entry in ready.unrated()))
    assert ready.unrated() == []
    assert ready.committed(FOREVER_MS) == []
    assert ready.states() == {"a1T1#Mon v1": klass}


def test_replacement__waits_for_the_card_it_replaces(ready: Memory) -> None:
    ready.enter(replacement("a1T2", "a1T1", AFTER, {"Mon": "6"}))
    assert ready.unrated() == []
    ready.enter(card("a1T1", BEFORE, {"Mon": "8"}))
    assert [(entry.bk, entry.ver) for entry in ready.unrated()] == [(BK, 1), (BK, 2)]


def test_chain_read_backwards_at_once__has_the_same_versions(ready: Memory) -> None:
    chain = [
        replacement("a1T3", "a1T2", 300, {"Mon": "5"}),
        replacement("a1T2", "a1T1", 200, {"Mon": "6"}),
        card("a1T1", 100, {"Mon": "8"}),
    ]
    ready.enter(*chain)
    found = sorted((entry.ver, entry.bk, str(entry.hours)) for entry in ready.unrated())
    assert found == [(1, BK, "8"), (2, BK, "6"), (3, BK, "5")]


def test_unchanged_cell__keeps_its_event(ready: Memory) -> None:
    ready.enter(card("a1T1", BEFORE, {"Mon": "8", "Fri": "3.50"}))
    rate_all(ready)
    ready.enter(replacement("a1T2", "a1T1", 600, {"Mon": "8.00", "Fri": "4"}))
    assert [(entry.source_id, entry.ver) for entry in ready.unrated()] == [("a1T2#Fri", 2)]
    rate_all(ready)
    assert taken(ready, RUN_MS) == [
        ("BE|TE|TC-a1T1|Fri|v2.1|p1", "4"),
        ("BE|TE|TC-a1T1|Mon|v1.1|p1", "8"),
    ]


def test_new_note_alone__is_no_financial_change(ready: Memory) -> None:
    ready.enter(card("a1T1", BEFORE, {"Mon": "8"}))
    rate_all(ready)
    renoted = replacement("a1T2", "a1T1", 600, {"Mon": "8"})
    cells = tuple(replace(cell, note="other words") for cell in renoted.cells)
    ready.enter(replace(renoted, cells=cells))
    assert ready.unrated() == []
    assert taken(ready, RUN_MS) == [(f"BE|{BK}|v1.1|p1", "8")]


@pytest.mark.parametrize(
    "change", [{"time_type": "OT"}, {"billable": False}, {"task_native_id": "a1K2"}, {"hours": "7.99"}]
)
def test_financial_change__ends_the_earlier_event(ready: Memory, change: dict[str, object]) -> None:
    ready.plan((replace(TASK, key="TK|00000101|1.2", wbs="1.2"), "a1K2"))
    ready.enter(card("a1T1", BEFORE, {"Mon": "8"}))
    rate_all(ready)
    hours = str(change.get("hours", "8"))
    others = {name: value for name, value in change.items() if name != "hours"}
    ready.enter(replacement("a1T2", "a1T1", 600, {"Mon": hours}, **others))
    rate_all(ready)
    assert taken(ready, RUN_MS) == [(f"BE|{BK}|v2.1|p1", hours)]
    assert ready.states()["a1T1#Mon v1"] == "CANCELLED"


def test_zero_cell__deletes_the_replaced_one(ready: Memory) -> None:
    ready.enter(card("a1T1", BEFORE, {"Mon": "8"}))
    rate_all(ready)
    ready.enter(replacement("a1T2", "a1T1", 600, {}))
    assert ready.unrated() == []
    assert taken(ready, RUN_MS) == []
    assert taken(ready, 600) == [(f"BE|{BK}|v1.1|p1", "8")]


def test_deleted_cell_written_again__is_a_new_version(ready: Memory) -> None:
    ready.enter(
        card("a1T1", 100, {"Mon": "8"}),
        replacement("a1T2", "a1T1", 200, {}),
        replacement("a1T3", "a1T2", 300, {"Mon": "8"}),
    )
    rate_all(ready)
    assert taken(ready, RUN_MS) == [(f"BE|{BK}|v3.1|p1", "8")]


def test_cell_added_by_a_replacement__is_billed_from_then_on(ready: Memory) -> None:
    ready.enter(card("a1T1", BEFORE, {"Mon": "8"}))
    ready.enter(replacement("a1T2", "a1T1", 600, {"Mon": "8", "Tue": "2"}))
    rate_all(ready)
    assert [event for event, _ in taken(ready, RUN_MS)] == [
        "BE|TE|TC-a1T1|Mon|v1.1|p1",
        "BE|TE|TC-a1T1|Tue|v2.1|p1",
    ]


def test_change_after_an_unchanged_version__ends_the_original_event(ready: Memory) -> None:
    ready.enter(card("a1T1", 100, {"Mon": "8"}))
    rate_all(ready)
    ready.enter(replacement("a1T2", "a1T1", 200, {"Mon": "8"}))
    ready.enter(replacement("a1T3", "a1T2", 300, {"Mon": "6"}))
    rate_all(ready)
    assert taken(ready, 300) == [(f"BE|{BK}|v1.1|p1", "8")]
    assert taken(ready, RUN_MS) == [(f"BE|{BK}|v3.1|p1", "6")]


@pytest.mark.parametrize(
    ("approved_ms", "event"),
    [(RUN_MS - 1, f"BE|{BK}|v2.1|p1"), (RUN_MS, f"BE|{BK}|v1.1|p1"), (AFTER, f"BE|{BK}|v1.1|p1")],
)
def test_run__takes_the_version_that_stood_at_its_cutoff(ready: Memory, approved_ms: int, event: str) -> None:
    ready.enter(card("a1T1", BEFORE, {"Mon": "8"}), replacement("a1T2", "a1T1", approved_ms, {"Mon": "6"}))
    rate_all(ready)
    assert [found for found, _ in taken(ready, RUN_MS)] == [event]


def test_superseded_version_rated_late__is_superseded_all_the_same(ready: Memory) -> None:
    ready.enter(card("a1T1", 100, {"Mon": "8"}))
    (first,) = ready.unrated()
    ready.settle(blocked(first))
    ready.enter(replacement("a1T2", "a1T1", 300, {"Mon": "6"}))
    first, second = ready.unrated()
    ready.settle(priced(second))
    ready.settle(priced(first, commit_ms=200))
    assert taken(ready, RUN_MS) == [(f"BE|{BK}|v2.1|p1", "6")]
    assert taken(ready, 300) == [(f"BE|{BK}|v1.1|p1", "8")]


def test_version_that_could_be_rated_only_after_its_successor__is_never_billed(ready: Memory) -> None:
    ready.enter(card("a1T1", 100, {"Mon": "8"}), replacement("a1T2", "a1T1", 300, {"Mon": "6"}))
    first, second = ready.unrated()
    ready.settle(priced(second), priced(first, commit_ms=400))
    for before_ms in range(0, 1_000, 50):
        assert f"BE|{BK}|v1.1|p1" not in dict(taken(ready, before_ms))


def test_version_rated_after_an_unchanged_successor__stays_alive(ready: Memory) -> None:
    ready.enter(card("a1T1", 100, {"Mon": "8"}), replacement("a1T2", "a1T1", 300, {"Mon": "8"}))
    rate_all(ready)
    assert taken(ready, RUN_MS) == [(f"BE|{BK}|v1.1|p1", "8")]


def test_correction_of_billed_time__is_credited_and_billed_anew(ready: Memory) -> None:
    event, key = f"BE|{BK}|v1.1|p1", "IN|US01|2026-01-31|00000101"
    ready.enter(card("a1T1", BEFORE, {"Mon": "8"}))
    rate_all(ready)
    ready.bill(draft(key, event))
    assert taken(ready, FOREVER_MS) == []
    ready.enter(replacement("a1T2", "a1T1", AFTER, {"Mon": "6"}))
    rate_all(ready)
    pieces = ready.store.pieces
    assert ready.do(lambda c: pieces.creditable(c, AFTER)) == []
    (corrected,) = ready.do(lambda c: pieces.creditable(c, AFTER + 1))
    assert (corrected.event_bk, corrected.source_id, corrected.document) == (event, "a1T1#Mon", key)
    assert taken(ready, FOREVER_MS) == [(f"BE|{BK}|v2.1|p1", "6")]
    ready.do(lambda c: pieces.take_back(c, [event], "CM|1"))
    assert ready.do(lambda c: pieces.creditable(c, FOREVER_MS)) == []


def test_booked_time__counts_from_its_approval_until_its_correction(ready: Memory) -> None:
    ready.enter(card("a1T1", BEFORE, {"Mon": "8", "Tue": "2"}))
    ready.enter(replacement("a1T2", "a1T1", AFTER, {"Mon": "6", "Tue": "0"}))
    rate_all(ready)

    def hours(at_ms: int) -> list[str]:
        booked = ready.do(lambda c: ready.store.work.booked(c, FOREVER_MS))
        return sorted(str(one.hours) for one in booked if one.counts_at(at_ms))

    assert hours(BEFORE) == []
    assert hours(AFTER) == ["2", "8"]
    assert hours(AFTER + 1) == ["6"]


def test_locking__binds_committed_pieces_only(ready: Memory) -> None:
    ready.enter(card("a1T1", BEFORE, {"Mon": "8", "Tue": "2"}))
    rate_all(ready)
    events = [f"BE|TE|TC-a1T1|{day}|v1.1|p1" for day in ("Mon", "Tue")]
    ready.bill(draft("IN|1", events[0]))
    ready.bill(draft("IN|2", *events), run="BR|US01|2026-02-28")
    documents = {row["event_bk"]: (row["run"], row["invoice_external_id"]) for row in ready.book()["lineage"]}
    assert documents == {
        events[0]: ("BR|US01|2026-01-31", "IN|1"),
        events[1]: ("BR|US01|2026-02-28", "IN|2"),
    }


def test_many_entries__are_settled_and_locked_whole(ready: Memory) -> None:
    ready.enter(*(card(f"a1T{number:03d}", BEFORE, {"Mon": "8", "Tue": "8"}) for number in range(450)))
    rate_all(ready)
    events = [event for event, _ in taken(ready, RUN_MS)]
    assert len(events) == 900
    ready.bill(draft("IN|1", *events))
    assert taken(ready, FOREVER_MS) == []


CHAIN = (
    card("a1T1", 100, {"Mon": "8", "Tue": "2"}),
    replacement("a1T2", "a1T1", 200, {"Mon": "8", "Tue": "3"}),
    replacement("a1T3", "a1T2", 300, {"Mon": "6"}),
    replacement("a1T4", "a1T3", 400, {"Mon": "6", "Tue": "1"}),
)
CUTOFFS = (50, 150, 250, 350, 450)


def outcome(memory: Memory, cards: tuple[TimeCard, ...], batches: tuple[bool, ...]) -> list[list[str]]:
    """What runs at several cut-offs would take, after reading in an order and rating now and then."""
    for one, rate_now in zip(cards, batches, strict=True):
        memory.enter(one)
        if rate_now:
            rate_all(memory)
    rate_all(memory)
    return [[event for event, _ in taken(memory, cutoff)] for cutoff in CUTOFFS]


EXPECTED = [
    [],
    ["BE|TE|TC-a1T1|Mon|v1.1|p1", "BE|TE|TC-a1T1|Tue|v1.1|p1"],
    ["BE|TE|TC-a1T1|Mon|v1.1|p1", "BE|TE|TC-a1T1|Tue|v2.1|p1"],
    ["BE|TE|TC-a1T1|Mon|v3.1|p1"],
    ["BE|TE|TC-a1T1|Mon|v3.1|p1", "BE|TE|TC-a1T1|Tue|v4.1|p1"],
]


def fresh_memories() -> Iterator[Memory]:
    made = Memory("sqlite://")
    made.staff(BEN)
    made.plan(KNOWN_TASK)
    yield made
    made.close()


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_order_of_reading__changes_no_selection(order: tuple[int, ...]) -> None:
    for memory in fresh_memories():
        assert outcome(memory, tuple(CHAIN[at] for at in order), (True,) * 4) == EXPECTED


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.permutations(CHAIN), st.tuples(*(st.booleans() for _ in CHAIN)))
def test_moment_of_rating__changes_no_selection(cards: list[TimeCard], batches: tuple[bool, ...]) -> None:
    for memory in fresh_memories():
        assert outcome(memory, tuple(cards), batches) == EXPECTED


@pytest.mark.parametrize(
    ("change", "waits"),
    [
        ({"status": "Submitted", "approved_at_ms": None}, True),
        ({"status": "Submitted", "approved_at_ms": None, "billable": False}, False),
        ({"status": "Submitted", "approved_at_ms": None, "submitted_at_ms": RUN_MS}, False),
        ({"status": "Saved", "approved_at_ms": None, "submitted_at_ms": None}, False),
        ({"status": "Rejected", "recorded_at_ms": RUN_MS - 1}, False),
        ({"status": "Rejected", "recorded_at_ms": RUN_MS}, True),
        ({"approved_at_ms": RUN_MS, "recorded_at_ms": RUN_MS}, True),
        ({"approved_at_ms": RUN_MS - 1, "recorded_at_ms": RUN_MS - 1}, False),
    ],
)
def test_time_submitted_but_undecided_at_the_cutoff__is_named(
    ready: Memory, change: dict[str, object], waits: bool
) -> None:
    ready.enter(replace(card("a1T1", BEFORE, {"Mon": "8"}), **change))
    found = ready.do(lambda c: ready.store.work.unapproved(c, RUN_MS))
    assert [(one.entry_bk, one.contract_native_id) for one in found] == ([(BK, "800C")] if waits else [])
