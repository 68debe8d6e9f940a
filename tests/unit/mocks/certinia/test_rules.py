"""What the PSA refuses: status paths, locked cards, wrong weeks, closed places, too long days."""

from collections.abc import Mapping
from typing import Any

import pytest

from mocks.kit.schema import Value
from mocks.kit.store import Record
from mocks.kit.world import World
from mocks.protocols.salesforce import records
from mocks.protocols.salesforce.rules import WriteRefused
from mocks.psa.certinia.schema import ASSIGNMENT, CONTACT, OVERRIDE, PROJECT, SPLIT, TASK, TIMECARD
from mocks.psa.certinia.state import ORG
from tests.unit.mocks.certinia.staffing import (
    add_person,
    add_project,
    add_task,
    approved,
    assignment,
    at_ms,
    play,
    rejected,
    staffed_world,
    week,
)

MONDAY_HOURS = "pse__Monday_Hours__c"


def assigned_world() -> World:
    """A staffed world with one assignment."""
    world = staffed_world()
    play(world, [assignment()])
    world.clock.step_to(at_ms(31))
    return world


def only(world: World, object_name: str) -> Record:
    """The first record of an object."""
    return world.store.select(object_name)[0]


def card_values(world: World, **changes: Any) -> dict[str, Value]:
    """A timecard as a client of the API would create it."""
    place = only(world, ASSIGNMENT).values
    return {
        "pse__Start_Date__c": "2026-01-26",
        "pse__End_Date__c": "2026-02-01",
        "pse__Resource__c": place["pse__Resource__c"],
        "pse__Project__c": place["pse__Project__c"],
        "pse__Assignment__c": only(world, ASSIGNMENT).id,
        MONDAY_HOURS: 8_00,
        **changes,
    }


def create_card(world: World, **changes: Any) -> str:
    """Create a timecard through the platform; its id."""
    return records.create(ORG, world, TIMECARD, card_values(world, **changes), actor="api")


def change(world: World, card_id: str, **changes: Any) -> Record:
    """Update a timecard through the platform."""
    return records.update(ORG, world, TIMECARD, card_id, changes, actor="api")


def refusal(work: Any, *arguments: Any, **named: Any) -> tuple[str, tuple[str, ...]]:
    """Code and fields of the first problem of a refused write."""
    with pytest.raises(WriteRefused) as caught:
        work(*arguments, **named)
    problem = caught.value.problems[0]
    return problem.code, problem.fields


def approver(world: World) -> str:
    """The manager's contact."""
    return world.store.find(CONTACT, "RH_Employee_No__c", "9001")[0].id


def test_a_new_card__is_completed_by_the_psa() -> None:
    world = assigned_world()
    values = world.store.require(TIMECARD, create_card(world, pse__End_Date__c=None)).values
    assert values["Name"] == "TCH-000000001"
    assert values["pse__End_Date__c"] == "2026-02-01"
    assert (values["pse__Status__c"], values["RH_Time_Type__c"]) == ("Saved", "REG")
    assert (values["pse__Tuesday_Hours__c"], values["pse__Total_Hours__c"]) == (0, 8_00)
    assert values["RH_Task__c"] == only(world, ASSIGNMENT).values["RH_Task__c"]
    assert values["PROJECT_ID__c"] == "PJ|00000101"
    assert (values["pse__Submitted__c"], values["pse__Approved__c"]) == (0, 0)


def test_a_card_on_its_way__gets_flags_and_instants_from_the_psa() -> None:
    world = assigned_world()
    card_id = create_card(world)
    submitted = change(world, card_id, pse__Status__c="Submitted", pse__Submitted__c=0).values
    assert (submitted["pse__Submitted__c"], submitted["RH_Submitted_At__c"]) == (1, at_ms(31))
    world.clock.step_to(at_ms(33))
    done = change(world, card_id, pse__Status__c="Approved", RH_Approved_By__c=approver(world)).values
    assert (done["pse__Approved__c"], done["RH_Approved_At__c"]) == (1, at_ms(33))
    assert done["RH_Submitted_At__c"] == at_ms(31)


