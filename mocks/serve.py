"""Runs one mock, or all of them, as a process of its own on this machine: `python -m mocks.serve`.

One server answers on one port per vendor. The control token comes from the environment, so that it
shows in no list of processes. Ready means that every port answers: then the ready file is written.

It listens on the loopback, and sends notifications nowhere else. `--host 0.0.0.0` is for a container,
whose network holds nothing but the estate, and `--notify NAME` lets notifications go to a neighbour there.
"""

import argparse
import asyncio
import ipaddress
import logging
import os
import re
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn, get_args

import msgspec
import uvicorn
import uvloop
from msgspec import Struct

from mocks import registry
from mocks.kept import KeptWorlds, WrongSeed
from mocks.kit.clock import Mode, wall_ms
from mocks.kit.metrics import LoopLag
from mocks.kit.outgoing import LOOPBACK, HttpOutgoing
from mocks.kit.system import ConnectionDropped, MockSystem, Receive, Scope, Send
from mocks.kit.traces import TRACES_VARIABLE, NoTraces, trace_to

HOST = "127.0.0.1"
TOKEN_VARIABLE = "REHEARSE_CONTROL_TOKEN"
BAD_USAGE = 2
TEND_EVERY_SECONDS = 0.2
DELIVERIES_AT_ONCE = 8  # as vendors do, which promise no order among notifications
GRACE_SECONDS = 3
log = logging.getLogger("mocks.serve")


class Unservable(Exception):
    """The process cannot do what it was asked to; the text is the sentence for the user."""


class Settings(Struct, frozen=True, kw_only=True):
    """What the command line and the environment say."""

    vendors: tuple[str, ...]
    host: str
    notify: frozenset[str]
    port: int
    world: str
    seed: int
    start_ms: int
    mode: Mode
    factor: float
    data: Path | None
    ready_file: str
    token: str
    traces: str = ""


class Served(Struct, frozen=True):
    """One mock with its open socket."""

    system: MockSystem
    kept: KeptWorlds
    listener: socket.socket
    host: str = HOST

    @property
    def url(self) -> str:
        """Where it answers; one that listens everywhere is found by the name of its machine."""
        everywhere = ipaddress.ip_address(self.host).is_unspecified
        name = socket.gethostname() if everywhere else self.host
        return f"http://{name}:{self.listener.getsockname()[1]}"


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One sentence instead of a page of usage."""
        raise Unservable(f"{message[:1].upper()}{message[1:]}.")


def _parser(environment: Mapping[str, str]) -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m mocks.serve", description="Run one mock, or all of them.")
    parser.add_argument("--vendor", required=True, help="name of a vendor, or all")
    parser.add_argument("--port", type=int, required=True, help="first port; 0 takes any free one")
    parser.add_argument("--host", default=HOST, help="IPv4 address to listen on; 0.0.0.0 in a container")
    parser.add_argument(
        "--notify", action="append", default=[], help="a host, beside this one, that notifications may go to"
    )
    parser.add_argument("--world", default="default")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--start-ms", type=int, help="UTC milliseconds; now for a clock that runs by itself")
    parser.add_argument("--mode", choices=get_args(Mode), default="stepped")
    parser.add_argument("--factor", type=float, default=1.0, help="how much faster a scaled clock runs")
    parser.add_argument("--data", type=Path, help="folder to keep the worlds in")
    parser.add_argument("--ready-file", default="", help="where to write URL and credentials; - is stdout")
    parser.add_argument(
        "--traces",
        default=environment.get(TRACES_VARIABLE, ""),
        help="a file for spans, or a collector's URL",
    )
    return parser


def _address(host: str) -> str:
    try:
        return str(ipaddress.IPv4Address(host))
    except ValueError:
        raise Unservable(
            f"{host} is no IPv4 address; listen on {HOST}, or on 0.0.0.0 in a container."
        ) from None


def read_settings(arguments: Sequence[str], environment: Mapping[str, str]) -> Settings:
    """Settings from the command line; raises Unservable with a sentence for whatever is wrong."""
    given = _parser(environment).parse_args(arguments)
    names = registry.names() if given.vendor == "all" else (given.vendor,)
    if given.vendor != "all" and given.vendor not in registry.names():
        raise Unservable(
            f"There is no vendor {given.vendor}; the known ones are {', '.join(registry.names())}, and all."
        )
    if not 0 <= given.port <= 65_535 - len(names):
        raise Unservable(f"{given.port} is no port; give one from 0 to {65_535 - len(names)}.")
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", given.world):
        raise Unservable("The name of a world has up to 64 letters, digits, - or _.")
    if not given.factor > 0:
        raise Unservable("The factor of a scaled clock is more than 0.")
    token = environment.get(TOKEN_VARIABLE, "")
    if not token:
        raise Unservable(f"Set {TOKEN_VARIABLE} to a secret of your choice; the control plane needs it.")
    start_ms = given.start_ms
    if start_ms is None:
        start_ms = 0 if given.mode == "stepped" else wall_ms()
    return Settings(
        vendors=names,
        host=_address(given.host),
        notify=frozenset(given.notify),
        port=given.port,
        world=given.world,
        seed=given.seed,
        start_ms=start_ms,
        mode=given.mode,
        factor=given.factor,
        data=given.data,
        ready_file=given.ready_file,
        token=token,
        traces=given.traces,
    )


def open_port(port: int, host: str = HOST) -> socket.socket:
    """A listening socket, on this machine alone unless told otherwise; raises Unservable."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except OSError as problem:
        listener.close()
        raise Unservable(f"Port {port} cannot be used: {(problem.strerror or 'refused').lower()}.") from None
    listener.setblocking(False)
    return listener


