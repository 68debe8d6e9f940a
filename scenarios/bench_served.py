"""Our mock over loopback HTTP beside what else one might put there: figures to print, never a test.

Each round gives every server a fresh process, one after the other, so that a slow minute slows them all. The
load is bounded in calls and in seconds. All but ours do much less for a call; the page says what.
"""

import asyncio
import os
import shutil
import statistics
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import msgspec
import psutil
import uvloop
from msgspec import Struct

from scenarios.bench_rivals import INSTALL, OURS, Rival, authorisation, rivals
from scenarios.bench_wire import Connection, Driven, Refused, drive, request
from scenarios.live.processes import Child, NotReady, free_port, scratch_folder

ROUNDS = 5
CONNECTIONS = 8
CREATES, READS = 250, 2_000  # by each connection
SECONDS_AT_MOST = 10.0  # for each of the two, whatever is done by then
_WARM_CALLS = 50


class Phase(Struct, frozen=True):
    """One kind of call in one round."""

    calls: int
    seconds: float
    server_cpu_seconds: float
    client_cpu_seconds: float
    p50_ms: float
    p99_ms: float


class Round(Struct, frozen=True):
    """One server's round."""

    creates: Phase
    reads: Phase
    megabytes: float


def measure_served(rounds: int = ROUNDS) -> dict[str, Any]:
    """Creates and reads by id of every server that is installed, and ours beside each of them by round."""
    found, missing = rivals(os.environ)
    lacking = {one.name: f"not installed: {one.install}" for one in missing}
    measured: dict[str, list[Round]] = {rival.name: [] for rival in found}
    for _ in range(rounds):
        for rival in found:
            if rival.name in lacking:
                continue
            try:
                measured[rival.name].append(uvloop.run(_round(rival)))
            except NotReady as problem:
                if not rival.is_from_npm:
                    raise
                lacking[rival.name] = f"did not start ({problem}): {INSTALL}"
    whole = {name: passes for name, passes in measured.items() if name not in lacking}
    return {
        "load": {
            "connections": CONNECTIONS,
            "creates": CONNECTIONS * CREATES,
            "reads": CONNECTIONS * READS,
            "seconds_at_most": SECONDS_AT_MOST,
            "rounds": rounds,
        },
        "servers": {rival.name: {"version": rival.version} for rival in found} | lacking_rows(lacking),
        **side_by_side(whole),
    }


def lacking_rows(lacking: dict[str, str]) -> dict[str, dict[str, str]]:
    """The rows of those that were not measured: why, and what would change it."""
    return {name: {"missing": why} for name, why in lacking.items()}


def side_by_side(measured: dict[str, list[Round]]) -> dict[str, Any]:
    """Figures of each server, and by round how many times as many calls ours answers."""
    figures: dict[str, Any] = {
        name: {
            "creates": _figures([one.creates for one in passes]),
            "reads": _figures([one.reads for one in passes]),
            "megabytes": round(statistics.median(one.megabytes for one in passes)),
        }
        for name, passes in measured.items()
    }
    ours = measured[OURS]
    times = {
        name: {
            "creates": _times([one.creates for one in ours], [one.creates for one in passes]),
            "reads": _times([one.reads for one in ours], [one.reads for one in passes]),
        }
        for name, passes in measured.items()
        if name != OURS
    }
    return {"figures": figures, "ours_times_as_many_as": times}


def _figures(phases: Sequence[Phase]) -> dict[str, Any]:
    return {
        "calls": round(statistics.median(one.calls for one in phases)),
        "a_second": _spread([_a_second(one) for one in phases], 0),
        "a_cpu_second": _spread([_a_cpu_second(one) for one in phases], 0),
        "p50_ms": _spread([one.p50_ms for one in phases], 2),
        "p99_ms": _spread([one.p99_ms for one in phases], 2),
        "client_cpu_microseconds": _spread([one.client_cpu_seconds / one.calls * 1e6 for one in phases], 0),
    }


