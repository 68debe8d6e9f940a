"""Metrics of all processes of a live estate, once a second, kept as compact time series.

A series keeps each sample only when it changed. Functions over it are pure: points, rates, increases,
and percentiles of histograms between two instants.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from urllib.parse import urlsplit

import psutil
from msgspec import Struct, structs
from prometheus_client.parser import text_string_to_metric_families

from integration_core.ports.http import HttpRequest, HttpTransport, NoAnswer, NotSent
from scenarios.estate import System

MAXIMUM_FRAMES = 7_200
SCRAPE_SECONDS = 5.0
MOCK_PATH, CORE_PATH = "/__rehearse__/metrics", "/operations/metrics"
CPU, MEMORY, THREADS = "machine_cpu_seconds_total", "machine_resident_bytes", "machine_threads"


class Target(Struct, frozen=True, kw_only=True):
    """One process to look at: where its metrics are (none: only the machine is asked), and its id."""

    name: str
    url: str = ""
    token: str = ""
    pid: int = 0


class Key(Struct, frozen=True, array_like=True):
    """What a sample is of."""

    name: str
    labels: tuple[tuple[str, str], ...] = ()


class Frame(Struct, frozen=True, array_like=True):
    """What changed by one look, `at_ms` after the first: places in `keys`, and values."""

    at_ms: int
    changed: tuple[tuple[int, float], ...]


class Series(Struct, frozen=True, kw_only=True):
    """All looks at one target; `missed` are those that nobody answered."""

    target: str
    keys: tuple[Key, ...]
    frames: tuple[Frame, ...]
    missed: int = 0


class Point(Struct, frozen=True, array_like=True):
    """A value at an instant."""

    at_ms: int
    value: float


class Histogram(Struct, frozen=True, kw_only=True):
    """Values by bucket, not cumulative; the last bucket has no end."""

    bounds: tuple[float, ...]
    counts: tuple[float, ...]
    total: float

    @property
    def count(self) -> float:
        """How many values there are."""
        return sum(self.counts)


# --- looking ----------------------------------------------------------------------------------------


class Gauges:
    """Looks at targets again and again; every look asks all of them at once, and none for long."""

    def __init__(
        self,
        transport: HttpTransport,
        targets: Sequence[Target],
        *,
        every_seconds: float = 1.0,
        maximum_frames: int = MAXIMUM_FRAMES,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._transport = transport
        self._every_seconds = every_seconds
        self._maximum_frames = maximum_frames
        self._seconds = seconds
        self._began = seconds()
        self._growing = {target.name: _Growing(target) for target in targets}

    async def watch(self) -> None:
        """Look until cancelled, or until so many frames are kept as may be."""
        for number in range(1, self._maximum_frames + 1):
            await self.look()
            due = self._began + number * self._every_seconds
            await asyncio.sleep(max(0.0, due - self._seconds()))

    async def look(self) -> None:
        """One look at every target."""
        at_ms = self.now_ms()
        await asyncio.gather(*(self._one(growing, at_ms) for growing in list(self._growing.values())))

    def now_ms(self) -> int:
        """Milliseconds since the first look; the time of frames."""
        return int((self._seconds() - self._began) * 1000)

    def moved(self, name: str, pid: int) -> None:
        """A target's process was started anew under another id; a new name is watched from now on."""
        growing = self._growing.get(name)
        if growing is None:
            self._growing[name] = _Growing(Target(name=name, pid=pid))
        else:
            growing.target = structs.replace(growing.target, pid=pid)

    def missed(self) -> dict[str, int]:
        """How many looks nobody answered so far, by target."""
        return {name: growing.missed for name, growing in self._growing.items()}

    def series(self) -> dict[str, Series]:
        """Everything seen so far, by target."""
        return {name: growing.series() for name, growing in self._growing.items()}

    async def _one(self, growing: "_Growing", at_ms: int) -> None:
        target = growing.target
        samples = dict(of_process(target.pid))
        if target.url:
            try:
                text = await self._text(target)
            except (NotSent, NoAnswer):
                growing.missed += 1
            else:
                samples = {**growing.nothing_more(), **samples, **samples_of(text, growing.known)}
        growing.add(at_ms, samples)

    async def _text(self, target: Target) -> str:
        request = HttpRequest(
            method="GET",
            url=target.url,
            headers=(("authorization", f"Bearer {target.token}"),),
            timeout_seconds=SCRAPE_SECONDS,
        )
        response = await self._transport.send(request)
        if response.status != 200:
            raise NoAnswer(f"{target.name} answered {response.status} to {urlsplit(target.url).path}")
        return response.body.decode()


