"""Instants as JSON writes them and as the core keeps them, alike for every vendor that writes ISO 8601."""

from datetime import UTC, date, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def instant_ms(text: str) -> int:
    """UTC milliseconds of an ISO instant with offset; raises ValueError."""
    stamp = datetime.fromisoformat(text)
    if stamp.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return (stamp - _EPOCH) // _MILLISECOND


def day_of(at_ms: int) -> date:
    """The UTC day of an instant."""
    return (_EPOCH + timedelta(milliseconds=at_ms)).date()
