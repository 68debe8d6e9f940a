"""What every mock does for every vendor: worlds, faults, journal, control plane."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from mocks.kit.faults import Fault
from mocks.kit.system import MockSystem
from tests.unit.kit.toy import TOY
from tests.unit.mocks.asgi import call

TOKEN = {"authorization": "Bearer control"}


class Subscriber:
    """Takes notifications; fails the first `failures` of them."""

    def __init__(self, failures: int = 0) -> None:
        self.got: list[bytes] = []
        self._failures = failures

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes] | None:
        if self._failures:
            self._failures -= 1
            return None
        self.got.append(body)
        return 200, b""


class Bench:
    """A toy system and short ways to call it."""

    def __init__(self, data: Path | None = None, subscriber: Subscriber | None = None) -> None:
        self.subscriber = subscriber or Subscriber()
        self.system = MockSystem(TOY, "control", self.subscriber, data=data)

    def world(self, name: str = "default", seed: int = 1) -> dict[str, str]:
        status, _, body = self.control("PUT", f"/{name}", {"seed": seed, "start_ms": 1_000_000})
        assert status == 201
        return {"x-key": json.loads(body)["credentials"]["key"]}

    def control(self, method: str, path: str, body: Any = None) -> tuple[int, dict[str, str], bytes]:
        payload = b"" if body is None else json.dumps(body).encode()
        return asyncio.run(call(self.system, method, f"/__rehearse__{path}", TOKEN, payload))

    def json(self, method: str, path: str, body: Any = None) -> Any:
        status, _, answer = self.control(method, path, body)
        assert status == 200, answer
        return json.loads(answer)

    def put(
        self, key: Mapping[str, str], code: str = "a", amount: int = 5
    ) -> tuple[int, dict[str, str], bytes]:
        body = json.dumps({"amount": amount}).encode()
        return asyncio.run(call(self.system, "PUT", f"/things/{code}", key, body))

    def get(self, key: Mapping[str, str], code: str = "a") -> tuple[int, dict[str, str], bytes]:
        return asyncio.run(call(self.system, "GET", f"/things/{code}", key))

    def fault(self, **fields: Any) -> None:
        self.json("POST", "/default/faults", [{"id": "f", **fields}])


def test_worlds__are_told_apart_by_credentials_and_share_nothing() -> None:
    bench = Bench()
    one, two = bench.world("one"), bench.world("two")
    bench.put(one, amount=5)
    bench.put(two, amount=7)
    bench.control("POST", "/one/reset")
    assert bench.get(one)[0] == 404
    assert json.loads(bench.get(two)[2])["amount"] == 7
    assert bench.json("GET", "/two/health")["requests"] == 2


def test_reset_of_one_world_under_traffic__leaves_the_other_as_it_was() -> None:
    bench = Bench()
    one, two = bench.world("one"), bench.world("two")

    async def traffic() -> list[int]:
        statuses = []
        for number in range(50):
            body = json.dumps({"amount": number}).encode()
            statuses.append((await call(bench.system, "PUT", f"/things/t{number}", two, body))[0])
            await call(bench.system, "PUT", f"/things/t{number}", one, body)
        return statuses

    async def resets() -> None:
        for _ in range(20):
            await call(bench.system, "POST", "/__rehearse__/one/reset", TOKEN)
            await asyncio.sleep(0)

    async def both() -> list[int]:
        return (await asyncio.gather(traffic(), resets()))[0]

    assert asyncio.run(both()) == [201] * 50
    lines = bench.control("GET", "/two/observe")[2].splitlines()
    assert len(lines) == 50


def test_unknown_credentials__get_the_vendors_refusal_and_change_nothing() -> None:
    bench = Bench()
    key = bench.world()
    assert bench.put({"x-key": "wrong"})[0] == 401
    assert bench.get(key)[0] == 404


def test_control_plane__asks_for_its_token() -> None:
    bench = Bench()
    bench.world()
    status, _, body = asyncio.run(call(bench.system, "GET", "/__rehearse__/default/health"))
    assert status == 401
    assert "token" in json.loads(body)["error"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/nowhere/health", None, 404),
        ("POST", "/default/dance", {}, 404),
        ("POST", "/default/act", {"facts": [{"type": "Nonsense"}]}, 422),
        ("POST", "/default/clock", {"to_ms": 1}, 422),
        ("POST", "/default/faults", [{"id": "x", "kind": "nonsense"}], 422),
        ("POST", "/default/faults", [{"id": "x", "kind": "delay", "path": "("}], 422),
        ("PUT", "/default", {"seed": 1}, 409),
    ],
)
def test_control_plane__answers_rubbish_with_one_sentence(
    method: str, path: str, body: Any, status: int
) -> None:
    bench = Bench()
    bench.world()
    answered, _, text = bench.control(method, path, body)
    assert answered == status
    assert set(json.loads(text)) == {"error"}


def test_lost_answer__is_committed_once_and_journalled_as_dropped() -> None:
    bench = Bench()
    key = bench.world()
    bench.fault(kind="lose_answer", method="PUT", times=1)
    assert bench.put(key)[0] == 0
    assert json.loads(bench.get(key)[2]) == {"amount": 5, "ver": 1}
    entries = bench.json("GET", "/default/journal")["entries"]
    assert [entry["outcome"] for entry in entries] == ["dropped", "answered"]
    assert entries[0]["fault"] == "f"


def test_lost_request__has_no_effect() -> None:
    bench = Bench()
    key = bench.world()
    bench.fault(kind="lose_request", times=1)
    assert bench.put(key)[0] == 0
    assert bench.get(key)[0] == 404


def test_failure_after_commit__answers_500_and_is_in_effect() -> None:
    bench = Bench()
    key = bench.world()
    bench.fault(kind="fail_after_commit", times=1)
    assert bench.put(key)[0] == 500
    assert bench.get(key)[0] == 200


def test_truncated_answer__ends_in_the_middle() -> None:
    bench = Bench()
    key = bench.world()
    bench.put(key)
    bench.fault(kind="truncate", times=1)
    status, headers, body = bench.get(key)
    assert status == 200
    assert 0 < len(body) < int(headers["content-length"])


def test_limit__answers_as_the_vendor_does_with_retry_after() -> None:
    bench = Bench()
    key = bench.world()
    bench.fault(kind="limit", seconds=30, times=1)
    status, headers, body = bench.put(key)
    assert (status, headers["retry-after"], json.loads(body)) == (429, "30", {"toy": "limit"})


def test_outage__lasts_for_its_window_only() -> None:
    bench = Bench()
    key = bench.world()
    bench.fault(kind="outage", from_ms=1_000_000, until_ms=1_000_500)
    assert bench.put(key)[0] == 503
    bench.json("POST", "/default/clock", {"to_ms": 1_000_500})
    assert bench.put(key)[0] == 201


def test_fault_by_occurrence__strikes_the_same_call_the_second_time() -> None:
    bench = Bench()
    key = bench.world()
    bench.fault(kind="reject", method="GET", occurrence=2)
    bench.put(key)
    assert [bench.get(key)[0] for _ in range(3)] == [200, 503, 200]


def test_share__is_drawn_by_seed_and_address_not_by_order() -> None:
    def struck(seed: int, order: list[int]) -> set[int]:
        bench = Bench()
        key = bench.world(seed=seed)
        bench.fault(kind="reject", share_e6=500_000)
        return {number for number in order if bench.put(key, code=f"c{number}")[0] == 503}

    forward = struck(1, list(range(40)))
    assert forward == struck(1, list(reversed(range(40))))
    assert 8 < len(forward) < 32
    assert forward != struck(2, list(range(40)))


def test_healing__takes_faults_away_and_says_how_often_they_struck() -> None:
    bench = Bench()
    key = bench.world()
    bench.fault(kind="reject")
    bench.put(key)
    healed = bench.json("DELETE", "/default/faults")
    assert healed == {"faults": [], "struck": {"f": 1}}
    assert bench.put(key)[0] == 201


def test_a_bug_of_ours__is_the_vendors_500_without_a_traceback() -> None:
    bench = Bench()
    status, _, body = asyncio.run(call(bench.system, "GET", "/broken", bench.world()))
    assert (status, body) == (500, b'{"toy":"internal"}')


def test_unknown_path_and_method__get_the_vendors_shapes() -> None:
    bench = Bench()
    key = bench.world()
    assert asyncio.run(call(bench.system, "GET", "/nothing", key))[0] == 404
    assert asyncio.run(call(bench.system, "DELETE", "/things/a", key))[0] == 405


def test_trailing_slash__is_accepted_without_a_redirect() -> None:
    bench = Bench()
    key = bench.world()
    bench.put(key)
    assert asyncio.run(call(bench.system, "GET", "/things/a/", key))[0] == 200


def test_oversized_body__is_refused_and_changes_nothing() -> None:
    bench = Bench()
    key = bench.world()
    huge = b"x" * (32 * 1024 * 1024 + 1)
    assert asyncio.run(call(bench.system, "PUT", "/things/a", key, huge))[0] == 413
    assert bench.get(key)[0] == 404


def test_date_header__comes_from_the_worlds_clock() -> None:
    bench = Bench()
    key = bench.world()
    assert bench.put(key)[1]["date"] == "Thu, 01 Jan 1970 00:16:40 GMT"


def test_snapshot_and_restore__bring_back_every_record() -> None:
    bench = Bench()
    key = bench.world()
    bench.put(key, amount=5)
    snapshot = bench.json("POST", "/default/snapshot")
    bench.put(key, amount=6)
    bench.json("POST", "/default/restore", snapshot)
    assert json.loads(bench.get(key)[2]) == {"amount": 5, "ver": 1}


def test_data_folder__keeps_what_was_confirmed(tmp_path: Path) -> None:
    first = Bench(data=tmp_path)
    key = first.world()
    first.put(key, amount=9)
    second = Bench(data=tmp_path)
    second.world()
    assert json.loads(second.get(key)[2])["amount"] == 9


def test_notifications__are_queued_sent_and_retried_with_growing_gaps() -> None:
    bench = Bench(subscriber=Subscriber(failures=1))
    key = bench.world()
    bench.json("POST", "/default/subscribe", {"url": "http://subject.example/in"})
    bench.put(key)
    assert bench.json("POST", "/default/webhooks", {}) == {"sent": 1}
    assert bench.subscriber.got == []
    assert bench.json("POST", "/default/webhooks", {}) == {"sent": 0}
    due = bench.json("GET", "/default/clock")["next_due_ms"]
    assert due == 1_060_000
    bench.json("POST", "/default/clock", {"to_ms": due})
    bench.json("POST", "/default/webhooks", {})
    assert bench.subscriber.got == [b"a"]
    assert bench.json("GET", "/default/webhooks")["counts"] == {"delivered": 1}


@pytest.mark.parametrize(("kind", "expected"), [("webhook_lose", 0), ("webhook_double", 2)])
def test_webhook_faults__lose_and_double(kind: str, expected: int) -> None:
    bench = Bench()
    key = bench.world()
    bench.json("POST", "/default/subscribe", {"url": "http://subject.example/in"})
    bench.fault(kind=kind)
    bench.put(key)
    bench.json("POST", "/default/webhooks", {})
    assert len(bench.subscriber.got) == expected


def test_webhook_reorder__sends_the_later_first() -> None:
    bench = Bench()
    key = bench.world()
    bench.json("POST", "/default/subscribe", {"url": "http://subject.example/in"})
    bench.fault(kind="webhook_reorder")
    bench.put(key, code="a")
    bench.put(key, code="b")
    bench.json("POST", "/default/webhooks", {})
    assert bench.subscriber.got == [b"b", b"a"]


def test_redelivery__sends_a_delivered_one_again() -> None:
    bench = Bench()
    key = bench.world()
    bench.json("POST", "/default/subscribe", {"url": "http://subject.example/in"})
    bench.put(key)
    bench.json("POST", "/default/webhooks", {})
    bench.json("POST", "/default/redeliver?id=1", {})
    bench.json("POST", "/default/webhooks", {})
    assert bench.subscriber.got == [b"a", b"a"]


def test_act_and_observe__go_through_the_facts() -> None:
    bench = Bench()
    bench.world()
    practice = {"type": "Practice", "bk": "PR|X", "recorded_at_ms": 5, "code": "X", "name": "X"}
    (acted,) = bench.json("POST", "/default/seed", {"facts": [practice]})
    assert acted["state"] == "applied"
    (row,) = [json.loads(line) for line in bench.control("GET", "/default/observe")[2].splitlines()]
    assert (row["bk"], row["recorded_at_ms"], row["source_id"]) == ("PR|X", 5, acted["native_id"])


def test_description__has_the_vendors_operations_and_no_control_plane() -> None:
    bench = Bench()
    _, _, body = asyncio.run(call(bench.system, "GET", "/openapi.json"))
    assert sorted(json.loads(body)["paths"]) == ["/broken", "/things/{code}"]


def test_journal__masks_secrets_and_pay() -> None:
    bench = Bench()
    key = bench.world()
    body = b'{"password": "hunter2", "payRate": "90000.00 USD", "amount": 1}'
    asyncio.run(call(bench.system, "PUT", "/things/a", key, body))
    text = bench.control("GET", "/default/journal")[2]
    assert b"hunter2" not in text
    assert b"90000" not in text


def test_fault_struct__refuses_unknown_fields() -> None:
    bench = Bench()
    bench.world()
    status, _, _ = bench.control("POST", "/default/faults", [{"id": "f", "kind": "delay", "secnods": 3}])
    assert status == 422
    assert Fault(id="f", kind="delay").times > 0
