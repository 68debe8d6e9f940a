"""What people did over the vendors' APIs, as facts that were played: their content, the systems' instants.

The record that a deed made is looked up by its native id. What the system alone decides (instants,
versions, numbers that it gives) is taken from there; everything else must be as it was wished, so that
a write that was lost or altered still shows as a difference.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct, structs

from load.deeds import Deed, facts_of
from load.outcomes import Attempt, Done, contract_numbers, given_numbers, judged, renumbered
from mocks.firm.facts.source import (
    Absence,
    Assignment,
    Contract,
    Quote,
    RateLine,
    Resource,
    SourceFact,
    TimeEntry,
)
from mocks.firm.plays import Play
from scenarios.play import instants_moved

# What the system decides; the rest of a fact is what somebody wished.
_OF_THE_SYSTEM: dict[str, Any] = {
    "recorded_at_ms": 0,
    "ver": 0,
    "source_id": "",
    "submitted_at_ms": 0,
    "approved_at_ms": None,
    "closed_won_at_ms": None,
    "signed_at_ms": None,
    "completed_at_ms": 0,
}
# Acts that no client can do in one call: versions between the first and the last are steps of the same act.
_SEVERAL_CALLS = (Resource, RateLine, Assignment)


class Told(Struct, frozen=True, kw_only=True):
    """What the storm left: facts that were played, and deeds that somebody must still do."""

    played: tuple[SourceFact, ...]
    left: tuple[Deed, ...]
    given: dict[str, str]  # numbers of the firm's own and those that products gave instead
    contracts: dict[str, str]  # native ids of contracts by business key
    moved: dict[tuple[str, str, int], int]  # instants of acts, as planned and as they were: see `Player`
    done: int
    found_later: int  # had no answer, but are there
    refused: dict[str, str]
    given_up: dict[str, str]
    not_attempted: tuple[str, ...]


def tell(
    deeds: Sequence[Deed],
    attempts: Mapping[str, Attempt],
    rows: Sequence[SourceFact],
    numbers: Mapping[str, str],
) -> Told:
    """Sort deeds by what became of them, against what the systems hold of the storm (`rows`).

    `numbers` are those of the contracts from before the storm, by their ids in the CRM.
    """
    known = {**numbers, **contract_numbers(rows)}
    shown = [by_number(row, known) for row in rows]
    outcome = judged(deeds, attempts)
    matched = _Matched(shown)
    matched.take(outcome.done)
    missing = {*outcome.given_up, *outcome.not_attempted}
    found = _found_later([deed for deed in deeds if deed.id in missing], matched.untaken())
    matched.take(found)
    done = [*outcome.done, *found]
    settled = {one.deed for one in done}
    return Told(
        played=tuple(matched.played),
        left=tuple(deed for deed in deeds if deed.id not in settled),
        given=matched.given,
        contracts=matched.contracts,
        moved=matched.moved,
        done=len(outcome.done),
        found_later=len(found),
        refused=outcome.refused,
        given_up={k: v for k, v in outcome.given_up.items() if k not in settled},
        not_attempted=tuple(one for one in outcome.not_attempted if one not in settled),
    )


def left_plays(told: Told) -> list[Play]:
    """What was left as plays for the control plane, under the numbers that the products gave."""
    return [
        Play(deed.at_ms, deed.role, tuple(renumbered(fact, told.given) for fact in facts_of(deed)))
        for deed in sorted(told.left, key=lambda one: one.at_ms)
    ]


def by_number(row: SourceFact, numbers: Mapping[str, str]) -> SourceFact:
    """A fact under the number of its contract, which the PSA names by its id in the CRM.

    So it does wherever the control plane has not played a fact of that contract there.
    """
    named = getattr(row, "contract", "") or getattr(row, "task", "")
    unnamed = isinstance(named, str) and named.partition("|")[2].partition("|")[0] in numbers
    return renumbered(row, numbers) if unnamed else row


# --- from deeds to facts ----------------------------------------------------------------------------


class _Matched:
    """Deeds beside what the systems hold of them; every version is taken once."""

    def __init__(self, rows: Sequence[SourceFact]) -> None:
        self._rows = rows
        self._held: defaultdict[tuple[str, str], list[SourceFact]] = defaultdict(list)
        for row in rows:
            self._held[type(row).__name__, row.source_id].append(row)
        self._taken: set[int] = set()
        self.played: list[SourceFact] = []
        self.given: dict[str, str] = {}
        self.contracts: dict[str, str] = {}
        self.moved: dict[tuple[str, str, int], int] = {}

    def take(self, done: Sequence[Done]) -> None:
        """Take up deeds in the order in which they were done."""
        self.given |= given_numbers(done, self._rows)
        for one in sorted(done, key=lambda one: one.ended_ms):
            for fact, native_id in zip(one.facts, one.native_ids, strict=True):
                self._take(renumbered(fact, self.given), native_id)

    def untaken(self) -> list[SourceFact]:
        """What the systems hold and no deed has claimed."""
        return [row for row in self._rows if id(row) not in self._taken]

    def _take(self, wished: SourceFact, native_id: str) -> None:
        kind = type(wished).__name__
        if isinstance(wished, Contract):
            self.contracts[wished.bk] = native_id
        candidates = self._held.get((kind, native_id)) or _of_key(self._held, wished)
        open_ = [row for row in candidates if id(row) not in self._taken]
        match = next((row for row in open_ if plain(row) == plain(wished)), None)
        if match is None:
            self.played.append(wished)  # it does not stand there as it was wished: a difference
            return
        self.moved |= instants_moved(wished, match)
        for step in open_:
            if step is match or (isinstance(match, _SEVERAL_CALLS) and step.ver < match.ver):
                self._taken.add(id(step))
                self.played.append(step)


def _of_key(held: Mapping[tuple[str, str], list[SourceFact]], wished: SourceFact) -> list[SourceFact]:
    """Facts of a deed after its first have ids of their own, which nobody was told."""
    if not isinstance(wished, RateLine):
        return []
    return [
        row for (kind, _), rows in held.items() if kind == "RateLine" for row in rows if row.bk == wished.bk
    ]


def plain(fact: SourceFact) -> SourceFact:
    """A fact without what the system decides."""
    values = {name: value for name, value in _OF_THE_SYSTEM.items() if hasattr(fact, name)}
    if isinstance(fact, Contract):
        values["lines"] = tuple(structs.replace(line, source_id="") for line in fact.lines)
    if isinstance(fact, Absence):
        values["approved_at_ms"] = 0
    overrides = getattr(fact, "overrides", ())
    if overrides:
        values["overrides"] = tuple(structs.replace(rate, recorded_at_ms=0) for rate in overrides)
    return structs.replace(fact, **values)


# --- deeds whose answer was lost --------------------------------------------------------------------


def _found_later(lost: Iterable[Deed], rows: Iterable[SourceFact]) -> list[Done]:
    """Deeds without an answer that are there all the same, each at most once."""
    shown: defaultdict[tuple[Any, ...], list[SourceFact]] = defaultdict(list)
    for row in rows:
        shown[_identity(row)].append(row)
    found: list[Done] = []
    for deed in lost:
        facts = facts_of(deed)
        ids = [_taken_id(shown[_identity(fact)]) for fact in facts]
        if all(ids):
            last = max(fact.recorded_at_ms for fact in facts)
            found.append(Done(deed=deed.id, facts=facts, native_ids=tuple(map(str, ids)), ended_ms=last))
    return found


def _taken_id(rows: list[SourceFact]) -> str:
    return rows.pop(0).source_id if rows else ""


def _identity(fact: SourceFact) -> tuple[Any, ...]:
    """What tells an act from any other, whatever number its record got."""
    match fact:
        case TimeEntry():
            place = (
                fact.resource,
                fact.assignment,
                fact.time_type,
                fact.work_date,
                fact.replaces is not None,
            )
            return ("time", *place, fact.status, fact.hours_e2)
        case Absence():
            return ("leave", fact.resource, fact.kind, fact.days, fact.status)
        case Quote() | Contract():
            return (type(fact).__name__, fact.opportunity, fact.status)
    return (type(fact).__name__, fact.bk, plain(fact))
