"""Invoices: taxed by their codes, approved at the nominal instant, numbered, posted, then fixed."""

from decimal import Decimal
from typing import Any

import pytest

from mocks.firm.facts.documents import Invoice, Journal, JournalLine, Period
from tests.unit.mocks.netsuite.estate import (
    APPROVAL_MS,
    HOUR_MS,
    Estate,
    at,
    invoice,
    line,
    numbered,
)

KEY = "IN|US01|2026-01-31|00000101"


def billed(*lines: dict[str, Any], **more: Any) -> Estate:
    """An account with one invoice that waits for its approval."""
    estate = Estate()
    estate.customer_and_job()
    estate.made("POST", "invoice", invoice(KEY, *lines, **more))
    return estate


def only(estate: Estate) -> Invoice:
    """The one invoice."""
    (found,) = estate.observed(Invoice)
    assert isinstance(found, Invoice)
    return found


def test_an_invoice__is_taxed_once_per_code_half_up_over_the_sum_of_its_lines() -> None:
    # 0.06 x 8.25 % = 0.00495 a line would round to 0.00; the sum 0.18 x 8.25 % = 0.01485 -> 0.01.
    # 10.00 x 0.25 % = 0.025 is an exact half: 0.03.
    cents = [line("0.06", source=f"a#{day}") for day in ("Mon", "Tue", "Wed")]
    estate = billed(*cents, line("10.00", tax="US-NY|S|0.25"), line("5.00", tax="US-OR|O|0"))
    found = only(estate)
    assert [(t.tax_code, t.base_tc_minor, t.tax_tc_minor) for t in found.taxes] == [
        ("US-CA|S|8.2500", 18, 1),
        ("US-NY|S|0.2500", 1000, 3),
        ("US-OR|O|0.0000", 500, 0),
    ]
    assert (found.net_tc_minor, found.tax_tc_minor, found.gross_tc_minor) == (1518, 4, 1522)


def test_a_new_invoice__waits_without_number_or_open_amount() -> None:
    estate = billed()
    found = only(estate)
    assert (found.status, found.number, found.approved_at_ms) == ("DRAFT", None, None)
    assert (found.gross_tc_minor, found.open_tc_minor) == (68179, 0)
    assert estate.record("invoice/1")["status"] == {"id": "D", "refName": "Pending Approval"}
    assert estate.observed(Journal) == []
    assert estate.control("clock")["next_due_ms"] == APPROVAL_MS


def test_the_nominal_instant__approves_numbers_and_posts_a_balanced_journal() -> None:
    estate = billed(line("629.83", job={"externalId": "J1"}), line("100.17", job={"externalId": "J1"}))
    estate.step(APPROVAL_MS - 1)
    assert only(estate).status == "DRAFT"
    assert estate.step(APPROVAL_MS)["done"] == 1
    found = only(estate)
    assert (found.status, found.number, found.approved_at_ms) == (
        "POSTED",
        "US01-INV-2026-000001",
        APPROVAL_MS,
    )
    assert (found.open_tc_minor, found.open_fc_minor, found.period) == (79023, 79023, "2026-01")
    (journal,) = estate.observed(Journal)
    assert (journal.journal_type, journal.document, journal.entity) == ("INV", found.native_id, "US01")
    assert [(row.account, row.dr_tc_minor, row.cr_tc_minor) for row in journal.lines] == [
        ("1100", 79023, 0),
        ("4000", 0, 62983),
        ("4000", 0, 10017),
        ("2200", 0, 6023),
    ]
    revenue: JournalLine = journal.lines[1]
    assert (revenue.contract_line, revenue.practice, revenue.cost_centre) == ("a1L1", "DATA", "130")
    assert (revenue.project, revenue.customer, revenue.source_line) == ("1", "1", "a0T1#Mon")
    assert journal.lines[3].tax_code == "US-CA|S|8.2500"


def test_an_invoice_that_comes_late__is_posted_at_once_under_the_nominal_instant() -> None:
    estate = Estate()
    estate.customer_and_job()
    estate.step(APPROVAL_MS + 5 * HOUR_MS)
    estate.made("POST", "invoice", invoice(KEY))
    found = only(estate)
    assert (found.status, found.approved_at_ms) == ("POSTED", APPROVAL_MS)
    assert found.modified_at_ms == APPROVAL_MS + 5 * HOUR_MS
    assert estate.control("clock")["next_due_ms"] is None


