"""OpenTelemetry spans of served calls; off unless somebody asks, and imported only then.

A call continues the trace that its `traceparent` names, so that a run of the subject and what the
vendors did for it are one. Attributes name systems, operations, statuses and faults; no body, query
or credential ever gets there.
"""

import importlib
from pathlib import Path

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, StatusCode, TraceFlags

from mocks.kit.calls import Call
from mocks.kit.clock import wall_ns
from mocks.kit.span_lines import SpanLines
from mocks.kit.traces import NoTraces

_OTLP = "opentelemetry.exporter.otlp.proto.http.trace_exporter"


class Spans:
    """Makes the spans of one mock."""

    def __init__(self, processor: SpanProcessor, vendor: str) -> None:
        self._vendor = vendor
        self._provider = TracerProvider(
            resource=Resource({"service.name": f"mock-{vendor}"}), shutdown_on_exit=False
        )
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("dress-rehearsal")

    def served(self, call: Call, status: int, outcome: str, fault: str, seconds: float) -> None:
        """Note a call that has just been served; `outcome` is answered, dropped or lost."""
        operation = call.operation
        if operation is None:
            return
        ended_ns = wall_ns()
        attributes = {
            "rehearse.system": self._vendor,
            "rehearse.world": call.world.name,
            "rehearse.operation": operation.name,
            "rehearse.outcome": outcome,
            "http.request.method": call.method,
            "http.route": operation.path,
        }
        if fault:
            attributes["rehearse.fault"] = fault
        span = self._tracer.start_span(
            f"{self._vendor} {operation.name}",
            context=_context(call.headers.get("traceparent", "")),
            kind=SpanKind.SERVER,
            attributes=attributes,
            start_time=ended_ns - int(seconds * 1e9),
        )
        span.set_attribute("http.response.status_code", status)
        span.set_attribute("rehearse.at_ms", call.world.now_ms())
        if status >= 500 or outcome != "answered":
            span.set_status(StatusCode.ERROR)
        span.end(ended_ns)

    def close(self) -> None:
        """Write what is kept."""
        self._provider.shutdown()


def spans_to(target: str, vendor: str) -> Spans:
    """Spans to a file, or to a collector's `http://…/v1/traces`; raises NoTraces."""
    return Spans(processor_to(target), vendor)


def processor_to(target: str) -> SpanProcessor:
    """What takes ended spans to a file or a collector; raises NoTraces."""
    if target.startswith(("http://", "https://")):
        try:
            exporter = importlib.import_module(_OTLP).OTLPSpanExporter(endpoint=target)
        except ImportError:
            raise NoTraces(
                "To send traces to a collector install opentelemetry-exporter-otlp-proto-http, "
                "or name a file instead."
            ) from None
        return BatchSpanProcessor(exporter)
    try:
        return SimpleSpanProcessor(SpanLines(Path(target)))
    except OSError as problem:
        reason = (problem.strerror or "refused").lower()
        raise NoTraces(f"Traces cannot be written to {target}: {reason}; name another file.") from None


def _context(header: str) -> Context:
    """The caller's span; an empty context where the header is none or nonsense, as W3C has it."""
    parts = header.split("-")
    if len(parts) != 4 or len(parts[1]) != 32 or len(parts[2]) != 16:
        return Context()
    try:
        remote = SpanContext(int(parts[1], 16), int(parts[2], 16), True, TraceFlags(TraceFlags.SAMPLED))
    except ValueError:
        return Context()
    return trace.set_span_in_context(NonRecordingSpan(remote), Context())
