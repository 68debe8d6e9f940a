"""When the storm is: the last two working days of the last month, well before any cut-off."""

from datetime import UTC, date, datetime, timedelta

from msgspec import Struct

from mocks.firm.facts.source import LegalEntity
from mocks.firm.firm import Firm
from scenarios.oracle.calendars import cutoff_ms

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
WORKING_DAYS = 2
_CLEAR_OF_CUT_OFF_MS = 3 * HOUR_MS
_LEAST_GAP_MS = 2 * HOUR_MS


class Storm(Struct, frozen=True, kw_only=True):
    """What people do from one instant to another; clocks stand still at `limit_ms` at the latest."""

    from_ms: int
    to_ms: int
    limit_ms: int


def storm_of(firm: Firm) -> Storm:
    """The storm of a firm's last month."""
    profile = firm.profile
    month = profile.start.year * 12 + profile.start.month - 1 + profile.months
    last = date(month // 12, month % 12 + 1, 1) - timedelta(days=1)
    days = [last]
    while len([day for day in days if day.weekday() < 5]) < WORKING_DAYS:
        days.append(days[-1] - timedelta(days=1))
    working = [day for day in days if day.weekday() < 5]
    from_ms, to_ms = _midnight_ms(working[-1]), _midnight_ms(working[0]) + DAY_MS
    cut_offs = [
        cutoff_ms(fact, row.billing_date)
        for fact in firm.master()
        if isinstance(fact, LegalEntity)
        for row in fact.billing_calendar
    ]
    next_ms = min((at_ms for at_ms in cut_offs if at_ms > from_ms), default=to_ms + DAY_MS)
    limit_ms = min(to_ms + DAY_MS // 2, next_ms - _LEAST_GAP_MS)
    return Storm(from_ms=from_ms, to_ms=min(to_ms, next_ms - _CLEAR_OF_CUT_OFF_MS), limit_ms=limit_ms)


def _midnight_ms(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1000
