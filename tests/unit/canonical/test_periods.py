"""Cut-offs in the entity's zone, and the accounting date around a close (finance 0.4, 0.5)."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from integration_core.canonical.ledger import LegalEntity, PeriodClose
from integration_core.canonical.periods import (
    accounting_date,
    close_at_ms,
    cutoff_ms,
    first_day,
    last_day,
    local_date,
    month_end,
    months_later,
    period_of,
)

JAN, FEB, MAR = 1_000, 2_000, 3_000
US01 = LegalEntity(
    code="US01",
    native_id="1",
    name="Rehearsal Inc",
    country="US",
    functional_ccy="USD",
    tz="America/New_York",
    std_hours_day=Decimal(8),
    close_calendar=(),
    billing_calendar=(),
    recorded_at_ms=0,
)
ENTITY = replace(
    US01,
    close_calendar=(PeriodClose("2026-03", MAR), PeriodClose("2026-01", JAN), PeriodClose("2026-02", FEB)),
)


def ms(text: str) -> int:
    """A UTC time such as `2026-03-05 14:00` as epoch milliseconds."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1000


@pytest.mark.parametrize(
    ("zone", "day", "utc"),
    [
        ("America/New_York", date(2026, 1, 31), "2026-02-01 05:00"),
        ("America/New_York", date(2026, 3, 7), "2026-03-08 05:00"),
        ("America/New_York", date(2026, 3, 8), "2026-03-09 04:00"),
        ("America/New_York", date(2026, 11, 1), "2026-11-02 05:00"),
        ("Europe/Berlin", date(2026, 3, 31), "2026-03-31 22:00"),
        ("Asia/Kolkata", date(2026, 3, 31), "2026-03-31 18:30"),
        ("UTC", date(2026, 12, 31), "2027-01-01 00:00"),
    ],
)
def test_cutoff__is_the_local_midnight_after_the_day(zone: str, day: date, utc: str) -> None:
    assert cutoff_ms(replace(US01, tz=zone), day) == ms(utc)


@given(
    st.dates(date(2020, 1, 1), date(2035, 12, 31)),
    st.sampled_from(["America/New_York", "Europe/Berlin", "Asia/Tokyo", "Australia/Lord_Howe"]),
)
def test_cutoff__parts_a_day_from_the_next(day: date, zone: str) -> None:
    entity = replace(US01, tz=zone)
    cutoff = cutoff_ms(entity, day)
    assert local_date(entity, cutoff - 1) == day
    assert local_date(entity, cutoff) == day + timedelta(days=1)


def test_local_date__is_the_entitys_not_utcs() -> None:
    assert local_date(US01, ms("2026-04-01 03:59")) == date(2026, 3, 31)
    assert datetime.fromtimestamp(ms("2026-04-01 03:59") / 1000, UTC).date() == date(2026, 4, 1)


@pytest.mark.parametrize(
    ("natural", "known_ms", "expected"),
    [
        (date(2026, 1, 20), JAN - 1, date(2026, 1, 20)),
        (date(2026, 1, 20), JAN, date(2026, 2, 1)),
        (date(2026, 1, 20), FEB - 1, date(2026, 2, 1)),
        (date(2026, 1, 20), FEB, date(2026, 3, 1)),
        (date(2026, 2, 28), JAN, date(2026, 2, 28)),
        (date(2026, 4, 2), MAR + 5, date(2026, 4, 2)),  # a period that the calendar does not close
    ],
)
def test_acct_date__is_natural_or_the_first_day_of_the_first_open_period(
    natural: date, known_ms: int, expected: date
) -> None:
    assert accounting_date(ENTITY, natural, known_ms) == expected


def test_calendar_that_ends_too_early__is_an_error_that_says_so() -> None:
    with pytest.raises(LookupError, match="US01"):
        accounting_date(ENTITY, date(2026, 3, 31), MAR)


def test_close__is_looked_up_by_period() -> None:
    assert close_at_ms(ENTITY, "2026-02") == FEB
    assert close_at_ms(ENTITY, "2027-01") is None


@given(st.dates(date(1900, 1, 1), date(2999, 12, 31)))
def test_period__is_the_month_of_its_first_day(day: date) -> None:
    assert first_day(period_of(day)) == day.replace(day=1)


@given(st.dates(date(1900, 1, 1), date(2999, 12, 31)))
def test_month_end__is_the_day_before_the_next_month_begins(day: date) -> None:
    assert month_end(day) == months_later(day, 1) - timedelta(days=1)
    assert last_day(period_of(day)) == month_end(day)


@pytest.mark.parametrize(
    ("day", "count", "first"),
    [
        (date(2025, 12, 31), 0, date(2025, 12, 1)),
        (date(2025, 12, 31), 1, date(2026, 1, 1)),
        (date(2026, 1, 12), 14, date(2027, 3, 1)),
        (date(2026, 1, 12), -1, date(2025, 12, 1)),
    ],
)
def test_months_later__counts_months_across_years(day: date, count: int, first: date) -> None:
    assert months_later(day, count) == first
