"""The ERP adapter credits, posts journals and closes months, against scripts and against the mock."""

import json
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from itertools import count
from urllib.parse import urlsplit

import pytest
from msgspec.structs import replace

from integration_core.adapters.netsuite.client import NetSuiteErp
from integration_core.adapters.netsuite.signing import TbaCredentials
from integration_core.canonical.ledger import (
    CreditMemo,
    Invoice,
    InvoiceLine,
    InvoiceState,
    Journal,
    JournalLine,
    LegalEntity,
    PeriodState,
)
from integration_core.ports.http import HttpRequest, HttpResponse
from integration_core.ports.systems import OutcomeUnknown, Refused, Transient, VendorError, Written
from mocks.firm.facts import documents
from tests.unit.mocks.asgi import call
from tests.unit.mocks.netsuite.estate import APPROVAL_MS, HOST, START_MS, Estate, as_served, at

from .erp import Account, erp_on, refused, row
from .scripted import Answer, answer, run

LINE = InvoiceLine(
    source_id="a1M1",
    contract_line_source_id="a00A",
    item="FF",
    hours=Decimal(1),
    rate=Decimal("12500.50"),
    amount=Decimal("12500.50"),
    project_key="PJ|1",
    department="",
    practice="DATA",
    memo="Discovery",
)
INVOICE = Invoice(
    key="IN|1",
    run="BR|US01|2026-01-31",
    customer_key="C1",
    source_id="800CONTRACT",
    entity_code="US01",
    entity_native_id="1",
    ccy="USD",
    exchange_rate=Decimal(1),
    invoice_date=date(2026, 1, 31),
    acct_date=date(2026, 1, 31),
    due_date=date(2026, 3, 2),
    po_number=None,
    tax_jurisdiction="US-CA",
    tax_category="S",
    tax_percent=Decimal("8.25"),
    lines=(LINE,),
)
MEMO = CreditMemo(
    key="CM|IN|1|BR|US01|2026-02-28",
    run="BR|US01|2026-02-28",
    invoice_key="IN|1",
    customer_key="C1",
    source_id="800CONTRACT",
    entity_code="US01",
    entity_native_id="1",
    ccy="USD",
    exchange_rate=Decimal(1),
    memo_date=date(2026, 2, 28),
    acct_date=date(2026, 2, 28),
    tax_jurisdiction="US-CA",
    tax_category="S",
    tax_percent=Decimal("8.25"),
    lines=(LINE,),
)
JOURNAL = Journal(
    key="JE|LAB|1",
    journal_type="LAB",
    source_id="uuid-1#10017",
    entity_code="US01",
    entity_native_id="1",
    ccy="USD",
    acct_date=date(2026, 1, 31),
    lines=(
        JournalLine(
            account="5100", debit=Decimal("60.00"), project_key="PJ|1", department="130", resource="10017"
        ),
        JournalLine(
            account="5190", debit=Decimal("40.00"), bucket="BENCH", department="130", resource="10017"
        ),
        JournalLine(account="5000", credit=Decimal("100.00"), resource="10017"),
    ),
)
ACCRUAL = replace(
    JOURNAL,
    key="JE|ACC|1",
    journal_type="ACC",
    source_id="a00A",
    lines=(
        JournalLine(
            account="1140",
            debit=Decimal("5.00"),
            customer_key="C1",
            contract_line_source_id="a00A",
            project_key="PJ|1",
            practice="DATA",
        ),
        JournalLine(account="5000", credit=Decimal("5.00")),
    ),
)
# The same code in two companies.
TABLES = {
    "account": [row(n, acctnumber=code) for n, code in ((3, "1140"), (5, "5000"), (6, "5100"), (7, "5190"))],
    "department": [
        row(41, custrecord_rh_code="130", name="Data", subsidiary="2"),
        row(42, custrecord_rh_code="130", name="Data", subsidiary="1"),
    ],
    "classification": [row(51, custrecord_rh_code="DATA", name="Data")],
}
CUSTOMERS, PROJECTS = {"C1": "17"}, {"PJ|1": "33"}


def made(record_type: str, native_id: str = "501") -> HttpResponse:
    return answer(204, location=f"http://erp.example/services/rest/record/v1/{record_type}/{native_id}")


def account(given: Answer) -> Account:
    return Account(lambda request: given, **TABLES)


def credit(on: Account) -> Written:
    return run(erp_on(on).create_credit_memo(MEMO, "71", "17", PROJECTS))


def post(on: Account, journal: Journal = JOURNAL) -> Written:
    return run(erp_on(on).create_journal(journal, CUSTOMERS, PROJECTS))


def close(on: Account) -> Written:
    return run(erp_on(on).close_period("31"))


