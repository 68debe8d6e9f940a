"""Subscriptions are verified by their token, and events are signed with it."""

import hashlib
import hmac
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mocks.payroll import gusto

from .estate import START_MS, Estate, payroll

URL = "https://core.example/hooks/payroll"
HOOKS = "/webhook_subscriptions"


@pytest.fixture
def estate() -> Estate:
    """Nobody was paid yet."""
    return Estate()


def subscribed(estate: Estate, *types: str) -> tuple[dict[str, Any], str]:
    """A pending subscription and the token that its address got."""
    status, _, body = estate.api("POST", HOOKS, {"url": URL, "subscription_types": list(types)})
    assert status == 201
    assert release(estate) == 1
    (url, headers, sent) = estate.inbox.received.pop()
    assert (url, "x-gusto-signature" in headers) == (URL, False)
    return msgspec.json.decode(body), msgspec.json.decode(sent)["verification_token"]


def release(estate: Estate) -> int:
    """Send what is due."""
    sent: int = estate.control("POST", "webhooks")["sent"]
    return sent


def test_a_subscription__sends_nothing_until_it_is_verified(estate: Estate) -> None:
    made, token = subscribed(estate, "Payroll")
    assert made["status"] == "pending"
    estate.act([payroll()])
    assert release(estate) == 0
    path = f"{HOOKS}/{made['uuid']}"
    assert estate.api("PUT", f"{path}/verify", {"verification_token": "guess"})[0] == 422
    status, _, body = estate.api("PUT", f"{path}/verify", {"verification_token": token})
    assert (status, msgspec.json.decode(body)["status"]) == (200, "verified")
    estate.act([payroll(period="2026-02")])
    assert release(estate) == 1
    journal = str(estate.control("GET", "journal?path=webhook")["entries"])
    assert token not in journal


def test_an_event__is_signed_over_its_body(estate: Estate) -> None:
    made, token = subscribed(estate, "Payroll")
    estate.api("PUT", f"{HOOKS}/{made['uuid']}/verify", {"verification_token": token})
    (acted,) = estate.act([payroll()])
    release(estate)
    ((url, headers, body),) = estate.inbox.received
    assert url == URL
    assert headers["x-gusto-signature"] == hmac.new(token.encode(), body, hashlib.sha256).hexdigest()
    event = msgspec.json.decode(body)
    assert (event["event_type"], event["entity_uuid"]) == ("payroll.processed", acted["native_id"])
    assert (event["resource_uuid"], event["timestamp"]) == (estate.company(), START_MS // 1000)
    kept = msgspec.json.decode((Path(gusto.__file__).parent / "fixtures" / "event.json").read_bytes())
    assert event == kept


def test_types__say_what_is_told(estate: Estate) -> None:
    made, token = subscribed(estate, "Employee")
    path = f"{HOOKS}/{made['uuid']}"
    estate.api("PUT", f"{path}/verify", {"verification_token": token})
    estate.act([payroll()])
    person = estate.employees()[0]
    estate.api("PUT", f"/employees/{person['uuid']}", {"version": person["version"], "department": "X"})
    estate.api("POST", f"/companies/{estate.company()}/employees", {"first_name": "A", "last_name": "B"})
    release(estate)
    told = [msgspec.json.decode(body)["event_type"] for _, _, body in estate.inbox.received]
    assert told == ["employee.created", "employee.created", "employee.updated", "employee.created"]
    assert estate.api("PUT", path, {"subscription_types": ["Payroll"]})[0] == 200
    assert estate.get(path)["subscription_types"] == ["Payroll"]
    estate.act([payroll(ver=2, lines=payroll().lines[:1])])
    release(estate)
    assert msgspec.json.decode(estate.inbox.received[-1][2])["event_type"] == "payroll.updated"


def test_a_token__is_sent_again_on_request(estate: Estate) -> None:
    made, token = subscribed(estate, "Payroll")
    assert estate.api("GET", f"{HOOKS}/{made['uuid']}/request_verification_token")[0] == 204
    assert release(estate) == 1
    assert msgspec.json.decode(estate.inbox.received[0][2])["verification_token"] == token


def test_an_ended_subscription__gets_nothing_new(estate: Estate) -> None:
    made, token = subscribed(estate, "Payroll")
    estate.api("PUT", f"{HOOKS}/{made['uuid']}/verify", {"verification_token": token})
    assert estate.api("DELETE", f"{HOOKS}/{made['uuid']}")[0] == 204
    estate.act([payroll()])
    assert release(estate) == 0
    assert estate.get(HOOKS) == []


def test_an_administrators_subscription__is_verified_and_about_payrolls(estate: Estate) -> None:
    estate.control("POST", "subscribe", {"url": URL, "secret": "s3cret"})
    estate.act([payroll()])
    assert release(estate) == 1
    _, headers, body = estate.inbox.received[0]
    assert headers["x-gusto-signature"] == hmac.new(b"s3cret", body, hashlib.sha256).hexdigest()


def test_seeding__tells_nobody(estate: Estate) -> None:
    estate.control("POST", "subscribe", {"url": URL, "secret": "s3cret"})
    estate.act([payroll()], "seed")
    assert release(estate) == 0
