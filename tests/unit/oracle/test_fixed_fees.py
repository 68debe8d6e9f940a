"""Fixed fees: planned milestones, invoices, percent complete, the reclass (finance 2.3, 3.5, 8.2)."""

from datetime import date

import pytest
from msgspec.structs import replace

from mocks.firm.facts.source import SourceFact
from scenarios.oracle.expected import Expected, TaxCode
from tests.unit.checks.facts import at
from tests.unit.oracle.engagements import (
    DIMS,
    FEBRUARY,
    FEBRUARY_CLOSE,
    JANUARY,
    JANUARY_CLOSE,
    LINE,
    MARCH,
    accepted,
    ask,
    by_account,
    case_codes,
    close_amounts,
    completion,
    de01,
    engagement,
    estimate,
    fixed_fee,
    fixed_fee_package,
    hours,
    plan,
    stretch,
)

JANUARY_HOURS = stretch(1, date(2026, 1, 6), 15, "2026-01-30 15:00")  # 150.00
FEBRUARY_HOURS = stretch(31, date(2026, 2, 1), 21, "2026-02-27 15:00")  # 210.00


def facts(*more: SourceFact, revenue_method: str = "POC_HOURS") -> list[SourceFact]:
    """120,000.00 over 800 h, the first milestone accepted in January."""
    deal = engagement(fixed_fee(revenue_method=revenue_method), fixed_fee_package())
    return [*deal, *JANUARY_HOURS, *FEBRUARY_HOURS, accepted(1, "2026-01-20 15:00"), *more]


def earned(expected: Expected) -> dict[str, int | None]:
    return {period: position.earned_minor for (_, period), position in expected.positions.items()}


def test_milestones__take_their_share_and_the_last_one_the_rest() -> None:
    deal = engagement(fixed_fee(1_000_001), fixed_fee_package(plan(333_333, 333_333, 333_334)))
    planned = ask(deal).milestones
    assert [row.amount_minor for row in planned.values()] == [333_333, 333_333, 333_335]
    assert list(planned) == [f"MS|{LINE}|1", f"MS|{LINE}|2", f"MS|{LINE}|3"]


def test_shares_that_do_not_add_up__are_a_case_and_plan_nothing() -> None:
    expected = ask(engagement(fixed_fee(), fixed_fee_package(plan(500_000, 499_999))))
    assert expected.milestones == {}
    assert LINE in case_codes(expected)["MS_SUM_MISMATCH"]


def test_accepted_milestone__is_billed_against_deferred_revenue() -> None:
    expected = ask(facts())
    invoice = expected.invoices[("US01", JANUARY, "CO|00000101")]
    (line,) = invoice.lines
    assert (line.event.bk, line.event.sources) == (f"BE|MS|{LINE}|1|v1.1|p1", ("a0M1",))
    assert (invoice.net_minor, invoice.tax_minor, line.account) == (3_600_000, 151_200, "2400")
    assert expected.invoice_journals[invoice.key].amounts == (
        (("1100", "CU|000001"), 3_751_200),
        (("2200", "US-CA|S|42000"), -151_200),
        (("2400", *DIMS), -3_600_000),
    )


def test_time_on_a_fixed_fee__is_covered_and_needs_no_rate() -> None:
    expected = ask(facts())
    assert {(e.covered, e.commit_ms, e.amount_minor) for e in expected.events} == {(True, None, 0)}
    assert (expected.cases, expected.unsupported) == ((), ())
    assert set(expected.invoices) == {("US01", JANUARY, "CO|00000101")}


def test_percent_complete__is_recognised_and_its_excess_reclassified() -> None:
    expected = ask(facts(), FEBRUARY_CLOSE)
    assert earned(expected) == {"2026-01": 2_250_000, "2026-02": 5_400_000}
    assert close_amounts(expected, "REV", "2026-01") == {"2400": 2_250_000, "4010": -2_250_000}
    assert close_amounts(expected, "REV", "2026-02") == {"2400": 3_150_000, "4010": -3_150_000}
    assert close_amounts(expected, "RCL", "2026-01") == {}  # billed 36,000.00 > earned 22,500.00
    assert close_amounts(expected, "RCL", "2026-02") == {"1150": 1_800_000, "2400": -1_800_000}
    assert close_amounts(expected, "RCR", "2026-03") == {"1150": -1_800_000, "2400": 1_800_000}
    assert expected.close_journals[("RCR", "US01", LINE, "2026-03")].acct_date == date(2026, 3, 1)
    assert expected.closed_periods == {("US01", "2026-01"), ("US01", "2026-02")}


def test_position__holds_what_percent_complete_came_from() -> None:
    position = ask(facts()).positions[(LINE, "2026-02")]
    assert (position.hours_e2, position.eac_e2, position.completed) == (36_000, 80_000, False)
    assert (position.billed_minor, position.earned_before_minor, position.revenue_account) == (
        3_600_000,
        2_250_000,
        "4010",
    )


@pytest.mark.parametrize(("delay_ms", "minor"), [(-1, 2_000_000), (0, 2_250_000)])
def test_estimate__counts_when_recorded_before_the_close(delay_ms: int, minor: int) -> None:
    revised = replace(estimate(2, 90_000, "2026-02-01 00:00"), recorded_at_ms=JANUARY_CLOSE + delay_ms)
    assert earned(ask(facts(revised)))["2026-01"] == minor


def test_estimate_raised_later__takes_revenue_back() -> None:
    raised = estimate(2, 1_000_000, "2026-02-20 15:00")  # 120,000 x 360 / 10,000 = 4,320.00
    expected = ask(facts(raised), FEBRUARY_CLOSE)
    assert close_amounts(expected, "REV", "2026-02") == {"2400": -1_818_000, "4010": 1_818_000}