class _Growing:
    """A series in the making."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.missed = 0
        self.known: dict[str, Key] = {}  # as scrapes write them
        self._places: dict[Key, int] = {}
        self._last: dict[int, float] = {}
        self._frames: list[Frame] = []

    def add(self, at_ms: int, samples: dict[Key, float]) -> None:
        """Keep what changed."""
        changed = []
        for key, value in samples.items():
            place = self._places.setdefault(key, len(self._places))
            if self._last.get(place) != value:
                self._last[place] = value
                changed.append((place, value))
        self._frames.append(Frame(at_ms, tuple(changed)))

    def nothing_more(self) -> dict[Key, float]:
        """Nought for all that was seen of it: what a scrape does not show any more is no more."""
        return {key: 0.0 for key in self._places if key.name not in (CPU, MEMORY, THREADS)}

    def series(self) -> Series:
        """What was kept."""
        return Series(
            target=self.target.name,
            keys=tuple(self._places),
            frames=tuple(self._frames),
            missed=self.missed,
        )


def mock_targets(systems: Mapping[str, System], token: str, pids: Mapping[str, int]) -> list[Target]:
    """The mocks of an estate, by role; `pids` of those that run on this machine."""
    return [
        Target(
            name=role,
            url=system.url + MOCK_PATH,
            token=token,
            pid=pids.get(role, 0),
        )
        for role, system in systems.items()
    ]


def core_target(name: str, url: str, token: str, pid: int) -> Target:
    """One worker of a core, by its base URL."""
    return Target(name=name, url=url + CORE_PATH, token=token, pid=pid)


def samples_of(text: str, known: dict[str, Key] | None = None) -> dict[Key, float]:
    """The samples of a text that a scrape answered; `known` keeps what was parsed before, for the next one.

    Parsing anew what stands in every answer would make looking on a load of its own.
    """
    known = {} if known is None else known
    samples = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            named, _, value = line.rpartition(" ")
            key = known.get(named)
            if key is None:
                key = known[named] = _parsed(line)
            samples[key] = float(value)
    return samples


def _parsed(line: str) -> Key:
    (family,) = text_string_to_metric_families(line + "\n")
    (sample,) = family.samples
    return Key(sample.name, tuple(sorted(sample.labels.items())))


def of_process(pid: int) -> Iterator[tuple[Key, float]]:
    """What the machine says of a process; nothing of one that has ended."""
    if not pid:
        return
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        with process.oneshot():
            times = process.cpu_times()
            yield Key(CPU), times.user + times.system
            yield Key(MEMORY), float(process.memory_info().rss)
            yield Key(THREADS), float(process.num_threads())


# --- reading ----------------------------------------------------------------------------------------


def points(series: Series, name: str, **labels: str) -> list[Point]:
    """The sum of all samples of a name with these labels, at every look since there is one."""
    wanted = _places(series, name, labels)
    values: dict[int, float] = {}
    found = []
    for frame in series.frames:
        values.update((place, value) for place, value in frame.changed if place in wanted)
        if values:
            found.append(Point(frame.at_ms, sum(values.values())))
    return found


def rates(points: Sequence[Point]) -> list[Point]:
    """How much a counter grew a second, look by look; one that began anew counts from nothing."""
    return [
        Point(after.at_ms, _growth(before.value, after.value) * 1000 / (after.at_ms - before.at_ms))
        for before, after in pairwise(points)
        if after.at_ms > before.at_ms
    ]


def increase(points: Sequence[Point]) -> float:
    """How much a counter grew in all."""
    return sum(_growth(before.value, after.value) for before, after in pairwise(points))


def between(points: Sequence[Point], from_ms: int, until_ms: int) -> list[Point]:
    """The points of a span of time, both ends included."""
    return [point for point in points if from_ms <= point.at_ms <= until_ms]


def labels_of(series: Series, name: str, label: str) -> list[str]:
    """The values that a label of a name takes, sorted."""
    found = {value for key in series.keys if key.name == name for one, value in key.labels if one == label}
    return sorted(found)


def histogram(
    series: Series, name: str, from_ms: int = -1, until_ms: int | None = None, **labels: str
) -> Histogram:
    """What a histogram took in after an instant and up to another; -1 is from the process's own start on."""
    grown = _growths(series, from_ms, until_ms)
    buckets: dict[float, float] = {}
    for place in _places(series, f"{name}_bucket", labels):
        bound = float(dict(series.keys[place].labels)["le"])
        buckets[bound] = buckets.get(bound, 0.0) + grown.get(place, 0.0)
    ordered = sorted(buckets)
    cumulative = [buckets[bound] for bound in ordered]
    counts = [after - before for before, after in pairwise([0.0, *cumulative])]
    return Histogram(
        bounds=tuple(ordered[:-1]),
        counts=tuple(counts),
        total=sum(grown.get(place, 0.0) for place in _places(series, f"{name}_sum", labels)),
    )


