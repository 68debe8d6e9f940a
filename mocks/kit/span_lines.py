"""Spans into a file: one line each, as the OpenTelemetry collector reads them from files (OTLP/JSON).

Several processes may share the file, as whole lines are appended at once. After `MAXIMUM_SPANS` a
process writes no more. The core has the same in `integration_core/wiring/span_lines.py`: the two sides never
import each other.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import StatusCode, format_span_id, format_trace_id

MAXIMUM_SPANS = 500_000
LINES_AT_ONCE = 64
PATIENCE_NS = 1_000_000_000
_STATUS = {StatusCode.UNSET: 0, StatusCode.OK: 1, StatusCode.ERROR: 2}


class SpanLines(SpanExporter):
    """Appends spans to a file, some at a time."""

    def __init__(self, path: Path, maximum: int = MAXIMUM_SPANS) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._waiting: list[bytes] = []
        self._left = maximum
        self._written_ns = 0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Keep ended spans, and write when there are enough of them or a second has passed."""
        for span in spans[: max(0, self._left)]:
            self._waiting.append(line_of(span))
            self._left -= 1
        ended_ns = spans[-1].end_time if spans else None
        if len(self._waiting) >= LINES_AT_ONCE or (ended_ns or 0) > self._written_ns + PATIENCE_NS:
            self._written_ns = ended_ns or self._written_ns
            self.force_flush()
        return SpanExportResult.SUCCESS

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Write what is kept."""
        if self._waiting:
            os.write(self._file, b"".join(self._waiting))
            self._waiting.clear()
        return True

    def shutdown(self) -> None:
        """Write what is kept and close the file."""
        if self._file >= 0:
            self.force_flush()
            os.close(self._file)
            self._file, self._left = -1, 0


def line_of(span: ReadableSpan) -> bytes:
    """One ended span as one request of OTLP/JSON."""
    context, parent = span.get_span_context(), span.parent
    if context is None:
        raise ValueError("a span without a context has ended")
    shown: dict[str, Any] = {
        "traceId": format_trace_id(context.trace_id),
        "spanId": format_span_id(context.span_id),
        "parentSpanId": format_span_id(parent.span_id) if parent else "",
        "name": span.name,
        "kind": span.kind.value + 1,
        "startTimeUnixNano": str(span.start_time),
        "endTimeUnixNano": str(span.end_time),
        "attributes": _attributes(span.attributes or {}),
        "links": [
            {
                "traceId": format_trace_id(link.context.trace_id),
                "spanId": format_span_id(link.context.span_id),
            }
            for link in span.links
        ],
        "status": {"code": _STATUS[span.status.status_code]},
    }
    resource = {"attributes": _attributes(span.resource.attributes)}
    scope = {"scope": {"name": "dress-rehearsal"}, "spans": [shown]}
    return msgspec.json.encode({"resourceSpans": [{"resource": resource, "scopeSpans": [scope]}]}) + b"\n"


def _attributes(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"key": name, "value": _value(value)} for name, value in sorted(values.items())]


def _value(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    return {"intValue": str(value)} if isinstance(value, int) else {"stringValue": str(value)}