@pytest.mark.parametrize(
    ("path", "refused"),
    [
        (("Approved",), True),
        (("Rejected",), True),
        (("Submitted", "Saved"), True),
        (("Submitted", "Rejected", "Approved"), True),
        (("Submitted", "Rejected", "Saved"), False),
        (("Submitted", "Rejected", "Submitted", "Approved"), False),
        (("Submitted", "Approved", "Rejected"), True),
        (("Submitted", "Approved", "Saved"), True),
    ],
)
def test_a_status_path__is_walked_or_refused(path: tuple[str, ...], refused: bool) -> None:
    world = assigned_world()
    card_id, by = create_card(world), approver(world)

    def step(status: str) -> None:
        change(world, card_id, pse__Status__c=status, RH_Approved_By__c=by)

    for status in path[:-1]:
        step(status)
    if refused:
        assert refusal(step, path[-1])[0] == "FIELD_CUSTOM_VALIDATION_EXCEPTION"
    else:
        step(path[-1])
        assert world.store.require(TIMECARD, card_id).values["pse__Status__c"] == path[-1]


def test_a_card_created_as_approved__is_refused() -> None:
    world = assigned_world()
    assert refusal(create_card, world, pse__Status__c="Approved")[1] == ("pse__Status__c",)


@pytest.mark.parametrize("approver_no", ["1001", None])
def test_an_approval_by_oneself_or_by_nobody__is_refused(approver_no: str | None) -> None:
    world = assigned_world()
    card_id = create_card(world, pse__Status__c="Submitted")
    by = world.store.find(CONTACT, "RH_Employee_No__c", approver_no)[0].id if approver_no else None
    assert refusal(change, world, card_id, pse__Status__c="Approved", RH_Approved_By__c=by)[1] == (
        "RH_Approved_By__c",
    )


def test_an_approval_by_a_stranger__is_refused() -> None:
    world = assigned_world()
    card_id = create_card(world, pse__Status__c="Submitted")
    named = {"pse__Status__c": "Approved", "RH_Approved_By__c": "003000000000000AAA"}
    assert refusal(change, world, card_id, **named)[0] == "INVALID_CROSS_REFERENCE_KEY"


@pytest.mark.parametrize("field", [MONDAY_HOURS, "pse__Monday_Notes__c", "pse__Billable__c"])
def test_writing_on_a_submitted_card__is_refused(field: str) -> None:
    world = assigned_world()
    card_id = create_card(world, pse__Status__c="Submitted")
    assert refusal(change, world, card_id, **{field: 1})[1] == (field,)


def test_anything_new_on_an_approved_card__is_refused_and_old_values_are_accepted() -> None:
    world = assigned_world()
    cells = week(hours_e2=(8_00,))
    play(world, cells, approved(cells))
    card = only(world, TIMECARD)
    assert refusal(change, world, card.id, pse__Audit_Notes__c="x")[1] == ("pse__Audit_Notes__c",)
    assert change(world, card.id, **{MONDAY_HOURS: 8_00, "pse__Status__c": "Approved"}).ver == card.ver


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"pse__Start_Date__c": "2026-01-27"}, "pse__Start_Date__c"),
        ({"pse__End_Date__c": "2026-01-31"}, "pse__End_Date__c"),
        ({MONDAY_HOURS: 24_01}, MONDAY_HOURS),
        ({MONDAY_HOURS: -1}, MONDAY_HOURS),
        ({"pse__Start_Date__c": None}, "pse__Start_Date__c"),
        ({"pse__Resource__c": None}, "pse__Resource__c"),
        ({"pse__Assignment__c": None}, "pse__Assignment__c"),
        ({"pse__Assignment__c": None, "pse__Project__c": None}, "pse__Project__c"),
        ({"pse__Assignment__c": "a1C000000000000AAA"}, "pse__Assignment__c"),
        ({"RH_Replaces__c": "a1D000000000000AAA"}, "RH_Replaces__c"),
    ],
)
def test_a_card_that_makes_no_sense__is_refused_naming_the_field(
    changes: Mapping[str, Value], field: str
) -> None:
    world = assigned_world()
    assert refusal(create_card, world, **changes)[1] == (field,)
    assert world.store.count(TIMECARD) == 0


def test_a_card_that_does_not_match_its_assignment__is_refused() -> None:
    world = assigned_world()
    other = add_project(world, "800000000000002AAA", RH_External_Id__c="PJ|2")
    foreign_task = add_task(world, other, "9.10")
    sibling = world.store.find(TASK, "RH_WBS__c", "2.10")[0].id
    person = add_person(world, "1003")
    assert refusal(create_card, world, pse__Project__c=other)[1] == ("RH_Task__c",)
    assert refusal(create_card, world, pse__Project__c=other, RH_Task__c=foreign_task)[1] == (
        "pse__Project__c",
    )
    assert refusal(create_card, world, RH_Task__c=sibling)[1] == ("RH_Task__c",)
    assert refusal(create_card, world, pse__Resource__c=person)[1] == ("pse__Resource__c",)


