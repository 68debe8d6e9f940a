"""Credit memos: lines of one invoice at its own rates, posted and applied by the account itself."""

from decimal import Decimal
from typing import Any

import pytest

from mocks.firm.facts.documents import Application, CreditMemo, Invoice, Journal, Payment
from tests.unit.mocks.netsuite.estate import APPROVAL_MS, Estate, at, intent, invoice, line, problem

FEBRUARY = {"tranDate": "2026-02-28", "custbody_rh_run": "BR|US01|2026-02-28"}
POSTING_MS = at("2026-03-01T05:00") + 9 * 3_600_000
DATES_APART = {"tranDate": "2026-02-15"}


def memo(key: str, *lines: dict[str, Any], of: str = "1", **more: Any) -> dict[str, Any]:
    """A credit memo of 28 February for an invoice."""
    return {
        "externalId": key,
        "createdFrom": {"id": of},
        "entity": {"externalId": "C1"},
        "custbody_rh_source_id": "800CONTRACT",
        "item": {"items": list(lines)},
        **FEBRUARY,
        **more,
    }


def tuesday(amount: str = "0.06", **more: Any) -> dict[str, Any]:
    """A line of another day than the usual one."""
    return line(amount, source="a0T1#Tue", **more)


def billed(*lines: dict[str, Any], **more: Any) -> Estate:
    """An account with one posted invoice `A` (id 1), whose journal is 2."""
    estate = Estate()
    estate.customer_and_job()
    estate.made("POST", "invoice", invoice("A", *lines, **more))
    estate.step(APPROVAL_MS)
    return estate


def only(estate: Estate) -> CreditMemo:
    """The one credit memo."""
    (found,) = estate.observed(CreditMemo)
    assert isinstance(found, CreditMemo)
    return found


def statuses(estate: Estate) -> dict[str, tuple[str, int]]:
    """Status and open amount of invoices and memos by key."""
    rows = [*estate.observed(Invoice), *estate.observed(CreditMemo)]
    return {row.external_id: (row.status, row.open_tc_minor) for row in rows}


def test_a_credit_memo__waits_and_is_posted_numbered_and_applied_at_its_nominal_instant() -> None:
    job: dict[str, Any] = {"job": {"externalId": "J1"}}
    estate = billed(line("629.83", **job), tuesday("100.17", **job))
    made = estate.made("POST", "creditMemo", memo("CM|A", tuesday("100.17", **job)))
    waiting = only(estate)
    assert (waiting.status, waiting.number, waiting.open_tc_minor) == ("DRAFT", None, 0)
    assert estate.control("clock")["next_due_ms"] == POSTING_MS
    estate.step(POSTING_MS)
    found = only(estate)
    assert (found.native_id, found.number, found.status) == (made, "US01-CM-2026-000001", "APPLIED")
    assert (found.approved_at_ms, found.period, found.invoice) == (POSTING_MS, "2026-02", "1")
    assert (found.net_tc_minor, found.tax_tc_minor, found.gross_tc_minor) == (10017, 826, 10843)
    assert (found.applied_tc_minor, found.open_tc_minor, found.open_fc_minor) == (10843, 0, 0)
    (credited,) = found.lines
    assert (credited.source_id, credited.account, credited.amount_fc_minor) == ("a0T1#Tue", "4000", 10017)
    assert (credited.project, credited.practice, credited.department) == ("1", "DATA", "130")
    assert [(tax.tax_code, tax.base_tc_minor, tax.tax_fc_minor) for tax in found.taxes] == [
        ("US-CA|S|8.2500", 10017, 826)
    ]
    assert statuses(estate)["A"] == ("PARTIALLY_PAID", 79023 - 10843)
    journal = next(row for row in estate.observed(Journal) if row.journal_type == "CM")
    assert (journal.document, journal.period) == (made, "2026-02")
    assert [(row.account, row.dr_fc_minor, row.cr_fc_minor, row.source_line) for row in journal.lines] == [
        ("1100", 0, 10843, ""),
        ("4000", 10017, 0, "a0T1#Tue"),
        ("2200", 826, 0, ""),
    ]


def test_a_credit_that_clears_its_invoice__leaves_it_credited() -> None:
    estate = billed()
    estate.made("POST", "creditMemo", memo("CM|A", line("629.83")))
    estate.step(POSTING_MS)
    assert statuses(estate) == {"A": ("CREDITED", 0), "CM|A": ("APPLIED", 0)}
    shown = estate.record("creditMemo/eid:CM%7CA", expandSubResources="true")
    assert shown["status"] == {"id": "B", "refName": "Fully Applied"}
    assert shown["createdFrom"]["links"][0]["href"].endswith("/invoice/1")
    assert shown["apply"]["items"][0]["doc"]["id"] == "1"
    assert [shown["apply"]["items"][0]["amount"], shown["total"]] == [Decimal("681.79")] * 2
    assert shown["taxDetails"]["items"][0]["taxAmount"] == Decimal("51.96")
    journal = estate.record("journalEntry/4")
    assert journal["createdFrom"]["links"][0]["href"].endswith("/creditMemo/3")
    link = shown["apply"]["links"][0]["href"].partition("/v1/")[2]
    assert estate.record(link)["items"][0]["line"] == 1


