"""Leave in the HRIS: the same days on which the time sheets stay empty because somebody is away.

Weeks off and most single days are asked for ahead; the rest is sickness, entered on the morning itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np

from mocks.firm.days import to_date
from mocks.firm.facts.source import Absence, AbsenceDay
from mocks.firm.hashing import I64, Bools
from mocks.firm.hours import leave_of
from mocks.firm.people import FULL_WEEK_E2, SHORT_WEEK_E2
from mocks.firm.plays import HRIS, Play
from mocks.firm.world import World

_HOUR = 3600
_SICK_PM = 400
_PEOPLE_A_CHUNK = 500


@dataclass(frozen=True, eq=False)
class Leave:
    """One row a request, by person and first day; then one row a day, in the order of requests."""

    person: I64
    number: I64  # within the person's requests
    first_day: I64
    sick: Bools
    at_ms: I64
    cells: I64  # how many days
    day: I64  # one row a day of all requests
    hours_e2: I64


def leave_requests(world: World, who: I64) -> Leave:
    """The approved time off of some people, given in ascending order."""
    parts = [
        _requests(world, who[low : low + _PEOPLE_A_CHUNK]) for low in range(0, len(who), _PEOPLE_A_CHUNK)
    ]
    return Leave(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Leave)))


def _requests(world: World, who: I64) -> Leave:
    days = np.arange(world.first, world.end, dtype=np.int64)
    whole_week, single = leave_of(world, who, days)
    pattern = np.array((FULL_WEEK_E2, SHORT_WEEK_E2), dtype=np.int64)
    hours = pattern[world.short_week[who].astype(np.int64)][:, (days + 3) % 7]
    away = (whole_week | single) & world.calendar.is_workday[days - world.calendar.first] & (hours > 0)
    away &= (world.hired[who][:, None] <= days) & (days < world.until[who][:, None])
    row, column = np.nonzero(away)
    person, day, whole = who[row], days[column], whole_week[row, column]
    request = np.where(whole, -((day + 3) // 7), day)  # a week off is one request, a single day is its own
    head = np.flatnonzero(
        np.concatenate(([True], (person[1:] != person[:-1]) | (request[1:] != request[:-1])))[: len(day)]
    )
    first_of_person = np.searchsorted(person[head], person[head])
    ident = person[head] << 23 | day[head]
    sick = ~whole[head] & world.streams("absence.sick").hits(ident, _SICK_PM)
    return Leave(
        person=person[head],
        number=np.arange(len(head)) - first_of_person + 1,
        first_day=day[head],
        sick=sick,
        at_ms=_entered_ms(world, person[head], day[head], sick),
        cells=np.diff(np.append(head, len(day))),
        day=day,
        hours_e2=hours[row, column],
    )


def _entered_ms(world: World, person: I64, day: I64, sick: Bools) -> I64:
    """Three to ten work days before leave begins, at the earliest on the first day; sickness that morning."""
    calendar, streams, ident = world.calendar, world.streams, person << 23 | day
    zero = np.zeros_like(day)
    earliest = calendar.workdays_ahead(np.maximum(world.first, world.hired[person]), zero)
    ahead = 3 + streams("absence.ahead").belows(ident, 8)
    asked = np.maximum(earliest, calendar.workdays_ahead(day, -ahead))
    second = 10 * _HOUR + streams("absence.second").belows(ident, 6 * _HOUR)
    return calendar.ms_many(np.where(sick, day, asked), np.where(sick, 9 * _HOUR + 900, second))


def absence_plays(world: World, leave: Leave, rows: I64 | None = None) -> Iterator[Play]:
    """Approved time off as facts, of some requests or of all, in no particular order of time."""
    ends = np.cumsum(leave.cells)
    for row in range(len(leave.person)) if rows is None else rows.tolist():
        person, at_ms = world.people[int(leave.person[row])], int(leave.at_ms[row])
        high = int(ends[row])
        cells = slice(high - int(leave.cells[row]), high)
        name = f"TO-{person.employee_no}-{int(leave.number[row]):03d}"
        fact = Absence(
            bk=f"AB|{name}",
            recorded_at_ms=at_ms,
            number=name,
            resource=person.bk,
            kind="SICK" if leave.sick[row] else "VACATION",
            status="APPROVED",
            days=tuple(
                AbsenceDay(to_date(day), hours)
                for day, hours in zip(leave.day[cells].tolist(), leave.hours_e2[cells].tolist(), strict=True)
            ),
            approved_at_ms=at_ms,
        )
        yield Play(at_ms, HRIS, (fact,))
