"""The core's metrics for Prometheus: counted here, formatted when somebody asks.

Each process of a core counts its own work. What is read from the database (`depths`) is the same at
every process that shares it, so of several workers it is taken once, not added up.
"""

import asyncio
import time
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from threading import Lock
from typing import Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import Metric
from sqlalchemy import Connection, event
from sqlalchemy import Engine as Database

from integration_core.wiring.depths import Depths
from integration_core.wiring.watching import Exposition

# They would be a third of all samples, and nobody asks for them.
disable_created_metrics()  # type: ignore[no-untyped-call]  # the library does not annotate it
MAXIMUM_OPERATIONS = 300  # of all systems together; what comes after them counts as `other`
LAG_EVERY_SECONDS = 0.1
_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 3600)
# A clock that runs fast is soon beyond an hour: two days in a minute are three quarters of an hour a second.
_HOURS = (1.5, 2, 3, 4, 6, 8, 12, 16, 24, 36, 48, 72, 120, 240)
APPROVAL_BOUNDS = (*_STEPS, *(hours * 3600.0 for hours in _HOURS))
CALL_BOUNDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)
RUN_BOUNDS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 300)
TRANSACTION_BOUNDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)
LAG_BOUNDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)


class Tallies:
    """A histogram that takes many values at once for the price of one lock."""

    def __init__(self, name: str, text: str, bounds: Sequence[float]) -> None:
        self._name, self._text, self._bounds = name, text, tuple(float(bound) for bound in bounds)
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0
        self._lock = Lock()

    def observe(self, values: Sequence[float]) -> None:
        """Count values."""
        with self._lock:
            for value in values:
                self._counts[bisect_left(self._bounds, value)] += 1
                self._sum += value

    def family(self) -> HistogramMetricFamily:
        """As Prometheus has it: cumulative, the last bucket without an end."""
        with self._lock:
            counts, total = list(self._counts), self._sum
        reached, buckets = 0, []
        for bound, count in zip((*map(str, self._bounds), "+Inf"), counts, strict=True):
            reached += count
            buckets.append((bound, float(reached)))
        return HistogramMetricFamily(self._name, self._text, buckets=buckets, sum_value=total)


