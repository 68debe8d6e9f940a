"""Who looks on while a core works: metrics, and spans where they are asked for.

Everything watched is wrapped from outside, so that adapters, engine and processes know nothing of
it; where nobody watches, nothing is wrapped and the core is exactly what it would be without this.
"""

import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, Protocol

import msgspec
from sqlalchemy import Connection
from sqlalchemy import Engine as Database

from integration_core.adapters.http.correlation import correlated
from integration_core.adapters.http.operations import operation_of, outcome_of
from integration_core.canonical.deals import Contract
from integration_core.ports.engine import Json, Process, Run
from integration_core.ports.http import HttpRequest, HttpResponse, HttpTransport, NotSent
from integration_core.ports.metrics import SILENT, Metrics
from integration_core.ports.systems import ChangePage, Source

if TYPE_CHECKING:
    from integration_core.wiring.spans import Spans


Exposition = Callable[[], Coroutine[Any, Any, bytes]]


class NoTraces(Exception):
    """Spans cannot be written where they were asked for; the text is the sentence for people."""


class Shown(Protocol):
    """Metrics that somebody can read."""

    def expose(self, database: Database, now_ms: Callable[[], int]) -> Exposition:
        """Watch a database too, and give what answers a scrape."""
        ...

    async def watch_loop(self) -> None:
        """For as long as it runs, measure how late the event loop is."""
        ...


class Watch:
    """What listens to one core; by default nobody."""

    def __init__(
        self,
        metrics: Metrics = SILENT,
        spans: "Spans | None" = None,
        shown: Shown | None = None,
        seconds: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.metrics = metrics
        self.spans = spans
        self.shown = shown
        self._seconds = seconds

    @property
    def is_on(self) -> bool:
        """Whether anybody listens."""
        return self.metrics is not SILENT or self.spans is not None

    def transport(self, system: str, transport: HttpTransport) -> HttpTransport:
        """The transport by which one system is called."""
        return WatchedTransport(system, transport, self, self._seconds) if self.is_on else transport

    def source(self, source: Source) -> Source:
        """A source whose contracts begin traces."""
        return source if self.spans is None else WatchedSource(source, self.spans)

    def process(self, process: Process) -> Process:
        """A process whose every call carries its run's trace; all about one deal share the contract's."""

        async def run_correlated(run: Run) -> None:
            correlation_id = run.key if run.process == "provision" else run.run_id
            with correlated(correlation_id):
                if self.is_on:
                    await self._watched(process, run, correlation_id)
                else:
                    await process(run)

        return run_correlated

    async def _watched(self, process: Process, run: Run, correlation_id: str) -> None:
        began, outcome = self._seconds(), "suspended"
        spans = self.spans
        try:
            with nullcontext() if spans is None else spans.run(run, correlation_id):
                await process(WatchedRun(run, self))
            outcome = "ok"
        except Exception:
            outcome = "failed"
            raise
        finally:
            self.metrics.run_ended(run.process, outcome, self._seconds() - began)


class WatchedRun:
    """A run whose transactions are spans and whose waits are counted: processes wait for another try only."""

    def __init__(self, run: Run, watch: Watch) -> None:
        self._run = run
        self._watch = watch
        self.process, self.key, self.run_id = run.process, run.key, run.run_id

    async def step(self, name: str, effect: Callable[[], Awaitable[Json]]) -> Json:
        """See ports.engine."""
        return await self._run.step(name, effect)

    async def transaction(self, name: str, work: Callable[[Connection], Json]) -> Json:
        """See ports.engine."""
        spans = self._watch.spans
        with nullcontext() if spans is None else spans.transaction(name):
            return await self._run.transaction(name, work)

    async def sleep(self, name: str, seconds: float) -> None:
        """See ports.engine."""
        self._watch.metrics.paused(self.process)
        await self._run.sleep(name, seconds)

    async def now_ms(self, name: str) -> int:
        """See ports.engine."""
        return await self._run.now_ms(name)

    def new_id(self, name: str) -> str:
        """See ports.engine."""
        return self._run.new_id(name)


class WatchedTransport:
    """Counts, times and traces the calls to one system."""

    def __init__(
        self, system: str, transport: HttpTransport, watch: Watch, seconds: Callable[[], float]
    ) -> None:
        self._system = system
        self._transport = transport
        self._watch = watch
        self._seconds = seconds

    async def send(self, request: HttpRequest) -> HttpResponse:
        """See ports.http."""
        operation, spans = operation_of(request.method, request.url), self._watch.spans
        if spans is None:
            return (await self._counted(operation, request))[0]
        with spans.call(self._system, operation, request.headers) as (span, headers):
            response, outcome = await self._counted(
                operation, msgspec.structs.replace(request, headers=headers)
            )
            span.set_attribute("http.response.status_code", response.status)
            span.set_attribute("rehearse.outcome", outcome)
            return response

    async def _counted(self, operation: str, request: HttpRequest) -> tuple[HttpResponse, str]:
        began, outcome = self._seconds(), "no_answer"
        try:
            response = await self._transport.send(request)
            outcome = outcome_of(response.status)
        except NotSent:
            outcome = "not_sent"
            raise
        finally:
            self._watch.metrics.called(self._system, operation, outcome, self._seconds() - began)
        return response, outcome


class WatchedSource:
    """A source as the polls see it; a contract on a page is where the trace of its deal begins."""

    def __init__(self, source: Source, spans: "Spans") -> None:
        self._source = source
        self._spans = spans
        self.name, self.streams = source.name, source.streams

    async def read_changes(self, stream: str, since_ms: int, cursor: str | None) -> ChangePage:
        """See ports.systems."""
        page = await self._source.read_changes(stream, since_ms, cursor)
        for record in page.records:
            if isinstance(record, Contract):
                self._spans.deal_read(record.native_id, record.number)
        return page
