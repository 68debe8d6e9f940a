"""Parts of a firm made alone: a month, a person, a contract, with the same rows as the whole has.

Every draw is a function of its entity, so a part needs the small tables and nothing else. Time is
handled in whole weeks, because a card's fate is that of its week; days are cut afterwards.
"""

from collections.abc import Iterator
from dataclasses import fields

import numpy as np

from mocks.firm.cards import Cards, Entries, TimeSheets, time_sheets_of
from mocks.firm.days import monday_of
from mocks.firm.deals import Deal
from mocks.firm.fixed_fee import completion_plays, estimate_plays, first_booked_line, milestone_plays
from mocks.firm.hashing import I64, Bools
from mocks.firm.office import Office
from mocks.firm.payments import payment_plays
from mocks.firm.plays import Play, play_key
from mocks.firm.sales import deal_plays
from mocks.firm.tallies import line_of_cards, tally
from mocks.firm.world import World

_PEOPLE_A_CHUNK = 2_000


def whole_weeks(world: World, first: int, end: int) -> I64:
    """The days first..end-1 with the rest of their weeks, as far as the calendar reaches."""
    low = max(world.first, monday_of(first))
    high = min(world.end, monday_of(end - 1) + 7)
    return np.arange(low, max(low, high), dtype=np.int64)


def sheets_between(office: Office, first: int, end: int) -> Iterator[TimeSheets]:
    """The entries of some days, and their cards, a chunk of people at a time."""
    days = whole_weeks(office.world, first, end)
    if len(days) == 0:
        return
    for sheets in office.sheet_chunks(_PEOPLE_A_CHUNK, days):
        yield cut(sheets, (sheets.entries.day >= first) & (sheets.entries.day < end))


def cut(sheets: TimeSheets, keep: Bools) -> TimeSheets:
    """Some of the entries, and the cards that they stand on."""
    entries = Entries(*(getattr(sheets.entries, f.name)[keep] for f in fields(Entries)))
    mine = np.isin(sheets.cards.number, entries.card)
    return TimeSheets(entries, Cards(*(getattr(sheets.cards, f.name)[mine] for f in fields(Cards))))


def contract_sheets(office: Office, deal: Deal) -> TimeSheets:
    """The time that is ever written on one contract."""
    world = office.world
    blocks = np.flatnonzero(world.lines.deal[world.blocks.line] == deal.index)
    who = np.unique(world.blocks.person[blocks])
    first, end = world.first, world.first + 1
    if len(who):
        first, end = int(world.blocks.start[blocks].min()), int(world.blocks.end[blocks].max())
    days = whole_weeks(world, first, end)
    sheets = time_sheets_of(world, who, days)
    mine = world.lines.deal[line_of_cards(world, sheets.cards.assignment)] == deal.index
    return cut(sheets, mine[np.searchsorted(sheets.cards.number, sheets.entries.card)])


def contract_plays(office: Office, deal: Deal) -> list[Play]:
    """Everything that happens on one contract before the last close, in order."""
    world, sheets = office.world, contract_sheets(office, deal)
    blocks = np.flatnonzero(world.lines.deal[world.blocks.line] == deal.index)
    plays = [*deal_plays(world, deal), *office.assignments.plays(blocks)]
    sums = tally(world, sheets)
    if world.profile.all_methods:
        low_place = first_booked_line(world, lambda place, on: _booked_e2(office, place, on))
        plays.extend(milestone_plays(world, (deal,)))
        plays.extend(estimate_plays(world, sums.booked_e2, low_place, (deal,)))
        plays.extend(completion_plays(world, (deal,)))
    plays = [play for play in plays if play.at_ms < world.horizon_ms]
    plays.extend(payment_plays(world, sums, (deal,)))
    plays.extend(office.timecards(sheets).plays())
    return sorted(plays, key=play_key)


def _booked_e2(office: Office, place: int, deal: Deal) -> int:
    return int(tally(office.world, contract_sheets(office, deal)).booked_e2[place])
