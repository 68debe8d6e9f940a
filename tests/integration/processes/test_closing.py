"""The close of a month: what is accrued and recognised as known at its instant (finance 3.4, 3.5, 4.1)."""

from datetime import date
from decimal import Decimal

import pytest
from msgspec.structs import replace

from integration_core.canonical.deals import Contract, PackageMilestone
from integration_core.canonical.work import MilestoneState
from tests.unit.rules.firm import ACME, CONTRACT, LINE, PACKAGE, STAFFING

from .house import (
    APPROVED_MS,
    BENCH,
    FRIDAY,
    LAB,
    MARCH_INVOICE,
    ORDER_REQUIRED,
    PAYROLL,
    PROJECT,
    D,
    House,
    amounts,
    ny,
    ordered,
    retainer,
    sides,
    with_line,
)

RETAINER = retainer("2800", "10", date(2026, 2, 1))
FIXED = with_line(replace(LINE, billing_method="FF", revenue_method="MILESTONE"))
THIRDS = replace(
    PACKAGE,
    billing_method="FF",
    milestones=tuple(
        PackageMilestone(seq=seq, name=f"M{seq}", share=D(share))
        for seq, share in enumerate(("0.333333", "0.333333", "0.333334"), 1)
    ),
    recorded_at_ms=1,
)


def posted(house: House) -> dict[str, dict[str, Decimal]]:
    """Journals of revenue, each under its kind and day."""
    kinds = ("ACC", "ACR", "REV", "RCL", "RCR")
    return {f"{one.journal_type} {one.acct_date}": sides(one) for one in house.journals(*kinds).values()}


def test_unbilled_time_of_a_held_invoice__is_accrued_until_the_month_it_is_booked_in(house: House) -> None:
    house.take(ORDER_REQUIRED)
    house.approve("a1T1", APPROVED_MS, FRIDAY)
    house.run_billing("2026-03-01 12:00")
    house.close_books("2026-03-06 18:00")
    february = {
        "ACC 2026-02-28": {"1140": D("525.00"), "4000": D("-525.00")},
        "ACR 2026-03-01": {"1140": D("-525.00"), "4000": D("525.00")},
    }
    assert posted(house) == february

    house.at("2026-03-10 10:00")
    house.take(ordered("2026-03-10 09:00"))
    house.run_billing()
    house.post_all()
    house.run_billing("2026-04-01 12:00")
    house.close_books("2026-04-07 18:00")
    assert house.do(lambda c: house.store.closes.states(c, "US01")) == {
        "2026-02": "CLOSED",
        "2026-03": "CLOSED",
    }
    assert posted(house) == february


@pytest.mark.parametrize(
    ("contract", "expected"),
    [
        (
            CONTRACT,
            {
                "ACC 2026-02-28": {"1140": D("600.00"), "4000": D("-600.00")},
                "ACR 2026-03-01": {"1140": D("-600.00"), "4000": D("600.00")},
            },
        ),
        (RETAINER, {"REV 2026-02-28": {"2400": D("2800.00"), "4020": D("-2800.00")}}),
    ],
)
@pytest.mark.parametrize("tax_status", ["BUSINESS", "UNKNOWN"])
def test_work_under_way__is_recognised_whatever_becomes_of_its_customers_profile(
    house: House, contract: Contract, expected: dict[str, object], tax_status: str
) -> None:
    house.take(contract)
    house.run_billing("2026-03-01 12:00")
    house.take(replace(ACME, tax_status=tax_status, recorded_at_ms=ny("2026-03-02 09:00")))
    house.approve("a1T1", ny("2026-03-02 10:00"), {"Fri": "4.00"})  # February's, approved after its run
    house.close_books("2026-03-06 18:00")
    assert posted(house) == expected


def test_close_that_is_made_late__leaves_out_time_that_became_valid_after_its_instant(house: House) -> None:
    house.take(PAYROLL, replace(STAFFING, valid_from=date(2026, 3, 1), recorded_at_ms=1))
    house.approve("a1T1", APPROVED_MS, {"Fri": "8.00"})
    house.run_billing("2026-03-01 12:00")
    house.at("2026-03-10 10:00")
    house.take(replace(STAFFING, recorded_at_ms=ny("2026-03-10 09:00")))
    house.activate("rating", "all")
    house.close_books("2026-03-10 10:00")
    assert sides(house.journals()[LAB]) == {BENCH: D("8000.00"), "5000": D("-8000.00")}


def test_time_that_became_valid_before_the_close__counts_in_it(house: House) -> None:
    house.take(PAYROLL, replace(STAFFING, valid_from=date(2026, 3, 1), recorded_at_ms=1))
    house.approve("a1T1", APPROVED_MS, {"Fri": "8.00"})
    house.run_billing("2026-03-01 12:00")
    house.at("2026-03-06 17:00")
    house.take(replace(STAFFING, recorded_at_ms=ny("2026-03-06 16:59")))
    house.activate("rating", "all")
    house.close_books("2026-03-06 18:00")
    assert sides(house.journals()[LAB]) == {
        PROJECT: D("400.00"),  # 8 of 160 hours
        BENCH: D("7600.00"),
        "5000": D("-8000.00"),
    }


def test_milestone_accepted_after_the_close__is_billed_and_earned_in_the_next_month(house: House) -> None:
    house.take(FIXED, THIRDS)
    house.run_billing("2026-03-01 12:00")
    house.close_books("2026-03-06 18:00")
    assert posted(house) == {}

    house.at("2026-03-09 10:00")
    accepted = MilestoneState(
        native_id="m1",
        contract_line_native_id="a0L1",
        seq=1,
        status="Accepted",
        accepted_at_ms=ny("2026-02-27 09:00"),  # dated back: that moves nothing
        deleted=False,
        recorded_at_ms=ny("2026-03-09 09:00"),
    )
    house.take(accepted)
    house.run_billing("2026-04-01 12:00")
    assert {key: amounts(one) for key, one in house.invoices().items()} == {
        MARCH_INVOICE: {"m1": D("633.33")}
    }
    house.post_all()
    house.close_books("2026-04-07 18:00")
    assert posted(house) == {"REV 2026-03-31": {"2400": D("633.33"), "4010": D("-633.33")}}


def test_close__waits_for_its_instant_and_for_the_runs_before_it(house: House) -> None:
    house.approve("a1T1", APPROVED_MS, FRIDAY)
    house.at("2026-03-06 18:00")
    house.activate("close", "US01")
    assert house.do(lambda c: house.store.closes.states(c, "US01")) == {}
    assert ny("2026-03-06 17:00") in house.do(house.store.waits.all)

    house.run_billing()
    assert ("close", "US01") in house.asked.requests
    house.activate("close", "US01")
    assert house.do(lambda c: house.store.closes.states(c, "US01")) == {"2026-02": "POSTED"}
    house.activate("close", "US01")
    assert house.asked.requests == []  # the ERP does not hold the invoice yet
    house.post_all()
    house.activate("close", "US01")
    assert house.asked.requests == [("send", "erp.period")]
