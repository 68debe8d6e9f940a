"""What people do in the PSA is what observation reads back, version by version."""

from collections.abc import Callable, Sequence
from datetime import date
from itertools import groupby

import pytest
from msgspec.structs import replace

from mocks.firm.facts.documents import PsaSplit
from mocks.firm.facts.source import Practice, SourceFact, TimeEntry
from mocks.protocols.salesforce import records
from mocks.psa.certinia.schema import ASSIGNMENT, PROJECT, SPLIT, TIMECARD
from mocks.psa.certinia.state import ORG
from tests.unit.mocks.certinia.staffing import (
    add_person,
    add_project,
    add_task,
    approved,
    assignment,
    at_ms,
    empty_world,
    in_order,
    observed_facts,
    observed_of,
    override,
    play,
    rate_line,
    rejected,
    staffed_world,
    week,
)


def whole_story() -> list[Sequence[SourceFact]]:
    """Staffing, prices, a card approved, one rejected and mended, one replaced twice."""
    first = week("TC-000001")
    sent_back = week("TC-000002", (2_00, 2_00), time_type="OT", task="TK|00000101|1.10")
    mended = [
        replace(cell, recorded_at_ms=at_ms(33, 10), submitted_at_ms=at_ms(33, 10), hours_e2=1_25)
        for cell in sent_back
    ]
    other = week("TC-000003", (4_00, 4_00), resource="RS|1002", assignment="AS|AS-2", task="TK|00000101|2.10")
    corrected = week(
        "TC-000009", (8_00, 0, 8_00, 8_00, 7_00), day=36, first="TC-000001", ver=2, replaces="TC-000001"
    )
    again = week(
        "TC-000010", (7_75, 0, 8_00, 8_00, 7_00), day=38, first="TC-000001", ver=3, replaces="TC-000009"
    )
    staffed = assignment()
    repriced = replace(
        staffed, ver=2, recorded_at_ms=at_ms(15), overrides=(override(at_ms(15)),), planned_e2=320_00
    )
    ended = replace(
        repriced,
        ver=3,
        recorded_at_ms=at_ms(45),
        status="ENDED",
        valid_to=date(2026, 2, 14),
        overrides=(override(at_ms(15)), override(at_ms(45), 190_0000, 12)),
    )
    second = assignment("AS-2", "1002", task="TK|00000101|2.10", overrides=(override(at_ms(5)),))
    return [
        [rate_line()],
        [staffed, second],
        [
            rate_line(
                bk="RC|DEFAULT|SENIOR|DATA|2026-01-14",
                practice="DATA",
                valid_from=date(2026, 1, 14),
                unit="DAY",
                valid_to=date(2026, 6, 1),
                apply_retro=True,
                recorded_at_ms=at_ms(14),
            )
        ],
        [repriced],
        first + sent_back + other,
        rejected(sent_back),
        approved(first) + approved(other),
        mended,
        approved(mended, 34),
        corrected,
        approved(corrected, 37),
        again,
        approved(again, 39),
        [ended],
    ]


@pytest.mark.parametrize("live", [True, False])
def test_played_facts__are_observed_as_they_were_played(live: bool) -> None:
    world = staffed_world()
    story = whole_story()
    acted = play(world, *story, live=live)
    assert {item.state for item in acted} == {"applied"}
    assert in_order(observed_facts(world)) == in_order([fact for group in story for fact in group])


def test_a_run_of_facts_in_one_call__is_played_in_order() -> None:
    world = staffed_world()
    facts = [fact for group in whole_story() for fact in group]
    acted = play(world, facts, live=False)
    assert {item.state for item in acted} == {"applied"}
    assert [item.bk for item in acted] == [fact.bk for fact in facts]
    assert in_order(observed_facts(world)) == in_order(facts)


def test_acted_time__names_the_cell_of_its_card() -> None:
    world = staffed_world()
    acted = play(world, [assignment()], week(hours_e2={2: 5_00}))
    card = world.store.find(TIMECARD, "Name", "TC-000001")[0]
    assert [item.native_id for item in acted] == [
        world.store.find(ASSIGNMENT, "Name", "AS-1")[0].id,
        f"{card.id}#Wed",
    ]


def test_observed_entries__name_their_card_and_day() -> None:
    world = staffed_world()
    play(world, [assignment()], week(hours_e2={0: 5_00}))
    card = world.store.find(TIMECARD, "Name", "TC-000001")[0]
    assert [entry.source_id for entry in observed_of(world, TimeEntry)] == [f"{card.id}#Mon"]


def test_an_approval__makes_a_split_for_each_month_with_hours() -> None:
    world = staffed_world()
    cells = week(hours_e2={0: 8_00, 5: 2_00, 6: 3_50})
    play(world, [assignment()], cells, approved(cells))
    splits = [split.values for split in world.store.select(SPLIT)]
    assert [
        (split["pse__Start_Date__c"], split["pse__End_Date__c"], split["pse__Total_Hours__c"])
        for split in splits
    ] == [("2026-01-26", "2026-01-31", 10_00), ("2026-02-01", "2026-02-01", 3_50)]
    card = world.store.find(TIMECARD, "Name", "TC-000001")[0]
    documents = observed_of(world, PsaSplit)
    assert [(split.card_source_id, split.billed) for split in documents] == [(card.id, False)] * 2


@pytest.mark.parametrize("live", [True, False])
def test_a_split_of_another_month_without_hours__is_not_made(live: bool) -> None:
    world = staffed_world()
    cells = week(hours_e2={0: 8_00})
    play(world, [assignment()], cells, approved(cells), live=live)
    assert [split.values["pse__Total_Hours__c"] for split in world.store.select(SPLIT)] == [8_00]


