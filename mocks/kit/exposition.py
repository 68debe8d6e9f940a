"""A mock's numbers in the text format of Prometheus; imported at the first scrape, as most mocks see none."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import Metric

from mocks.kit.metrics import BOUNDS, LAG_BOUNDS, NO_OPERATION, by_class, by_operation
from mocks.kit.world import World

if TYPE_CHECKING:
    from mocks.kit.system import MockSystem

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
Numbers = Callable[[World], Iterator[tuple[tuple[str, ...], float]]]


def exposition(system: "MockSystem") -> bytes:
    """All metrics of one mock, and of the process it runs in."""
    registry = CollectorRegistry()
    registry.register(_Collected(system))
    ProcessCollector(registry=registry)
    return generate_latest(registry)


class _Collected:
    """What the registry asks."""

    def __init__(self, system: "MockSystem") -> None:
        self._system = system
        shown = {one.name: f"{one.method} {one.path}" for one in system.vendor.operations}
        self._shown = {NO_OPERATION: "none", **shown}

    def describe(self) -> list[Metric]:
        """Nothing ahead."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Everything counted by now."""
        yield from self._calls()
        yield self._of_worlds("limit_refusals", "Calls refused by a limit.", ("limit",), _refusals)
        yield self._of_worlds("faults_struck", "How often faults struck.", ("fault",), _strikes)
        yield self._of_worlds(
            "webhook_deliveries",
            "Tries to deliver notifications, and those lost by a fault.",
            ("outcome",),
            _sent,
        )
        yield self._of_worlds("store_writes", "Inserts, updates and deletes of records.", (), _writes)
        yield self._of_worlds("webhooks_pending", "Deliveries that are owed.", (), _owed, gauge=True)
        yield self._of_worlds("journal_entries", "Calls that the journal keeps.", (), _kept, gauge=True)
        yield self._of_worlds("clock_seconds", "The world's own time.", (), _time, gauge=True)
        lag = self._system.loop_lag
        yield HistogramMetricFamily(
            "rehearse_mock_loop_lag_seconds",
            "How late the event loop came to a due task.",
            buckets=lag.tally.cumulative(LAG_BOUNDS),
            sum_value=lag.tally.total,
        )

    def _calls(self) -> Iterator[Metric]:
        vendor = self._system.vendor.name
        labels = ["vendor", "world", "operation"]
        calls = CounterMetricFamily("rehearse_mock_requests", "Calls served.", labels=[*labels, "status"])
        for (world, operation, status), count in by_class(self._system.served):
            calls.add_metric([vendor, world, self._shown[operation], status], count)
        yield calls
        times = HistogramMetricFamily(
            "rehearse_mock_request_seconds", "How long calls took to serve.", labels=labels
        )
        for (world, operation), tally in by_operation(self._system.served):
            times.add_metric(
                [vendor, world, self._shown[operation]], tally.cumulative(BOUNDS), sum_value=tally.total
            )
        yield times

    def _of_worlds(
        self, name: str, text: str, labels: tuple[str, ...], numbers: Numbers, *, gauge: bool = False
    ) -> Metric:
        kind = GaugeMetricFamily if gauge else CounterMetricFamily
        family = kind(f"rehearse_mock_{name}", text, labels=["vendor", "world", *labels])
        for world in self._system.worlds.values():
            for values, number in numbers(world):
                family.add_metric([self._system.vendor.name, world.name, *values], number)
        return family


def _refusals(world: World) -> Iterator[tuple[tuple[str, ...], float]]:
    for limit, count in world.limits.refused.items():
        yield (limit,), count


def _strikes(world: World) -> Iterator[tuple[tuple[str, ...], float]]:
    for fault, count in world.faults.struck.items():
        yield (fault,), count


def _sent(world: World) -> Iterator[tuple[tuple[str, ...], float]]:
    for outcome, count in world.webhooks.tried.items():
        yield (outcome,), count


def _writes(world: World) -> Iterator[tuple[tuple[str, ...], float]]:
    yield (), world.store.writes


def _owed(world: World) -> Iterator[tuple[tuple[str, ...], float]]:
    yield (), world.webhooks.owed()


def _kept(world: World) -> Iterator[tuple[tuple[str, ...], float]]:
    yield (), world.journal.size


def _time(world: World) -> Iterator[tuple[tuple[str, ...], float]]:
    yield (), world.now_ms() / 1000
