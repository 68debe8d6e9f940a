"""The PSA adapter on progress: milestones planned, marked and read, estimates, completed projects."""

from datetime import date
from decimal import Decimal

import pytest

from integration_core.canonical.work import (
    Estimate,
    Milestone,
    MilestoneMark,
    MilestoneState,
    ProjectState,
)
from integration_core.ports.systems import Rejected, Written

from .scripted import GRANT, Org, Scripted, answer, run
from .test_certinia import LATER, STAMP, STAMP_MS, psa_on, read, row

ACCEPTED = row(
    "a1H1", RH_Contract_Line__c="a01A", RH_Seq__c=2.0, pse__Status__c="Accepted", RH_Status_At__c=STAMP,
    RH_Accepted_At__c="2026-01-30T11:00:00.000+0000",
) | {"SystemModstamp": LATER}  # fmt: skip


def test_milestone__is_recorded_when_its_status_moved_and_not_when_it_was_marked() -> None:
    org = Org(pse__Milestone__c=[ACCEPTED])
    assert read(org, "milestones").records == (
        MilestoneState(
            native_id="a1H1",
            contract_line_native_id="a01A",
            seq=2,
            status="Accepted",
            accepted_at_ms=STAMP_MS - 3_600_000,
            deleted=False,
            recorded_at_ms=STAMP_MS,
        ),
    )
    assert len(org.queries()) == 1
    assert not any(mark in org.queries()[0] for mark in ("Billed", "Invoice"))


def test_deleted_milestone__is_recorded_at_its_deletion() -> None:
    (found,) = read(Org(pse__Milestone__c=[ACCEPTED | {"IsDeleted": True}]), "milestones").records
    assert isinstance(found, MilestoneState)
    assert (found.deleted, found.recorded_at_ms) == (True, STAMP_MS + 3_600_000)


def test_milestone_of_no_contract_line__means_nothing_here() -> None:
    found = read(Org(pse__Milestone__c=[ACCEPTED | {"RH_Contract_Line__c": None}]), "milestones")
    assert (found.records, found.unread) == ((), ())


@pytest.mark.parametrize(
    "change", [{"pse__Status__c": "Done"}, {"RH_Accepted_At__c": None}, {"RH_Seq__c": 1.5}]
)
def test_milestone_against_the_contract__is_unread(change: dict[str, object]) -> None:
    found = read(Org(pse__Milestone__c=[ACCEPTED | change]), "milestones")
    assert [unread.native_id for unread in found.unread] == ["a1H1"]


def test_estimate__is_recorded_when_it_was_made() -> None:
    made = row("a1I1", RH_Contract_Line__c="a01A", RH_Total_Hours__c=412.5, CreatedDate=STAMP)
    org = Org(RH_Estimate__c=[made | {"SystemModstamp": LATER}])
    assert read(org, "estimates").records == (
        Estimate(
            native_id="a1I1",
            contract_line_native_id="a01A",
            total_hours=Decimal("412.5"),
            deleted=False,
            recorded_at_ms=STAMP_MS,
        ),
    )


def test_project__tells_when_it_was_completed_and_when_that_was_entered() -> None:
    done = row(
        "a1A1", RH_Contract__c="800A", RH_Completed_At__c="2026-01-30T11:00:00.000+0000",
        RH_Completion_Entered_At__c=STAMP,
    ) | {"SystemModstamp": LATER}  # fmt: skip
    running = row("a1A2", RH_Contract__c="800B", RH_Completed_At__c=None, RH_Completion_Entered_At__c=None)
    internal = row("a1A3", RH_Contract__c=None)
    assert read(Org(pse__Proj__c=[done, running, internal]), "projects").records == (
        ProjectState(
            native_id="a1A1",
            contract_native_id="800A",
            completed_at_ms=STAMP_MS - 3_600_000,
            deleted=False,
            recorded_at_ms=STAMP_MS,
        ),
        ProjectState(
            native_id="a1A2",
            contract_native_id="800B",
            completed_at_ms=None,
            deleted=False,
            recorded_at_ms=STAMP_MS,
        ),
    )


def test_milestones__are_planned_in_one_call_and_leave_their_status_to_people() -> None:
    saved = [
        {"id": "a1H1", "success": True, "errors": []},
        {"success": False, "errors": [{"statusCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "message": "no"}]},
    ]
    transport = Scripted(answer(200, GRANT), answer(200, saved))
    plan = [
        Milestone(
            key=f"MS|CL|00000101|1|{seq}",
            project_key="PJ|CO|00000101",
            contract_line_source_id="a01A",
            seq=seq,
            name=f"Step {seq}",
            amount=Decimal("3333.33"),
            target=date(2026, 2, 28),
        )
        for seq in (1, 2)
    ]
    first, second = run(psa_on(transport).upsert_milestones("a1P1", plan))
    assert first == Written(key="MS|CL|00000101|1|1", native_id="a1H1")
    assert isinstance(second, Rejected)
    assert transport.requests[-1].url.endswith("/composite/sobjects/pse__Milestone__c/RH_External_Id__c")
    assert transport.sent()["records"][0] == {
        "attributes": {"type": "pse__Milestone__c"},
        "RH_External_Id__c": "MS|CL|00000101|1|1",
        "pse__Project__c": "a1P1",
        "Name": "Step 1",
        "pse__Milestone_Amount__c": 3333.33,
        "pse__Target_Date__c": "2026-02-28",
        "RH_Seq__c": 1,
        "RH_Contract_Line__c": "a01A",
    }


def test_milestone_marks__are_written_by_id() -> None:
    transport = Scripted(answer(200, GRANT), answer(200, [{"id": "a1H1", "success": True, "errors": []}]))
    mark = MilestoneMark(
        milestone_native_id="a1H1", billed=True, invoice_no="DE01-INV-2026-000001", invoice_status="POSTED"
    )
    assert run(psa_on(transport).write_milestone_marks([mark])) == (Written(key="a1H1", native_id="a1H1"),)
    assert transport.sent()["records"] == [
        {
            "attributes": {"type": "pse__Milestone__c"},
            "Id": "a1H1",
            "pse__Billed__c": True,
            "RH_Invoice_No__c": "DE01-INV-2026-000001",
            "RH_Invoice_Status__c": "POSTED",
        }
    ]
