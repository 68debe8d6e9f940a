"""Instants as the vendors of plain JSON write them."""

from datetime import date

import pytest

from integration_core.adapters.http.instants import day_of, instant_ms

EIGHT_MS = 1_769_846_400_000  # 2026-01-31 08:00 UTC


@pytest.mark.parametrize(
    "text", ["2026-01-31T08:00:00Z", "2026-01-31T09:00:00+01:00", "2026-01-31T03:00:00.000-05:00"]
)
def test_instant__is_the_same_in_every_zone(text: str) -> None:
    assert instant_ms(text) == EIGHT_MS


@pytest.mark.parametrize("bad", ["2026-01-31T08:00:00", "2026-01-31", "soon", ""])
def test_instant_without_a_zone_or_sense__is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match=r"time zone|[Ii]so"):
        instant_ms(bad)


def test_day__ends_at_midnight_utc() -> None:
    midnight_ms = EIGHT_MS + 16 * 3_600_000
    assert (day_of(midnight_ms - 1), day_of(midnight_ms)) == (date(2026, 1, 31), date(2026, 2, 1))