def _times(ours: Sequence[Phase], theirs: Sequence[Phase]) -> dict[str, Any]:
    def ratio(of: Callable[[Phase], float]) -> dict[str, float]:
        return _spread([of(a) / of(b) for a, b in zip(ours, theirs, strict=True)], 2)

    return {"a_second": ratio(_a_second), "a_cpu_second": ratio(_a_cpu_second)}


def _a_second(phase: Phase) -> float:
    return phase.calls / phase.seconds


def _a_cpu_second(phase: Phase) -> float:
    return phase.calls / phase.server_cpu_seconds


def _spread(values: Sequence[float], digits: int) -> dict[str, float]:
    return {
        "median": round(statistics.median(values), digits),
        "least": round(min(values), digits),
        "most": round(max(values), digits),
    }


async def _round(rival: Rival) -> Round:
    folder, port = scratch_folder(), free_port()
    for name, content in rival.files.items():
        (folder / name).write_bytes(content)
    child = _child(rival, folder, port)
    try:
        await child.start()
        await child.wait_listening(port)
        return await _asked(rival, port, psutil.Process(child.pid))
    finally:
        await child.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _child(rival: Rival, folder: Path, port: int) -> Child:
    program, *arguments = (word.format(port=port, folder=folder) for word in rival.command)
    return Child(rival.name, arguments, rival.environment, folder, program=(program,))


async def _asked(rival: Rival, port: int, process: psutil.Process) -> Round:
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_connection(Connection, "127.0.0.1", port)
    headers = await authorisation(rival, connection)
    connection.close()
    create = request("POST", rival.collection, headers, rival.new)
    warm = [islice(cycle([create]), _WARM_CALLS) for _ in range(CONNECTIONS)]
    first = await drive(port, warm, _created, SECONDS_AT_MOST)
    await drive(port, _reads(rival, headers, first, _WARM_CALLS), _is_read, SECONDS_AT_MOST)

    before = _cpu(process)
    new = [islice(cycle([create]), CREATES) for _ in range(CONNECTIONS)]
    created = await drive(port, new, _created, SECONDS_AT_MOST)
    between = _cpu(process)
    read = await drive(port, _reads(rival, headers, created, READS), _is_read, SECONDS_AT_MOST)
    after = _cpu(process)
    return Round(
        creates=_phase(created, between - before),
        reads=_phase(read, after - between),
        megabytes=_megabytes(process),
    )


def _created(status: int, body: bytes) -> bool:
    return status == 201


def _is_read(status: int, body: bytes) -> bool:
    return status == 200 and b'"Meridian Freight"' in body


def _reads(rival: Rival, headers: str, created: Driven, count: int) -> list[Iterator[bytes]]:
    """Every connection reads all that was created, each from a place of its own on."""
    ids = [str(msgspec.json.decode(body)[rival.id_field]) for body in created.bodies]
    calls = [request("GET", f"{rival.collection}/{record_id}", headers) for record_id in ids]
    if not calls:
        raise Refused(f"{rival.name} created nothing in time.")
    step = len(calls) // CONNECTIONS
    starts = (number * step for number in range(CONNECTIONS))
    return [islice(cycle(calls[start:] + calls[:start]), count) for start in starts]


def _phase(driven: Driven, server_cpu_seconds: float) -> Phase:
    ordered = sorted(driven.latencies_ns)
    return Phase(
        calls=len(ordered),
        seconds=driven.seconds,
        server_cpu_seconds=max(server_cpu_seconds, 0.01),  # the grain of what the system tells
        client_cpu_seconds=driven.cpu_seconds,
        p50_ms=ordered[len(ordered) // 2] / 1e6,
        p99_ms=ordered[len(ordered) * 99 // 100] / 1e6,
    )


def _family(process: psutil.Process) -> list[psutil.Process]:
    return [process, *process.children(recursive=True)]


def _cpu(process: psutil.Process) -> float:
    times = [one.cpu_times() for one in _family(process)]
    return float(sum(one.user + one.system for one in times))


def _megabytes(process: psutil.Process) -> float:
    return float(sum(one.memory_info().rss for one in _family(process)) / 1_048_576)
