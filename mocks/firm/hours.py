"""Hours worked: for every person and day, which lines are written on the time sheet and how long they are.

Hours are drawn in quarters and then put on the contract's grid (quarters with a few odd values, or
tenths). The slots of a day are main project, second project, internal coordination, overtime and travel.
"""

from dataclasses import dataclass

import numpy as np

from mocks.firm.hashing import I64, Bools, weighted
from mocks.firm.latent import internal_quarters
from mocks.firm.world import World

MAIN, SECOND, INTERNAL, OVERTIME, TRAVEL = range(5)
SLOTS = 5
TIME_TYPES = ("REG", "REG", "REG", "OT", "TRAVEL")
_FRIDAY, _SATURDAY = 4, 5
_QUARTER_E2 = 25
# quarters worked on a day
_DAY_TOTAL = weighted(
    (28, 6), (30, 14), (31, 2), (32, 48), (33, 4), (34, 11), (36, 8), (38, 3), (40, 3), (44, 1)
)
_INTERNAL_PM = np.array((490, 490, 540, 620, 800, 950), dtype=np.int64)
_INTERNAL_QUARTERS = np.array(
    (
        (2, 4, 6, 7, 8, 10, 12, 16),
        (2, 4, 6, 7, 8, 10, 12, 16),
        (4, 6, 8, 9, 11, 12, 16, 20),
        (4, 8, 10, 12, 13, 14, 16, 20),
        (8, 10, 12, 14, 14, 16, 18, 24),
        (12, 14, 16, 18, 18, 20, 22, 24),
    ),
    dtype=np.int64,
)
_SECOND_DAY_PM = 520
# where weeks are told apart, focused ones and split ones: days with a second project, and with internal work
_SECOND_BY_WEEK_PM = np.array((150, 980), dtype=np.int64)
_INTERNAL_BY_WEEK_PM = np.array(
    ((260, 260, 320, 420, 640, 900), (950, 950, 955, 960, 970, 980)), dtype=np.int64
)
_SPLIT_SIXTEENTHS = np.array((11, 11, 11, 12, 14, 21), dtype=np.int64)  # internal work, shorter then
_SECOND_SIXTEENTHS = weighted((3, 2), (4, 3), (6, 2), (8, 4), (10, 1))
_OFF_GRID_E2 = np.array((-10, -5, 5, 10, 20), dtype=np.int64)
_AUGUST, _DECEMBER = 7, 11


@dataclass(frozen=True, eq=False)
class Cells:
    """One row for each person and day with work, ordered by person and day; blocks by index, -1 for none."""

    person: I64
    day: I64
    main: I64
    second: I64


@dataclass(frozen=True, eq=False)
class Hours:
    """One row for each line on a time sheet, ordered by person, day and slot."""

    person: I64
    day: I64
    slot: I64
    block: I64
    hours_e2: I64


def cells_of(world: World, who: I64, days: I64) -> Cells:
    """Those of some consecutive days, whole weeks of the calendar, on which some people work."""
    weekday = (days + 3) % 7
    main, second = _track_grid(world, who, 0, days), _track_grid(world, who, 1, days)
    benched = world.streams("hours.benched").hits(who[:, None] << 23 | days[None, :] // 14 << 3, 48)
    away_week, away_day = leave_of(world, who, days)
    away = away_week | benched | away_day
    off = world.short_week[who][:, None] & (weekday == _FRIDAY)[None, :]
    workday = world.calendar.is_workday[days - world.calendar.first]
    regular = workday[None, :] & ~off & ~away & ((main >= 0) | (second >= 0))
    saturday = (weekday == _SATURDAY)[None, :] & (main >= 0) & ~away_week & ~benched
    saturday &= (days[None, :] + 7 < world.until[who][:, None]) & ~world.short_week[who][:, None]
    saturday &= _week_hits(world, who, days, "hours.saturday", np.full(len(days), 70, dtype=np.int64))
    row, column = np.nonzero(regular | saturday)
    return Cells(who[row], days[column], main[row, column], second[row, column])


def leave_of(world: World, who: I64, days: I64) -> tuple[Bools, Bools]:
    """By person and day: whether the week is leave, and whether the single day is; work days or not."""
    ident = who[:, None] << 23 | days[None, :] << 3
    away_week = _week_hits(world, who, days, "hours.leave_week", _leave_pm(world, days))
    return away_week, world.streams("hours.leave_day").hits(ident, 25)


def _leave_pm(world: World, days: I64) -> I64:
    """How many of a thousand people-weeks are leave, by day; more in August and at the end of the year."""
    months = (days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)) % 12
    day_of_month = (
        days.astype("datetime64[D]") - days.astype("datetime64[D]").astype("datetime64[M]")
    ).astype(np.int64)
    at_home = not world.profile.coupled or world.profile.branch.country == "US"
    august, christmas = (120, 350) if at_home else (250, 650)
    pm = np.where(months == _AUGUST, august, 58)
    return np.where((months == _DECEMBER) & (day_of_month >= 20), christmas, pm).astype(np.int64)


