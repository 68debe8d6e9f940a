"""The project's own measurements: figures to print and compare, never a test."""

import asyncio
import base64
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
from msgspec import Struct
from rich.console import Console

from mocks.firm.generate import generate
from mocks.firm.profile import profile_named
from mocks.registry import VENDORS
from scenarios.bench_core import CONSULTANTS, measure_core
from scenarios.bench_core import ROUNDS as CORE_ROUNDS
from scenarios.bench_generate import measure_bands, measure_generation
from scenarios.bench_seed import measure_seeding
from scenarios.bench_served import ROUNDS as SERVED_ROUNDS
from scenarios.bench_served import measure_served
from scenarios.live.processes import Child, free_port, scratch_folder
from scenarios.simulation.estate import raise_estate
from scenarios.simulation.network import Network, exchange

READS = 3_000


def _run_from_a_shell() -> dict[str, Any]:
    """Wall seconds of `rehearse run deal-to-cash` in a fresh interpreter, median of five."""
    walls = []
    for seed in range(1, 6):
        began = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "scenarios.cli", "run", "deal-to-cash", "--seed", str(seed)],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        walls.append(time.perf_counter() - began)
    return {"deal_to_cash_wall_seconds": round(statistics.median(walls), 2), "spread": _spread(walls)}


def _starts() -> dict[str, Any]:
    """Seconds from the start of a mock's process until it has answered a call, and its memory then."""

    async def one(name: str) -> tuple[float, float]:
        folder, port = scratch_folder(), free_port()
        arguments = ["mocks.serve", "--vendor", name, "--port", str(port), "--start-ms", "0"]
        child = Child(name, arguments, {"REHEARSE_CONTROL_TOKEN": "bench"}, folder)
        began = time.perf_counter()
        await child.start()
        await child.wait_listening(port)
        await _first_answer(port)
        ready = time.perf_counter() - began
        resident = _resident_megabytes(child.pid)
        await child.stop()
        return ready, resident

    figures: dict[str, Any] = {}
    for entry in VENDORS:
        runs = [asyncio.run(one(entry.name)) for _ in range(3)]
        figures[entry.name] = {
            "ready_seconds": round(statistics.median(run[0] for run in runs), 2),
            "resident_megabytes": round(statistics.median(run[1] for run in runs), 1),
        }
    return figures


async def _first_answer(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    status = await reader.readline()
    writer.close()
    if b" 200 " not in status:
        raise RuntimeError(f"the mock answered {status!r}")


def _resident_megabytes(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1_048_576


def _reads() -> dict[str, Any]:
    """CPU microseconds of one read by id through the thin client, seeded with the deal's firm."""

    async def measure() -> dict[str, Any]:
        network = Network(1)
        estate = await raise_estate(network, 1, 1_767_225_600_000)
        firm = generate(profile_named("deal"), 1)
        accounts = [fact for fact in firm.master() if type(fact).__name__ == "Account"]
        (acted,) = await estate.systems["crm"].control.seed(accounts[:1], {})
        crm = estate.systems["crm"]
        token = await _salesforce_token(estate.mocks["crm"], crm.url, crm.credentials)
        url = f"{crm.url}/services/data/v59.0/sobjects/Account/{acted.native_id}"
        headers = (("authorization", f"Bearer {token}"),)
        people = [fact for fact in firm.master() if type(fact).__name__ == "Resource"]
        (person,) = await estate.systems["hris"].control.seed(people[:1], {})
        hris = estate.systems["hris"]
        key = base64.b64encode(f"{hris.credentials['api_key']}:x".encode()).decode()
        company = hris.credentials["company"]
        employee = f"{hris.url}/api/gateway.php/{company}/v1/employees/{person.native_id}?fields=firstName"
        basic = (("authorization", f"Basic {key}"), ("accept", "application/json"))
        return {
            "salesforce_microseconds": await _per_call(estate.mocks["crm"], url, headers),
            "bamboohr_microseconds": await _per_call(estate.mocks["hris"], employee, basic),
        }

    return asyncio.run(measure())


async def _salesforce_token(app: Any, url: str, credentials: Any) -> str:
    body = (
        f"grant_type=client_credentials&client_id={credentials['client_id']}"
        f"&client_secret={credentials['client_secret']}"
    ).encode()
    answer = await exchange(app, "POST", f"{url}/services/oauth2/token", (), body)
    return str(json.loads(answer.body)["access_token"])


async def _per_call(app: Any, url: str, headers: tuple[tuple[str, str], ...]) -> dict[str, float]:
    answer = await exchange(app, "GET", url, headers, b"")
    if answer.status != 200:
        raise RuntimeError(f"GET {url} answered {answer.status}")
    samples = []
    for _ in range(5):
        began = time.process_time()
        for _ in range(READS // 5):
            await exchange(app, "GET", url, headers, b"")
        samples.append((time.process_time() - began) / (READS // 5) * 1e6)
    return {"median": round(statistics.median(samples), 1), "best": round(min(samples), 1)}


def _spread(values: list[float]) -> list[float]:
    return [round(min(values), 2), round(max(values), 2)]


class Sizes(Struct, frozen=True):
    """How large and how often one wants it; nothing is each benchmark's own."""

    consultants: int | None = None
    rounds: int | None = None


OWN_SIZES = Sizes()


class Benchmark(Struct, frozen=True):
    """One kind of figures, and which of the sizes it heeds."""

    measure: Callable[[Sizes], dict[str, Any]]
    own: Sizes = OWN_SIZES


BENCHMARKS: dict[str, Benchmark] = {
    "run": Benchmark(lambda _: _run_from_a_shell()),
    "start": Benchmark(lambda _: _starts()),
    "mocks": Benchmark(
        lambda sizes: _reads() | {"served": measure_served(sizes.rounds or SERVED_ROUNDS)},
        Sizes(rounds=SERVED_ROUNDS),
    ),
    "core": Benchmark(
        lambda sizes: measure_core(sizes.consultants or CONSULTANTS, sizes.rounds or CORE_ROUNDS),
        Sizes(CONSULTANTS, CORE_ROUNDS),
    ),
    "generate": Benchmark(lambda _: measure_generation()),
    "seed": Benchmark(lambda _: measure_seeding()),
    "bands": Benchmark(lambda _: measure_bands()),
}


def measure(only: str | None, sizes: Sizes = OWN_SIZES) -> dict[str, Any]:
    """Measure everything, or one; prints as it goes. `measured` says where, and by which command."""
    console = Console()
    figures: dict[str, Any] = {}
    measured: dict[str, Any] = {}
    for name, benchmark in BENCHMARKS.items():
        if only in (None, name):
            measured[name] = {
                "command": command(name, benchmark.own, sizes),
                "machine": machine(),
                "load_average": round(os.getloadavg()[0], 1),
            }
            figures[name] = benchmark.measure(sizes)
            console.print(name, figures[name], soft_wrap=True)
    return figures | {"measured": measured}


def command(name: str, own: Sizes, wished: Sizes) -> str:
    """What one types to measure the same again, with every size that counts."""
    words = ["rehearse bench", name]
    if own.consultants is not None:
        words.append(f"--consultants {wished.consultants or own.consultants}")
    if own.rounds is not None:
        words.append(f"--rounds {wished.rounds or own.rounds}")
    return " ".join(words)


def machine() -> dict[str, Any]:
    """What a reader must know of the machine to judge the figures, and nothing that names it."""
    return {
        "cores": len(os.sched_getaffinity(0)),
        "memory_gigabytes": round(psutil.virtual_memory().total / 2**30),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
    }
