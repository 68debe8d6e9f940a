"""What a subject made the PSA hold: projects, tasks and people that it wrote, splits and milestones."""

from collections.abc import Iterator
from typing import Any

from mocks.firm.facts.documents import PsaMilestone, PsaProject, PsaResource, PsaSplit, PsaTask
from mocks.firm.facts.wire import Row
from mocks.kit.store import Record, Store
from mocks.psa.certinia.schema import CONTACT, MILESTONE, PROJECT, SPLIT, TASK, TIMECARD
from mocks.psa.certinia.wire import day, number, text


def documents(store: Store) -> Iterator[Row]:
    """The current version of each record that is a subject's to write, deleted ones marked."""
    yield from _projects(store)
    yield from _tasks(store)
    yield from _resources(store)
    yield from _splits(store)
    yield from _milestones(store)


def _projects(store: Store) -> Iterator[Row]:
    for record in store.select(PROJECT, deleted=True):
        values = record.values
        yield PsaProject(
            **_envelope(record, text(values["RH_External_Id__c"])),
            source_id=text(values["RH_Contract__c"]),
            name=text(values["Name"]),
            opportunity=text(values["pse__Opportunity__c"]),
            account=text(values["RH_Account__c"]),
            ccy=text(values["CurrencyIsoCode"]),
            value_minor=number(values["RH_Contract_Value__c"]),
            active=bool(values["pse__Is_Active__c"]),
            status=text(values["pse__Stage__c"]).upper().replace(" ", "_"),
            invoice_status=text(values["RH_Invoice_Status__c"]),
        )


def _tasks(store: Store) -> Iterator[Row]:
    for record in store.select(TASK, deleted=True):
        values = record.values
        yield PsaTask(
            **_envelope(record, text(values["RH_External_Id__c"])),
            project=text(values["pse__Project__c"]),
            contract_line_source_id=text(values["RH_Contract_Line__c"]),
            wbs=text(values["RH_WBS__c"]),
            name=text(values["Name"]),
            planned_e2=number(values["pse__Estimated_Hours__c"]),
            billable=bool(values["RH_Billable__c"]),
            start=day(values["pse__Start_Date__c"]),
            end=day(values["pse__End_Date__c"]),
            progress=bool(values["RH_Progress__c"]),
            bill_level=text(values["RH_Bill_Level__c"]),
        )


def _resources(store: Store) -> Iterator[Row]:
    for record in store.select(CONTACT, '"pse__Is_Resource__c" = 1', deleted=True):
        values = record.values
        yield PsaResource(
            **_envelope(record, text(values["RH_Employee_No__c"])),
            employee_no=text(values["RH_Employee_No__c"]),
            name=text(values["Name"]),
            email=text(values["Email"]),
            entity=text(values["RH_Entity__c"]),
            practice=text(values["pse__Practice__c"]),
            cost_centre=text(values["RH_Cost_Centre__c"]),
            level=text(values["RH_Level__c"]),
            active=bool(values["pse__Is_Resource_Active__c"]),
            employed_from=day(values["RH_Employed_From__c"]),
            employed_to=day(values["RH_Employed_To__c"]),
        )


def _splits(store: Store) -> Iterator[Row]:
    statuses = dict(store.rows(f'SELECT id, "pse__Status__c" FROM "{TIMECARD}"'))
    for record in store.select(SPLIT, deleted=True):
        values = record.values
        yield PsaSplit(
            **_envelope(record, ""),  # the PSA's own; a subject gives it no key
            card_source_id=text(values["pse__Timecard_Header__c"]),
            card_status=text(statuses.get(values["pse__Timecard_Header__c"])).upper(),
            hours_e2=number(values["pse__Total_Hours__c"]),
            billed=bool(values["pse__Billed__c"]),
            invoice_no=text(values["RH_Invoice_No__c"]),
            invoice_status=text(values["RH_Invoice_Status__c"]),
        )


def _milestones(store: Store) -> Iterator[Row]:
    for record in store.select(MILESTONE, deleted=True):
        values = record.values
        yield PsaMilestone(
            **_envelope(record, text(values["RH_External_Id__c"])),
            project=text(values["pse__Project__c"]),
            contract_line_source_id=text(values["RH_Contract_Line__c"]),
            seq=number(values["RH_Seq__c"]),
            name=text(values["Name"]),
            amount_minor=number(values["pse__Milestone_Amount__c"]),
            status=text(values["pse__Status__c"]).upper(),
            billed=bool(values["pse__Billed__c"]),
            invoice_no=text(values["RH_Invoice_No__c"]),
            invoice_status=text(values["RH_Invoice_Status__c"]),
        )


def _envelope(record: Record, external_id: str) -> dict[str, Any]:
    return {
        "native_id": record.id,
        "external_id": external_id,
        "created_at_ms": record.created_ms,
        "modified_at_ms": record.modified_ms,
        "versions": record.ver,
        "deleted": record.deleted,
    }
