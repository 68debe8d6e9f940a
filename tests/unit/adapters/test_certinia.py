"""The PSA adapter: timecards, assignments and rates in, projects, tasks, people and marks out."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from integration_core.adapters.certinia.client import CertiniaPsa
from integration_core.adapters.salesforce_protocol.session import OrgCredentials
from integration_core.canonical.deals import RateLine
from integration_core.canonical.work import (
    Assignment,
    BillingMark,
    CardSplit,
    Project,
    RateOverride,
    Resource,
    Task,
    TimeCard,
    TimeCell,
)
from integration_core.ports.systems import ChangePage, Written

from .scripted import GRANT, Org, Scripted, answer, run

STAMP = "2026-01-30T12:00:00.000+0000"
STAMP_MS = 1_769_774_400_000
LATER = "2026-01-30T13:00:00.000+0000"
CREDENTIALS = OrgCredentials(client_id="core", client_secret="s3cret")


def row(native_id: str, **fields: object) -> dict[str, Any]:
    return {"Id": native_id, "SystemModstamp": STAMP, "IsDeleted": False, **fields}


def psa_on(transport: Scripted) -> CertiniaPsa:
    return CertiniaPsa(transport, "http://psa.example", CREDENTIALS)


def read(org: Org, stream: str) -> ChangePage:
    return run(psa_on(org).read_changes(stream, STAMP_MS, None))


CARD = row(
    "a1T1",
    Name="TC-000123",
    pse__Start_Date__c="2026-01-26",
    pse__Resource__c="003R",
    pse__Project__c="a1P1",
    pse__Assignment__c="a1A1",
    RH_Task__c="a1K1",
    RH_Time_Type__c="REG",
    pse__Billable__c=True,
    pse__Status__c="Approved",
    RH_Submitted_At__c="2026-01-30T10:00:00.000+0000",
    RH_Approved_At__c="2026-01-30T12:00:00.000+0000",
    RH_Approved_By__c="003M",
    RH_Replaces__c=None,
    pse__Monday_Hours__c=7.5,
    pse__Tuesday_Hours__c=0.0,
    pse__Sunday_Hours__c=0.1,
    pse__Monday_Notes__c="kick-off",
)
SPLITS = [
    row(
        "a1S2", pse__Timecard_Header__c="a1T1", pse__Start_Date__c="2026-02-01", pse__End_Date__c="2026-02-01"
    ),
    row(
        "a1S1", pse__Timecard_Header__c="a1T1", pse__Start_Date__c="2026-01-26", pse__End_Date__c="2026-01-31"
    ),
]


def test_timecard__becomes_day_cells_with_their_source_ids_and_splits_by_month() -> None:
    org = Org(pse__Timecard_Header__c=[CARD], pse__Timecard__c=SPLITS)
    assert read(org, "timecards").records == (
        TimeCard(
            native_id="a1T1",
            name="TC-000123",
            resource_native_id="003R",
            project_native_id="a1P1",
            assignment_native_id="a1A1",
            task_native_id="a1K1",
            time_type="REG",
            billable=True,
            status="Approved",
            cells=(
                TimeCell(
                    source_id="a1T1#Mon", work_date=date(2026, 1, 26), hours=Decimal("7.5"), note="kick-off"
                ),
                TimeCell(source_id="a1T1#Sun", work_date=date(2026, 2, 1), hours=Decimal("0.1"), note=""),
            ),
            splits=(
                CardSplit(native_id="a1S1", start=date(2026, 1, 26), end=date(2026, 1, 31)),
                CardSplit(native_id="a1S2", start=date(2026, 2, 1), end=date(2026, 2, 1)),
            ),
            submitted_at_ms=STAMP_MS - 7_200_000,
            approved_at_ms=STAMP_MS,
            approved_by_native_id="003M",
            replaces_native_id=None,
            deleted=False,
            recorded_at_ms=STAMP_MS,
        ),
    )


def test_replacement_card__keeps_zero_cells_since_they_delete() -> None:
    org = Org(pse__Timecard_Header__c=[{**CARD, "RH_Replaces__c": "a1T0"}])
    (card,) = read(org, "timecards").records
    assert isinstance(card, TimeCard)
    assert [cell.source_id[-3:] for cell in card.cells] == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    assert card.cells[1].hours == 0


def test_cards_not_approved__cost_no_call_for_splits() -> None:
    org = Org(pse__Timecard_Header__c=[{**CARD, "pse__Status__c": "Submitted"}])
    read(org, "timecards")
    assert len(org.queries()) == 1


def test_card_still_being_written__may_lack_its_task_but_a_submitted_one_may_not() -> None:
    bare = {**CARD, "RH_Task__c": None, "pse__Status__c": "Saved"}
    (card,) = read(Org(pse__Timecard_Header__c=[bare]), "timecards").records
    assert isinstance(card, TimeCard)
    assert card.task_native_id == ""
    found = read(Org(pse__Timecard_Header__c=[{**bare, "pse__Status__c": "Submitted"}]), "timecards")
    assert found.records == ()
    assert "RH_Task__c" in found.unread[0].text


@pytest.mark.parametrize(
    "change",
    [{"pse__Start_Date__c": "2026-01-27"}, {"RH_Time_Type__c": "NIGHT"}, {"pse__Status__c": "Lost"}],
)
def test_card_against_the_contract__is_unread(change: dict[str, str]) -> None:
    found = read(Org(pse__Timecard_Header__c=[CARD | change]), "timecards")
    assert [unread.native_id for unread in found.unread] == ["a1T1"]


ASSIGNMENT = row(
    "a1A1",
    Name="AS-0001",
    pse__Project__c="a1P1",
    pse__Resource__c="003R",
    RH_Task__c="a1K1",
    pse__Start_Date__c="2026-01-12",
    pse__End_Date__c="2026-03-31",
    RH_Bill_Level__c="SENIOR",
    RH_Status__c="ACTIVE",
)
OVERRIDE = row(
    "a1O1", RH_Assignment__c="a1A1", RH_Rate__c=179.95, CurrencyIsoCode="USD",
    RH_Valid_From__c="2026-01-12", RH_Valid_To__c="2026-02-01", CreatedDate=STAMP,
)  # fmt: skip


def test_assignment__ends_after_its_last_day_and_carries_its_overrides() -> None:
    org = Org(pse__Assignment__c=[ASSIGNMENT], RH_Rate_Override__c=[OVERRIDE])
    assert read(org, "assignments").records == (
        Assignment(
            native_id="a1A1",
            number="AS-0001",
            resource_native_id="003R",
            project_native_id="a1P1",
            task_native_id="a1K1",
            valid_from=date(2026, 1, 12),
            valid_to=date(2026, 4, 1),
            bill_level="SENIOR",
            status="ACTIVE",
            overrides=(
                RateOverride(
                    rate=Decimal("179.95"),
                    ccy="USD",
                    valid_from=date(2026, 1, 12),
                    valid_to=date(2026, 2, 1),
                    recorded_at_ms=STAMP_MS,
                ),
            ),
            deleted=False,
            recorded_at_ms=STAMP_MS,
        ),
    )


def test_override_agreed_later__brings_its_assignment_again_at_its_own_instant() -> None:
    org = Org(pse__Assignment__c=[ASSIGNMENT], RH_Rate_Override__c=[{**OVERRIDE, "SystemModstamp": LATER}])
    psa = psa_on(org)

    async def poll() -> ChangePage:
        first = await psa.read_changes("assignments", STAMP_MS, None)
        return await psa.read_changes("assignments", STAMP_MS, first.cursor)

    last = run(poll())
    assert [record.recorded_at_ms for record in last.records] == [STAMP_MS + 3_600_000]
    assert last.complete_to_ms is not None


def test_default_rate__belongs_to_nobody() -> None:
    rate = row(
        "a1R1", Name="STANDARD", RH_Level__c="ANALYST", pse__Practice__c="DATA", RH_Unit__c="DAY",
        RH_Rate__c=1499.99, CurrencyIsoCode="USD", pse__Start_Date__c="2025-01-01", pse__End_Date__c=None,
        RH_Apply_Retro__c=None, CreatedDate=STAMP,
    )  # fmt: skip
    assert read(Org(pse__Rate_Card__c=[rate]), "rates").records == (
        RateLine(
            native_id="a1R1",
            card="STANDARD",
            scope="DEFAULT",
            owner_native_id=None,
            ccy="USD",
            level="ANALYST",
            practice="DATA",
            unit="DAY",
            rate=Decimal("1499.99"),
            valid_from=date(2025, 1, 1),
            valid_to=None,
            apply_retro=False,
            deleted=False,
            recorded_at_ms=STAMP_MS,
        ),
    )


def test_project__is_upserted_under_its_key_with_the_sources_it_stands_for() -> None:
    transport = Scripted(answer(200, GRANT), answer(201, {"id": "a1P1", "success": True, "errors": []}))
    project = Project(
        key="PJ|00000101",
        source_id="800A",
        opportunity_source_id="006A",
        account_source_id="001A",
        name="Data platform",
        ccy="USD",
        entity_code="US01",
        practice="DATA",
        billing_type="TM",
        value=Decimal("2312.79"),
        start=date(2026, 1, 12),
        end=None,
        active=True,
        status="ON_HOLD",
    )
    done = run(psa_on(transport).upsert_project(project))
    assert done == Written(key="PJ|00000101", native_id="a1P1")
    sent = transport.sent()
    assert transport.requests[-1].url.endswith("/pse__Proj__c/RH_External_Id__c/PJ%7C00000101")
    assert "RH_External_Id__c" not in sent
    assert (sent["RH_Contract__c"], sent["pse__Opportunity__c"], sent["RH_Account__c"]) == (
        "800A",
        "006A",
        "001A",
    )
    assert (sent["pse__Stage__c"], sent["pse__Billing_Type__c"]) == ("On Hold", "Time and Materials")
    assert (sent["pse__Start_Date__c"], sent["pse__End_Date__c"]) == ("2026-01-12", None)
    assert b'"RH_Contract_Value__c":2312.79' in transport.requests[-1].body


def test_tasks__are_upserted_in_one_call_and_leave_their_status_to_the_psa() -> None:
    saved = [{"id": "a1K1", "success": True, "errors": [], "created": True}]
    transport = Scripted(answer(200, GRANT), answer(200, saved))
    task = Task(
        key="TK|00000101|1.10",
        project_key="PJ|00000101",
        contract_line_source_id="a00A",
        wbs="1.10",
        name="Build",
        bill_level=None,
        planned=Decimal("30.63"),
        billable=True,
        progress=True,
        start=date(2026, 1, 12),
        end=None,
    )
    outcomes = run(psa_on(transport).upsert_tasks("a1P1", [task]))
    assert outcomes == (Written(key="TK|00000101|1.10", native_id="a1K1"),)
    (record,) = transport.sent()["records"]
    assert transport.requests[-1].url.endswith("/composite/sobjects/pse__Project_Task__c/RH_External_Id__c")
    assert record["RH_External_Id__c"] == "TK|00000101|1.10"
    assert (record["pse__Project__c"], record["RH_Contract_Line__c"], record["RH_WBS__c"]) == (
        "a1P1",
        "a00A",
        "1.10",
    )
    assert "RH_Status__c" not in record


def test_people__are_upserted_by_employee_number() -> None:
    saved = [{"id": "003R", "success": True, "errors": [], "created": False}]
    transport = Scripted(answer(200, GRANT), answer(200, saved))
    person = Resource(
        key="10017",
        employee_no="10017",
        first_name="Zoë",
        last_name="O'Neil",
        email="zoe.oneil@example.com",
        entity_code="US01",
        practice="DATA",
        cost_centre="100",
        level="SENIOR",
        manager_employee_no="10001",
        skills="python; sql",
        employed_from=date(2024, 5, 1),
        employed_to=None,
        active=True,
    )
    run(psa_on(transport).upsert_resources([person]))
    (record,) = transport.sent()["records"]
    assert transport.requests[-1].url.endswith("/composite/sobjects/Contact/RH_Employee_No__c")
    assert (record["RH_Employee_No__c"], record["LastName"], record["RH_Entity__c"]) == (
        "10017",
        "O'Neil",
        "US01",
    )
    assert record["pse__Is_Resource__c"] is True
    assert record["RH_Employed_To__c"] is None


def test_billing_marks__are_written_on_splits() -> None:
    saved = [{"id": "a1S1", "success": True, "errors": []}]
    transport = Scripted(answer(200, GRANT), answer(200, saved))
    mark = BillingMark(
        split_native_id="a1S1", billed=True, invoice_no="US01-INV-2026-000001", invoice_status="PAID"
    )
    assert run(psa_on(transport).write_billing_marks([mark])) == (Written(key="a1S1", native_id="a1S1"),)
    assert transport.sent()["records"] == [
        {
            "attributes": {"type": "pse__Timecard__c"},
            "Id": "a1S1",
            "pse__Billed__c": True,
            "RH_Invoice_No__c": "US01-INV-2026-000001",
            "RH_Invoice_Status__c": "PAID",
        }
    ]
