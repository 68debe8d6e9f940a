"""The ERP adapter writes by external id, and never invents the outcome of a write."""

import json
from datetime import date
from decimal import Decimal

import pytest

from integration_core.canonical.ledger import ErpCustomer, ErpEmployee, ErpProject, Invoice, InvoiceLine
from integration_core.ports.http import HttpRequest, NoAnswer, NotSent
from integration_core.ports.systems import (
    AuthRefused,
    OutcomeUnknown,
    RateLimited,
    Refused,
    Transient,
    VendorError,
    Written,
)

from .erp import Account, erp_on, refused
from .scripted import Answer, answer, run

MADE = answer(204, location="http://erp.example/services/rest/record/v1/invoice/501")


def invoice(tax_percent: str = "8.25", department: str = "100", **changes: str) -> Invoice:
    line = InvoiceLine(
        source_id="a1T1#Mon",
        contract_line_source_id="a00A",
        item="TM",
        hours=Decimal("3.50"),
        rate=Decimal(1499) / Decimal(9),
        amount=Decimal("629.83"),
        project_key=changes.get("project_key", "PJ|00000101"),
        department=department,
        practice="DATA",
        memo="kick-off",
    )
    return Invoice(
        key="IN|US01|2026-01-31|00000101",
        run="BR|US01|2026-01-31",
        customer_key="CU|000017",
        source_id="800A",
        entity_code="US01",
        entity_native_id="2",
        ccy="USD",
        exchange_rate=Decimal("1.000000"),
        invoice_date=date(2026, 1, 31),
        acct_date=date(2026, 1, 31),
        due_date=date(2026, 3, 2),
        po_number=None,
        tax_jurisdiction="US-CA",
        tax_category="S",
        tax_percent=Decimal(tax_percent),
        lines=(line,),
    )


def create(account: Account, made: Invoice | None = None) -> Written:
    return run(erp_on(account).create_invoice(made or invoice(), "17", {"PJ|00000101": "33"}))


def test_invoice__is_posted_with_references_exact_amounts_and_sources() -> None:
    account = Account(lambda request: MADE)
    assert create(account) == Written(key="IN|US01|2026-01-31|00000101", native_id="501")
    (posted,) = account.records()
    assert (posted.method, posted.url) == ("POST", "http://erp.example/services/rest/record/v1/invoice")
    assert dict(posted.headers)["x-netsuite-propertynamevalidation"] == "error"
    assert json.loads(posted.body, parse_float=Decimal) == {
        "externalId": "IN|US01|2026-01-31|00000101",
        "entity": {"id": "17"},
        "subsidiary": {"id": "2"},
        "currency": {"id": "1"},
        "exchangeRate": Decimal("1.000000"),
        "tranDate": "2026-01-31",
        "dueDate": "2026-03-02",
        "custbody_rh_acct_date": "2026-01-31",
        "custbody_rh_source_id": "800A",
        "custbody_rh_run": "BR|US01|2026-01-31",
        "item": {
            "items": [
                {
                    "line": 1,
                    "item": {"externalId": "TM"},
                    "quantity": Decimal("3.50"),
                    "rate": Decimal("166.5556"),
                    "amount": Decimal("629.83"),
                    "job": {"id": "33"},
                    "taxCode": "US-CA|S|8.2500",
                    "description": "kick-off",
                    "custcol_rh_source_id": "a1T1#Mon",
                    "custcol_rh_contract_line": "a00A",
                    "department": {"externalId": "CC|US01|100"},
                    "class": {"externalId": "PR|DATA"},
                }
            ]
        },
    }


def test_optional_parts__are_left_out_and_odd_tax_rates_kept_exact() -> None:
    account = Account(lambda request: MADE)
    create(account, invoice(tax_percent="8.12345", department=""))
    (line,) = json.loads(account.records()[0].body)["item"]["items"]
    assert line["taxCode"] == "US-CA|S|8.12345"
    assert "department" not in line


def test_invoice_already_there__is_returned_not_made_again() -> None:
    def route(request: HttpRequest) -> Answer:
        if request.method == "POST":
            return refused(400, "DUP_RCRD", "This record already exists.")
        return answer(200, {"id": "501"})

    account = Account(route)
    assert create(account) == Written(key="IN|US01|2026-01-31|00000101", native_id="501")
    assert account.records()[1].url.endswith("/invoice/eid:IN%7CUS01%7C2026-01-31%7C00000101")


def test_duplicate_of_nothing__is_an_unknown_outcome() -> None:
    def route(request: HttpRequest) -> Answer:
        if request.method == "POST":
            return refused(400, "DUP_RCRD", "This record already exists.")
        return refused(404, "NONEXISTENT_ID")

    with pytest.raises(OutcomeUnknown):
        create(Account(route))


