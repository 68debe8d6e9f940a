"""What a timecard may become: its status path, what is locked when, whom and what it must belong to.

One card is one person's week on one assignment (task) and time type. Approved cards never
change; a correction is a new card that names the one it replaces (mapping M2).
"""

from collections.abc import Mapping

from mocks.kit.schema import Value
from mocks.kit.store import Record, Store
from mocks.protocols.salesforce.rules import Problem, Write
from mocks.psa.certinia.errors import invalid, missing, unknown_reference
from mocks.psa.certinia.schema import ASSIGNMENT, CONTACT, PROJECT, TASK, TIMECARD
from mocks.psa.certinia.wire import HOURS_FIELDS, NOTES_FIELDS, iso, number, week_of

MAXIMUM_HOURS_E2 = 24_00
STATUS_PATH: dict[Value, frozenset[Value]] = {
    None: frozenset({"Saved", "Submitted"}),
    "Saved": frozenset({"Submitted"}),
    "Submitted": frozenset({"Approved", "Rejected"}),
    "Rejected": frozenset({"Saved", "Submitted"}),
    "Approved": frozenset(),
}
_PLACE = (
    "pse__Start_Date__c",
    "pse__End_Date__c",
    "pse__Resource__c",
    "pse__Project__c",
    "pse__Assignment__c",
    "RH_Task__c",
    "RH_Time_Type__c",
    "RH_Replaces__c",
)
_PARENTS = (
    ("pse__Resource__c", CONTACT),
    ("pse__Project__c", PROJECT),
    ("pse__Assignment__c", ASSIGNMENT),
    ("RH_Task__c", TASK),
)
# What a submitted card no longer lets anyone write: the approver must see what was submitted.
LOCKED_BY_SUBMISSION = frozenset((*HOURS_FIELDS, *NOTES_FIELDS, *_PLACE, "pse__Billable__c"))
Values = Mapping[str, Value]


def before_timecard(write: Write) -> list[Problem]:
    """Complete a timecard with what the PSA derives; the reasons to refuse it, if any."""
    old: Values = write.before.values if write.before else {}
    _complete(write, old)
    changed = {name for name, value in write.changes.items() if old.get(name) != value}
    if not changed:
        return []
    if old.get("pse__Status__c") == "Approved":
        return [invalid("An approved timecard cannot be changed.", *sorted(changed))]
    new: Values = {**old, **write.changes}
    absent = [name for name in ("pse__Resource__c", "pse__Start_Date__c") if new.get(name) is None]
    if absent:
        return [missing(*absent)]
    problems = _moves(old, new, changed)
    if not problems:
        problems = _week(new)
    if not problems:
        problems = _belonging(write.world.store, write.record_id, new, changed)
    if not problems and _brings_time(old, new, changed):
        problems = _room(write.world.store, write.record_id, new)
    elif not problems and old.get("pse__Status__c") == "Rejected" != new["pse__Status__c"]:
        # A card that was sent back counts for nothing; taken up again, its hours must find room.
        problems = _days(write.world.store, write.record_id, new)
    if not problems:
        _derive(write, old, new)
    return problems


def before_timecard_deletion(write: Write) -> list[Problem]:
    """Refuse to delete a timecard that somebody may be about to approve, or that was approved."""
    status = write.before.values["pse__Status__c"] if write.before else None
    if status in ("Submitted", "Approved"):
        return [invalid(f"A timecard that is {status} cannot be deleted.", "pse__Status__c")]
    return []


# --- completing ---------------------------------------------------------------------------------


def _complete(write: Write, old: Values) -> None:
    """Fill in what the person need not say; empty hours are 0.0 on this product (wire 4.1)."""
    store, changes = write.world.store, write.changes
    for name in HOURS_FIELDS:
        if name in changes or write.before is None:
            changes[name] = number(changes.get(name))
    if write.before is None:
        _complete_new(store, changes)
    assignment_id = changes.get("pse__Assignment__c")
    assignment = store.get(ASSIGNMENT, str(assignment_id)) if assignment_id else None
    if assignment is not None:
        for name in ("pse__Project__c", "RH_Task__c"):
            if changes.get(name) is None and (name in changes or old.get(name) is None):
                changes[name] = assignment.values[name]


