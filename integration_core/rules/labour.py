"""Payroll as cost: what a run books, and how each person's cost is spread over what they did (finance 4)."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from msgspec import structs

from integration_core.canonical.close import Booked
from integration_core.canonical.ledger import Journal, JournalLine, LegalEntity
from integration_core.canonical.money import ZERO, minor_digits
from integration_core.canonical.payroll import PayrollLine, PayrollRun
from integration_core.canonical.periods import accounting_date, first_day, last_day
from integration_core.canonical.work import Employee
from integration_core.rules.rating import job_on
from integration_core.rules.references import References
from integration_core.rules.revenue import Close

POOL, PROJECT_LABOUR, OTHER_LABOUR, LIABILITIES = "5000", "5100", "5190", "2150"
BENCH, LEAVE = "BENCH", "LEAVE"
HUNDREDTH = Decimal("0.01")
REGULAR = "REGULAR"


def cost(line: PayrollLine) -> Decimal:
    """What a person costs the firm in a run."""
    return line.gross + line.burden


def posting_date(run: PayrollRun, entity: LegalEntity) -> date:
    """The accounting date of a run: the end of its period, or the first day still open (finance 0.5)."""
    known_ms = max(run.recorded_at_ms, run.posted_at_ms)
    return accounting_date(entity, last_day(run.period), known_ms)


def payroll_journal(run: PayrollRun, entity: LegalEntity) -> Journal | None:
    """PAY: the cost pool by person against the liabilities."""
    lines = [
        _sided(JournalLine(account=POOL, resource=line.employee_no), cost(line))
        for line in sorted(run.lines, key=lambda line: line.employee_no)
        if cost(line)
    ]
    if not lines:
        return None
    total = sum((line.debit - line.credit for line in lines), ZERO)
    lines.append(_sided(JournalLine(account=LIABILITIES), -total))
    return Journal(
        key=f"JE|PAY|{entity.code}|{run.native_id}",
        journal_type="PAY",
        source_id=run.native_id,
        entity_code=entity.code,
        entity_native_id=entity.native_id,
        ccy=run.ccy,
        acct_date=posting_date(run, entity),
        lines=tuple(lines),
    )


def weights(
    close: Close, employee: Employee, booked: Iterable[Booked], references: References
) -> dict[str, Decimal]:
    """Hours by cost object in the period: projects, leave, and the bench that is left (finance 4.1)."""
    first = first_day(close.period)
    hours: dict[str, Decimal] = {}
    for one in booked:
        if first <= one.work_date <= close.end and one.counts_at(close.close_ms):
            key = f"PJ|{references.contracts[one.contract_native_id].key}"
            hours[key] = hours.get(key, ZERO) + one.hours
    leave = _leave(close, employee, references)
    if leave:
        hours[LEAVE] = leave
    bench = capacity(close, employee) - sum(hours.values(), ZERO)
    if bench > 0:
        hours[BENCH] = bench
    return hours


def capacity(close: Close, employee: Employee) -> Decimal:
    """Scheduled hours of the period within the employment, without holidays, rounded once."""
    total = ZERO
    day = first_day(close.period)
    while day <= close.end:
        employed = employee.hired <= day and (employee.terminated is None or day < employee.terminated)
        if employed and day not in close.entity.holidays and employee.weekly_pattern:
            total += employee.weekly_pattern[day.weekday()] * _fte(employee, day)
        day += timedelta(days=1)
    return total.quantize(HUNDREDTH, ROUND_HALF_UP)


def _fte(employee: Employee, day: date) -> Decimal:
    rows = [row for row in employee.statuses if row.valid_from <= day]
    latest = max(reversed(rows), key=lambda row: row.valid_from, default=None)
    return latest.fte if latest is not None else Decimal(1)


def _leave(close: Close, employee: Employee, references: References) -> Decimal:
    first = first_day(close.period)
    return sum(
        (
            day.hours
            for absence in references.absences_of(employee.native_id)
            if absence.status.lower() == "approved"
            and not absence.deleted
            and absence.recorded_at_ms < close.close_ms
            for day in absence.days
            if first <= day.day <= close.end
        ),
        ZERO,
    )


def spread(amount: Decimal, hours: dict[str, Decimal], ccy: str) -> dict[str, Decimal]:
    """Largest remainder: whole minor units that add up exactly (R9); no hours: all on the bench."""
    total = sum(hours.values(), ZERO)
    if not total:
        hours, total = {BENCH: Decimal(1)}, Decimal(1)
    digits = minor_digits(ccy)
    units = int(abs(amount).scaleb(digits))
    quotas = {key: Fraction(units) * Fraction(part) / Fraction(total) for key, part in hours.items()}
    parts = {key: int(quota) for key, quota in quotas.items()}
    left = units - sum(parts.values())
    for key in sorted(quotas, key=lambda key: (parts[key] - quotas[key], key.encode()))[:left]:
        parts[key] += 1
    sign = -1 if amount < 0 else 1
    return {key: Decimal(sign * part).scaleb(-digits) for key, part in parts.items() if part}


def labour_journal(
    close: Close, run: PayrollRun, line: PayrollLine, employee: Employee, parts: dict[str, Decimal]
) -> Journal | None:
    """LAB: one person's cost from the pool to projects and buckets, at the period's end."""
    job = job_on(employee, close.end)
    department = job.cost_centre if job else ""
    lines = [
        _sided(
            JournalLine(
                account=OTHER_LABOUR if key in (BENCH, LEAVE) else PROJECT_LABOUR,
                resource=line.employee_no,
                department=department,
                project_key="" if key in (BENCH, LEAVE) else key,
                bucket=key if key in (BENCH, LEAVE) else "",
            ),
            parts[key],
        )
        for key in sorted(parts)
    ]
    if not lines:
        return None
    lines.append(_sided(JournalLine(account=POOL, resource=line.employee_no), -cost(line)))
    return Journal(
        key=f"JE|LAB|{close.entity.code}|LA|{line.employee_no}|{run.period}|{run.native_id}",
        journal_type="LAB",
        source_id=f"{run.native_id}#{line.employee_no}",
        entity_code=close.entity.code,
        entity_native_id=close.entity.native_id,
        ccy=run.ccy,
        acct_date=close.end,
        lines=tuple(lines),
    )


def _sided(line: JournalLine, amount: Decimal) -> JournalLine:
    return structs.replace(line, debit=amount) if amount > 0 else structs.replace(line, credit=-amount)


def runs_to_spread(close: Close, runs: Sequence[PayrollRun]) -> list[PayrollRun]:
    """Runs whose cost stands in the pool of this period and must leave it."""
    return [run for run in runs if posting_date(run, close.entity).strftime("%Y-%m") == close.period]
