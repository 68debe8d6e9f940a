"""People at work in the PSA: planners staff, consultants submit weeks, managers approve, finance sets rates.

Each fact becomes what a person does in the product, through the product's own rules. Projects,
tasks and people are the subject's to make; a fact that needs one which is not there yet waits.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from msgspec import Struct

from mocks.firm.facts.source import (
    Assignment,
    Estimate,
    Fact,
    Milestone,
    ProjectCompletion,
    RateLine,
    SourceFact,
    TimeEntry,
)
from mocks.kit.store import Record, Store
from mocks.kit.vendor import Acted
from mocks.kit.world import World
from mocks.protocols.salesforce import records
from mocks.protocols.salesforce.rules import WriteRefused
from mocks.psa.certinia import seeding
from mocks.psa.certinia.errors import invalid
from mocks.psa.certinia.native import (
    CRM_CONTRACT,
    NotThereYet,
    approver_of,
    assignment_fields,
    card_fields,
    cells_of,
    find_assignment,
    find_card,
    find_contact,
    find_place,
    find_rate,
    find_task,
    override_fields,
    rate_fields,
)
from mocks.psa.certinia.progress_acts import complete, expect, mark
from mocks.psa.certinia.schema import ASSIGNMENT, OVERRIDE, PROJECT, RATE_CARD, TIMECARD
from mocks.psa.certinia.stage import Stage
from mocks.psa.certinia.state import ORG
from mocks.psa.certinia.wire import DAY_ABBREVIATIONS


class Deed(Struct, frozen=True):
    """What one person does at once: one fact, or the cells of one card that change status together."""

    facts: tuple[SourceFact, ...]

    @property
    def cells(self) -> tuple[TimeEntry, ...]:
        """The facts of a deed on a timecard."""
        return tuple(fact for fact in self.facts if isinstance(fact, TimeEntry))


def act(
    world: World, facts: Sequence[SourceFact], references: Mapping[str, str], notify: bool
) -> list[Acted]:
    """Play facts in order, each in a transaction of its own; history (`notify` False) in bulk."""
    stage = Stage(world, references, notify)
    acted: dict[int, Acted] = {}
    for places, deed in deeds(facts, whole_cards=not notify):
        outcomes = _outcomes(stage, deed)
        acted.update(zip(places, outcomes, strict=True))
    return [acted[place] for place in range(len(facts))]


def deeds(facts: Sequence[SourceFact], *, whole_cards: bool) -> Iterator[tuple[tuple[int, ...], Deed]]:
    """Facts as deeds with the places of their facts, in order of their first fact.

    Cells that stand next to each other are grouped by card, status and instant; when laying
    history a whole run of cells is one deed.
    """
    run: list[int] = []
    for place, fact in enumerate(facts):
        if isinstance(fact, TimeEntry):
            run.append(place)
            continue
        yield from _card_deeds(facts, run, whole_cards)
        run = []
        yield (place,), Deed((fact,))
    yield from _card_deeds(facts, run, whole_cards)


def _card_deeds(
    facts: Sequence[SourceFact], run: Sequence[int], whole_run: bool
) -> Iterator[tuple[tuple[int, ...], Deed]]:
    groups: dict[tuple[str, str, int] | None, list[int]] = {}
    for place in run:
        fact = facts[place]
        if isinstance(fact, TimeEntry):
            key = None if whole_run else (fact.card, fact.status, fact.recorded_at_ms)
            groups.setdefault(key, []).append(place)
    for places in groups.values():
        yield tuple(places), Deed(tuple(facts[place] for place in places))


def _outcomes(stage: Stage, deed: Deed) -> list[Acted]:
    if deed.cells and not stage.live:
        return seeding.lay_cards(stage.world, deed.cells)
    try:
        with stage.world.store.transaction():
            native_id = _do(stage, deed)
    except NotThereYet as absence:
        return [Acted(bk=fact.bk, state="waiting", missing=str(absence)) for fact in deed.facts]
    except WriteRefused as refusal:
        return [Acted(bk=fact.bk, state="refused", missing=str(refusal)) for fact in deed.facts]
    return [Acted(bk=fact.bk, state="applied", native_id=_native_id(native_id, fact)) for fact in deed.facts]


def _native_id(record_id: str, fact: Fact) -> str:
    if not isinstance(fact, TimeEntry):
        return record_id
    return f"{record_id}#{DAY_ABBREVIATIONS[fact.work_date.weekday()]}"


def _do(stage: Stage, deed: Deed) -> str:
    match deed.facts[0]:
        case Assignment() as fact:
            return _staff(stage, fact)
        case RateLine(scope="DEFAULT") as fact:
            return _price(stage, fact)
        case TimeEntry() as fact:
            return _BY_STATUS.get(fact.status, _no_such_status)(stage, deed.cells)
        case Milestone() as fact:
            return mark(stage, fact)
        case Estimate() as fact:
            return expect(stage, fact)
        case ProjectCompletion() as fact:
            return complete(stage, fact)
        case fact:
            raise WriteRefused(invalid(f"Nobody states a {type(fact).__name__} in the PSA."))


# --- staffing and prices ------------------------------------------------------------------------


def _staff(stage: Stage, fact: Assignment) -> str:
    world, store, at_ms = stage.world, stage.world.store, stage.at_ms(fact.recorded_at_ms)
    place = find_place(store, fact, stage.references)
    store.set_alias(fact.contract, CRM_CONTRACT, place.contract_id)
    found = find_assignment(store, fact.bk)
    values = assignment_fields(fact, place)
    if found is None:
        record_id = records.create(ORG, world, ASSIGNMENT, values, notify=stage.live, at_ms=at_ms)
    else:
        record_id = found.id
        records.update(ORG, world, ASSIGNMENT, record_id, values, notify=stage.live, at_ms=at_ms)
    _agree_rates(stage, fact, record_id, at_ms)
    if fact.deleted:
        records.delete(ORG, world, ASSIGNMENT, record_id, actor="person", at_ms=at_ms)
    return record_id


def _agree_rates(stage: Stage, fact: Assignment, assignment_id: str, at_ms: int) -> None:
    """Add the rates that are new and take away those that are gone; an agreed rate is never rewritten."""
    world = stage.world
    wanted = [(override_fields(assignment_id, rate), rate.recorded_at_ms) for rate in fact.overrides]
    for row in world.store.find(OVERRIDE, "RH_Assignment__c", assignment_id):
        same = next((item for item in wanted if item[0] == row.values), None)
        if same is not None:
            wanted.remove(same)
        else:
            records.delete(ORG, world, OVERRIDE, row.id, actor="person", at_ms=at_ms)
    for values, recorded_at_ms in wanted:
        created_ms = at_ms if stage.live else recorded_at_ms  # one act, one stamp
        records.create(ORG, world, OVERRIDE, values, notify=stage.live, at_ms=created_ms)


def _price(stage: Stage, fact: RateLine) -> str:
    world, at_ms = stage.world, stage.at_ms(fact.recorded_at_ms)
    found = find_rate(world.store, fact)
    values = rate_fields(fact)
    if found is None:
        record_id = records.create(ORG, world, RATE_CARD, values, notify=stage.live, at_ms=at_ms)
    else:
        record_id = found.id
        records.update(ORG, world, RATE_CARD, record_id, values, notify=stage.live, at_ms=at_ms)
    if fact.deleted:
        records.delete(ORG, world, RATE_CARD, record_id, actor="person", at_ms=at_ms)
    return record_id


# --- time ---------------------------------------------------------------------------------------


def _submit(stage: Stage, cells: Sequence[TimeEntry]) -> str:
    """Write a card's cells and submit it: a new card, or one that was rejected."""
    world, store, first = stage.world, stage.world.store, cells[0]
    assignment = find_assignment(store, first.assignment)
    if assignment is None:
        raise NotThereYet(first.assignment)
    _await_open_project(store, assignment)
    values = {**cells_of(cells), "pse__Status__c": "Submitted"}
    found = find_card(store, first.card)
    if found is not None:
        records.update(ORG, world, TIMECARD, found.id, values, at_ms=stage.at_ms(first.recorded_at_ms))
        return found.id
    project_id = str(assignment.values["pse__Project__c"])
    header = card_fields(
        first,
        assignment,
        find_contact(store, first.resource).id,
        find_task(store, project_id, first.task).id,
        _replaced_id(store, first.replaces),
    )
    return records.create(ORG, world, TIMECARD, {**header, **values}, at_ms=stage.at_ms(first.recorded_at_ms))


