"""Milestones, estimates and completed projects: who may write what, what waits, what is read back."""

from collections.abc import Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from mocks.firm.facts.documents import PsaMilestone, PsaProject
from mocks.firm.facts.source import Estimate, Milestone, ProjectCompletion, SourceFact
from mocks.kit.schema import Value
from mocks.kit.store import Record
from mocks.kit.world import World
from mocks.protocols.salesforce import records
from mocks.protocols.salesforce.rules import WriteRefused
from mocks.psa.certinia.observe import observe
from mocks.psa.certinia.schema import CONTACT, ESTIMATE, MILESTONE, PROJECT
from mocks.psa.certinia.state import ORG
from tests.unit.mocks.certinia.staffing import (
    add_person,
    add_project,
    add_task,
    at_ms,
    empty_world,
    observed_of,
    play,
    stripped,
)

CONTRACT = "CO|00000101"
LINES = {1: "a01000000000001AAA", 2: "a01000000000002AAA"}


def add_milestone(world: World, project_id: str, line: int, seq: int, **fields: Any) -> str:
    """A milestone as the subject plans one; its id."""
    values: dict[str, Value] = {
        "pse__Project__c": project_id,
        "Name": f"Step {seq}",
        "pse__Milestone_Amount__c": 10_000_50,
        "pse__Target_Date__c": "2026-02-28",
        "RH_External_Id__c": f"MS|CL|00000101|{line}|{seq}",
        "RH_Seq__c": seq,
        "RH_Contract_Line__c": LINES[line],
        **fields,
    }
    return records.create(ORG, world, MILESTONE, values, actor="api")


def planned_world() -> World:
    """A project of two lines with tasks, the first with two milestones."""
    world = empty_world()
    for number in ("1001", "9001"):
        add_person(world, number)
    project_id = add_project(world)
    for line, wbs in ((1, "1.10"), (1, "1.20"), (2, "2.10")):
        add_task(world, project_id, wbs, RH_Contract_Line__c=LINES[line])
    for line, seq in ((1, 1), (1, 2), (2, 1)):
        add_milestone(world, project_id, line, seq)
    return world


def achieved(seq: int = 1, day: int = 10, line: int = 1, **changes: Any) -> Milestone:
    """Somebody says that a milestone was achieved."""
    fact = Milestone(
        bk=f"MS|CL|00000101|{line}|{seq}",
        recorded_at_ms=at_ms(day),
        contract=CONTRACT,
        line=line,
        seq=seq,
        status="ACHIEVED",
    )
    return replace(fact, **changes)


def accepted(seq: int = 1, day: int = 12, **changes: Any) -> Milestone:
    """The customer's acceptance, recorded at the instant it was given."""
    wanted = {"status": "ACCEPTED", "ver": 2, "accepted_at_ms": at_ms(day), "accepted_by": "RS|9001"}
    return replace(achieved(seq, day), **{**wanted, **changes})


def estimate(seq: int = 2, day: int = 14, **changes: Any) -> Estimate:
    """A new estimate of the first line."""
    fact = Estimate(
        bk=f"EA|CL|00000101|1|{seq}",
        recorded_at_ms=at_ms(day),
        contract=CONTRACT,
        line=1,
        seq=seq,
        total_hours_e2=412_50,
    )
    return replace(fact, **changes)


def completion(day: int = 20, **changes: Any) -> ProjectCompletion:
    """The project is done."""
    fact = ProjectCompletion(
        bk="PJ|CO|00000101", recorded_at_ms=at_ms(day), contract=CONTRACT, completed_at_ms=at_ms(day)
    )
    return replace(fact, **changes)


def story() -> list[SourceFact]:
    """Two milestones accepted (one certificate is older than its entry), two estimates, done."""
    return [
        achieved(),
        achieved(2, 11),
        accepted(),
        estimate(),
        achieved(1, 15, 2),
        accepted(2, 16, accepted_at_ms=at_ms(13)),
        estimate(3, 17, total_hours_e2=398_25),
        completion(completed_at_ms=at_ms(19)),
    ]


