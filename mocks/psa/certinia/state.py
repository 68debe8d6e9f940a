"""The PSA's rules by object, and the org they make: hooks of every write on the platform."""

from mocks.kit.schema import Value
from mocks.kit.store import Record
from mocks.protocols.salesforce import records
from mocks.protocols.salesforce.records import DELETED_MARK, Org
from mocks.protocols.salesforce.rules import Problem, Rules, Write
from mocks.psa.certinia.errors import invalid, unknown_reference
from mocks.psa.certinia.progress_rules import (
    before_estimate,
    before_estimate_deletion,
    before_milestone,
    before_milestone_deletion,
    complete_project,
)
from mocks.psa.certinia.schema import (
    ASSIGNMENT,
    CONTACT,
    ESTIMATE,
    MILESTONE,
    OVERRIDE,
    PROJECT,
    SCHEMA,
    SPLIT,
    TASK,
    TIMECARD,
)
from mocks.psa.certinia.splits import SYSTEM, before_split, split_rows
from mocks.psa.certinia.timecards import before_timecard, before_timecard_deletion

ASSIGNMENT_PATH: dict[Value, frozenset[Value]] = {
    "PROPOSED": frozenset({"CONFIRMED", "CANCELLED"}),
    "CONFIRMED": frozenset({"ACTIVE", "CANCELLED"}),
    "ACTIVE": frozenset({"ENDED"}),
    "ENDED": frozenset(),
    "CANCELLED": frozenset(),
}


def before(write: Write) -> list[Problem]:
    """Refuse or complete a write, by its object."""
    rules = _BEFORE_DELETION if DELETED_MARK in write.changes else _BEFORE
    rule = rules.get(write.object)
    return rule(write) if rule else []


def after(write: Write, record: Record) -> None:
    """What the PSA does by itself after a write: splits of a card that was just approved."""
    if record.object != TIMECARD or record.values["pse__Status__c"] != "Approved":
        return
    if write.before is not None and write.before.values["pse__Status__c"] == "Approved":
        return
    for row in split_rows(write.world.store, record):
        records.create(ORG, write.world, SPLIT, row, actor=SYSTEM, notify=write.notify, at_ms=write.at_ms)


def _value(write: Write, name: str) -> Value:
    """A field as it will be after the write."""
    if name in write.changes or write.before is None:
        return write.changes.get(name)
    return write.before.values[name]


def _parents(write: Write, *names_and_objects: tuple[str, str]) -> list[Problem]:
    return [
        unknown_reference(name, value)
        for name, target in names_and_objects
        if (value := write.changes.get(name)) is not None
        and write.world.store.get(target, str(value)) is None
    ]


def _before_contact(write: Write) -> list[Problem]:
    names = (_value(write, "FirstName"), _value(write, "LastName"))
    write.changes["Name"] = " ".join(str(name) for name in names if name)
    return []


def _before_project(write: Write) -> list[Problem]:
    if write.before is None and write.changes.get("pse__Stage__c") is None:
        write.changes["pse__Stage__c"] = "Requested"
    return complete_project(write) or _parents(write, ("pse__Project_Manager__c", CONTACT))


def _before_task(write: Write) -> list[Problem]:
    if write.before is None and write.changes.get("RH_Status__c") is None:
        write.changes["RH_Status__c"] = "Open"
    return _parents(write, ("pse__Project__c", PROJECT))


def _before_assignment(write: Write) -> list[Problem]:
    if write.before is None:
        if not write.changes.get("Name"):
            write.changes["Name"] = f"ASG-{write.world.store.next_number('assignment'):06d}"
        if write.changes.get("RH_Status__c") is None:
            write.changes["RH_Status__c"] = "ACTIVE"
    wrong = _parents(write, ("pse__Project__c", PROJECT), ("pse__Resource__c", CONTACT), ("RH_Task__c", TASK))
    return wrong or _assignment_fits(write) or _assignment_moves(write)


def _assignment_fits(write: Write) -> list[Problem]:
    store = write.world.store
    resource_id, task_id = _value(write, "pse__Resource__c"), _value(write, "RH_Task__c")
    resource = store.get(CONTACT, str(resource_id))
    if "pse__Resource__c" in write.changes and resource and not resource.values["pse__Is_Resource__c"]:
        return [invalid("Only a resource can be assigned.", "pse__Resource__c")]
    task = store.get(TASK, str(task_id)) if task_id is not None else None
    if task is not None and task.values["pse__Project__c"] != _value(write, "pse__Project__c"):
        return [invalid("The task belongs to another project.", "RH_Task__c")]
    return []


def _assignment_moves(write: Write) -> list[Problem]:
    if write.before is None:
        return []
    was, becomes = write.before.values["RH_Status__c"], _value(write, "RH_Status__c")
    if was == becomes or becomes in ASSIGNMENT_PATH.get(was, frozenset()):
        return []
    return [invalid(f"An assignment cannot go from {was} to {becomes}.", "RH_Status__c")]


def _before_override(write: Write) -> list[Problem]:
    valid_from, valid_to = _value(write, "RH_Valid_From__c"), _value(write, "RH_Valid_To__c")
    if valid_from is not None and valid_to is not None and str(valid_to) <= str(valid_from):
        return [invalid("A rate ends after it begins.", "RH_Valid_To__c")]
    return _parents(write, ("RH_Assignment__c", ASSIGNMENT))


_BEFORE = {
    CONTACT: _before_contact,
    PROJECT: _before_project,
    TASK: _before_task,
    ASSIGNMENT: _before_assignment,
    OVERRIDE: _before_override,
    TIMECARD: before_timecard,
    SPLIT: before_split,
    MILESTONE: before_milestone,
    ESTIMATE: before_estimate,
}

_BEFORE_DELETION = {
    TIMECARD: before_timecard_deletion,
    SPLIT: before_split,
    MILESTONE: before_milestone_deletion,
    ESTIMATE: before_estimate_deletion,
}

ORG = Org(schema=SCHEMA, rules=Rules(before=before, after=after), instance="PSA2")