def _complete_new(store: Store, changes: dict[str, Value]) -> None:
    if not changes.get("Name"):
        changes["Name"] = f"TCH-{store.next_number('timecard'):09d}"
    for name, usual in (("pse__Status__c", "Saved"), ("RH_Time_Type__c", "REG")):
        if changes.get(name) is None:
            changes[name] = usual
    if changes.get("pse__End_Date__c") is None:
        try:
            changes["pse__End_Date__c"] = iso(week_of(str(changes.get("pse__Start_Date__c")))[-1])
        except ValueError:
            return  # the week is refused further on


def _derive(write: Write, old: Values, new: Values) -> None:
    """Total, flags, project number, and the instants of submission and approval."""
    changes, status = write.changes, new["pse__Status__c"]
    changes["pse__Total_Hours__c"] = sum(number(new[name]) for name in HOURS_FIELDS)
    changes["pse__Submitted__c"] = int(status in ("Submitted", "Approved"))
    changes["pse__Approved__c"] = int(status == "Approved")
    if old.get("pse__Project__c") != new.get("pse__Project__c"):
        project = write.world.store.require(PROJECT, str(new["pse__Project__c"])).values
        changes["PROJECT_ID__c"] = project["RH_External_Id__c"] or project["Name"]
    if status == old.get("pse__Status__c"):
        return
    if status == "Submitted":
        changes["RH_Submitted_At__c"] = write.at_ms
        changes["RH_Approved_By__c"] = None
    elif status == "Approved":
        changes["RH_Approved_At__c"] = write.at_ms


# --- refusing -----------------------------------------------------------------------------------


def _moves(old: Values, new: Values, changed: set[str]) -> list[Problem]:
    was, becomes = old.get("pse__Status__c"), new.get("pse__Status__c")
    if was != becomes and becomes not in STATUS_PATH[was]:
        return [invalid(f"A timecard cannot go from {was or 'new'} to {becomes}.", "pse__Status__c")]
    locked = sorted(changed & LOCKED_BY_SUBMISSION)
    if was == "Submitted" and locked:
        return [invalid("A submitted timecard cannot be changed; reject it first.", *locked)]
    approver = new.get("RH_Approved_By__c")
    if becomes == "Approved" and approver is None:
        return [invalid("An approval needs an approver.", "RH_Approved_By__c")]
    if becomes in ("Approved", "Rejected") and approver == new.get("pse__Resource__c"):
        return [invalid("Nobody approves their own time.", "RH_Approved_By__c")]
    return []


def _week(new: Values) -> list[Problem]:
    start, end = new.get("pse__Start_Date__c"), new.get("pse__End_Date__c")
    try:
        sunday = week_of(str(start))[-1].isoformat()
    except ValueError:
        return [invalid("A timecard's week starts on a Monday.", "pse__Start_Date__c")]
    if end != sunday:
        return [invalid("A timecard's week ends on its Sunday.", "pse__End_Date__c")]
    wrong = [name for name in HOURS_FIELDS if not 0 <= number(new[name]) <= MAXIMUM_HOURS_E2]
    return [invalid("Hours of a day lie between 0 and 24.", *wrong)] if wrong else []


def _belonging(store: Store, card_id: str, new: Values, changed: set[str]) -> list[Problem]:
    """The card's person, project, assignment and task exist and fit one another."""
    approver_id = new.get("RH_Approved_By__c")
    if "RH_Approved_By__c" in changed and approver_id and store.get(CONTACT, str(approver_id)) is None:
        return [unknown_reference("RH_Approved_By__c", approver_id)]
    if not changed & set(_PLACE):
        return []  # an old card still stands when its assignment has moved on
    found: list[Record | None] = []
    for name, target in _PARENTS:
        value = new.get(name)
        found.append(store.get(target, str(value)) if value is not None else None)
        if value is not None and found[-1] is None:
            return [unknown_reference(name, value)]
    _, project, assignment, task = found
    if project is None:
        return [missing("pse__Project__c")]
    return _fitting(new, project, assignment, task) or _replacing(store, card_id, new, changed)


