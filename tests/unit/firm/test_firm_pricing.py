"""Discriminating power: the measure itself, and what it says of the firms."""

import numpy as np

from mocks.firm.assignments import AssignmentView
from mocks.firm.generate import generate
from mocks.firm.pricing import DENOMINATOR, Priced, Pricer, half_up
from mocks.firm.profile import profile_named


def scaled(hours_e2: int, rate_e4: int) -> int:
    # cents x DENOMINATOR of an hour rate without discount at single rate
    return hours_e2 * rate_e4 * DENOMINATOR // 10_000


def test_half_cents__are_ties_and_go_up() -> None:
    # 3.50 h x 179.95 = 629.825
    lines = np.array([scaled(350, 1_799_500), scaled(800, 1_799_500)], dtype=np.int64)
    assert half_up(lines).tolist() == [62_983, 143_960]
    assert Priced(np.zeros(2, np.int64), np.zeros(2, np.int64), lines).ties() == 0.5


def test_rounding_order__shows_only_where_fractions_add_up() -> None:
    tie, whole = scaled(350, 1_799_500), scaled(800, 1_800_000)
    lines = np.array([tie, tie, whole, whole], dtype=np.int64)
    deals = np.array([1, 1, 2, 2], dtype=np.int64)
    assert Priced(deals, np.zeros(4, np.int64), lines).order_matters() == 0.5


def test_small_firms__tell_rounding_rules_apart_as_well() -> None:
    for preset in ("deal", "tiny", "small"):
        for seed in range(1, 6):
            firm = generate(profile_named(preset), seed)
            priced = Pricer(firm.world, AssignmentView(firm.world)).priced(firm.sheets)
            assert priced.ties() >= 0.02, (preset, seed)
            assert bool((priced.cents_scaled > 0).all())


def test_whole_dollars_and_quarter_hours__would_tell_nothing() -> None:
    hours = np.arange(25, 1000, 25, dtype=np.int64)
    lines = hours * 1_500_000 * DENOMINATOR // 10_000
    assert Priced(hours * 0, hours * 0, lines).ties() == 0.0