def merged(histograms: Iterable[Histogram]) -> Histogram:
    """Several of the same bounds as one, such as those of all workers; empty ones count for nothing."""
    found = [one for one in histograms if one.counts]
    if not found:
        return Histogram(bounds=(), counts=(), total=0.0)
    if len({one.bounds for one in found}) > 1:
        raise ValueError("Histograms of different bounds cannot be merged.")
    counts = tuple(sum(column) for column in zip(*(one.counts for one in found), strict=True))
    return Histogram(bounds=found[0].bounds, counts=counts, total=sum(one.total for one in found))


def percentile(histogram: Histogram, share: float) -> float | None:
    """The value that a share (0 to 1) of all does not exceed, as if buckets were filled evenly.

    None where there is nothing; the last bound where it lies beyond all of them.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"A share lies between 0 and 1, not at {share}.")
    wanted, reached, lower = share * histogram.count, 0.0, 0.0
    if not histogram.count:
        return None
    for bound, count in zip(histogram.bounds, histogram.counts, strict=False):
        if count and reached + count >= wanted:
            return lower + (bound - lower) * max(0.0, wanted - reached) / count
        reached, lower = reached + count, bound
    return lower


def _places(series: Series, name: str, labels: dict[str, str]) -> frozenset[int]:
    return frozenset(
        place
        for place, key in enumerate(series.keys)
        if key.name == name and labels.items() <= dict(key.labels).items()
    )


def _growth(before: float, after: float) -> float:
    return after - before if after >= before else after  # a process that began anew counts from nothing


def _growths(series: Series, from_ms: int, until_ms: int | None) -> dict[int, float]:
    """How much every sample grew after one instant and up to another; what was not there was nothing."""
    last: dict[int, float] = {}
    grown: dict[int, float] = {}
    for frame in series.frames:
        if until_ms is not None and frame.at_ms > until_ms:
            break
        for place, value in frame.changed:
            if frame.at_ms > from_ms:
                grown[place] = grown.get(place, 0.0) + _growth(last.get(place, 0.0), value)
            last[place] = value
    return grown
