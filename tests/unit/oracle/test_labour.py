"""Payroll and labour: weights, the largest remainder of finance 8.4, what a close knows (finance 4)."""

from datetime import date

import pytest
from msgspec.structs import replace

from mocks.firm.facts.source import Absence, AbsenceDay, PayrollLine, PayrollRun, SourceFact, StatusRow
from scenarios.oracle.labour import capacity_e2, spread
from tests.unit.checks.facts import at, entity, person
from tests.unit.oracle.engagements import (
    FEBRUARY_CLOSE,
    JANUARY,
    JANUARY_CLOSE,
    ask,
    by_account,
    case_codes,
    engagement,
    fixed_fee,
    fixed_fee_package,
    hours,
    stretch,
)

RUN = "PY|US01|2026-01|1"
ANNA = f"{RUN}#RS|1"


def payroll(*employees: str, **changes: object) -> PayrollRun:
    """6,050.01 for each: 5,000.00 and a burden of 1,050.01."""
    plain = PayrollRun(
        bk=RUN,
        recorded_at_ms=at("2026-01-28 16:00"),
        source_id="payroll-1",
        entity="LE|US01",
        period="2026-01",
        run=1,
        kind="REGULAR",
        ccy="USD",
        check_date=date(2026, 1, 30),
        posted_at_ms=at("2026-01-28 16:00"),
        lines=tuple(PayrollLine(bk, f"{bk}@example.com", 500_000, 105_001) for bk in employees),
    )
    return replace(plain, **changes)


def leave(**changes: object) -> Absence:
    plain = Absence(
        bk="AB|1",
        recorded_at_ms=at("2026-01-10 15:00"),
        source_id="to1",
        number="1",
        resource="RS|1",
        kind="VACATION",
        status="APPROVED",
        days=(AbsenceDay(date(2026, 1, 30), 800), AbsenceDay(date(2026, 2, 2), 800)),
        approved_at_ms=at("2026-01-10 15:00"),
    )
    return replace(plain, **changes)


def facts(*more: SourceFact) -> list[SourceFact]:
    """Anna works 40 h on the project in January and is away for 8 h; the month has 22 days of 8 h."""
    deal = engagement(fixed_fee(), fixed_fee_package())
    return [*deal, *stretch(1, date(2026, 1, 6), 4, "2026-01-15 15:00"), *more]


def test_largest_remainder__gives_the_last_cents_to_the_largest_fractions() -> None:
    hours = (("BENCH", 3_650), ("LEAVE", 750), ("CO|FR-77", 3_850), ("CO|UK-12", 6_000))
    assert dict(spread(873_467, hours)) == {
        "BENCH": 223_730,
        "LEAVE": 45_972,
        "CO|FR-77": 235_989,
        "CO|UK-12": 367_776,
    }


def test_equal_remainders__go_to_the_smaller_key_and_negative_costs_mirror() -> None:
    hours = (("BENCH", 100), ("LEAVE", 100), ("CO|1", 100))
    assert spread(100, hours) == (("BENCH", 34), ("LEAVE", 33), ("CO|1", 33))
    assert spread(-101, hours) == (("BENCH", -34), ("LEAVE", -34), ("CO|1", -33))
    assert spread(500, ()) == (("BENCH", 500),)


def test_payroll__is_posted_once_and_allocated_at_the_close() -> None:
    expected = ask(facts(payroll("RS|1"), leave()), JANUARY_CLOSE)
    assert expected.close_journals[("PAY", "US01", RUN, "2026-01")].amounts == (
        (("2150",), -605_001),
        (("5000", "RS|1"), 605_001),
    )
    labour = expected.close_journals[("LAB", "US01", ANNA, "2026-01")]
    assert (labour.acct_date, labour.amounts) == (
        JANUARY,
        (
            (("5000", "RS|1"), -605_001),
            (("5100", "RS|1", "CO|00000101", "100"), 137_500),
            (("5190", "RS|1", "BENCH", "100"), 440_001),
            (("5190", "RS|1", "LEAVE", "100"), 27_500),
        ),
    )
    allocation = expected.allocations[(RUN, "RS|1")]
    assert allocation.hours_e2 == (("BENCH", 12_800), ("LEAVE", 800), ("CO|00000101", 4_000))


def test_before_the_close__there_is_payroll_but_no_allocation() -> None:
    expected = ask(facts(payroll("RS|1")), JANUARY_CLOSE - 1)
    assert {key[0] for key in expected.close_journals} == {"PAY"}
    assert expected.allocations == {}


@pytest.mark.parametrize(
    "absence",
    [
        leave(status="CANCELED"),
        leave(approved_at_ms=JANUARY_CLOSE),
        leave(recorded_at_ms=JANUARY_CLOSE),
        leave(days=(AbsenceDay(date(2026, 2, 2), 800),)),
    ],
)
def test_leave__counts_approved_in_the_period_and_known_at_the_close(absence: Absence) -> None:
    expected = ask(facts(payroll("RS|1"), absence), JANUARY_CLOSE)
    assert dict(expected.allocations[(RUN, "RS|1")].hours_e2) == {"BENCH": 13_600, "CO|00000101": 4_000}


