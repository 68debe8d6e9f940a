"""Laying history: many timecards at once, as they stood, without the rules' cost per card.

History comes from the same facts as live acts; it was lawful when it happened, so only what
would make the records point nowhere is looked at.
"""

from collections.abc import Sequence

from msgspec import Struct

from mocks.firm.facts.source import TimeEntry
from mocks.kit.schema import Value
from mocks.kit.store import Record, Store
from mocks.kit.vendor import Acted
from mocks.kit.world import World
from mocks.protocols.salesforce import records
from mocks.protocols.salesforce.rules import WriteRefused
from mocks.psa.certinia.errors import invalid
from mocks.psa.certinia.native import (
    NotThereYet,
    card_fields,
    cells_of,
    find_assignment,
    find_card,
    find_contact,
    find_task,
)
from mocks.psa.certinia.schema import PROJECT, SPLIT, TIMECARD
from mocks.psa.certinia.splits import split_rows
from mocks.psa.certinia.state import ORG
from mocks.psa.certinia.wire import DAY_ABBREVIATIONS, HOURS_FIELDS, number

_STATUS = {"SUBMITTED": "Submitted", "APPROVED": "Approved", "REJECTED": "Rejected"}


class Parents(Struct, frozen=True):
    """Records that the cells of one assignment refer to."""

    assignment: Record
    contact_id: str
    task_id: str
    project_no: Value


class Laying(Struct):
    """Timecards on their way into the store: new rows, later versions, splits."""

    world: World
    parents: dict[str, Parents] = {}
    contacts: dict[str, str] = {}
    cards: dict[str, Record] = {}
    rows: dict[str, dict[str, Value]] = {}
    later: list[tuple[str, dict[str, Value], int]] = []
    splits: list[dict[str, Value]] = []


def lay_cards(world: World, cells: Sequence[TimeEntry]) -> list[Acted]:
    """Lay the versions of timecards in order; a card whose assignment is missing waits."""
    laying = Laying(world)
    groups: dict[tuple[str, str, int], list[TimeEntry]] = {}
    for cell in cells:
        groups.setdefault((cell.card, cell.status, cell.recorded_at_ms), []).append(cell)
    with world.store.transaction():
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
        card = laying.cards.get(first.card) or find_card(laying.world.store, first.card)
        changes = _version(laying, cells)
        card = (
            _new_card(laying, first, changes) if card is None else _next_version(laying, card, first, changes)
        )
    except NotThereYet as absence:
        return Acted(bk=first.bk, state="waiting", missing=str(absence))
    except WriteRefused as refusal:
        return Acted(bk=first.bk, state="refused", missing=str(refusal))
    laying.cards[first.card] = card
    if first.status == "APPROVED":
        rows = split_rows(laying.world.store, card)
        laying.splits.extend({**row, "created_ms": first.recorded_at_ms} for row in rows)
    return Acted(bk=first.bk, state="applied", native_id=card.id)


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
    empty: dict[str, Value] = dict.fromkeys(HOURS_FIELDS, 0)
    replaces_id = None
    if first.replaces is not None:
        replaced = laying.cards.get(first.replaces) or find_card(laying.world.store, first.replaces)
        if replaced is None:
            raise NotThereYet(f"timecard {first.replaces}")
        replaces_id = replaced.id
    header = card_fields(first, parents.assignment, parents.contact_id, parents.task_id, replaces_id)
    values = {**empty, **header, **changes, "PROJECT_ID__c": parents.project_no}
    values["pse__Total_Hours__c"] = sum(number(values[name]) for name in HOURS_FIELDS)
    card_id, at_ms = records.new_id(ORG, laying.world, TIMECARD), first.recorded_at_ms
    laying.rows[card_id] = {**values, "created_ms": at_ms}
    return Record(TIMECARD, card_id, at_ms, at_ms, 1, False, values)


def _next_version(laying: Laying, card: Record, first: TimeEntry, changes: dict[str, Value]) -> Record:
    values = {**card.values, **changes}
    changes["pse__Total_Hours__c"] = sum(number(values[name]) for name in HOURS_FIELDS)
    values["pse__Total_Hours__c"] = changes["pse__Total_Hours__c"]
    laying.later.append((card.id, changes, first.recorded_at_ms))
    return Record(TIMECARD, card.id, card.created_ms, first.recorded_at_ms, card.ver + 1, False, values)


def _contact_id(laying: Laying, resource_bk: str) -> str:
    if resource_bk not in laying.contacts:
        laying.contacts[resource_bk] = find_contact(laying.world.store, resource_bk).id
    return laying.contacts[resource_bk]


def _parents(laying: Laying, cell: TimeEntry) -> Parents:
    known = laying.parents.get(cell.assignment)
    if known is None:
        store: Store = laying.world.store
        assignment = find_assignment(store, cell.assignment)
        if assignment is None:
            raise NotThereYet(cell.assignment)
        project = store.require(PROJECT, str(assignment.values["pse__Project__c"]))
        known = laying.parents[cell.assignment] = Parents(
            assignment,
            _contact_id(laying, cell.resource),
            find_task(store, project.id, cell.task).id,
            project.values["RH_External_Id__c"] or project.values["Name"],
        )
    return known


def _write(laying: Laying) -> None:
    world, store = laying.world, laying.world.store
    store.insert_many(TIMECARD, laying.rows.items(), None)
    for card_id, changes, at_ms in laying.later:
        store.update(TIMECARD, card_id, changes, at_ms)
    records.bulk_insert(ORG, world, SPLIT, laying.splits)
