"""Journals that callers post: they balance in both currencies, and stay as they are."""

from decimal import Decimal
from typing import Any

import pytest

from mocks.firm.facts.documents import Journal, Period
from tests.unit.mocks.netsuite.estate import APPROVAL_MS, Estate, invoice


def journal(*lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An accrual of January."""
    return {
        "externalId": "JE|ACC|1",
        "tranDate": "2026-01-31",
        "subsidiary": {"externalId": "US01"},
        "custbody_rh_type": "ACC",
        "line": {"items": list(lines)},
        **more,
    }


def side(account: str, **amounts: Any) -> dict[str, Any]:
    """One line of a journal."""
    return {"account": {"externalId": account}, **amounts}


BALANCED = (
    side("1140", debit=Decimal("99.90")),
    side("4000", credit=Decimal("99.90")),
)


def test_a_balanced_journal__is_posted_with_a_number_in_its_period() -> None:
    estate = Estate()
    made = estate.made("POST", "journalEntry", journal(*BALANCED))
    (found,) = estate.observed(Journal)
    assert (found.native_id, found.number, found.period) == (made, "US01-JE-2026-000001", "2026-01")
    assert (found.journal_type, found.document, found.external_id) == ("ACC", "", "JE|ACC|1")
    assert [(row.account, row.dr_fc_minor, row.cr_fc_minor) for row in found.lines] == [
        ("1140", 9990, 0),
        ("4000", 0, 9990),
    ]
    assert found.source_id == ""


def test_a_journal__stays_as_it_was_posted() -> None:
    estate = Estate()
    estate.made("POST", "journalEntry", journal(*BALANCED))
    assert estate.made("PUT", "journalEntry/eid:JE%7CACC%7C1", journal(*BALANCED)) == "1"
    other = (side("1140", debit=1), side("4000", credit=1))
    assert estate.refused("PUT", "journalEntry/eid:JE%7CACC%7C1", journal(*other))[1] == "USER_ERROR"
    assert estate.refused("PATCH", "journalEntry/1", {"memo": "x"})[1] == "USER_ERROR"
    assert estate.refused("DELETE", "journalEntry/1", None)[1] == "USER_ERROR"


def test_a_line_in_functional_currency_alone__carries_a_difference() -> None:
    estate = Estate()
    lines = (
        side("2400", debit=Decimal("10.00"), custcol_rh_fc_debit=Decimal("9.10")),
        side("4010", credit=Decimal("10.00"), custcol_rh_fc_credit=Decimal("9.00")),
        side("7910", custcol_rh_fc_credit=Decimal("0.10")),
    )
    more = {"currency": {"externalId": "EUR"}, "exchangeRate": Decimal("0.9")}
    estate.made("POST", "journalEntry", journal(*lines, **more))
    (found,) = estate.observed(Journal)
    assert [(row.dr_tc_minor, row.cr_fc_minor) for row in found.lines] == [(1000, 0), (0, 900), (0, 10)]


@pytest.mark.parametrize(
    ("lines", "more", "code"),
    [
        ((side("1140", debit=1), side("4000", credit=2)), {}, "USER_ERROR"),
        ((side("1140", debit=1),), {}, "USER_ERROR"),
        ((), {}, "USER_ERROR"),
        ((side("1140", debit=1, credit=1), side("4000", credit=0)), {}, "USER_ERROR"),
        ((side("1140", debit=-1), side("4000", credit=-1)), {}, "USER_ERROR"),
        ((side("1141", debit=1), side("4000", credit=1)), {}, "INVALID_KEY_OR_REF"),
        (({"debit": 1}, side("4000", credit=1)), {}, "USER_ERROR"),
        ((side("1140", debit=Decimal("0.001")), side("4000", credit=Decimal("0.001"))), {}, "INVALID_VALUE"),
        ((side("1140", debit=1, custcol_rh_fc_debit=2), side("4000", credit=1)), {}, "USER_ERROR"),
        (BALANCED, {"tranDate": "2030-01-31"}, "USER_ERROR"),
        (BALANCED, {"subsidiary": None}, "USER_ERROR"),
        (BALANCED, {"custbody_rh_type": "INV"}, "USER_ERROR"),
        (BALANCED, {"custbody_rh_type": "CM"}, "USER_ERROR"),
        (BALANCED, {"custbody_rh_type": "APL"}, "USER_ERROR"),
        (BALANCED, {"createdFrom": {"id": "1"}}, "INVALID_CONTENT"),
    ],
)
def test_a_journal_that_is_wrong__is_refused(
    lines: tuple[dict[str, Any], ...], more: dict[str, Any], code: str
) -> None:
    estate = Estate()
    assert estate.refused("POST", "journalEntry", journal(*lines, **more))[:2] == (400, code)
    assert estate.observed(Journal) == []
    estate.made("POST", "journalEntry", journal(*BALANCED))
    assert estate.observed(Journal)[0].number == "US01-JE-2026-000001"


def test_a_systems_journal__reads_like_any_other_and_names_its_document() -> None:
    estate = Estate()
    estate.customer_and_job()
    estate.made("POST", "invoice", invoice("A"))
    estate.step(APPROVAL_MS)
    shown = estate.record("journalEntry/2", expandSubResources="true")
    assert (shown["custbody_rh_type"], shown["createdFrom"]["id"]) == ("INV", "1")
    assert [row["account"]["refName"] for row in shown["line"]["items"]] == [
        "Trade receivables",
        "Revenue T&M and usage",
        "Output VAT / sales tax",
    ]
    assert estate.send("GET", "/services/rest/record/v1/invoice/2")[0] == 404


def test_a_closing_journal__is_read_back_with_all_its_dimensions_and_buckets() -> None:
    estate = Estate()
    estate.customer_and_job()
    unit = {"department": {"externalId": "CC|US01|130"}, "custcol_rh_resource": "10017"}
    lines = (
        side("5100", debit=Decimal("60.00"), job={"externalId": "J1"}, **unit),
        side("5190", debit=Decimal("40.00"), custcol_rh_project="BENCH", **unit),
        side("5000", credit=Decimal("100.00"), custcol_rh_resource="10017"),
    )
    more = {"externalId": "JE|LAB|1", "custbody_rh_type": "LAB", "custbody_rh_source_id": "uuid-1#10017"}
    estate.made("POST", "journalEntry", journal(*lines, **more))
    (found,) = estate.observed(Journal)
    assert (found.journal_type, found.source_id) == ("LAB", "uuid-1#10017")
    assert [(row.project, row.bucket, row.cost_centre, row.resource) for row in found.lines] == [
        ("1", "", "130", "10017"),
        ("", "BENCH", "130", "10017"),
        ("", "", "", "10017"),
    ]
    assert estate.record("journalEntry/eid:JE%7CLAB%7C1")["custbody_rh_source_id"] == "uuid-1#10017"


def test_a_reversal__falls_into_the_next_month_and_a_closed_month_takes_no_journal() -> None:
    estate = Estate()
    estate.made("POST", "journalEntry", journal(*BALANCED))
    estate.made("PATCH", "accountingPeriod/1", {"closed": True})
    estate.made("PATCH", "accountingPeriod/1", {"closed": True})
    reversal = {"externalId": "JE|ACR|1", "custbody_rh_type": "ACR"}
    status, code, path, detail = estate.refused("POST", "journalEntry", journal(*BALANCED, **reversal))
    assert (status, code, path) == (400, "USER_ERROR", "tranDate")
    assert detail == "The accounting period 2026-01 of US01 is closed."
    estate.made("POST", "journalEntry", journal(*BALANCED, **reversal, tranDate="2026-02-01"))
    assert estate.refused("POST", "journalEntry", journal(*BALANCED))[1] == "DUP_RCRD"
    periods = {found.journal_type: found.period for found in estate.observed(Journal)}
    assert periods == {"ACC": "2026-01", "ACR": "2026-02"}
    (january,) = [found for found in estate.observed(Period) if found.period == "2026-01"]
    assert (january.state, january.versions) == ("CLOSED", 2)