@pytest.mark.parametrize(
    ("given", "kind", "code"),
    [
        (NoAnswer("reset"), OutcomeUnknown, "TECH_UNKNOWN_OUTCOME"),
        (answer(500), OutcomeUnknown, "TECH_UNKNOWN_OUTCOME"),
        (answer(204), OutcomeUnknown, "TECH_UNKNOWN_OUTCOME"),
        (answer(204, location="/invoice/"), OutcomeUnknown, "TECH_UNKNOWN_OUTCOME"),
        (NotSent("refused"), Transient, "TECH_TIMEOUT"),
        (refused(429, "CONCURRENCY_LIMIT_EXCEEDED"), RateLimited, "TECH_429"),
        (refused(400, "CONCURRENCY_LIMIT_EXCEEDED"), RateLimited, "TECH_429"),
        (refused(409, "RCRD_HAS_BEEN_CHANGED"), Transient, "TECH_5XX"),
        (refused(401, "INVALID_LOGIN"), AuthRefused, "TECH_AUTH"),
        (
            refused(400, "USER_ERROR", "The period 2026-01 is closed.", "postingPeriod"),
            Refused,
            "PERIOD_CLOSED",
        ),
        (refused(400, "USER_ERROR", "Accounting period 2026-01 is closed."), Refused, "PERIOD_CLOSED"),
        (
            refused(
                400, "INVALID_KEY_OR_REF", "Invalid Field Value 9 for the following field: postingPeriod"
            ),
            Refused,
            "INV_REJECTED",
        ),
        (refused(400, "USER_ERROR", "The customer is inactive.", "entity"), Refused, "CUST_INACTIVE"),
        (
            refused(400, "INVALID_KEY_OR_REF", "Invalid Field Value 99 for the following field: entity"),
            Refused,
            "INV_REJECTED",
        ),
        (refused(400, "INVALID_CONTENT", "Unknown property", "foo"), Refused, "INV_REJECTED"),
    ],
)
def test_invoice_not_made__says_whether_and_why(given: Answer, kind: type[VendorError], code: str) -> None:
    account = Account(lambda request: given)
    with pytest.raises(VendorError) as caught:
        create(account)
    assert (type(caught.value), caught.value.code) == (kind, code)
    assert len(account.records()) == 1


def test_invoice_for_a_project_the_erp_lacks__is_refused_before_it_is_sent() -> None:
    account = Account(lambda request: MADE)
    with pytest.raises(Refused) as caught:
        create(account, invoice(project_key="PJ|00000102"))
    assert caught.value.code == "INV_REJECTED"
    assert account.records() == []


CUSTOMER = ErpCustomer(
    key="CU|000017",
    source_id="001A",
    display_name="Acme",
    legal_name="Acme Inc",
    entity_native_id="2",
    ccy="USD",
    payment_terms="NET 30",
    vat_id=None,
    tax_status="BUSINESS",
    parent_key="CU|000001",
)


def located(record_type: str, native_id: str) -> Answer:
    return answer(204, location=f"http://erp.example/services/rest/record/v1/{record_type}/{native_id}")


def test_customer__is_upserted_under_its_key() -> None:
    account = Account(lambda request: located("customer", "17"))
    assert run(erp_on(account).upsert_customer(CUSTOMER)) == Written(key="CU|000017", native_id="17")
    (put,) = account.records()
    assert (put.method, put.url) == (
        "PUT",
        "http://erp.example/services/rest/record/v1/customer/eid:CU%7C000017",
    )
    assert json.loads(put.body) == {
        "companyName": "Acme",
        "isPerson": False,
        "parent": {"externalId": "CU|000001"},
        "subsidiary": {"id": "2"},
        "currency": {"id": "1"},
        "terms": {"externalId": "NET 30"},
        "custentity_rh_legal_name": "Acme Inc",
        "custentity_rh_tax_status": "BUSINESS",
        "custentity_rh_source_id": "001A",
    }


def test_job__stands_under_its_customer_with_its_value() -> None:
    account = Account(lambda request: located("job", "33"))
    project = ErpProject(
        key="PJ|00000101",
        source_id="800A",
        name="Data platform",
        customer_key="CU|000017",
        entity_native_id="2",
        ccy="USD",
        value=Decimal("2312.79"),
    )
    assert run(erp_on(account).upsert_project(project, "17")).native_id == "33"
    sent = json.loads(account.records()[0].body, parse_float=Decimal)
    assert (sent["parent"], sent["custentity_rh_source_id"]) == ({"id": "17"}, "800A")
    assert (sent["custentity_rh_contract_value"], sent["isInactive"]) == (Decimal("2312.79"), False)


def test_employee__is_upserted_with_number_and_source() -> None:
    account = Account(lambda request: located("employee", "41"))
    employee = ErpEmployee(
        key="RS|10017",
        source_id="123",
        employee_no="10017",
        first_name="Zoë",
        last_name="O'Neil",
        email="zoe.oneil@example.com",
        entity_native_id="2",
        inactive=False,
    )
    assert run(erp_on(account).upsert_employee(employee)) == Written(key="RS|10017", native_id="41")
    sent = json.loads(account.records()[0].body)
    assert (sent["custentity_rh_employee_no"], sent["custentity_rh_source_id"]) == ("10017", "123")


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (NoAnswer("reset"), OutcomeUnknown),
        (answer(502), OutcomeUnknown),
        (refused(400, "USER_ERROR", "Please enter value(s) for: Terms"), Refused),
        (refused(429, "CONCURRENCY_LIMIT_EXCEEDED"), RateLimited),
    ],
)
def test_upsert_that_failed__is_told_apart_and_sent_once(given: Answer, kind: type[VendorError]) -> None:
    account = Account(lambda request: given)
    with pytest.raises(VendorError) as caught:
        run(erp_on(account).upsert_customer(CUSTOMER))
    assert type(caught.value) is kind
    assert len(account.records()) == 1


def test_currency_the_erp_lacks__is_refused() -> None:
    account = Account(lambda request: located("customer", "17"), currency=[])
    with pytest.raises(Refused) as caught:
        run(erp_on(account).upsert_customer(CUSTOMER))
    assert caught.value.code == "DIM_MISSING"
