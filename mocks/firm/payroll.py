"""Pay: one regular run for each company and month, processed three work days before the month's end.

Gross pay is a monthly amount by level with odd cents, cut roughly by days for joiners and leavers;
the employer's burden is about a fifth of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from mocks.firm.days import day_number, month_ends, to_date
from mocks.firm.facts.source import PayrollLine, PayrollRun
from mocks.firm.hashing import I64
from mocks.firm.plays import PAYROLL, Play
from mocks.firm.world import World

_RUN_SECOND = 11 * 3600
_WORKDAYS_BEFORE_END = 3
_MONTHLY_MINOR = np.array((521_000, 684_000, 867_000, 1_118_000, 1_472_000, 2_140_000), dtype=np.int64)


@dataclass(frozen=True, eq=False)
class PayLines:
    """One row for each person that a run pays."""

    person: I64
    gross_minor: I64
    burden_minor: I64


def run_instants_ms(world: World) -> list[int]:
    """When the runs of the calendar's months are processed."""
    calendar = world.calendar
    ends = (day_number(last) + 1 for last in month_ends(world.profile.start, world.profile.months))
    return [calendar.ms(calendar.workday(end, -_WORKDAYS_BEFORE_END), _RUN_SECOND) for end in ends]


def payroll_plays(world: World, months: Iterator[int] | None = None) -> Iterator[Play]:
    """The runs of some months of the calendar, counted from 0, or of all."""
    lasts = month_ends(world.profile.start, world.profile.months)
    instants = run_instants_ms(world)
    for month in range(len(lasts)) if months is None else months:
        yield Play(instants[month], PAYROLL, (_run(world, lasts[month], instants[month]),))


def _run(world: World, last: date, at_ms: int) -> PayrollRun:
    branch, paid = world.profile.branch, pay_lines(world, last)
    rows = zip(paid.person.tolist(), paid.gross_minor.tolist(), paid.burden_minor.tolist(), strict=True)
    return PayrollRun(
        bk=f"PY|{branch.code}|{last:%Y-%m}|1",
        recorded_at_ms=at_ms,
        entity=branch.bk,
        period=f"{last:%Y-%m}",
        run=1,
        kind="REGULAR",
        ccy=branch.currency,
        check_date=to_date(world.calendar.workday(day_number(last) + 1, -1)),
        posted_at_ms=at_ms,
        lines=tuple(
            PayrollLine(world.people[index].bk, world.people[index].work_email, gross, burden)
            for index, gross, burden in rows
        ),
    )


def pay_lines(world: World, last: date) -> PayLines:
    """What everybody employed in the month that ends on a day is paid."""
    streams, first, end = world.streams, day_number(last.replace(day=1)), day_number(last) + 1
    person = np.flatnonzero((world.hired < end) & (world.until > first)).astype(np.int64)
    ident = person << 16 | first
    level = world.level[person] + (world.promoted[person] <= end - 1)
    person_pm = 940 + streams("payroll.person").belows(person, 150)
    month_minor = _MONTHLY_MINOR[level] * person_pm // 1000
    days = np.minimum(world.until[person], end) - np.maximum(world.hired[person], first)
    part = np.where(world.short_week[person], 4, 5)
    gross = month_minor * part * days // (5 * (end - first)) // 100 * 100
    gross += 1 + streams("payroll.cents").belows(ident, 99)
    burden = gross * (202 + streams("payroll.burden").belows(ident, 17)) // 1000
    return PayLines(person, gross, burden + streams("payroll.cents").belows(ident, 7))
