"""Calls that go wrong or wait: lost answers, limits, asynchronous jobs, faults in the vendor's words."""

import asyncio
from typing import Any

import msgspec
import pytest

from mocks.firm.facts.documents import ErpCustomer, Invoice, Journal
from mocks.kit.faults import Fault
from tests.unit.mocks.asgi import call
from tests.unit.mocks.netsuite.estate import (
    APPROVAL_MS,
    HOST,
    RECORDS,
    START_MS,
    Estate,
    invoice,
    problem,
)

CUSTOMER = {"companyName": "Calder", "subsidiary": {"externalId": "US01"}}
ASYNC = {"prefer": "respond-async", "x-netsuite-idempotency-key": "5f1c1f9e"}


def path_of(headers: dict[str, str]) -> str:
    """The path that Location names."""
    return headers["location"].removeprefix(HOST)


def test_a_lost_answer__left_one_record_and_a_repeat_finds_it() -> None:
    estate = Estate()
    estate.control("faults", [Fault(id="lost", kind="lose_answer", method="PUT", times=1)])
    assert estate.send("PUT", f"{RECORDS}/customer/eid:A", CUSTOMER)[0] == 0
    assert estate.made("PUT", "customer/eid:A", CUSTOMER) == "1"
    assert [found.versions for found in estate.observed(ErpCustomer)] == [1]


def test_an_invoice_whose_answer_was_lost__is_a_duplicate_when_created_again() -> None:
    estate = Estate()
    estate.customer_and_job()
    estate.control("faults", [Fault(id="late", kind="fail_after_commit", path="/invoice", times=1)])
    status, headers, body = estate.send("POST", f"{RECORDS}/invoice", invoice("A"))
    assert (status, problem(headers, body)[0]) == (500, "UNEXPECTED_ERROR")
    assert estate.refused("POST", "invoice", invoice("A"))[1] == "DUP_RCRD"
    estate.step(APPROVAL_MS)
    assert (len(estate.observed(Invoice)), len(estate.observed(Journal))) == (1, 1)


def test_a_rejected_call__changed_nothing() -> None:
    estate = Estate()
    estate.control("faults", [Fault(id="no", kind="reject", method="PUT", times=1)])
    status, headers, body = estate.send("PUT", f"{RECORDS}/customer/eid:A", CUSTOMER)
    assert (status, problem(headers, body)[0]) == (503, "SERVER_ERROR")
    assert estate.observed(ErpCustomer) == []


@pytest.mark.parametrize(("seconds", "header"), [(0.0, None), (2.5, "3")])
def test_a_limit__is_429_with_the_vendors_code(seconds: float, header: str | None) -> None:
    estate = Estate()
    estate.control("faults", [Fault(id="limit", kind="limit", seconds=seconds)])
    status, headers, body = estate.send("GET", f"{RECORDS}/customer")
    assert (status, problem(headers, body)[0]) == (429, "CONCURRENCY_LIMIT_EXCEEDED")
    assert headers.get("retry-after") == header


def test_requests_that_come_together__are_limited_and_later_ones_pass() -> None:
    estate = Estate()
    url = f"{HOST}{RECORDS}/subsidiary/1"

    async def together(count: int) -> list[int]:
        calls = (call(estate.system, "GET", url, estate.headers("GET", url)) for _ in range(count))
        return [answer[0] for answer in await asyncio.gather(*calls)]

    assert sorted(asyncio.run(together(20))) == [200] * 15 + [429] * 5
    assert asyncio.run(together(15)) == [200] * 15
    estate.control("limits", {"concurrency": {"maximum": 5}})
    assert sorted(asyncio.run(together(6))) == [200] * 5 + [429]


def test_an_account_that_says_limits_with_400__does_so() -> None:
    estate = Estate()
    estate.world.settings["netsuite.limit_status"] = 400
    estate.control("limits", {"concurrency": {"maximum": 0}})
    status, headers, body = estate.send("GET", f"{RECORDS}/customer")
    assert (status, problem(headers, body)[0]) == (400, "CONCURRENCY_LIMIT_EXCEEDED")


