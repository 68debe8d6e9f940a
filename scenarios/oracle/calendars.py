"""Cut-offs, accounting dates and due dates (finance 0.4, 0.5, 2.10)."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from mocks.firm.facts.source import LegalEntity

APPROVAL_DELAY_MS = 9 * 3_600_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


@lru_cache(maxsize=4096)
def local_midnight_ms(zone: str, day: date) -> int:
    """The UTC instant at which `day` begins in `zone`."""
    start = datetime.combine(day, time(), tzinfo=ZoneInfo(zone))
    return (start.astimezone(UTC) - _EPOCH) // _MILLISECOND


def local_date(zone: str, at_ms: int) -> date:
    """The calendar date that an instant falls on in `zone`."""
    return (_EPOCH + at_ms * _MILLISECOND).astimezone(ZoneInfo(zone)).date()


def cutoff_ms(entity: LegalEntity, billing_date: date) -> int:
    """Local midnight after the billing date, as UTC (finance 0.4)."""
    return local_midnight_ms(entity.tz, billing_date + timedelta(days=1))


def period_of(day: date) -> str:
    """`YYYY-MM` of a date."""
    return f"{day.year:04d}-{day.month:02d}"


def last_day_of(day: date) -> date:
    """The last day of the date's month."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def period_end(period: str) -> date:
    """The last day of `YYYY-MM`."""
    return last_day_of(date.fromisoformat(period + "-01"))


def close_ms(entity: LegalEntity, period: str) -> int | None:
    """When the period enters CLOSING, or None where the calendar has no such row."""
    for row in entity.close_calendar:
        if row.period == period:
            return row.close_at_ms
    return None


def accounting_date(entity: LegalEntity, natural: date, known_ms: int) -> date:
    """The natural date while its period is open at `known_ms`, else the first open period's first day.

    A period without a calendar row counts as open, so the walk ends (finance 0.5).
    """
    day = natural
    for _ in range(len(entity.close_calendar) + 1):
        closing = close_ms(entity, period_of(day))
        if closing is None or known_ms < closing:
            return day
        day = last_day_of(day) + timedelta(days=1)
    return day


def due_date(invoice_date: date, terms: str) -> date | None:
    """Invoice date + n (NET n) or end of its month + n (EOM n); None for terms that say neither."""
    kind, _, days = terms.partition(" ")
    if kind not in ("NET", "EOM") or not days.isdigit():
        return None
    start = invoice_date if kind == "NET" else last_day_of(invoice_date)
    return start + timedelta(days=int(days))