def test_a_payment_that_clears_what_a_credit_left__makes_the_invoice_paid() -> None:
    estate = billed(line("100.00", tax="US-OR|O|0"), tuesday("50.00", tax="US-OR|O|0"))
    estate.made("POST", "creditMemo", memo("CM|A", tuesday("50.00", tax="US-OR|O|0"), tranDate="2026-01-31"))
    assert statuses(estate) == {"A": ("PARTIALLY_PAID", 10000), "CM|A": ("APPLIED", 0)}
    estate.step(at("2026-02-04T15:00"))
    (acted,) = estate.act(intent(), references={"CO|00000101": "800CONTRACT"})
    assert acted["state"] == "applied"
    assert statuses(estate)["A"] == ("PAID", 0)


def test_a_credit_of_a_paid_invoice__stays_open() -> None:
    estate = billed()
    estate.step(at("2026-02-04T15:00"))
    estate.act(intent(), references={"CO|00000101": "800CONTRACT"})
    estate.made("POST", "creditMemo", memo("CM|A", line("629.83")))
    estate.step(POSTING_MS)
    assert statuses(estate) == {"A": ("PAID", 0), "CM|A": ("POSTED", 68179)}
    found = only(estate)
    assert (found.applied_tc_minor, found.open_fc_minor) == (0, 68179)
    (acted,) = estate.act(intent(ref="WIRE-2"), references={"CO|00000101": "800CONTRACT"})
    assert acted["state"] == "refused"


def test_a_partly_paid_invoice__takes_as_much_credit_as_is_open() -> None:
    estate = billed(line("100.00", tax="US-OR|O|0"))
    estate.step(at("2026-02-04T15:00"))
    estate.act(intent(600_000), references={"CO|00000101": "800CONTRACT"})
    estate.made("POST", "creditMemo", memo("CM|A", line("100.00", tax="US-OR|O|0")))
    estate.step(POSTING_MS)
    assert statuses(estate) == {"A": ("CREDITED", 0), "CM|A": ("POSTED", 6000)}
    assert only(estate).applied_tc_minor == 4000


def test_the_memo_that_completes_a_category__takes_what_is_left_of_its_tax() -> None:
    # 0.18 x 8.25 % = 0.01485: the invoice is taxed 0.01; each 0.06 alone would be taxed 0.00.
    days = ("Mon", "Tue", "Wed")
    estate = billed(*(line("0.06", source=f"a#{day}") for day in days))
    for place, day in enumerate(days):
        credit = memo(f"CM|{day}", line("0.06", source=f"a#{day}"), tranDate=f"2026-02-{15 + place}")
        estate.made("POST", "creditMemo", credit)
    taxes = [(found.tax_tc_minor, found.gross_tc_minor) for found in estate.observed(CreditMemo)]
    assert taxes == [(0, 6), (0, 6), (1, 7)]
    estate.step(POSTING_MS)
    assert statuses(estate)["A"] == ("CREDITED", 0)


def test_tax_credited_too_much_before__is_taken_back_on_the_other_side_of_the_journal() -> None:
    # 0.60 x 10 % = 0.06, but each 0.06 alone rounds up to 0.01: after nine memos, 0.09 are credited.
    lines = [line("0.06", source=f"a#{place}", tax="US-CA|S|10") for place in range(10)]
    estate = billed(*lines)
    for place, one in enumerate(lines):
        estate.made("POST", "creditMemo", memo(f"CM|{place}", one, tranDate="2026-02-15"))
    estate.step(POSTING_MS)
    assert [found.tax_tc_minor for found in estate.observed(CreditMemo)] == [1] * 9 + [-3]
    last = [row for row in estate.observed(Journal) if row.journal_type == "CM"][-1]
    assert [(row.account, row.dr_fc_minor, row.cr_fc_minor) for row in last.lines] == [
        ("1100", 0, 3),
        ("4000", 6, 0),
        ("2200", 0, 3),
    ]
    assert statuses(estate)["A"] == ("CREDITED", 0)


