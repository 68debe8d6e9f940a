"""Plays become deeds that say everything, in chains that keep their order and their lane."""

from collections import Counter
from functools import cache

from load.deeds import (
    NOT_OVER_THE_API,
    PERSONAS,
    Deed,
    decoded,
    deeds_and_rest,
    encoded,
    facts_of,
    head_of,
    lane_of,
)
from mocks.firm.facts.source import Assignment, SourceFact, TimeEntry
from mocks.firm.generate import generate
from mocks.firm.plays import Play
from mocks.firm.profile import LARGE, MONTH_END, profile_named


@cache
def _month() -> tuple[tuple[Play, ...], tuple[Deed, ...], tuple[Play, ...]]:
    firm = generate(profile_named(MONTH_END, 40, 2), 3)
    plays = tuple(play for window in firm.windows(7) for play in window.plays)
    rest: list[Play] = []
    deeds = tuple(deeds_and_rest(plays, rest))
    return plays, deeds, tuple(rest)


def test_deeds__say_every_fact_of_their_plays_and_leave_the_rest_to_the_control_plane() -> None:
    plays, deeds, rest = _month()
    told = Counter[SourceFact](fact for deed in deeds for fact in facts_of(deed))
    left = Counter[SourceFact](fact for play in rest for fact in play.facts)
    assert told + left == Counter(fact for play in plays for fact in play.facts)
    assert len(deeds) > 1000


def test_staffing_on_several_tasks_at_once__is_a_deed_for_each() -> None:
    firm = generate(profile_named(LARGE, 200, 1), 3)
    plays = [play for window in firm.windows(7) for play in window.plays]
    together = [play for play in plays if isinstance(play.facts[0], Assignment) and len(play.facts) > 1]
    deeds = list(deeds_and_rest(together, []))
    assert together
    assert [deed.facts for deed in deeds] == [(fact,) for play in together for fact in play.facts]
    assert len({deed.id for deed in deeds}) == len(deeds)


def test_rest__is_of_kinds_that_no_api_takes_from_people() -> None:
    _, deeds, rest = _month()
    kinds = {type(play.facts[0]).__name__ for play in rest}
    assert {"Milestone", "PayrollRun", "PaymentIntent"} <= kinds <= {*NOT_OVER_THE_API, "RateLine"}
    assert {type(deed.facts[0]).__name__ for deed in deeds}.isdisjoint(NOT_OVER_THE_API)


def test_deed__survives_its_line() -> None:
    for deed in _month()[1][::50]:
        line = encoded(deed)
        assert decoded(line) == deed
        head = head_of(line)
        assert (head.id, head.persona, head.at_ms, head.after, head.group) == (
            deed.id,
            deed.persona,
            deed.at_ms,
            deed.after,
            deed.group,
        )


def test_ids__are_unique() -> None:
    deeds = _month()[1]
    assert len({deed.id for deed in deeds}) == len(deeds)


def test_after__names_an_earlier_deed_of_the_same_lane() -> None:
    seen: dict[str, int] = {}
    followed = 0
    for deed in _month()[1]:
        for earlier in deed.after:
            assert seen[earlier] == lane_of(deed, 64)
            followed += 1
        seen[deed.id] = lane_of(deed, 64)
    assert followed > 500


def test_cards__of_one_person_are_told_apart_by_what_people_see() -> None:
    places: dict[tuple[object, ...], set[str]] = {}
    for deed in _month()[1]:
        first = deed.facts[0]
        if isinstance(first, TimeEntry):
            week = first.work_date.isocalendar()[:2]
            key = (first.resource, first.assignment, first.time_type, week, first.replaces is not None)
            places.setdefault(key, set()).add(first.card)
    assert len(places) > 300
    assert all(len(cards) == 1 for cards in places.values())


def test_card__goes_through_submission_rejection_resubmission_and_approval_in_order() -> None:
    deeds = {deed.id: deed for deed in _month()[1]}
    again = next(deed for deed in deeds.values() if deed.operation == "submit timecard again")
    (rejected,) = (deeds[deed_id] for deed_id in again.after)
    (submitted,) = (deeds[deed_id] for deed_id in rejected.after)
    assert (submitted.operation, rejected.operation) == ("submit timecard", "reject timecard")
    approved = next(deed for deed in deeds.values() if deed.after == (again.id,))
    assert approved.operation == "approve timecards"
    assert approved.group.startswith("RS|")


def test_personas__all_have_something_to_do() -> None:
    assert {deed.persona for deed in _month()[1]} == set(PERSONAS)
