"""Closed periods of each entity, and sums that run from one close to the next (finance 0.5).

Whatever a close looks at, an entry, an invoice line, a pending credit, counts from one close up to
another. So each is written down once, at its two ends, and read off as a running sum: linear in the
facts however many months a history has.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from itertools import accumulate

from msgspec import Struct

from mocks.firm.facts.source import LegalEntity
from scenarios.oracle.calendars import period_end
from scenarios.oracle.versions import Sources


class Closing(Struct, frozen=True, kw_only=True):
    """One period of one entity whose close has come."""

    period: str
    end: date
    close_ms: int


@dataclass(frozen=True, slots=True)
class ClosedCalendar:
    """An entity's closed periods in order."""

    entity: LegalEntity
    closings: tuple[Closing, ...]
    ends: tuple[date, ...]
    closes: tuple[int, ...]

    def first_ending(self, day: date) -> int:
        """The first close whose period ends on the day or later."""
        return bisect_left(self.ends, day)

    def first_after(self, at_ms: int) -> int:
        """The first close that comes after an instant: what happened then is known to it."""
        return bisect_right(self.closes, at_ms)

    def span(self, day: date, known_ms: int, superseded_ms: int | None) -> tuple[int, int]:
        """From which close on, and before which, a fact of a day counts as known and current."""
        start = max(bisect_left(self.ends, day), bisect_right(self.closes, known_ms))
        stop = len(self.closes) if superseded_ms is None else bisect_right(self.closes, superseded_ms)
        return start, stop

    def of_period(self, period: str) -> Closing | None:
        """The close of a period, if it has come."""
        return next((closing for closing in self.closings if closing.period == period), None)


def closed_calendar(entity: LegalEntity, now_ms: int) -> ClosedCalendar:
    """The entity's periods that were closed by now."""
    rows = sorted(row.period for row in entity.close_calendar if row.close_at_ms <= now_ms)
    instants = {row.period: row.close_at_ms for row in entity.close_calendar}
    closings = tuple(
        Closing(period=period, end=period_end(period), close_ms=instants[period]) for period in rows
    )
    return ClosedCalendar(
        entity, closings, tuple(row.end for row in closings), tuple(row.close_ms for row in closings)
    )


def closed_calendars(sources: Sources, now_ms: int) -> dict[str, ClosedCalendar]:
    """Every entity's closed periods, by LE bk."""
    return {
        bk: closed_calendar(entity, now_ms)
        for bk in sorted(sources.entities)
        if (entity := sources.entity(bk)) is not None
    }


def _steps() -> defaultdict[int, int]:
    return defaultdict(int)


class Tally:
    """Sums by key that change at closes."""

    __slots__ = ("_steps",)

    def __init__(self) -> None:
        factory: Callable[[], defaultdict[int, int]] = _steps
        self._steps: defaultdict[str, defaultdict[int, int]] = defaultdict(factory)

    def add(self, key: str, start: int, stop: int, amount: int) -> None:
        """Count an amount from one close up to, not including, another."""
        if start < stop:
            steps = self._steps[key]
            steps[start] += amount
            steps[stop] -= amount

    def series(self, key: str, length: int) -> list[int]:
        """The key's sum at each of the first closes."""
        steps = self._steps.get(key)
        if steps is None:
            return [0] * length
        return list(accumulate(steps.get(index, 0) for index in range(length)))
