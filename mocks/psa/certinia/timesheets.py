"""Reading time back: each day cell of each card, in every status that somebody gave it (mapping M2).

A card that replaces another carries on its entries: they keep the business key of the first card
of the chain, and their version is the card's place in it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from mocks.firm.facts.source import TimeEntry
from mocks.kit.schema import Value
from mocks.kit.store import Record, Store
from mocks.psa.certinia.history import timelines
from mocks.psa.certinia.schema import TIMECARD
from mocks.psa.certinia.wire import DAY_ABBREVIATIONS, HOURS_FIELDS, NOTES_FIELDS, text, week_of

_STATUS: dict[Value, str] = {"Submitted": "SUBMITTED", "Approved": "APPROVED", "Rejected": "REJECTED"}
# A change of anything else (a remark of the auditor, say) makes no new version of an entry.
_TELLING = (
    *HOURS_FIELDS,
    *NOTES_FIELDS,
    "pse__Status__c",
    "pse__Billable__c",
    "pse__Assignment__c",
    "RH_Task__c",
    "RH_Time_Type__c",
    "RH_Submitted_At__c",
    "RH_Approved_At__c",
)
_MAXIMUM_CHAIN = 1_000


class Chain(Struct, frozen=True):
    """What a card carries on: the first card's name, its own place, and the weekdays it must show."""

    first: str
    ver: int
    weekdays: frozenset[int]
    replaced: str | None


class Names(Struct, frozen=True):
    """Business keys of what cards refer to, by native id."""

    resources: Mapping[str, str]
    assignments: Mapping[str, str]
    tasks: Mapping[str, str]


def observe_time(
    store: Store, resources: Mapping[str, str], assignments: Mapping[str, str], tasks: Mapping[str, str]
) -> Iterator[TimeEntry]:
    """Time entries of all cards that were ever submitted, in order of the cards' making."""
    names = Names(resources, assignments, tasks)
    chains = _chains(store)
    for versions in timelines(store, TIMECARD):
        last = versions[-1].values
        chain = chains.get(versions[0].id) or Chain(text(last["Name"]), 1, frozenset(), None)
        yield from _card(versions, chain, names)


def _chains(store: Store) -> dict[str, Chain]:
    """The chains of the cards that replace another; few cards do."""
    sql = f'SELECT id, "RH_Replaces__c" FROM "{TIMECARD}" WHERE "RH_Replaces__c" IS NOT NULL ORDER BY rowseq'
    replaces: dict[str, str] = dict(store.rows(sql))
    shown: dict[str, tuple[str, frozenset[int]]] = {}
    for card_id in replaces.values():
        versions = store.versions(TIMECARD, card_id)
        if versions:
            shown[card_id] = text(versions[-1].values["Name"]), _weekdays(versions)
    chains: dict[str, Chain] = {}
    for card_id in replaces:
        line = [card_id]  # this card, then those before it, latest first
        while (earlier := replaces.get(line[-1])) is not None and len(line) < _MAXIMUM_CHAIN:
            line.append(earlier)
        before = [shown[earlier] for earlier in line[1:] if earlier in shown]
        if before:
            weekdays = frozenset().union(*(days for _, days in before))
            chains[card_id] = Chain(before[-1][0], len(line), weekdays, before[0][0])
    return chains


def _weekdays(versions: list[Record]) -> frozenset[int]:
    """Weekdays on which a card ever showed hours to its approver."""
    return frozenset(
        weekday
        for record in versions
        if record.values["pse__Status__c"] in _STATUS
        for weekday, field in enumerate(HOURS_FIELDS)
        if record.values[field]
    )


def _card(versions: list[Record], chain: Chain, names: Names) -> Iterator[TimeEntry]:
    told: tuple[Any, ...] = ()
    shown = set(chain.weekdays)
    was = None
    for record in versions:
        status = _STATUS.get(record.values["pse__Status__c"])
        telling = (record.deleted, *(record.values[name] for name in _TELLING))
        edited_after_rejection = status == was == "REJECTED" and not record.deleted
        if status is not None and telling != told and not edited_after_rejection:
            shown.update(day for day, field in enumerate(HOURS_FIELDS) if record.values[field])
            yield from _cells(record, status, chain, sorted(shown), names)
        told, was = telling, status


def _cells(
    record: Record, status: str, chain: Chain, weekdays: list[int], names: Names
) -> Iterator[TimeEntry]:
    values = record.values
    week = week_of(text(values["pse__Start_Date__c"]))
    approver = values["RH_Approved_By__c"] if status != "SUBMITTED" else None
    approved_by = names.resources.get(str(approver)) if approver is not None else None
    submitted_at_ms = values["RH_Submitted_At__c"]
    approved_at_ms = values["RH_Approved_At__c"] if status == "APPROVED" else None
    resource = names.resources.get(text(values["pse__Resource__c"]), "")
    assignment = names.assignments.get(text(values["pse__Assignment__c"]), "")
    task = names.tasks.get(text(values["RH_Task__c"]), "")
    for weekday in weekdays:
        day = DAY_ABBREVIATIONS[weekday]
        yield TimeEntry(
            bk=f"TE|{chain.first}|{day}",
            recorded_at_ms=record.modified_ms,
            ver=chain.ver,
            source_id=f"{record.id}#{day}",
            deleted=record.deleted,
            card=text(values["Name"]),
            resource=resource,
            assignment=assignment,
            task=task,
            work_date=week[weekday],
            hours_e2=int(values[HOURS_FIELDS[weekday]] or 0),
            time_type=text(values["RH_Time_Type__c"]),
            billable=bool(values["pse__Billable__c"]),
            note=text(values[NOTES_FIELDS[weekday]]),
            status=status,
            submitted_at_ms=int(submitted_at_ms or 0),
            approved_by=approved_by,
            approved_at_ms=None if approved_at_ms is None else int(approved_at_ms),
            replaces=chain.replaced,
        )