def seen(world: World) -> list[SourceFact]:
    """Progress as observation tells it."""
    kinds = (Milestone, Estimate, ProjectCompletion)
    return [stripped(row) for row in observe(world) if isinstance(row, kinds)]


def in_order(facts: Sequence[SourceFact]) -> list[SourceFact]:
    """Facts by key and version."""
    return sorted(facts, key=lambda fact: (fact.bk, fact.ver))


def refused(work: Any, *arguments: Any, **named: Any) -> tuple[str, ...]:
    """The fields that a refusal names."""
    with pytest.raises(WriteRefused) as caught:
        work(*arguments, **named)
    return caught.value.problems[0].fields


def milestone(world: World, seq: int = 1) -> Record:
    """A milestone of the first line."""
    found = world.store.find(MILESTONE, "RH_External_Id__c", f"MS|CL|00000101|1|{seq}")
    return found[0]


def by_api(world: World, object_name: str, record_id: str, **changes: Value) -> Record:
    """A write of a subject."""
    return records.update(ORG, world, object_name, record_id, changes, actor="api")


@pytest.mark.parametrize("live", [True, False])
def test_progress__is_observed_as_it_was_played(live: bool) -> None:
    world = planned_world()
    acted = play(world, *([fact] for fact in story()), live=live)
    assert {item.state for item in acted} == {"applied"}
    assert in_order(seen(world)) == in_order(story())


def test_a_planned_milestone__is_a_document_and_no_fact() -> None:
    world = planned_world()
    assert seen(world) == []
    first = observed_of(world, PsaMilestone)[0]
    assert (first.external_id, first.seq, first.status, first.billed) == (
        "MS|CL|00000101|1|1",
        1,
        "PLANNED",
        False,
    )
    assert (first.amount_minor, first.contract_line_source_id, first.name) == (10_000_50, LINES[1], "Step 1")


def test_marks_of_billing__make_no_version_of_a_fact_and_show_in_the_document() -> None:
    world = planned_world()
    play(world, [achieved()], [accepted()])
    world.clock.step_to(at_ms(30))
    by_api(world, MILESTONE, milestone(world).id, pse__Billed__c=1, RH_Invoice_No__c="US01-INV-2026-000001")
    assert in_order(seen(world)) == [achieved(), accepted()]
    marked = observed_of(world, PsaMilestone)[0]
    assert (marked.billed, marked.invoice_no, marked.status) == (True, "US01-INV-2026-000001", "ACCEPTED")
    assert milestone(world).values["RH_Status_At__c"] == at_ms(12)


def test_progress__waits_for_contract_project_milestone_and_achievement() -> None:
    world = empty_world()
    add_person(world, "9001")
    unknown = achieved(contract="CO|999")
    assert [item.state for item in play(world, [unknown], [achieved()])] == ["waiting", "waiting"]
    project_id = add_project(world)
    assert [item.state for item in play(world, [achieved()], [estimate()])] == ["waiting", "waiting"]
    add_task(world, project_id, "1.10", RH_Contract_Line__c=LINES[1])
    assert [item.state for item in play(world, [achieved()], [estimate()])] == ["waiting", "applied"]
    add_milestone(world, project_id, 1, 1)
    acted = play(world, [accepted()], [achieved()], [accepted()])
    assert [item.state for item in acted] == ["waiting", "applied", "applied"]


def test_an_acceptance__waits_for_the_person_who_accepted() -> None:
    world = planned_world()
    (_, outcome) = play(world, [achieved()], [accepted(accepted_by="RS|7777")])
    assert (outcome.state, outcome.missing) == ("waiting", "RS|7777")


def test_a_milestone_of_another_line__is_not_mistaken_for_the_same_number() -> None:
    world = planned_world()
    play(world, [achieved(1, 10, 2)])
    assert milestone(world).values["pse__Status__c"] == "Planned"


def test_an_acceptance_without_an_acceptor__is_refused() -> None:
    world = planned_world()
    (_, outcome) = play(world, [achieved()], [accepted(accepted_by=None)])
    assert outcome.state == "refused"


