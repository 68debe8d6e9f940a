"""Corrections of billed time: credit, rebill, tax to the cent, what a close accrues (finance 2.7, 3.4)."""

from datetime import date

import pytest
from msgspec.structs import replace

from mocks.firm.facts.source import SourceFact, TimeEntry
from scenarios.oracle.expected import CreditKey, Expected, TaxCode
from tests.unit.checks.facts import approved, at, cell, everything, rate
from tests.unit.oracle.engagements import (
    DIMS,
    FEBRUARY,
    FEBRUARY_CLOSE,
    JANUARY,
    JANUARY_CLOSE,
    LINE,
    MARCH,
    ask,
    close_amounts,
    us01,
)

INVOICE = ("US01", JANUARY, "CO|00000101")
CREDIT: CreditKey = ("US01", FEBRUARY, INVOICE)


def month(*more: SourceFact) -> list[SourceFact]:
    """The small January with a quarter's calendar; Ben's 3.50 h of 20 January are 629.83 on its invoice."""
    return [us01(), *(fact for fact in everything() if fact.bk != "LE|US01"), *more]


def corrected(hours_e2: int, stamp: str, **changes: object) -> TimeEntry:
    """Ben's 20 January once more."""
    known = {"bk": "TE|TC-000002|Tue", "ver": 2, "source_id": "th9#Tue", **changes}
    return approved(cell(9, 2, date(2026, 1, 20), hours_e2, stamp, **known), stamp)


def billed(expected: Expected, day: date) -> dict[str, int]:
    invoice = expected.invoices.get(("US01", day, "CO|00000101"))
    return {line.event.bk: line.amount_minor for line in invoice.lines} if invoice else {}


def test_correction_after_billing__is_credited_whole_and_billed_anew() -> None:
    expected = ask(month(corrected(400, "2026-02-10 15:00")))
    credit = expected.credits[CREDIT]
    assert credit.bk == "CM|IN|US01|2026-01-31|00000101|BR|US01|2026-02-28"
    assert [line.event.bk for line in credit.lines] == ["BE|TE|TC-000002|Tue|v1.1|p1"]
    assert (credit.net_minor, credit.tax_minor, credit.gross_minor) == (62_983, 2_645, 65_628)
    assert (credit.acct_date, credit.approved_ms) == (FEBRUARY, at("2026-03-01 14:00"))
    assert billed(expected, JANUARY)["BE|TE|TC-000002|Tue|v1.1|p1"] == 62_983
    assert billed(expected, FEBRUARY)["BE|TE|TC-000002|Tue|v2.1|p1"] == 71_980
    assert expected.unsupported == ()


def test_credit_journal__mirrors_the_invoice_s() -> None:
    expected = ask(month(corrected(400, "2026-02-10 15:00")))
    assert expected.credit_journals[CREDIT].amounts == (
        (("1100", "CU|000001"), -65_628),
        (("2200", "US-CA|S|42000"), 2_645),
        (("4000", *DIMS), 62_983),
    )


@pytest.mark.parametrize("fields", [{"hours_e2": 0}, {"status": "REVERSED"}])
def test_deleted_time__is_credited_and_not_billed_again(fields: dict[str, object]) -> None:
    gone = replace(corrected(350, "2026-02-10 15:00"), **fields)
    expected = ask(month(gone))
    assert expected.credits[CREDIT].net_minor == 62_983
    assert "BE|TE|TC-000002|Tue|v2.1|p1" not in billed(expected, FEBRUARY)


def test_change_of_the_note_alone__credits_nothing() -> None:
    expected = ask(month(corrected(350, "2026-02-10 15:00", note="better words")))
    assert expected.credits == {}


@pytest.mark.parametrize(("delay_ms", "credits"), [(-1, 0), (0, 1)])
def test_piece__is_locked_from_the_cut_off_on(delay_ms: int, credits: int) -> None:
    stamp = at("2026-02-01 05:00") + delay_ms
    fact = replace(corrected(400, "2026-01-31 12:00"), recorded_at_ms=stamp, approved_at_ms=stamp)
    assert len(ask(month(fact)).credits) == credits


def test_correction_of_the_correction__is_credited_from_the_second_invoice() -> None:
    again = corrected(500, "2026-03-10 15:00", ver=3, source_id="th10#Tue")
    expected = ask(month(corrected(400, "2026-02-10 15:00"), again))
    second = ("US01", MARCH, ("US01", FEBRUARY, "CO|00000101"))
    assert set(expected.credits) == {CREDIT, second}
    assert (expected.credits[second].net_minor, billed(expected, MARCH)) == (
        71_980,
        {"BE|TE|TC-000002|Tue|v3.1|p1": 89_975},
    )


