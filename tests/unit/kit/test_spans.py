"""Spans of served calls continue the caller's trace and tell nothing that was said."""

import asyncio
import inspect
import json
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from integration_core.wiring import span_lines as of_the_core
from mocks.kit import span_lines
from mocks.kit.span_lines import SpanLines
from mocks.kit.spans import Spans, spans_to
from mocks.kit.traces import NoTraces, trace_to
from tests.unit.kit.test_system import Bench
from tests.unit.mocks.asgi import call

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


def spans_in(path: Path) -> list[dict[str, Any]]:
    """The spans of a file, attributes as a plain mapping."""
    found = []
    for line in path.read_bytes().splitlines():
        (resource,) = json.loads(line)["resourceSpans"]
        (span,) = resource["scopeSpans"][0]["spans"]
        attributes = {one["key"]: next(iter(one["value"].values())) for one in span["attributes"]}
        found.append({**span, "attributes": attributes})
    return found


def served(path: Path, traceparent: str, *, fault: str = "") -> dict[str, Any]:
    """The span of one call."""
    bench = Bench()
    key = bench.world()
    trace_to(bench.system, str(path))
    if fault:
        bench.fault(kind=fault, times=1)
    headers = {**key, "traceparent": traceparent}
    asyncio.run(call(bench.system, "PUT", "/things/a?ssn=1", headers, b'{"amount": 77, "salary": 90210}'))
    assert bench.system.spans is not None
    bench.system.spans.close()
    (span,) = spans_in(path)
    return span


def test_span__continues_the_callers_trace(tmp_path: Path) -> None:
    span = served(tmp_path / "spans", f"00-{TRACE}-{PARENT}-01")
    assert (span["traceId"], span["parentSpanId"], span["kind"]) == (TRACE, PARENT, 2)
    assert span["name"] == "toy put_thing"
    assert span["attributes"] == {
        "http.request.method": "PUT",
        "http.response.status_code": "201",
        "http.route": "/things/{code}",
        "rehearse.at_ms": "1000000",
        "rehearse.operation": "put_thing",
        "rehearse.outcome": "answered",
        "rehearse.system": "toy",
        "rehearse.world": "default",
    }
    assert int(span["endTimeUnixNano"]) >= int(span["startTimeUnixNano"])


def test_span__tells_no_body_query_or_credential(tmp_path: Path) -> None:
    text = json.dumps(served(tmp_path / "spans", f"00-{TRACE}-{PARENT}-01"))
    assert not [word for word in ("90210", "ssn", "key-default", "amount") if word in text]


def test_span_of_a_lost_answer__names_the_fault_and_is_an_error(tmp_path: Path) -> None:
    span = served(tmp_path / "spans", "", fault="lose_answer")
    assert (span["attributes"]["rehearse.fault"], span["attributes"]["rehearse.outcome"]) == ("f", "dropped")
    assert span["status"] == {"code": 2}


@pytest.mark.parametrize("header", ["", "nonsense", f"00-{'x' * 32}-{PARENT}-01", f"00-{TRACE}-1-01"])
def test_unreadable_traceparent__begins_a_trace_of_its_own(tmp_path: Path, header: str) -> None:
    span = served(tmp_path / "spans", header)
    assert span["parentSpanId"] == ""
    assert span["traceId"] != TRACE


def test_file_that_cannot_be_written__is_refused_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(NoTraces, match="no such file or directory; name another file"):
        spans_to(str(tmp_path / "nowhere" / "spans"), "toy")


def test_collector_without_its_library__is_refused_in_one_sentence() -> None:
    with pytest.raises(NoTraces, match="install opentelemetry-exporter-otlp-proto-http"):
        spans_to("http://127.0.0.1:4318/v1/traces", "toy")


def test_lines__are_bounded_and_appended_to_what_others_wrote(tmp_path: Path) -> None:
    path = tmp_path / "spans"
    path.write_text("first\n")
    spans = Spans(SimpleSpanProcessor(SpanLines(path, maximum=2)), "toy")
    bench = Bench()
    key = bench.world()
    bench.system.spans = spans
    for _ in range(4):
        bench.put(key)
    spans.close()
    lines = path.read_text().splitlines()
    assert lines[0] == "first"
    assert len(lines) == 3


def test_both_sides__write_the_same_lines() -> None:
    """They never import each other, so the module stands twice; apart from what it says of itself, alike."""
    one, other = (inspect.getsource(module) for module in (span_lines, of_the_core))
    assert one.partition("import os")[2] == other.partition("import os")[2]