def test_functional_amounts__are_the_invoice_lines_own_and_shares_of_them_sum_exactly() -> None:
    foreign = {"currency": {"externalId": "EUR"}, "exchangeRate": Decimal("0.5")}
    estate = billed(line("1898.75", tax="US-CA|O|0"), tuesday("0.03", tax="US-CA|S|50"), **foreign)
    estate.made("POST", "creditMemo", memo("CM|1", tuesday("0.01", tax="US-CA|S|50"), **DATES_APART))
    more = (line("1898.75", tax="US-CA|O|0"), tuesday("0.02", tax="US-CA|S|50"))
    estate.made("POST", "creditMemo", memo("CM|2", *more, exchangeRate=Decimal("0.50")))
    # Of the invoice: 1898.75 -> 949.38, 0.03 -> 0.02; tax 0.02 (half of 0.03, half-up) -> 0.01.
    first, second = estate.observed(CreditMemo)
    assert [one.amount_fc_minor for one in (*first.lines, *second.lines)] == [1, 94938, 1]
    assert [(tax.tax_tc_minor, tax.tax_fc_minor) for tax in (*first.taxes, *second.taxes)] == [
        (1, 1),
        (0, 0),
        (1, 0),
    ]
    estate.step(POSTING_MS)
    (original,) = estate.observed(Invoice)
    assert (original.status, original.open_tc_minor, original.open_fc_minor) == ("CREDITED", 0, 0)
    assert [found.fx_rate for found in estate.observed(CreditMemo)] == ["0.5", "0.5"]


def test_a_pending_invoice__is_posted_before_its_credit() -> None:
    estate = Estate()
    estate.customer_and_job()
    late = invoice("Z", tranDate="2026-02-28", dueDate="2026-03-30")
    estate.made("POST", "invoice", late)
    estate.made("POST", "creditMemo", memo("A|CM", line("629.83")))
    assert estate.refused("PATCH", "invoice/1", {"memo": "x"})[1] == "USER_ERROR"
    assert estate.refused("DELETE", "invoice/1", None)[1] == "USER_ERROR"
    assert estate.step(POSTING_MS)["done"] == 1
    (original,) = estate.observed(Invoice)
    assert (original.number, original.status) == ("US01-INV-2026-000001", "CREDITED")
    assert [row.journal_type for row in estate.observed(Journal)] == ["INV", "CM"]
    assert original.approved_at_ms == only(estate).approved_at_ms == POSTING_MS


def test_a_credit_memo__stays_as_it_was_made_and_may_be_deleted_until_it_is_posted() -> None:
    estate = billed()
    body = memo("CM|A", line("629.83"))
    made = estate.made("POST", "creditMemo", body)
    assert estate.made("PUT", "creditMemo/eid:CM%7CA", body) == made
    assert estate.refused("PUT", "creditMemo/eid:CM%7CA", memo("CM|A", line("1.00")))[1] == "USER_ERROR"
    assert estate.refused("POST", "creditMemo", body)[:3] == (400, "DUP_RCRD", "externalId")
    assert estate.send("DELETE", f"/services/rest/record/v1/creditMemo/{made}")[0] == 204
    again = estate.made("POST", "creditMemo", body)
    estate.step(POSTING_MS)
    assert estate.refused("DELETE", f"creditMemo/{again}", None)[1] == "USER_ERROR"
    assert estate.refused("PATCH", f"creditMemo/{again}", {"memo": "x"})[1] == "USER_ERROR"
    found = {row.native_id: (row.deleted, row.number) for row in estate.observed(CreditMemo)}
    assert found == {made: (True, None), again: (False, "US01-CM-2026-000001")}