class CoreMetrics:
    """The port `Metrics` over a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._operations: set[tuple[str, str]] = set()
        self._calls = self._counter("calls", "Calls to vendors.", "system", "operation", "outcome")
        self._call_seconds = self._histogram(
            "call_seconds", "How long calls took.", CALL_BOUNDS, "system", "operation"
        )
        self._pauses = self._counter("pauses", "Waits of a run before it tries a call again.", "process")
        self._records = self._counter("records_taken", "Records read and stored.", "source", "stream")
        self._entries = self._counter("entries_rated", "Time entries that left the rating.", "outcome")
        self._documents = self._counter("documents_stated", "Documents wanted of the ERP.", "kind")
        self._rows = self._counter("rows_sent", "Outbox rows told to targets.", "lane", "outcome")
        self._runs = self._counter("runs", "Stretches of runs.", "process", "outcome")
        self._run_seconds = self._histogram("run_seconds", "How long runs took.", RUN_BOUNDS, "process")
        self._notifications = self._counter("notifications", "Notifications.", "vendor", "outcome")
        self.approvals = Tallies(
            "rehearse_core_approval_to_billing_event_seconds",
            "The core's time from the approval of a time entry to its billing event.",
            APPROVAL_BOUNDS,
        )
        self.loop_lag = Tallies(
            "rehearse_core_loop_lag_seconds", "How late the event loop came to a due task.", LAG_BOUNDS
        )

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"rehearse_core_{name}", text, labels, registry=self.registry)

    def _histogram(self, name: str, text: str, bounds: Sequence[float], *labels: str) -> Histogram:
        return Histogram(f"rehearse_core_{name}", text, labels, registry=self.registry, buckets=bounds)

    def called(self, system: str, operation: str, outcome: str, seconds: float) -> None:
        """See ports.metrics; operations beyond the bound share one name."""
        if (system, operation) not in self._operations:
            if len(self._operations) >= MAXIMUM_OPERATIONS:
                operation = "other"
            self._operations.add((system, operation))
        self._calls.labels(system, operation, outcome).inc()
        self._call_seconds.labels(system, operation).observe(seconds)

    def paused(self, process: str) -> None:
        """See ports.metrics."""
        self._pauses.labels(process).inc()

    def records_taken(self, source: str, stream: str, count: int) -> None:
        """See ports.metrics."""
        self._records.labels(source, stream).inc(count)

    def entries_rated(self, outcome: str, count: int) -> None:
        """See ports.metrics."""
        self._entries.labels(outcome).inc(count)

    def entries_priced(self, lags_ms: Sequence[int]) -> None:
        """See ports.metrics."""
        self.approvals.observe([lag_ms / 1000 for lag_ms in lags_ms])

    def documents_stated(self, kind: str, count: int) -> None:
        """See ports.metrics."""
        self._documents.labels(kind).inc(count)

    def rows_sent(self, lane: str, outcome: str, count: int) -> None:
        """See ports.metrics."""
        self._rows.labels(lane, outcome).inc(count)

    def run_ended(self, process: str, outcome: str, seconds: float) -> None:
        """See ports.metrics."""
        self._runs.labels(process, outcome).inc()
        self._run_seconds.labels(process).observe(seconds)

    def notified(self, vendor: str, outcome: str) -> None:
        """See ports.metrics."""
        self._notifications.labels(vendor, outcome).inc()

    def expose(self, database: Database, now_ms: Callable[[], int]) -> Exposition:
        """Watch a database too, and give what answers a scrape."""
        return _Scrape(self, database, now_ms).text

    async def watch_loop(self, seconds: Callable[[], float] = time.perf_counter) -> None:
        """For as long as it runs, measure how late the event loop is."""
        while True:
            due = seconds() + LAG_EVERY_SECONDS
            await asyncio.sleep(LAG_EVERY_SECONDS)
            self.loop_lag.observe([max(0.0, seconds() - due)])


class DatabaseTimes:
    """How long connections are held and statements take, by what the pool and the driver report."""

    def __init__(self, database: Database, seconds: Callable[[], float] = time.perf_counter) -> None:
        self._pool: Any = database.pool
        self._seconds = seconds
        self._lock = Lock()
        self._statements, self._statement_seconds = 0, 0.0
        self._held = {
            kind: Tallies(
                f"rehearse_core_{kind}_transaction_seconds",
                f"How long transactions that {kind} held a connection, commit included.",
                TRANSACTION_BOUNDS,
            )
            for kind in ("read", "write")
        }
        event.listen(database, "checkout", self._taken)
        event.listen(database, "checkin", self._given_back)
        event.listen(database, "begin", self._begun)
        event.listen(database, "before_cursor_execute", self._asked)
        event.listen(database, "after_cursor_execute", self._answered)

    def _taken(self, _driver: object, record: Any, _proxy: object) -> None:
        record.info["watch"] = [self._seconds(), "read", 0.0, 0, 0.0]

    def _begun(self, connection: Connection) -> None:
        held = connection.info.get("watch")
        if held and not connection.get_execution_options().get("core_read_only"):
            held[1] = "write"

    def _asked(self, connection: Connection, *_: object) -> None:
        held = connection.info.get("watch")
        if held:
            held[4] = self._seconds()

    def _answered(self, connection: Connection, *_: object) -> None:
        held = connection.info.get("watch")
        if held:
            held[2] += self._seconds() - held[4]
            held[3] += 1

    def _given_back(self, _driver: object, record: Any) -> None:
        held = record.info.pop("watch", None)
        if held is None:
            return
        since, kind, statement_seconds, statements, _ = held
        self._held[kind].observe([self._seconds() - since])
        with self._lock:
            self._statements += statements
            self._statement_seconds += statement_seconds

    def collect(self) -> Iterator[Metric]:
        """For the registry."""
        for held in self._held.values():
            yield held.family()
        yield CounterMetricFamily(
            "rehearse_core_statements", "Statements sent to the database.", value=self._statements
        )
        yield CounterMetricFamily(
            "rehearse_core_statement_seconds", "Seconds spent in them.", value=self._statement_seconds
        )
        if hasattr(self._pool, "checkedout"):
            pool = GaugeMetricFamily(
                "rehearse_core_pool_connections", "Connections of the pool.", labels=["state"]
            )
            pool.add_metric(["in_use"], self._pool.checkedout())
            pool.add_metric(["idle"], self._pool.checkedin())
            yield pool


class _Scrape:
    """What `GET /operations/metrics` answers, made beside the event loop."""

    def __init__(self, metrics: CoreMetrics, database: Database, now_ms: Callable[[], int]) -> None:
        self._metrics = metrics
        self._now_ms = now_ms
        self._times = DatabaseTimes(database)
        self._depths = Depths(database, now_ms)
        metrics.registry.register(self)

    def describe(self) -> Sequence[Metric]:
        """Nothing ahead: the registry would read the database to find out."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """For the registry."""
        yield self._metrics.approvals.family()
        yield self._metrics.loop_lag.family()
        yield GaugeMetricFamily(
            "rehearse_core_clock_seconds", "The core's own time.", value=self._now_ms() / 1000
        )
        yield from self._times.collect()
        yield from self._depths.collect()

    async def text(self) -> bytes:
        """Everything in the text format, version 0.0.4."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(None, generate_latest, self._metrics.registry)
