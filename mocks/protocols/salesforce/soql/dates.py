"""Date words of SOQL (`TODAY`, `LAST_N_DAYS:n`) as half-open ranges of UTC days; weeks begin on Sunday."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

Range = tuple[date, date]  # first day, day after the last


def _days(first: int, past: int) -> Callable[[date], Range]:
    return lambda today: (today + timedelta(days=first), today + timedelta(days=past))


def _weeks(offset: int) -> Callable[[date], Range]:
    def week(today: date) -> Range:
        sunday = today - timedelta(days=(today.weekday() + 1) % 7) + timedelta(weeks=offset)
        return sunday, sunday + timedelta(weeks=1)

    return week


def _months(offset: int, length: int = 1) -> Callable[[date], Range]:
    def months(today: date) -> Range:
        index = today.year * 12 + today.month - 1
        index -= index % length
        first = index + offset * length
        return _first_of(first), _first_of(first + length)

    return months


def _first_of(month_index: int) -> date:
    return date(month_index // 12, month_index % 12 + 1, 1)


_WORDS: dict[str, Callable[[date], Range]] = {
    "YESTERDAY": _days(-1, 0),
    "TODAY": _days(0, 1),
    "TOMORROW": _days(1, 2),
    "LAST_WEEK": _weeks(-1),
    "THIS_WEEK": _weeks(0),
    "NEXT_WEEK": _weeks(1),
    "LAST_MONTH": _months(-1),
    "THIS_MONTH": _months(0),
    "NEXT_MONTH": _months(1),
    "LAST_QUARTER": _months(-1, 3),
    "THIS_QUARTER": _months(0, 3),
    "NEXT_QUARTER": _months(1, 3),
    "LAST_YEAR": _months(-1, 12),
    "THIS_YEAR": _months(0, 12),
    "NEXT_YEAR": _months(1, 12),
    "LAST_90_DAYS": _days(-90, 1),
    "NEXT_90_DAYS": _days(1, 91),
}
_LONGEST_DAYS = 36_500


def range_of(word: str, now_ms: int) -> Range | None:
    """The days that a date word stands for now; None when it is no date word."""
    today = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=now_ms)).date()
    name, _, number = word.upper().partition(":")
    if not number:
        return _WORDS[name](today) if name in _WORDS else None
    days = min(int(number), _LONGEST_DAYS)
    if name == "LAST_N_DAYS":
        return today - timedelta(days=days), today + timedelta(days=1)
    if name == "NEXT_N_DAYS":
        return today + timedelta(days=1), today + timedelta(days=days + 1)
    return None


def start_ms(day: date) -> int:
    """The instant a day begins."""
    return (day - date(1970, 1, 1)).days * 86_400_000
