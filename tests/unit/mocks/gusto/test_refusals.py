"""What the API refuses, in the vendor's shape, without changing anything."""

from typing import Any

import msgspec
import pytest

from tests.unit.mocks.asgi import run

from .estate import BASE, START_MS, Estate, payroll

HOOKS = "/webhook_subscriptions"


@pytest.fixture
def estate() -> Estate:
    """One company with one run."""
    made = Estate()
    made.act([payroll()])
    return made


def category(body: bytes) -> str:
    """The category of the one error of an answer."""
    (error,) = msgspec.json.decode(body)["errors"]
    assert error["message"]
    found: str = error["category"]
    return found


@pytest.mark.parametrize("header", ["", "Bearer ", "Bearer wrong", "Basic eDp5", "Bearer é"])
def test_a_wrong_token__is_refused(estate: Estate, header: str) -> None:
    status, _, body = run(estate.system, "GET", f"{BASE}/companies", {"authorization": header})
    assert (status, category(body)) == (401, "invalid_token")


def test_worlds__are_told_apart_by_their_tokens(estate: Estate) -> None:
    estate.system.create_world("two", 7, START_MS)
    status, _, body = estate.api("GET", "/companies", world="two")
    assert (status, msgspec.json.decode(body)) == (200, [])


def test_a_reading_token__may_not_write(estate: Estate) -> None:
    key = "read_only_access_token"
    assert estate.api("GET", "/companies", key=key)[0] == 200
    assert "employees:write" not in msgspec.json.decode(estate.api("GET", "/token_info", key=key)[2])["scope"]
    person = {"first_name": "A", "last_name": "B"}
    status, _, body = estate.api("POST", f"/companies/{estate.company()}/employees", person, key=key)
    assert (status, category(body)) == (403, "missing_oauth_scopes")
    assert len(estate.employees()) == 2


def test_an_unknown_version_of_the_api__is_refused(estate: Estate) -> None:
    status, headers, body = estate.api("GET", "/companies", version="1999-01-01")
    assert (status, category(body)) == (406, "invalid_api_version")
    assert headers["x-gusto-api-version"] == "2024-04-01"


@pytest.mark.parametrize(
    "path",
    [
        "/companies/x",
        "/companies/x/payrolls",
        "/companies/{co}/payrolls/x",
        "/employees/x",
        HOOKS + "/x",
        "/x",
    ],
)
def test_what_is_not_there__is_not_found(estate: Estate, path: str) -> None:
    status, _, body = estate.api("GET", path.replace("{co}", estate.company()))
    assert (status, category(body)) == (404, "not_found")


def test_a_payroll_of_another_company__is_not_found(estate: Estate) -> None:
    (acted,) = estate.act([payroll("DE01")])
    assert estate.api("GET", f"/companies/{estate.company()}/payrolls/{acted['native_id']}")[0] == 404


@pytest.mark.parametrize(
    "query",
    [
        {"start_date": "yesterday"},
        {"start_date": "2026-02-30"},
        {"start_date": "2024-01-01"},
        {"end_date": "2026-06-01"},
        {"start_date": "2026-02-02", "end_date": "2026-02-01"},
        {"processing_statuses": "done"},
        {"payroll_types": "bonus"},
        {"include": "salaries"},
        {"date_filter_by": "pay_day"},
        {"page": "0"},
        {"page": "x"},
        {"per": "101"},
        {"per": "²"},
    ],
)
def test_a_query_that_breaks_a_rule__is_refused(estate: Estate, query: dict[str, str]) -> None:
    status, _, body = estate.api("GET", f"/companies/{estate.company()}/payrolls", **query)
    assert (status, category(body)) == (422, "invalid_attribute_value")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b"[" * 100_000, 422),
        ([], 422),
        ({}, 422),
        ({"first_name": "A"}, 422),
        ({"first_name": "A", "last_name": None}, 422),
        ({"first_name": "A", "last_name": "  "}, 422),
        ({"first_name": 1, "last_name": "B"}, 422),
        ({"first_name": "A\n", "last_name": "B"}, 422),
        ({"first_name": "A", "last_name": "B" * 256}, 422),
        ({"first_name": "A", "last_name": "B", "work_email": "nobody"}, 422),
        ({"first_name": "A", "last_name": "B", "salary": "1"}, 422),
    ],
)
def test_an_employee_that_breaks_a_rule__is_refused(estate: Estate, body: Any, status: int) -> None:
    writes = estate.world.store.writes
    answer = estate.api("POST", f"/companies/{estate.company()}/employees", body)
    assert answer[0] == status
    assert category(answer[2]) in ("invalid_request", "invalid_attribute_value")
    assert estate.world.store.writes == writes


def test_an_update_without_version__is_refused(estate: Estate) -> None:
    path = f"/employees/{estate.employees()[0]['uuid']}"
    assert estate.api("PUT", path, {"last_name": "B"})[0] == 422
    assert estate.api("PUT", path, {"version": "x", "last_name": ""})[0] == 409


@pytest.mark.parametrize(
    "body",
    [
        {"url": "http://core.example/x", "subscription_types": ["Payroll"]},
        {"url": "https://[", "subscription_types": ["Payroll"]},
        {"url": "https://core.example/x", "subscription_types": []},
        {"url": "https://core.example/x", "subscription_types": ["Bonus"]},
        {"subscription_types": ["Payroll"]},
    ],
)
def test_a_subscription_that_breaks_a_rule__is_refused(estate: Estate, body: Any) -> None:
    assert estate.api("POST", HOOKS, body)[0] == 422
    assert estate.get(HOOKS) == []


def test_too_many_requests__are_told_when_to_come_back(estate: Estate) -> None:
    estate.control("POST", "limits", {"requests": {"maximum": 2, "window_ms": 60_000}})
    assert estate.api("GET", "/me")[0] == 200
    _, headers, _ = estate.api("GET", "/me")
    assert (headers["x-ratelimit-limit"], headers["x-ratelimit-remaining"]) == ("2", "0")
    status, headers, body = estate.api("GET", "/me")
    assert (status, category(body), headers["retry-after"]) == (429, "rate_limit_exceeded", "60")
    estate.step(START_MS + 60_000)
    assert estate.api("GET", "/me")[0] == 200


def test_an_outage__has_the_vendors_shape(estate: Estate) -> None:
    estate.control("POST", "faults", [{"id": "down", "kind": "outage"}])
    status, _, body = estate.api("GET", "/me")
    assert (status, category(body)) == (503, "service_unavailable")
    assert estate.control("POST", "clock", {"to_ms": START_MS})["now_ms"] == START_MS
