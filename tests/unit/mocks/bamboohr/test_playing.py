"""What HR does becomes records, and records read back are what HR did, every version of it."""

from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from msgspec.structs import replace

from mocks.firm.facts.source import Account, JobRow, Resource, Skill, StatusRow

from .estate import DAY_MS, START_MS, Estate, person, without_places


def career() -> list[Resource]:
    """One person in six versions that touch every kind of row."""
    hired = person()
    promoted = replace(
        hired,
        ver=2,
        jobs=(*hired.jobs, JobRow(date(2026, 2, 1), "manager", "Manager", "CC|US01|100", None)),
    )
    part_time = replace(
        promoted,
        ver=3,
        statuses=(*promoted.statuses, StatusRow(date(2026, 1, 19), "Part-Time", 60)),
        weekly_pattern_e2=(800, 800, 800, 0, 0, 0, 0),
    )
    skilled = replace(
        part_time,
        ver=4,
        skills=(Skill("excel", True, date(2026, 1, 2)), Skill("python", True, date(2024, 5, 1))),
    )
    corrected = replace(
        skilled,
        ver=5,
        jobs=(replace_row(skilled.jobs[0], "CC|GB01|900"), *skilled.jobs[1:]),
        skills=(),
    )
    moved = replace(corrected, ver=6, entity="LE|GB01", practice="PR|OPS", last_name="Ångström")
    return [hired, promoted, part_time, skilled, corrected, moved]


def replace_row(row: JobRow, cost_centre: str) -> JobRow:
    """The row with another cost centre."""
    return JobRow(row.valid_from, row.level, row.title, cost_centre, row.manager)


def test_versions_played_a_day_apart__are_observed_as_played_with_their_commit_stamps() -> None:
    estate = Estate()
    facts = career()
    for day, fact in enumerate(facts):
        estate.step(START_MS + day * DAY_MS)
        assert estate.act([fact])[0]["state"] == "applied"
    observed = estate.observe()
    assert without_places(observed) == without_places(facts)
    assert [fact.recorded_at_ms for fact in observed] == [START_MS + day * DAY_MS for day in range(6)]
    assert {fact.source_id for fact in observed} == {"1"}


def test_versions_within_one_second__are_told_apart() -> None:
    estate = Estate()
    estate.act(career())
    assert without_places(estate.observe()) == without_places(career())


def test_people_seeded_with_histories__are_observed_with_the_stamps_of_the_facts() -> None:
    estate = Estate()
    histories = [
        replace(
            fact, bk=f"RS|{number}", employee_no=number, recorded_at_ms=fact.recorded_at_ms + ver * 60_000
        )
        for ver in range(6)
        for number in ("7", "8")
        for fact in [career()[ver]]
    ]
    outcomes = estate.act(histories, "seed")
    observed = estate.observe()
    by_key = sorted(histories, key=lambda fact: (fact.bk, fact.ver))
    assert [replace(fact, source_id="") for fact in observed] == by_key
    assert [outcome["bk"] for outcome in outcomes] == [fact.bk for fact in histories]
    assert estate.control("GET", "webhooks")["counts"] == {}


def test_a_fact_played_twice__makes_no_second_version() -> None:
    estate = Estate()
    estate.act([person()])
    estate.step(START_MS + DAY_MS)
    assert estate.act([person()]) == [{"bk": "RS|1001", "state": "applied", "native_id": "1", "missing": ""}]
    assert [fact.recorded_at_ms for fact in estate.observe()] == [START_MS]


def test_a_stamp_within_a_second__is_cut_to_the_whole_second_that_the_wire_shows() -> None:
    estate = Estate()
    estate.step(START_MS + 1_750)
    estate.act([person()])
    assert estate.observe()[0].recorded_at_ms == START_MS + 1_000
    changed = estate.get("/employees/changed", since="2026-01-01T00:00:00Z")
    assert changed["employees"]["1"]["lastChanged"] == "2026-01-05T09:00:01+00:00"


def test_a_deletion__is_a_version_of_its_own_and_leaves_a_tombstone_in_changed() -> None:
    estate = Estate()
    estate.act([person(), person("1002")])
    estate.step(START_MS + DAY_MS)
    assert estate.act([person(ver=2, deleted=True)])[0]["state"] == "applied"
    assert without_places(estate.observe()) == without_places(
        [person(), person(ver=2, deleted=True), person("1002")]
    )
    assert estate.api("GET", "/employees/1", fields="firstName")[0] == 404
    changed = estate.get("/employees/changed", since="2026-01-06T00:00:00Z", type="deleted")
    assert changed["employees"] == {
        "1": {"id": "1", "action": "Deleted", "lastChanged": "2026-01-06T09:00:00+00:00"}
    }
    assert {row["employeeId"] for row in estate.get("/employees/all/tables/jobInfo")} == {"2"}


