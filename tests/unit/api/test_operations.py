"""The core's API keeps to what its description says: credentials, bounds, and one shape of refusal."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator
from sqlalchemy.exc import OperationalError

from contracts.fuzz.target import Served
from contracts.fuzz.targets.integration_core import OPERATOR, READER, START_MS, WEBHOOK, BareCore, serve
from tests.unit.mocks.asgi import Answer, call

GUSTO_EVENT = {
    "uuid": "u-1",
    "event_type": "payroll.processed",
    "entity_type": "Payroll",
    "entity_uuid": "p-1",
}


@pytest.fixture
def core() -> Iterator[Served]:
    with serve() as served:
        yield served


def ask(
    core: Served, method: str, path: str, token: str = OPERATOR, body: bytes = b"", **headers: str
) -> Answer:
    assert core.application is not None
    sent = {"authorization": f"Bearer {token}" if " " not in token else token.strip(), **headers}
    return asyncio.run(call(core.application, method, f"http://core.example{path}", sent, body))


def operations(core: Served) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method, path, operation)
        for path, item in core.description["paths"].items()
        for method, operation in item.items()
    ]


def test_description__has_exactly_the_answers_that_operations_give(core: Served) -> None:
    statuses = {
        operation["operationId"]: sorted(operation["responses"]) for _, _, operation in operations(core)
    }
    assert statuses == {
        "receive_notification": ["200", "401", "404", "413", "422", "429", "503"],
        "health": ["200"],
        "rest": ["200", "401"],
        "cases": ["200", "401", "422"],
        "messages": ["200", "401"],
        "metrics": ["200", "401"],
        "book": ["200", "401"],
        "replay": ["200", "401", "403", "404", "422"],
        "poll_every": ["200", "401", "403", "413", "422"],
        "step_clock": ["200", "401", "403", "413", "422"],
    }
    assert "HTTPValidationError" not in core.description["components"]["schemas"]


def test_description__asks_for_a_bearer_token_wherever_the_api_does(core: Served) -> None:
    assert core.description["components"]["securitySchemes"]["HTTPBearer"]["scheme"] == "bearer"
    for method, path, operation in operations(core):
        status, headers, body = ask(core, method.upper(), path.replace("{case_id}", "C-000001"), "wrong")
        assert ("security" in operation) == (status == 401 and "www-authenticate" in headers), path
        if "security" in operation:
            assert json.loads(body) == {"detail": "The bearer token is missing or wrong."}


@pytest.mark.parametrize("name", ["health", "rest", "cases", "messages", "book"])
def test_answer__keeps_to_its_closed_schema(core: Served, name: str) -> None:
    path, operation = next((p, o) for _, p, o in operations(core) if o["operationId"] == name)
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    whole = {**schema, "components": core.description["components"]}
    validator = Draft202012Validator(whole)
    found = json.loads(ask(core, "GET", path, READER)[2])
    assert validator.is_valid(found)
    if isinstance(found, dict):
        assert not validator.is_valid({**found, "more": 1})
    else:
        assert not validator.is_valid([{**found[0], "more": 1}])


def test_token_without_its_scheme__is_refused(core: Served) -> None:
    assert ask(core, "GET", "/operations/rest", f" {OPERATOR}")[0] == 401


def test_reader__may_not_act(core: Served) -> None:
    assert ask(core, "POST", "/operations/cases/C-000001/replay", READER)[0] == 403
    assert ask(core, "PUT", "/operations/clock", READER, b'{"now_ms": 1}')[0] == 403
    assert ask(core, "PUT", "/operations/polling", READER, b'{"every_seconds": 1}')[0] == 403


@pytest.mark.parametrize(
    ("case", "status"),
    [("C-000001", 200), ("C-999999", 404), ("C-²", 422), ("1", 422), ("C-" + "9" * 20, 422)],
)
def test_case__is_named_by_its_whole_id(core: Served, case: str, status: int) -> None:
    answered, _, body = ask(core, "POST", f"/operations/cases/{case}/replay")
    assert answered == status
    assert status == 200 or isinstance(json.loads(body)["detail"], str)


def test_unreadable_query__is_refused_in_one_sentence(core: Served) -> None:
    status, _, body = ask(core, "GET", "/operations/cases?only_open=perhaps")
    assert status == 422
    assert json.loads(body)["detail"].startswith("The call cannot be understood: query.only_open")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[",
        b"[" * 100_000,
        b"\xff",
        b'{"now_ms": "1"}',
        b'{"now_ms": 1.5}',
        b'{"now_ms": -1}',
        b'{"now_ms": 253402300800000}',
        b'{"now_ms": 1770022800001, "more": 1}',
        b'{"now_ms": 1}',
    ],
)
def test_clock__refuses_what_is_no_later_instant(core: Served, body: bytes) -> None:
    status, _, answered = ask(core, "PUT", "/operations/clock", body=body)
    assert status == 422
    assert isinstance(json.loads(answered)["detail"], str)
    assert json.loads(ask(core, "GET", "/operations/health")[2])["now_ms"] == START_MS


def test_clock__is_not_read_before_the_credentials_are(core: Served) -> None:
    assert ask(core, "PUT", "/operations/clock", "wrong", b"{")[0] == 401


def test_clock__moves_forward(core: Served) -> None:
    body = json.dumps({"now_ms": START_MS + 1}).encode()
    assert json.loads(ask(core, "PUT", "/operations/clock", body=body)[2]) == {"now_ms": START_MS + 1}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"every_seconds": 60}', 200),
        (b'{"every_seconds": 60.0}', 200),
        (b'{"every_seconds": 0}', 422),
        (b'{"every_seconds": 1e99}', 422),
        (b'{"every_seconds": 60, "now_ms": 1}', 422),
        (b"{}", 422),
        (b"", 422),
    ],
)
def test_polling__takes_a_pace_of_a_second_or_more(core: Served, body: bytes, status: int) -> None:
    answered, _, said = ask(core, "PUT", "/operations/polling", body=body)
    assert answered == status
    assert json.loads(said) == {"every_seconds": 60} if status == 200 else "detail" in json.loads(said)


def test_deeply_nested_notification__is_refused(core: Served) -> None:
    nested = b'{"verification_token":"x","more":' + b"[" * 50_000 + b"]" * 50_000 + b"}"
    status, _, body = ask(core, "POST", "/webhooks/gusto/x", body=nested)
    assert (status, json.loads(body)) == (422, {"detail": "The notification is nested too deeply."})


def test_signed_notification__is_taken_and_a_foreign_one_is_not(core: Served) -> None:
    body = json.dumps(GUSTO_EVENT).encode()
    signature = hmac.new(WEBHOOK.encode(), body, hashlib.sha256).hexdigest()
    assert ask(core, "POST", "/webhooks/gusto/x", body=body, **{"x-gusto-signature": signature})[0] == 200
    assert ask(core, "POST", "/webhooks/gusto/x", body=body, **{"x-gusto-signature": "0" * 64})[0] == 401
    assert ask(core, "POST", "/webhooks/nobody/x", body=body)[0] == 404


def _signed(body: bytes) -> dict[str, str]:
    return {"x-gusto-signature": hmac.new(WEBHOOK.encode(), body, hashlib.sha256).hexdigest()}


@pytest.mark.parametrize(("waiting", "status"), [(100_000, 200), (100_001, 429)])
def test_notification__is_put_off_while_too_much_waits(
    waiting: int, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def pressure(_core: BareCore, bound: int) -> int:
        return min(waiting, bound)

    monkeypatch.setattr(BareCore, "pressure", pressure)
    body = json.dumps(GUSTO_EVENT).encode()
    with serve() as core:
        answered, headers, said = ask(core, "POST", "/webhooks/gusto/x", body=body, **_signed(body))
    assert answered == status
    if status == 429:
        assert headers["retry-after"] == "30"
        assert "again later" in json.loads(said)["detail"]


def test_database_that_does_not_answer__is_told_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(_core: BareCore, bound: int) -> int:
        raise OperationalError("SELECT", {}, Exception("connection refused at core:s3cret@"))

    monkeypatch.setattr(BareCore, "pressure", away)
    body = json.dumps(GUSTO_EVENT).encode()
    with serve() as core:
        status, headers, said = ask(core, "POST", "/webhooks/gusto/x", body=body, **_signed(body))
    assert (status, headers["retry-after"]) == (503, "30")
    assert json.loads(said) == {"detail": "The database does not answer at present; try again later."}


def test_metrics__are_text_for_readers(core: Served) -> None:
    status, headers, _ = ask(core, "GET", "/operations/metrics", READER)
    assert (status, headers["content-type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
