"""Billing runs: what they take, when they wait, and that they yield the same however late they are made."""

from datetime import date

import pytest
from msgspec.structs import replace

from integration_core.canonical.deals import PackageMilestone
from integration_core.canonical.ledger import BillingDate
from integration_core.ports.systems import SourceRecord
from tests.unit.rules.firm import ACME, CONTRACT, PACKAGE, STAFFING, US01

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
    card,
    ny,
    ordered,
    retainer,
)

RETAINER = retainer("9500", "0", date(2026, 1, 12))


def overage(house: House) -> dict[str, object]:
    """Overage billed, by invoice and month."""
    return {
        f"{key[8:18]} {line.source_id[-7:]}": (line.hours, line.rate, line.amount)
        for key, invoice in house.invoices().items()
        for line in invoice.lines
        if line.item == "OV"
    }


def test_run__waits_for_its_cutoff_and_has_every_source_polled_right_after_it(house: House) -> None:
    house.approve("a1T1", APPROVED_MS, FRIDAY)
    house.run_billing("2026-02-28 12:00")
    cutoff = ny("2026-03-01 00:00")
    assert house.invoices() == {}
    assert house.asked.timers == [("poll", name, cutoff + 1_000) for name in sorted(house.systems)]
    assert house.asked.requests == [("close", "US01")]

    house.run_billing()
    assert house.asked.timers == []  # asked for once
    house.run_billing("2026-03-01 00:01")
    assert amounts(house.invoices()[FEBRUARY_INVOICE]) == {"a1T1#Fri": D("525.00")}
    assert house.asked.requests == [("send", "erp.invoice"), ("close", "US01")]


@pytest.mark.parametrize(
    ("entered", "booked_on"),
    [("2026-03-06 16:59", date(2026, 2, 28)), ("2026-03-06 17:00", date(2026, 3, 1))],
)
def test_held_invoice__keeps_its_dates_but_is_booked_into_a_period_that_is_open_when_released(
    house: House, entered: str, booked_on: date
) -> None:
    house.take(ORDER_REQUIRED)
    house.approve("a1T1", APPROVED_MS, FRIDAY)
    house.run_billing("2026-03-01 12:00")
    assert (house.invoices(), house.open_cases()) == ({}, [("PO_MISSING", FEBRUARY_INVOICE)])

    house.at("2026-03-10 10:00")
    house.take(ordered(entered))
    house.run_billing()
    invoice = house.invoices()[FEBRUARY_INVOICE]
    assert (invoice.invoice_date, invoice.due_date) == (date(2026, 2, 28), date(2026, 3, 30))
    assert (invoice.acct_date, invoice.po_number) == (booked_on, "PO-1")
    assert amounts(invoice) == {"a1T1#Fri": D("525.00")}
    assert house.open_cases() == []
    assert ("send", "erp.invoice") in house.asked.requests


@pytest.mark.parametrize("wish", [{"payment_terms": "NET 60"}, {"consolidate_invoices": True}])
def test_held_invoice__moves_neither_due_date_nor_group_while_it_waits(
    house: House, wish: dict[str, object]
) -> None:
    house.take(ORDER_REQUIRED)
    house.approve("a1T1", APPROVED_MS, FRIDAY)
    house.run_billing("2026-03-01 12:00")
    house.at("2026-03-04 10:00")
    house.take(replace(ORDER_REQUIRED, recorded_at_ms=ny("2026-03-03 09:00"), **wish))
    house.take(ordered("2026-03-04 09:00"))
    house.run_billing()
    invoice = house.invoices()[FEBRUARY_INVOICE]
    assert (invoice.due_date, invoice.source_id) == (date(2026, 3, 30), CONTRACT.native_id)
    assert house.open_cases() == []


@pytest.mark.parametrize(
    "change",
    [
        replace(CONTRACT, status="SUSPENDED"),
        replace(ACME, payment_terms="NET 60"),
        replace(ACME, state="CA"),
        replace(ACME, tax_status="UNKNOWN"),
    ],
)
def test_run_made_late__sees_papers_as_they_were_at_its_cutoff(house: House, change: SourceRecord) -> None:
    house.approve("a1T1", APPROVED_MS, FRIDAY)
    house.at("2026-03-02 12:00")
    house.take(replace(change, recorded_at_ms=ny("2026-03-01 00:00")))
    house.run_billing()
    invoice = house.invoices()[FEBRUARY_INVOICE]
    assert (invoice.due_date, invoice.tax_jurisdiction) == (date(2026, 3, 30), "US-NY")
    assert amounts(invoice) == {"a1T1#Fri": D("525.00")}


def test_change_just_before_the_cutoff__counts_in_its_run(house: House) -> None:
    house.approve("a1T1", APPROVED_MS, FRIDAY)
    house.at("2026-03-02 12:00")
    house.take(replace(ACME, payment_terms="NET 60", recorded_at_ms=ny("2026-03-01 00:00") - 1))
    house.run_billing()
    assert house.invoices()[FEBRUARY_INVOICE].due_date == date(2026, 4, 29)