@pytest.mark.parametrize(
    ("object_name", "changes"),
    [
        (PROJECT, {"pse__Is_Active__c": 0}),
        (PROJECT, {"pse__Closed_for_Time_Entry__c": 1}),
        (PROJECT, {"pse__Stage__c": "Completed"}),
        (ASSIGNMENT, {"pse__Closed_for_Time_Entry__c": 1}),
        (TASK, {"RH_Status__c": "Closed"}),
    ],
)
def test_new_time_on_something_closed__is_refused_and_old_time_is_still_approved(
    object_name: str, changes: Mapping[str, Value]
) -> None:
    world = assigned_world()
    card_id, draft_id = create_card(world, pse__Status__c="Submitted"), create_card(world)
    records.update(ORG, world, object_name, only(world, object_name).id, changes)
    assert refusal(create_card, world)[0] == "FIELD_CUSTOM_VALIDATION_EXCEPTION"
    assert refusal(change, world, draft_id, **{MONDAY_HOURS: 2_00})[0] == "FIELD_CUSTOM_VALIDATION_EXCEPTION"
    assert refusal(change, world, draft_id, pse__Status__c="Submitted")[0] == (
        "FIELD_CUSTOM_VALIDATION_EXCEPTION"
    )
    done = change(world, card_id, pse__Status__c="Approved", RH_Approved_By__c=approver(world))
    assert done.values["pse__Approved__c"] == 1


def test_time_without_assignment__is_taken_where_the_project_allows_it() -> None:
    world = assigned_world()
    project = only(world, PROJECT).id
    records.update(ORG, world, PROJECT, project, {"pse__Allow_Timecards_Without_Assignment__c": 1})
    card_id = create_card(world, pse__Assignment__c=None)
    assert world.store.require(TIMECARD, card_id).values["pse__Assignment__c"] is None


def test_a_day_over_24_hours__is_refused_over_all_cards_that_stand() -> None:
    world = assigned_world()
    first = create_card(world, **{MONDAY_HOURS: 16_00, "pse__Status__c": "Submitted"})
    assert refusal(create_card, world, **{MONDAY_HOURS: 8_01})[1] == (MONDAY_HOURS,)
    create_card(world, **{MONDAY_HOURS: 8_00})
    assert refusal(create_card, world, **{MONDAY_HOURS: 1})[1] == (MONDAY_HOURS,)
    change(world, first, pse__Status__c="Rejected")
    create_card(world, **{MONDAY_HOURS: 16_00})
    assert refusal(change, world, first, pse__Status__c="Submitted")[1] == (MONDAY_HOURS,)


def test_a_rejected_card_taken_up_again__needs_room_for_its_hours() -> None:
    world = assigned_world()
    first = create_card(world, **{MONDAY_HOURS: 20_00}, pse__Status__c="Submitted")
    change(world, first, pse__Status__c="Rejected")
    second = create_card(world, **{MONDAY_HOURS: 20_00})
    assert refusal(change, world, first, pse__Status__c="Saved")[1] == (MONDAY_HOURS,)
    change(world, second, **{MONDAY_HOURS: 4_00})
    assert change(world, first, pse__Status__c="Saved").values["pse__Status__c"] == "Saved"


def test_a_replaced_cards_hours__do_not_count_beside_its_replacement() -> None:
    world = assigned_world()
    cells = week(hours_e2=(20_00,))
    play(world, cells, approved(cells))
    replaced = only(world, TIMECARD).id
    create_card(world, **{MONDAY_HOURS: 22_00, "RH_Replaces__c": replaced})
    assert refusal(create_card, world, **{MONDAY_HOURS: 3_00})[1] == (MONDAY_HOURS,)


def test_a_replacement__names_an_approved_card_of_the_same_person_once() -> None:
    world = assigned_world()
    open_card = create_card(world, **{MONDAY_HOURS: 1_00})
    assert refusal(create_card, world, RH_Replaces__c=open_card)[1] == ("RH_Replaces__c",)
    cells = week(hours_e2={1: 8_00})
    play(world, cells, approved(cells))
    done = world.store.find(TIMECARD, "Name", "TC-000001")[0].id
    next_week = {"pse__Start_Date__c": "2026-02-02", "pse__End_Date__c": "2026-02-08"}
    assert refusal(create_card, world, RH_Replaces__c=done, **next_week)[1] == ("RH_Replaces__c",)
    create_card(world, RH_Replaces__c=done, **{MONDAY_HOURS: 0, "pse__Tuesday_Hours__c": 0})
    assert refusal(create_card, world, RH_Replaces__c=done, **{MONDAY_HOURS: 0})[1] == ("RH_Replaces__c",)


