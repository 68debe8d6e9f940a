"""Figures of a load run: pure functions of what people logged, what was scraped and what systems hold."""

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from msgspec import Struct

from load.outcomes import Attempt, percentile
from mocks.firm.facts.documents import ErpCustomer, PsaProject, TargetDocument
from mocks.firm.facts.source import SourceFact
from scenarios.live import gauges
from scenarios.live.gauges import Histogram, Point, Series
from scenarios.load.slo import Measured
from scenarios.oracle.deals import active_deals
from scenarios.oracle.expected import CaseSet
from scenarios.oracle.versions import index_sources

MAXIMUM_POINTS = 240  # of one line of a picture
_APPROVAL = "rehearse_core_approval_to_billing_event_seconds"
_CALLS = "rehearse_core_calls_total"


class Span(Struct, frozen=True, kw_only=True):
    """A stretch of the run, in milliseconds of the gauges' clock."""

    from_ms: int
    until_ms: int


class Tempo(Struct, frozen=True, kw_only=True):
    """How the systems' time went during the storm, and how long work went on once it stood still."""

    from_ms: int
    stopped_ms: int
    factor: float
    drained_seconds: float = 0.0

    def wall_seconds(self, began_ms: int, ended_ms: int) -> float:
        """Seconds on the wall between two of the systems' instants; what came last took the draining too."""
        passed = max(0, ended_ms - began_ms) / 1000 / self.factor
        return passed + (self.drained_seconds if ended_ms >= self.stopped_ms else 0.0)


# --- what people met --------------------------------------------------------------------------------


def operations(attempts: Iterable[Attempt]) -> dict[str, dict[str, Any]]:
    """Every operation in numbers; a deed that only waits for another has not been tried."""
    by_name: dict[str, list[Attempt]] = {}
    for attempt in attempts:
        if attempt.outcome not in ("waits", "given up"):
            by_name.setdefault(attempt.operation, []).append(attempt)
    return {name: _operation(tried) for name, tried in sorted(by_name.items())}


def _operation(tried: Sequence[Attempt]) -> dict[str, Any]:
    took = sorted(one.ended_ms - one.started_ms for one in tried)
    began, ended = min(one.started_ms for one in tried), max(one.ended_ms for one in tried)
    done = sum(one.outcome == "done" for one in tried)
    return {
        "n": len(tried),
        "done": done,
        "rate": round(done * 1000 / max(1, ended - began), 2),
        "p50_ms": percentile(took, 50),
        "p95_ms": percentile(took, 95),
        "p99_ms": percentile(took, 99),
        "refused": sum(one.outcome == "refused" for one in tried),
        "unknown": sum(one.outcome == "unknown" for one in tried),
        "retries": sum(one.number > 1 for one in tried),
        "limited": sum(one.limited for one in tried),
    }


def failed_per_mille(found: Mapping[str, Mapping[str, Any]]) -> dict[str, tuple[int, float]]:
    """Attempts of each operation, and how many in a thousand were refused or had no answer."""
    return {
        name: (row["n"], 1000 * (row["refused"] + row["unknown"]) / row["n"]) for name, row in found.items()
    }


# --- how long the core took -------------------------------------------------------------------------