def test_facts_that_are_not_of_people__are_refused_and_named() -> None:
    estate = Estate()
    account = Account(
        bk="CU|000001",
        recorded_at_ms=START_MS,
        legal_name="Acme Widgets Inc.",
        display_name="Acme Widgets",
        parent=None,
        bill_to="CU|000001",
        street="1 Main Street",
        city="Springfield",
        postcode="62701",
        state="IL",
        country="US",
        tax_status="BUSINESS",
        vat_id=None,
        payment_terms="NET 30",
        currency="USD",
    )
    for verb in ("act", "seed"):
        (outcome,) = estate.control("POST", verb, {"facts": [account]})
        assert (outcome["state"], outcome["missing"]) == ("refused", "The HRIS keeps no Account.")
    assert estate.act([person(deleted=True)])[0]["state"] == "refused"
    assert estate.observe() == []


def test_ten_thousand_people__are_seeded_and_observed_whole() -> None:
    estate = Estate()
    facts = [person(f"{number:05}") for number in range(10_000)]
    estate.act(facts, "seed")
    observed = estate.observe()
    assert [replace(fact, source_id="") for fact in observed] == facts
    assert len({fact.source_id for fact in observed}) == 10_000


def test_snapshot_and_restore__bring_back_people_and_numbering() -> None:
    estate = Estate()
    estate.act(career())
    snapshot = estate.control("POST", "snapshot")
    before = estate.observe()
    estate.act([person("1002"), person(ver=7, first_name="Nobody")])
    assert len(estate.observe()) == 8
    estate.control("POST", "restore", snapshot)
    assert estate.observe() == before
    assert estate.act([person("1003")])[0]["native_id"] == "2"


def test_reset__empties_the_world_and_deliveries_are_signed_still() -> None:
    estate = Estate()
    estate.act(career())
    estate.control("POST", "reset")
    assert estate.observe() == []
    estate.control("POST", "subscribe", {"url": "https://core.example/hooks", "secret": "s3cret"})
    estate.act([person()])
    assert estate.release() == 1
    assert "x-bamboohr-signature" in estate.inbox.received[0][1]


def test_a_mock_killed_and_started_again__has_all_it_had_confirmed(tmp_path: Path) -> None:
    first = Estate(tmp_path)
    first.control("POST", "subscribe", {"url": "https://core.example/hooks", "secret": "s3cret"})
    first.act(career())
    # No close: what a killed process leaves is what its transactions wrote.
    second = Estate(tmp_path)
    assert without_places(second.observe()) == without_places(career())
    assert second.act([person("1002")])[0]["native_id"] == "2"
    assert second.release() == 7
    assert {headers["x-bamboohr-signature"] for _, headers, _ in second.inbox.received}


def test_native__shows_records_as_the_api_does_and_no_secret() -> None:
    estate = Estate()
    estate.control("POST", "subscribe", {"url": "https://core.example/hooks", "secret": "s3cret"})
    estate.act([person()])
    _, _, body = estate.control_raw("GET", "native")
    assert b"s3cret" not in body
    assert b"privateKey" not in body
    assert body.count(b"\n") == 1 + 2 + 1 + 2 + 1


@pytest.mark.parametrize(
    ("terminated", "status"),
    [(date(2026, 1, 4), "Inactive"), (date(2026, 1, 5), "Inactive"), (date(2026, 1, 6), "Active")],
)
def test_status__follows_the_termination_date_and_the_worlds_day(terminated: date, status: str) -> None:
    estate = Estate()
    estate.act([person(terminated=terminated)])
    shown = estate.get("/employees/1", fields="status,terminationDate")
    assert shown == {"id": "1", "status": status, "terminationDate": terminated.isoformat()}
    estate.step(START_MS + 2 * DAY_MS)
    assert estate.get("/employees/1", fields="status")["status"] == "Inactive"


def test_someone_who_left__is_still_readable_by_id_in_changed_in_tables_and_in_reports() -> None:
    estate = Estate()
    leaver = person(
        terminated=date(2026, 1, 2),
        statuses=(
            StatusRow(date(2024, 3, 1), "Full-Time", 100),
            StatusRow(date(2026, 1, 2), "Terminated", 0),
        ),
    )
    estate.act([leaver, person("1002")])
    assert estate.get("/employees/1", fields="lastName")["lastName"] == "O'Neil <Jr>"
    assert set(estate.get("/employees/changed", since="2026-01-01T00:00:00Z")["employees"]) == {"1", "2"}
    rows = estate.get("/employees/all/tables/employmentStatus")
    assert [row["employmentStatus"] for row in rows if row["employeeId"] == "1"] == [
        "Full-Time",
        "Terminated",
    ]
    _, _, report = estate.api("POST", "/reports/custom", '{"fields": ["status"]}', format="JSON")
    assert report.count(b'"Inactive"') == 1
    assert [one["id"] for one in estate.get("/employees/directory")["employees"]] == ["2"]


def test_stamps_never_run_backwards() -> None:
    estate = Estate()
    estate.act(career(), "seed")
    stamps = [fact.recorded_at_ms for fact in estate.observe()]
    assert all(earlier <= later for earlier, later in pairwise(stamps))
