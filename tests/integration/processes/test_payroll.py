"""Payroll: one PAY journal a run, and each person's cost out of the pool at the close (finance 3.3, 4)."""

from datetime import date

import pytest
from msgspec.structs import replace

from integration_core.adapters.bamboohr.mapping import to_deleted_employee
from integration_core.canonical.payroll import PayrollRun
from integration_core.canonical.work import Absence, AbsenceDay, Employee, StatusRow

from .house import BENCH, LAB, LEAVE, PAY, PAYROLL, PAYSLIP, PROJECT, WORKER, D, House, ny, sides

A_WEEK = dict.fromkeys(("Mon", "Tue", "Wed", "Thu", "Fri"), "8.00")  # 9 to 13 February: 40 hours


def february(house: House, *runs: PayrollRun) -> None:
    """A week's work, the payroll, and the close of the month."""
    house.approve("a1T1", ny("2026-02-16 09:00"), A_WEEK)
    house.take(*runs)
    house.run_billing("2026-03-01 12:00")
    house.close_books("2026-03-06 18:00")


def part_time(share: str) -> StatusRow:
    return StatusRow(valid_from=date(2024, 1, 1), status="Part-Time", fte=D(share))


def test_payroll__is_booked_once_when_read_and_sent(house: House) -> None:
    house.at("2026-02-25 12:00")
    house.take(PAYROLL)
    house.activate("payroll", "all")
    assert house.asked.requests == [("send", "erp.journal")]
    assert {key: sides(one) for key, one in house.journals().items()} == {
        PAY: {"5000": D("8000.00"), "2150": D("-8000.00")}
    }
    assert house.journals()[PAY].acct_date == date(2026, 2, 28)
    house.activate("payroll", "all")
    assert house.asked.requests == []


@pytest.mark.parametrize(
    ("person", "expected"),  # 40 hours of 160, 80, 120 and 40
    [
        (WORKER, {PROJECT: D("2000.00"), BENCH: D("6000.00")}),
        (
            replace(WORKER, terminated=date(2026, 2, 16)),
            {PROJECT: D("4000.00"), BENCH: D("4000.00")},
        ),
        (replace(WORKER, statuses=(part_time("0.75"),)), {PROJECT: D("2666.67"), BENCH: D("5333.33")}),
        (replace(WORKER, statuses=(part_time("0.25"),)), {PROJECT: D("8000.00")}),
    ],
)
def test_labour__is_spread_over_the_hours_that_a_person_has(
    house: House, person: Employee, expected: dict[str, object]
) -> None:
    house.take(replace(person, recorded_at_ms=1))
    february(house, PAYROLL)
    (journal,) = house.journals("LAB").values()
    assert sides(journal) == {**expected, "5000": D("-8000.00")}
    assert (journal.key, journal.acct_date) == (LAB, date(2026, 2, 28))
    assert {line.department for line in journal.lines if line.account != "5000"} == {"DATA"}


def test_leave_entered_before_the_close__is_not_bench(house: House) -> None:
    days = tuple(AbsenceDay(day=date(2026, 2, day), hours=D("8")) for day in (17, 18))
    absence = Absence(
        native_id="ab1",
        employee_native_id="7",
        status="approved",
        days=days,
        deleted=False,
        recorded_at_ms=ny("2026-03-06 16:59"),
    )
    house.take(absence, replace(absence, native_id="ab2", recorded_at_ms=ny("2026-03-06 17:00")))
    february(house, PAYROLL)
    assert sides(house.journals()[LAB]) == {
        PROJECT: D("2000.00"),
        LEAVE: D("800.00"),
        BENCH: D("5200.00"),
        "5000": D("-8000.00"),
    }


@pytest.mark.parametrize("restarted", [False, True])
def test_person_deleted_in_the_hris__still_costs_what_they_were_paid(house: House, restarted: bool) -> None:
    house.core.references_now()
    house.at("2026-03-02 10:00")
    house.take(to_deleted_employee("7", ny("2026-03-02 09:00")))
    if restarted:
        house.core.forget()
    february(house, PAYROLL)
    assert sorted(house.journals("PAY", "LAB")) == [LAB, PAY]
    assert sides(house.journals()[LAB]) == {PROJECT: D("2000.00"), BENCH: D("6000.00"), "5000": D("-8000.00")}
    assert house.open_cases() == []


def test_person_paid_twice_in_a_run__leaves_the_pool_empty(house: House) -> None:
    again = replace(PAYSLIP, employee_native_id="g8", gross=D("800.00"), burden=D("0.00"))
    february(house, replace(PAYROLL, lines=(PAYSLIP, again)))
    assert sides(house.journals()[PAY]) == {"5000": D("8800.00"), "2150": D("-8800.00")}
    assert sides(house.journals()[LAB]) == {PROJECT: D("2200.00"), BENCH: D("6600.00"), "5000": D("-8800.00")}


def test_payroll_that_comes_after_the_last_known_close__is_a_case_and_holds_up_no_other(
    house: House,
) -> None:
    beyond = replace(PAYROLL, native_id="pr0", period="2026-04", recorded_at_ms=ny("2026-05-08 09:00"))
    house.at("2026-05-08 10:00")
    house.take(beyond, PAYROLL)
    house.activate("payroll", "all")
    assert list(house.journals()) == [PAY]
    assert house.open_cases() == [("PERIOD_CLOSED", "pr0")]
    assert house.asked.requests == [("send", "erp.journal")]


def test_payroll_of_a_stranger__waits_for_the_hris_and_is_then_booked(house: House) -> None:
    house.at("2026-02-25 12:00")
    house.take(
        replace(PAYROLL, lines=(PAYSLIP, replace(PAYSLIP, employee_no="E999", employee_native_id="g9")))
    )
    house.activate("payroll", "all")
    assert (house.journals(), house.open_cases()) == ({}, [("PAY_UNKNOWN_EMP", "pr1")])

    house.take(replace(WORKER, key="RS|E999", native_id="99", employee_no="E999"))
    house.activate("payroll", "all")
    assert sides(house.journals()[PAY]) == {"5000": D("16000.00"), "2150": D("-16000.00")}
    assert house.open_cases() == []
