"""Exact amounts: the rounding rules on their own."""

from decimal import ROUND_HALF_UP, Decimal

from hypothesis import given
from hypothesis import strategies as st

from mocks.erp.netsuite import money

AMOUNTS = st.integers(min_value=-(10**15), max_value=10**15)


@given(AMOUNTS, st.integers(min_value=1, max_value=10**9))
def test_half_up__is_decimals_own_and_mirrors_for_negatives(numerator: int, denominator: int) -> None:
    exact = (Decimal(numerator) / Decimal(denominator)).quantize(Decimal(1), ROUND_HALF_UP)
    if numerator * 2 % denominator:  # the quotient of a tie may not be exact in 28 digits
        assert money.half_up(numerator, denominator) == exact
    assert money.half_up(-numerator, denominator) == -money.half_up(numerator, denominator)


def test_ties__go_away_from_zero() -> None:
    assert [money.half_up(n, 2) for n in (-3, -1, 1, 3)] == [-2, -1, 1, 2]
    assert money.quantised_e4(6_298_250, 2) == 6_298_300  # 629.825
    assert money.quantised_e4(5_000, 0) == 10_000  # half a yen
    assert money.quantised_e4(1_2345, 3) == 1_2350


@given(
    st.integers(min_value=1, max_value=10**11),
    st.lists(st.integers(min_value=1, max_value=10**6), min_size=1, max_size=12),
)
def test_reliefs__sum_to_the_whole_functional_amount(total_fc_cents: int, parts: list[int]) -> None:
    total_fc, total_tc = total_fc_cents * 100, sum(parts)
    done = reliefs = 0
    for part in parts:
        reliefs += money.relief_e4(total_fc, total_tc, done, part, 2)
        done += part
    assert reliefs == total_fc


def test_tax_codes__are_written_with_four_places() -> None:
    given_codes = ("US-CA|S|8.25", "US-CA|S|8.2500", "DE|S|19", "US-OR|O|0", "x", "US|S|1.00001", "US|S|101")
    assert [money.canonical_tax_code(code) for code in given_codes] == [
        "US-CA|S|8.2500",
        "US-CA|S|8.2500",
        "DE|S|19.0000",
        "US-OR|O|0.0000",
        None,
        None,
        None,
    ]
