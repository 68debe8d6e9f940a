"""Months and accounting periods, cut-offs and accounting dates (finance 0.4, 0.5)."""

from calendar import monthrange
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from integration_core.canonical.ledger import LegalEntity


def period_of(day: date) -> str:
    """The calendar month `YYYY-MM` that a day falls in."""
    return f"{day.year:04d}-{day.month:02d}"


def first_day(period: str) -> date:
    """The first day of a period."""
    return date(int(period[:4]), int(period[5:7]), 1)


def last_day(period: str) -> date:
    """The last day of a period."""
    return month_end(first_day(period))


def month_end(day: date) -> date:
    """The last day of a day's month."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def months_later(day: date, count: int) -> date:
    """The first day of the month so many months after a day's month."""
    index = day.year * 12 + day.month - 1 + count
    return date(index // 12, index % 12 + 1, 1)


def cutoff_ms(entity: LegalEntity, day: date) -> int:
    """Local midnight after `day` in the entity's zone, as UTC epoch milliseconds (finance 0.4)."""
    local = datetime.combine(day + timedelta(days=1), time(0), tzinfo=ZoneInfo(entity.tz))
    return int(local.timestamp()) * 1000


def local_date(entity: LegalEntity, at_ms: int) -> date:
    """The calendar date of an instant in the entity's zone."""
    return datetime.fromtimestamp(at_ms // 1000, ZoneInfo(entity.tz)).date()


def close_at_ms(entity: LegalEntity, period: str) -> int | None:
    """When a period enters CLOSING; None where the calendar has no such row."""
    return next((row.close_at_ms for row in entity.close_calendar if row.period == period), None)


def accounting_date(entity: LegalEntity, natural: date, known_ms: int) -> date:
    """`acct_date` of finance 0.5: the natural date, or the first day of the first period still open.

    Raises LookupError where the close calendar ends before an open period is found.
    """
    natural_close = close_at_ms(entity, period_of(natural))
    if natural_close is None or known_ms < natural_close:
        return natural
    for row in sorted(entity.close_calendar, key=lambda row: row.period):
        if row.period > period_of(natural) and known_ms < row.close_at_ms:
            return first_day(row.period)
    raise LookupError(f"The close calendar of {entity.code} has no period open at {known_ms}; extend it.")
