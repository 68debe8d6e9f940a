"""How quickly approved time becomes invoices: a plain script, our core on two databases, a workflow an entry.

Every way meets an estate of its own with the same firm. Deals are built first; then the month's time is
handed in and approved in one evening, and the clock stands behind the cut-off when the work begins.
"""

import asyncio
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeGuard

import psutil
from msgspec import Struct, structs

from mocks.firm.facts.source import SourceFact, TimeEntry
from mocks.firm.firm import Firm
from mocks.firm.generate import generate
from mocks.firm.profile import LARGE, profile_named
from scenarios.catalogue.month_end import SCENARIO
from scenarios.faults.plan import NONE
from scenarios.live.cores import LiveCore
from scenarios.live.estate import NAIVE_PAUSE_SECONDS, LiveEstate
from scenarios.live.postgres import LocalPostgres
from scenarios.live.processes import scratch_folder
from scenarios.runner import Rehearsal, Runner
from scenarios.subjects.naive.subject import Naive
from scenarios.subjects.port import Subject

DAY_MS = 86_400_000
START_MS = 1_767_225_600_000  # 1 January 2026
BUILT_MS = START_MS + 30 * DAY_MS + 5 * DAY_MS // 6  # every deal stands, nobody has handed in any time
LAID_MS = BUILT_MS + DAY_MS // 24
_FACTS_A_CALL = 20_000
INVOICED_MS = START_MS + 31 * DAY_MS + DAY_MS // 4  # behind the cut-offs of the month
GRAIN_MS = 4 * DAY_MS
POLL_SECONDS = 86_400.0
CONSULTANTS, ROUNDS = 300, 3
WORKFLOWS = 1_000
_LOOK_SECONDS = 0.05


class Pass(Struct, frozen=True):
    """One measured pass: entries that were approved, and what it took until the last invoice was there."""

    entries: int
    erp_writes: int  # that all ways did comparable work shows here
    invoices_seconds: float
    whole_seconds: float
    cpu_seconds: dict[str, float]
    peak_megabytes: dict[str, float]


