"""Two subsidiaries in one account: each has its own numbers, periods, calendar and currency."""

from datetime import date
from decimal import Decimal

import pytest
from msgspec.structs import replace

from mocks.firm.facts.documents import CreditMemo, Invoice, Journal, Payment, Period
from mocks.firm.facts.source import BillingDate, LegalEntity, PaymentIntent, PeriodClose
from tests.unit.mocks.netsuite.estate import APPROVAL_MS, START_MS, Estate, at, firm, intent, invoice, line

BERLIN_APPROVAL_MS = at("2026-01-31T23:00") + 9 * 3_600_000
CONTRACTS = {"CO|00000101": "800CONTRACT", "CO|00000201": "800BERLIN"}
GERMAN = {
    "entity": {"externalId": "C9"},
    "subsidiary": {"externalId": "DE01"},
    "currency": {"externalId": "EUR"},
    "custbody_rh_source_id": "800BERLIN",
    "custbody_rh_run": "BR|DE01|2026-01-31",
}


@pytest.fixture
def group() -> Estate:
    """An American and a German company, each with a customer and an invoice of January."""
    estate = Estate()
    first = firm()[0]
    assert isinstance(first, LegalEntity)
    berlin = replace(
        first,
        bk="LE|DE01",
        code="DE01",
        name="Harborline Consulting GmbH",
        country="DE",
        functional_ccy="EUR",
        tz="Europe/Berlin",
        recorded_at_ms=START_MS - 1000,
        close_calendar=(
            PeriodClose("2026-01", at("2026-02-05T17:00")),
            PeriodClose("2026-02", at("2026-03-05T17:00")),
        ),
        billing_calendar=(BillingDate(date(2026, 1, 31), "MONTHLY"),),
        holidays=(date(2026, 1, 1),),
    )
    estate.control("seed", {"facts": [berlin]})
    estate.customer_and_job()
    estate.made(
        "PUT",
        "customer/eid:C9",
        {
            "companyName": "Nordlicht AG",
            "subsidiary": {"externalId": "DE01"},
            "currency": {"externalId": "EUR"},
        },
    )
    estate.made("POST", "invoice", invoice("IN|US01"))
    estate.made("POST", "invoice", invoice("IN|DE01", line("100.00", tax="DE|S|19"), **GERMAN))
    return estate


def test_documents__are_approved_and_numbered_by_their_own_entity(group: Estate) -> None:
    group.step(BERLIN_APPROVAL_MS)
    assert {row.entity: row.status for row in group.observed(Invoice)} == {"US01": "DRAFT", "DE01": "POSTED"}
    group.step(APPROVAL_MS)
    assert {row.entity: (row.number, row.ccy, row.gross_tc_minor) for row in group.observed(Invoice)} == {
        "US01": ("US01-INV-2026-000001", "USD", 68179),
        "DE01": ("DE01-INV-2026-000001", "EUR", 11900),
    }
    assert [row.number for row in group.observed(Journal)] == ["DE01-JE-2026-000001", "US01-JE-2026-000001"]


def test_a_payment_in_euros__is_booked_in_the_german_company(group: Estate) -> None:
    group.step(at("2026-02-04T15:00"))
    wire = PaymentIntent(
        bk="PM|CO|00000201|2026-02-04|SEPA-1",
        recorded_at_ms=at("2026-02-04T15:00"),
        contract="CO|00000201",
        received_on=date(2026, 2, 4),
        share_e6=1_000_000,
        bank_ref="SEPA-1",
    )
    assert [one["state"] for one in group.act(wire, intent(), references=CONTRACTS)] == ["applied"] * 2
    found = {row.entity: (row.number, row.ccy, row.amount_fc_minor) for row in group.observed(Payment)}
    assert found == {
        "DE01": ("DE01-PMT-2026-000001", "EUR", 11900),
        "US01": ("US01-PMT-2026-000001", "USD", 68179),
    }
    assert {row.status for row in group.observed(Invoice)} == {"PAID"}


def test_credits__have_a_series_of_their_own_in_each_entity(group: Estate) -> None:
    group.step(APPROVAL_MS)
    for key, one, more in (
        ("US01", line("629.83"), {}),
        ("DE01", line("100.00", tax="DE|S|19"), GERMAN),
    ):
        body = invoice(f"CM|{key}", one, **more, createdFrom={"externalId": f"IN|{key}"})
        group.made("POST", "creditMemo", body)
    found = {row.entity: (row.number, row.status, row.tax_tc_minor) for row in group.observed(CreditMemo)}
    assert found == {
        "US01": ("US01-CM-2026-000001", "APPLIED", 5196),
        "DE01": ("DE01-CM-2026-000001", "APPLIED", 1900),
    }


def test_a_month_closed_in_one_entity__is_open_in_the_other(group: Estate) -> None:
    group.step(APPROVAL_MS)
    periods = {(row.entity, row.period): row.native_id for row in group.observed(Period)}
    group.made("PATCH", f"accountingPeriod/{periods['DE01', '2026-01']}", {"closed": True})
    accrual = {
        "tranDate": "2026-01-31",
        "custbody_rh_type": "ACC",
        "line": {
            "items": [
                {"account": {"externalId": "1140"}, "debit": Decimal("5.00")},
                {"account": {"externalId": "4000"}, "credit": Decimal("5.00")},
            ]
        },
    }
    german = {**accrual, "externalId": "JE|DE01", "subsidiary": {"externalId": "DE01"}}
    american = {**accrual, "externalId": "JE|US01", "subsidiary": {"externalId": "US01"}}
    detail = group.refused("POST", "journalEntry", german)[3]
    assert detail == "The accounting period 2026-01 of DE01 is closed."
    group.made("POST", "journalEntry", american)
    assert {(row.entity, row.ccy) for row in group.observed(Journal) if row.journal_type == "ACC"} == {
        ("US01", "USD")
    }
    states = {key: row.state for row in group.observed(Period) for key in [(row.entity, row.period)]}
    assert (states["DE01", "2026-01"], states["US01", "2026-01"]) == ("CLOSED", "OPEN")
