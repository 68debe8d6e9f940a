"""What the core reads of NetSuite: masters, documents page by page, periods; and its refusals of reads."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pact import match

from contracts.consumer.netsuite import (
    AMOUNT,
    DAY,
    DEPARTMENT,
    DIGITS,
    IN_ORDER,
    KEY,
    PRACTICE,
    PROVIDER,
    SINCE_MS,
    SINGULAR,
    adapter,
    asks_query,
    finds,
    is_refused,
    promise_currencies,
    promise_subsidiaries,
    row,
    rows,
)
from contracts.consumer.promises import HTTP_DATE_MS, Promises, exactly, text
from integration_core.canonical.ledger import (
    CodeList,
    InvoiceState,
    LegalEntity,
    PeriodState,
    TaxRate,
)
from integration_core.ports.systems import AuthRefused, ChangePage, RateLimited, Transient

Make = Callable[[str], Promises]

_DOCUMENTS = (
    "id, lastmodifieddate, externalid, tranid, custbody_rh_status, currency, netamount, taxtotal,"
    " foreigntotal, foreignamountunpaid FROM transaction WHERE type IN ('CustInvc', 'CustCred') AND"
)
_DOCUMENT = row(
    "501",
    externalid=match.like("IN|US01|00000101"),
    tranid=text("US01-INV-2026-000001", r".+-(INV|CM)-\d{4}-\d{6}"),
    custbody_rh_status=text("POSTED", "DRAFT|HELD|APPROVED|POSTED|PARTIALLY_PAID|PAID|CREDITED|APPLIED|VOID"),
    currency=text("1", DIGITS),
    netamount=text("629.83", AMOUNT),
    taxtotal=text("51.96", AMOUNT),
    foreigntotal=text("681.79", AMOUNT),
    foreignamountunpaid=text("681.79", AMOUNT),
)
_CALENDAR = (
    "id, lastmodifieddate, custrecord_rh_entity, custrecord_rh_kind, custrecord_rh_period,"
    " custrecord_rh_at, custrecord_rh_date, custrecord_rh_freq FROM customrecord_rh_calendar WHERE"
)


def _read(pact: Promises, url: str, stream: str, cursor: str | None = None) -> ChangePage:
    return pact.network.run(adapter(pact, url).read_changes(stream, SINCE_MS, cursor))


def _calendar_row(native_id: str, **columns: Any) -> dict[str, Any]:
    return row(native_id, custrecord_rh_entity=text("US01", ".+"), **columns)


def _promise_calendar(pact: Promises) -> None:
    # Each kind of row has columns of its own, and those that are empty are left out.
    kinds = [
        _calendar_row(
            "1",
            custrecord_rh_kind="CLOSE",
            custrecord_rh_period=text("2026-01", r"\d{4}-\d\d"),
            custrecord_rh_at=text(
                "2026-02-06T21:00:00.000Z", rf"{DAY}T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"
            ),
        ),
        _calendar_row(
            "2",
            custrecord_rh_kind="BILLING",
            custrecord_rh_date=text("2026-01-31", DAY),
            custrecord_rh_freq=text("MONTHLY", "MONTHLY|EXTRA"),
        ),
        _calendar_row("3", custrecord_rh_kind="HOLIDAY", custrecord_rh_date=text("2026-01-01", DAY)),
    ]
    asked = asks_query(pact, "read the calendars", IN_ORDER, _CALENDAR)
    rows(asked, match.array_containing(kinds), count=3)


def _promise_lists(pact: Promises) -> None:
    """What is read by change: tax rates, departments, practices, items."""
    rate = row(
        "4",
        custrecord_rh_jurisdiction=text("US-CA", "[A-Z]{2}(-[A-Z0-9]+)?"),
        custrecord_rh_class=match.like("SERVICE"),
        custrecord_rh_valid_from=text("2020-01-01", DAY),
        custrecord_rh_percent=text("8.25", AMOUNT),
    )
    lists: tuple[tuple[str, str, str, Mapping[str, Any]], ...] = (
        (
            "tax rates",
            "custrecord_rh_jurisdiction, custrecord_rh_class, custrecord_rh_valid_from,"
            " custrecord_rh_percent",
            "customrecord_rh_tax_rate",
            rate,
        ),
        ("departments", "custrecord_rh_code, name, subsidiary", "department", DEPARTMENT),
        ("practices", "custrecord_rh_code, name", "classification", PRACTICE),
        ("items", "itemid", "item", row("7", itemid=text("TM", ".+"))),
    )
    for name, columns, table, shown in lists:
        select = f"id, lastmodifieddate, {columns} FROM {table} WHERE"
        state = "masters that changed since an instant"
        rows(asks_query(pact, f"read the {name} that changed", state, select, since="${since}"), shown)


def test_masters__are_read_whole_or_by_change(promises: Make) -> None:
    pact = promises(PROVIDER)
    promise_currencies(pact)
    promise_subsidiaries(pact)
    _promise_calendar(pact)
    _promise_lists(pact)
    with pact.kept() as url:
        page = _read(pact, url, "masters")
    (entity,) = (one for one in page.records if isinstance(one, LegalEntity))
    assert (entity.code, entity.native_id, entity.functional_ccy) == ("US01", "2", "USD")
    assert entity.std_hours_day == 8
    assert [close.period for close in entity.close_calendar] == ["2026-01"]
    assert [billing.freq for billing in entity.billing_calendar] == ["MONTHLY"]
    assert entity.holidays == (date(2026, 1, 1),)
    (rate,) = (one for one in page.records if isinstance(one, TaxRate))
    assert (rate.jurisdiction, rate.percent) == ("US-CA", Decimal("8.25"))
    codes = {(one.kind, one.code, one.native_id) for one in page.records if isinstance(one, CodeList)}
    assert codes == {
        ("currency", "USD", "1"),
        ("department", "130", "5"),
        ("classification", "DATA", "6"),
        ("item", "TM", "7"),
    }
    assert page.unread == ()
    assert page.complete_to_ms == HTTP_DATE_MS - 60_000


def _asks_documents(pact: Promises, description: str, state: str) -> Any:
    return asks_query(pact, description, state, _DOCUMENTS, since="${since}")


def test_documents__that_changed_are_read_with_their_amounts(promises: Make) -> None:
    pact = promises(PROVIDER)
    asked = _asks_documents(pact, "read the documents that changed", "an invoice and a credit were posted")
    invoice = {**_DOCUMENT, "tranid": text("US01-INV-2026-000001", r".+-INV-\d{4}-\d{6}")}
    memo = {
        **_DOCUMENT,
        "id": text("502", DIGITS),
        "tranid": text("US01-CM-2026-000001", r".+-CM-\d{4}-\d{6}"),
    }
    rows(asked, match.array_containing([invoice, memo]), count=2)
    promise_currencies(pact)
    with pact.kept() as url:
        page = _read(pact, url, "invoices")
    state, credit = page.records
    assert isinstance(state, InvoiceState)
    assert isinstance(credit, InvoiceState)
    assert (credit.native_id, credit.number) == ("502", "US01-CM-2026-000001")
    assert (state.key, state.native_id, state.number) == (KEY, "501", "US01-INV-2026-000001")
    assert (state.status, state.ccy) == ("POSTED", "USD")
    assert (state.net, state.tax, state.gross) == (Decimal("629.83"), Decimal("51.96"), Decimal("681.79"))
    assert state.open_amount == Decimal("681.79")
    assert page.complete_to_ms == HTTP_DATE_MS - 60_000


def test_documents__a_long_read_goes_on_after_its_last_row(promises: Make) -> None:
    pact = promises(PROVIDER)
    first = _asks_documents(
        pact, "read the first page of the documents", "more documents changed than one page holds"
    )
    rows(first, _DOCUMENT, whole=False)
    stamp = "TO_TIMESTAMP('${stamp}', 'YYYY-MM-DD HH24:MI:SS.FF3')"
    place = f"(lastmodifieddate > {stamp} OR (lastmodifieddate = {stamp} AND id > ${{place}}))"
    following = asks_query(
        pact, "read the documents after a place", "documents changed after a place", _DOCUMENTS, where=place
    )
    rows(following, {**_DOCUMENT, "id": text("502", DIGITS)})
    promise_currencies(pact)
    with pact.kept() as url:
        page = _read(pact, url, "invoices")
        assert page.complete_to_ms is None
        last = _read(pact, url, "invoices", page.cursor)
    assert [one.native_id for one in (*page.records, *last.records) if isinstance(one, InvoiceState)] == [
        "501",
        "502",
    ]
    assert last.cursor is None
    assert last.complete_to_ms == HTTP_DATE_MS - 60_000


def test_documents__a_draft_has_no_number_yet(promises: Make) -> None:
    pact = promises(PROVIDER)
    asked = _asks_documents(pact, "read the documents that wait", "an invoice waits for approval")
    draft = {name: value for name, value in _DOCUMENT.items() if name != "tranid"}
    rows(asked, {**draft, "custbody_rh_status": exactly("DRAFT"), "foreignamountunpaid": text("0", AMOUNT)})
    promise_currencies(pact)
    with pact.kept() as url:
        page = _read(pact, url, "invoices")
    (state,) = page.records
    assert isinstance(state, InvoiceState)
    assert (state.number, state.status, state.open_amount) == (None, "DRAFT", Decimal(0))


def test_documents__nothing_changed(promises: Make) -> None:
    pact = promises(PROVIDER)
    _asks_documents(pact, "read the documents, when none changed", "no document changed").reads(
        200,
        {"items": [], "count": 0, "hasMore": False, "totalResults": 0},
        headers={"Date": match.regex("Sat, 21 Nov 2026 10:00:00 GMT", regex=".+ GMT")},
        content_type="application/vnd.oracle.resource+json; type=collection",
    )
    with pact.kept() as url:
        page = _read(pact, url, "invoices")
    assert (page.records, page.unread, page.cursor) == ((), (), None)


def test_periods__say_whether_they_are_closed(promises: Make) -> None:
    pact = promises(PROVIDER)
    select = "id, lastmodifieddate, periodname, subsidiary, closed FROM accountingperiod WHERE"
    period = row(
        "8", periodname=text("2026-01", r"\d{4}-\d\d"), subsidiary=text("2", DIGITS), closed=text("F", "[TF]")
    )
    rows(
        asks_query(
            pact,
            "read the periods that changed",
            "masters that changed since an instant",
            select,
            since="${since}",
        ),
        period,
    )
    promise_subsidiaries(pact)
    with pact.kept() as url:
        page = _read(pact, url, "periods")
    (state,) = page.records
    assert isinstance(state, PeriodState)
    assert (state.entity_code, state.period, state.native_id, state.closed) == ("US01", "2026-01", "8", False)


def test_periods__a_closed_one_says_so(promises: Make) -> None:
    pact = promises(PROVIDER)
    select = "id, lastmodifieddate, periodname, subsidiary, closed FROM accountingperiod WHERE"
    asked = asks_query(pact, "read a period that was closed", "a period was closed", select, since="${since}")
    closed = row("8", periodname=text("2026-01", r"\d{4}-\d\d"), subsidiary=text("2", DIGITS), closed="T")
    rows(asked, match.array_containing([closed]))
    promise_subsidiaries(pact)
    with pact.kept() as url:
        page = _read(pact, url, "periods")
    assert [one.closed for one in page.records if isinstance(one, PeriodState)] == [True]


@pytest.mark.parametrize(
    ("record_type", "state"),
    [
        ("customer", "a customer"),
        ("job", "a project"),
        ("employee", "an employee"),
        ("invoice", "an invoice"),
        ("creditMemo", "a credit memo"),
        ("journalEntry", "a journal"),
    ],
)
def test_lookup__a_key_leads_to_the_internal_id(promises: Make, record_type: str, state: str) -> None:
    pact = promises(PROVIDER)
    finds(pact, record_type, state).reads(200, {"id": text("501", DIGITS)}, content_type=SINGULAR)
    with pact.kept() as url:
        found = pact.network.run(adapter(pact, url).find(record_type, KEY))
    assert found == "501"


def test_lookup__a_key_that_nobody_has_leads_nowhere(promises: Make) -> None:
    pact = promises(PROVIDER)
    is_refused(finds(pact, "invoice", "a key that nobody has"), 404, "NONEXISTENT_ID")
    with pact.kept() as url:
        found = pact.network.run(adapter(pact, url).find("invoice", KEY))
    assert found is None


_LIMITED = text("CONCURRENCY_LIMIT_EXCEEDED", "CONCURRENCY_LIMIT_EXCEEDED|SSS_REQUEST_LIMIT_EXCEEDED")


@pytest.mark.parametrize(
    ("state", "status", "code", "error"),
    [
        ("the credentials are refused", 401, "INVALID_LOGIN", AuthRefused),
        ("too many calls at once", 429, _LIMITED, RateLimited),
        ("too many calls at once, told the other way", 400, _LIMITED, RateLimited),
        ("the system is out of order", 500, match.like("UNEXPECTED_ERROR"), Transient),
        ("the system is away", 503, match.like("SERVER_ERROR"), Transient),
    ],
)
def test_reads__a_refusal_is_told_apart(
    promises: Make, state: str, status: int, code: Any, error: type[Exception]
) -> None:
    pact = promises(PROVIDER)
    select = "id, lastmodifieddate, symbol, name FROM currency WHERE"
    asked = asks_query(pact, f"read the currencies, refused with {status}", state, select)
    is_refused(asked, status, code)
    with pact.kept() as url, pytest.raises(error):
        _read(pact, url, "masters")
