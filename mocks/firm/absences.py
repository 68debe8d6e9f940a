"""Leave in the HRIS: the same days on which the time sheets stay empty because somebody is away.

Weeks off and most single days are asked for ahead; the rest is sickness, entered on the morning itself.
"""

from collections.abc import Iterator
from itertools import groupby

import numpy as np

from mocks.firm.days import to_date, week_of, weekday
from mocks.firm.facts.source import Absence, AbsenceDay
from mocks.firm.hashing import Bools
from mocks.firm.hours import leave_of
from mocks.firm.people import FULL_WEEK_E2, SHORT_WEEK_E2, Person
from mocks.firm.plays import HRIS, Play
from mocks.firm.world import World

_HOUR = 3600
_SICK_PM = 400


def absence_plays(world: World) -> Iterator[Play]:
    """Approved time off of everybody, in no particular order of time."""
    days = np.arange(world.first, world.end, dtype=np.int64)
    who = np.arange(len(world.people), dtype=np.int64)
    whole_week, single = leave_of(world, who, days)
    works = world.calendar.is_workday[days - world.calendar.first]
    away = (whole_week | single) & works[None, :]
    for person in world.people:
        yield from _of_person(world, person, away[person.index], whole_week[person.index])


def _of_person(world: World, person: Person, away: Bools, whole_week: Bools) -> Iterator[Play]:
    pattern = SHORT_WEEK_E2 if person.short_week else FULL_WEEK_E2
    mine = [
        day
        for day in (np.flatnonzero(away) + world.first).tolist()
        if person.hired_day <= day < person.until_day and pattern[weekday(day)]
    ]

    def request(day: int) -> tuple[int, int]:
        return week_of(day), 0 if whole_week[day - world.first] else day

    requests = [list(group) for _, group in groupby(mine, key=request)]
    for number, group in enumerate(requests, start=1):
        days = tuple(AbsenceDay(to_date(day), pattern[weekday(day)]) for day in group)
        ident = person.index << 23 | group[0]
        sick = not whole_week[group[0] - world.first] and world.streams("absence.sick").hit(ident, _SICK_PM)
        at_ms = _entered_ms(world, person, group[0], 0 if sick else ident)
        name = f"TO-{person.employee_no}-{number:03d}"
        fact = Absence(
            bk=f"AB|{name}",
            recorded_at_ms=at_ms,
            number=name,
            resource=person.bk,
            kind="SICK" if sick else "VACATION",
            status="APPROVED",
            days=days,
            approved_at_ms=at_ms,
        )
        yield Play(at_ms, HRIS, (fact,))


def _entered_ms(world: World, person: Person, day: int, ident: int) -> int:
    """Three to ten work days before leave begins, at the earliest on the first day; sickness that morning."""
    calendar = world.calendar
    earliest = calendar.workday(max(world.first, person.hired_day))
    if ident == 0:
        return calendar.ms(day, 9 * _HOUR + 900)
    ahead = 3 + world.streams("absence.ahead").below(ident, 8)
    second = 10 * _HOUR + world.streams("absence.second").below(ident, 6 * _HOUR)
    return calendar.ms(max(earliest, calendar.workday(day, -ahead)), second)
