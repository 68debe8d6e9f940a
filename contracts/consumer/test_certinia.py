"""What the core reads of Certinia: who works on what, the time they enter, prices, and what was achieved."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from contracts.consumer.certinia import (
    APPROVED,
    ASSIGNMENT,
    ASSIGNMENTS,
    CARDS,
    CONTACTS,
    CORRECTED,
    ESTIMATE,
    MILESTONE,
    MILESTONES,
    OVERRIDE,
    PROJECT,
    PROJECTS,
    PROVIDER,
    RATE,
    REJECTED,
    SAVED,
    SPLIT,
    SPLITS,
    SUBMITTED,
    TASKS,
    adapter,
)
from contracts.consumer.promises import HTTP_DATE_MS, Promises
from contracts.consumer.salesforce_protocol import (
    STAMP,
    STAMP_MS,
    asks_changed,
    asks_of,
    native,
    promise_login,
    read_all,
    reads_nothing,
    reads_rows,
)
from integration_core.canonical.deals import RateLine
from integration_core.canonical.work import (
    Assignment,
    CardSplit,
    Estimate,
    MilestoneState,
    ProjectState,
    RateOverride,
    TimeCard,
)

Make = Callable[[str], Promises]

_ASSIGNED = "an assignment with a rate of its own"


def _pact(promises: Make) -> Promises:
    pact = promises(PROVIDER)
    promise_login(pact)
    return pact


def _promise_changed(
    pact: Promises, description: str, state: str, table: str, columns: dict[str, Any]
) -> None:
    # Others change their records too, and not all of theirs are in this state.
    asked = asks_changed(pact, f"read {description}", state, table, list(columns))
    reads_rows(asked, columns, all_alike=False)


def _records(pact: Promises, stream: str) -> tuple[Any, ...]:
    with pact.kept() as url:
        page = read_all(pact, adapter(pact, url), stream)
    assert page.complete_to_ms == HTTP_DATE_MS - 60_000
    assert page.unread == ()
    return page.records


def _promise_overrides(pact: Promises) -> None:
    asked = asks_of(
        pact,
        "read the rates of an assignment",
        _ASSIGNED,
        "RH_Rate_Override__c",
        list(OVERRIDE),
        "RH_Assignment__c",
        ASSIGNMENTS,
    )
    reads_rows(asked, OVERRIDE)


def _promise_changed_overrides(pact: Promises, state: str, *, some: bool) -> None:
    names = ("Id", "RH_Assignment__c", "SystemModstamp")
    what = "changed rates of assignments" if some else "changed rates of assignments, when none changed"
    asked = asks_changed(pact, f"read {what}", state, "RH_Rate_Override__c", names)
    if some:
        reads_rows(asked, {name: OVERRIDE[name] for name in names}, all_alike=False)
    else:
        reads_nothing(asked)


def test_assignments__have_their_rates_and_an_exclusive_end(promises: Make) -> None:
    pact = _pact(promises)
    _promise_changed(pact, "changed assignments", _ASSIGNED, "pse__Assignment__c", ASSIGNMENT)
    _promise_overrides(pact)
    _promise_changed_overrides(pact, "nothing changed", some=False)
    (found,) = _records(pact, "assignments")
    assert isinstance(found, Assignment)
    assert (found.number, found.status, found.bill_level) == ("ASG-000001", "ACTIVE", "CON")
    assert (found.resource_native_id, found.project_native_id) == (native(CONTACTS), native(PROJECTS))
    assert (found.task_native_id, found.valid_to) == (native(TASKS), date(2027, 1, 1))
    assert found.overrides == (
        RateOverride(
            rate=Decimal(230),
            ccy="USD",
            valid_from=date(2026, 11, 2),
            valid_to=date(2026, 12, 1),
            recorded_at_ms=STAMP_MS,
        ),
    )


def test_assignments__come_with_a_rate_that_was_agreed_later(promises: Make) -> None:
    pact = _pact(promises)
    asked = asks_changed(
        pact,
        "read changed assignments, when none changed",
        "nothing changed",
        "pse__Assignment__c",
        list(ASSIGNMENT),
    )
    reads_nothing(asked)
    _promise_changed_overrides(pact, _ASSIGNED, some=True)
    older = asks_of(
        pact,
        "read assignments that changed in their rates alone",
        f"{_ASSIGNED}, older than the span",
        "pse__Assignment__c",
        list(ASSIGNMENT),
        "Id",
        ASSIGNMENTS,
        unchanged=True,
    )
    reads_rows(older, ASSIGNMENT)
    _promise_overrides(pact)
    (found,) = _records(pact, "assignments")
    assert found.native_id == native(ASSIGNMENTS)
    assert [rate.rate for rate in found.overrides] == [Decimal(230)]


def test_timecards__an_approved_week_has_its_days_and_its_splits(promises: Make) -> None:
    pact = _pact(promises)
    state = "an approved timecard"
    _promise_changed(pact, "an approved timecard", state, "pse__Timecard_Header__c", APPROVED)
    asked = asks_of(
        pact,
        "read the splits of a timecard",
        state,
        "pse__Timecard__c",
        list(SPLIT),
        "pse__Timecard_Header__c",
        CARDS,
    )
    reads_rows(asked, SPLIT)
    (card,) = _records(pact, "timecards")
    assert isinstance(card, TimeCard)
    assert (card.name, card.status, card.time_type) == ("TCH-000000001", "Approved", "REG")
    assert card.billable
    assert [cell.hours for cell in card.cells] == [Decimal(8)] * 5
    assert (card.cells[0].source_id, card.cells[0].note) == (f"{native(CARDS)}#Mon", "Workshop")
    assert card.approved_at_ms == STAMP_MS
    assert card.approved_by_native_id == native(CONTACTS, 2)
    assert card.splits == (
        CardSplit(native_id=native(SPLITS), start=date(2026, 11, 16), end=date(2026, 11, 22)),
    )


@pytest.mark.parametrize(
    ("state", "columns", "status"),
    [
        ("a timecard that was submitted", SUBMITTED, "Submitted"),
        ("a timecard that nobody submitted yet", SAVED, "Saved"),
        ("a timecard that was sent back", REJECTED, "Rejected"),
    ],
)
def test_timecards__a_week_before_its_approval_has_no_splits(
    promises: Make, state: str, columns: dict[str, Any], status: str
) -> None:
    pact = _pact(promises)
    _promise_changed(pact, state, state, "pse__Timecard_Header__c", columns)
    (card,) = _records(pact, "timecards")
    assert (card.status, card.splits, card.approved_at_ms) == (status, (), None)
    assert (card.submitted_at_ms is None) == (status == "Saved")
    assert (card.assignment_native_id == "") == (status == "Saved")


def test_timecards__a_correction_names_the_card_that_it_replaces(promises: Make) -> None:
    pact = _pact(promises)
    state = "an approved timecard that replaces another"
    _promise_changed(pact, "a corrected timecard", state, "pse__Timecard_Header__c", CORRECTED)
    asked = asks_of(
        pact,
        "read the splits of a corrected timecard",
        state,
        "pse__Timecard__c",
        list(SPLIT),
        "pse__Timecard_Header__c",
        CARDS,
    )
    reads_rows(asked, SPLIT)
    (card,) = _records(pact, "timecards")
    assert card.replaces_native_id == native(CARDS, 2)
    # The empty days of a replacement count: they delete what stood there.
    assert len(card.cells) == 7


def test_rates__are_the_firms_own_card(promises: Make) -> None:
    pact = _pact(promises)
    _promise_changed(pact, "changed prices of the firm", "a price of the firm", "pse__Rate_Card__c", RATE)
    (line,) = _records(pact, "rates")
    assert isinstance(line, RateLine)
    assert (line.scope, line.card, line.rate, line.unit) == ("DEFAULT", "Firm 2026", Decimal(210), "HOUR")
    assert (line.level, line.practice, line.recorded_at_ms) == ("CON", "DATA", STAMP_MS)


def test_rates__a_deleted_price_is_told_as_deleted(promises: Make) -> None:
    pact = _pact(promises)
    what = "a price of the firm that was deleted"
    _promise_changed(pact, what, what, "pse__Rate_Card__c", {**RATE, "IsDeleted": True})
    (line,) = _records(pact, "rates")
    assert line.deleted


@pytest.mark.parametrize(
    ("status", "accepted_at_ms"), [("Planned", None), ("Achieved", None), ("Accepted", STAMP_MS)]
)
def test_milestones__tell_what_people_said_of_them(
    promises: Make, status: str, accepted_at_ms: int | None
) -> None:
    pact = _pact(promises)
    columns = {**MILESTONE, "pse__Status__c": status}
    if status == "Accepted":
        columns["RH_Accepted_At__c"] = STAMP
    what = f"a milestone that is {status.lower()}"
    _promise_changed(pact, what, what, "pse__Milestone__c", columns)
    (milestone,) = _records(pact, "milestones")
    assert isinstance(milestone, MilestoneState)
    assert (milestone.native_id, milestone.seq, milestone.status) == (native(MILESTONES), 1, status)
    assert milestone.contract_line_native_id == "a01RH0000000001AAA"
    assert milestone.accepted_at_ms == accepted_at_ms


def test_estimates__tell_the_hours_of_a_contract_line(promises: Make) -> None:
    pact = _pact(promises)
    _promise_changed(pact, "new estimates", "an estimate of a contract line", "RH_Estimate__c", ESTIMATE)
    (estimate,) = _records(pact, "estimates")
    assert isinstance(estimate, Estimate)
    assert (estimate.contract_line_native_id, estimate.total_hours) == ("a01RH0000000001AAA", Decimal(120))
    assert estimate.recorded_at_ms == STAMP_MS


@pytest.mark.parametrize("completed", [True, False])
def test_projects__tell_whether_they_are_done(promises: Make, completed: bool) -> None:
    pact = _pact(promises)
    what = "a project that is completed" if completed else "a project under way"
    columns = dict(PROJECT)
    if not completed:
        columns |= {"RH_Completed_At__c": None, "RH_Completion_Entered_At__c": None}
    _promise_changed(pact, what, what, "pse__Proj__c", columns)
    (project,) = _records(pact, "projects")
    assert isinstance(project, ProjectState)
    assert project.contract_native_id == "800RH0000000001AAA"
    assert project.completed_at_ms == (STAMP_MS if completed else None)