def test_hours_approved_after_the_close__do_not_change_the_allocation() -> None:
    late = hours(70, date(2026, 1, 27), 800, "2026-02-09 15:00")
    expected = ask(facts(payroll("RS|1"), late), FEBRUARY_CLOSE)
    assert dict(expected.allocations[(RUN, "RS|1")].hours_e2)["CO|00000101"] == 4_000


def test_coordination__belongs_to_the_project_too() -> None:
    aside = hours(
        70, date(2026, 1, 27), 800, "2026-01-28 15:00",
        task="TK|00000101|1.90", assignment="AS|A9", billable=False,
    )  # fmt: skip
    expected = ask(facts(payroll("RS|1"), aside), JANUARY_CLOSE)
    assert dict(expected.allocations[(RUN, "RS|1")].hours_e2)["CO|00000101"] == 4_800


def test_more_hours_than_capacity__leave_no_bench() -> None:
    more = stretch(40, date(2026, 1, 13), 14, "2026-01-30 15:00")
    expected = ask(facts(payroll("RS|1"), *more), JANUARY_CLOSE)
    assert expected.allocations[(RUN, "RS|1")].hours_e2 == (("CO|00000101", 18_000),)


def test_capacity__follows_employment_holidays_and_part_time() -> None:
    house = replace(entity(), holidays=(date(2026, 1, 1), date(2026, 1, 19)))
    anna = person(1, "Anna", "PRINCIPAL")
    assert capacity_e2(anna, house, JANUARY) == 16_000  # 20 days
    assert capacity_e2(replace(anna, hired=date(2026, 1, 12)), house, JANUARY) == 11_200
    assert capacity_e2(replace(anna, terminated=date(2026, 1, 12)), house, JANUARY) == 4_800
    half = (StatusRow(date(2024, 1, 1), "Full-Time", 100), StatusRow(date(2026, 1, 26), "Part-Time", 55))
    assert capacity_e2(replace(anna, statuses=half), house, JANUARY) == 15 * 800 + 5 * 440


def test_employee_unknown_to_hr__is_a_case_and_not_allocated() -> None:
    expected = ask(facts(payroll("RS|1", "RS|77")), JANUARY_CLOSE)
    assert "RS|77" in case_codes(expected)["PAY_UNKNOWN_EMP"]
    assert set(expected.allocations) == {(RUN, "RS|1")}
    assert by_account(expected.close_journals[("PAY", "US01", RUN, "2026-01")].amounts)["2150"] == -1_210_002


def test_hours_without_payroll_line__are_a_case() -> None:
    other = person(2, "Ben", "SENIOR")
    assert "RS|1" in case_codes(ask(facts(payroll("RS|2"), other), JANUARY_CLOSE))["PAY_MISSING"]
    assert case_codes(ask(facts(other), JANUARY_CLOSE)) == {}


def test_cost_without_any_hours__goes_to_the_bench_and_is_a_case() -> None:
    idle = person(2, "Ben", "SENIOR", terminated=date(2026, 1, 1))
    expected = ask(facts(payroll("RS|1", "RS|2"), idle), JANUARY_CLOSE)
    assert expected.allocations[(RUN, "RS|2")].amounts_minor == (("BENCH", 605_001),)
    assert "RS|2" in case_codes(expected)["LAB_NO_HOURS"]


def test_correction_run_after_the_close__reuses_the_period_s_weights_in_the_next_one() -> None:
    extra = "PY|US01|2026-01|2"
    posted = at("2026-02-12 16:00")
    late = payroll("RS|1", bk=extra, run=2, kind="CORRECTION", recorded_at_ms=posted, posted_at_ms=posted)
    expected = ask(facts(payroll("RS|1"), late, leave()), FEBRUARY_CLOSE)
    assert expected.close_journals[("PAY", "US01", extra, "2026-02")].acct_date == date(2026, 2, 1)
    labour = expected.close_journals[("LAB", "US01", f"{extra}#RS|1", "2026-02")]
    assert (labour.acct_date, by_account(labour.amounts)["5100"]) == (date(2026, 2, 28), 137_500)


def test_cost_centre__is_the_one_in_force_on_the_period_s_last_day() -> None:
    job = person(1, "Anna", "PRINCIPAL").jobs[0]
    moved = person(
        1, "Anna", "PRINCIPAL", ver=2, recorded_at_ms=at("2026-01-20 15:00"),
        jobs=(job, replace(job, valid_from=date(2026, 1, 31), cost_centre="CC|US01|200")),
    )  # fmt: skip
    assert ask(facts(payroll("RS|1"), moved), JANUARY_CLOSE).allocations[(RUN, "RS|1")].cost_centre == "200"
