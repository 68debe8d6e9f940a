"""What the core posts in NetSuite: invoices, credit memos, journals; what is refused, or there already."""

from collections.abc import Callable, Coroutine, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pact import match

from contracts.consumer.netsuite import (
    DEPARTMENT,
    EPOCH,
    EXAMPLES,
    IN_ORDER,
    KEY,
    PRACTICE,
    PROVIDER,
    SINGULAR,
    adapter,
    asks_query,
    finds,
    is_refused,
    is_written,
    promise_currencies,
    row,
    rows,
    writes,
)
from contracts.consumer.promises import Promise, Promises, text
from integration_core.adapters.netsuite.client import NetSuiteErp
from integration_core.canonical.ledger import (
    CreditMemo,
    Invoice,
    InvoiceLine,
    Journal,
    JournalLine,
)
from integration_core.ports.systems import (
    OutcomeUnknown,
    Refused,
    Written,
)

Make = Callable[[str], Promises]
Call = Callable[[NetSuiteErp], Coroutine[Any, Any, Written]]

WRITTEN = Written(key=KEY, native_id="501")
_DAY, _DUE = date(2026, 1, 15), date(2026, 2, 14)
_JOBS = {"PJ|00000101": "33"}
_DUPLICATE = text("DUP_RCRD", "DUP_ENTITY|DUP_RCRD|UNIQUE_CUST_ID_REQD")
_REFERENCES = {"subsidiary": {"id": "${subsidiary}"}, "currency": {"id": "${currency}"}}
_LINE_BODY = {
    "line": 1,
    "item": {"externalId": "TM"},
    "quantity": 3.5,
    "rate": 179.95,
    "amount": 629.83,
    "job": {"id": "${job}"},
    "taxCode": "US-CA|S|8.2500",
    "description": "kick-off",
    "custcol_rh_source_id": "${source}",
    "custcol_rh_contract_line": "a00A",
    "department": {"externalId": "CC|${entity}|${department}"},
    "class": {"externalId": "PR|${practice}"},
}
_DOCUMENT_BODY = {
    "externalId": "${key}",
    "entity": {"id": "${customer}"},
    **_REFERENCES,
    "exchangeRate": 1.0,
    "tranDate": "${day}",
    "custbody_rh_acct_date": "${day}",
    "custbody_rh_source_id": "800A",
    "custbody_rh_run": "BR|2026-01",
    "item": {"items": [_LINE_BODY]},
}
_INVOICE_BODY = {**_DOCUMENT_BODY, "dueDate": "${due}", "otherRefNum": "PO-7"}
_MEMO_BODY = {**_DOCUMENT_BODY, "createdFrom": {"id": "${invoice}"}}
_JOURNAL_BODY = {
    "externalId": "${key}",
    "custbody_rh_type": "REV",
    "custbody_rh_source_id": "800A",
    **_REFERENCES,
    "tranDate": "${day}",
    "custbody_rh_acct_date": "${day}",
    "line": {
        "items": [
            {
                "line": 1,
                "account": {"id": "${account_asset}"},
                "entity": {"id": "${customer}"},
                "job": {"id": "${job}"},
                "debit": 40.25,
                "custcol_rh_contract_line": "a00A",
            },
            {
                "line": 2,
                "account": {"id": "${account_revenue}"},
                "department": {"id": "${department_id}"},
                "class": {"id": "${practice_id}"},
                "credit": 40.25,
                "custcol_rh_project": "BENCH",
                "custcol_rh_resource": "1001",
            },
        ]
    },
}
_LINE = InvoiceLine(
    source_id=EXAMPLES["source"],
    contract_line_source_id="a00A",
    item="TM",
    hours=Decimal("3.50"),
    rate=Decimal("179.95"),
    amount=Decimal("629.83"),
    project_key="PJ|00000101",
    department="130",
    practice="DATA",
    memo="kick-off",
)
_SHARED: dict[str, Any] = {
    "key": KEY,
    "run": "BR|2026-01",
    "customer_key": "CU|000017",
    "source_id": "800A",
    "entity_code": "US01",
    "entity_native_id": "2",
    "ccy": "USD",
    "exchange_rate": Decimal("1.000000"),
    "acct_date": _DAY,
    "tax_jurisdiction": "US-CA",
    "tax_category": "S",
    "tax_percent": Decimal("8.25"),
    "lines": (_LINE,),
}
_INVOICE = Invoice(**_SHARED, invoice_date=_DAY, due_date=_DUE, po_number="PO-7")
_MEMO = CreditMemo(**_SHARED, invoice_key="IN|US01|00000100", memo_date=_DAY)
_JOURNAL = Journal(
    key=KEY,
    journal_type="REV",
    source_id="800A",
    entity_code="US01",
    entity_native_id="2",
    ccy="USD",
    acct_date=_DAY,
    lines=(
        JournalLine(
            account="1150",
            debit=Decimal("40.25"),
            customer_key="CU|000017",
            contract_line_source_id="a00A",
            project_key="PJ|00000101",
        ),
        JournalLine(
            account="4010",
            credit=Decimal("40.25"),
            practice="DATA",
            department="130",
            resource="1001",
            bucket="BENCH",
        ),
    ),
)


def _invoiced(erp: NetSuiteErp) -> Coroutine[Any, Any, Written]:
    return erp.create_invoice(_INVOICE, "17", _JOBS)


