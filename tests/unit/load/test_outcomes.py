"""What attempts tell: the last word on a deed, how long things took, and the numbers that products gave."""

from datetime import date
from pathlib import Path

from msgspec.structs import replace

from load.deeds import Cell, Deed
from load.outcomes import (
    Attempt,
    Done,
    Outcome,
    encoded,
    final,
    given_numbers,
    judged,
    latencies,
    percentile,
    read_attempts,
    renumbered,
    series,
)
from mocks.firm.facts.source import Absence, Assignment, TimeEntry

ENTRY = TimeEntry(
    bk="TE|TC-0000000001|Mon",
    recorded_at_ms=1,
    card="TC-0000000001",
    resource="RS|100001",
    assignment="AS|1",
    task="TK|C-1|1.1",
    work_date=date(2026, 1, 5),
    hours_e2=800,
    time_type="REG",
    billable=True,
    note="TC-0000000001",
    status="SUBMITTED",
    submitted_at_ms=1,
)
DEED = Deed(
    id="a",
    operation="submit timecard",
    persona="consultant",
    role="psa",
    person="RS|100001",
    at_ms=1,
    lane_key="RS|100001",
    facts=(ENTRY,),
    cells=(Cell(0, 800, "TC-0000000001"), Cell(2, 450, "")),
)


def attempt(
    deed: str,
    outcome: Outcome,
    ended_ms: int = 1000,
    took_ms: int = 10,
    reason: str = "",
    native_id: str = "",
    limited: int = 0,
) -> Attempt:
    """An attempt."""
    return Attempt(
        deed=deed,
        operation="submit timecard",
        worker="0-1",
        number=1,
        started_ms=ended_ms - took_ms,
        ended_ms=ended_ms,
        outcome=outcome,
        reason=reason,
        native_id=native_id,
        limited=limited,
    )


def test_final__a_doing_outweighs_what_another_worker_says_later() -> None:
    told = [attempt("a", "unknown"), attempt("a", "done", 2000), attempt("a", "given up", 9000)]
    assert final(told)["a"].outcome == "done"
    assert final(reversed(told))["a"].outcome == "done"


def test_final__of_equal_words_the_later_counts() -> None:
    told = [attempt("a", "unknown", 5000, reason="late"), attempt("a", "unknown", 1000, reason="early")]
    assert final(told)["a"].reason == "late"


def test_log_of_a_killed_worker__its_cut_last_line_is_left_out(tmp_path: Path) -> None:
    whole = encoded(attempt("a", "done"))
    (tmp_path / "outcomes-0-1.ndjson").write_bytes(whole + whole[:20])
    assert [one.deed for one in read_attempts(tmp_path)] == ["a"]


def test_judged__done_facts_are_whole_cards_with_the_ids_of_their_days() -> None:
    told = judged([DEED], final([attempt("a", "done", native_id="a1D1")]))
    (done,) = told.done
    assert done.native_ids == ("a1D1#Mon", "a1D1#Wed")
    assert [fact.bk for fact in done.facts] == ["TE|TC-0000000001|Mon", "TE|TC-0000000001|Wed"]
    assert [getattr(fact, "hours_e2", 0) for fact in done.facts] == [800, 450]


def test_judged__a_deed_without_a_last_word_was_not_attempted() -> None:
    assert judged([DEED], {}).not_attempted == ("a",)
    assert judged([DEED], final([attempt("a", "unknown")])).not_attempted == ("a",)
    assert judged([DEED], final([attempt("a", "refused", reason="no")])).refused == {"a": "no"}
    assert judged([DEED], final([attempt("a", "given up", reason="late")])).given_up == {"a": "late"}


def test_percentile__is_a_value_that_occurred() -> None:
    assert [percentile(list(range(1, 101)), share) for share in (50, 95, 99)] == [50, 95, 99]
    assert percentile([7], 99) == 7
    assert percentile([], 50) == 0


def test_latencies__count_lost_answers_with_their_time() -> None:
    told = [attempt("a", "done"), attempt("b", "unknown", took_ms=900), attempt("c", "given up", took_ms=0)]
    (row,) = latencies([*told, attempt("d", "waits", took_ms=5000)])
    assert (row.attempts, row.done, row.unknown, row.given_up) == (2, 1, 1, 1)
    assert (row.p50_ms, row.p99_ms, row.longest_ms) == (10, 900, 900)


def test_series__has_the_quiet_seconds_too() -> None:
    rows = series([attempt("a", "done", 1500), attempt("b", "unknown", 3500, limited=2)])
    assert [(row.second, row.done, row.unknown, row.limited) for row in rows] == [
        (0, 1, 0, 0),
        (1, 0, 0, 0),
        (2, 0, 1, 2),
    ]


def test_given_numbers__replace_the_firms_own_everywhere_but_in_peoples_texts() -> None:
    done = Done(deed="a", facts=(ENTRY,), native_ids=("a1D1#Mon",), ended_ms=1)
    shown = replace(ENTRY, card="TCH-000000007", source_id="a1D1#Mon")
    given = given_numbers([done], [shown])
    assert given == {"TC-0000000001": "TCH-000000007"}
    found = renumbered(ENTRY, given)
    assert isinstance(found, TimeEntry)
    assert (found.bk, found.card, found.note) == (
        "TE|TCH-000000007|Mon",
        "TCH-000000007",
        "TC-0000000001",
    )


def test_given_numbers__of_contracts_reach_what_refers_to_them() -> None:
    staffed = Assignment(
        bk="AS|1",
        recorded_at_ms=1,
        number="1",
        resource="RS|100001",
        contract="CO|C-1",
        task="TK|C-1|1.1",
        valid_from=date(2026, 1, 5),
        valid_to=None,
        bill_level=None,
        planned_e2=0,
        status="ACTIVE",
    )
    found = renumbered(staffed, {"C-1": "90000001"})
    assert isinstance(found, Assignment)
    assert (found.contract, found.task) == ("CO|90000001", "TK|90000001|1.1")
    assert renumbered(staffed, {"C-2": "90000001"}) is staffed


def test_given_numbers__of_leave_are_the_vendors_ids() -> None:
    leave = Absence(
        bk="AB|TO-1",
        recorded_at_ms=1,
        number="TO-1",
        resource="RS|1",
        kind="SICK",
        status="APPROVED",
        days=(),
        approved_at_ms=1,
    )
    shown = replace(leave, bk="AB|12", number="12", source_id="12")
    done = Done(deed="b", facts=(leave,), native_ids=("12",), ended_ms=1)
    assert renumbered(leave, given_numbers([done], [shown])).bk == "AB|12"
