"""Reference data: calendars, packages, places."""

import re
from datetime import UTC, date, datetime

from mocks.firm import reference
from mocks.firm.data.names import FIRST_NAMES, LAST_NAMES
from mocks.firm.data.places import CITIES, STATE_TAX_PERCENT_E4
from mocks.firm.days import calendar_between, day_number
from mocks.firm.facts.source import BillingDate
from mocks.firm.profile import profile_named

PROFILE = profile_named("deal")
CALENDAR = calendar_between(day_number(date(2025, 11, 1)), day_number(date(2026, 8, 1)))


def test_close__is_the_fifth_work_day_at_four_in_new_york() -> None:
    closes = {row.period: row.close_at_ms for row in reference.close_calendar(CALENDAR, PROFILE)}
    assert closes["2026-01"] == int(datetime(2026, 2, 6, 21, tzinfo=UTC).timestamp()) * 1000
    assert closes["2026-03"] == int(datetime(2026, 4, 7, 20, tzinfo=UTC).timestamp()) * 1000
    assert sorted(closes) == ["2026-01", "2026-02", "2026-03", "2026-04"]


def test_billing_calendar__has_month_ends_and_fifteenths() -> None:
    assert reference.billing_calendar(PROFILE) == (
        BillingDate(date(2026, 1, 15), "EXTRA"),
        BillingDate(date(2026, 1, 31), "MONTHLY"),
        BillingDate(date(2026, 2, 15), "EXTRA"),
        BillingDate(date(2026, 2, 28), "MONTHLY"),
    )


def test_packages__bill_time_and_have_one_task_that_is_not_billed() -> None:
    for package in reference.packages(0):
        assert (package.billing_method, package.revenue_method) == ("TM", "RTI")
        assert [task.billable for task in package.tasks] == [True, True, False]
        assert len({task.wbs for task in package.tasks}) == 3


def test_list_prices__do_not_end_in_whole_dollars() -> None:
    prices = [reference.package_list_price_e4(i) for i in range(reference.package_count())]
    assert all(price > 0 and price % 10_000 for price in prices)


def test_cities__have_five_digit_postcodes_and_known_states() -> None:
    states = {state for state, _ in STATE_TAX_PERCENT_E4}
    assert all(re.fullmatch(r"\d{5}", postcode) for _, _, postcode in CITIES)
    assert {state for _, state, _ in CITIES} - states == {"NH", "DE"}  # no row at all: rate zero by default
    assert 0 in {percent for _, percent in STATE_TAX_PERCENT_E4}


def test_name_pools__hold_awkward_names() -> None:
    assert "O" in FIRST_NAMES
    assert {"D'Arcy", "Björn"} <= set(FIRST_NAMES)
    assert {"O'Hallaran", "Núñez", "Ma", "Montgomery-Featherstonehaugh"} <= set(LAST_NAMES)
    assert len(set(FIRST_NAMES)) == len(FIRST_NAMES)
    assert len(set(LAST_NAMES)) == len(LAST_NAMES)
