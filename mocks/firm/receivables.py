"""On which runs a contract is certainly billed: what a customer can be expected to pay.

Time that is never put right, accepted milestones and schedule rows leave something open on the invoice of
the run that takes them. Anything else may be credited, or come to nothing, and is not counted on.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import date
from itertools import count

import numpy as np

from mocks.firm.days import day_number, first_of_next_month, month_ends, to_date
from mocks.firm.deals import Deal, DealLine
from mocks.firm.fixed_fee import accepted_ms, steps_of
from mocks.firm.tallies import Tallies
from mocks.firm.world import World

_EXTRA_DAY = 15


class Runs:
    """The billing dates inside the calendar, and their cut-offs, by frequency."""

    def __init__(self, world: World) -> None:
        ends = month_ends(world.profile.start, world.profile.months)
        monthly = [day_number(end) for end in ends]
        every = sorted((*monthly, *(day_number(end.replace(day=_EXTRA_DAY)) for end in ends)))
        self._days = (monthly, every)
        self._cutoffs_ms = tuple(
            [world.calendar.midnight_after_ms(day) for day in days] for days in self._days
        )

    def days(self, deal: Deal) -> list[int]:
        """The billing dates of a contract."""
        return self._days[deal.every_run]

    def cutoffs_ms(self, deal: Deal) -> list[int]:
        """When each of its runs closes."""
        return self._cutoffs_ms[deal.every_run]


def billed_days(world: World, deal: Deal, runs: Runs, tallies: Tallies) -> list[int]:
    """The billing dates on which a contract is certainly invoiced."""
    days, cutoffs = runs.days(deal), runs.cutoffs_ms(deal)
    places = set(np.flatnonzero(tallies.sure_cards[deal.index]).tolist())
    for line in deal.lines:
        if line.method == "FF":
            steps = steps_of(world, deal, line)
            places |= {bisect_right(cutoffs, accepted_ms(world, deal, step)) for step in steps}
        elif line.method == "RET":
            active = bisect_right(cutoffs, deal.steps.active_ms)
            due = _due_days(world, deal, line)
            places |= {max(active, bisect_left(days, day)) for day in due}
    return [days[place] for place in sorted(places) if place < len(days)]


def _due_days(world: World, deal: Deal, line: DealLine) -> Iterator[int]:
    """When the schedule rows of a retainer fall due, until the end of the calendar."""
    assert line.retainer is not None
    start: date = to_date(deal.first_day).replace(day=1)
    for row in count():
        first = day_number(first_of_next_month(start, row * line.retainer.advance_months))
        if first >= min(world.end, deal.end_day):
            return
        yield max(deal.first_day, first)
