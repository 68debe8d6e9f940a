"""Laying history: many timecards at once, as they stood, without the rules' cost per card.

History comes from the same facts as live acts; it was lawful when it happened, so only what
would make the records point nowhere is looked at.
"""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from mocks.firm.facts.source import TimeEntry
from mocks.kit.bulk import Chain, Numbering, lay
from mocks.kit.schema import Value
from mocks.kit.store import Record
from mocks.kit.vendor import Acted
from mocks.kit.world import World
from mocks.protocols.salesforce.identifiers import numbered_id
from mocks.protocols.salesforce.rules import WriteRefused
from mocks.psa.certinia.errors import invalid
from mocks.psa.certinia.native import (
    NotThereYet,
    card_fields,
    cells_of,
    find_contact,
    find_task,
    number_of,
    wbs_of,
)
from mocks.psa.certinia.schema import ASSIGNMENT, PROJECT, SPLIT, TIMECARD
from mocks.psa.certinia.splits import SPLIT_NAMES, assignment_rate_e4, split_rows_at
from mocks.psa.certinia.state import ORG
from mocks.psa.certinia.wire import DAY_ABBREVIATIONS, HOURS_FIELDS, number

_CARDS, _SPLITS = ORG.shapes[TIMECARD.lower()], ORG.shapes[SPLIT.lower()]
_EMPTY_CARD: dict[str, Value] = {
    **{field.name: None for field in _CARDS.type.fields},
    **dict.fromkeys(HOURS_FIELDS, 0),
}
_UNMARKED_SPLIT: dict[str, Value] = dict.fromkeys(_SPLITS.booleans, 0)
_NAMES_A_QUERY = 500
_STATUS = {"SUBMITTED": "Submitted", "APPROVED": "Approved", "REJECTED": "Rejected"}


class Parents(Struct, frozen=True):
    """Records that the cells of one assignment refer to."""

    assignment: Record
    contact_id: str
    task_id: str
    project_no: Value


