"""The ERP adapter reads masters, invoices and periods by SuiteQL, and stays right under drift."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from integration_core.canonical.ledger import (
    BillingDate,
    CodeList,
    InvoiceState,
    LegalEntity,
    PeriodClose,
    PeriodState,
    TaxRate,
)
from integration_core.ports.http import HttpRequest, NoAnswer
from integration_core.ports.systems import (
    AuthRefused,
    ChangePage,
    RateLimited,
    Transient,
    Unreadable,
    VendorError,
)

from .erp import CURRENCIES, STAMP_MS, Account, erp_on, is_query, query, refused, result, row
from .scripted import DATE_MS, Answer, Routed, Scripted, answer, run

INVOICE = {
    "externalid": "IN|US01|2026-01-31|00000101",
    "tranid": "US01-INV-2026-000001",
    "custbody_rh_status": "POSTED",
    "currency": "1",
    "netamount": "629.83",
    "taxtotal": "51.96",
    "foreigntotal": "681.79",
    "foreignamountunpaid": "681.79",
}


def read(transport: Scripted, stream: str, since_ms: int = STAMP_MS, cursor: str | None = None) -> ChangePage:
    return run(erp_on(transport).read_changes(stream, since_ms, cursor))


def test_invoice__is_read_with_exact_amounts_and_currency_code() -> None:
    account = Account(transaction=[row(7, **INVOICE)])
    found = read(account, "invoices")
    assert found.records == (
        InvoiceState(
            key="IN|US01|2026-01-31|00000101",
            native_id="7",
            number="US01-INV-2026-000001",
            status="POSTED",
            ccy="USD",
            net=Decimal("629.83"),
            tax=Decimal("51.96"),
            gross=Decimal("681.79"),
            open_amount=Decimal("681.79"),
            recorded_at_ms=STAMP_MS,
        ),
    )
    assert found.cursor is None
    assert found.complete_to_ms == DATE_MS - 60_000
    asked = account.requests[0]
    assert query(asked).endswith(
        "FROM transaction WHERE type IN ('CustInvc', 'CustCred') AND lastmodifieddate >="
        " TO_TIMESTAMP('2026-01-30 12:00:00.250', 'YYYY-MM-DD HH24:MI:SS.FF3')"
        " ORDER BY lastmodifieddate, id"
    )
    assert dict(asked.headers)["prefer"] == "transient"
    assert asked.url.endswith("?limit=1000&offset=0")


def test_credit_memo__is_read_like_an_invoice_and_says_what_is_not_applied() -> None:
    memo = {
        **INVOICE,
        "externalid": "CM|IN|1|BR|US01|2026-02-28",
        "tranid": "US01-CM-2026-000001",
        "custbody_rh_status": "APPLIED",
        "foreignamountunpaid": "0",
    }
    credited = row(7, **{**INVOICE, "custbody_rh_status": "CREDITED", "foreignamountunpaid": "0"})
    found = read(Account(transaction=[row(9, **memo), credited]), "invoices")
    states = [
        (state.key, state.status, state.open_amount)
        for state in found.records
        if isinstance(state, InvoiceState)
    ]
    assert states == [
        ("CM|IN|1|BR|US01|2026-02-28", "APPLIED", Decimal(0)),
        ("IN|US01|2026-01-31|00000101", "CREDITED", Decimal(0)),
    ]
    assert found.unread == ()


def test_invoice_not_ours_or_not_numbered_yet__has_no_key_or_number() -> None:
    bare = {name: value for name, value in INVOICE.items() if name not in ("externalid", "tranid")}
    (state,) = read(
        Account(transaction=[row(7, **{**bare, "custbody_rh_status": "HELD"})]), "invoices"
    ).records
    assert isinstance(state, InvoiceState)
    assert (state.key, state.number, state.status) == ("", None, "HELD")


def test_page__starts_where_the_last_one_ended_even_on_equal_stamps() -> None:
    first_rows = [row(n, **INVOICE) for n in (8, 9)]
    transport = Scripted(
        result(*first_rows, total=4), result(*CURRENCIES), result(row(10, **INVOICE), row(11, **INVOICE))
    )
    erp = erp_on(transport)

    async def both() -> tuple[ChangePage, ChangePage]:
        first = await erp.read_changes("invoices", STAMP_MS, None)
        return first, await erp.read_changes("invoices", STAMP_MS, first.cursor)

    first, last = run(both())
    assert first.complete_to_ms is None
    assert last.complete_to_ms == DATE_MS - 60_000
    stamp = "TO_TIMESTAMP('2026-01-30 12:00:00.250', 'YYYY-MM-DD HH24:MI:SS.FF3')"
    assert f"AND (lastmodifieddate > {stamp} OR (lastmodifieddate = {stamp} AND id > 9)) ORDER BY" in query(
        transport.requests[-1]
    )
    assert [record.native_id for record in last.records if isinstance(record, InvoiceState)] == ["10", "11"]


def test_page_that_repeats_the_one_before__is_not_followed_for_ever() -> None:
    rows = [row(n, **INVOICE) for n in (8, 9)]
    transport = Scripted(result(*rows, total=4), result(*CURRENCIES), result(*rows, total=4))
    erp = erp_on(transport)

    async def both() -> None:
        first = await erp.read_changes("invoices", STAMP_MS, None)
        await erp.read_changes("invoices", STAMP_MS, first.cursor)

    with pytest.raises(Unreadable):
        run(both())


@pytest.mark.parametrize(
    "body",
    [
        {"items": [], "count": 1, "hasMore": False, "totalResults": 1},
        {"items": [], "count": 0, "hasMore": False, "totalResults": 1},
        {"items": [], "count": 0, "hasMore": True, "totalResults": 1},
    ],
)
def test_result_that_does_not_add_up__is_read_again(body: dict[str, Any]) -> None:
    with pytest.raises(Transient):
        read(Scripted(answer(200, body)), "invoices")


def test_unknown_status__is_unread_and_the_page_goes_on() -> None:
    rows = [row(7, **{**INVOICE, "custbody_rh_status": "Open"}), row(8, **INVOICE)]
    found = read(Account(transaction=rows), "invoices")
    assert len(found.records) == 1
    assert [(unread.native_id, unread.entity) for unread in found.unread] == [("7", "InvoiceState")]


def test_currency_not_seen_before__is_looked_up_again() -> None:
    account = Account(transaction=[row(7, **INVOICE)])
    erp = erp_on(account)

    async def twice() -> None:
        await erp.read_changes("invoices", STAMP_MS, None)
        await erp.read_changes("invoices", STAMP_MS, None)
        account._tables["transaction"] = [row(7, **{**INVOICE, "currency": "2"})]
        account._tables["currency"] = [*CURRENCIES, row(2, symbol="EUR", name="Euro")]
        page = await erp.read_changes("invoices", STAMP_MS, None)
        assert [state.ccy for state in page.records if isinstance(state, InvoiceState)] == ["EUR"]

    run(twice())
    assert sum("FROM currency" in query(request) for request in account.requests) == 2


SUBSIDIARY = {
    "externalid": "US01",
    "name": "Northwind US",
    "country": "US",
    "currency": "1",
    "custrecord_rh_tz": "America/New_York",
    "custrecord_rh_std_hours": "8.00",
}
LATER = "2026-01-31 00:00:00.000"


def calendar(native_id: int, kind: str, **fields: str) -> dict[str, Any]:
    named = {f"custrecord_rh_{name}": value for name, value in fields.items()}
    return row(native_id, custrecord_rh_entity="US01", custrecord_rh_kind=kind, **named)


CALENDAR = [
    calendar(1, "CLOSE", period="2026-01", at="2026-02-06T21:00:00Z"),
    calendar(2, "CLOSE", period="2025-12", at="2026-01-08T21:00:00.000Z"),
    calendar(3, "BILLING", date="2026-01-31", freq="MONTHLY"),
    calendar(4, "BILLING", date="2026-01-15", freq="EXTRA"),
    {**calendar(5, "HOLIDAY", date="2026-01-01"), "lastmodifieddate": LATER},
]


def test_legal_entity__is_joined_with_its_calendars_and_changes_when_they_do() -> None:
    found = read(Account(subsidiary=[row(2, **SUBSIDIARY)], customrecord_rh_calendar=CALENDAR), "masters")
    entities = [record for record in found.records if isinstance(record, LegalEntity)]
    assert entities == [
        LegalEntity(
            code="US01",
            native_id="2",
            name="Northwind US",
            country="US",
            functional_ccy="USD",
            tz="America/New_York",
            std_hours_day=Decimal("8.00"),
            close_calendar=(
                PeriodClose("2025-12", 1_767_906_000_000),
                PeriodClose("2026-01", 1_770_411_600_000),
            ),
            billing_calendar=(
                BillingDate(date(2026, 1, 15), "EXTRA"),
                BillingDate(date(2026, 1, 31), "MONTHLY"),
            ),
            holidays=(date(2026, 1, 1),),
            recorded_at_ms=1_769_817_600_000,
        )
    ]
    assert found.complete_to_ms == DATE_MS - 60_000


def test_masters_that_did_not_change__are_not_given_out_again() -> None:
    account = Account(subsidiary=[row(2, **SUBSIDIARY)], customrecord_rh_calendar=CALENDAR[:4])
    assert read(account, "masters", since_ms=STAMP_MS + 1).records == ()


def test_code_lists_and_tax_rates__are_read_by_change() -> None:
    account = Account(
        customrecord_rh_tax_rate=[
            row(
                4,
                custrecord_rh_jurisdiction="US-CA",
                custrecord_rh_class="STANDARD",
                custrecord_rh_valid_from="2025-01-01",
                custrecord_rh_percent="8.2500",
            )
        ],
        department=[row(5, custrecord_rh_code="100", name="Delivery")],
        classification=[row(6, custrecord_rh_code="DATA", name="Data & AI")],
        item=[row(7, itemid="TM")],
    )
    found = read(account, "masters", since_ms=STAMP_MS)
    assert set(found.records) == {
        CodeList(kind="currency", code="USD", native_id="1", name="US Dollar", recorded_at_ms=STAMP_MS),
        CodeList(kind="department", code="100", native_id="5", name="Delivery", recorded_at_ms=STAMP_MS),
        CodeList(
            kind="classification", code="DATA", native_id="6", name="Data & AI", recorded_at_ms=STAMP_MS
        ),
        CodeList(kind="item", code="TM", native_id="7", name="TM", recorded_at_ms=STAMP_MS),
        TaxRate(
            jurisdiction="US-CA",
            tax_class="STANDARD",
            valid_from=date(2025, 1, 1),
            percent=Decimal("8.2500"),
            recorded_at_ms=STAMP_MS,
        ),
    }


@pytest.mark.parametrize(
    "row_of_six",
    [
        calendar(6, "CLOSE", period="2026-02"),
        calendar(6, "HOLIDAY"),
        calendar(6, "BILLING", date="2026-02-28"),
    ],
)
def test_calendar_row_that_does_not_fit__makes_its_entity_unread(row_of_six: dict[str, Any]) -> None:
    broken = [*CALENDAR, row_of_six]
    found = read(Account(subsidiary=[row(2, **SUBSIDIARY)], customrecord_rh_calendar=broken), "masters")
    assert not [record for record in found.records if isinstance(record, LegalEntity)]
    assert [(unread.entity, unread.native_id) for unread in found.unread] == [("LegalEntity", "2")]


def test_period__names_its_entity() -> None:
    periods = [row(31, periodname="2026-01", subsidiary="2", closed="F")]
    found = read(Account(accountingperiod=periods, subsidiary=[row(2, **SUBSIDIARY)]), "periods")
    assert found.records == (
        PeriodState(
            entity_code="US01", period="2026-01", native_id="31", closed=False, recorded_at_ms=STAMP_MS
        ),
    )


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (refused(401, "INVALID_LOGIN"), AuthRefused),
        (refused(403, "INSUFFICIENT_PERMISSION"), AuthRefused),
        (refused(429, "CONCURRENCY_LIMIT_EXCEEDED"), RateLimited),
        (refused(400, "CONCURRENCY_LIMIT_EXCEEDED"), RateLimited),
        (refused(500, "UNEXPECTED_ERROR"), Transient),
        (refused(400, "INVALID_CONTENT"), Unreadable),
        (answer(200, b'{"items": ['), Transient),
        (NoAnswer("reset"), Transient),
    ],
)
def test_failed_query__is_told_apart(given: Answer, kind: type[VendorError]) -> None:
    with pytest.raises(VendorError) as caught:
        read(Scripted(given), "invoices")
    assert type(caught.value) is kind


def test_every_request__is_signed_with_a_nonce_of_its_own() -> None:
    account = Account(transaction=[row(7, **INVOICE)])
    read(account, "invoices")
    headers = [dict(request.headers)["authorization"] for request in account.requests]
    assert ['oauth_nonce="nonce-1"' in headers[0], 'oauth_nonce="nonce-2"' in headers[1]] == [True, True]


def test_find__gives_the_id_or_none_and_never_none_for_a_failure() -> None:
    def route(request: HttpRequest) -> Answer:
        assert not is_query(request)
        if request.url.endswith("/invoice/eid:IN%7C1"):
            return answer(200, {"links": [], "id": "107", "externalId": "IN|1"})
        if request.url.endswith("/creditMemo/eid:CM%7C1") or request.url.endswith("/journalEntry/eid:JE%7C1"):
            return answer(200, {"links": [], "id": "108"})
        if request.url.endswith("/customer/eid:CU%7C1"):
            return refused(404, "NONEXISTENT_ID")
        return answer(404)

    erp = erp_on(Routed(route))
    assert run(erp.find("invoice", "IN|1")) == "107"
    assert run(erp.find("creditMemo", "CM|1")) == run(erp.find("journalEntry", "JE|1")) == "108"
    assert run(erp.find("customer", "CU|1")) is None
    with pytest.raises(Unreadable):
        run(erp.find("job", "PJ|1"))
    with pytest.raises(Unreadable):
        run(erp.find("vendor", "VE|1"))
