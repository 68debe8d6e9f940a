"""The firm's records as columns in chunks, for export.

Small entities come from their facts, time entries straight from the columns.
"""

from collections.abc import Iterator
from itertools import islice
from types import UnionType
from typing import Union, get_args, get_origin, get_type_hints

import msgspec
import numpy as np
from msgspec import Struct

from mocks.firm.absences import absence_plays
from mocks.firm.assignments import AssignmentView, assignment_bk
from mocks.firm.cards import REPLACEMENT, TimeSheets, card_person
from mocks.firm.data.names import NOTES
from mocks.firm.days import EPOCH
from mocks.firm.facts.source import SourceFact
from mocks.firm.firm import Firm
from mocks.firm.hashing import I64
from mocks.firm.hours import TIME_TYPES
from mocks.firm.office import Office
from mocks.firm.timecards import CARD_DIGITS, CARD_PREFIX, DAY_NAMES
from mocks.firm.vectors import (
    DAY,
    FLAG,
    INTEGER,
    JSON,
    TEXT,
    Digits,
    Pooled,
    Vector,
    day_column,
    flag_column,
    pooled,
)

_KINDS: dict[object, str] = {str: TEXT, int: INTEGER, bool: FLAG, type(EPOCH): DAY}
PEOPLE_A_CHUNK = 250
_FACTS_A_CHUNK = 20_000


class Column(Struct, frozen=True):
    """One column of a chunk of facts, as plain values."""

    name: str
    kind: str
    values: list[object]

    def plain(self) -> list[object]:
        """The values."""
        return self.values


def _kind(annotation: object) -> str:
    """The kind of a field; optional fields are of the kind of their value, nested ones are JSON."""
    if get_origin(annotation) in (Union, UnionType):
        annotation = next(each for each in get_args(annotation) if each is not type(None))
    return _KINDS.get(annotation, JSON)


def fact_columns(facts: list[SourceFact]) -> tuple[Column, ...]:
    """Facts of one kind as columns; native ids are left out, because nothing has been played yet."""
    hints = get_type_hints(type(facts[0]))
    columns = []
    for name in facts[0].__struct_fields__:
        if name in ("source_id", "deleted"):
            continue
        kind = _kind(hints[name])
        values: list[object] = [getattr(fact, name) for fact in facts]
        if kind == JSON:
            values = [msgspec.to_builtins(value) for value in values]
        columns.append(Column(name, kind, values))
    return tuple(columns)


def small_tables(firm: Firm) -> Iterator[tuple[str, Iterator[tuple[Column, ...]]]]:
    """Every entity but time entries, by name, in chunks: each record's last version before the horizon.

    Assignments and leave, which are many in a large firm, are made a chunk at a time, by company and key; the
    rest is sorted by business key.
    """
    latest: dict[tuple[str, str], SourceFact] = {}
    played = (fact for play in firm.rare_plays() for fact in play.facts)
    for fact in (*firm.master(), *played):
        key = (type(fact).__name__, fact.bk)
        if key not in latest or latest[key].ver < fact.ver:
            latest[key] = fact
    kinds: dict[str, list[SourceFact]] = {}
    for (kind, _), fact in sorted(latest.items()):
        kinds.setdefault(kind, []).append(fact)
    latest.clear()
    tables = {kind: iter([fact_columns(facts)]) for kind, facts in kinds.items()}
    tables["Assignment"] = _chunked(assignment_facts(firm))
    if firm.profile.all_methods:
        tables["Absence"] = _chunked(absence_facts(firm))
    yield from sorted(tables.items())


def assignment_facts(firm: Firm) -> Iterator[SourceFact]:
    """Every assignment that is entered before the horizon."""
    for office in firm.offices:
        entered = np.flatnonzero(office.assignments.staffing.recorded_ms < office.world.horizon_ms)
        for play in office.assignments.plays(entered):
            yield from play.facts


def absence_facts(firm: Firm) -> Iterator[SourceFact]:
    """All leave that is asked for before the horizon."""
    for office in firm.offices:
        asked = np.flatnonzero(office.leave.at_ms < office.world.horizon_ms)
        for play in absence_plays(office.world, office.leave, asked):
            yield from play.facts


def _chunked(facts: Iterator[SourceFact]) -> Iterator[tuple[Column, ...]]:
    while chunk := list(islice(facts, _FACTS_A_CHUNK)):
        yield fact_columns(chunk)


