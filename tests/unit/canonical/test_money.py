"""Rounding is half-up, symmetric and happens once (finance 0.1, 2.2)."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration_core.canonical.money import ZERO, minor_digits, product, quantise, quotient

D = Decimal
amounts = st.decimals(min_value=-(10**12), max_value=10**12, places=6, allow_nan=False)
currencies = st.sampled_from(["USD", "EUR", "JPY", "KWD"])


@pytest.mark.parametrize(
    ("amount", "ccy", "expected"),
    [
        ("629.825", "USD", "629.83"),
        ("-629.825", "USD", "-629.83"),
        ("629.82499999999999999999999999", "USD", "629.82"),
        ("0.005", "USD", "0.01"),
        ("0.0049", "USD", "0.00"),
        ("1234.5", "JPY", "1235"),
        ("-0.5", "KRW", "-1"),
        ("1.0005", "KWD", "1.001"),
        ("1E+3", "USD", "1000.00"),
    ],
)
def test_quantise__ties_go_away_from_zero(amount: str, ccy: str, expected: str) -> None:
    assert str(quantise(D(amount), ccy)) == expected


def test_minor_digits__are_two_unless_the_table_says_otherwise() -> None:
    assert [minor_digits(ccy) for ccy in ("USD", "JPY", "KWD", "XXX")] == [2, 0, 3, 2]


@given(amounts, currencies)
def test_quantise__is_symmetric_and_stable(amount: Decimal, ccy: str) -> None:
    rounded = quantise(amount, ccy)
    assert quantise(-amount, ccy) == -rounded
    assert quantise(rounded, ccy) == rounded
    assert abs(rounded - amount) * 2 <= D(1).scaleb(-minor_digits(ccy))


@given(st.lists(st.decimals(min_value=-9999, max_value=9999, places=4, allow_nan=False), max_size=5))
def test_product__is_exact(factors: list[Decimal]) -> None:
    exact = Fraction(1)
    for factor in factors:
        exact *= Fraction(factor)
    assert Fraction(product(*factors)) == exact


@given(st.integers(1, 10**9), st.integers(1, 10**9))
def test_quotient__has_at_least_fifty_digits(dividend: int, divisor: int) -> None:
    exact = Fraction(dividend, divisor)
    assert abs(Fraction(quotient(D(dividend), D(divisor))) - exact) <= exact / 10**50


def test_product_of_nothing__is_one_and_zero_is_zero() -> None:
    assert product() == 1
    assert ZERO == 0
