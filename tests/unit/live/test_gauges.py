"""Series of metrics: what is kept, and what is read from them."""

import asyncio
import os

import pytest

from integration_core.ports.http import HttpRequest, HttpResponse, NoAnswer
from scenarios.live.gauges import (
    CPU,
    MEMORY,
    Gauges,
    Histogram,
    Key,
    Point,
    Series,
    Target,
    between,
    core_target,
    histogram,
    increase,
    labels_of,
    merged,
    of_process,
    percentile,
    points,
    rates,
)

TEXT = """# TYPE calls_total counter
calls_total{{system="erp",outcome="ok"}} {ok}
calls_total{{system="erp",outcome="5xx"}} 2.0
# TYPE took_seconds histogram
took_seconds_bucket{{le="0.1"}} {low}
took_seconds_bucket{{le="1.0"}} {middle}
took_seconds_bucket{{le="+Inf"}} {middle}
took_seconds_count {middle}
took_seconds_sum 3.5
"""


class Answering:
    """Answers scrapes one after another; None is no answer."""

    def __init__(self, *texts: str | None) -> None:
        self._texts = list(texts)
        self.requests: list[HttpRequest] = []

    async def send(self, request: HttpRequest) -> HttpResponse:
        self.requests.append(request)
        text = self._texts.pop(0)
        if text is None:
            raise NoAnswer("gone")
        return HttpResponse(status=200, headers=(), body=text.encode())


class Clock:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def seconds(self) -> float:
        return self.now


def seen(*texts: str | None) -> tuple[Series, Answering]:
    """The series of looks a second apart."""
    clock, transport = Clock(), Answering(*texts)
    target = core_target("core-1", "http://core.example", "secret", 0)
    gauges = Gauges(transport, [target], seconds=clock.seconds)

    async def look() -> None:
        for _ in texts:
            await gauges.look()
            clock.now += 1.0

    asyncio.run(look())
    return gauges.series()["core-1"], transport


def text(ok: int, low: int = 0, middle: int = 0) -> str:
    return TEXT.format(ok=ok, low=low, middle=middle)


def test_series__keeps_only_what_changed() -> None:
    series, transport = seen(text(1), text(1), text(4))
    assert [len(frame.changed) for frame in series.frames] == [7, 0, 1]
    assert [frame.at_ms for frame in series.frames] == [0, 1000, 2000]
    assert transport.requests[0].url == "http://core.example/operations/metrics"
    assert dict(transport.requests[0].headers) == {"authorization": "Bearer secret"}


def test_points__add_up_what_the_labels_leave_open() -> None:
    series, _ = seen(text(1), text(1), text(4))
    assert points(series, "calls_total", system="erp") == [Point(0, 3), Point(1000, 3), Point(2000, 6)]
    assert points(series, "calls_total", outcome="ok")[-1] == Point(2000, 4)
    assert points(series, "calls_total", outcome="429") == []
    assert labels_of(series, "calls_total", "outcome") == ["5xx", "ok"]


def test_missed_look__is_counted_and_keeps_the_last_value() -> None:
    series, _ = seen(text(1), None, text(4))
    assert series.missed == 1
    assert points(series, "calls_total", outcome="ok") == [Point(0, 1), Point(1000, 1), Point(2000, 4)]


def test_sample_that_is_gone__is_nought_from_then_on() -> None:
    series, _ = seen(text(1), "# nothing is shown\n", text(4))
    assert points(series, "calls_total", outcome="ok") == [Point(0, 1), Point(1000, 0), Point(2000, 4)]
    assert increase(points(series, "calls_total", outcome="ok")) == 4


def test_rates__count_anew_after_a_restart() -> None:
    counted = [Point(0, 10), Point(2000, 14), Point(3000, 3)]
    assert rates(counted) == [Point(2000, 2), Point(3000, 3)]
    assert increase(counted) == 7
    assert between(counted, 1, 2000) == [Point(2000, 14)]


def test_histogram__is_what_came_between_two_instants() -> None:
    series, _ = seen(text(1, 1, 2), text(1, 4, 6), text(1, 4, 9))
    whole = histogram(series, "took_seconds")
    assert (whole.bounds, whole.counts, whole.count) == ((0.1, 1.0), (4, 5, 0), 9)
    assert histogram(series, "took_seconds", 0).counts == (3, 4, 0)
    assert histogram(series, "took_seconds", 0, 1000).counts == (3, 1, 0)
    assert histogram(series, "nothing_seconds").count == 0


@pytest.mark.parametrize(
    ("share", "value"), [(0.0, 0.0), (0.2, 0.1), (0.4, 0.2), (0.7, 0.6), (0.8, 0.7333), (1.0, 1.0)]
)
def test_percentile__is_interpolated_inside_its_bucket(share: float, value: float) -> None:
    found = percentile(Histogram(bounds=(0.2, 1.0, 2.0), counts=(4, 6, 0, 0), total=5.0), share)
    assert found == pytest.approx(value, abs=0.001)


def test_percentile__beyond_all_bounds_is_the_last_of_them() -> None:
    assert percentile(Histogram(bounds=(0.2, 1.0), counts=(0, 1, 99), total=500.0), 0.95) == 1.0


def test_percentile__of_nothing_is_none_and_of_no_share_is_refused() -> None:
    empty = Histogram(bounds=(1.0,), counts=(0, 0), total=0.0)
    assert percentile(empty, 0.5) is None
    with pytest.raises(ValueError, match="between 0 and 1"):
        percentile(empty, 95)


def test_merged__adds_up_workers_and_refuses_different_bounds() -> None:
    one = Histogram(bounds=(1.0,), counts=(1, 2), total=4.0)
    two = Histogram(bounds=(1.0,), counts=(3, 0), total=1.5)
    nothing = Histogram(bounds=(), counts=(), total=0.0)
    assert merged([one, nothing, two]) == Histogram(bounds=(1.0,), counts=(4, 2), total=5.5)
    assert merged([nothing]) == nothing
    with pytest.raises(ValueError, match="different bounds"):
        merged([one, Histogram(bounds=(2.0,), counts=(1, 1), total=1.0)])


def test_process__is_asked_of_the_machine_and_nothing_of_one_that_is_none() -> None:
    found = dict(of_process(os.getpid()))
    assert found[Key(CPU)] > 0
    assert found[Key(MEMORY)] > 1_000_000
    assert dict(of_process(0)) == {}


def test_target_without_metrics__is_looked_at_by_its_process_alone() -> None:
    gauges = Gauges(Answering(), [Target(name="load", pid=os.getpid())], maximum_frames=1, every_seconds=0.0)
    asyncio.run(gauges.watch())
    (series,) = gauges.series().values()
    assert {key.name for key in series.keys} >= {CPU, MEMORY}
    assert series.missed == 0
