"""Days, work days and instants in the time zone of a company, as lookups over day numbers.

A day number counts from 1970-01-01. The rules of the zones (New York: second Sunday of March to first
Sunday of November; Berlin: last Sunday of March to last of October) are written out, so that no time
zone database can move an instant.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from mocks.firm.data.holidays import US_HOLIDAYS
from mocks.firm.hashing import I64, Bools

EPOCH = date(1970, 1, 1)
DAY_SECONDS = 86_400
SATURDAY = 5


def day_number(day: date) -> int:
    """Days since the epoch."""
    return (day - EPOCH).days


def to_date(day: int) -> date:
    """The inverse of `day_number`."""
    return EPOCH + timedelta(days=int(day))


def weekday(day: int) -> int:
    """0 Monday .. 6 Sunday; the epoch was a Thursday."""
    return (day + 3) % 7


def monday_of(day: int) -> int:
    """The Monday on or before a day."""
    return day - weekday(day)


def week_of(day: int) -> int:
    """The running number of a day's Monday-to-Sunday week."""
    return (day + 3) // 7


def first_of_next_month(day: date, months: int = 1) -> date:
    """The first day of the month that lies `months` after a day's month."""
    index = day.year * 12 + day.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def new_york_offset_seconds(day: date) -> int:
    """Seconds that local time is behind UTC at noon of a day."""
    march, november = date(day.year, 3, 1), date(day.year, 11, 1)
    begin = march + timedelta(days=(6 - march.weekday()) % 7 + 7)
    end = november + timedelta(days=(6 - november.weekday()) % 7)
    return 4 * 3600 if begin <= day < end else 5 * 3600


def berlin_offset_seconds(day: date) -> int:
    """Seconds that local time is behind UTC at noon of a day: negative, because it is ahead."""
    march, october = date(day.year, 3, 31), date(day.year, 10, 31)
    begin = march - timedelta(days=(march.weekday() + 1) % 7)
    end = october - timedelta(days=(october.weekday() + 1) % 7)
    return -2 * 3600 if begin <= day < end else -3600


_OFFSETS = {"America/New_York": new_york_offset_seconds, "Europe/Berlin": berlin_offset_seconds}


@dataclass(frozen=True, eq=False)
class Calendar:
    """Work days between two day numbers; every lookup takes a scalar or an array of day numbers."""

    first: int
    is_workday: Bools
    rank: I64  # work days before each day
    workdays: I64  # day number of each work day
    behind_seconds: I64  # local time behind UTC

    def ms(self, day: int, second: int) -> int:
        """The UTC instant of a local second of a day; right from two in the morning on."""
        return (day * DAY_SECONDS + second + int(self.behind_seconds[day - self.first])) * 1000

    def ms_many(self, days: I64, seconds: I64) -> I64:
        """`ms` over arrays."""
        return (days * DAY_SECONDS + seconds + self.behind_seconds[days - self.first]) * 1000

    def midnight_after_ms(self, day: int) -> int:
        """The UTC instant of 00:00 local time after a day: the cut-off of finance 0.4."""
        # At midnight of a day on which clocks change, the day before still rules.
        return ((day + 1) * DAY_SECONDS + int(self.behind_seconds[day - self.first])) * 1000

    def workday(self, day: int, ahead: int = 0) -> int:
        """The first work day on or after a day, moved by a number of work days."""
        return int(self.workdays[int(self.rank[day - self.first]) + ahead])

    def workdays_ahead(self, days: I64, ahead: I64) -> I64:
        """`workday` over arrays."""
        return np.asarray(self.workdays[self.rank[days - self.first] + ahead])

    def works(self, day: int) -> bool:
        """Whether a day is a work day of the firm."""
        return bool(self.is_workday[day - self.first])


def calendar_between(
    first: int, last: int, zone: str = "America/New_York", holidays: tuple[int, ...] = US_HOLIDAYS
) -> Calendar:
    """A company's calendar of the days first..last."""
    days = np.arange(first, last + 1, dtype=np.int64)
    closed = {day_number(date(d // 10_000, d // 100 % 100, d % 100)) for d in holidays}
    free = np.isin(days, np.array(sorted(closed), dtype=np.int64))
    is_workday = ((days + 3) % 7 < SATURDAY) & ~free
    rank = np.concatenate(([0], np.cumsum(is_workday)[:-1])).astype(np.int64)
    behind = np.array([_OFFSETS[zone](to_date(int(d))) for d in days], dtype=np.int64)
    return Calendar(
        first=first, is_workday=is_workday, rank=rank, workdays=days[is_workday], behind_seconds=behind
    )


def holidays_of(years: range, holidays: tuple[int, ...] = US_HOLIDAYS) -> tuple[date, ...]:
    """A company's holidays in some years."""
    days = (date(d // 10_000, d // 100 % 100, d % 100) for d in holidays)
    return tuple(day for day in days if day.year in years)


def month_ends(start: date, months: int) -> tuple[date, ...]:
    """The last days of consecutive months."""
    return tuple(first_of_next_month(start, i + 1) - timedelta(days=1) for i in range(months))