def test_credit_memo__names_its_invoice_and_mirrors_its_lines() -> None:
    on = account(made("creditMemo"))
    assert credit(on) == Written(key=MEMO.key, native_id="501")
    (posted,) = on.records()
    assert posted.url == "http://erp.example/services/rest/record/v1/creditMemo"
    sent = json.loads(posted.body, parse_float=Decimal)
    (line,) = sent.pop("item")["items"]
    assert sent == {
        "externalId": MEMO.key,
        "createdFrom": {"id": "71"},
        "entity": {"id": "17"},
        "subsidiary": {"id": "1"},
        "currency": {"id": "1"},
        "exchangeRate": 1,
        "tranDate": "2026-02-28",
        "custbody_rh_acct_date": "2026-02-28",
        "custbody_rh_source_id": "800CONTRACT",
        "custbody_rh_run": "BR|US01|2026-02-28",
    }
    assert (line["custcol_rh_source_id"], line["quantity"], line["rate"]) == (
        "a1M1",
        1,
        Decimal("12500.5000"),
    )
    assert (line["amount"], line["taxCode"], line["job"]) == (
        Decimal("12500.50"),
        "US-CA|S|8.2500",
        {"id": "33"},
    )


def test_journal__refers_to_the_erps_own_ids_and_says_its_type_before_any_amount() -> None:
    on = account(made("journalEntry"))
    assert post(on) == Written(key="JE|LAB|1", native_id="501")
    (posted,) = on.records()
    assert posted.body.index(b"custbody_rh_type") < posted.body.index(b"debit")
    assert json.loads(posted.body, parse_float=Decimal) == {
        "externalId": "JE|LAB|1",
        "custbody_rh_type": "LAB",
        "custbody_rh_source_id": "uuid-1#10017",
        "subsidiary": {"id": "1"},
        "currency": {"id": "1"},
        "tranDate": "2026-01-31",
        "custbody_rh_acct_date": "2026-01-31",
        "line": {
            "items": [
                {
                    "line": 1,
                    "account": {"id": "6"},
                    "department": {"id": "42"},
                    "job": {"id": "33"},
                    "debit": Decimal("60.00"),
                    "custcol_rh_resource": "10017",
                },
                {
                    "line": 2,
                    "account": {"id": "7"},
                    "department": {"id": "42"},
                    "debit": Decimal("40.00"),
                    "custcol_rh_project": "BENCH",
                    "custcol_rh_resource": "10017",
                },
                {
                    "line": 3,
                    "account": {"id": "5"},
                    "credit": Decimal("100.00"),
                    "custcol_rh_resource": "10017",
                },
            ]
        },
    }


def test_journal_of_a_contract_line__carries_customer_practice_and_line() -> None:
    on = account(made("journalEntry"))
    post(on, ACCRUAL)
    (first, _) = json.loads(on.records()[0].body)["line"]["items"]
    assert (first["entity"], first["class"], first["custcol_rh_contract_line"]) == (
        {"id": "17"},
        {"id": "51"},
        "a00A",
    )


def test_codes__are_looked_up_once_for_many_journals() -> None:
    on = account(made("journalEntry"))
    erp = erp_on(on)

    async def twice() -> None:
        await erp.create_journal(JOURNAL, CUSTOMERS, PROJECTS)
        await erp.create_journal(JOURNAL, CUSTOMERS, PROJECTS)

    run(twice())
    assert len(on.requests) - len(on.records()) == 3  # currency, account, department


@pytest.mark.parametrize(
    "changes", [{"account": "9998"}, {"department": "999"}, {"practice": "NONE", "department": ""}]
)
def test_code_the_erp_lacks__is_refused_before_anything_is_posted(changes: dict[str, str]) -> None:
    on = account(made("journalEntry"))
    odd = JournalLine(
        account=changes.get("account", "5000"),
        debit=Decimal("1.00"),
        department=changes.get("department", "130"),
        practice=changes.get("practice", ""),
    )
    with pytest.raises(Refused) as caught:
        post(on, replace(JOURNAL, lines=(odd,)))
    assert (caught.value.code, on.records()) == ("DIM_MISSING", [])


def test_record_the_erp_does_not_have_yet__is_refused_before_anything_is_posted() -> None:
    on = account(made("journalEntry"))
    with pytest.raises(Refused) as journal_refused:
        run(erp_on(on).create_journal(ACCRUAL, {}, PROJECTS))
    with pytest.raises(Refused) as credit_refused:
        run(erp_on(on).create_credit_memo(MEMO, "71", "17", {}))
    assert {journal_refused.value.code, credit_refused.value.code} == {"INV_REJECTED"}
    assert on.records() == []


@pytest.mark.parametrize(("posting", "record_type"), [(credit, "creditMemo"), (post, "journalEntry")])
def test_posting_already_there__is_returned_not_made_again(
    posting: Callable[[Account], Written], record_type: str
) -> None:
    def route(request: HttpRequest) -> Answer:
        if request.method == "POST":
            return refused(400, "DUP_RCRD", "This record already exists.")
        return answer(200, {"id": "88"})

    on = Account(route, **TABLES)
    assert posting(on).native_id == "88"
    assert f"/{record_type}/eid:" in on.records()[1].url


