"""What the rest of a firm has to know of its time sheets, added up a chunk of people at a time.

Estimates follow from hours booked, payments from what was approved before which billing run. These sums are
small, and adding is all they need: no more than one chunk of time sheets is in memory for them.
"""

from dataclasses import dataclass, fields

import numpy as np

from mocks.firm.cards import TimeSheets, next_cutoff_ms
from mocks.firm.days import day_number, month_ends
from mocks.firm.hashing import I64
from mocks.firm.staffing import CODES_PER_PERSON
from mocks.firm.world import World

# places in Tallies.counted
HANDED_IN, ENTRIES, REJECTED, CORRECTED, CREDITS = range(5)


@dataclass(frozen=True, eq=False)
class Tallies:
    """Sums over time sheets; the sums of two sets of people add up."""

    booked_e2: I64  # by contract line: hours ever booked on its progress tasks, at their highest
    billable_cards: I64  # by deal and month of approval
    sure_cards: I64  # by deal and place among its billing cut-offs: hourly cards that are never put right
    counted: I64

    def plus(self, other: "Tallies") -> "Tallies":
        """Both together."""
        return Tallies(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


def line_of_cards(world: World, assignment: I64) -> I64:
    """The place in the line table of each assignment code."""
    block = world.blocks.offsets[assignment // CODES_PER_PERSON - 1] + assignment % CODES_PER_PERSON // 2
    return np.asarray(world.blocks.line[block])


def tally(world: World, sheets: TimeSheets) -> Tallies:
    """The sums of some time sheets."""
    entries, cards = sheets.entries, sheets.cards
    line = line_of_cards(world, cards.assignment)
    place = np.searchsorted(cards.number, entries.card)
    billable = cards.assignment % 2 == 0
    highest = np.maximum(entries.hours_e2, entries.corrected_hours_e2) * billable[place]
    booked = np.bincount(line[place], weights=highest, minlength=len(world.lines.deal))
    hourly = billable & (world.lines.method[line] == 0)
    handed_in = cards.submitted_ms < world.horizon_ms
    locked = next_cutoff_ms(world, line, cards.approved_ms) <= cards.correction_approved_ms
    locked &= (cards.correction_approved_ms < world.horizon_ms) & hourly
    changed = (entries.corrected_hours_e2 >= 0) & (entries.corrected_hours_e2 != entries.hours_e2)
    counted = (
        handed_in.sum(),
        handed_in[place].sum(),
        (handed_in & (cards.rejected_ms > 0)).sum(),
        (handed_in & (cards.corrected_ms > 0)).sum(),
        (locked[place] & changed).sum(),
    )
    sure = hourly & (cards.corrected_ms == 0)
    return Tallies(
        booked_e2=booked.astype(np.int64),  # whole numbers far below 2**53: exact
        billable_cards=_by_month(world, line[billable], cards.approved_ms[billable]),
        sure_cards=_by_run(world, line[sure], cards.approved_ms[sure]),
        counted=np.array(counted, dtype=np.int64),
    )


def _cutoffs_ms(world: World) -> tuple[I64, I64]:
    """The billing cut-offs of the calendar's months, and those with the middles of the months."""
    ends = month_ends(world.profile.start, world.profile.months)
    monthly = [world.calendar.midnight_after_ms(day_number(end)) for end in ends]
    middles = [world.calendar.midnight_after_ms(day_number(end.replace(day=15))) for end in ends]
    return np.array(monthly, dtype=np.int64), np.array(sorted(monthly + middles), dtype=np.int64)


def _counts(deal: I64, place: I64, deals: int, places: int) -> I64:
    return np.bincount(deal * places + place, minlength=deals * places).reshape(deals, places)


def _by_month(world: World, line: I64, approved_ms: I64) -> I64:
    monthly, _ = _cutoffs_ms(world)
    month = np.searchsorted(monthly, approved_ms, side="right")
    return _counts(world.lines.deal[line], month, len(world.deals), len(monthly) + 1)[:, :-1]


def _by_run(world: World, line: I64, approved_ms: I64) -> I64:
    monthly, every = _cutoffs_ms(world)
    place = np.where(
        world.lines.every_run[line] > 0,
        np.searchsorted(every, approved_ms, side="right"),
        np.searchsorted(monthly, approved_ms, side="right"),
    )
    return _counts(world.lines.deal[line], place, len(world.deals), len(every) + 1)