def _week_hits(world: World, who: I64, days: I64, stream: str, per_mille: I64) -> Bools:
    """A hit by person and week, spread over the days; the share is that of the week's Monday."""
    weeks, first_of_week = np.unique((days + 3) // 7, return_index=True)
    ident = who[:, None] << 23 | weeks[None, :] << 3
    hit = world.streams(stream).hits(ident, np.broadcast_to(per_mille[first_of_week], ident.shape))
    return np.asarray(hit[:, (days + 3) // 7 - weeks[0]])


def _track_grid(world: World, who: I64, track: int, days: I64) -> I64:
    """The block of a track by person and day."""
    grid = np.full((len(who), len(days)), -1, dtype=np.int64)
    blocks = world.blocks
    low, high = blocks.offsets[who], blocks.offsets[who + 1]
    row = np.repeat(np.arange(len(who)), high - low)
    index = np.arange(len(row)) - np.repeat(np.cumsum(high - low) - (high - low), high - low) + low[row]
    keep = blocks.track[index] == track
    row, index = row[keep], index[keep]
    start = np.maximum(blocks.start[index], days[0]) - days[0]
    spans = np.maximum(np.minimum(blocks.end[index], days[-1] + 1) - days[0] - start, 0)
    column = np.arange(int(spans.sum())) - np.repeat(np.cumsum(spans) - spans - start, spans)
    grid[np.repeat(row, spans), column] = np.repeat(index, spans)
    return grid


def _totals(world: World, cells: Cells, ident: I64) -> I64:
    """Quarters worked on each day, overtime days apart; shorter Fridays, and weeks in which all is late."""
    streams = world.streams
    total = streams("hours.total").picks(ident, _DAY_TOTAL)
    weekday = (cells.day + 3) % 7
    total -= 2 * ((weekday == _FRIDAY) & streams("hours.friday").hits(ident, 350))
    week_ident = cells.person << 23 | (cells.day + 3) // 7 << 3
    crunch = streams("hours.crunch").hits(week_ident, 95)
    total += crunch * (4 + streams("hours.crunch_size").belows(week_ident, 7))
    return np.where(weekday == _SATURDAY, 0, total)


def _habits(world: World, cells: Cells, level: I64, internal: I64) -> tuple[int | I64, I64, I64]:
    """How likely a day has a second project and internal work, and the quarters of the latter."""
    split_pm = world.profile.split_weeks_pm
    if not split_pm:
        return _SECOND_DAY_PM, _INTERNAL_PM[level], internal
    week = cells.person << 23 | (cells.day + 3) // 7 << 3
    split = world.streams("hours.split_week").hits(week, split_pm).astype(np.int64)
    smaller = np.where(split > 0, (internal * _SPLIT_SIXTEENTHS[level] + 8) // 16, internal)
    return _SECOND_BY_WEEK_PM[split], _INTERNAL_BY_WEEK_PM[split, level], smaller


def _quarters(world: World, cells: Cells) -> I64:
    """Quarters by day and slot."""
    streams = world.streams
    ident = cells.person << 23 | cells.day << 3
    total = _totals(world, cells, ident)
    level = world.level[cells.person]
    has_main, has_second = cells.main >= 0, cells.second >= 0
    saturday = total == 0
    internal = _INTERNAL_QUARTERS[level, streams("hours.internal_size").belows(ident, 8)]
    second_pm, internal_pm, internal = _habits(world, cells, level, internal)
    internal = internal_quarters(world.profile, streams, cells.person, internal)
    internal *= has_main & ~saturday & streams("hours.internal").hits(ident, internal_pm)
    internal = np.minimum(internal, np.maximum(total - 8, 0))
    rest = total - internal
    share = streams("hours.second_share").picks(ident, _SECOND_SIXTEENTHS)
    shared = has_main & has_second & streams("hours.second").hits(ident, second_pm)
    second = np.where(shared, np.maximum(rest * share // 32 * 2, 2), 0) * ~saturday
    second = np.where(has_main, second, rest)
    main = rest - second
    late = has_main & (total >= 38) & streams("hours.overtime").hits(ident, 350)
    overtime = np.where(late, np.clip(total - 32, 0, np.maximum(main - 2, 0)), 0)
    main -= overtime
    overtime = np.where(saturday, 8 + streams("hours.saturday_size").belows(ident, 9), overtime)
    travels = has_main & ~saturday & streams("hours.travels").hits(ident, 25)
    travel = np.where(travels, 4 + streams("hours.travel_size").belows(ident, 9), 0)
    return np.stack((main, second, internal, overtime, travel), axis=1)


def hours_of(world: World, who: I64, days: I64) -> Hours:
    """All lines that some people write on their time sheets of some whole weeks."""
    cells = cells_of(world, who, days)
    quarters = _quarters(world, cells)
    cell, slot = np.nonzero(quarters)
    person, day = cells.person[cell], cells.day[cell]
    block = np.where(slot == SECOND, cells.second[cell], cells.main[cell])
    hours_e2 = quarters[cell, slot] * _QUARTER_E2
    ident = person << 23 | day << 3 | slot
    tenths = world.lines.six_minutes[world.blocks.line[block]] > 0
    on_tenths = (hours_e2 + world.streams("hours.tenth").belows(ident, 10)) // 10 * 10
    off_grid = world.streams("hours.off_grid").hits(ident, 125) * world.streams("hours.off_grid_size").picks(
        ident, _OFF_GRID_E2
    )
    return Hours(person, day, slot, block, np.where(tenths, on_tenths, hours_e2 + off_grid))
