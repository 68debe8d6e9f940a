"""On which runs a contract is certainly billed: what a customer can be expected to pay.

Time that is never put right, accepted milestones and schedule rows leave something open on the invoice of
the run that takes them. Anything else may be credited, or come to nothing, and is not counted on.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import date
from itertools import count

import numpy as np

from mocks.firm.cards import Cards
from mocks.firm.days import day_number, first_of_next_month, month_ends, to_date
from mocks.firm.deals import Deal, DealLine
from mocks.firm.fixed_fee import accepted_ms, steps_of
from mocks.firm.hashing import I64
from mocks.firm.staffing import CODES_PER_PERSON
from mocks.firm.world import World

_EXTRA_DAY = 15


def run_days(world: World, deal: Deal) -> list[int]:
    """The billing dates of a contract inside the calendar."""
    ends = month_ends(world.profile.start, world.profile.months)
    days = [day_number(end) for end in ends]
    if deal.every_run:
        days.extend(day_number(end.replace(day=_EXTRA_DAY)) for end in ends)
    return sorted(days)


def card_lines(world: World, assignment: I64) -> I64:
    """The place in the line table of each assignment code."""
    block = world.blocks.offsets[assignment // CODES_PER_PERSON - 1] + assignment % CODES_PER_PERSON // 2
    return np.asarray(world.blocks.line[block])


def billed_days(world: World, cards: Cards) -> dict[int, list[int]]:
    """By deal: the billing dates on which it is certainly invoiced."""
    found: dict[int, list[int]] = {}
    hours = _approved_ms(world, cards)
    for deal in world.deals:
        if not deal.won:
            continue
        runs = run_days(world, deal)
        cutoffs = [world.calendar.midnight_after_ms(day) for day in runs]
        places = {bisect_right(cutoffs, at_ms) for at_ms in hours.get(deal.index, ())}
        for line in deal.lines:
            if line.method == "FF":
                steps = steps_of(world, deal, line)
                places |= {bisect_right(cutoffs, accepted_ms(world, deal, step)) for step in steps}
            elif line.method == "RET":
                active = bisect_right(cutoffs, deal.steps.active_ms)
                due = _due_days(world, deal, line)
                places |= {max(active, bisect_left(runs, day)) for day in due}
        found[deal.index] = [runs[place] for place in sorted(places) if place < len(runs)]
    return found


def _approved_ms(world: World, cards: Cards) -> dict[int, list[int]]:
    """By deal: when time was approved that is billed by the hour and never put right."""
    line = card_lines(world, cards.assignment)
    keep = (cards.assignment % 2 == 0) & (world.lines.method[line] == 0) & (cards.corrected_ms == 0)
    deal, at_ms = world.lines.deal[line[keep]], cards.approved_ms[keep]
    pairs = np.unique(np.stack((deal, at_ms), axis=1), axis=0)
    found: dict[int, list[int]] = {}
    for each, instant in pairs.tolist():
        found.setdefault(each, []).append(instant)
    return found


def _due_days(world: World, deal: Deal, line: DealLine) -> Iterator[int]:
    """When the schedule rows of a retainer fall due, until the end of the calendar."""
    assert line.retainer is not None
    start: date = to_date(deal.first_day).replace(day=1)
    for row in count():
        first = day_number(first_of_next_month(start, row * line.retainer.advance_months))
        if first >= min(world.end, deal.end_day):
            return
        yield max(deal.first_day, first)
