"""What a mock counts of itself while it serves: plain numbers, formatted only when somebody scrapes.

A read by id takes some thirty microseconds, so counting it may take no more than one.
"""

import asyncio
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from mocks.kit.clock import machine_seconds

BOUNDS = (0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
LAG_BOUNDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)
LAG_EVERY_SECONDS = 0.1
NO_OPERATION = ""  # the path or the method is none of the vendor's
NOT_ANSWERED = 0  # the connection ended before the call, or before its answer


class Tally(Struct):
    """Values by the bucket they fall into, and their sum."""

    counts: list[int]
    total: float = 0.0

    def cumulative(self, bounds: Sequence[float]) -> list[tuple[str, float]]:
        """As Prometheus has buckets: each holds all before it, the last has no end."""
        reached, buckets = 0, []
        for bound, count in zip((*map(str, map(float, bounds)), "+Inf"), self.counts, strict=True):
            reached += count
            buckets.append((bound, float(reached)))
        return buckets


class Served:
    """Calls of one mock by world, operation and status."""

    def __init__(self) -> None:
        self._tallies: dict[tuple[str, str, int], Tally] = {}

    def note(self, world: str, operation: str, status: int, seconds: float) -> None:
        """Count a call."""
        tally = self._tallies.get((world, operation, status))
        if tally is None:
            tally = self._tallies[world, operation, status] = Tally([0] * (len(BOUNDS) + 1))
        tally.counts[bisect_left(BOUNDS, seconds)] += 1
        tally.total += seconds

    def tallies(self) -> Mapping[tuple[str, str, int], Tally]:
        """Everything counted, by world, operation and status."""
        return self._tallies

    def forget(self, world: str) -> None:
        """A world is gone, and with it what was counted of it."""
        for key in [key for key in self._tallies if key[0] == world]:
            del self._tallies[key]


class LoopLag:
    """How late the event loop of a process comes to what is due."""

    def __init__(self) -> None:
        self.tally = Tally([0] * (len(LAG_BOUNDS) + 1))

    def note(self, seconds: float) -> None:
        """Count one measurement."""
        self.tally.counts[bisect_left(LAG_BOUNDS, seconds)] += 1
        self.tally.total += seconds

    async def watch(self) -> None:
        """Measure for as long as it runs."""
        while True:
            due = machine_seconds() + LAG_EVERY_SECONDS
            await asyncio.sleep(LAG_EVERY_SECONDS)
            self.note(max(0.0, machine_seconds() - due))


def status_class(status: int) -> str:
    """How a status counts: 2xx, 3xx, 4xx, 429 by itself, 5xx, or none where no answer went out."""
    if status == NOT_ANSWERED:
        return "none"
    return "429" if status == 429 else f"{status // 100}xx"


def by_class(served: Served) -> Iterator[tuple[tuple[str, str, str], int]]:
    """Numbers of calls by world, operation and class of status."""
    sums: dict[tuple[str, str, str], int] = {}
    for (world, operation, status), tally in served.tallies().items():
        key = (world, operation, status_class(status))
        sums[key] = sums.get(key, 0) + sum(tally.counts)
    yield from sums.items()


def by_operation(served: Served) -> Iterator[tuple[tuple[str, str], Tally]]:
    """Durations by world and operation, whatever the status."""
    sums: dict[tuple[str, str], Tally] = {}
    for (world, operation, _), tally in served.tallies().items():
        known = sums.setdefault((world, operation), Tally([0] * (len(BOUNDS) + 1)))
        known.counts = [one + more for one, more in zip(known.counts, tally.counts, strict=True)]
        known.total += tally.total
    yield from sums.items()
