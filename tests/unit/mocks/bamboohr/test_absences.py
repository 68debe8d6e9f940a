"""Leave: what HR enters and cancels is read back version by version, and shown to those who ask for days."""

from datetime import date

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from mocks.firm.facts.source import Absence, AbsenceDay
from mocks.firm.facts.wire import decode_rows

from .estate import DAY_MS, START_MS, Estate, person


def leave(number: str = "1", resource: str = "RS|1001", **changes: object) -> Absence:
    """Two days of vacation, approved as they were entered."""
    fact = Absence(
        bk=f"AB|{number}",
        recorded_at_ms=START_MS,
        number=number,
        resource=resource,
        kind="VACATION",
        status="APPROVED",
        days=(AbsenceDay(date(2026, 2, 2), 7_50), AbsenceDay(date(2026, 2, 3), 10_00)),
        approved_at_ms=START_MS,
    )
    return replace(fact, **changes)


def play(estate: Estate, *facts: Absence, verb: str = "act") -> list[dict[str, str]]:
    """Play facts in turn, stepping the clock to each when live."""
    found: list[dict[str, str]] = []
    for fact in facts:
        if verb == "act":
            estate.step(max(estate.world.now_ms(), fact.recorded_at_ms))
        found += estate.control("POST", verb, {"facts": [fact]})
    return found


def seen(estate: Estate) -> list[Absence]:
    """All versions of all absences, without native ids."""
    _, _, body = estate.control_raw("GET", "observe")
    return [replace(row, source_id="") for row in decode_rows(body) if isinstance(row, Absence)]


def staffed() -> Estate:
    """Two people."""
    estate = Estate()
    estate.act([person("1001"), person("1002")], "seed")
    return estate


def shown(estate: Estate, **query: str) -> list[dict[str, object]]:
    """Time off of the year as the API lists it."""
    found: list[dict[str, object]] = estate.get(
        "/time_off/requests", start="2026-01-01", end="2026-12-31", **query
    )
    return found


def shown_states(estate: Estate) -> list[object]:
    """The state of each request in the list."""
    states = []
    for one in shown(estate):
        status = one["status"]
        assert isinstance(status, dict)
        states.append(status["status"])
    return states


@pytest.mark.parametrize("verb", ["act", "seed"])
def test_leave_entered_and_canceled__is_observed_as_played(verb: str) -> None:
    estate = staffed()
    entered = leave()
    canceled = replace(entered, ver=2, status="CANCELED", recorded_at_ms=START_MS + DAY_MS)
    sick = leave("2", "RS|1002", kind="SICK", approved_at_ms=START_MS - DAY_MS)
    acted = play(estate, entered, sick, canceled, verb=verb)
    assert [one["state"] for one in acted] == ["applied"] * 3
    assert sorted(seen(estate), key=lambda fact: (fact.bk, fact.ver)) == [entered, canceled, sick]


def test_a_request__shows_its_days_status_and_instant() -> None:
    estate = staffed()
    play(estate, leave(), leave("2", "RS|1002", recorded_at_ms=START_MS + DAY_MS, status="CANCELED"))
    first, second = shown(estate)
    assert (first["employeeId"], first["start"], first["end"]) == ("1", "2026-02-02", "2026-02-03")
    assert first["dates"] == {"2026-02-02": "7.5", "2026-02-03": "10"}
    assert first["amount"] == {"unit": "hours", "amount": "17.5"}
    assert first["status"] == {
        "lastChanged": "2026-01-05",
        "lastChangedAt": "2026-01-05T09:00:00+00:00",
        "lastChangedByUserId": "1",
        "status": "approved",
    }
    assert [one["id"] for one in shown(estate, status="canceled")] == [second["id"]]


def test_leave__waits_for_its_employee_and_tells_nobody() -> None:
    estate = Estate()
    (outcome,) = play(estate, leave())
    assert (outcome["state"], outcome["missing"]) == ("waiting", "RS|1001")
    estate.act([person("1001")])
    assert play(estate, leave())[0]["state"] == "applied"
    assert estate.release() == 0


@pytest.mark.parametrize(
    "wrong", [leave(kind="SABBATICAL"), leave(status="REQUESTED"), leave(days=()), leave(deleted=True)]
)
def test_leave_that_makes_no_sense__is_refused(wrong: Absence) -> None:
    assert play(staffed(), wrong)[0]["state"] == "refused"


def test_deleted_leave__is_observed_and_no_longer_listed() -> None:
    estate = staffed()
    gone = leave(ver=2, deleted=True, recorded_at_ms=START_MS + DAY_MS)
    play(estate, leave(), gone)
    assert seen(estate) == [leave(), gone]
    assert shown(estate) == []


def test_leave_asked_for_by_call__becomes_a_fact_once_approved() -> None:
    estate = staffed()
    body = {
        "status": "requested",
        "start": "2026-01-19",
        "end": "2026-01-19",
        "timeOffTypeId": 77,
        "amount": "8",
        "dates": {"2026-01-19": "8"},
    }
    estate.api("PUT", "/employees/1/time_off/request", msgspec.json.encode(body))
    assert seen(estate) == []
    estate.api("PUT", "/employees/1/time_off/request", msgspec.json.encode(body | {"status": "approved"}))
    (fact,) = seen(estate)
    assert (fact.bk, fact.kind, fact.approved_at_ms) == ("AB|2", "SICK", START_MS)
    bad = body | {"dates": {"2026-01-19": "all day"}}
    assert estate.api("PUT", "/employees/1/time_off/request", msgspec.json.encode(bad))[0] == 400


def test_late_lists__show_requests_as_they_were() -> None:
    estate = staffed()
    play(estate, leave())
    estate.control("POST", "faults", [{"id": "f", "kind": "visibility_lag", "seconds": 60}])
    estate.step(START_MS + DAY_MS)
    canceled = leave(ver=2, status="CANCELED", recorded_at_ms=START_MS + DAY_MS)
    play(estate, canceled, leave("2", recorded_at_ms=START_MS + DAY_MS))
    assert shown_states(estate) == ["approved"]
    estate.step(START_MS + DAY_MS + 61_000)
    assert shown_states(estate) == ["canceled", "approved"]


DAYS = st.dictionaries(
    st.dates(date(2026, 1, 1), date(2026, 12, 31)), st.integers(0, 24_00), min_size=1, max_size=9
)


@settings(max_examples=30, deadline=None, derandomize=True, database=None)
@given(st.lists(st.tuples(DAYS, st.sampled_from(["VACATION", "SICK"])), min_size=1, max_size=4))
def test_any_leave__comes_back_as_it_was_entered(versions: list[tuple[dict[date, int], str]]) -> None:
    estate = staffed()
    facts = [
        leave(
            ver=ver,
            recorded_at_ms=START_MS + ver * 1000,
            approved_at_ms=START_MS + ver * 1000,
            kind=kind,
            days=tuple(AbsenceDay(day, hours) for day, hours in sorted(days.items())),
        )
        for ver, (days, kind) in enumerate(versions, start=1)
    ]
    distinct = [fact for place, fact in enumerate(facts) if place == 0 or fact.days != facts[place - 1].days]
    played = [replace(fact, ver=ver) for ver, fact in enumerate(distinct, start=1)]
    play(estate, *played)
    assert seen(estate) == played
