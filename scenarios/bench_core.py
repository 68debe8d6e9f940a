"""How quickly approved time becomes invoices: a plain script, our core on two databases, a workflow an entry.

Every way meets an estate of its own with the same firm. Deals are built first; then a month of time
is laid in the PSA at once, and the clock stands behind the month's cut-off when the work begins.
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
from typing import Any

import psutil
from msgspec import Struct

from mocks.firm.facts.source import TimeEntry
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
BUILT_MS = START_MS + 9 * DAY_MS  # deals stand, and nobody has written down an hour yet
INVOICED_MS = START_MS + 31 * DAY_MS + DAY_MS // 4  # behind the cut-offs of the month
GRAIN_MS = 3 * DAY_MS
POLL_SECONDS = 86_400.0
CONSULTANTS, ROUNDS = 300, 3
WORKFLOWS = 1_000
_LOOK_SECONDS = 0.05


class Pass(Struct, frozen=True):
    """One measured pass: entries that were approved, and what it took until the last invoice was there."""

    entries: int
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
    plain = statistics.median(one.invoices_seconds for one in found["naive script"])
    figures = {name: _figures(passes, plain) for name, passes in found.items()}
    return {**figures, "one DBOS workflow an entry": _workflows()}


def _figures(passes: list[Pass], plain_seconds: float) -> dict[str, Any]:
    seconds = [one.invoices_seconds for one in passes]
    middle = sorted(passes, key=lambda one: one.invoices_seconds)[len(passes) // 2]
    return {
        "entries": middle.entries,
        "seconds": round(statistics.median(seconds), 2),
        "spread": [round(min(seconds), 2), round(max(seconds), 2)],
        "entries_per_second": round(middle.entries / middle.invoices_seconds),
        "times_the_naive_script": round(statistics.median(seconds) / plain_seconds, 2),
        "until_all_is_at_rest_seconds": round(middle.whole_seconds, 2),
        "cpu_seconds": middle.cpu_seconds,
        "peak_megabytes": middle.peak_megabytes,
    }


async def _with_naive(firm: Firm) -> Pass:
    folder = scratch_folder()
    estate = LiveEstate(firm.seed, folder)
    naive = Naive(estate.transport, poll_interval_seconds=POLL_SECONDS, pause_seconds=NAIVE_PAUSE_SECONDS)
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
        plays = (play for window in firm.windows(1) for play in window.plays)
        player = await runner.begin(plays)
        await runner.live(player, BUILT_MS)
        for system in estate.systems.values():
            await system.control.step(INVOICED_MS)
        await player.play_until(INVOICED_MS)
        entries = sum(isinstance(fact, TimeEntry) and fact.status == "APPROVED" for fact in player.played)
        processes = _processes(estate, core.pids if isinstance(core, LiveCore) else core)
        before = _cpu(processes)
        invoiced = asyncio.create_task(_last_write(estate))
        began = time.perf_counter()
        await runner.go_on_at(player, INVOICED_MS)
        whole = time.perf_counter() - began
        invoiced.cancel()
        after = _cpu(processes)
        last = await invoiced
        return Pass(
            entries=entries,
            invoices_seconds=min(last - began, whole) if last else whole,
            whole_seconds=whole,
            cpu_seconds={name: round(after[name] - before[name], 2) for name in after},
            peak_megabytes=_memory(processes),
        )
    finally:
        await subject.stop()
        await estate.close()
        shutil.rmtree(estate.folder, ignore_errors=True)


async def _last_write(estate: LiveEstate) -> float:
    """When the ERP took its last new record, by the machine; watched until this is cancelled."""
    control = estate.systems["erp"].control
    seen, at = -1, 0.0
    with suppress(asyncio.CancelledError):
        while True:
            writes = int((await control.health())["writes"])
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