@pytest.mark.parametrize(
    ("lines", "changes", "code", "path"),
    [
        ((tuesday(),), {}, "USER_ERROR", "item.items[0].custcol_rh_source_id"),
        ((line("1.00", tax="US-CA|O|0"),), {}, "USER_ERROR", "item.items[0].taxCode"),
        ((line("629.84"),), {}, "USER_ERROR", "item.items[0].amount"),
        ((line("629.83"), line("0.01")), {}, "USER_ERROR", "item.items[1].amount"),
        ((line("-1.00"),), {}, "USER_ERROR", "item.items[0].amount"),
        ((), {}, "USER_ERROR", "item"),
        ((line("1.00"),), {"createdFrom": None}, "USER_ERROR", "createdFrom"),
        ((line("1.00"),), {"createdFrom": {"id": "2"}}, "INVALID_KEY_OR_REF", "createdFrom"),
        ((line("1.00"),), {"createdFrom": {"id": "77"}}, "INVALID_KEY_OR_REF", "createdFrom"),
        ((line("1.00"),), {"entity": {"externalId": "C2"}}, "USER_ERROR", "entity"),
        ((line("1.00"),), {"entity": None}, "USER_ERROR", "entity"),
        ((line("1.00"),), {"currency": {"externalId": "EUR"}}, "USER_ERROR", "currency"),
        ((line("1.00"),), {"exchangeRate": Decimal("1.1")}, "INVALID_VALUE", "exchangeRate"),
        ((line("1.00"),), {"approvalStatus": {"id": "2"}}, "USER_ERROR", "approvalStatus"),
        ((line("1.00"),), {"tranDate": None}, "USER_ERROR", "tranDate"),
        ((line("1.00"),), {"tranDate": "2031-01-31"}, "USER_ERROR", "tranDate"),
        ((line("1.00"),), {"apply": {"items": []}}, "INVALID_CONTENT", "apply"),
    ],
)
def test_a_credit_that_its_invoice_does_not_bear__is_refused(
    lines: tuple[dict[str, Any], ...], changes: dict[str, Any], code: str, path: str
) -> None:
    estate = billed()
    estate.made("PUT", "customer/eid:C2", {"companyName": "Other", "subsidiary": {"externalId": "US01"}})
    status, given, place, detail = estate.refused("POST", "creditMemo", memo("CM|A", *lines, **changes))
    assert (status, given) == (400, code)
    assert path in (place, detail.rpartition(" ")[2])
    assert estate.observed(CreditMemo) == []


def test_what_other_memos_credit__is_no_longer_there_to_be_credited() -> None:
    estate = billed()
    estate.made("POST", "creditMemo", memo("CM|1", line("600.00"), **DATES_APART))
    status, _, _, detail = estate.refused("POST", "creditMemo", memo("CM|2", line("29.84")))
    assert (status, detail) == (400, "More would be credited than the invoice's line bills.")
    estate.made("POST", "creditMemo", memo("CM|2", line("29.83")))
    assert sum(found.gross_tc_minor for found in estate.observed(CreditMemo)) == 68179


def test_a_period_with_a_pending_credit__cannot_be_closed() -> None:
    estate = billed()
    estate.made("POST", "creditMemo", memo("CM|A", line("629.83")))
    assert estate.refused("PATCH", "accountingPeriod/2", {"closed": True})[3].endswith("pending approval.")
    estate.step(POSTING_MS)
    estate.made("PATCH", "accountingPeriod/2", {"closed": True})
    status, headers, body = estate.send(
        "POST", "/services/rest/record/v1/creditMemo", memo("CM|B", line("1.00"))
    )
    assert (status, problem(headers, body)[2]) == (400, "The accounting period 2026-02 of US01 is closed.")


def test_queries__show_credits_beside_invoices_with_the_same_columns() -> None:
    estate = billed()
    estate.made("POST", "creditMemo", memo("CM|A", line("100.00")))
    estate.step(POSTING_MS)
    rows = estate.rows(
        "SELECT externalid, type, custbody_rh_status, netamount, taxtotal, foreigntotal, foreignamountunpaid"
        " FROM transaction WHERE type IN ('CustInvc', 'CustCred') ORDER BY id"
    )
    assert [(row["externalid"], row["type"], row["custbody_rh_status"]) for row in rows] == [
        ("A", "CustInvc", "PARTIALLY_PAID"),
        ("CM|A", "CustCred", "APPLIED"),
    ]
    assert [(row["netamount"], row["taxtotal"], row["foreigntotal"]) for row in rows] == [
        ("629.83", "51.96", "681.79"),
        ("100", "8.25", "108.25"),
    ]
    assert [row["foreignamountunpaid"] for row in rows] == ["573.54", "0"]


def test_payments__name_invoices_only() -> None:
    estate = billed(line("100.00", tax="US-OR|O|0"))
    estate.made("POST", "creditMemo", memo("CM|A", line("25.00", tax="US-OR|O|0"), tranDate="2026-01-31"))
    estate.step(at("2026-02-04T15:00"))
    estate.act(intent(), references={"CO|00000101": "800CONTRACT"})
    (payment,) = estate.observed(Payment)
    assert payment.applications == (Application(invoice="1", amount_tc_minor=7500),)


def test_a_memo_of_less_than_nothing__stays_open_and_the_account_goes_on() -> None:
    estate = billed(line("0.43"))
    for place in range(6):  # 0.58 cents of tax each time: one cent
        estate.made("POST", "creditMemo", memo(f"CM|{place}", line("0.07")))
    estate.made("POST", "creditMemo", memo("CM|LAST", line("0.01")))
    estate.step(POSTING_MS)
    found = statuses(estate)
    assert found["A"] == ("CREDITED", 0)
    # The sixth memo has a cent that the invoice did not need, the last one owes it.
    assert (found["CM|5"], found["CM|LAST"]) == (("POSTED", 1), ("POSTED", -1))
