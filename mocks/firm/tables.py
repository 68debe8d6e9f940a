"""The firm's records as columns in chunks, for export.

Small entities come from their facts, time entries straight from the columns.
"""

from collections.abc import Callable, Iterator
from types import UnionType
from typing import Union, get_args, get_origin, get_type_hints

import msgspec
import numpy as np
from msgspec import Struct

from mocks.firm.assignments import AssignmentView, assignment_bk
from mocks.firm.cards import REPLACEMENT, TimeSheets, card_person
from mocks.firm.days import EPOCH
from mocks.firm.facts.source import SourceFact
from mocks.firm.firm import Firm
from mocks.firm.hashing import I64
from mocks.firm.hours import TIME_TYPES
from mocks.firm.office import Office
from mocks.firm.timecards import DAY_NAMES, card_name

TEXT, INTEGER, DAY, FLAG, JSON = "text", "integer", "day", "flag", "json"
_KINDS: dict[object, str] = {str: TEXT, int: INTEGER, bool: FLAG, type(EPOCH): DAY}
PEOPLE_A_CHUNK = 250


class Column(Struct, frozen=True):
    """One column of a chunk: plain values, or places in a pool of texts."""

    name: str
    kind: str
    values: list[object]
    pool: tuple[str, ...] | None = None

    def plain(self) -> list[object]:
        """The values, looked up where they stand in a pool."""
        if self.pool is None:
            return self.values
        pool = self.pool
        return [pool[place] if isinstance(place, int) else None for place in self.values]


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


def small_tables(firm: Firm) -> Iterator[tuple[str, tuple[Column, ...]]]:
    """Every entity but time entries: each record's last version before the horizon, by business key."""
    latest: dict[tuple[str, str], SourceFact] = {}
    played = (fact for play in firm.few_plays() for fact in play.facts)
    for fact in (*firm.master(), *played):
        key = (type(fact).__name__, fact.bk)
        if key not in latest or latest[key].ver < fact.ver:
            latest[key] = fact
    kinds: dict[str, list[SourceFact]] = {}
    for (kind, _), fact in sorted(latest.items()):
        kinds.setdefault(kind, []).append(fact)
    for kind, facts in kinds.items():
        yield kind, fact_columns(facts)


def time_entry_chunks(firm: Firm, people_a_chunk: int = PEOPLE_A_CHUNK) -> Iterator[tuple[Column, ...]]:
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
        order = np.lexsort((ver, row))
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

    def columns(self, view: AssignmentView) -> tuple[Column, ...]:
        """The rows as columns."""
        people = self._world.people
        card = self._sheets.entries.card[self._row]
        day = self._sheets.entries.day[self._row]
        code = self._sheets.cards.assignment[self._place]
        submitted, approved, state = self._instants()
        manager = self._world.manager[card_person(card)]
        branch = self._world.profile.branch
        weekday = ((day + 3) % 7).tolist()
        keys: list[object] = [
            f"TE|{card_name(branch.card_base + number)}|{DAY_NAMES[on]}"
            for number, on in zip(card.tolist(), weekday, strict=True)
        ]
        return (
            Column("bk", TEXT, keys),
            Column("ver", INTEGER, self._ver.tolist()),
            _pooled("card", branch.card_base + card + REPLACEMENT * self._replaced, card_name),
            _pooled(
                "replaces",
                np.where(self._replaced, branch.card_base + card, -1),
                lambda n: card_name(n) if n >= 0 else None,
            ),
            _pooled("resource", card_person(card), lambda index: people[index].bk),
            _pooled("assignment", branch.assignment_base + code, assignment_bk),
            _pooled("task", code, lambda each: view.task_of(each)[0]),
            Column("work_date", DAY, day.astype("datetime64[D]").astype(object).tolist()),
            Column("hours_e2", INTEGER, self._hours_e2().tolist()),
            _pooled("time_type", card % 10, lambda slot: TIME_TYPES[slot]),
            Column("billable", FLAG, (code % 2 == 0).tolist()),
            _pooled("status", state, lambda each: ("SUBMITTED", "REJECTED", "APPROVED")[each]),
            Column("submitted_at_ms", INTEGER, submitted.tolist()),
            Column("approved_at_ms", INTEGER, [ms or None for ms in approved.tolist()]),
            _pooled(
                "approved_by",
                np.where(approved > 0, manager, -1),
                lambda index: people[index].bk if index >= 0 else None,
            ),
        )


def _pooled(name: str, codes: I64, text_of: Callable[[int], str | None]) -> Column:
    """A text column from codes, each distinct text written once."""
    distinct, place = np.unique(codes, return_inverse=True)
    texts = [text_of(code) for code in distinct.tolist()]
    places: list[object] = place.tolist()
    if None in texts:
        places = [None if texts[at] is None else at for at in place.tolist()]
    return Column(name, TEXT, places, tuple(text or "" for text in texts))
