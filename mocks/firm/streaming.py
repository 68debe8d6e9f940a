"""The calendar of a large firm some days at a time: the same plays in the same order, in bounded memory.

A week's time sheets are made when the week begins and let go when their last step has been played. All
other plays are made from their tables for the window that is asked for, and forgotten.
"""

from collections.abc import Iterable, Iterator
from functools import cached_property

import numpy as np
from msgspec import Struct

from mocks.firm.absences import absence_plays
from mocks.firm.days import DAY_SECONDS, monday_of
from mocks.firm.fixed_fee import completion_plays, estimate_plays, milestone_plays
from mocks.firm.hashing import I64
from mocks.firm.office import Office, joined, moves
from mocks.firm.payments import payment_plays
from mocks.firm.payroll import payroll_plays, run_instants_ms
from mocks.firm.plays import Play, play_key
from mocks.firm.sales import deal_plays
from mocks.firm.slices import sheets_between
from mocks.firm.timecards import TimecardView

_DAY_MS = DAY_SECONDS * 1000
_WEEK_MS = 7 * _DAY_MS
# A card that is late, rejected, approved slowly and put right in the month after is done by then.
_WEEKS_IN_FLIGHT = 22


class Window(Struct, frozen=True):
    """The plays of some days, from `from_ms` until before `to_ms`, in order."""

    from_ms: int
    to_ms: int
    plays: tuple[Play, ...]


class _Steps:
    """The steps of one week's cards, in order; `taken` counts those that were played."""

    def __init__(self, view: TimecardView) -> None:
        self.view = view
        self.at_ms, self.number, self.row, self.step = view.steps()
        self.taken = 0

    def before(self, to_ms: int) -> I64:
        """The places of the next steps, up to an instant."""
        low, self.taken = self.taken, int(np.searchsorted(self.at_ms, to_ms))
        return np.arange(low, self.taken)

    def skip(self, to_ms: int) -> None:
        """Leave out what happened before an instant."""
        self.taken = int(np.searchsorted(self.at_ms, to_ms))

    @property
    def done(self) -> bool:
        """Whether nothing is left."""
        return self.taken == len(self.at_ms)


class Stream:
    """One company's plays from an instant on, window by window; `under_way` if there were plays before."""

    def __init__(self, office: Office, from_ms: int, under_way: bool) -> None:
        self._office = office
        self._live: list[_Steps] = []
        self._monday = monday_of(from_ms // _DAY_MS)  # of the next week of work to take up
        if under_way:
            self._take_up(from_ms)
        deals = office.world.deals
        self._deal_first = np.array([_instants(deal.steps)[0] for deal in deals], dtype=np.int64)
        self._deal_last = np.array([_instants(deal.steps)[1] for deal in deals], dtype=np.int64)

    def _take_up(self, from_ms: int) -> None:
        """The weeks of work whose cards may still be under way at an instant."""
        this_monday = self._monday
        self._monday -= 7 * _WEEKS_IN_FLIGHT
        while self._monday <= this_monday:
            self._begin_week()
            for steps in self._live:
                steps.skip(from_ms)
            self._live = [steps for steps in self._live if not steps.done]

    def _begin_week(self) -> None:
        office = self._office
        low, high = max(self._monday, office.world.first), min(self._monday + 7, office.world.end)
        if low < high:
            sheets = joined(sheets_between(office, low, high))
            self._live.append(_Steps(office.timecards(sheets)))
        self._monday += 7

    def window(self, from_ms: int, to_ms: int) -> list[Play]:
        """The plays from one instant to another within a week, in order."""
        if self._monday * _DAY_MS <= from_ms:
            self._begin_week()
        cards = self._card_plays(to_ms)
        self._live = [steps for steps in self._live if not steps.done]
        horizon_ms = self._office.world.horizon_ms
        few = (play for play in self._few(from_ms, min(to_ms, horizon_ms)) if play.at_ms >= from_ms)
        return sorted((*few, *cards), key=play_key)

    def _card_plays(self, to_ms: int) -> Iterator[Play]:
        places = [steps.before(to_ms) for steps in self._live]
        source = np.repeat(np.arange(len(places)), [len(each) for each in places])
        if len(source) == 0:
            return
        place = np.concatenate(places)

        def column(name: str) -> I64:
            parts = [getattr(s, name)[each] for s, each in zip(self._live, places, strict=True)]
            return np.concatenate(parts)

        order = np.lexsort((column("step"), column("number"), column("at_ms")))
        live = tuple(self._live)
        for each in order.tolist():
            steps = live[source[each]]
            at = place[each]
            yield steps.view.play(int(steps.row[at]), int(steps.step[at]))

    def _few(self, from_ms: int, to_ms: int) -> Iterator[Play]:
        """Everything but time sheets that falls before an instant, and perhaps some earlier plays."""
        office, world = self._office, self._office.world
        yield from _before(to_ms, self._rare)
        for index in np.flatnonzero((self._deal_first < to_ms) & (self._deal_last >= from_ms)).tolist():
            yield from _before(to_ms, deal_plays(world, world.deals[index]))
        entered = office.assignments.staffing.recorded_ms
        yield from office.assignments.plays(np.flatnonzero((entered >= from_ms) & (entered < to_ms)))
        if office.profile.all_methods:
            asked = office.leave.at_ms
            rows = np.flatnonzero((asked >= from_ms) & (asked < to_ms))
            yield from absence_plays(world, office.leave, rows)
            runs = enumerate(run_instants_ms(world))
            yield from payroll_plays(world, (month for month, at in runs if from_ms <= at < to_ms))

    @cached_property
    def _rare(self) -> list[Play]:
        """Plays that are few even in a large firm."""
        office, world = self._office, self._office.world
        plays = [*moves(world), *payment_plays(world, office.tallies)]
        if office.profile.all_methods:
            plays.extend(milestone_plays(world))
            plays.extend(estimate_plays(world, office.tallies.booked_e2, office.low_place))
            plays.extend(completion_plays(world))
        return plays


def _before(to_ms: int, plays: Iterable[Play]) -> Iterator[Play]:
    return (play for play in plays if play.at_ms < to_ms)


def _instants(steps: Struct) -> tuple[int, int]:
    """The first and the last instant of a deal, one second later for the quote that is sent last."""
    values = [getattr(steps, name) for name in steps.__struct_fields__]
    return min(values), max(values) + 1_000


def windows(
    offices: tuple[Office, ...], days: int, from_ms: int | None = None, to_ms: int | None = None
) -> Iterator[Window]:
    """The calendar of all companies, some days of a week at a time, from one instant to another."""
    if not 1 <= days <= 7:
        raise ValueError(f"A window of {days} days cannot be made: choose from 1 to 7 days.")
    # a day early, because companies east of Greenwich start before it
    begin_ms = (min(office.world.first for office in offices) - 1) * _DAY_MS
    end_ms = max(office.world.horizon_ms for office in offices)
    low_ms = begin_ms if from_ms is None else max(from_ms, begin_ms)
    high_ms = end_ms if to_ms is None else min(to_ms, end_ms)
    streams = [Stream(office, low_ms, low_ms > begin_ms) for office in offices]
    while low_ms < high_ms:
        day = low_ms // _DAY_MS
        until_ms = min(high_ms, monday_of(day) * _DAY_MS + _WEEK_MS, (day + days) * _DAY_MS)
        plays = [play for stream in streams for play in stream.window(low_ms, until_ms)]
        yield Window(low_ms, until_ms, tuple(sorted(plays, key=play_key)))
        low_ms = until_ms