def _credited(erp: NetSuiteErp) -> Coroutine[Any, Any, Written]:
    return erp.create_credit_memo(_MEMO, "501", "17", _JOBS)


def _booked(erp: NetSuiteErp) -> Coroutine[Any, Any, Written]:
    return erp.create_journal(_JOURNAL, {"CU|000017": "17"}, _JOBS)


# How each kind of posting is sent: its address, its body, the call behind it.
_POSTINGS: Mapping[str, tuple[Mapping[str, Any], Call]] = {
    "invoice": (_INVOICE_BODY, _invoiced),
    "creditMemo": (_MEMO_BODY, _credited),
    "journalEntry": (_JOURNAL_BODY, _booked),
}


def _posts(pact: Promises, record_type: str, state: str, outcome: str = "") -> Promise:
    """A posting sent, after the look-ups that it needs."""
    promise_currencies(pact)
    if record_type == "journalEntry":
        _promise_dimensions(pact)
    return writes(
        pact, f"create the {record_type}{outcome}", state, "POST", record_type, _POSTINGS[record_type][0]
    )


def _promise_dimensions(pact: Promises) -> None:
    accounts = [row("11", acctnumber="1150"), row("14", acctnumber="4010")]
    select = "id, lastmodifieddate, acctnumber FROM account WHERE"
    rows(asks_query(pact, "read the accounts", IN_ORDER, select), match.array_containing(accounts), count=2)
    select = "id, lastmodifieddate, custrecord_rh_code, name, subsidiary FROM department WHERE"
    rows(asks_query(pact, "read the departments", IN_ORDER, select, since=EPOCH), DEPARTMENT)
    select = "id, lastmodifieddate, custrecord_rh_code, name FROM classification WHERE"
    rows(asks_query(pact, "read the practices", IN_ORDER, select, since=EPOCH), PRACTICE)


def _run(pact: Promises, url: str, call: Call) -> Written:
    return pact.network.run(call(adapter(pact, url)))


_NEW = {
    "invoice": "an invoice that is not there yet",
    "creditMemo": "a credit memo that is not there yet",
    "journalEntry": "a journal that is not there yet",
}
_THERE = {"invoice": "an invoice", "creditMemo": "a credit memo", "journalEntry": "a journal"}


@pytest.mark.parametrize("record_type", _NEW)
def test_posting__is_made_once(promises: Make, record_type: str) -> None:
    pact = promises(PROVIDER)
    is_written(_posts(pact, record_type, _NEW[record_type]), record_type)
    with pact.kept() as url:
        assert _run(pact, url, _POSTINGS[record_type][1]) == WRITTEN


@pytest.mark.parametrize("record_type", _THERE)
def test_posting__that_is_there_is_found_instead(promises: Make, record_type: str) -> None:
    pact = promises(PROVIDER)
    asked = _posts(pact, record_type, _THERE[record_type], ", which is there")
    is_refused(asked, 400, _DUPLICATE)
    finds(pact, record_type, _THERE[record_type]).reads(
        200, {"id": text("501", r"\d+")}, content_type=SINGULAR
    )
    with pact.kept() as url:
        assert _run(pact, url, _POSTINGS[record_type][1]) == WRITTEN


_PERIOD_CLOSED = text("The accounting period 2026-01 of US01 is closed.", ".*period.*closed.*")
_INACTIVE = text("The customer Calder & Finch is inactive.", ".*inactive.*")
_NO_KEY = text("Invalid Field Value 999999999.", ".+")


@pytest.mark.parametrize(
    ("record_type", "state", "code", "detail", "path", "case"),
    [
        ("invoice", "the period is closed", "USER_ERROR", _PERIOD_CLOSED, "", "PERIOD_CLOSED"),
        ("journalEntry", "the period is closed", "USER_ERROR", _PERIOD_CLOSED, "", "PERIOD_CLOSED"),
        ("invoice", "the customer is inactive", "USER_ERROR", _INACTIVE, "entity", "CUST_INACTIVE"),
        ("invoice", "the project is not there", "INVALID_KEY_OR_REF", _NO_KEY, "", "INV_REJECTED"),
        ("creditMemo", "the invoice is credited in full", "USER_ERROR", _NO_KEY, "", "INV_REJECTED"),
    ],
)
def test_posting__a_refusal_is_told_apart(
    promises: Make, record_type: str, state: str, code: str, detail: Any, path: str, case: str
) -> None:
    pact = promises(PROVIDER)
    is_refused(_posts(pact, record_type, state, ", which is refused"), 400, code, detail, path)
    with pact.kept() as url, pytest.raises(Refused) as refused:
        _run(pact, url, _POSTINGS[record_type][1])
    assert refused.value.code == case


def test_posting__whose_answer_was_lost_is_looked_up(promises: Make) -> None:
    pact = promises(PROVIDER)
    asked = _posts(pact, "invoice", "the answer to a new invoice is lost", ", whose answer is lost")
    is_refused(asked, 500, match.like("UNEXPECTED_ERROR"))
    finds(pact, "invoice", _THERE["invoice"]).reads(200, {"id": text("501", r"\d+")}, content_type=SINGULAR)
    with pact.kept() as url:
        with pytest.raises(OutcomeUnknown):
            _run(pact, url, _invoiced)
        assert pact.network.run(adapter(pact, url).find("invoice", KEY)) == "501"
