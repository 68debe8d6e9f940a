"""Days and instants against the libraries that the frozen data came from."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import holidays
import numpy as np

from mocks.firm.data.germany import GERMAN_HOLIDAYS
from mocks.firm.data.holidays import FIRST_YEAR, LAST_YEAR, US_HOLIDAYS
from mocks.firm.days import (
    berlin_offset_seconds,
    calendar_between,
    day_number,
    monday_of,
    month_ends,
    new_york_offset_seconds,
    to_date,
    week_of,
)

NEW_YORK = ZoneInfo("America/New_York")
CALENDAR = calendar_between(day_number(date(2026, 1, 1)), day_number(date(2026, 12, 31)))


def test_frozen_holidays__are_the_federal_ones_on_weekdays() -> None:
    library = holidays.country_holidays("US", years=range(FIRST_YEAR, LAST_YEAR + 1))
    expected = sorted(int(f"{d:%Y%m%d}") for d in library if d.weekday() < 5 and d.year <= LAST_YEAR)
    assert list(US_HOLIDAYS) == expected


def test_offset__is_new_yorks_on_every_day() -> None:
    for day in range(day_number(date(2024, 1, 1)), day_number(date(2032, 12, 31))):
        noon = datetime(to_date(day).year, to_date(day).month, to_date(day).day, 12, tzinfo=NEW_YORK)
        offset = noon.utcoffset()
        assert offset is not None
        assert new_york_offset_seconds(to_date(day)) == -offset.total_seconds()


def test_frozen_german_holidays__are_the_nationwide_ones_on_weekdays() -> None:
    library = holidays.country_holidays("DE", years=range(FIRST_YEAR, LAST_YEAR + 1))
    expected = sorted(int(f"{d:%Y%m%d}") for d in library if d.weekday() < 5 and d.year <= LAST_YEAR)
    assert list(GERMAN_HOLIDAYS) == expected


def test_offset__is_berlins_on_every_day() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    for day in range(day_number(date(2024, 1, 1)), day_number(date(2032, 12, 31))):
        noon = datetime(to_date(day).year, to_date(day).month, to_date(day).day, 12, tzinfo=berlin)
        offset = noon.utcoffset()
        assert offset is not None
        assert berlin_offset_seconds(to_date(day)) == -offset.total_seconds()


def test_midnight_in_berlin__is_an_hour_or_two_before_utc() -> None:
    calendar = calendar_between(
        day_number(date(2026, 1, 1)), day_number(date(2026, 12, 31)), "Europe/Berlin", GERMAN_HOLIDAYS
    )
    for day in (
        date(2026, 3, 28),
        date(2026, 3, 29),
        date(2026, 3, 31),
        date(2026, 10, 24),
        date(2026, 10, 25),
    ):
        after = day + timedelta(days=1)
        midnight = datetime(after.year, after.month, after.day, tzinfo=ZoneInfo("Europe/Berlin"))
        assert calendar.midnight_after_ms(day_number(day)) == int(midnight.timestamp() * 1000)


def test_midnight_after_the_days_on_which_clocks_change__is_local_midnight() -> None:
    for day in (date(2026, 1, 31), date(2026, 3, 7), date(2026, 3, 8), date(2026, 10, 31), date(2026, 11, 1)):
        after = day + timedelta(days=1)
        midnight = datetime(after.year, after.month, after.day, tzinfo=NEW_YORK)
        assert CALENDAR.midnight_after_ms(day_number(day)) == int(midnight.timestamp() * 1000)


def test_local_second__becomes_a_utc_instant() -> None:
    at_ms = CALENDAR.ms(day_number(date(2026, 7, 1)), 16 * 3600)
    assert datetime.fromtimestamp(at_ms / 1000, UTC) == datetime(2026, 7, 1, 20, tzinfo=UTC)


def test_workday_arithmetic__skips_weekends_and_holidays() -> None:
    friday = day_number(date(2026, 1, 16))
    assert to_date(CALENDAR.workday(friday, 1)) == date(2026, 1, 20)  # Martin Luther King Day between
    assert to_date(CALENDAR.workday(day_number(date(2026, 1, 17)))) == date(2026, 1, 20)
    assert to_date(CALENDAR.workday(day_number(date(2026, 1, 20)), -1)) == date(2026, 1, 16)
    many = CALENDAR.workdays_ahead(
        np.array([friday, friday], dtype=np.int64), np.array([0, 1], dtype=np.int64)
    )
    assert [to_date(day) for day in many.tolist()] == [date(2026, 1, 16), date(2026, 1, 20)]


def test_weeks__run_from_monday_to_sunday() -> None:
    monday, sunday = day_number(date(2026, 3, 30)), day_number(date(2026, 4, 5))
    assert monday_of(sunday) == monday
    assert week_of(sunday) == week_of(monday) == week_of(sunday + 1) - 1


def test_month_ends__include_the_leap_day() -> None:
    assert month_ends(date(2028, 1, 1), 3) == (date(2028, 1, 31), date(2028, 2, 29), date(2028, 3, 31))
