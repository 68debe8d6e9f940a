"""A mock shows what it did: by world, operation and status, with nothing of what was said."""

import asyncio
import json

import pytest

from mocks.kit.metrics import LoopLag
from scenarios.live.gauges import Key, samples_of
from tests.unit.kit.test_system import Bench, Subscriber
from tests.unit.mocks.asgi import call

PUT_THING, GET_THING = "PUT /things/{code}", "GET /things/{code}"


def scraped(bench: Bench) -> dict[Key, float]:
    status, headers, body = bench.control("GET", "/metrics")
    assert (status, headers["content-type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    return samples_of(body.decode())


def total(samples: dict[Key, float], name: str, **labels: str) -> float:
    """The sum of a name's samples with these labels."""
    return sum(
        value
        for key, value in samples.items()
        if key.name == f"rehearse_mock_{name}" and labels.items() <= dict(key.labels).items()
    )


def test_requests__are_counted_by_world_operation_and_status() -> None:
    bench = Bench()
    one, two = bench.world("one"), bench.world("two")
    bench.put(one)
    bench.put(two)
    bench.get(one)
    bench.get(one, code="unknown")
    asyncio.run(call(bench.system, "GET", "/things/a", {"x-key": "wrong"}))
    asyncio.run(call(bench.system, "GET", "/nowhere"))
    samples = scraped(bench)
    labels = {"vendor": "toy", "world": "one"}
    assert total(samples, "requests_total", **labels, operation=PUT_THING, status="2xx") == 1
    assert total(samples, "requests_total", **labels, operation=GET_THING, status="2xx") == 1
    assert total(samples, "requests_total", **labels, operation=GET_THING, status="4xx") == 1
    assert total(samples, "requests_total", world="two") == 1
    assert total(samples, "requests_total", world="", operation=GET_THING, status="4xx") == 1
    assert total(samples, "requests_total", world="", operation="none", status="4xx") == 1
    assert total(samples, "request_seconds_count") == total(samples, "requests_total") == 6
    assert total(samples, "store_writes_total", world="one") == 1
    assert total(samples, "journal_entries", world="one") == 3
    assert samples[Key("process_resident_memory_bytes")] > 1_000_000


def test_faults_limits_and_lost_answers__are_counted() -> None:
    bench = Bench()
    key = bench.world()
    bench.fault(kind="limit", method="GET", times=1)
    bench.get(key)
    bench.control("DELETE", "/default/faults")
    bench.fault(kind="lose_answer", method="PUT", times=2)
    bench.put(key)
    limits = bench.system.worlds["default"].limits
    assert [limits.take("calls", 5) for _ in range(4)] == [True, True, False, False]
    samples = scraped(bench)
    assert total(samples, "requests_total", status="429") == 1
    assert total(samples, "requests_total", status="none", operation=PUT_THING) == 1
    assert total(samples, "faults_struck_total", fault="f") == 2
    assert total(samples, "limit_refusals_total", limit="calls") == 2


def test_deliveries__are_counted_by_what_became_of_each_try() -> None:
    bench = Bench(subscriber=Subscriber(failures=1))
    key = bench.world()
    bench.control("POST", "/default/subscribe", {"url": "http://127.0.0.1:1/hook"})
    bench.put(key)
    bench.control("POST", "/default/webhooks")
    assert total(scraped(bench), "webhooks_pending") == 1
    bench.control("POST", "/default/clock", {"to_ms": 1_000_000 + 120_000})
    bench.control("POST", "/default/webhooks")
    bench.fault(kind="webhook_lose")
    bench.put(key)
    samples = scraped(bench)
    assert total(samples, "webhook_deliveries_total", outcome="failed") == 1
    assert total(samples, "webhook_deliveries_total", outcome="delivered") == 1
    assert total(samples, "webhook_deliveries_total", outcome="lost") == 1
    assert total(samples, "webhooks_pending") == 0


def test_world_that_was_dropped__is_forgotten() -> None:
    bench = Bench()
    bench.put(bench.world())
    bench.control("DELETE", "/default")
    assert total(scraped(bench), "requests_total") == 0


def test_metrics__need_the_control_token() -> None:
    bench = Bench()
    status, _, body = asyncio.run(call(bench.system, "GET", "/__rehearse__/metrics"))
    assert status == 401
    assert json.loads(body) == {"error": "The control token is missing or wrong."}


def test_loop_lag__is_shown_in_its_bucket() -> None:
    bench = Bench()
    bench.system.loop_lag.note(0.03)
    assert total(scraped(bench), "loop_lag_seconds_bucket", le="0.02") == 0
    assert total(scraped(bench), "loop_lag_seconds_bucket", le="0.05") == 1


def test_loop__is_measured_for_as_long_as_it_is_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    lag, measured = LoopLag(), list[float]()

    async def watched() -> None:
        enough = asyncio.Event()

        def note(seconds: float) -> None:
            measured.append(seconds)
            if len(measured) == 2:
                enough.set()

        monkeypatch.setattr(lag, "note", note)
        watching = asyncio.create_task(lag.watch())
        await asyncio.wait_for(enough.wait(), 10)
        watching.cancel()

    asyncio.run(watched())
    assert min(measured) >= 0
