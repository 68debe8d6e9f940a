"""From facts to native records: which fields a fact fills, and the records that it refers to."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from mocks.firm.facts.source import Assignment, RateLine, RateOverride, TimeEntry
from mocks.kit.schema import Value
from mocks.kit.store import Record, Store
from mocks.protocols.salesforce.rules import WriteRefused
from mocks.psa.certinia.errors import invalid
from mocks.psa.certinia.schema import ASSIGNMENT, CONTACT, PROJECT, RATE_CARD, TASK, TIMECARD
from mocks.psa.certinia.wire import HOURS_FIELDS, NOTES_FIELDS, iso, last_day, monday_of, week_of

# Alias of a contract's business key: its id in the CRM, by which projects name their contract.
CRM_CONTRACT = "crm contract"


class NotThereYet(Exception):
    """What a fact needs and nobody has made; the text names it."""


class Place(Struct, frozen=True):
    """Where an assignment belongs."""

    contract_id: str  # in the CRM
    contact: Record
    project: Record
    task: Record


def wbs_of(task_bk: str) -> str:
    """`<line>.<wbs>` of a task's business key."""
    return task_bk.rsplit("|", 1)[-1]


def number_of(bk: str) -> str:
    """What follows the kind in a business key of two parts."""
    return bk.split("|", 1)[-1]


# --- finding ------------------------------------------------------------------------------------


def find_contact(store: Store, resource_bk: str) -> Record:
    """The resource of an employee number; raises NotThereYet."""
    for contact in store.find(CONTACT, "RH_Employee_No__c", number_of(resource_bk)):
        if contact.values["pse__Is_Resource__c"]:
            return contact
    raise NotThereYet(resource_bk)


def find_task(store: Store, project_id: str, task_bk: str) -> Record:
    """The task of a project by its WBS code; raises NotThereYet."""
    found = store.select(
        TASK,
        '"pse__Project__c" = ? AND "RH_WBS__c" = ?',
        (project_id, wbs_of(task_bk)),
        order="rowid LIMIT 1",
    )
    if not found:
        raise NotThereYet(task_bk)
    return found[0]


def find_place(store: Store, fact: Assignment, references: Mapping[str, str]) -> Place:
    """Everything an assignment hangs on; raises NotThereYet. Of several projects the first with the task."""
    contact = find_contact(store, fact.resource)
    contract_id = references.get(fact.contract)
    if contract_id is None:
        raise NotThereYet(fact.contract)
    projects = store.find(PROJECT, "RH_Contract__c", contract_id)
    if not projects:
        raise NotThereYet(f"PJ|{number_of(fact.contract)}")
    for project in projects[:-1]:
        try:
            return Place(contract_id, contact, project, find_task(store, project.id, fact.task))
        except NotThereYet:
            continue
    return Place(contract_id, contact, projects[-1], find_task(store, projects[-1].id, fact.task))


def find_assignment(store: Store, assignment_bk: str) -> Record | None:
    """The assignment of a number."""
    found = store.find(ASSIGNMENT, "Name", number_of(assignment_bk))
    return found[0] if found else None


def find_card(store: Store, name: str) -> Record | None:
    """The timecard of a name."""
    found = store.find(TIMECARD, "Name", name)
    return found[0] if found else None


def find_rate(store: Store, fact: RateLine) -> Record | None:
    """The default rate line of a business key."""
    found = store.select(
        RATE_CARD,
        '"Name" = ? AND "RH_Level__c" = ? AND "pse__Practice__c" = ? AND "pse__Start_Date__c" = ?',
        (fact.card, fact.level, fact.practice, iso(fact.valid_from)),
    )
    return found[0] if found else None


def approver_of(store: Store, fact: TimeEntry) -> str | None:
    """The contact who decided on a card, where the fact names one; raises NotThereYet."""
    return None if fact.approved_by is None else find_contact(store, fact.approved_by).id


# --- filling ------------------------------------------------------------------------------------


def assignment_fields(fact: Assignment, place: Place) -> dict[str, Value]:
    """The fields of an assignment that a planner fills in."""
    return {
        "Name": fact.number,
        "pse__Project__c": place.project.id,
        "pse__Resource__c": place.contact.id,
        "RH_Task__c": place.task.id,
        "pse__Is_Billable__c": place.task.values["RH_Billable__c"],
        "pse__Start_Date__c": iso(fact.valid_from),
        "pse__End_Date__c": last_day(fact.valid_to),
        "pse__Planned_Hours__c": fact.planned_e2,
        "pse__Closed_for_Time_Entry__c": 0,
        "pse__Exclude_from_Planners__c": 0,
        "Open_up_Assignment_for_Time_entry__c": 0,
        "RH_Bill_Level__c": fact.bill_level,
        "RH_Status__c": fact.status,
    }


def override_fields(assignment_id: str, rate: RateOverride) -> dict[str, Value]:
    """The fields of a rate agreed for one assignment."""
    return {
        "RH_Assignment__c": assignment_id,
        "RH_Rate__c": rate.rate_e4,
        "CurrencyIsoCode": rate.ccy,
        "RH_Valid_From__c": iso(rate.valid_from),
        "RH_Valid_To__c": iso(rate.valid_to),
    }


def rate_fields(fact: RateLine) -> dict[str, Value]:
    """The fields of a default rate line; its end stays exclusive."""
    return {
        "Name": fact.card,
        "RH_Level__c": fact.level,
        "pse__Practice__c": fact.practice,
        "RH_Unit__c": fact.unit,
        "RH_Rate__c": fact.rate_e4,
        "CurrencyIsoCode": fact.ccy,
        "pse__Start_Date__c": iso(fact.valid_from),
        "pse__End_Date__c": iso(fact.valid_to),
        "RH_Apply_Retro__c": int(fact.apply_retro),
    }


def _header(cell: TimeEntry) -> tuple[object, ...]:
    return (
        cell.resource,
        cell.assignment,
        cell.task,
        cell.time_type,
        cell.billable,
        cell.replaces,
        monday_of(cell.work_date),
    )


def cells_of(cells: Sequence[TimeEntry]) -> dict[str, Value]:
    """Hours and notes of a card's cells; refuses cells that cannot stand on one card."""
    first = _header(cells[0])
    if any(_header(cell) != first for cell in cells[1:]):
        raise WriteRefused(invalid("The cells of one timecard differ in person, task, type or week."))
    values: dict[str, Value] = {}
    for cell in cells:
        weekday = cell.work_date.weekday()
        values[HOURS_FIELDS[weekday]] = cell.hours_e2
        values[NOTES_FIELDS[weekday]] = cell.note or None
    return values


def card_fields(
    cell: TimeEntry, assignment: Record, contact_id: str, task_id: str, replaces_id: str | None
) -> dict[str, Value]:
    """The fields of a new timecard beside its cells and status."""
    week = week_of(monday_of(cell.work_date).isoformat())
    return {
        "Name": cell.card,
        "pse__Start_Date__c": iso(week[0]),
        "pse__End_Date__c": iso(week[-1]),
        "pse__Resource__c": contact_id,
        "pse__Project__c": assignment.values["pse__Project__c"],
        "pse__Assignment__c": assignment.id,
        "pse__Billable__c": int(cell.billable),
        "RH_Task__c": task_id,
        "RH_Time_Type__c": cell.time_type,
        "RH_Replaces__c": replaces_id,
    }
