"""Payroll as cost: weights, largest remainder, PAY and LAB (finance 4, example 8.4)."""

from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from integration_core.canonical.close import Booked
from integration_core.canonical.payroll import PayrollLine, PayrollRun
from integration_core.canonical.work import Absence, AbsenceDay, Employee, StatusRow
from integration_core.rules.labour import (
    capacity,
    labour_journal,
    payroll_journal,
    posting_date,
    spread,
    weights,
)
from integration_core.rules.revenue import Close

from .firm import BEN, CONTRACT, US01, D, known, ms

CLOSE_MS = ms("2026-03-06 17:00", "America/New_York")
WEEK = tuple(D(hours) for hours in ("8", "8", "8", "8", "8", "0", "0"))
PERSON = replace(
    BEN,
    hired=date(2024, 1, 1),
    terminated=None,
    weekly_pattern=WEEK,
    statuses=(StatusRow(valid_from=date(2024, 1, 1), status="Full-Time", fte=D("1")),),
)
PAY = PayrollRun(
    native_id="pay-1",
    entity_code="US01",
    period="2026-02",
    kind="REGULAR",
    ccy="USD",
    check_date=date(2026, 2, 27),
    posted_at_ms=ms("2026-02-25 16:00"),
    lines=(
        PayrollLine(
            employee_no=PERSON.employee_no, employee_native_id="e1", gross=D("7000.00"), burden=D("1734.67")
        ),
    ),
    deleted=False,
    recorded_at_ms=ms("2026-02-25 16:00"),
)


def close(*absences: Absence) -> Close:
    return Close(
        entity=replace(US01, holidays=(date(2026, 2, 16),)),
        period="2026-02",
        close_ms=CLOSE_MS,
        end=date(2026, 2, 28),
        references=known(CONTRACT, PERSON, *absences),
    )


def booked(day: int, hours: str, **changes: Any) -> Booked:
    plain = Booked(
        employee_no=PERSON.employee_no,
        contract_native_id="800C",
        contract_line_native_id="a0L1",
        billable=True,
        progress=True,
        work_date=date(2026, 2, day),
        hours=D(hours),
        known_ms=0,
        superseded_ms=None,
    )
    return replace(plain, **changes)


def test_largest_remainders__win_the_cents_that_are_left() -> None:
    hours = {"PJ|FR-77": D("38.50"), "PJ|UK-12": D("60.00"), "LEAVE": D("7.50"), "BENCH": D("36.50")}
    assert spread(D("8734.67"), hours, "GBP") == {
        "PJ|FR-77": D("2359.89"),
        "PJ|UK-12": D("3677.76"),
        "LEAVE": D("459.72"),
        "BENCH": D("2237.30"),
    }


def test_equal_remainders__go_to_the_smaller_key() -> None:
    assert spread(D("0.01"), {"PJ|B": D(1), "PJ|A": D(1)}, "USD") == {"PJ|A": D("0.01")}


@given(
    st.integers(min_value=-(10**9), max_value=10**9),
    st.dictionaries(st.text(min_size=1, max_size=3), st.integers(min_value=1, max_value=20_000), max_size=9),
)
def test_parts__always_add_up(cents: int, hours: dict[str, int]) -> None:
    amount = Decimal(cents).scaleb(-2)
    parts = spread(amount, {key: Decimal(part).scaleb(-2) for key, part in hours.items()}, "USD")
    assert sum(parts.values(), Decimal(0)) == amount


def test_capacity__leaves_out_weekends_holidays_and_days_outside_the_employment() -> None:
    assert capacity(close(), PERSON) == D("152.00")  # 20 week days less one holiday
    assert capacity(close(), replace(PERSON, terminated=date(2026, 2, 4))) == D("16.00")
    part_time = StatusRow(valid_from=date(2026, 2, 23), status="Part-Time", fte=D("0.5"))
    assert capacity(close(), replace(PERSON, statuses=(*PERSON.statuses, part_time))) == D("132.00")


def test_weights__are_projects_leave_and_the_bench_that_is_left() -> None:
    absence = Absence(
        native_id="77",
        employee_native_id=PERSON.native_id,
        status="approved",
        days=(
            AbsenceDay(day=date(2026, 2, 27), hours=D("8")),
            AbsenceDay(day=date(2026, 3, 2), hours=D("8")),
        ),
        deleted=False,
        recorded_at_ms=0,
    )
    entries = [
        booked(3, "7.75"),
        booked(4, "8.50", billable=False),
        booked(5, "8.00", known_ms=CLOSE_MS),
        booked(6, "8.00", superseded_ms=5),
    ]
    now = close(absence, replace(absence, native_id="78", status="canceled"))
    assert weights(now, PERSON, entries, now.references) == {
        "PJ|CO|00000101": D("16.25"),
        "LEAVE": D("8"),
        "BENCH": D("127.75"),
    }


def test_journals__move_the_cost_from_liabilities_to_projects_and_empty_the_pool() -> None:
    now = close()
    pay = payroll_journal(PAY, US01)
    assert pay is not None
    assert (pay.acct_date, pay.source_id) == (date(2026, 2, 28), "pay-1")
    assert [(line.account, line.resource, line.debit, line.credit) for line in pay.lines] == [
        ("5000", PERSON.employee_no, D("8734.67"), 0),
        ("2150", "", 0, D("8734.67")),
    ]
    parts = spread(D("8734.67"), {"PJ|CO|00000101": D("38.5"), "BENCH": D("104")}, "USD")
    labour = labour_journal(now, PAY, PAY.lines[0], PERSON, parts)
    assert labour is not None
    assert [(line.account, line.project_key, line.bucket, line.debit) for line in labour.lines[:2]] == [
        ("5190", "", "BENCH", D("6374.78")),
        ("5100", "PJ|CO|00000101", "", D("2359.89")),
    ]
    assert (labour.lines[2].account, labour.lines[2].credit) == ("5000", D("8734.67"))
    assert labour.source_id == f"pay-1#{PERSON.employee_no}"


def test_payroll_posted_after_the_close__lands_in_the_first_open_period() -> None:
    late = replace(PAY, posted_at_ms=CLOSE_MS)
    assert posting_date(late, US01) == date(2026, 3, 1)


def test_person_without_hours__is_bench() -> None:
    leaver: Employee = replace(PERSON, terminated=date(2026, 1, 31))
    now = close()
    assert weights(now, leaver, [], now.references) == {}
    assert spread(D("10.00"), {}, "USD") == {"BENCH": D("10.00")}
