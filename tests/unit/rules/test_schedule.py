"""Retainers: fees by schedule row, proration, pool, rollover and overage (finance 2.3, 2.5, example 8.3)."""

from datetime import date

from msgspec.structs import replace

from integration_core.canonical.close import Booked
from integration_core.canonical.deals import ContractLine, Retainer
from integration_core.canonical.ledger import BillingDate
from integration_core.canonical.periods import cutoff_ms
from integration_core.rules.schedule import earned_fees, fee_pieces, included_hours, month_fee, overage_pieces

from .firm import CONTRACT, LINE, US01, D

TERMS = Retainer(
    monthly_fee=D("9500.00"),
    included_hours=D("40"),
    rollover=True,
    rollover_cap=D("10"),
    overage_rate=D("250.0000"),
    advance_months=3,
)
RETAINER = replace(LINE, billing_method="RET", revenue_method="STRAIGHT_LINE", retainer=TERMS)
JANUARY, FEBRUARY, MARCH = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)
ENDS = (date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31))
SELLER = replace(US01, billing_calendar=tuple(BillingDate(day, "MONTHLY") for day in ENDS))


def booked(day: date, hours: str, known_ms: int | None = None, until_ms: int | None = None) -> Booked:
    return Booked(
        employee_no="100001",
        contract_native_id="800C",
        contract_line_native_id=RETAINER.native_id,
        billable=True,
        progress=True,
        work_date=day,
        hours=D(hours),
        known_ms=cutoff_ms(US01, day) if known_ms is None else known_ms,
        superseded_ms=until_ms,
    )


def overage(line: ContractLine, position: int, *entries: Booked) -> tuple[str, str, str] | None:
    contract = replace(CONTRACT, lines=(line,))
    row = SELLER.billing_calendar[position]
    month = f"{row.billing_date:%Y-%m}"
    for piece in overage_pieces(contract, line, SELLER, row, entries):
        if piece.source_id.endswith(month):
            return (str(piece.hours), str(piece.amount), piece.source_id)
    return None


def test_first_month__is_prorated_by_days() -> None:
    assert month_fee(RETAINER, JANUARY, "USD") == D("6129.03")
    assert month_fee(RETAINER, FEBRUARY, "USD") == D("9500.00")
    assert included_hours(RETAINER, JANUARY) == D("25.81")


def test_last_month__ends_with_the_line() -> None:
    ending = replace(RETAINER, end=date(2026, 2, 15))  # 14 of 28 days
    assert month_fee(ending, FEBRUARY, "USD") == D("4750.00")
    assert month_fee(ending, MARCH, "USD") == 0
    assert earned_fees(ending, ENDS[2], "USD") == D("10879.03")


def test_row__covers_its_months_in_advance_and_is_due_when_they_begin() -> None:
    contract = replace(CONTRACT, lines=(RETAINER,))
    (row,) = fee_pieces(contract, RETAINER, 5, ENDS[2])
    assert (row.service_date, row.amount, row.commit_ms) == (date(2026, 1, 12), D("25129.03"), 5)
    assert (row.source_id, row.event_bk) == ("a0L1#BS1", "BE|BS|CL|00000101|1|1|v1.1|p1")
    (_, second) = fee_pieces(contract, RETAINER, 5, date(2026, 4, 1))
    assert (second.service_date, second.amount) == (date(2026, 4, 1), D("28500.00"))
    assert fee_pieces(contract, RETAINER, 5, date(2026, 1, 11)) == []


def test_straight_line__earns_month_by_month() -> None:
    assert [earned_fees(RETAINER, day, "USD") for day in ENDS] == [
        D("6129.03"),
        D("15629.03"),
        D("25129.03"),
    ]


def test_unused_hours__roll_over_up_to_the_cap() -> None:
    used = booked(date(2026, 1, 20), "22.00"), booked(date(2026, 2, 10), "47.25")
    assert overage(RETAINER, 0, *used) is None
    assert overage(RETAINER, 1, *used) == ("3.44", "860.00", "a0L1#OV2026-02")
    without = replace(RETAINER, retainer=replace(TERMS, rollover=False))
    assert overage(without, 1, *used) == ("7.25", "1812.50", "a0L1#OV2026-02")


def test_hours_approved_after_the_run__count_in_the_next_month() -> None:
    late = booked(date(2026, 1, 20), "60.00", known_ms=cutoff_ms(SELLER, ENDS[0]))
    assert overage(RETAINER, 0, late) is None
    # February: pool 40 + 10 carried over, 60 hours used
    assert overage(RETAINER, 1, late) == ("10.00", "2500.00", "a0L1#OV2026-02")


def test_correction_of_a_settled_month__is_set_off_against_the_next() -> None:
    instant = cutoff_ms(SELLER, ENDS[0])
    first = booked(date(2026, 1, 20), "30.00", until_ms=instant)
    second = booked(date(2026, 1, 20), "25.00", known_ms=instant)
    assert overage(RETAINER, 0, first, second) == ("4.19", "1047.50", "a0L1#OV2026-01")
    # 43 more hours; five of them fill the hole that the correction left
    rest = booked(date(2026, 2, 10), "43.00")
    assert overage(RETAINER, 1, first, second, rest) is None
    more = booked(date(2026, 2, 11), "3.00")
    assert overage(RETAINER, 1, first, second, rest, more) == ("1.00", "250.00", "a0L1#OV2026-02")


def test_month__keeps_its_overage_whichever_run_takes_it() -> None:
    used = [booked(date(2026, 1, 20), "99.00")]
    contract = replace(CONTRACT, lines=(RETAINER,))
    first, later = (
        overage_pieces(contract, RETAINER, SELLER, SELLER.billing_calendar[at], used) for at in (0, 2)
    )
    assert first == later
    assert [piece.source_id for piece in first] == ["a0L1#OV2026-01"]


def test_two_months_between_runs__are_both_settled_by_the_later_one() -> None:
    rows = tuple(row for row in SELLER.billing_calendar if row.billing_date != ENDS[1])
    seller = replace(SELLER, billing_calendar=rows)
    contract = replace(CONTRACT, lines=(RETAINER,))
    used = [booked(date(2026, 2, 10), "60.00"), booked(date(2026, 3, 10), "44.00")]
    pieces = overage_pieces(contract, RETAINER, seller, rows[1], used)
    assert [(piece.source_id, piece.hours) for piece in pieces] == [
        ("a0L1#OV2026-02", D("10.00")),
        ("a0L1#OV2026-03", D("4.00")),
    ]
