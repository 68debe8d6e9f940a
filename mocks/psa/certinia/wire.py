"""How the PSA writes weeks, days and periods: pure translations between its fields and plain values."""

from collections.abc import Mapping
from datetime import date, timedelta
from functools import lru_cache

from mocks.kit.schema import Value

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
DAY_ABBREVIATIONS = tuple(day[:3] for day in DAYS)
HOURS_FIELDS = tuple(f"pse__{day}_Hours__c" for day in DAYS)
NOTES_FIELDS = tuple(f"pse__{day}_Notes__c" for day in DAYS)
ONE_DAY = timedelta(days=1)


@lru_cache(maxsize=4096)
def week_of(monday: str) -> tuple[date, ...]:
    """Monday to Sunday of the week that starts on an ISO day; raises ValueError when it is no Monday."""
    start = date.fromisoformat(monday)
    if start.weekday():
        raise ValueError(f"{monday} is not a Monday")
    return tuple(start + timedelta(days=offset) for offset in range(7))


def monday_of(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def last_day(valid_to: date | None) -> str | None:
    """The PSA's inclusive last day for an exclusive end."""
    return None if valid_to is None else (valid_to - ONE_DAY).isoformat()


def exclusive_end(last: Value) -> date | None:
    """The exclusive end for the PSA's inclusive last day."""
    return None if last is None else date.fromisoformat(str(last)) + ONE_DAY


def iso(day: date | None) -> str | None:
    """A day as the store keeps it."""
    return None if day is None else day.isoformat()


def day(value: Value) -> date | None:
    """The inverse of `iso`."""
    return None if value is None else date.fromisoformat(str(value))


def text(value: Value) -> str:
    """A text field, empty when null: the platform keeps empty text as null."""
    return "" if value is None else str(value)


def number(value: Value) -> int:
    """A scaled number, zero when null: the PSA shows empty hours as 0.0 (wire 4.1)."""
    return int(value or 0)


def hours_by_month(monday: str, values: Mapping[str, Value]) -> list[tuple[date, date, int]]:
    """First day, last day and hours of each calendar month of a card's week that has hours in it."""
    week = week_of(monday)
    if week[0].month == week[-1].month:
        total = sum(number(values[field]) for field in HOURS_FIELDS)
        return [(week[0], week[-1], total)] if total else []
    months: dict[tuple[int, int], list[tuple[date, int]]] = {}
    for work_date, field in zip(week, HOURS_FIELDS, strict=True):
        months.setdefault((work_date.year, work_date.month), []).append((work_date, number(values[field])))
    pieces = [(days[0][0], days[-1][0], sum(hours for _, hours in days)) for days in months.values()]
    return [piece for piece in pieces if piece[2]]
