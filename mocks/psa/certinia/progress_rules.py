"""What milestones, estimates and completed projects may become.

The subject plans milestones and marks their billing; people alone say what was achieved and
accepted. An estimate is never rewritten: a new one follows it. What was accepted or completed stays.
"""

from collections.abc import Mapping

from mocks.kit.schema import Value
from mocks.protocols.salesforce.rules import Problem, Write
from mocks.psa.certinia.errors import invalid, unknown_reference
from mocks.psa.certinia.schema import CONTACT, PROJECT
from mocks.psa.certinia.splits import MARKS

API = "api"
PLANNED, ACHIEVED, ACCEPTED = "Planned", "Achieved", "Accepted"
FINISHED = ("Completed", "Closed")
MILESTONE_PATH: dict[Value, frozenset[Value]] = {
    PLANNED: frozenset({ACHIEVED, "Cancelled"}),
    ACHIEVED: frozenset({ACCEPTED, "Cancelled"}),
    ACCEPTED: frozenset(),
    "Cancelled": frozenset(),
}
Values = Mapping[str, Value]


def before_milestone(write: Write) -> list[Problem]:
    """Complete a milestone with its status and stamps; the reasons to refuse the write, if any."""
    old: Values = write.before.values if write.before else {}
    if write.before is None and write.changes.get("pse__Status__c") is None:
        write.changes["pse__Status__c"] = PLANNED
    changed = {name for name, value in write.changes.items() if old.get(name) != value}
    if old.get("pse__Status__c") in (ACCEPTED, "Cancelled") and changed - MARKS:
        word = str(old["pse__Status__c"]).lower()
        return [invalid(f"A milestone that is {word} cannot be changed.", *sorted(changed - MARKS))]
    problems = _milestone_moves(write, old) or _references(write)
    if not problems and "pse__Status__c" in changed:
        _stamp_status(write)
    return problems


def _milestone_moves(write: Write, old: Values) -> list[Problem]:
    if "pse__Status__c" not in write.changes:
        return []
    was, becomes = old.get("pse__Status__c"), write.changes["pse__Status__c"]
    if was == becomes:
        return []
    if was is None:
        return [] if becomes == PLANNED else [invalid("A milestone begins as Planned.", "pse__Status__c")]
    if write.actor == API:
        return [invalid("A milestone's status is moved by people.", "pse__Status__c")]
    if becomes not in MILESTONE_PATH.get(was, frozenset()):
        return [invalid(f"A milestone cannot go from {was} to {becomes}.", "pse__Status__c")]
    if becomes == ACCEPTED and write.changes.get("RH_Accepted_By__c") is None:
        return [invalid("An acceptance needs somebody who accepted.", "RH_Accepted_By__c")]
    return []


def _references(write: Write) -> list[Problem]:
    targets = (("pse__Project__c", PROJECT), ("RH_Project__c", PROJECT), ("RH_Accepted_By__c", CONTACT))
    return [
        unknown_reference(name, value)
        for name, target in targets
        if (value := write.changes.get(name)) is not None
        and write.world.store.get(target, str(value)) is None
    ]


def _stamp_status(write: Write) -> None:
    """When people moved the status, which later marks must not hide; acceptance is now by default."""
    write.changes["RH_Status_At__c"] = write.at_ms
    if write.changes["pse__Status__c"] == ACCEPTED and write.changes.get("RH_Accepted_At__c") is None:
        write.changes["RH_Accepted_At__c"] = write.at_ms


def before_milestone_deletion(write: Write) -> list[Problem]:
    """Refuse to delete a milestone that people achieved or accepted."""
    status = write.before.values["pse__Status__c"] if write.before else None
    if status in (ACHIEVED, ACCEPTED):
        return [invalid(f"A milestone that is {status} cannot be deleted.", "pse__Status__c")]
    return []


def before_estimate(write: Write) -> list[Problem]:
    """Refuse to rewrite an estimate, and hours below zero."""
    if write.before is not None:
        old = write.before.values
        changed = sorted(name for name, value in write.changes.items() if old[name] != value)
        return [invalid("An estimate is never changed; make a new one.", *changed)] if changed else []
    if int(write.changes.get("RH_Total_Hours__c") or 0) < 0:
        return [invalid("Hours are not negative.", "RH_Total_Hours__c")]
    return _references(write)


def before_estimate_deletion(write: Write) -> list[Problem]:
    """Refuse to delete an estimate: what was expected stays on record."""
    return [invalid("An estimate cannot be deleted.")]


def complete_project(write: Write) -> list[Problem]:
    """Stamp the completion of a project and keep it: neither a person nor a late write of plans undoes it."""
    old: Values = write.before.values if write.before else {}
    stage = write.changes.get("pse__Stage__c", old.get("pse__Stage__c"))
    if old.get("pse__Stage__c") in FINISHED and old.get("RH_Completed_At__c") is not None:
        changed = sorted(
            name
            for name in ("pse__Stage__c", "RH_Completed_At__c")
            if name in write.changes and write.changes[name] != old[name]
        )
        if stage in FINISHED and "RH_Completed_At__c" not in changed:
            return []
        if write.actor != API:
            return [invalid("A completed project cannot be changed.", *changed)]
        write.changes.update({name: old[name] for name in changed})
        return []
    if stage == "Completed":
        if write.changes.get("RH_Completed_At__c", old.get("RH_Completed_At__c")) is None:
            write.changes["RH_Completed_At__c"] = write.at_ms
        write.changes["RH_Completion_Entered_At__c"] = write.at_ms
    return []
