"""Rounding, cut-offs, accounting and due dates, tax: the plain rules of finance 0 and 2."""

from datetime import date

import pytest
from msgspec.structs import replace

from mocks.firm.facts.source import TaxRate
from scenarios.oracle.amounts import half_up, minor_digits
from scenarios.oracle.calendars import accounting_date, cutoff_ms, due_date, local_date
from scenarios.oracle.expected import Price, TaxCode
from scenarios.oracle.rating import time_amount_minor
from scenarios.oracle.taxation import determine_tax, tax_minor
from tests.unit.checks.facts import JANUARY_CLOSE, account, at, entity


def hourly(rate_e4: int) -> Price:
    return Price(priority=1, source="AS|A1", numerator=rate_e4, denominator=10_000)


@pytest.mark.parametrize(
    ("numerator", "denominator", "rounded"),
    [(5, 10, 1), (-5, 10, -1), (4, 10, 0), (-4, 10, 0), (15, 10, 2), (25, 10, 3), (-25, 10, -3), (0, 7, 0)],
)
def test_ties__go_away_from_zero(numerator: int, denominator: int, rounded: int) -> None:
    assert half_up(numerator, denominator) == rounded


@pytest.mark.parametrize(
    ("hours_e2", "rate_e4", "minor"),
    [
        (775, 2_450_000, 189_875),
        (800, 2_523_500, 201_880),
        (533, 2_523_500, 134_503),
        (350, 1_799_500, 62_983),  # 629.825; half-even would give .82
        (325, 1_396_000, 45_370),
        (550, 1_799_500, 98_973),  # 989.725
    ],
)
def test_hours_times_rate__as_in_finance_8_1(hours_e2: int, rate_e4: int, minor: int) -> None:
    assert time_amount_minor(hourly(rate_e4), hours_e2, 100, 0, "USD") == minor


def test_multiplier_and_discount__enter_before_the_one_rounding() -> None:
    # 1.25 h x 187.43 x 1.5 x 0.925 = 325.07390625
    assert time_amount_minor(hourly(1_874_300), 125, 150, 75_000, "USD") == 32_507


def test_day_rate__is_divided_by_the_hours_of_a_day_without_rounding() -> None:
    # 1,000.03 a day of 8 h: 3 h = 375.01125; an hourly value rounded to 125.00 would give 375.00
    day = Price(priority=2, source="RC", numerator=10_000_300 * 100, denominator=10_000 * 800)
    assert time_amount_minor(day, 300, 100, 0, "USD") == 37_501


def test_minor_units__follow_the_currency() -> None:
    assert (minor_digits("USD"), minor_digits("JPY"), minor_digits("KWD")) == (2, 0, 3)
    assert time_amount_minor(hourly(1_000_500), 100, 100, 0, "JPY") == 100  # 100.05 yen


@pytest.mark.parametrize(
    ("day", "instant"),
    [
        (date(2026, 1, 31), "2026-02-01 05:00"),
        (date(2026, 3, 7), "2026-03-08 05:00"),  # the night before clocks go forward
        (date(2026, 3, 8), "2026-03-09 04:00"),
        (date(2026, 10, 31), "2026-11-01 04:00"),  # the night before they go back
        (date(2026, 11, 1), "2026-11-02 05:00"),
    ],
)
def test_cut_off__is_local_midnight_whatever_the_clocks_do(day: date, instant: str) -> None:
    assert cutoff_ms(entity(), day) == at(instant)


def test_local_date__is_still_yesterday_in_the_evening_of_new_york() -> None:
    assert local_date("America/New_York", at("2026-02-01 04:59")) == date(2026, 1, 31)
    assert local_date("America/New_York", at("2026-02-01 05:00")) == date(2026, 2, 1)


def test_accounting_date__moves_to_the_first_open_period_once_the_close_has_begun() -> None:
    end = date(2026, 1, 31)
    assert accounting_date(entity(), end, JANUARY_CLOSE - 1) == end
    assert accounting_date(entity(), end, JANUARY_CLOSE) == date(2026, 2, 1)
    assert accounting_date(entity(), end, at("2026-03-06 21:00")) == date(2026, 3, 1)


@pytest.mark.parametrize(
    ("terms", "due"),
    [("NET 30", date(2026, 3, 2)), ("EOM 15", date(2026, 2, 15)), ("NET 0", date(2026, 1, 31)), ("", None)],
)
def test_due_date__follows_the_terms(terms: str, due: date | None) -> None:
    assert due_date(date(2026, 1, 31), terms) == due


def test_due_date__end_of_month_terms_count_from_the_last_day() -> None:
    assert due_date(date(2026, 1, 15), "EOM 10") == date(2026, 2, 10)


def tax_rate(jurisdiction: str, valid_from: date, percent_e4: int, tax_class: str = "SERVICE") -> TaxRate:
    return TaxRate(
        bk=f"TX|{jurisdiction}|{tax_class}|{valid_from}",
        recorded_at_ms=0,
        jurisdiction=jurisdiction,
        tax_class=tax_class,
        valid_from=valid_from,
        percent_e4=percent_e4,
    )


NEW_YEAR = date(2026, 1, 1)
DAY = date(2026, 1, 31)
RATES = (
    tax_rate("US-CA", date(2020, 1, 1), 40_000),
    tax_rate("US-CA", NEW_YEAR, 88_750),
    tax_rate("US-CA", date(2026, 2, 1), 90_000),
    tax_rate("DE", NEW_YEAR, 190_000, "STANDARD"),
)


@pytest.mark.parametrize(
    ("seller", "buyer", "expected"),
    [
        ("US", {}, TaxCode("US-CA", "S", 88_750)),
        ("US", {"state": "OR"}, TaxCode("US-OR", "O", 0)),
        ("US", {"country": None}, "TAX_PROFILE_INCOMPLETE"),
        ("US", {"state": None}, "TAX_PROFILE_INCOMPLETE"),
        ("US", {"tax_status": "UNKNOWN"}, "TAX_PROFILE_INCOMPLETE"),
        ("US", {"country": "FR"}, TaxCode("FR", "O", 0)),
        ("DE", {"country": "DE"}, TaxCode("DE", "S", 190_000)),
        ("DE", {"country": "FR", "vat_id": "FR12"}, TaxCode("FR", "AE", 0)),
        ("DE", {"country": "FR"}, "TAX_VATID_INVALID"),
        ("DE", {"country": "FR", "tax_status": "CONSUMER"}, TaxCode("DE", "S", 190_000)),
        ("DE", {}, TaxCode("US", "O", 0)),
        ("GB", {"tax_status": "CONSUMER"}, "TAX_UNSUPPORTED"),
    ],
)
def test_tax__takes_the_first_row_that_matches(
    seller: str, buyer: dict[str, str | None], expected: TaxCode | str
) -> None:
    firm = replace(entity(), country=seller)
    assert determine_tax(RATES, firm, replace(account(), **buyer), DAY) == expected


def test_tax__is_rounded_once_on_the_base() -> None:
    # 3 x 33.33 at 8.875 %: 99.99 -> 8.8741 -> 8.87; rounded line by line it would be 8.88
    assert tax_minor(9_999, 88_750) == 887
    assert 3 * tax_minor(3_333, 88_750) == 888
    assert tax_minor(634_611, 42_000) == 26_654
    assert tax_minor(200, 2_500) == 1  # half a cent
