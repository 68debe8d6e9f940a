"""Figures of a load run from logs, scrapes and stamps."""

import math

import pytest

from load.outcomes import Attempt, Outcome
from scenarios.live.gauges import Frame, Histogram, Key, Point, Series
from scenarios.load import figures
from scenarios.load.figures import Span, Tempo

OK = (("operation", "POST /services/rest/record/v1/invoice"), ("outcome", "ok"), ("system", "netsuite"))


def attempt(
    place: int, took_ms: int, outcome: Outcome = "done", number: int = 1, limited: int = 0
) -> Attempt:
    return Attempt(
        deed=f"d{place}",
        operation="submit timecard",
        worker="0",
        number=number,
        started_ms=1_000 * place,
        ended_ms=1_000 * place + took_ms,
        outcome=outcome,
        limited=limited,
    )


def test_operations__count_attempts_and_their_fates() -> None:
    tried = [attempt(n, 10 * n) for n in range(1, 11)]
    tried += [attempt(20, 5, "refused"), attempt(21, 400, "unknown"), attempt(22, 7, "waits")]
    tried += [attempt(21, 9, number=2, limited=3)]
    row = figures.operations(tried)["submit timecard"]
    assert (row["n"], row["done"], row["refused"], row["unknown"]) == (13, 11, 1, 1)
    assert (row["retries"], row["limited"]) == (1, 3)
    assert (row["p50_ms"], row["p99_ms"]) == (50, 400)
    attempts, per_mille = figures.failed_per_mille({"x": row})["x"]
    assert (attempts, round(per_mille, 1)) == (13, 153.8)


def test_wall_seconds__follow_the_pace_and_count_the_draining_once() -> None:
    tempo = Tempo(from_ms=0, stopped_ms=1_000_000, factor=1_000.0, drained_seconds=5.0)
    assert tempo.wall_seconds(100_000, 300_000) == pytest.approx(0.2)
    assert tempo.wall_seconds(900_000, 1_000_000) == pytest.approx(5.1)
    assert tempo.wall_seconds(300_000, 100_000) == 0.0


def test_measured__takes_nearest_ranks() -> None:
    found = figures.measured([float(n) for n in range(1, 101)])
    assert (found.count, found.p50_seconds, found.p95_seconds, found.p99_seconds) == (100, 50.0, 95.0, 99.0)
    assert figures.measured([]).p95_seconds is None


def test_histogram__is_divided_by_the_pace_and_endless_beyond_its_bounds() -> None:
    found = figures.of_histogram(Histogram(bounds=(100.0, 200.0), counts=(98.0, 0.0, 2.0), total=0.0), 10.0)
    assert found.p50_seconds == pytest.approx(5.1, abs=0.1)
    assert found.p95_seconds == pytest.approx(9.7, abs=0.1)
    assert found.p99_seconds == math.inf


def test_lag_that_no_worker_tells__is_not_known() -> None:
    silent = Series(target="core-1", keys=(), frames=())
    assert not figures.approval_lag([silent], Span(from_ms=0, until_ms=1), 1.0).is_known
    assert not figures.invoice_posting([silent], []).is_known


def test_invoices__are_counted_from_their_cut_off_second_by_second() -> None:
    key = Key("rehearse_core_calls_total", OK)
    frames = (Frame(0, ((0, 5.0),)), Frame(11_000, ((0, 7.0),)), Frame(14_000, ((0, 8.0),)))
    core = Series(target="core-1", keys=(key,), frames=frames)
    found = figures.invoice_posting([core], [Span(from_ms=10_000, until_ms=20_000)])
    assert (found.count, found.p50_seconds, found.p99_seconds) == (3, 1.0, 4.0)


def test_process__that_was_started_again_counts_both_lives() -> None:
    keys = (Key("machine_cpu_seconds_total"), Key("machine_resident_bytes"))
    frames = (Frame(0, ((0, 2.0), (1, 1_048_576.0))), Frame(1, ((0, 3.0),)), Frame(2, ((0, 0.5), (1, 3e6))))
    found = figures.processes({"core-1": Series(target="core-1", keys=keys, frames=frames)})
    assert found == {"core-1": {"cpu_seconds": 3.5, "peak_mb": 2.9}}


def test_thinned__keeps_the_highest_of_each_stretch() -> None:
    points = [Point(1_000 * n, float(n == 7)) for n in range(1_000)]
    shown = figures.thinned(points, 100)
    assert len(shown) == 100
    assert shown[0] == [7.0, 1.0]