def test_numbers__follow_approval_and_external_id_without_gaps() -> None:
    estate = Estate()
    estate.customer_and_job()
    for key, day in (("B", "2026-01-31"), ("A", "2026-01-31"), ("Z", "2026-01-15")):
        estate.made("POST", "invoice", invoice(key, tranDate=day))
    assert estate.refused("POST", "invoice", invoice("X", tranDate="2030-01-01"))[1] == "USER_ERROR"
    estate.step(at("2026-02-02T00:00"))
    estate.made("POST", "invoice", invoice("C"))
    numbers = {found.external_id: found.number for found in estate.observed(Invoice)}
    assert numbers == {
        "Z": "US01-INV-2026-000001",
        "A": "US01-INV-2026-000002",
        "B": "US01-INV-2026-000003",
        "C": "US01-INV-2026-000004",
    }


def test_income_accounts__follow_the_item() -> None:
    items = ("TM", "USG", "EXP", "OV", "FF", "RET")
    estate = billed(*(line("1.00", item={"externalId": name}) for name in items))
    accounts = {row.item: row.account for row in only(estate).lines}
    assert accounts == {
        "TM": "4000",
        "USG": "4000",
        "EXP": "4040",
        "OV": "4020",
        "FF": "2400",
        "RET": "2400",
    }


def test_a_foreign_currency__is_carried_line_by_line_and_the_control_line_is_their_sum() -> None:
    amounts = ("1898.75", "2018.80", "1345.03", "629.83", "453.70")
    estate = billed(
        *(line(amount, tax="US-CA|O|0") for amount in amounts),
        currency={"externalId": "EUR"},
        exchangeRate=Decimal("0.5"),
    )
    estate.step(APPROVAL_MS)
    (journal,) = estate.observed(Journal)
    # Halves of cents go up line by line: 949.375, 1009.40, 672.515, 314.915, 226.85.
    assert [row.cr_fc_minor for row in journal.lines] == [0, 94938, 100940, 67252, 31492, 22685]
    assert journal.lines[0].dr_fc_minor == 317307
    assert sum(row.dr_tc_minor - row.cr_tc_minor for row in journal.lines) == 0


def test_a_pending_invoice__may_still_be_changed() -> None:
    estate = billed(*numbered(line("10.00"), line("20.00"), line("30.00")))
    estate.made("PATCH", "invoice/1", {"item": {"items": [{"line": 2, "amount": Decimal("25.00")}]}})
    assert [row.amount_tc_minor for row in only(estate).lines] == [1000, 2500, 3000]
    estate.made("PUT", f"invoice/eid:{KEY.replace('|', '%7C')}", invoice(KEY, *numbered(line("7.00"))))
    assert [row.amount_tc_minor for row in only(estate).lines] == [700]
    body = {"item": {"items": numbered(line("8.00"), line("9.00"))}}
    status, _, _ = estate.send("PATCH", "/services/rest/record/v1/invoice/1", body, query={"replace": "item"})
    assert (status, [row.amount_tc_minor for row in only(estate).lines]) == (204, [800, 900])
    assert only(estate).net_tc_minor == 1700


def test_a_pending_invoice_moved_to_another_day__is_approved_by_that_day() -> None:
    estate = billed()
    estate.made("PATCH", "invoice/1", {"tranDate": "2026-01-15", "dueDate": "2026-02-14"})
    estate.step(at("2026-01-16T14:00"))
    found = only(estate)
    assert (found.status, found.acct_date.isoformat()) == ("POSTED", "2026-01-15")
    estate.step(APPROVAL_MS)
    assert len(estate.observed(Journal)) == 1


def test_a_changed_description__moves_the_documents_stamp() -> None:
    estate = billed(*numbered(line("10.00")))
    estate.step(at("2026-01-06T09:00"))
    estate.made("PATCH", "invoice/1", {"item": {"items": [{"line": 1, "description": "Interviews"}]}})
    assert only(estate).modified_at_ms == at("2026-01-06T09:00")


