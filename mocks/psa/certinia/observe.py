"""Reading the PSA back: what people did there as facts, and what a subject made there as documents.

Everything comes from the store's records and their versions. Only a contract's business key,
which the PSA does not know, comes from the aliases of what was played.
"""

from collections.abc import Iterator

from msgspec import Struct

from mocks.firm.facts.source import Assignment, RateLine, RateOverride
from mocks.firm.facts.wire import Row
from mocks.kit.store import Record, Store
from mocks.kit.world import World
from mocks.psa.certinia.documents import documents
from mocks.psa.certinia.history import timelines
from mocks.psa.certinia.native import CRM_CONTRACT, number_of
from mocks.psa.certinia.progress_facts import observe_progress
from mocks.psa.certinia.schema import ASSIGNMENT, CONTACT, OVERRIDE, PROJECT, RATE_CARD, TASK
from mocks.psa.certinia.timesheets import observe_time
from mocks.psa.certinia.wire import day, exclusive_end, number, text


class Keys(Struct, frozen=True):
    """Business keys by native id."""

    contracts: dict[str, str]  # by project id
    tasks: dict[str, str]
    resources: dict[str, str]
    assignments: dict[str, str]
    lines: dict[tuple[str, str], int]  # number of a contract line by project id and its id in the CRM


def observe(world: World) -> Iterator[Row]:
    """Facts of every version, then documents."""
    store = world.store
    keys = keys_of(store)
    yield from _rates(store)
    yield from _assignments(store, keys)
    yield from observe_time(store, keys.resources, keys.assignments, keys.tasks)
    yield from observe_progress(store, keys.contracts, keys.lines, keys.resources)
    yield from documents(store)


def keys_of(store: Store) -> Keys:
    """Business keys of everything that facts refer to; an unplayed contract goes by its CRM id."""
    aliases = store.rows("SELECT id, bk FROM alias WHERE object = ?", (CRM_CONTRACT,))
    played: dict[str, str] = dict(aliases)
    contracts = {}
    for project in store.select(PROJECT, deleted=True):
        contract_id = text(project.values["RH_Contract__c"])
        contracts[project.id] = played.get(contract_id, f"CO|{contract_id}")
    return Keys(
        contracts=contracts,
        tasks={
            task.id: f"TK|{number_of(contracts[parent])}|{text(task.values['RH_WBS__c'])}"
            for task in store.select(TASK, deleted=True)
            if (parent := text(task.values["pse__Project__c"])) in contracts
        },
        resources={
            contact.id: f"RS|{text(contact.values['RH_Employee_No__c'])}"
            for contact in store.select(CONTACT, deleted=True)
        },
        assignments={
            record.id: f"AS|{text(record.values['Name'])}"
            for record in store.select(ASSIGNMENT, deleted=True)
        },
        lines=_lines(store),
    )


def _lines(store: Store) -> dict[tuple[str, str], int]:
    """What the WBS codes of tasks (`<line>.<wbs>`) tell of contract lines."""
    found: dict[tuple[str, str], int] = {}
    for task in store.select(TASK, deleted=True):
        line = text(task.values["RH_WBS__c"]).partition(".")[0]
        if line.isdecimal():
            place = text(task.values["pse__Project__c"]), text(task.values["RH_Contract_Line__c"])
            found.setdefault(place, int(line))
    return found


# --- facts --------------------------------------------------------------------------------------


def _rates(store: Store) -> Iterator[Row]:
    for versions in timelines(store, RATE_CARD):
        for record in versions:
            values = record.values
            card, level, practice = (
                text(values[name]) for name in ("Name", "RH_Level__c", "pse__Practice__c")
            )
            valid_from = day(values["pse__Start_Date__c"])
            if valid_from is None:
                continue  # a price without a first day is none yet
            yield RateLine(
                bk=f"RC|{card}|{level}|{practice}|{valid_from}",
                recorded_at_ms=record.modified_ms,
                ver=record.ver,
                source_id=record.id,
                deleted=record.deleted,
                card=card,
                scope="DEFAULT",
                owner=None,
                ccy=text(values["CurrencyIsoCode"]),
                level=level,
                practice=practice,
                unit=text(values["RH_Unit__c"]),
                rate_e4=number(values["RH_Rate__c"]),
                valid_from=valid_from,
                valid_to=day(values["pse__End_Date__c"]),
                apply_retro=bool(values["RH_Apply_Retro__c"]),
            )


def _assignments(store: Store, keys: Keys) -> Iterator[Row]:
    rates: dict[str, list[list[Record]]] = {}
    for versions in timelines(store, OVERRIDE):
        rates.setdefault(text(versions[-1].values["RH_Assignment__c"]), []).append(versions)
    for versions in timelines(store, ASSIGNMENT):
        agreed = rates.get(versions[0].id, [])
        for ver, (at_ms, record) in enumerate(_moments(versions, agreed), start=1):
            fact = _assignment(record, keys, at_ms, ver, _in_force(agreed, at_ms))
            if fact is not None:
                yield fact


def _moments(versions: list[Record], agreed: list[list[Record]]) -> list[tuple[int, Record]]:
    """The versions of an assignment: its own, and one more for each instant at which only rates changed."""
    own = {record.modified_ms for record in versions}
    first_ms = versions[0].modified_ms
    moments = [(record.modified_ms, record) for record in versions]
    for at_ms in sorted({rate.modified_ms for rates in agreed for rate in rates} - own):
        if at_ms > first_ms:
            known = [record for record in versions if record.modified_ms < at_ms]
            moments.append((at_ms, known[-1]))
    return sorted(moments, key=lambda moment: moment[0])


def _in_force(agreed: list[list[Record]], at_ms: int) -> tuple[RateOverride, ...]:
    """The rates of an assignment as they stood at an instant, in order of their making."""
    found = []
    for versions in agreed:
        known = [record for record in versions if record.modified_ms <= at_ms]
        if known and not known[-1].deleted:
            found.append(known[-1])
    return tuple(override for record in found if (override := _override(record)) is not None)


def _override(record: Record) -> RateOverride | None:
    valid_from = day(record.values["RH_Valid_From__c"])
    if valid_from is None:
        return None
    return RateOverride(
        rate_e4=number(record.values["RH_Rate__c"]),
        ccy=text(record.values["CurrencyIsoCode"]),
        valid_from=valid_from,
        valid_to=day(record.values["RH_Valid_To__c"]),
        recorded_at_ms=record.created_ms,
    )


def _assignment(
    record: Record, keys: Keys, at_ms: int, ver: int, overrides: tuple[RateOverride, ...]
) -> Assignment | None:
    values = record.values
    valid_from = day(values["pse__Start_Date__c"])
    if valid_from is None:
        return None  # not planned yet
    level = values["RH_Bill_Level__c"]
    return Assignment(
        bk=f"AS|{text(values['Name'])}",
        recorded_at_ms=at_ms,
        ver=ver,
        source_id=record.id,
        deleted=record.deleted,
        number=text(values["Name"]),
        resource=keys.resources.get(text(values["pse__Resource__c"]), ""),
        contract=keys.contracts.get(text(values["pse__Project__c"]), ""),
        task=keys.tasks.get(text(values["RH_Task__c"]), ""),
        valid_from=valid_from,
        valid_to=exclusive_end(values["pse__End_Date__c"]),
        bill_level=None if level is None else str(level),
        planned_e2=number(values["pse__Planned_Hours__c"]),
        status=text(values["RH_Status__c"]),
        overrides=overrides,
    )