def measured(values: Sequence[float], *, is_known: bool = True) -> Measured:
    """Percentiles of some lengths of time, the nearest rank of each."""
    ordered = sorted(values)
    if not ordered:
        return Measured(count=0, is_known=is_known)

    def at(per_cent: int) -> float:
        return ordered[max(0, -(-len(ordered) * per_cent // 100) - 1)]

    return Measured(count=len(ordered), p50_seconds=at(50), p95_seconds=at(95), p99_seconds=at(99))


def of_histogram(found: Histogram, factor: float) -> Measured:
    """Percentiles of a histogram of the core in seconds on the wall; infinite beyond its bounds."""
    if not found.count:
        return Measured(count=0)

    def at(share: float) -> float:
        value = gauges.percentile(found, share)
        within = sum(found.counts[:-1]) >= share * found.count
        return value / factor if value is not None and within else math.inf

    return Measured(count=round(found.count), p50_seconds=at(0.5), p95_seconds=at(0.95), p99_seconds=at(0.99))


def approval_lag(cores: Sequence[Series], span: Span, factor: float) -> Measured:
    """From the approval of time to its billing event, over all workers."""
    if not any(key.name == f"{_APPROVAL}_bucket" for one in cores for key in one.keys):
        return Measured(count=0, is_known=False)
    found = [gauges.histogram(one, _APPROVAL, span.from_ms, span.until_ms) for one in cores]
    return of_histogram(gauges.merged(found), factor)


def provisioning(
    facts: Iterable[SourceFact], documents: Iterable[TargetDocument], tempo: Tempo, now_ms: int
) -> dict[str, Measured]:
    """From contracts that became active in the storm to the customers and projects made for them."""
    sources = index_sources(facts)
    customers: dict[str, int] = {}
    projects: dict[str, int] = {}
    for row in documents:
        if isinstance(row, ErpCustomer):
            customers[sources.account_bks.get(row.source_id, "")] = row.created_at_ms
        elif isinstance(row, PsaProject):
            projects[sources.contract_bks.get(row.source_id, "")] = row.created_at_ms
    made: dict[str, list[float]] = {"customer_creation": [], "project_provisioning": []}
    for deal in active_deals(sources, CaseSet(), now_ms).values():
        if not tempo.from_ms < deal.activation_ms <= tempo.stopped_ms:
            continue
        customer_ms, project_ms = customers.get(deal.bill_to), projects.get(deal.contract)
        if customer_ms is not None and customer_ms >= deal.activation_ms:
            made["customer_creation"].append(tempo.wall_seconds(deal.activation_ms, customer_ms))
        if project_ms is not None:
            made["project_provisioning"].append(tempo.wall_seconds(deal.activation_ms, project_ms))
    return {name: measured(values) for name, values in made.items()}


def invoice_posting(cores: Sequence[Series], cut_offs: Sequence[Span]) -> Measured:
    """From each cut-off to the invoices that the ERP has taken, as the core's calls show second by second."""
    if not any(key.name == _CALLS for one in cores for key in one.keys):
        return Measured(count=0, is_known=False)
    took: list[float] = []
    for cut_off in cut_offs:
        for core in cores:
            for at_ms, count in _growth(_invoices(core)):
                if cut_off.from_ms < at_ms <= cut_off.until_ms:
                    took += [(at_ms - cut_off.from_ms) / 1000] * round(count)
    return measured(took)


def _invoices(core: Series) -> list[Point]:
    operations_ = [
        one for one in gauges.labels_of(core, _CALLS, "operation") if one.rstrip("/").endswith("/invoice")
    ]
    sums: dict[int, float] = {}
    for operation in operations_:
        for point in gauges.points(core, _CALLS, operation=operation, outcome="ok"):
            sums[point.at_ms] = sums.get(point.at_ms, 0.0) + point.value
    return [Point(at_ms, value) for at_ms, value in sorted(sums.items())]


def _growth(points: Sequence[Point]) -> list[tuple[int, float]]:
    before = [Point(-1, 0.0), *points]
    return [
        (after.at_ms, max(0.0, after.value - last.value if after.value >= last.value else after.value))
        for last, after in pairwise(before)
    ]


# --- what the machine did ---------------------------------------------------------------------------


def processes(series: Mapping[str, Series]) -> dict[str, dict[str, float]]:
    """CPU seconds and the most memory of every process that was watched."""
    found = {}
    for name, one in sorted(series.items()):
        cpu = gauges.points(one, gauges.CPU)
        memory = gauges.points(one, gauges.MEMORY)
        if memory:
            used = (cpu[0].value if cpu else 0.0) + gauges.increase(cpu)
            peak = max(point.value for point in memory) / 1_048_576
            found[name] = {"cpu_seconds": round(used, 2), "peak_mb": round(peak, 1)}
    return found


def database(cores: Sequence[Series], span: Span) -> dict[str, float | None]:
    """Transactions of all workers: how many, and how long."""
    found: dict[str, float | None] = {}
    for kind in ("read", "write"):
        name = f"rehearse_core_{kind}_transaction_seconds"
        both = gauges.merged(gauges.histogram(one, name, span.from_ms, span.until_ms) for one in cores)
        found[f"{kind}_transactions"] = both.count
        for share in (50, 95, 99):
            value = gauges.percentile(both, share / 100)
            found[f"{kind}_p{share}_ms"] = None if value is None else round(value * 1000, 2)
    return found


def backlog(cores: Sequence[Series]) -> list[Point]:
    """What waited at each look: rows not sent, runs not done, time not rated; workers see the same."""
    names: tuple[tuple[str, dict[str, str]], ...] = (
        ("rehearse_core_outbox_rows", {"state": "pending"}),
        ("rehearse_core_activations", {}),
        ("rehearse_core_entries_waiting", {"state": "new"}),
    )
    highest: dict[int, float] = {}
    for core in cores:
        sums: dict[int, float] = {}
        for name, labels in names:
            for point in gauges.points(core, name, **labels):
                sums[point.at_ms] = sums.get(point.at_ms, 0.0) + point.value
        for at_ms, value in sums.items():
            highest[at_ms] = max(highest.get(at_ms, 0.0), value)
    return [Point(at_ms, value) for at_ms, value in sorted(highest.items())]


def rated(cores: Sequence[Series], span: Span) -> float:
    """Time entries that were rated in a span, by all workers."""
    total = 0.0
    for core in cores:
        points = gauges.points(core, "rehearse_core_entries_rated_total")
        total += sum(count for at_ms, count in _growth(points) if span.from_ms < at_ms <= span.until_ms)
    return total


# --- lines of pictures ------------------------------------------------------------------------------


def thinned(points: Sequence[Point], most: int = MAXIMUM_POINTS) -> list[list[float]]:
    """At most so many pairs of seconds and values: of each stretch its highest."""
    if not points:
        return []
    size = -(-len(points) // most)
    stretches = [points[low : low + size] for low in range(0, len(points), size)]
    highest = [max(stretch, key=lambda point: point.value) for stretch in stretches]
    return [[round(point.at_ms / 1000, 1), round(point.value, 3)] for point in highest]


def lines(series: Mapping[str, Series]) -> dict[str, dict[str, list[list[float]]]]:
    """CPU in processors, memory in MB, lag of the loop in ms, time in the database, by process."""
    found: dict[str, dict[str, list[list[float]]]] = {
        "cpu": {},
        "memory_mb": {},
        "loop_lag_ms": {},
        "database": {},
    }
    for name, one in sorted(series.items()):
        cpu = gauges.rates(gauges.points(one, gauges.CPU))
        memory = [Point(point.at_ms, point.value / 1_048_576) for point in gauges.points(one, gauges.MEMORY)]
        if memory:
            found["cpu"][name], found["memory_mb"][name] = thinned(cpu), thinned(memory)
        statements = gauges.rates(gauges.points(one, "rehearse_core_statement_seconds_total"))
        if statements:
            found["database"][name] = thinned(statements)
        lag = _loop_lag(one)
        if lag:
            found["loop_lag_ms"][name] = thinned(lag)
    return found


def _loop_lag(one: Series) -> list[Point]:
    """The mean lag of each second: what a histogram's sum and count grew by."""
    name = next((key.name for key in one.keys if key.name.endswith("_loop_lag_seconds_sum")), "")
    if not name:
        return []
    sums, counts = gauges.points(one, name), gauges.points(one, name.replace("_sum", "_count"))
    found = []
    for (at_ms, seconds), (_, count) in zip(_growth(sums)[1:], _growth(counts)[1:], strict=False):
        if count:
            found.append(Point(at_ms, 1000 * seconds / count))
    return found


def per_second(attempts: Iterable[Attempt], began_ms: int) -> dict[str, list[list[float]]]:
    """Deeds done and calls turned away by a limit in each second, by operation; `limited` is of all."""
    found: dict[str, dict[int, float]] = {}
    for one in attempts:
        second = max(0, (one.ended_ms - began_ms) // 1000)
        if one.outcome == "done":
            line = found.setdefault(one.operation, {})
            line[second] = line.get(second, 0.0) + 1
        if one.limited or one.number > 1:
            line = found.setdefault("limited or tried again", {})
            line[second] = line.get(second, 0.0) + one.limited + (one.number > 1)
    last = max((second for line in found.values() for second in line), default=0)
    return {
        name: thinned([Point(1000 * second, line.get(second, 0.0)) for second in range(last + 1)])
        for name, line in sorted(found.items())
    }