@pytest.mark.parametrize("posting", [credit, post, close])
@pytest.mark.parametrize(
    ("given", "kind", "code"),
    [
        (answer(500), OutcomeUnknown, "TECH_UNKNOWN_OUTCOME"),
        (refused(429, "CONCURRENCY_LIMIT_EXCEEDED"), Transient, "TECH_429"),
        (
            refused(400, "USER_ERROR", "The accounting period 2026-01 of US01 is closed.", "tranDate"),
            Refused,
            "PERIOD_CLOSED",
        ),
        (refused(400, "USER_ERROR", "Please balance the transaction.", "line"), Refused, "INV_REJECTED"),
        (
            refused(400, "USER_ERROR", "The accounting period 2026-01 has transactions pending approval."),
            Transient,
            "TECH_5XX",
        ),
    ],
)
def test_posting_not_made__says_whether_and_why(
    posting: Callable[[Account], Written], given: Answer, kind: type[VendorError], code: str
) -> None:
    on = account(given)
    with pytest.raises(kind) as caught:
        posting(on)
    assert caught.value.code == code
    assert len(on.records()) == 1


def test_period__is_closed_by_its_own_id() -> None:
    on = account(answer(204))
    assert close(on) == Written(key="31", native_id="31")
    (patched,) = on.records()
    assert (patched.method, urlsplit(patched.url).path) == (
        "PATCH",
        "/services/rest/record/v1/accountingPeriod/31",
    )
    assert json.loads(patched.body) == {"closed": True}


class OnTheMock:
    """A transport into a mock within this process."""

    def __init__(self, estate: Estate) -> None:
        self._estate = estate

    async def send(self, request: HttpRequest) -> HttpResponse:
        status, headers, body = await call(
            self._estate.system, request.method, as_served(request.url), dict(request.headers), request.body
        )
        return HttpResponse(status=status, headers=tuple(headers.items()), body=body)


@pytest.fixture
def estate() -> Estate:
    """A mock with the customer C1 (id 1) and its job (id 1)."""
    made_estate = Estate()
    made_estate.customer_and_job()
    return made_estate


def erp_of(estate: Estate, numbers: Iterator[int]) -> NetSuiteErp:
    secrets = estate.world.secrets
    names = ("account", "consumer_key", "consumer_secret", "token_id", "token_secret")
    return NetSuiteErp(
        OnTheMock(estate),
        HOST,
        TbaCredentials(**{name: secrets[name] for name in names}),
        nonce=lambda: f"adapter{next(numbers)}",
        wall_seconds=lambda: START_MS // 1000,
    )


def test_a_month__is_billed_credited_accrued_and_closed_on_the_mock(estate: Estate) -> None:
    erp = erp_of(estate, count())
    customers, projects = {"C1": "1"}, {"PJ|1": "1"}
    billed = run(erp.create_invoice(INVOICE, "1", projects))
    estate.step(APPROVAL_MS)
    for journal in (JOURNAL, ACCRUAL):
        first = run(erp.create_journal(journal, customers, projects))
        assert run(erp.create_journal(journal, customers, projects)) == first
    credited = run(erp.create_credit_memo(MEMO, billed.native_id, "1", projects))
    assert run(erp.create_credit_memo(MEMO, billed.native_id, "1", projects)) == credited
    assert run(erp.find("creditMemo", MEMO.key)) == credited.native_id
    estate.step(at("2026-03-02T00:00"))
    states = run(erp.read_changes("invoices", 0, None)).records
    assert [(s.key, s.status, s.open_amount) for s in states if isinstance(s, InvoiceState)] == [
        ("IN|1", "CREDITED", Decimal(0)),
        (MEMO.key, "APPLIED", Decimal(0)),
    ]
    posted = [one for one in estate.observed(documents.Journal) if not one.document]
    assert [(one.journal_type, one.source_id, one.lines[1].bucket) for one in posted] == [
        ("LAB", "uuid-1#10017", "BENCH"),
        ("ACC", "a00A", ""),
    ]
    periods = [p for p in run(erp.read_changes("periods", 0, None)).records if isinstance(p, PeriodState)]
    january = next(p for p in periods if p.period == "2026-01")
    assert run(erp.close_period(january.native_id)) == run(erp.close_period(january.native_id))
    with pytest.raises(Refused) as caught:
        run(erp.create_journal(replace(ACCRUAL, key="JE|ACC|2"), customers, projects))
    assert caught.value.code == "PERIOD_CLOSED"


def test_a_month_with_pending_documents__is_closed_later_on_the_mock(estate: Estate) -> None:
    erp = erp_of(estate, count())
    run(erp.create_invoice(INVOICE, "1", {"PJ|1": "1"}))
    with pytest.raises(Transient):
        run(erp.close_period("1"))
    estate.step(APPROVAL_MS)
    assert run(erp.close_period("1")).native_id == "1"


def test_holidays__are_read_from_the_mock(estate: Estate) -> None:
    records = run(erp_of(estate, count()).read_changes("masters", 0, None)).records
    (entity,) = [record for record in records if isinstance(record, LegalEntity)]
    assert entity.holidays == (date(2026, 1, 1), date(2026, 1, 19))
