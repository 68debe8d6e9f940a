"""Profiles: presets, sizes, and a clear sentence for what cannot be made."""

from datetime import date

import msgspec
import pytest

from mocks.firm.generate import generate
from mocks.firm.profile import PRESETS, profile_named


def test_presets__have_the_sizes_they_are_named_for() -> None:
    sizes = {name: (profile_named(name).consultants, profile_named(name).months) for name in PRESETS}
    assert sizes == {
        "deal": (8, 1),
        "tiny": (12, 3),
        "small": (50, 3),
        "mid": (1000, 12),
        "month-end": (50, 2),
        "large": (10_000, 12),
    }


def test_resized_deal__has_one_deal_for_eight_people() -> None:
    profile = profile_named("deal", consultants=80)
    assert (profile.deals_won, profile.consultants, profile.months) == (10, 80, 1)


@pytest.mark.parametrize(
    ("name", "consultants", "months", "advice"),
    [
        ("huge", None, None, "choose one of deal, tiny, small, mid, month-end, large"),
        ("deal", 3, None, "choose from 4 to"),
        ("mid", 200_000, None, "choose from 4 to"),
        ("tiny", None, 0, "choose from 1 to 60 months"),
        ("month-end", 7, None, "choose at least 8 consultants"),
        ("large", 7, None, "choose at least 8 consultants"),
    ],
)
def test_impossible_profile__is_refused_with_advice(
    name: str, consultants: int | None, months: int | None, advice: str
) -> None:
    with pytest.raises(ValueError, match=advice):
        profile_named(name, consultants, months)


@pytest.mark.parametrize("start", [date(2026, 1, 2), date(2019, 1, 1), date(2032, 6, 1)])
def test_start_without_calendar__is_refused(start: date) -> None:
    with pytest.raises(ValueError, match="choose"):
        profile_named("deal", start=start)


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_seed_outside_32_bits__is_refused(seed: int) -> None:
    with pytest.raises(ValueError, match="choose a whole number from 0 to 4294967295"):
        generate(profile_named("deal"), seed)


def test_profile_with_more_moves_than_people__is_refused() -> None:
    profile = msgspec.structs.replace(profile_named("deal"), joiners=4, leavers=4)
    with pytest.raises(ValueError, match="lower them"):
        generate(profile, 1)


@pytest.mark.parametrize("consultants", [4, 5, 9])
def test_smallest_firms__can_be_made(consultants: int) -> None:
    firm = generate(profile_named("deal", consultants=consultants), 1)
    assert firm.counts()["time_entries"] > 0
    assert firm.counts()["consultants"] == consultants