def test_calendar_row_that_goes_while_its_run_is_due__makes_no_other_run(house: House) -> None:
    def shorten(name: str) -> None:
        if name.startswith("run:"):
            house.take(replace(US01, billing_calendar=US01.billing_calendar[2:], recorded_at_ms=5))

    house.approve("a1T1", APPROVED_MS, FRIDAY)
    house.before_transaction = shorten
    house.run_billing("2026-03-01 12:00")
    assert house.invoices() == {}
    assert not house.do(lambda c: house.store.documents.run_done(c, "BR|US01|2026-03-31"))

    house.run_billing("2026-04-01 12:00")
    assert {key: amounts(one) for key, one in house.invoices().items()} == {
        MARCH_INVOICE: {"a1T1#Fri": D("525.00")}
    }


def test_deal_refused_for_good__holds_up_nobody_else(house: House) -> None:
    house.approve("a1T1", APPROVED_MS, FRIDAY)
    half = PackageMilestone(seq=1, name="Half", share=D("0.5"))
    broken = replace(PACKAGE, native_id="01tF", key="SK|FF|1", billing_method="FF", milestones=(half,))
    deal, quote, contract = another_deal()
    line = replace(contract.lines[0], billing_method="FF", package_native_id="01tF")
    house.take(broken, deal, quote, replace(contract, lines=(line,)))
    house.approve("a1T9", APPROVED_MS + 1, FRIDAY, task_native_id="a1OFFICE")  # parked: no deal's task

    house.run_billing("2026-03-01 12:00")
    assert house.invoices() == {}  # the time may belong to the deal that is on its way
    house.activate("provision", "800D")
    assert house.open_cases() == [("MS_SUM_MISMATCH", "CO|00000102")]
    house.run_billing()
    assert list(house.invoices()) == [FEBRUARY_INVOICE]


def test_retainer_hours_that_were_blocked_at_first__count_in_the_month_they_became_valid(
    house: House,
) -> None:
    house.take(RETAINER, replace(STAFFING, valid_from=date(2026, 3, 1), recorded_at_ms=1))
    house.approve("a1T1", ny("2026-02-14 10:00"), {"Fri": "8.00"})
    assert house.open_cases() == [("TIME_NOT_ASSIGNED", "TE|TC-a1T1|Fri")]
    house.run_billing("2026-03-01 12:00")
    assert overage(house) == {}

    house.at("2026-03-10 10:00")
    house.take(replace(STAFFING, recorded_at_ms=ny("2026-03-10 09:00")))
    house.activate("rating", "all")
    assert house.open_cases() == []
    house.run_billing("2026-04-01 12:00")
    assert overage(house) == {"2026-03-31 2026-03": (D("8.00"), D("250"), D("2000.00"))}


def test_one_run_that_ends_two_months__bills_the_overage_of_both(house: House) -> None:
    rows = (BillingDate(date(2026, 1, 31), "MONTHLY"), BillingDate(date(2026, 3, 31), "MONTHLY"))
    house.take(RETAINER, replace(US01, billing_calendar=rows, recorded_at_ms=1))
    house.approve("a1T1", ny("2026-02-14 10:00"), {"Tue": "10.00"})
    house.approve("a1T2", ny("2026-03-14 10:00"), {"Tue": "4.00"}, date(2026, 3, 9))
    house.run_billing("2026-04-01 12:00")
    assert overage(house) == {
        "2026-03-31 2026-02": (D("10.00"), D("250"), D("2500.00")),
        "2026-03-31 2026-03": (D("4.00"), D("250"), D("1000.00")),
    }


def test_contract_suspended_when_its_overage_was_due__is_billed_for_it_later(house: House) -> None:
    house.take(replace(RETAINER, status="SUSPENDED", recorded_at_ms=ny("2026-02-01 09:00")))
    house.approve("a1T1", ny("2026-02-14 10:00"), {"Fri": "8.00"})
    house.run_billing("2026-03-01 12:00")
    assert house.invoices() == {}

    house.take(replace(RETAINER, status="ACTIVE", recorded_at_ms=ny("2026-03-05 09:00")))
    house.run_billing("2026-04-01 12:00")
    assert overage(house) == {"2026-03-31 2026-02": (D("8.00"), D("250"), D("2000.00"))}


def test_unapproved_time__is_billed_by_the_run_after_its_approval(house: House) -> None:
    sent_in = ny("2026-02-27 09:00")
    house.at("2026-03-01 12:00")
    house.take(card("a1T1", sent_in + 10, FRIDAY, status="Submitted", approved_at_ms=None))
    house.run_billing()
    assert (house.invoices(), house.open_cases()) == ({}, [("TIME_UNAPPROVED", "TE|TC-a1T1|Fri")])
    house.approve("a1T1", ny("2026-03-02 09:00"), FRIDAY, submitted_at_ms=sent_in)
    house.run_billing("2026-04-01 12:00")
    assert {key: amounts(one) for key, one in house.invoices().items()} == {
        MARCH_INVOICE: {"a1T1#Fri": D("525.00")}
    }


def test_run_between_a_poll_and_the_rating_of_what_it_brought__waits_for_that(house: House) -> None:
    house.approve("a1T1", APPROVED_MS, FRIDAY)
    house.at("2026-03-01 12:00")
    house.take(card("a1T2", APPROVED_MS + 1, {"Thu": "2.00"}))  # read, and nobody has looked at it yet
    house.run_billing()
    assert house.invoices() == {}
    assert ("rating", "all") in house.asked.requests
    house.activate("rating", "all")
    house.run_billing()
    assert sorted(amounts(house.invoices()[FEBRUARY_INVOICE])) == ["a1T1#Fri", "a1T2#Thu"]