def test_an_asynchronous_request__is_done_later_as_the_synchronous_one_would_be() -> None:
    estate = Estate()
    status, headers, body = estate.send("POST", f"{RECORDS}/customer", CUSTOMER, headers=ASYNC)
    assert (status, body, headers["preference-applied"]) == (202, b"", "respond-async")
    job = path_of(headers)
    shown = msgspec.json.decode(estate.send("GET", job)[2])
    assert (shown["completed"], shown["progress"], shown["id"]) == (False, "pending", "1")
    assert estate.send("GET", f"{job}/task/1/result")[0] == 400
    assert estate.observed(ErpCustomer) == []
    estate.step(START_MS + 1000)
    shown = msgspec.json.decode(estate.send("GET", job)[2])
    assert (shown["completed"], shown["progress"]) == (True, "succeeded")
    task = msgspec.json.decode(estate.send("GET", f"{job}/task/1")[2])
    assert (task["completed"], "endTime" in task) == (True, True)
    assert msgspec.json.decode(estate.send("GET", f"{job}/task")[2])["totalResults"] == 1
    result, answered, _ = estate.send("GET", f"{job}/task/1/result")
    assert (result, path_of(answered)) == (204, f"{RECORDS}/customer/1")


def test_a_repeated_idempotency_key__leads_to_the_first_job() -> None:
    estate = Estate()
    _, first, _ = estate.send("POST", f"{RECORDS}/customer", CUSTOMER, headers=ASYNC)
    status, again, body = estate.send("POST", f"{RECORDS}/customer", CUSTOMER, headers=ASYNC)
    assert (status, problem(again, body)[0]) == (400, "IDEMPOTENCY_ERROR")
    assert msgspec.json.decode(body)["title"] == "Conflict"
    assert again["location"] == first["location"]
    estate.step(START_MS + 5000)
    assert len(estate.observed(ErpCustomer)) == 1


def test_an_idempotency_key_on_a_synchronous_request__is_ignored() -> None:
    estate = Estate()
    for _ in range(2):
        estate.made("POST", "customer", CUSTOMER, **{"x-netsuite-idempotency-key": "5f1c1f9e"})
    assert len(estate.observed(ErpCustomer)) == 2


def test_an_asynchronous_request_that_is_refused__keeps_the_refusal() -> None:
    estate = Estate()
    _, headers, _ = estate.send("POST", f"{RECORDS}/customer", {}, headers={"prefer": "respond-async"})
    estate.step(START_MS + 1000)
    status, answered, body = estate.send("GET", f"{path_of(headers)}/task/1/result")
    assert (status, problem(answered, body)[0]) == (400, "USER_ERROR")
    assert msgspec.json.decode(estate.send("GET", path_of(headers))[2])["progress"] == "failed"


@pytest.mark.parametrize("path", ["job/9", "job/9/task", "job/9/task/1", "job/9/task/1/result"])
def test_a_job_that_is_not_there__is_not_found(path: str) -> None:
    status, headers, body = Estate().send("GET", f"/services/rest/async/v1/{path}")
    assert (status, problem(headers, body)[0]) == (404, "NONEXISTENT_ID")


def test_a_body_that_is_no_text__is_refused_for_later_too() -> None:
    status, headers, body = Estate().send("POST", f"{RECORDS}/customer", b"\xff", headers=ASYNC)
    assert (status, problem(headers, body)[0]) == (400, "INVALID_CONTENT")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"5", b'{"item": null}', b'{"entity": {"id": null}}', b'{"externalId": 5}', b'{"": {}}'],
)
def test_odd_bodies__never_break_the_account(method: str, body: bytes) -> None:
    estate = Estate()
    estate.customer_and_job()
    estate.made("POST", "invoice", invoice("A"))
    path = {"POST": "invoice", "PUT": "invoice/eid:A", "PATCH": "invoice/1"}[method]
    status, headers, answer = estate.send(method, f"{RECORDS}/{path}", body)
    assert (status, problem(headers, answer)[0] != "UNEXPECTED_ERROR") == (400, True)
    (found,) = estate.observed(Invoice)
    assert found.versions == 1


def test_a_body_too_large__gets_the_vendors_answer() -> None:
    status, headers, body = Estate().send("POST", f"{RECORDS}/customer", b" " * (33 * 1024 * 1024))
    assert (status, problem(headers, body)[0]) == (413, "INVALID_CONTENT")


def test_the_description__names_every_operation_and_no_control_plane() -> None:
    estate = Estate()
    status, _, body = asyncio.run(call(estate.system, "GET", f"{HOST}/openapi.json"))
    paths: dict[str, Any] = msgspec.json.decode(body)["paths"]
    assert status == 200
    assert {f"{RECORDS}/{{record_type}}/{{record_id}}", "/services/rest/query/v1/suiteql"} <= paths.keys()
    assert not [path for path in paths if "rehearse" in path]