def test_hours_beyond_the_estimate__earn_the_whole_fee_and_are_a_case() -> None:
    expected = ask(facts(estimate(2, 14_999, "2026-01-25 15:00")), JANUARY_CLOSE)
    assert earned(expected) == {"2026-01": 12_000_000}
    assert case_codes(expected) == {"EAC_BELOW_ACTUAL": (LINE,)}


def test_no_estimate_at_all__blocks_the_line_s_close() -> None:
    bare = replace(fixed_fee_package(), tasks=(replace(fixed_fee_package().tasks[0], hours_e2=0),))
    expected = ask([*engagement(fixed_fee(), bare), *JANUARY_HOURS], JANUARY_CLOSE)
    assert case_codes(expected) == {"EAC_MISSING": (LINE,)}
    assert expected.close_journals == {}


def test_completed_project__has_earned_its_whole_fee() -> None:
    expected = ask(facts(completion("2026-02-27 20:00")), FEBRUARY_CLOSE)
    assert earned(expected) == {"2026-01": 2_250_000, "2026-02": 12_000_000}
    assert expected.positions[(LINE, "2026-02")].completed


def test_completion_after_the_month_s_last_day__waits_for_the_next_close() -> None:
    expected = ask(facts(completion("2026-03-01 06:00")))  # 1 March in New York
    assert earned(expected) == {"2026-01": 2_250_000, "2026-02": 5_400_000, "2026-03": 12_000_000}


def test_milestone_revenue__is_earned_with_each_acceptance() -> None:
    late = accepted(2, "2026-02-02 15:00")  # before January's close, but of February
    expected = ask(facts(late, revenue_method="MILESTONE"), FEBRUARY_CLOSE)
    assert earned(expected) == {"2026-01": 3_600_000, "2026-02": 8_400_000}
    assert close_amounts(expected, "RCL", "2026-02") == {}


def test_hours_approved_after_the_close__count_at_the_next_one() -> None:
    late = hours(90, date(2026, 1, 25), 800, "2026-02-07 15:00")
    expected = ask(facts(late), FEBRUARY_CLOSE)
    assert [position.hours_e2 for position in expected.positions.values()] == [15_000, 36_800]


def test_coordination_hours__do_not_move_percent_complete() -> None:
    aside = hours(91, date(2026, 1, 25), 800, "2026-01-26 15:00", task="TK|00000101|1.90", assignment="AS|A9")
    assert ask(facts(aside)).positions[(LINE, "2026-01")].hours_e2 == 15_000


def test_corrected_hours__count_as_known_at_each_close() -> None:
    known = {"bk": "TE|TC-000001|Tue", "ver": 2, "source_id": "th99#Tue"}
    fewer = hours(99, date(2026, 1, 6), 400, "2026-02-10 15:00", **known)
    expected = ask(facts(fewer), FEBRUARY_CLOSE)
    assert [position.hours_e2 for position in expected.positions.values()] == [15_000, 35_400]


@pytest.mark.parametrize(
    ("stamp", "billed_on"),
    [
        ("2026-02-28 22:59", FEBRUARY),  # winter time: the cut-off is 23:00 UTC
        ("2026-02-28 23:00", MARCH),
        ("2026-03-31 21:59", MARCH),  # summer time: the cut-off is 22:00 UTC
        ("2026-03-31 22:00", None),
    ],
)
def test_berlin__cuts_off_at_its_own_midnight(stamp: str, billed_on: date | None) -> None:
    deal = engagement(fixed_fee(), fixed_fee_package(), seller=de01())
    expected = ask([*deal, accepted(1, stamp)])
    assert [key[1] for key in expected.invoices] == ([billed_on] if billed_on else [])
    service = expected.fixed_events[0].service_date
    assert service == (billed_on if stamp.endswith("59") else at_next_day(stamp))


def at_next_day(stamp: str) -> date:
    """Midnight in Berlin begins the day after the one in UTC."""
    day = date.fromisoformat(stamp[:10])
    return date.fromordinal(day.toordinal() + 1)


def test_german_buyer_of_the_german_house__pays_the_standard_rate() -> None:
    deal = engagement(fixed_fee(), fixed_fee_package(), seller=de01())
    expected = ask([*deal, accepted(1, "2026-01-20 15:00")])
    invoice = expected.invoices[("DE01", JANUARY, "CO|00000101")]
    assert invoice.taxes == ((TaxCode("DE", "S", 190_000), 3_600_000, 684_000),)
    assert by_account(expected.invoice_journals[invoice.key].amounts) == {
        "1100": 4_284_000,
        "2200": -684_000,
        "2400": -3_600_000,
    }
    assert ("REV", "DE01", LINE, "2026-01") not in expected.close_journals


def test_acceptance_that_was_taken_back__is_out_of_reach() -> None:
    undone = replace(accepted(1, "2026-01-25 15:00"), ver=3, status="CANCELLED")
    assert f"MS|{LINE}|1 was taken back after its acceptance" in ask(facts(undone)).unsupported


def test_acceptance_of_no_planned_milestone__is_out_of_reach() -> None:
    assert ask(facts(accepted(9, "2026-01-25 15:00"))).unsupported == (
        f"MS|{LINE}|9 was accepted but never had to be planned",
    )


def test_acceptance_recorded_late__counts_from_its_record() -> None:
    backdated = replace(accepted(2, "2026-01-25 15:00"), recorded_at_ms=at("2026-02-03 15:00"))
    expected = ask(facts(backdated), FEBRUARY_CLOSE)
    assert [key[1] for key in expected.invoices] == [JANUARY, FEBRUARY]
