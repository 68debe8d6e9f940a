"""The estate, and if wished the core, for people to try and foreign integrations to meet."""

import asyncio
import contextlib
import json
import shutil
import signal
import socket
from pathlib import Path
from typing import Any

from mocks.firm.generate import generate
from mocks.firm.profile import profile_named
from mocks.kit.clock import wall_ms
from scenarios.estate import ROLES
from scenarios.interruption import until_interrupted
from scenarios.live.cores import LiveCore
from scenarios.live.estate import LiveEstate
from scenarios.live.processes import NotReady, scratch_folder
from scenarios.play import Player

POLL_SECONDS = 60.0


def up(
    seed: int, consultants: int | None, port_base: int, *, with_core: bool, json_file: Path | None
) -> None:
    """Serve until interrupted; everything is ended and removed then."""
    if not 1024 <= port_base <= 65_000:
        raise ValueError(f"--port-base must lie between 1024 and 65000, not {port_base}.")
    asyncio.run(until_interrupted(_up(seed, consultants, port_base, with_core, json_file)))


async def _up(
    seed: int, consultants: int | None, port_base: int, with_core: bool, json_file: Path | None
) -> None:
    profile = profile_named("deal", consultants, None)
    firm = generate(profile, seed)
    ports = {role: port_base + place for place, role in enumerate(ROLES)}
    wanted = [*ports.values(), *([port_base + len(ROLES)] if with_core else [])]
    _refuse_taken(wanted)
    folder = scratch_folder()
    estate = LiveEstate(seed, folder, ports)
    core = None
    if with_core:
        core = LiveCore(
            estate.transport,
            seed,
            folder,
            port=port_base + len(ROLES),
            poll_interval_seconds=POLL_SECONDS,
            stepped=False,
        )
    try:
        now_ms = wall_ms()  # real clients sign with real time, so these worlds live in it
        await estate.start(now_ms, "wall")
        await Player(estate, firm.calendar()).seed(firm.master())
        if core is not None:
            await core.start(estate, now_ms)
        _announce(_description(estate, core), json_file)
        await _interrupted()
    finally:
        try:
            if core is not None:
                await core.stop()
        finally:
            await estate.close()
            shutil.rmtree(folder, ignore_errors=True)


def _refuse_taken(ports: list[int]) -> None:
    for port in ports:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                raise NotReady(f"Port {port} is in use; choose another --port-base.") from None


def _description(estate: LiveEstate, core: LiveCore | None) -> dict[str, Any]:
    systems = {
        role: {
            "vendor": system.vendor,
            "url": system.url,
            "openapi": f"{system.url}/openapi.json",
            "credentials": dict(system.credentials),
        }
        for role, system in estate.systems.items()
    }
    description: dict[str, Any] = {"systems": systems, "control_token": estate.token}
    if core is not None:
        description["core"] = {"url": core.url, "operator_token": core.operator_token}
    return description


def _announce(description: dict[str, Any], json_file: Path | None) -> None:
    text = json.dumps(description, indent=2) + "\n"
    print(text, end="", flush=True)  # noqa: T201
    if json_file is not None:
        json_file.write_text(text)


async def _interrupted() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for wanted in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(wanted, stop.set)
    await stop.wait()