def _replaced_id(store: Store, name: str | None) -> str | None:
    if name is None:
        return None
    replaced = find_card(store, name)
    if replaced is None:
        raise NotThereYet(f"timecard {name}")
    return replaced.id


def _await_open_project(store: Store, assignment: Record) -> None:
    """People wait for a project that is still being set up; a finished one refuses them."""
    project = store.require(PROJECT, str(assignment.values["pse__Project__c"]))
    finished = project.values["pse__Stage__c"] in ("Completed", "Closed")
    is_open = project.values["pse__Is_Active__c"] and not project.values["pse__Closed_for_Time_Entry__c"]
    if not finished and not is_open:
        raise NotThereYet(f"project {project.values['Name']} open for time entry")


def _decide(stage: Stage, cells: Sequence[TimeEntry]) -> str:
    """Approve or reject a card."""
    first = cells[0]
    card = find_card(stage.world.store, first.card)
    if card is None:
        raise NotThereYet(f"timecard {first.card}")
    changes = {
        "pse__Status__c": "Approved" if first.status == "APPROVED" else "Rejected",
        "RH_Approved_By__c": approver_of(stage.world.store, first),
    }
    records.update(ORG, stage.world, TIMECARD, card.id, changes, at_ms=stage.at_ms(first.recorded_at_ms))
    return card.id


def _no_such_status(stage: Stage, cells: Sequence[TimeEntry]) -> str:
    raise WriteRefused(invalid(f"Time in the PSA is never {cells[0].status}.", "pse__Status__c"))


_BY_STATUS: dict[str, Callable[[Stage, Sequence[TimeEntry]], str]] = {
    "SUBMITTED": _submit,
    "APPROVED": _decide,
    "REJECTED": _decide,
}