def make_mocks(settings: Settings, outgoing: HttpOutgoing) -> list[Served]:
    """The mocks with their worlds, each on its open port; raises Unservable and leaves no port open."""
    served: list[Served] = []
    try:
        for place, name in enumerate(settings.vendors):
            system = MockSystem(
                registry.vendor(name),
                settings.token,
                outgoing,
                data=settings.data,
                deliveries_at_once=DELIVERIES_AT_ONCE,
            )
            trace_to(system, settings.traces)  # before the port is open, which says that all is well
            listener = open_port(settings.port + place if settings.port else 0, settings.host)
            kept = KeptWorlds(system, settings.data)
            served.append(Served(system, kept, listener, settings.host))
            for world, seed in kept.found(settings.world, settings.seed).items():
                system.create_world(world, seed, settings.start_ms, settings.mode, settings.factor)
    except (Unservable, WrongSeed, NoTraces, OSError) as problem:
        for one in served:
            one.listener.close()
        raise Unservable(str(problem)) from problem
    return served


class ByPort:
    """One ASGI application that answers each port with its own mock."""

    def __init__(self, served: Sequence[Served]) -> None:
        self._first = served[0].system
        self._by_port = {one.listener.getsockname()[1]: one.kept for one in served}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._first(scope, receive, send)
            return
        await self._by_port[scope["server"][1]](scope, receive, send)


def announcement(served: Sequence[Served], world: str) -> dict[str, Any]:
    """What a starter of this process needs to know: of one mock, or of all by role."""
    systems = {
        one.system.vendor.role: {
            "vendor": one.system.vendor.name,
            "role": one.system.vendor.role,
            "url": one.url,
            "openapi": f"{one.url}/openapi.json",
            "credentials": one.system.worlds[world].secrets,
            "pid": os.getpid(),
        }
        for one in served
    }
    return next(iter(systems.values())) if len(systems) == 1 else {"pid": os.getpid(), "systems": systems}


def announce(ready_file: str, content: dict[str, Any]) -> None:
    """Write the ready file whole, readable by its owner alone; `-` is standard output."""
    payload = msgspec.json.encode(content) + b"\n"
    if ready_file == "-":
        sys.stdout.write(payload.decode())
        sys.stdout.flush()
    elif ready_file:
        target = Path(ready_file)
        beside = target.with_name(f"{target.name}.{os.getpid()}")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(payload)
        beside.replace(target)


async def tend(system: MockSystem) -> None:
    """Once: let worlds whose clock runs by itself do what is due, and send their notices."""
    running = [world for world in system.worlds.values() if world.clock.mode != "stepped"]
    for world in running:
        system.run_due(world)
    await asyncio.gather(*(world.webhooks.release(world.now_ms()) for world in running))


async def _tend_for_ever(system: MockSystem) -> None:
    while True:
        try:
            await tend(system)
        except Exception:
            # A failure in one round must not end all later ones; it is told, and the next round tries again.
            log.exception("%s could not do what is due", system.vendor.name)
        await asyncio.sleep(TEND_EVERY_SECONDS)


async def _watch_loop(systems: Sequence[MockSystem]) -> None:
    lag = LoopLag()  # they share one loop
    for system in systems:
        system.loop_lag = lag
    await lag.watch()


async def serve(settings: Settings) -> None:
    """Run until told to stop by SIGTERM or SIGINT; raises Unservable before anything answers."""
    outgoing = HttpOutgoing(LOOPBACK | settings.notify)
    served = make_mocks(settings, outgoing)
    config = uvicorn.Config(
        ByPort(served),
        http="httptools",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    server = uvicorn.Server(config)
    # The server raises a caught signal again after a graceful stop: by then it has been obeyed.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _obeyed)
    running = asyncio.create_task(server.serve([one.listener for one in served]))
    while not server.started and not running.done():  # noqa: ASYNC110  # the server has a flag, no event
        await asyncio.sleep(0.005)
    tending = [asyncio.create_task(_tend_for_ever(one.system)) for one in served]
    tending.append(asyncio.create_task(_watch_loop([one.system for one in served])))
    try:
        if server.started:
            announce(settings.ready_file, announcement(served, settings.world))
        await running
    finally:
        for task in tending:
            task.cancel()
        await asyncio.gather(*tending, return_exceptions=True)
        await outgoing.close()
        for one in served:
            for name in list(one.system.worlds):
                one.system.drop_world(name)
            if one.system.spans is not None:
                one.system.spans.close()


def _is_news(record: logging.LogRecord) -> bool:
    # Connections that a fault drops are on purpose.
    return not (record.exc_info and isinstance(record.exc_info[1], ConnectionDropped))


def main(arguments: Sequence[str] | None = None, environment: Mapping[str, str] = os.environ) -> int:
    """Serve; 0 after a stop, 2 with one sentence on standard error when it cannot."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("uvicorn.error").addFilter(_is_news)
    try:
        settings = read_settings(sys.argv[1:] if arguments is None else arguments, environment)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve(settings))
    except Unservable as problem:
        sys.stderr.write(f"{problem}\n")
        return BAD_USAGE
    return 0


def _obeyed(number: int, frame: object) -> None:
    return None


if __name__ == "__main__":
    sys.exit(main())
