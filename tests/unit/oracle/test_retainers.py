"""Retainers: the example of finance 8.3 up to February, proration, rows in advance, overage."""

from datetime import date, timedelta

import pytest
from msgspec.structs import replace

from mocks.firm.facts.source import Retainer, SourceFact
from scenarios.oracle.schedules import fee_rows, included_hours_e2, month_fee_minor, month_of
from scenarios.oracle.terms import Line
from tests.unit.oracle.engagements import (
    DIMS,
    FEBRUARY,
    FEBRUARY_CLOSE,
    JANUARY,
    JANUARY_CLOSE,
    LINE,
    MARCH_CLOSE,
    TERMS,
    ask,
    close_amounts,
    engagement,
    fixed_fee_package,
    hours,
    retainer,
)

START = date(2026, 1, 12)


def worked(card: int, start: date, hours_e2: int, recorded: str) -> list[SourceFact]:
    """Hours in days of at most eight."""
    days = range(-(-hours_e2 // 800))
    return [hours(card + n, start + timedelta(days=n), min(800, hours_e2 - 800 * n), recorded) for n in days]


def facts(terms: Retainer = TERMS, **changes: object) -> list[SourceFact]:
    """Used 22.00 h in January and 47.25 h in February."""
    sold = replace(fixed_fee_package(()), billing_method="RET", revenue_method="STRAIGHT_LINE")
    return [
        *engagement(retainer(terms, **changes), sold, "EVERY_RUN"),
        *worked(1, START, 2_200, "2026-01-30 15:00"),
        *worked(31, date(2026, 2, 2), 4_725, "2026-02-27 15:00"),
    ]


def row_amounts(terms: Retainer, until: date, **changes: object) -> list[tuple[date, int]]:
    (line,) = lines_of(terms, **changes)
    return [(row.service_date, row.amount_minor) for row in fee_rows(line, until)]


def lines_of(terms: Retainer, **changes: object) -> list[Line]:
    deal = ask(facts()).deals["CO|00000101"]
    sold = retainer(terms, **changes)
    row = Line(key=LINE, native_id="a01A", deal=deal, terms=sold, package=None, billing_freq="MONTHLY")
    return [row]


def test_fees__are_billed_in_advance_from_the_start_of_the_line() -> None:
    expected = ask(facts())
    invoice = expected.invoices[("US01", START, "CO|00000101")]
    (line,) = invoice.lines
    assert (line.event.bk, line.event.sources) == (f"BE|BS|{LINE}|1|v1.1|p1", ("a01A#BS1",))
    assert (invoice.net_minor, invoice.tax_minor, invoice.gross_minor) == (2_512_903, 105_542, 2_618_445)
    assert expected.invoice_journals[invoice.key].amounts == (
        (("1100", "CU|000001"), 2_618_445),
        (("2200", "US-CA|S|42000"), -105_542),
        (("2400", *DIMS), -2_512_903),
    )


def test_hours_beyond_pool_and_carry__are_billed_at_the_month_s_end() -> None:
    expected = ask(facts())
    invoice = expected.invoices[("US01", FEBRUARY, "CO|00000101")]
    (line,) = invoice.lines
    assert (line.event.bk, line.event.sources) == (f"BE|OV|{LINE}|2026-02|v1.1|p1", ("a01A#OV2026-02",))
    assert (line.amount_minor, invoice.tax_minor, line.account) == (86_000, 3_612, "4020")
    assert [event.hours_e2 for event in expected.fixed_events if event.method == "OV"] == [344]
    assert ("US01", JANUARY, "CO|00000101") not in expected.invoices


def test_revenue__is_straight_line_by_month() -> None:
    expected = ask(facts(), FEBRUARY_CLOSE)
    assert close_amounts(expected, "REV", "2026-01") == {"2400": 612_903, "4020": -612_903}
    assert close_amounts(expected, "REV", "2026-02") == {"2400": 950_000, "4020": -950_000}
    assert close_amounts(expected, "RCL", "2026-02") == {}
    position = expected.positions[(LINE, "2026-02")]
    assert (position.earned_minor, position.billed_minor) == (1_562_903, 2_512_903)
    assert (position.invoiced_minor, position.accrued_minor) == (86_000, 0)


def test_months_to_end__are_prorated_by_covered_days() -> None:
    sold = retainer(end=date(2026, 3, 16))
    months = [month_of(date(2026, number, 1)) for number in (1, 2, 3, 4)]
    assert [month_fee_minor(sold, month) for month in months] == [612_903, 950_000, 459_677, 0]
    assert [included_hours_e2(sold, month) for month in months] == [2_581, 4_000, 1_935, 0]


def test_rows__follow_each_other_until_the_line_ends() -> None:
    monthly = replace(TERMS, advance_months=1)
    far = date(2026, 12, 31)
    assert row_amounts(monthly, far, end=date(2026, 3, 16)) == [
        (START, 612_903),
        (date(2026, 2, 1), 950_000),
        (date(2026, 3, 1), 459_677),
    ]
    assert row_amounts(monthly, far, end=date(2026, 3, 1)) == [
        (START, 612_903),
        (date(2026, 2, 1), 950_000),
    ]
    assert row_amounts(replace(TERMS, advance_months=2), date(2026, 3, 1)) == [
        (START, 1_562_903),
        (date(2026, 3, 1), 1_900_000),
    ]


def test_row__does_not_exist_before_its_day() -> None:
    monthly = replace(TERMS, advance_months=1)
    assert row_amounts(monthly, date(2026, 1, 31)) == [(START, 612_903)]


@pytest.mark.parametrize(
    ("rollover", "cap_e2", "over_e2"),
    [(True, 1_000, 344), (True, 100, 625), (False, 1_000, 725)],
)
def test_carry__is_what_the_terms_let_over(rollover: bool, cap_e2: int, over_e2: int) -> None:
    expected = ask(facts(replace(TERMS, rollover=rollover, rollover_cap_e2=cap_e2)))
    assert [event.hours_e2 for event in expected.fixed_events if event.method == "OV"] == [over_e2]


def test_late_hours__are_used_in_the_month_that_comes_to_know_them() -> None:
    late = hours(80, date(2026, 1, 28), 500, "2026-02-05 15:00")
    over = {e.service_date: e.hours_e2 for e in ask([*facts(), late]).fixed_events if e.method == "OV"}
    assert over == {FEBRUARY: 844}  # 47.25 + 5.00 - 43.81


def test_corrected_hours_of_a_counted_month__lower_the_next_month_s_use() -> None:
    known = {"bk": "TE|TC-000001|Mon", "ver": 2, "source_id": "th99#Mon"}
    fewer = hours(99, START, 600, "2026-02-10 15:00", **known)
    over = {e.service_date: e.hours_e2 for e in ask([*facts(), fewer]).fixed_events if e.method == "OV"}
    assert over == {FEBRUARY: 144}  # 47.25 - 2.00 - 43.81


def test_row_of_a_monthly_contract__earns_before_it_is_billed() -> None:
    sold = replace(fixed_fee_package(()), billing_method="RET", revenue_method="STRAIGHT_LINE")
    deal = engagement(retainer(replace(TERMS, advance_months=1), start=date(2026, 1, 1)), sold)
    held = [replace(f, po_required=True) if f.bk == "CU|000001" else f for f in deal]
    expected = ask(held, JANUARY_CLOSE)
    assert close_amounts(expected, "RCL", "2026-01") == {"1150": 950_000, "2400": -950_000}
    assert expected.positions[(LINE, "2026-01")].billed_minor == 0


def test_revenue_of_the_quarter__is_the_fees_of_its_months() -> None:
    expected = ask(facts(), MARCH_CLOSE)
    assert expected.positions[(LINE, "2026-03")].earned_minor == 612_903 + 2 * 950_000
    assert expected.unsupported == ()