def test_a_posted_invoice__takes_only_what_it_says_already() -> None:
    estate = billed()
    estate.step(APPROVAL_MS)
    before = only(estate)
    path = f"invoice/eid:{KEY.replace('|', '%7C')}"
    assert estate.made("PUT", path, invoice(KEY)) == before.native_id
    assert estate.made("PUT", path, invoice(KEY, line("629.83", job={"id": "1"}, tax="US-CA|S|8.25"))) == "1"
    assert estate.refused("PUT", path, invoice(KEY, line("629.84", job={"id": "1"})))[1] == "USER_ERROR"
    assert estate.refused("PATCH", path, {"memo": "later"})[1] == "USER_ERROR"
    assert estate.refused("DELETE", "invoice/1", None)[1] == "USER_ERROR"
    assert only(estate) == before


def test_a_second_create_under_a_key__is_a_duplicate() -> None:
    estate = billed()
    status, code, path, _ = estate.refused("POST", "invoice", invoice(KEY))
    assert (status, code, path) == (400, "DUP_RCRD", "externalId")
    assert len(estate.observed(Invoice)) == 1


def test_a_pending_invoice_deleted__is_never_numbered() -> None:
    estate = billed()
    assert estate.send("DELETE", "/services/rest/record/v1/invoice/1")[0] == 204
    estate.step(APPROVAL_MS)
    estate.made("POST", "invoice", invoice(KEY))
    found = {row.native_id: (row.deleted, row.number) for row in estate.observed(Invoice)}
    assert found == {"1": (True, None), "2": (False, "US01-INV-2026-000001")}


def test_a_closed_period__takes_no_document() -> None:
    estate = billed()
    assert estate.refused("PATCH", "accountingPeriod/1", {"closed": True})[3].endswith("pending approval.")
    estate.step(at("2026-02-07T00:00"))
    estate.made("PATCH", "accountingPeriod/1", {"closed": True})
    status, code, path, detail = estate.refused("POST", "invoice", invoice("LATE"))
    assert (status, code, path) == (400, "USER_ERROR", "tranDate")
    assert detail == "The accounting period 2026-01 of US01 is closed."
    estate.made("POST", "invoice", invoice("LATE", custbody_rh_acct_date="2026-02-01"))
    late = next(found for found in estate.observed(Invoice) if found.external_id == "LATE")
    assert (late.period, late.number, late.status) == ("2026-02", "US01-INV-2026-000002", "POSTED")
    assert estate.refused("PATCH", "accountingPeriod/1", {"closed": False})[1] == "USER_ERROR"
    (january,) = [row for row in estate.observed(Period) if row.period == "2026-01"]
    assert (january.state, january.closed_at_ms, january.versions) == ("CLOSED", at("2026-02-07T00:00"), 2)


def test_the_due_date__follows_the_customers_terms_where_none_is_given() -> None:
    estate = billed()
    assert only(estate).due_date.isoformat() == "2026-03-02"
    estate.made("PATCH", "customer/1", {"terms": {"externalId": "EOM 15"}})
    estate.made("POST", "invoice", invoice("B", tranDate="2026-01-15"))
    due = {found.external_id: found.due_date.isoformat() for found in estate.observed(Invoice)}
    assert due["B"] == "2026-02-15"


def test_an_invoice_of_nothing__is_paid_at_once_and_makes_no_journal() -> None:
    estate = billed(line("0.00"))
    estate.step(APPROVAL_MS)
    assert (only(estate).status, estate.observed(Journal)) == ("PAID", [])