class Laying:
    """Timecards on their way into the store: chains of versions by name, and splits."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.parents: dict[str, Parents] = {}
        self.contacts: dict[str, str] = {}
        self.assignments: dict[str, Record] = {}
        self.rates_e4: dict[Value, int] = {}
        self.projects: dict[str, Record] = {}
        self.tasks: dict[tuple[str, str], str] = {}
        self.chains: dict[str, Chain] = {}
        self.splits: list[tuple[str, dict[str, Value]]] = []
        store = world.store
        self.card_ids, self.split_ids = Numbering(store, f"id:{TIMECARD}"), Numbering(store, f"id:{SPLIT}")
        self.split_names = Numbering(store, SPLIT_NAMES)

    def load(self, firsts: Iterable[TimeEntry]) -> None:
        """Take up the cards that were laid before, and the assignments, for the first cells of cards."""
        cells = list(firsts)
        names = {name for cell in cells for name in (cell.card, cell.replaces) if name}
        self.chains = {name: Chain(card, False) for name, card in self._named(TIMECARD, names).items()}
        self.assignments = self._named(ASSIGNMENT, {number_of(cell.assignment) for cell in cells})
        for found in self.assignments.values():
            self.rates_e4[found.id] = int(found.values["pse__Bill_Rate__c"] or 0)

    def _named(self, object_name: str, names: Iterable[str]) -> dict[str, Record]:
        """Records by name; of several the oldest."""
        store, wanted = self.world.store, sorted(names)
        found: dict[str, Record] = {}
        for low in range(0, len(wanted), _NAMES_A_QUERY):
            part = wanted[low : low + _NAMES_A_QUERY]
            marks = ", ".join("?" * len(part))
            for record in store.select(object_name, f'"Name" IN ({marks})', part):
                found.setdefault(str(record.values["Name"]), record)
        return found

    def project(self, project_id: str) -> Record:
        """A project by its id; raises LookupError."""
        if project_id not in self.projects:
            self.projects[project_id] = self.world.store.require(PROJECT, project_id)
        return self.projects[project_id]

    def task_id(self, project_id: str, task_bk: str) -> str:
        """The task of a project by its WBS code; raises NotThereYet."""
        key = project_id, wbs_of(task_bk)
        if key not in self.tasks:
            self.tasks[key] = find_task(self.world.store, project_id, task_bk).id
        return self.tasks[key]


def lay_cards(world: World, cells: Sequence[TimeEntry]) -> list[Acted]:
    """Lay the versions of timecards in order; a card whose assignment is missing waits."""
    laying = Laying(world)
    groups: dict[tuple[str, str, int], list[TimeEntry]] = {}
    for cell in cells:
        groups.setdefault((cell.card, cell.status, cell.recorded_at_ms), []).append(cell)
    with world.store.transaction():
        laying.load(group[0] for group in groups.values())
        outcomes = {key: _lay(laying, group) for key, group in groups.items()}
        _write(laying)
    return [_acted(cell, outcomes[cell.card, cell.status, cell.recorded_at_ms]) for cell in cells]


def _acted(cell: TimeEntry, outcome: Acted) -> Acted:
    if outcome.state != "applied":
        return Acted(bk=cell.bk, state=outcome.state, missing=outcome.missing)
    day = DAY_ABBREVIATIONS[cell.work_date.weekday()]
    return Acted(bk=cell.bk, state="applied", native_id=f"{outcome.native_id}#{day}")


def _lay(laying: Laying, cells: Sequence[TimeEntry]) -> Acted:
    first = cells[0]
    try:
        changes = _version(laying, cells)
        chain = laying.chains.get(first.card)
        if chain is None:
            chain = laying.chains[first.card] = Chain(_new_card(laying, first, changes), True)
        else:
            values = {**chain.last.values, **changes}
            values["pse__Total_Hours__c"] = sum(number(values[name]) for name in HOURS_FIELDS)
            chain.revise(values, first.recorded_at_ms)
    except NotThereYet as absence:
        return Acted(bk=first.bk, state="waiting", missing=str(absence))
    except WriteRefused as refusal:
        return Acted(bk=first.bk, state="refused", missing=str(refusal))
    if first.status == "APPROVED":
        _split(laying, chain.last, first.recorded_at_ms)
    return Acted(bk=first.bk, state="applied", native_id=chain.last.id)


def _split(laying: Laying, card: Record, at_ms: int) -> None:
    assignment_id = card.values["pse__Assignment__c"]
    if assignment_id not in laying.rates_e4:
        laying.rates_e4[assignment_id] = assignment_rate_e4(laying.world.store, assignment_id)
    rate_e4 = laying.rates_e4[assignment_id] if card.values["pse__Billable__c"] else 0
    for row in split_rows_at(rate_e4, card, laying.split_names.next):
        split_id = numbered_id(_SPLITS.type.prefix, ORG.instance, laying.split_ids.next())
        laying.splits.append((split_id, {**_UNMARKED_SPLIT, **row, "created_ms": at_ms}))


def _version(laying: Laying, cells: Sequence[TimeEntry]) -> dict[str, Value]:
    first = cells[0]
    if first.status not in _STATUS:
        raise WriteRefused(invalid(f"Time in the PSA is never {first.status}.", "pse__Status__c"))
    approver = None if first.approved_by is None else _contact_id(laying, first.approved_by)
    return {
        **cells_of(cells),
        "pse__Status__c": _STATUS[first.status],
        "pse__Submitted__c": int(first.status in ("SUBMITTED", "APPROVED")),
        "pse__Approved__c": int(first.status == "APPROVED"),
        "RH_Submitted_At__c": first.submitted_at_ms,
        "RH_Approved_At__c": first.approved_at_ms,
        "RH_Approved_By__c": approver,
    }


def _new_card(laying: Laying, first: TimeEntry, changes: dict[str, Value]) -> Record:
    parents = _parents(laying, first)
    replaces_id = None
    if first.replaces is not None:
        replaced = laying.chains.get(first.replaces)
        if replaced is None:
            raise NotThereYet(f"timecard {first.replaces}")
        replaces_id = replaced.last.id
    header = card_fields(first, parents.assignment, parents.contact_id, parents.task_id, replaces_id)
    values = {**_EMPTY_CARD, **header, **changes, "PROJECT_ID__c": parents.project_no}
    values["pse__Total_Hours__c"] = sum(number(values[name]) for name in HOURS_FIELDS)
    card_id = numbered_id(_CARDS.type.prefix, ORG.instance, laying.card_ids.next())
    return Record(TIMECARD, card_id, first.recorded_at_ms, first.recorded_at_ms, 1, False, values)


def _contact_id(laying: Laying, resource_bk: str) -> str:
    if resource_bk not in laying.contacts:
        laying.contacts[resource_bk] = find_contact(laying.world.store, resource_bk).id
    return laying.contacts[resource_bk]


def _parents(laying: Laying, cell: TimeEntry) -> Parents:
    known = laying.parents.get(cell.assignment)
    if known is None:
        assignment = laying.assignments.get(number_of(cell.assignment))
        if assignment is None:
            raise NotThereYet(cell.assignment)
        project = laying.project(str(assignment.values["pse__Project__c"]))
        known = laying.parents[cell.assignment] = Parents(
            assignment,
            _contact_id(laying, cell.resource),
            laying.task_id(project.id, cell.task),
            project.values["RH_External_Id__c"] or project.values["Name"],
        )
    return known


def _write(laying: Laying) -> None:
    store = laying.world.store
    lay(store, TIMECARD, list(laying.chains.values()))
    store.insert_many(SPLIT, laying.splits, None)
    for numbering in (laying.card_ids, laying.split_ids, laying.split_names):
        numbering.keep()