def test_last_credit_of_an_invoice__takes_the_tax_that_is_left() -> None:
    first, other = date(2026, 1, 20), date(2026, 1, 21)
    kept = [fact for fact in month() if not isinstance(fact, TimeEntry) and "RC|CONTRACT" not in fact.bk]
    price = rate("CONTRACT", "CO|00000101", "PRINCIPAL", "DATA", 1_001_200)
    stamp = "2026-01-26 15:00"
    facts = [*kept, price] + [
        approved(cell(number, 1, day, 100, stamp), stamp) for number, day in ((1, first), (2, other))
    ]
    for number, day, when in ((1, first, "2026-02-10 15:00"), (2, other, "2026-03-10 15:00")):
        known = {"bk": f"TE|TC-00000{number}|{day:%a}", "ver": 2, "source_id": f"th{number}9"}
        facts.append(approved(cell(9, 1, day, 0, when, **known), when))
    expected = ask(facts)
    code = TaxCode("US-CA", "S", 42_000)
    assert expected.invoices[INVOICE].taxes == ((code, 20_024, 841),)
    assert [credit.taxes for _, credit in sorted(expected.credits.items())] == [
        ((code, 10_012, 421),),  # 100.12 x 4.2 % = 4.20504
        ((code, 10_012, 420),),
    ]


# --- accruals -------------------------------------------------------------------------------


def test_time_approved_after_the_run__is_accrued_and_reversed() -> None:
    expected = ask(month(), JANUARY_CLOSE)
    assert expected.close_journals[("ACC", "US01", LINE, "2026-01")].amounts == (
        (("1140", *DIMS), 98_973),
        (("4000", *DIMS), -98_973),
    )
    back = expected.close_journals[("ACR", "US01", LINE, "2026-02")]
    assert (back.acct_date, back.amounts[0]) == (date(2026, 2, 1), (("1140", *DIMS), -98_973))
    position = expected.positions[(LINE, "2026-01")]
    assert (position.earned_minor, position.invoiced_minor, position.accrued_minor) == (None, 634_611, 98_973)
    assert expected.unsupported == ()


def test_pending_credit__lowers_the_accrual_and_the_new_version_raises_it() -> None:
    expected = ask(month(corrected(400, "2026-02-05 15:00")))
    # 989.73 unbilled + 719.80 new version - 629.83 on January's invoice
    assert close_amounts(expected, "ACC", "2026-01") == {"1140": 107_970, "4000": -107_970}
    assert close_amounts(expected, "ACC", "2026-02") == {}


def test_pending_credit_alone__makes_a_negative_accrual() -> None:
    kept = [fact for fact in month() if fact.bk != "TE|TC-000005|Fri"]
    expected = ask([*kept, corrected(0, "2026-02-05 15:00")], JANUARY_CLOSE)
    assert close_amounts(expected, "ACC", "2026-01") == {"1140": -62_983, "4000": 62_983}


def test_correction_after_the_close__leaves_that_close_alone() -> None:
    expected = ask(month(corrected(400, "2026-02-10 15:00")), FEBRUARY_CLOSE)
    assert close_amounts(expected, "ACC", "2026-01") == {"1140": 98_973, "4000": -98_973}
    position = expected.positions[(LINE, "2026-02")]
    assert (position.invoiced_minor, position.accrued_minor) == (634_611 + 98_973 + 71_980 - 62_983, 0)


def test_document_held_over_the_close__is_accrued_as_unbilled() -> None:
    facts = [replace(f, po_required=True) if f.bk == "CU|000001" else f for f in month()]
    position = ask(facts, JANUARY_CLOSE).positions[(LINE, "2026-01")]
    assert (position.invoiced_minor, position.accrued_minor) == (0, 634_611 + 98_973)


@pytest.mark.parametrize("stamp", ["2026-02-05 15:00", "2026-02-10 15:00", "2026-03-02 15:00"])
def test_revenue_of_time__is_the_value_of_the_versions_each_close_knew(stamp: str) -> None:
    expected = ask(month(corrected(400, stamp)))
    closes = {"2026-01": (JANUARY, JANUARY_CLOSE), "2026-02": (FEBRUARY, FEBRUARY_CLOSE)}
    for period, (end, close_ms) in closes.items():
        current = sum(
            event.amount_minor
            for event in expected.events
            if event.work_date <= end
            and (event.commit_ms or close_ms) < close_ms
            and (event.superseded_ms is None or event.superseded_ms >= close_ms)
        )
        position = expected.positions[(LINE, period)]
        assert position.invoiced_minor + position.accrued_minor == current