def measure_core(consultants: int = CONSULTANTS, rounds: int = ROUNDS) -> dict[str, Any]:
    """All ways in turn, some rounds of each, with ratios to the plain script's median."""
    firm = generate(profile_named(LARGE, consultants, 1), 7)
    ways = {
        "naive script": partial(_with_naive, firm),
        "core on SQLite": partial(_with_core, firm, 1),
        "core on PostgreSQL, two workers": partial(_with_core, firm, 2),
    }
    found: dict[str, list[Pass]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():  # in turn, so that a slow minute of the machine slows them all
            found[name].append(asyncio.run(way()))
    plain = [one.invoices_seconds for one in found["naive script"]]
    figures = {name: _figures(passes, plain) for name, passes in found.items()}
    return {**figures, "one DBOS workflow an entry": _workflows()}


def _figures(passes: list[Pass], plain_seconds: list[float]) -> dict[str, Any]:
    seconds = [one.invoices_seconds for one in passes]
    times = [one / plain for one, plain in zip(seconds, plain_seconds, strict=True)]
    middle = sorted(passes, key=lambda one: one.invoices_seconds)[len(passes) // 2]
    return {
        "entries": middle.entries,
        "erp_writes": middle.erp_writes,
        "seconds": round(statistics.median(seconds), 2),
        "spread": [round(min(seconds), 2), round(max(seconds), 2)],
        "entries_per_second": round(middle.entries / middle.invoices_seconds),
        "times_the_naive_script": round(statistics.median(times), 2),
        "times_the_naive_script_spread": [round(min(times), 2), round(max(times), 2)],
        "until_all_is_at_rest_seconds": round(middle.whole_seconds, 2),
        "cpu_seconds": middle.cpu_seconds,
        "peak_megabytes": middle.peak_megabytes,
    }


async def _with_naive(firm: Firm) -> Pass:
    folder = scratch_folder()
    estate = LiveEstate(firm.seed, folder)
    naive = Naive(
        estate.transport,
        poll_interval_seconds=POLL_SECONDS,
        pause_seconds=NAIVE_PAUSE_SECONDS,
        billing_lag_ms=0,  # it bills what the core bills at that instant: the month of both companies
    )
    return await _measured(firm, estate, naive, {})


async def _with_core(firm: Firm, workers: int) -> Pass:
    folder = scratch_folder()
    estate = LiveEstate(firm.seed, folder)
    postgres = LocalPostgres() if workers > 1 else None
    if postgres is not None:
        postgres.start()
    try:
        core = LiveCore(
            estate.transport,
            firm.seed,
            folder,
            database_url=None if postgres is None else postgres.database("bench"),
            poll_interval_seconds=POLL_SECONDS,
            workers=workers,
        )
        return await _measured(firm, estate, core, core)
    finally:
        if postgres is not None:
            postgres.end()


async def _measured(
    firm: Firm, estate: LiveEstate, subject: Subject, core: LiveCore | Mapping[str, int]
) -> Pass:
    rehearsal = Rehearsal(
        scenario=SCENARIO,
        plan=NONE,
        firm=firm,
        seed=firm.seed,
        start_ms=START_MS,
        end_ms=INVOICED_MS,
        required=frozenset(),
        grain_ms=GRAIN_MS,
    )
    try:
        await estate.start(START_MS)
        runner = Runner(rehearsal, estate, subject)
        player = await runner.begin(firm.few_plays())
        await runner.live(player, BUILT_MS)
        entries = await _lay_time(firm, estate)
        processes = _processes(estate, core.pids if isinstance(core, LiveCore) else core)
        before, written = _cpu(processes), await _erp_writes(estate)
        invoiced = asyncio.create_task(_last_write(estate))
        began = time.perf_counter()
        await runner.go_on_at(player, INVOICED_MS)
        whole = time.perf_counter() - began
        invoiced.cancel()
        after = _cpu(processes)
        last = await invoiced
        return Pass(
            entries=entries,
            erp_writes=await _erp_writes(estate) - written,
            invoices_seconds=min(last - began, whole) if last else whole,
            whole_seconds=whole,
            cpu_seconds={name: round(after[name] - before[name], 2) for name in after},
            peak_megabytes=_memory(processes),
        )
    finally:
        await subject.stop()
        await estate.close()
        shutil.rmtree(estate.folder, ignore_errors=True)


async def _lay_time(firm: Firm, estate: LiveEstate) -> int:
    """Have everybody hand in and decide the whole month's time in one evening; how many were approved."""
    control, submitted_ms = estate.systems["psa"].control, dict[str, int]()
    batch: list[TimeEntry] = []
    approved = number = 0
    for window in firm.windows(1, to_ms=BUILT_MS):
        for play in window.plays:
            if not isinstance(play.facts[0], TimeEntry):
                continue
            number += 1
            late = [_late(fact, LAID_MS + number, submitted_ms) for fact in play.facts if _is_time(fact)]
            approved += sum(fact.status == "APPROVED" for fact in late)
            batch += late
        if len(batch) >= _FACTS_A_CALL:
            await control.seed(batch, {})
            batch = []
    await control.seed(batch, {})
    return approved


def _is_time(fact: SourceFact) -> TypeGuard[TimeEntry]:
    return isinstance(fact, TimeEntry)


def _late(fact: TimeEntry, at_ms: int, submitted_ms: dict[str, int]) -> TimeEntry:
    """A step of a card as it would be if it had come that late."""
    if fact.status == "SUBMITTED":
        submitted_ms[fact.card] = at_ms
    approved_ms = at_ms if fact.status == "APPROVED" else None
    handed_in_ms = submitted_ms[fact.card]
    return structs.replace(
        fact, recorded_at_ms=at_ms, submitted_at_ms=handed_in_ms, approved_at_ms=approved_ms
    )


async def _erp_writes(estate: LiveEstate) -> int:
    return int((await estate.systems["erp"].control.health())["writes"])


async def _last_write(estate: LiveEstate) -> float:
    """When the ERP took its last new record, by the machine; watched until this is cancelled."""
    seen, at = -1, 0.0
    with suppress(asyncio.CancelledError):
        while True:
            writes = await _erp_writes(estate)
            if writes != seen:
                at = time.perf_counter() if seen >= 0 else 0.0
                seen = writes
            await asyncio.sleep(_LOOK_SECONDS)
    return at


def _processes(estate: LiveEstate, cores: Mapping[str, int]) -> dict[str, psutil.Process]:
    pids = {role: child.pid for role, child in estate.children.items()} | dict(cores)
    return {"here": psutil.Process()} | {name: psutil.Process(pid) for name, pid in pids.items()}


def _cpu(processes: Mapping[str, psutil.Process]) -> dict[str, float]:
    times = {name: process.cpu_times() for name, process in processes.items()}
    return {name: one.user + one.system for name, one in times.items()}


def _memory(processes: Mapping[str, psutil.Process]) -> dict[str, float]:
    return {name: round(process.memory_info().rss / 1_048_576) for name, process in processes.items()}


def _workflows() -> dict[str, Any]:
    """The other extreme: every entry a durable workflow of its own that prices it and keeps a row."""
    folder = Path(scratch_folder())
    try:
        ran = subprocess.run(
            [sys.executable, "-m", "scenarios.bench_workflows", str(WORKFLOWS), str(folder)],
            check=True,
            capture_output=True,
            text=True,
        )
        seconds = float(ran.stdout.split()[-1])
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return {
        "entries": WORKFLOWS,
        "seconds": round(seconds, 2),
        "entries_per_second": round(WORKFLOWS / seconds),
        "what": "pricing and a row only: nothing is read from the PSA and nothing is invoiced",
    }
