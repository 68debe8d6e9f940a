"""Observed or played facts, with time entries kept in columns: a large firm has millions of their versions.

The cells of one card that one person changed at once differ in day, hours and note alone. They share one
head; what differs stands in columns, and an entry is made whole again when somebody looks at it.
"""

import sys
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date

import numpy as np
from msgspec import structs

from mocks.firm.facts.source import SourceFact, TimeEntry

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_WEEKDAY = {f"{mark}{day}": place for place, day in enumerate(_DAYS) for mark in "|#"}
_NO_DAY = date.min
_INSTANTS = ("submitted_at_ms", "approved_at_ms")
_NAMES = (
    "bk",
    "source_id",
    "resource",
    "assignment",
    "task",
    "card",
    "approved_by",
    "replaces",
    "time_type",
    "status",
)


class TimeLog:
    """Versions of time entries in the order in which they came."""

    def __init__(self) -> None:
        self.heads: list[TimeEntry] = []
        self._of = array("i")  # place of the head
        self._weekdays = array("B")
        self._days = array("i")
        self._hours_e2 = array("q")
        self._notes = array("i")
        self._note_places: dict[str, int] = {}
        self._note_texts: list[str] = []
        self._dates: dict[int, date] = {}
        self._amounts: dict[int, int] = {}  # hours, each number once however many entries have it

    def __len__(self) -> int:
        return len(self._of)

    def append(self, fact: TimeEntry) -> bool:
        """Take a version up; False where its keys are not those of one day of one card."""
        stem, mark = fact.bk[:-4], fact.bk[-4:]
        weekday = _WEEKDAY.get(mark)
        source = fact.source_id
        if weekday is None or mark[0] != "|" or (source and source[-4:] != f"#{mark[1:]}"):
            return False
        head = structs.replace(fact, bk=stem, source_id=source[:-4], work_date=_NO_DAY, hours_e2=0, note="")
        if not self.heads or head != self.heads[-1]:
            self.heads.append(_shared(head))
        self._of.append(len(self.heads) - 1)
        self._weekdays.append(weekday)
        day = fact.work_date.toordinal()
        self._dates.setdefault(day, fact.work_date)
        self._days.append(day)
        self._amounts.setdefault(fact.hours_e2, fact.hours_e2)
        self._hours_e2.append(fact.hours_e2)
        self._notes.append(self._note(fact.note))
        return True

    def _note(self, text: str) -> int:
        place = self._note_places.setdefault(text, len(self._note_texts))
        if place == len(self._note_texts):
            self._note_texts.append(text)
        return place

    def __getitem__(self, row: int) -> TimeEntry:
        head = self.heads[self._of[row]]
        day = _DAYS[self._weekdays[row]]
        return structs.replace(
            head,
            bk=f"{head.bk}|{day}",
            # documents and the book name it too: one text for all of them
            source_id=sys.intern(f"{head.source_id}#{day}") if head.source_id else "",
            work_date=self._dates[self._days[row]],
            hours_e2=self._amounts[self._hours_e2[row]],
            note=self._note_texts[self._notes[row]],
        )

    def __iter__(self) -> Iterator[TimeEntry]:
        return map(self.__getitem__, range(len(self._of)))

    def heads_of_rows(self) -> "np.ndarray[tuple[int], np.dtype[np.int32]]":
        """The place of the head of every row."""
        return np.array(self._of, dtype=np.int32)

    def weekdays_of_rows(self) -> "np.ndarray[tuple[int], np.dtype[np.uint8]]":
        """The weekday of every row, from Monday."""
        return np.array(self._weekdays, dtype=np.uint8)


def _shared(head: TimeEntry) -> TimeEntry:
    """The head with texts that many heads have in common kept once."""
    values: dict[str, object] = {
        name: sys.intern(text) for name in _NAMES if (text := getattr(head, name)) is not None
    }
    for name in _INSTANTS:  # the instant of the act is one of those that it leaves on the card
        if getattr(head, name) == head.recorded_at_ms:
            values[name] = head.recorded_at_ms
    return structs.replace(head, **values)


class FactLog:
    """Facts of all kinds as they come; time entries, of which there are most, stand in columns."""

    def __init__(self, facts: Iterable[SourceFact] = ()) -> None:
        self.others: list[SourceFact] = []  # every other kind, and time entries with unusual keys
        self.times = TimeLog()
        for fact in facts:
            self.append(fact)

    def append(self, fact: SourceFact) -> None:
        """Take a fact up."""
        if type(fact) is not TimeEntry or not self.times.append(fact):
            self.others.append(fact)

    def __len__(self) -> int:
        return len(self.others) + len(self.times)

    def __iter__(self) -> Iterator[SourceFact]:
        yield from self.others
        yield from self.times

    def __contains__(self, fact: object) -> bool:
        return any(one == fact for one in self)


class TimeHistories(Mapping[str, list[TimeEntry]]):
    """The versions of every time entry by its key, in the order in which they came, made when asked for."""

    def __init__(self, log: FactLog) -> None:
        self._times = log.times
        self._unusual: defaultdict[str, list[TimeEntry]] = defaultdict(list)
        for fact in log.others:
            if isinstance(fact, TimeEntry):
                self._unusual[fact.bk].append(fact)
        stems: dict[str, int] = {}
        chain_of_head = np.array(
            [stems.setdefault(head.bk, len(stems)) for head in self._times.heads] or [0], dtype=np.int64
        )
        self._stems = stems
        places = chain_of_head[self._times.heads_of_rows()] * 7 + self._times.weekdays_of_rows()
        # Rows of one entry beside one another, in the order in which they came.
        self._rows = np.argsort(places, kind="stable").astype(np.int32)
        self._starts = np.searchsorted(places[self._rows], np.arange(7 * len(stems) + 1)).astype(np.int32)
        self._only_unusual = [bk for bk in self._unusual if not self._usual(bk)]

    def _range(self, bk: str) -> tuple[int, int]:
        stem = self._stems.get(bk[:-4])
        weekday = _WEEKDAY.get(bk[-4:])
        if stem is None or weekday is None or bk[-4] != "|":
            return 0, 0
        place = 7 * stem + weekday
        return int(self._starts[place]), int(self._starts[place + 1])

    def _usual(self, bk: str) -> bool:
        low, high = self._range(bk)
        return low < high

    def _made(self, low: int, high: int) -> list[TimeEntry]:
        return [self._times[row] for row in self._rows[low:high].tolist()]

    def __getitem__(self, bk: str) -> list[TimeEntry]:
        low, high = self._range(bk)
        found = self._made(low, high) + self._unusual.get(bk, [])
        if not found:
            raise KeyError(bk)
        return found

    def __iter__(self) -> Iterator[str]:
        for stem, place in self._stems.items():
            for weekday, day in enumerate(_DAYS):
                if self._starts[7 * place + weekday] < self._starts[7 * place + weekday + 1]:
                    yield f"{stem}|{day}"
        yield from self._only_unusual

    def __len__(self) -> int:
        return int(np.count_nonzero(np.diff(self._starts))) + len(self._only_unusual)

    @property
    def heads(self) -> list[TimeEntry]:
        """What the cells of one card had in common, version by version; `bk` and `source_id` without day."""
        return self._times.heads

    def unusual(self) -> Iterator[TimeEntry]:
        """Versions that stand in no column."""
        for facts in self._unusual.values():
            yield from facts
