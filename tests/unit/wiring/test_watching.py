"""Who looks on sees every call, run and wait; where nobody does, nothing is wrapped."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.exposition import generate_latest

from integration_core.adapters.http.correlation import correlated, traceparent
from integration_core.ports.engine import Json, Run
from integration_core.ports.http import HttpRequest, HttpResponse, NoAnswer, NotSent
from integration_core.wiring.metrics import CoreMetrics
from integration_core.wiring.spans import spans_to
from integration_core.wiring.watching import NoTraces, Watch
from scenarios.live.gauges import Key, samples_of
from tests.unit.adapters.scripted import Scripted, answer
from tests.unit.kit.test_spans import spans_in

URL = "http://erp.example/services/rest/record/v1/job/eid:PJ%7C1"
OPERATION = "PUT /services/rest/record/v1/job/{id}"


class Ticking:
    """Seconds that pass one by one."""

    def __init__(self) -> None:
        self._now = 0.0

    def __call__(self) -> float:
        self._now += 1.0
        return self._now


class FakeRun:
    """A run that performs everything at once."""

    def __init__(self, process: str, key: str) -> None:
        self.process, self.key, self.run_id = process, key, f"{process}:{key}:000000000001"
        self.slept: list[float] = []

    async def step(self, name: str, effect: Callable[[], Awaitable[Json]]) -> Json:
        return await effect()

    async def transaction(self, name: str, work: Callable[[Any], Json]) -> Json:
        return work(None)

    async def sleep(self, name: str, seconds: float) -> None:
        self.slept.append(seconds)

    async def now_ms(self, name: str) -> int:
        return 5

    def new_id(self, name: str) -> str:
        return f"id of {name}"


def samples(metrics: CoreMetrics) -> dict[Key, float]:
    return samples_of(generate_latest(metrics.registry).decode())


async def awaited(work: Awaitable[None]) -> None:
    await work


def key(name: str, **labels: str) -> Key:
    return Key(f"rehearse_core_{name}", tuple(sorted(labels.items())))


def request(headers: tuple[tuple[str, str], ...] = ()) -> HttpRequest:
    return HttpRequest(method="PUT", url=URL, headers=headers)


def test_calls__are_counted_by_outcome_and_timed() -> None:
    metrics = CoreMetrics()
    given = (answer(200), answer(404), answer(429), answer(503), NotSent("refused"), NoAnswer("reset"))
    transport = Watch(metrics, seconds=Ticking()).transport("netsuite", Scripted(*given))

    async def calls() -> list[int | str]:
        found: list[int | str] = []
        for _ in given:
            try:
                found.append((await transport.send(request())).status)
            except (NotSent, NoAnswer) as error:
                found.append(str(error))
        return found

    assert asyncio.run(calls()) == [200, 404, 429, 503, "refused", "reset"]
    found = samples(metrics)
    for outcome in ("ok", "4xx", "429", "5xx", "not_sent", "no_answer"):
        assert found[key("calls_total", system="netsuite", operation=OPERATION, outcome=outcome)] == 1
    assert found[key("call_seconds_sum", system="netsuite", operation=OPERATION)] == 6


def test_operations__are_bounded() -> None:
    metrics = CoreMetrics()
    for number in range(1_000):
        metrics.called("crm", f"GET /{number}", "ok", 0.1)
    counted = [one for one in samples(metrics) if one.name == "rehearse_core_calls_total"]
    assert len(counted) == 301
    assert samples(metrics)[key("calls_total", system="crm", operation="other", outcome="ok")] == 700


def test_runs__are_counted_by_how_they_ended_and_their_waits_too() -> None:
    metrics = CoreMetrics()

    async def waits(run: Run) -> None:
        await run.sleep("pause", 3.0)
        assert (await run.now_ms("now"), run.new_id("x")) == (5, "id of x")

    async def fails(run: Run) -> None:
        raise ZeroDivisionError

    async def hangs(run: Run) -> None:
        raise asyncio.CancelledError

    async def all_of_them() -> None:
        run = FakeRun("send", "erp.invoice")
        for process in (waits, fails, hangs):
            try:
                await Watch(metrics, seconds=Ticking()).process(process)(run)
            except (ZeroDivisionError, asyncio.CancelledError):
                continue
        assert run.slept == [3.0]

    asyncio.run(all_of_them())
    found = samples(metrics)
    for outcome in ("ok", "failed", "suspended"):
        assert found[key("runs_total", process="send", outcome=outcome)] == 1
    assert found[key("pauses_total", process="send")] == 1
    assert found[key("run_seconds_count", process="send")] == 3


def test_approval_to_event__is_counted_in_fine_buckets() -> None:
    metrics = CoreMetrics()
    metrics.entries_priced([15, 400, 30_000, 4_000_000])
    family = metrics.approvals.family()
    buckets = {sample.labels["le"]: sample.value for sample in family.samples if "le" in sample.labels}
    assert (buckets["0.01"], buckets["0.02"], buckets["0.5"], buckets["50.0"]) == (0, 1, 2, 3)
    assert (buckets["3600.0"], buckets["7200.0"], buckets["+Inf"]) == (3, 4, 4)


def test_nobody_watching__wraps_nothing() -> None:
    watch, transport = Watch(), Scripted()
    assert watch.transport("crm", transport) is transport
    given: list[Run] = []

    async def process(run: Run) -> None:
        given.append(run)

    run = FakeRun("poll", "salesforce")
    asyncio.run(awaited(watch.process(process)(run)))
    assert given == [run]


def traced(path: Path, work: Callable[[Watch, Scripted], Awaitable[None]]) -> list[dict[str, Any]]:
    """The spans of some work."""
    watch = Watch(spans=spans_to(str(path), "seed"))
    asyncio.run(awaited(work(watch, Scripted(answer(200), answer(503)))))
    assert watch.spans is not None
    watch.spans.close()
    return spans_in(path)


def test_call_of_a_run__is_a_span_below_it_and_names_itself_to_the_other_side(tmp_path: Path) -> None:
    sent: list[HttpRequest] = []

    async def work(watch: Watch, scripted: Scripted) -> None:
        transport = watch.transport("netsuite", scripted)

        async def provision(run: Run) -> None:
            await run.transaction("keep.customer:CU|1", lambda connection: None)
            await run.step("call", lambda: call())

        async def call() -> None:
            await transport.send(request((("traceparent", traceparent("800C")), ("x-other", "1"))))

        await watch.process(provision)(FakeRun("provision", "800C"))
        sent.extend(scripted.requests)

    kept, http, run = traced(tmp_path / "spans", work)
    trace_id, root = traceparent("800C").split("-")[1:3]
    assert {span["traceId"] for span in (kept, http, run)} == {trace_id}
    assert (run["parentSpanId"], kept["parentSpanId"], http["parentSpanId"]) == (
        root,
        run["spanId"],
        run["spanId"],
    )
    assert (run["name"], kept["name"], http["name"]) == (
        "run provision",
        "transaction keep.customer",
        f"netsuite {OPERATION}",
    )
    assert dict(sent[0].headers) == {"traceparent": f"00-{trace_id}-{http['spanId']}-01", "x-other": "1"}


def test_call_for_one_deal_in_a_run_for_many__belongs_to_the_deal_and_links_to_the_run(
    tmp_path: Path,
) -> None:
    async def work(watch: Watch, scripted: Scripted) -> None:
        transport = watch.transport("netsuite", scripted)

        async def send(run: Run) -> None:
            with correlated("800C"):
                await transport.send(request((("traceparent", traceparent("800C")),)))

        await watch.process(send)(FakeRun("send", "erp.invoice"))

    http, run = traced(tmp_path / "spans", work)
    assert http["traceId"] == traceparent("800C").split("-")[1]
    assert http["traceId"] != run["traceId"]
    assert http["links"] == [{"traceId": run["traceId"], "spanId": run["spanId"]}]


def test_run_that_fails__is_an_error_that_does_not_repeat_what_was_said(tmp_path: Path) -> None:
    async def work(watch: Watch, scripted: Scripted) -> None:
        async def rating(run: Run) -> None:
            raise ValueError("salary 90210")

        with pytest.raises(ValueError, match="90210"):
            await watch.process(rating)(FakeRun("rating", "all"))

    (span,) = traced(tmp_path / "spans", work)
    assert span["status"] == {"code": 2}
    assert span["attributes"]["error.type"] == "ValueError"
    assert "90210" not in json.dumps(span)


def test_deal__begins_its_trace_where_it_was_first_read(tmp_path: Path) -> None:
    async def work(watch: Watch, scripted: Scripted) -> None:
        assert watch.spans is not None
        watch.spans.deal_read("800C", "00000101")
        watch.spans.deal_read("800C", "00000101")

    first, again = traced(tmp_path / "spans", work)
    _, trace_id, root, _ = traceparent("800C").split("-")
    assert (first["traceId"], first["spanId"], first["parentSpanId"]) == (trace_id, root, "")
    assert (again["traceId"], again["parentSpanId"]) == (trace_id, root)


def test_traces_that_cannot_be_kept__are_refused_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(NoTraces, match="no such file or directory; name another file"):
        spans_to(str(tmp_path / "nowhere" / "spans"), "seed")
    with pytest.raises(NoTraces, match="install opentelemetry-exporter-otlp-proto-http"):
        spans_to("http://127.0.0.1:4318/v1/traces", "seed")


def test_response__passes_through_unchanged() -> None:
    given = HttpResponse(status=200, headers=(("a", "b"),), body=b"x")
    transport = Watch(CoreMetrics()).transport("crm", Scripted(given))
    assert asyncio.run(transport.send(request())) is given