def _fitting(new: Values, project: Record, assignment: Record | None, task: Record | None) -> list[Problem]:
    if task is not None and task.values["pse__Project__c"] != project.id:
        return [invalid("The task belongs to another project.", "RH_Task__c")]
    if assignment is None:
        if project.values["pse__Allow_Timecards_Without_Assignment__c"]:
            return []
        return [invalid("This project takes time on assignments only.", "pse__Assignment__c")]
    for name in ("pse__Project__c", "pse__Resource__c", "RH_Task__c"):
        if assignment.values[name] != new.get(name):
            return [invalid("The timecard does not match its assignment.", name)]
    return []


def _replacing(store: Store, card_id: str, new: Values, changed: set[str]) -> list[Problem]:
    replaced_id = new.get("RH_Replaces__c")
    if replaced_id is None or "RH_Replaces__c" not in changed:
        return []
    replaced = store.get(TIMECARD, str(replaced_id))
    if replaced is None:
        return [unknown_reference("RH_Replaces__c", replaced_id)]
    same = all(replaced.values[name] == new.get(name) for name in ("pse__Resource__c", "pse__Start_Date__c"))
    if replaced.values["pse__Status__c"] != "Approved" or not same or replaced.id == card_id:
        return [
            invalid("Only an approved timecard of the same person and week is replaced.", "RH_Replaces__c")
        ]
    others = [card for card in store.find(TIMECARD, "RH_Replaces__c", replaced_id) if card.id != card_id]
    return [invalid("This timecard was replaced before.", "RH_Replaces__c")] if others else []


def _brings_time(old: Values, new: Values, changed: set[str]) -> bool:
    submits = new["pse__Status__c"] == "Submitted" and old.get("pse__Status__c") != "Submitted"
    return submits or bool(changed & {*HOURS_FIELDS, *_PLACE})


def _room(store: Store, card_id: str, new: Values) -> list[Problem]:
    """Project, assignment and task are open for time, and the person's days have the hours."""
    return _open_for_time(store, new) or _days(store, card_id, new)


def _open_for_time(store: Store, new: Values) -> list[Problem]:
    project = store.require(PROJECT, str(new["pse__Project__c"])).values
    if not project["pse__Is_Active__c"]:
        return [invalid("The project is not active.", "pse__Project__c")]
    if project["pse__Closed_for_Time_Entry__c"] or project["pse__Stage__c"] in ("Completed", "Closed"):
        return [invalid("The project is closed for time entry.", "pse__Project__c")]
    assignment_id, task_id = new.get("pse__Assignment__c"), new.get("RH_Task__c")
    if assignment_id is not None:
        assignment = store.require(ASSIGNMENT, str(assignment_id)).values
        if assignment["pse__Closed_for_Time_Entry__c"] or assignment["RH_Status__c"] == "CANCELLED":
            return [invalid("The assignment is closed for time entry.", "pse__Assignment__c")]
    if task_id is not None and store.require(TASK, str(task_id)).values["RH_Status__c"] == "Closed":
        return [invalid("The task is closed.", "RH_Task__c")]
    return []


def _days(store: Store, card_id: str, new: Values) -> list[Problem]:
    """A person's day has 24 hours, over all cards that stand: neither rejected nor replaced."""
    others = store.select(
        TIMECARD,
        '"pse__Resource__c" = ? AND "pse__Start_Date__c" = ? AND "pse__Status__c" <> ? AND id <> ?',
        (new["pse__Resource__c"], new["pse__Start_Date__c"], "Rejected", card_id),
    )
    replaced = {card.values["RH_Replaces__c"] for card in others} | {new.get("RH_Replaces__c")}
    standing = [card.values for card in others if card.id not in replaced]
    full = [
        name
        for name in HOURS_FIELDS
        if number(new[name]) + sum(number(card[name]) for card in standing) > MAXIMUM_HOURS_E2
    ]
    return [invalid("A day has no more than 24 hours.", *full)] if full else []