def test_an_assignment__waits_for_person_contract_project_and_task() -> None:
    world = empty_world()
    waiting = []
    makings: tuple[Callable[[], str], ...] = (
        lambda: add_person(world, "1001"),
        lambda: add_project(world),
        lambda: add_task(world, world.store.select(PROJECT)[0].id),
    )
    for build in makings:
        acted = play(world, [assignment()])
        waiting.append((acted[0].state, acted[0].missing))
        build()
    assert waiting == [
        ("waiting", "RS|1001"),
        ("waiting", "PJ|00000101"),
        ("waiting", "TK|00000101|1.10"),
    ]
    assert play(world, [assignment()])[0].state == "applied"


def test_an_assignment_of_a_contract_nobody_knows__waits_and_writes_nothing() -> None:
    world = staffed_world()
    acted = play(world, [assignment(contract="CO|00000999")])
    assert (acted[0].state, acted[0].missing) == ("waiting", "CO|00000999")
    assert world.store.count(ASSIGNMENT) == 0


@pytest.mark.parametrize("live", [True, False])
def test_time__waits_for_its_assignment(live: bool) -> None:
    world = staffed_world()
    cells = week()
    acted = play(world, cells, approved(cells), live=live)
    assert {item.state for item in acted} == {"waiting"}
    assert world.store.count(TIMECARD) == 0
    acted = play(world, [assignment(recorded_at_ms=at_ms(34))], cells, approved(cells), live=live)
    assert {item.state for item in acted} == {"applied"}


def test_time_on_a_project_still_being_set_up__waits() -> None:
    world = staffed_world()
    project = world.store.select(PROJECT)[0]
    play(world, [assignment()])
    records.update(ORG, world, PROJECT, project.id, {"pse__Is_Active__c": 0, "pse__Stage__c": "Provisioned"})
    assert {item.state for item in play(world, week())} == {"waiting"}
    records.update(ORG, world, PROJECT, project.id, {"pse__Is_Active__c": 1, "pse__Stage__c": "Active"})
    assert {item.state for item in play(world, week())} == {"applied"}


def test_time_on_a_closed_project__is_refused() -> None:
    world = staffed_world()
    play(world, [assignment()])
    records.update(ORG, world, PROJECT, world.store.select(PROJECT)[0].id, {"pse__Stage__c": "Closed"})
    acted = play(world, week())
    assert {(item.state, item.missing) for item in acted} == {
        ("refused", "The project is closed for time entry.")
    }


def test_facts_of_other_systems__are_refused() -> None:
    world = staffed_world()
    acted = play(world, [Practice(bk="PR|DATA", recorded_at_ms=at_ms(1), code="DATA", name="Data")])
    assert (acted[0].state, acted[0].missing) == ("refused", "Nobody states a Practice in the PSA.")


@pytest.mark.parametrize("live", [True, False])
def test_reversed_time__is_refused(live: bool) -> None:
    world = staffed_world()
    acted = play(world, [assignment()], week(status="REVERSED"), live=live)
    assert {item.state for item in acted[1:]} == {"refused"}


def test_cells_of_two_people_on_one_card__are_refused() -> None:
    world = staffed_world()
    cells = week(hours_e2=(8_00, 8_00))
    acted = play(world, [assignment()], [cells[0], replace(cells[1], resource="RS|1002")])
    assert [item.state for item in acted] == ["applied", "refused", "refused"]


def test_a_live_act__is_stamped_with_the_present() -> None:
    world = staffed_world()
    play(world, [assignment()])
    world.clock.step_to(at_ms(40))
    play(world, week(day=31))
    assert {(entry.recorded_at_ms, entry.submitted_at_ms) for entry in observed_of(world, TimeEntry)} == {
        (at_ms(40), at_ms(40))
    }


def test_a_project_without_played_facts__goes_by_its_crm_contract() -> None:
    world = staffed_world()
    play(world, [assignment()])
    other = add_project(world, "800000000000002AAA", RH_External_Id__c="PJ|x")
    task = add_task(world, other, "3.10")
    person = add_person(world, "1003")
    fields = {
        "pse__Project__c": other,
        "pse__Resource__c": person,
        "RH_Task__c": task,
        "pse__Start_Date__c": "2026-01-05",
    }
    records.create(ORG, world, ASSIGNMENT, fields, actor="api")
    found = [fact for fact in observed_facts(world) if fact.bk == "AS|ASG-000001"]
    assert [(fact.contract, fact.task) for fact in found] == [  # type: ignore[union-attr]
        ("CO|800000000000002AAA", "TK|800000000000002AAA|3.10")
    ]


def test_a_remark_on_a_submitted_card__makes_no_new_version_of_its_entries() -> None:
    world = staffed_world()
    play(world, [assignment()], week(hours_e2=(8_00,)))
    card = world.store.find(TIMECARD, "Name", "TC-000001")[0]
    records.update(ORG, world, TIMECARD, card.id, {"pse__Audit_Notes__c": "looked at"})
    assert len(observed_of(world, TimeEntry)) == 1


def test_one_day_added_by_a_replacement__gets_the_replacements_version() -> None:
    world = staffed_world()
    cells = week(hours_e2=(8_00,))
    more = week("TC-000002", (8_00, 4_00), day=36, first="TC-000001", ver=2, replaces="TC-000001")
    play(world, [assignment()], cells, approved(cells), more)
    versions = {
        key: [entry.ver for entry in group]
        for key, group in groupby(
            sorted(observed_of(world, TimeEntry), key=lambda entry: (entry.bk, entry.ver)),
            key=lambda entry: entry.bk,
        )
    }
    assert versions == {"TE|TC-000001|Mon": [1, 1, 2], "TE|TC-000001|Tue": [2]}