def test_a_card_in_an_approvers_hands__cannot_be_deleted() -> None:
    world = assigned_world()
    card_id = create_card(world, pse__Status__c="Submitted")
    assert refusal(records.delete, ORG, world, TIMECARD, card_id, actor="api")[1] == ("pse__Status__c",)
    draft = create_card(world)
    records.delete(ORG, world, TIMECARD, draft, actor="api")
    assert world.store.get(TIMECARD, draft) is None


def test_splits__take_billing_marks_and_nothing_else() -> None:
    world = assigned_world()
    cells = week(hours_e2=(8_00,))
    play(world, cells, approved(cells))
    split = only(world, SPLIT)
    marks: dict[str, Value] = {
        "pse__Billed__c": 1,
        "RH_Invoice_No__c": "US01-INV-2026-000001",
        "RH_Invoice_Status__c": "OPEN",
    }
    changed = records.update(ORG, world, SPLIT, split.id, marks, actor="api")
    assert {name: changed.values[name] for name in marks} == marks
    code = "INVALID_FIELD_FOR_INSERT_UPDATE"
    assert refusal(records.update, ORG, world, SPLIT, split.id, {"pse__Total_Hours__c": 1}, actor="api") == (
        code,
        ("pse__Total_Hours__c",),
    )
    fields = {"pse__Timecard_Header__c": only(world, TIMECARD).id}
    assert refusal(records.create, ORG, world, SPLIT, fields, actor="api")[0] == code
    assert refusal(records.delete, ORG, world, SPLIT, split.id, actor="api")[0] == code


def test_a_splits_amount__is_the_psas_own_price_rounded_half_up() -> None:
    world = assigned_world()
    records.update(ORG, world, ASSIGNMENT, only(world, ASSIGNMENT).id, {"pse__Bill_Rate__c": 179_9500})
    cells = week(hours_e2={4: 3_50})
    play(world, cells, approved(cells))
    assert only(world, SPLIT).values["pse__Total_Billable_Amount__c"] == 629_83


def test_a_rejected_card__is_mended_and_submitted_in_one_write() -> None:
    world = assigned_world()
    cells = week(hours_e2=(8_00,))
    play(world, cells, rejected(cells))
    card = only(world, TIMECARD)
    mended = change(world, card.id, **{MONDAY_HOURS: 7_00, "pse__Status__c": "Submitted"})
    assert (mended.values["pse__Total_Hours__c"], mended.ver) == (7_00, card.ver + 1)


def test_an_assignments_status__follows_its_path() -> None:
    world = assigned_world()
    record = only(world, ASSIGNMENT)
    assert refusal(records.update, ORG, world, ASSIGNMENT, record.id, {"RH_Status__c": "CANCELLED"})[1] == (
        "RH_Status__c",
    )
    ended = records.update(ORG, world, ASSIGNMENT, record.id, {"RH_Status__c": "ENDED"})
    assert ended.values["RH_Status__c"] == "ENDED"


def test_an_assignment__is_for_a_resource_on_a_task_of_its_project() -> None:
    world = assigned_world()
    record = only(world, ASSIGNMENT)
    customer = add_person(world, "1004", pse__Is_Resource__c=0)
    other = add_task(world, add_project(world, "800X", RH_External_Id__c="PJ|3"), "4.10")
    assert refusal(records.update, ORG, world, ASSIGNMENT, record.id, {"pse__Resource__c": customer})[1] == (
        "pse__Resource__c",
    )
    assert refusal(records.update, ORG, world, ASSIGNMENT, record.id, {"RH_Task__c": other})[1] == (
        "RH_Task__c",
    )


def test_a_rate_that_ends_before_it_begins__is_refused() -> None:
    world = assigned_world()
    fields = {
        "RH_Assignment__c": only(world, ASSIGNMENT).id,
        "RH_Valid_From__c": "2026-01-05",
        "RH_Valid_To__c": "2026-01-05",
    }
    assert refusal(records.create, ORG, world, OVERRIDE, fields)[1] == ("RH_Valid_To__c",)


def test_one_employee_number__stands_for_one_contact() -> None:
    world = assigned_world()
    assert refusal(add_person, world, "1001")[0] == "DUPLICATE_VALUE"


def test_a_completed_project__is_stamped_by_the_psa() -> None:
    world = assigned_world()
    done = records.update(ORG, world, PROJECT, only(world, PROJECT).id, {"pse__Stage__c": "Completed"})
    assert done.values["RH_Completed_At__c"] == at_ms(31)