def test_a_subject__plans_again_but_never_moves_the_status() -> None:
    world = planned_world()
    step = milestone(world)
    assert (
        by_api(world, MILESTONE, step.id, pse__Milestone_Amount__c=9_00).values["pse__Status__c"] == "Planned"
    )
    assert refused(by_api, world, MILESTONE, step.id, pse__Status__c="Achieved") == ("pse__Status__c",)
    project_id = str(step.values["pse__Project__c"])
    assert refused(add_milestone, world, project_id, 1, 9, pse__Status__c="Accepted") == ("pse__Status__c",)


def test_an_accepted_milestone__takes_marks_and_nothing_else() -> None:
    world = planned_world()
    play(world, [achieved()], [accepted()])
    step = milestone(world)
    assert refused(by_api, world, MILESTONE, step.id, pse__Milestone_Amount__c=1) == (
        "pse__Milestone_Amount__c",
    )
    same = by_api(world, MILESTONE, step.id, pse__Milestone_Amount__c=10_000_50, RH_Seq__c=1)
    assert same.ver == step.ver
    (outcome,) = play(world, [achieved(ver=3)])
    assert outcome.state == "refused"
    assert refused(records.delete, ORG, world, MILESTONE, step.id) == ("pse__Status__c",)


def test_an_estimate__is_neither_changed_nor_deleted() -> None:
    world = planned_world()
    (first, other) = play(world, [estimate()], [estimate(total_hours_e2=1_00)])
    assert (first.state, other.state) == ("applied", "refused")
    (row,) = world.store.select(ESTIMATE)
    with pytest.raises(WriteRefused):
        records.delete(ORG, world, ESTIMATE, row.id)
    assert refused(records.create, ORG, world, ESTIMATE, {**row.values, "RH_Total_Hours__c": -1}) == (
        "RH_Total_Hours__c",
    )


def test_a_milestone_of_an_unknown_project_or_estimate_of_none__is_refused() -> None:
    world = planned_world()
    stranger = world.store.select(CONTACT)[0].id
    assert refused(add_milestone, world, stranger, 1, 5) == ("pse__Project__c",)
    assert refused(records.create, ORG, world, ESTIMATE, {"RH_Project__c": stranger}) == ("RH_Project__c",)


def test_a_project_being_set_up__is_completed_later() -> None:
    world = empty_world()
    project_id = add_project(world, pse__Is_Active__c=0, pse__Stage__c="Provisioned")
    assert play(world, [completion()])[0].state == "waiting"
    by_api(world, PROJECT, project_id, pse__Is_Active__c=1, pse__Stage__c="Active")
    assert play(world, [completion()])[0].state == "applied"


def test_a_completed_project__stays_so_whatever_is_written_later() -> None:
    world = planned_world()
    play(world, [completion()])
    (project,) = world.store.select(PROJECT)
    world.clock.step_to(at_ms(25))
    by_api(world, PROJECT, project.id, pse__Stage__c="Active", RH_Contract_Value__c=5_00)
    (later,) = observed_of(world, PsaProject)
    assert (later.status, later.value_minor) == ("COMPLETED", 5_00)
    assert seen(world) == [completion()]
    (stored,) = world.store.select(PROJECT)
    assert stored.values["RH_Completion_Entered_At__c"] == at_ms(20)
    assert play(world, [completion(26)])[0].state == "refused"


def test_a_completed_project__may_be_closed() -> None:
    world = planned_world()
    play(world, [completion()])
    (project,) = world.store.select(PROJECT)
    records.update(ORG, world, PROJECT, project.id, {"pse__Stage__c": "Closed"})
    assert seen(world) == [completion()]


@pytest.mark.parametrize(
    "fact",
    [achieved(status="PLANNED"), achieved(deleted=True), estimate(deleted=True), completion(deleted=True)],
)
def test_what_nobody_can_say__is_refused(fact: SourceFact) -> None:
    assert play(planned_world(), [fact])[0].state == "refused"
