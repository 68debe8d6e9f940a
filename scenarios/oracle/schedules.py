"""Retainers: prorated months, rows billed in advance, hours beyond the pool (finance 2.3, 2.5)."""

from bisect import bisect_left
from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta

from mocks.firm.facts.source import ContractLine, LegalEntity
from scenarios.oracle.amounts import half_up, minor_digits
from scenarios.oracle.calendars import cutoff_ms, local_date, period_of
from scenarios.oracle.expected import FixedEvent, TimeEvent
from scenarios.oracle.terms import Line


def month_of(day: date) -> int:
    """Months since year 0: what counts months across years."""
    return day.year * 12 + day.month - 1


def first_day(month: int) -> date:
    """The month's first day."""
    return date(month // 12, month % 12 + 1, 1)


def _days(month: int) -> int:
    return monthrange(month // 12, month % 12 + 1)[1]


def covered_days(terms: ContractLine, month: int) -> int:
    """Days of the month within the line's half-open validity."""
    first, after = first_day(month), first_day(month + 1)
    last = after if terms.end is None else min(after, terms.end)
    return max(0, (last - max(first, terms.start)).days)


def month_fee_minor(terms: ContractLine, month: int) -> int:
    """R3: the monthly fee by covered days, one rounding."""
    fee_minor = terms.retainer.monthly_fee_minor if terms.retainer else 0
    return half_up(fee_minor * covered_days(terms, month), _days(month))


def included_hours_e2(terms: ContractLine, month: int) -> int:
    """The month's included hours by covered days, rounded to 0.01 h."""
    hours_e2 = terms.retainer.included_hours_e2 if terms.retainer else 0
    return half_up(hours_e2 * covered_days(terms, month), _days(month))


def _event(
    line: Line, tail: str, source: str, method: str, day: date, commit_ms: int, amount_minor: int, hours: int
) -> FixedEvent:
    return FixedEvent(
        bk=f"BE|{tail}|v1.1|p1",
        sources=(f"{line.native_id}#{source}",),
        method=method,
        contract=line.deal.contract,
        line=line.terms.line,
        line_key=line.key,
        service_date=day,
        commit_ms=commit_ms,
        amount_minor=amount_minor,
        hours_e2=hours,
    )


def fee_rows(line: Line, until: date) -> Iterator[FixedEvent]:
    """The schedule rows due by a day, each over `advance_months` calendar months."""
    terms, retainer = line.terms, line.terms.retainer
    if retainer is None:
        return
    step, month, seq = max(1, retainer.advance_months), month_of(terms.start), 1
    while terms.end is None or first_day(month) < terms.end:
        due = max(terms.start, first_day(month))
        if due > until:
            return
        amount_minor = sum(month_fee_minor(terms, m) for m in range(month, month + step))
        if amount_minor:
            tail = f"BS|{line.key}|{seq}"
            yield _event(line, tail, f"BS{seq}", "RET", due, line.deal.activation_ms, amount_minor, 0)
        month, seq = month + step, seq + 1


def _hours_e2(events: list[TimeEvent], last: date, before_ms: int) -> int:
    """Hours up to a day that were valid and current just before a cut-off."""
    return sum(
        event.hours_e2
        for event in events
        if event.billable
        and event.work_date <= last
        and event.valid_ms is not None
        and event.valid_ms < before_ms
        and (event.superseded_ms is None or event.superseded_ms >= before_ms)
    )


def overages(line: Line, events: list[TimeEvent], entity: LegalEntity, now_ms: int) -> Iterator[FixedEvent]:
    """Hours beyond pool and carry, by month; the first billing date that sees it whole bills them."""
    terms, retainer = line.terms, line.terms.retainer
    if retainer is None:
        return
    dates = sorted(
        row.billing_date
        for row in entity.billing_calendar
        if line.billing_freq == "EVERY_RUN" or row.freq == "MONTHLY"
    )
    month, carry, counted = month_of(terms.start), 0, 0
    while terms.end is None or first_day(month) < terms.end:
        last = first_day(month + 1) - timedelta(days=1)
        index = bisect_left(dates, last)
        if index == len(dates) or (cut_ms := cutoff_ms(entity, dates[index])) > now_ms:
            return
        known = _hours_e2(events, last, cut_ms)
        used, counted = max(0, known - counted), max(counted, known)
        pool = included_hours_e2(terms, month) + carry
        carry = min(retainer.rollover_cap_e2, max(0, pool - used)) if retainer.rollover else 0
        over = max(0, used - pool)
        scale = 10 ** minor_digits(line.deal.ccy)
        amount_minor = half_up(over * retainer.overage_rate_e4 * scale, 1_000_000)
        if amount_minor:
            tail = f"OV|{line.key}|{period_of(last)}"
            source = f"OV{period_of(last)}"
            yield _event(line, tail, source, "OV", last, cut_ms - 1, amount_minor, over)
        month += 1


def retainer_events(
    line: Line, events: list[TimeEvent], entity: LegalEntity, now_ms: int
) -> Iterator[FixedEvent]:
    """All that a retainer line bills by now: rows that are due, and overage."""
    yield from fee_rows(line, local_date(entity.tz, now_ms))
    yield from overages(line, events, entity, now_ms)