@pytest.mark.parametrize(
    ("changes", "code", "path"),
    [
        ({"entity": {"id": "77"}}, "INVALID_KEY_OR_REF", "entity"),
        ({"entity": None}, "USER_ERROR", "entity"),
        ({"tranDate": None}, "USER_ERROR", "tranDate"),
        ({"tranDate": "31.01.2026"}, "INVALID_VALUE", "tranDate"),
        ({"tranDate": "2026-02-30"}, "INVALID_VALUE", "tranDate"),
        ({"tranDate": "2031-01-31"}, "USER_ERROR", "tranDate"),
        ({"dueDate": "2026-01-30"}, "USER_ERROR", "dueDate"),
        ({"postingPeriod": {"refName": "2026-02"}}, "USER_ERROR", "postingPeriod"),
        ({"exchangeRate": Decimal("1.1")}, "INVALID_VALUE", "exchangeRate"),
        ({"currency": {"externalId": "EUR"}}, "USER_ERROR", "exchangeRate"),
        ({"currency": {"externalId": "EUR"}, "exchangeRate": 0}, "INVALID_VALUE", "exchangeRate"),
        ({"currency": {"externalId": "EUR"}, "exchangeRate": -1}, "INVALID_VALUE", "exchangeRate"),
        ({"approvalStatus": {"id": "2"}}, "USER_ERROR", "approvalStatus"),
        ({"total": 5}, "INVALID_CONTENT", "total"),
        ({"item": {"items": []}}, "USER_ERROR", "item"),
        ({"item": []}, "INVALID_CONTENT", "item"),
        ({"item": {"items": [5]}}, "INVALID_CONTENT", "item.items[0]"),
        ({"item": {"items": [line("1", line=1), line("1", line=1)]}}, "INVALID_VALUE", "item"),
        ({"item": {"items": [line("1", line=0)]}}, "INVALID_VALUE", "item.items[0].line"),
        ({"item": {"items": [line("1", colour=1)]}}, "INVALID_CONTENT", "item.items[0].colour"),
    ],
)
def test_a_header_or_sublist_that_is_wrong__is_refused(changes: dict[str, Any], code: str, path: str) -> None:
    estate = Estate()
    estate.customer_and_job()
    assert estate.refused("POST", "invoice", invoice(KEY, **changes))[:3] == (400, code, path)
    assert estate.observed(Invoice) == []


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"amount": Decimal("-0.01")}, "USER_ERROR", "amount"),
        ({"quantity": Decimal("-1")}, "USER_ERROR", "amount"),
        ({"amount": Decimal("10.005")}, "INVALID_VALUE", "amount"),
        ({"amount": None}, "USER_ERROR", "amount"),
        ({"amount": "10"}, "INVALID_CONTENT", "amount"),
        ({"item": {"externalId": "XX"}}, "INVALID_KEY_OR_REF", "item"),
        ({"item": None}, "USER_ERROR", "item"),
        ({"job": {"id": "99"}}, "INVALID_KEY_OR_REF", "job"),
        ({"department": {"externalId": "CC|US01|999"}}, "INVALID_KEY_OR_REF", "department"),
        ({"taxCode": "exempt"}, "INVALID_KEY_OR_REF", "taxCode"),
        ({"taxCode": "US-CA|S|101"}, "INVALID_KEY_OR_REF", "taxCode"),
        ({"taxCode": None}, "USER_ERROR", "taxCode"),
    ],
)
def test_a_line_that_is_wrong__is_refused_with_its_place(
    changes: dict[str, Any], code: str, field: str
) -> None:
    estate = Estate()
    estate.customer_and_job()
    status, given, path, detail = estate.refused(
        "POST", "invoice", invoice(KEY, line("5.00"), {**line("1.00"), **changes})
    )
    assert (status, given) == (400, code)
    assert f"item.items[1].{field}" in (path, detail.rpartition(" ")[2])
    assert estate.observed(Invoice) == []


def test_an_inactive_customer__is_not_billed() -> None:
    estate = Estate()
    estate.customer_and_job()
    estate.made("PATCH", "customer/1", {"isInactive": True})
    status, code, path, detail = estate.refused("POST", "invoice", invoice(KEY))
    assert (status, code, path) == (400, "USER_ERROR", "entity")
    assert "is inactive" in detail


def test_the_sublist__can_be_read_by_its_links() -> None:
    estate = billed(*numbered(line("10.00"), line("20.00")))
    link = estate.record("invoice/1")["item"]["links"][0]["href"].partition("/v1/")[2]
    items = estate.record(link)["items"]
    assert [item["amount"] for item in items] == [10, 20]
    second = items[1]["links"][0]["href"].partition("/v1/")[2]
    assert estate.record(second)["line"] == 2
