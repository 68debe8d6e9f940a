"""OpenTelemetry spans of what the core does; off unless somebody asks, and imported only then.

A trace is a business run: its id is made of the correlation id, as the `traceparent` of every call
already is (`adapters/http/correlation.py`). All work on one deal shares the trace of its contract,
which begins where the contract was first read; what is done for many deals at once (a poll, a billing
run) has a trace of its own, and spans of a deal link to it. Attributes name systems, processes and
kinds of calls; no payload, amount or credential ever gets there.
"""

import hashlib
import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.trace import Link, NonRecordingSpan, Span, SpanContext, SpanKind, StatusCode, TraceFlags

from integration_core.adapters.http.correlation import traceparent
from integration_core.ports.engine import Run
from integration_core.wiring.span_lines import SpanLines
from integration_core.wiring.watching import NoTraces

_HEADER = "traceparent"
_DEALS_KNOWN = 100_000
_OTLP = "opentelemetry.exporter.otlp.proto.http.trace_exporter"
Headers = tuple[tuple[str, str], ...]


class _Ids(IdGenerator):
    """Ids that follow from a seed, so that a simulation names its spans alike every time."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._drawn = 0
        self.next_root: tuple[int, int] | None = None

    def generate_span_id(self) -> int:
        """The next span's id."""
        if self.next_root is not None:
            return self.next_root[1]
        return self._draw(8)

    def generate_trace_id(self) -> int:
        """The id of a trace that begins here."""
        return self._draw(16) if self.next_root is None else self.next_root[0]

    def _draw(self, size: int) -> int:
        self._drawn += 1
        digest = hashlib.blake2b(f"{self._seed}|{self._drawn}".encode(), digest_size=size).digest()
        return int.from_bytes(digest) or 1


class Spans:
    """Makes the core's spans; every method belongs to the event loop's thread."""

    def __init__(self, processor: SpanProcessor, seed: str) -> None:
        self._ids = _Ids(seed)
        resource = Resource({"service.name": "integration-core"})
        self._provider = TracerProvider(resource=resource, id_generator=self._ids, shutdown_on_exit=False)
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("dress-rehearsal")
        self._deals: set[str] = set()

    @contextmanager
    def run(self, run: Run, correlation_id: str) -> Iterator[None]:
        """A stretch of a run; its key is a source, a lane, a company or a contract."""
        attributes = {"rehearse.process": run.process, "rehearse.key": run.key, "rehearse.run": run.run_id}
        parent = _context(traceparent(correlation_id))
        with self._begun(f"run {run.process}", SpanKind.INTERNAL, attributes, parent) as span, _told(span):
            yield

    @contextmanager
    def transaction(self, name: str) -> Iterator[None]:
        """A transaction of the run in hand; of its name only what stands before the first colon."""
        shown = name.partition(":")[0]
        with self._begun(f"transaction {shown}", SpanKind.INTERNAL, {}, None) as span, _told(span):
            yield

    @contextmanager
    def call(self, system: str, operation: str, headers: Headers) -> Iterator[tuple[Span, Headers]]:
        """A call to a vendor, with headers that name this very span to the other side."""
        current = trace.get_current_span().get_span_context()
        given = next((value for name, value in headers if name == _HEADER), "")
        parent, links = None, []
        if given:
            wanted = trace.get_current_span(_context(given)).get_span_context()
            if wanted.trace_id != current.trace_id:  # work on one deal within a run for many
                parent = _context(given)
                links = [Link(current)] if current.is_valid else []
        attributes = {"rehearse.system": system, "rehearse.operation": operation}
        with self._begun(f"{system} {operation}", SpanKind.CLIENT, attributes, parent, links) as span:
            rest = tuple(header for header in headers if header[0] != _HEADER)
            yield span, (*rest, (_HEADER, _header(span)))

    def deal_read(self, contract_native_id: str, number: str) -> None:
        """A contract was read: the first time, that is where its trace begins."""
        current = trace.get_current_span().get_span_context()
        attributes = {"rehearse.contract": contract_native_id, "rehearse.number": number}
        root, parent = traceparent(contract_native_id), None
        if contract_native_id in self._deals or len(self._deals) >= _DEALS_KNOWN:
            parent = _context(root)
        else:
            self._deals.add(contract_native_id)
            _, trace_id, span_id, _ = root.split("-")
            self._ids.next_root = (int(trace_id, 16), int(span_id, 16))
        links = [Link(current)] if current.is_valid else []
        span = self._tracer.start_span(
            "read contract", context=parent or Context(), attributes=attributes, links=links
        )
        self._ids.next_root = None
        span.end()

    @contextmanager
    def _begun(
        self,
        name: str,
        kind: SpanKind,
        attributes: dict[str, str],
        parent: Context | None,
        links: list[Link] | None = None,
    ) -> Iterator[Span]:
        # What an exception says may be a vendor's own words about a record: only its type is told.
        with self._tracer.start_as_current_span(
            name,
            context=parent,
            kind=kind,
            attributes=attributes,
            links=links or [],
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            yield span

    def close(self) -> None:
        """Write what is kept."""
        self._provider.shutdown()


def spans_to(target: str, seed: str) -> Spans:
    """Spans to a file, or to a collector's `http://…/v1/traces`; raises NoTraces."""
    return Spans(processor_to(target), seed)


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


@contextmanager
def _told(span: Span) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        span.set_attribute("error.type", type(error).__name__)
        span.set_status(StatusCode.ERROR)
        raise


def _context(header: str) -> Context:
    _, trace_id, span_id, _ = header.split("-")
    remote = SpanContext(int(trace_id, 16), int(span_id, 16), True, TraceFlags(TraceFlags.SAMPLED))
    return trace.set_span_in_context(NonRecordingSpan(remote), Context())


def _header(span: Span) -> str:
    context = span.get_span_context()
    return f"00-{trace.format_trace_id(context.trace_id)}-{trace.format_span_id(context.span_id)}-01"
