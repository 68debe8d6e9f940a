"""Subscribing to changes, and what subscribers get."""

import hashlib
import hmac
from typing import Any

import msgspec
import pytest

from .estate import DAY_MS, START_MS, Estate, person

URL = "https://core.example/hooks/hris"


def subscription(**changes: Any) -> bytes:
    """A valid body of POST /webhooks."""
    body = {
        "name": "core",
        "url": URL,
        "format": "json",
        "monitorFields": ["lastName", 17, "Level"],
        "postFields": {"employeeNumber": "number", "Job Title": ""},
        "frequency": {"every": 0},
        "limit": {"times": 0, "seconds": 0},
    }
    return msgspec.json.encode(body | changes)


@pytest.fixture
def estate() -> Estate:
    """Somebody is there, nobody is subscribed."""
    made = Estate()
    made.act([person()])
    return made


def subscribed(estate: Estate, **changes: Any) -> dict[str, Any]:
    """The answer of a subscription that must succeed."""
    status, _, body = estate.api("POST", "/webhooks/", subscription(**changes))
    assert status == 201
    found: dict[str, Any] = msgspec.json.decode(body)
    return found


def test_a_subscription__tells_its_private_key_once(estate: Estate) -> None:
    made = subscribed(estate)
    assert len(made["privateKey"]) == 32
    shown = estate.get(f"/webhooks/{made['id']}")
    assert shown == {name: value for name, value in made.items() if name != "privateKey"}
    assert shown["monitorFields"] == ["lastName", "jobTitle", "level"]
    assert estate.get("/webhooks") == {"webhooks": [shown]}
    assert made["privateKey"] != subscribed(estate)["privateKey"]
    entries = estate.control("GET", "journal?path=webhooks")["entries"]
    assert not [entry for entry in entries if made["privateKey"] in entry["response"]]


def test_a_notice__is_signed_over_body_and_then_timestamp(estate: Estate) -> None:
    key = subscribed(estate)["privateKey"]
    estate.step(START_MS + 1_500)
    estate.act([person(ver=2, last_name="New")])
    assert estate.release() == 1
    ((url, headers, body),) = estate.inbox.received
    assert (url, headers["x-bamboohr-timestamp"]) == (URL, str(START_MS // 1000 + 1))
    signed = body + headers["x-bamboohr-timestamp"].encode()
    assert headers["x-bamboohr-signature"] == hmac.new(key.encode(), signed, hashlib.sha256).hexdigest()
    assert msgspec.json.decode(body) == {
        "employees": [
            {
                "id": "1",
                "action": "Updated",
                "timestamp": "2026-01-05T09:00:01+0000",
                "changedFields": ["Last Name"],
                "fields": {"number": "1001", "Job Title": "Senior Consultant"},
            }
        ]
    }


def test_created_and_deleted__carry_the_id_alone_and_only_watched_updates_are_told(estate: Estate) -> None:
    subscribed(estate)
    estate.act([person("1002"), person(ver=2, first_name="Unwatched"), person(ver=3, skills=())])
    estate.act([person(ver=4, deleted=True)])
    assert estate.release() == 2
    items = [msgspec.json.decode(body)["employees"][0] for _, _, body in estate.inbox.received]
    assert [(item["id"], item["action"]) for item in items] == [("2", "Created"), ("1", "Deleted")]
    assert all(item["changedFields"] == [] and item["fields"] == {} for item in items)


def test_a_change_by_the_api__is_told_like_one_by_a_person(estate: Estate) -> None:
    subscribed(estate)
    estate.api("POST", "/employees/1/tables/jobInfo", '{"date": "2026-01-05", "level": "partner"}')
    assert estate.release() == 1
    item = msgspec.json.decode(estate.inbox.received[0][2])["employees"][0]
    assert item["changedFields"] == ["Level"]


def test_an_administrators_subscription__watches_every_row_with_the_secret_given(estate: Estate) -> None:
    estate.control("POST", "subscribe", {"url": URL, "secret": "s3cret"})
    estate.act([person(ver=2, skills=())])
    assert estate.release() == 1
    _, headers, body = estate.inbox.received[0]
    signed = body + headers["x-bamboohr-timestamp"].encode()
    assert headers["x-bamboohr-signature"] == hmac.new(b"s3cret", signed, hashlib.sha256).hexdigest()


def test_events__limit_what_is_told(estate: Estate) -> None:
    subscribed(estate, events=["employee_with_fields.created"], monitorFields=[])
    estate.act([person("1002"), person(ver=2, last_name="New")])
    assert estate.release() == 1


def test_an_ended_subscription__gets_nothing_new(estate: Estate) -> None:
    made = subscribed(estate)
    assert estate.api("DELETE", f"/webhooks/{made['id']}")[0] == 200
    estate.act([person("1002")])
    assert estate.release() == 0
    assert estate.api("GET", f"/webhooks/{made['id']}")[0] == 404


def test_a_changed_subscription__keeps_its_key(estate: Estate) -> None:
    made = subscribed(estate)
    other = "http://127.0.0.1:9/hooks"
    status, _, _ = estate.api("PUT", f"/webhooks/{made['id']}", subscription(url=other))
    assert status == 200
    estate.act([person("1002")])
    estate.release()
    url, headers, body = estate.inbox.received[0]
    signed = body + headers["x-bamboohr-timestamp"].encode()
    assert url == other
    assert (
        hmac.new(made["privateKey"].encode(), signed, hashlib.sha256).hexdigest()
        == (headers["x-bamboohr-signature"])
    )


def test_a_notice_not_taken__is_tried_again_with_a_fresh_timestamp(estate: Estate) -> None:
    made = subscribed(estate)
    estate.inbox.away = True
    estate.act([person("1002")])
    assert estate.release() == 1
    estate.inbox.away = False
    estate.step(START_MS + DAY_MS)
    assert estate.release() == 1
    assert estate.inbox.received[0][1]["x-bamboohr-timestamp"] == str((START_MS + DAY_MS) // 1000)
    (entry,) = estate.get(f"/webhooks/{made['id']}/log")
    assert (entry["failureCount"], entry["status"], entry["employeeIds"]) == (1, 200, ["2"])


def test_seeding__tells_nobody(estate: Estate) -> None:
    subscribed(estate)
    estate.act([person("1002"), person(ver=2, last_name="New")], "seed")
    assert estate.release() == 0


def test_monitor_fields__lists_what_can_be_watched(estate: Estate) -> None:
    fields = estate.get("/webhooks/monitor_fields")["fields"]
    assert {"id": 2, "name": "Last Name", "alias": "lastName"} in fields
    assert len({field["id"] for field in fields}) == len(fields)