def time_entry_chunks(firm: Firm, people_a_chunk: int = PEOPLE_A_CHUNK) -> Iterator[tuple[Vector, ...]]:
    """Every version of every time entry as it stands at the horizon, by company, person, day and version."""
    for office in firm.offices:
        for sheets in office.sheet_chunks(people_a_chunk):
            if len(sheets.entries.day):
                yield _Versions(office, sheets).columns(office.assignments)


class _Versions:
    """The versions of some people's entries, one row each."""

    def __init__(self, office: Office, sheets: TimeSheets) -> None:
        entries, cards, horizon_ms = sheets.entries, sheets.cards, office.world.horizon_ms
        place = np.searchsorted(cards.number, entries.card)
        first = np.flatnonzero(cards.submitted_ms[place] < horizon_ms)
        second = np.flatnonzero((cards.corrected_ms[place] > 0) & (cards.corrected_ms[place] < horizon_ms))
        row = np.concatenate((first, second))
        ver = np.repeat(np.array((1, 2), dtype=np.int64), (len(first), len(second)))
        order = np.argsort(2 * row + ver, kind="stable")
        self._world, self._sheets = office.world, sheets
        self._row, self._ver = row[order], ver[order]
        self._place = place[self._row]
        self._replaced = self._ver == 2

    def _hours_e2(self) -> I64:
        entries, cards = self._sheets.entries, self._sheets.cards
        resubmitted = cards.resubmitted_ms[self._place]
        as_rejected = (resubmitted > 0) & (resubmitted >= self._world.horizon_ms)
        hours = np.where(as_rejected, entries.rejected_hours_e2[self._row], entries.hours_e2[self._row])
        return np.where(self._replaced, entries.corrected_hours_e2[self._row], hours)

    def _instants(self) -> tuple[I64, I64, I64]:
        """Submission, approval (0 for none) and state: 0 submitted, 1 rejected, 2 approved."""
        cards, place, horizon_ms = self._sheets.cards, self._place, self._world.horizon_ms
        again = (cards.resubmitted_ms[place] > 0) & (cards.resubmitted_ms[place] < horizon_ms)
        submitted = np.where(again, cards.resubmitted_ms[place], cards.submitted_ms[place])
        submitted = np.where(self._replaced, cards.corrected_ms[place], submitted)
        approved = np.where(self._replaced, cards.correction_approved_ms[place], cards.approved_ms[place])
        approved = np.where(approved < horizon_ms, approved, 0)
        rejected = (cards.rejected_ms[place] > 0) & (cards.rejected_ms[place] < horizon_ms) & ~again
        state = np.where(approved > 0, 2, np.where(rejected & ~self._replaced, 1, 0))
        return submitted, approved, state

    def _notes(self, card: I64, day: I64) -> I64:
        ident = card_person(card) << 23 | day << 3 | card % 10
        return self._world.streams("entry.note").belows(ident, len(NOTES))

    def columns(self, view: AssignmentView) -> tuple[Vector, ...]:
        """The rows as columns."""
        people, branch = self._world.people, self._world.profile.branch
        card, day = self._sheets.entries.card[self._row], self._sheets.entries.day[self._row]
        code = self._sheets.cards.assignment[self._place]
        submitted, approved, state = self._instants()
        first = Digits(branch.card_base + card, CARD_DIGITS)
        now = Digits(branch.card_base + card + REPLACEMENT * self._replaced, CARD_DIGITS)
        weekday = Pooled((day + 3) % 7, DAY_NAMES)
        manager = self._world.manager[card_person(card)]
        pending = approved == 0
        return (
            Vector("bk", TEXT, (f"TE|{CARD_PREFIX}", first, "|", weekday)),
            Vector("ver", INTEGER, (Digits(self._ver),)),
            Vector("card", TEXT, (CARD_PREFIX, now)),
            Vector("replaces", TEXT, (CARD_PREFIX, first), ~self._replaced),
            pooled("resource", card_person(card), lambda index: people[index].bk),
            pooled("assignment", branch.assignment_base + code, assignment_bk),
            pooled("task", code, lambda each: view.task_of(each)[0]),
            day_column("work_date", day),
            Vector("hours_e2", INTEGER, (Digits(self._hours_e2()),)),
            Vector("time_type", TEXT, (Pooled(card % 10, TIME_TYPES),)),
            flag_column("billable", code % 2 == 0),
            Vector("note", TEXT, (Pooled(self._notes(card, day), NOTES),)),
            Vector("status", TEXT, (Pooled(state, ("SUBMITTED", "REJECTED", "APPROVED")),)),
            Vector("submitted_at_ms", INTEGER, (Digits(submitted),)),
            Vector("approved_at_ms", INTEGER, (Digits(approved),), pending),
            pooled("approved_by", manager, lambda index: people[index].bk, pending),
        )
