"""Pay: one regular run for each company and month, processed three work days before the month's end.

Gross pay is a monthly amount by level with odd cents, cut roughly by days for joiners and leavers;
the employer's burden is about a fifth of it.
"""

from collections.abc import Iterator

from mocks.firm.days import day_number, month_ends, to_date
from mocks.firm.facts.source import PayrollLine, PayrollRun
from mocks.firm.people import Person
from mocks.firm.plays import PAYROLL, Play
from mocks.firm.world import World

_RUN_SECOND = 11 * 3600
_WORKDAYS_BEFORE_END = 3
_MONTHLY_MINOR = (521_000, 684_000, 867_000, 1_118_000, 1_472_000, 2_140_000)


def payroll_plays(world: World) -> Iterator[Play]:
    """The runs of all months of the calendar."""
    calendar, branch = world.calendar, world.profile.branch
    for last in month_ends(world.profile.start, world.profile.months):
        first, end = day_number(last.replace(day=1)), day_number(last) + 1
        at_ms = calendar.ms(calendar.workday(end, -_WORKDAYS_BEFORE_END), _RUN_SECOND)
        paid = tuple(
            _line(world, person, first, end)
            for person in world.people
            if person.hired_day < end and person.until_day > first
        )
        run = PayrollRun(
            bk=f"PY|{branch.code}|{last:%Y-%m}|1",
            recorded_at_ms=at_ms,
            entity=branch.bk,
            period=f"{last:%Y-%m}",
            run=1,
            kind="REGULAR",
            ccy=branch.currency,
            check_date=to_date(calendar.workday(end, -1)),
            posted_at_ms=at_ms,
            lines=paid,
        )
        yield Play(at_ms, PAYROLL, (run,))


def _line(world: World, person: Person, first: int, end: int) -> PayrollLine:
    streams, ident = world.streams, person.index << 16 | first
    person_pm = 940 + streams("payroll.person").below(person.index, 150)
    month_minor = _MONTHLY_MINOR[person.level_on(end - 1)] * person_pm // 1000
    days = min(person.until_day, end) - max(person.hired_day, first)
    part = 4 if person.short_week else 5
    gross = month_minor * part * days // (5 * (end - first)) // 100 * 100
    gross += 1 + streams("payroll.cents").below(ident, 99)
    burden = gross * (202 + streams("payroll.burden").below(ident, 17)) // 1000
    return PayrollLine(person.bk, person.work_email, gross, burden + streams("payroll.cents").below(ident, 7))
