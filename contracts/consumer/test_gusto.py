"""What the core needs of Gusto: its companies, who is who, processed payrolls by page, its refusals."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pact import match

from contracts.consumer.promises import HTTP_DATE, HTTP_DATE_MS, Promise, Promises, any_number_of, text
from integration_core.adapters.gusto.client import GustoPayroll
from integration_core.canonical.payroll import PayrollRun
from integration_core.ports.systems import (
    AuthRefused,
    ChangePage,
    RateLimited,
    Transient,
    Unreadable,
    VendorError,
)

Make = Callable[[str], Promises]

_EXAMPLES = {
    "company": "ebfe7ff7-fc38-4ce2-8e6e-4fb0eaa8c9cc",
    "payroll": "8544fb80-094c-4f43-9072-37f4521e69ca",
    # The days that the core asks for at the instant of the example.
    "start": "2025-12-27",
    "end": "2026-12-22",
}
_HEADERS: Mapping[str, Any] = {
    "Authorization": match.regex("Bearer token", regex=r"Bearer \S+"),
    "Accept": "application/json",
    "X-Gusto-API-Version": "2024-04-01",
}
_PERSON_ID = "1a2b3c4d-5e6f-4a8b-9c0d-1e2f3a4b5c6d"
_UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_COMPANY = text(_EXAMPLES["company"], _UUID)
_PAYROLL = text(_EXAMPLES["payroll"], _UUID)
_PERSON = text(_PERSON_ID, _UUID)
_DAY = r"\d{4}-\d\d-\d\d"
_INSTANT = text("2026-10-31T08:00:00.000Z", rf"{_DAY}T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_PAID = "a processed payroll"
_PEOPLE = "a company with people"
_SINCE_MS = 1_790_000_000_000  # 2026-09-21: within the months that are read again anyway
_STAMP = {"uuid": _PAYROLL, "processed_date": _INSTANT, "updated_at": _INSTANT}
_REFUSAL = {
    "errors": match.each_like({"category": match.like("not_found"), "message": match.like("Not so.")})
}


def _money(example: str) -> Any:
    return text(example, r"-?\d+\.\d\d")


def _read(promises: Promises, url: str) -> ChangePage:
    adapter = GustoPayroll(promises.network.transport, url, "token")
    return promises.network.run(adapter.read_changes("payrolls", _SINCE_MS, None))


def _asks(promise: Promise, path: str, query: Mapping[str, str] | None = None) -> Promise:
    return promise.asks("GET", f"/v1{path}", query=query, headers=_HEADERS, examples=_EXAMPLES)


def _pages(count: int, pages: int, per: int) -> dict[str, Any]:
    """What the headers say of a page; how many there are decides whether the next one is read."""
    return {
        "X-Total-Count": match.regex(str(count), regex=r"\d+"),
        "X-Total-Pages": match.regex(str(pages), regex=r"\d+") if pages == 1 else str(pages),
        "X-Per-Page": match.regex(str(per), regex=r"\d+"),
    }


def _promise_me(pact: Promises, state: str = _PEOPLE) -> None:
    companies = {"companies": match.each_like({"uuid": _COMPANY})}
    _asks(pact.upon("read who the token acts for", state), "/me").reads(
        200, {"roles": {"payroll_admin": companies}}, headers={"Date": HTTP_DATE}
    )


def _asks_payrolls(pact: Promises, description: str, state: str, page: int = 1) -> Promise:
    query = {
        "processing_statuses": "processed",
        "payroll_types": "regular,off_cycle",
        "start_date": "${start}",
        "end_date": "${end}",
        "page": str(page),
        "per": "100",
    }
    return _asks(pact.upon(description, state), "/companies/${company}/payrolls", query)


def _promise_list(pact: Promises) -> None:
    _asks_payrolls(pact, "list the processed payrolls", _PAID).reads(
        200, match.each_like(_STAMP), headers=_pages(1, 1, 100)
    )


def _promise_company(pact: Promises) -> None:
    company = {"uuid": _COMPANY, "entity_code": text("US01", r"\w+"), "currency": text("USD", "[A-Z]{3}")}
    _asks(pact.upon("read one company", _PEOPLE), "/companies/${company}").reads(200, company)


def _promise_people(pact: Promises) -> None:
    query = {"include": "custom_fields", "page": "1", "per": "100"}
    # Inside lists of examples a bare text would stand for any text.
    number = {"name": text("employee_number", "employee_number"), "value": text("1001", ".+")}
    person = {"uuid": _PERSON, "custom_fields": match.each_like(number)}
    # Who was just added has no number yet, so it is promised of somebody, not of everybody.
    _asks(pact.upon("list the employees", _PEOPLE), "/companies/${company}/employees", query).reads(
        200, match.array_containing([person]), headers=_pages(1, 1, 100)
    )


def _asks_payroll(pact: Promises, description: str, state: str) -> Promise:
    query = {"include": "taxes,benefits"}
    return _asks(pact.upon(description, state), "/companies/${company}/payrolls/${payroll}", query)


def _whole(*, off_cycle: bool) -> dict[str, Any]:
    compensation = {
        "employee_uuid": _PERSON,
        "excluded": match.like(False),
        "gross_pay": _money("8333.34"),
        "taxes": match.each_like({"employer": match.like(True), "amount": _money("637.50")}),
        "benefits": any_number_of({"company_contribution": _money("100.00")}),
    }
    return {
        **_STAMP,
        "off_cycle": off_cycle,
        "check_date": text("2026-10-31", _DAY),
        "pay_period": {"start_date": text("2026-10-01", _DAY), "end_date": text("2026-10-31", _DAY)},
        "employee_compensations": match.each_like(compensation),
    }


def _promise_all_but_the_payroll(pact: Promises) -> None:
    _promise_me(pact)
    _promise_list(pact)
    _promise_company(pact)
    _promise_people(pact)


def test_payrolls__a_processed_one_is_read_with_its_people(promises: Make) -> None:
    pact = promises("gusto")
    _promise_all_but_the_payroll(pact)
    _asks_payroll(pact, "read one payroll", _PAID).reads(200, _whole(off_cycle=False))
    with pact.kept() as url:
        page = _read(pact, url)
    (run,) = page.records
    assert isinstance(run, PayrollRun)
    assert (run.native_id, run.entity_code, run.ccy) == (_EXAMPLES["payroll"], "US01", "USD")
    assert (run.period, run.kind, run.check_date) == ("2026-10", "REGULAR", date(2026, 10, 31))
    (line,) = run.lines
    assert (line.employee_no, line.employee_native_id) == ("1001", _PERSON_ID)
    # The employer's tax and its part of benefits.
    assert (line.gross, line.burden) == (Decimal("8333.34"), Decimal("737.50"))
    assert page.unread == ()
    assert page.complete_to_ms == HTTP_DATE_MS - 60_000


def test_payrolls__a_correction_is_off_cycle(promises: Make) -> None:
    pact = promises("gusto")
    _promise_all_but_the_payroll(pact)
    _asks_payroll(pact, "read a correction", "a processed correction").reads(200, _whole(off_cycle=True))
    with pact.kept() as url:
        page = _read(pact, url)
    assert [record.kind for record in page.records if isinstance(record, PayrollRun)] == ["CORRECTION"]


def test_payrolls__all_pages_of_the_list_are_read(promises: Make) -> None:
    pact = promises("gusto")
    small = "two processed payrolls, one on a page"
    _promise_me(pact)
    for page_number in (1, 2):
        _asks_payrolls(
            pact, f"list the processed payrolls, page {page_number} of 2", small, page_number
        ).reads(200, match.each_like(_STAMP), headers=_pages(2, 2, 1))
    _promise_company(pact)
    _promise_people(pact)
    _asks_payroll(pact, "read one payroll", _PAID).reads(200, _whole(off_cycle=False))
    with pact.kept() as url:
        page = _read(pact, url)
    assert [record.native_id for record in page.records if isinstance(record, PayrollRun)] == [
        _EXAMPLES["payroll"]
    ]


def test_payrolls__one_that_vanished_in_between_is_kept_as_unread(promises: Make) -> None:
    pact = promises("gusto")
    _promise_all_but_the_payroll(pact)
    _asks_payroll(pact, "read a payroll that is not there", "a payroll nobody has").reads(404)
    with pact.kept() as url:
        page = _read(pact, url)
    assert page.records == ()
    assert [unread.native_id for unread in page.unread] == [_EXAMPLES["payroll"]]


def test_payrolls__nobody_was_paid(promises: Make) -> None:
    pact = promises("gusto")
    _promise_me(pact)
    _asks_payrolls(
        pact, "list the processed payrolls, when there are none", "days in which nobody was paid"
    ).reads(200, [], headers={"X-Total-Count": "0", "X-Total-Pages": "0", "X-Per-Page": "100"})
    with pact.kept() as url:
        page = _read(pact, url)
    # Nothing more is asked for: neither the company nor its people.
    assert page.records == ()
    assert page.complete_to_ms == HTTP_DATE_MS - 60_000


def test_payrolls__the_token_acts_for_no_company(promises: Make) -> None:
    pact = promises("gusto")
    _asks(pact.upon("read who the token acts for, when it is nobody", "no company"), "/me").reads(
        200, {"roles": {"payroll_admin": {"companies": []}}}, headers={"Date": HTTP_DATE}
    )
    with pact.kept() as url:
        page = _read(pact, url)
    assert (page.records, page.unread) == ((), ())


@pytest.mark.parametrize(
    ("state", "status", "headers", "error", "code"),
    [
        ("the credentials are refused", 401, {}, AuthRefused, "TECH_AUTH"),
        ("the token may not read this", 403, {}, AuthRefused, "TECH_AUTH"),
        ("too many calls were made", 429, {"Retry-After": "60"}, RateLimited, "TECH_429"),
        ("the system is out of order", 500, {}, Transient, "TECH_5XX"),
        ("the system is away", 503, {"Retry-After": "60"}, Transient, "TECH_5XX"),
    ],
)
def test_payrolls__a_refusal_is_told_apart(
    promises: Make,
    state: str,
    status: int,
    headers: Mapping[str, str],
    error: type[VendorError],
    code: str,
) -> None:
    pact = promises("gusto")
    wait = {name: match.regex(example, regex=r"\d+") for name, example in headers.items()}
    _asks(pact.upon(f"read who the token acts for, refused with {status}", state), "/me").reads(
        status, _REFUSAL, headers=wait
    )
    with pact.kept() as url, pytest.raises(error, match="Not so") as refused:
        _read(pact, url)
    assert refused.value.code == code
    assert getattr(refused.value, "retry_after_seconds", None) == (60.0 if headers else None)


@pytest.mark.parametrize(
    ("what", "state", "status", "category"),
    [
        ("of a company that is not there", "a company nobody has", 404, "not_found"),
        ("of days that may not be asked for", "days too far ahead", 422, "invalid_attribute_value"),
    ],
)
def test_payrolls__a_refused_list_is_unreadable_in_the_vendors_words(
    promises: Make, what: str, state: str, status: int, category: str
) -> None:
    pact = promises("gusto")
    _promise_me(pact)
    told = {"category": text(category, category), "message": match.like("Not so.")}
    refusal = {"errors": match.each_like(told)}
    _asks_payrolls(pact, f"list the processed payrolls {what}", state).reads(status, refusal)
    with pact.kept() as url, pytest.raises(Unreadable, match="Not so") as refused:
        _read(pact, url)
    assert refused.value.code == category
