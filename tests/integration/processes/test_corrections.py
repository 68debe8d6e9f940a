"""Time corrected after its approval: cancelled, or credited and billed anew (finance 2.7)."""

from datetime import date
from decimal import Decimal

import pytest

from .house import (
    APPROVED_MS,
    FEBRUARY_INVOICE,
    FRIDAY,
    MARCH_INVOICE,
    ORDER_REQUIRED,
    D,
    House,
    amounts,
    another_deal,
    ny,
    ordered,
)

CUTOFF_MS = ny("2026-03-01 00:00")  # of the run of 28 February
CREDIT = f"CM|{FEBRUARY_INVOICE}|BR|US01|2026-03-31"
LONGER = {"Fri": "4.00"}  # 600.00
OFFICE = "a1OFFICE"  # no deal's task


def correct(house: House, number: int, at_ms: int, hours: dict[str, str], task: str = "a1K1") -> None:
    """Card `a1T<number>` takes the place of the one before it."""
    before = f"a1T{number - 1}"
    house.approve(f"a1T{number}", at_ms, hours, replaces_native_id=before, task_native_id=task)


def billed(house: House) -> dict[str, dict[str, Decimal]]:
    """Amounts of every invoice and credit memo."""
    invoices = {key: amounts(one) for key, one in house.invoices().items()}
    return {**invoices, **{key: amounts(one) for key, one in house.credits().items()}}


@pytest.mark.parametrize("at_ms", [ny("2026-02-20 09:00"), CUTOFF_MS - 1])
def test_correction_before_the_cutoff__is_all_that_is_billed(house: House, at_ms: int) -> None:
    house.approve("a1T1", APPROVED_MS, FRIDAY)
    correct(house, 2, at_ms, LONGER)
    house.run_billing("2026-03-01 12:00")
    house.run_billing("2026-04-01 12:00")
    assert billed(house) == {FEBRUARY_INVOICE: {"a1T2#Fri": D("600.00")}}


@pytest.mark.parametrize("at_ms", [CUTOFF_MS, ny("2026-03-10 09:00"), ny("2026-04-01 00:00") - 1])
def test_correction_from_the_cutoff_on__is_credited_and_billed_by_the_next_run(
    house: House, at_ms: int
) -> None:
    house.approve("a1T1", APPROVED_MS, FRIDAY)
    if at_ms > CUTOFF_MS:
        house.run_billing("2026-03-01 12:00")
    correct(house, 2, at_ms, LONGER)
    house.run_billing("2026-04-01 12:00")
    assert billed(house) == {
        FEBRUARY_INVOICE: {"a1T1#Fri": D("525.00")},
        CREDIT: {"a1T1#Fri": D("525.00")},
        MARCH_INVOICE: {"a1T2#Fri": D("600.00")},
    }
    memo = house.credits()[CREDIT]
    assert (memo.invoice_key, memo.run) == (FEBRUARY_INVOICE, "BR|US01|2026-03-31")
    assert (memo.memo_date, memo.acct_date) == (date(2026, 3, 31), date(2026, 3, 31))
    assert ("send", "erp.credit") in house.asked.requests


def test_correction_of_a_correction__credits_what_was_billed_and_bills_the_last(house: House) -> None:
    house.approve("a1T1", APPROVED_MS, FRIDAY)
    house.run_billing("2026-03-01 12:00")
    correct(house, 2, ny("2026-03-10 09:00"), LONGER)
    correct(house, 3, ny("2026-03-20 09:00"), {"Fri": "2.00"})
    house.run_billing("2026-04-01 12:00")
    assert billed(house) == {
        FEBRUARY_INVOICE: {"a1T1#Fri": D("525.00")},
        CREDIT: {"a1T1#Fri": D("525.00")},
        MARCH_INVOICE: {"a1T3#Fri": D("300.00")},
    }


def test_time_moved_to_another_contract__is_credited_on_the_one_and_billed_on_the_other(house: House) -> None:
    deal, quote, contract = another_deal()
    house.take(deal, quote, contract)
    house.stand(contract, "a1K2")
    house.approve("a1T1", APPROVED_MS, FRIDAY)
    house.run_billing("2026-03-01 12:00")
    correct(house, 2, ny("2026-03-10 09:00"), FRIDAY, "a1K2")
    house.run_billing("2026-04-01 12:00")
    assert billed(house) == {
        FEBRUARY_INVOICE: {"a1T1#Fri": D("525.00")},
        CREDIT: {"a1T1#Fri": D("525.00")},
        "IN|US01|2026-03-31|00000102": {"a1T2#Fri": D("525.00")},
    }


def test_time_moved_away_from_every_deal_before_the_cutoff__is_not_billed(house: House) -> None:
    house.approve("a1T1", APPROVED_MS, FRIDAY)
    correct(house, 2, ny("2026-02-20 09:00"), FRIDAY, OFFICE)
    house.run_billing("2026-03-01 12:00")
    assert (billed(house), house.counts()["parked"]) == ({}, 1)


def test_time_moved_away_from_every_deal_after_it_was_billed__is_credited(house: House) -> None:
    house.approve("a1T1", APPROVED_MS, FRIDAY)
    house.run_billing("2026-03-01 12:00")
    correct(house, 2, ny("2026-03-10 09:00"), FRIDAY, OFFICE)
    house.run_billing("2026-04-01 12:00")
    assert billed(house) == {
        FEBRUARY_INVOICE: {"a1T1#Fri": D("525.00")},
        CREDIT: {"a1T1#Fri": D("525.00")},
    }


@pytest.mark.parametrize(
    ("run_at", "ordered_at", "read_at", "booked_on"),
    [
        ("2026-04-01 12:00", "2026-04-01 06:00", "2026-04-01 12:00", date(2026, 3, 31)),  # read before it
        ("2026-04-01 05:00", "2026-04-01 06:00", "2026-04-01 12:00", date(2026, 3, 31)),  # read after it
        ("2026-04-01 05:00", "2026-04-08 06:00", "2026-04-08 12:00", date(2026, 4, 1)),  # March is closed
    ],
)
def test_credit_of_a_held_invoice__is_made_once_for_its_run_whenever_the_invoice_is_released(
    house: House, run_at: str, ordered_at: str, read_at: str, booked_on: date
) -> None:
    house.take(ORDER_REQUIRED)
    house.approve("a1T1", APPROVED_MS, FRIDAY)
    house.run_billing("2026-03-01 12:00")
    correct(house, 2, ny("2026-03-10 09:00"), LONGER)
    if run_at != read_at:
        house.run_billing(run_at)
        assert billed(house) == {}
    house.at(read_at)
    house.take(ordered(ordered_at))
    house.run_billing()
    assert billed(house) == {
        FEBRUARY_INVOICE: {"a1T1#Fri": D("525.00")},
        CREDIT: {"a1T1#Fri": D("525.00")},
        MARCH_INVOICE: {"a1T2#Fri": D("600.00")},
    }
    memo = house.credits()[CREDIT]
    assert (memo.memo_date, memo.acct_date) == (date(2026, 3, 31), booked_on)
    assert [row.state for row in house.do(house.store.documents.all)] == ["READY"] * 3
    house.run_billing()
    assert len(house.credits()) == 1
    assert house.asked.requests == [("close", "US01")]
