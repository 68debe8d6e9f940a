"""The estate and the core as processes, and a rehearsal over them."""

import asyncio
import hashlib
import shutil
from collections.abc import Mapping
from pathlib import Path

import uvloop

from integration_core.adapters.http.httpx_transport import HttpxTransport
from mocks.registry import vendor_for_role
from scenarios.control import Control
from scenarios.estate import ROLES, Estate, System
from scenarios.interruption import until_interrupted
from scenarios.live.processes import Child, free_port, scratch_folder
from scenarios.options import Hooks, Options
from scenarios.oracle.book import Book
from scenarios.runner import Ended, Rehearsal, Runner
from scenarios.state import keep_state
from scenarios.subjects.core import CoreOperations, environment, tokens
from scenarios.subjects.naive.subject import Naive
from scenarios.subjects.port import Subject

WORLD = "default"
WORKS_ON_SECONDS = 0.15  # long enough to be in the middle of something
PATIENCE_SECONDS = 600.0  # for one call to the subject, whose own patience with a dead core is less
NAIVE_PAUSE_SECONDS = 0.05  # its pauses are real here, while the world's clock stands still


class LiveEstate:
    """Every mock a process of its own on the loopback."""

    def __init__(self, seed: int, folder: Path, ports: Mapping[str, int] | None = None) -> None:
        self.folder = folder
        self.token = hashlib.blake2b(f"{seed}|control".encode(), digest_size=16).hexdigest()
        self.children: dict[str, Child] = {}
        self._seed = seed
        self._ports = dict(ports or {})
        self._systems: dict[str, System] = {}
        self._transport = HttpxTransport()

    @property
    def systems(self) -> Mapping[str, System]:
        """Systems by role."""
        return self._systems

    @property
    def transport(self) -> HttpxTransport:
        """The loopback network."""
        return self._transport

    async def start(self, start_ms: int, mode: str = "stepped") -> None:
        """Start every mock and wait until all are ready."""
        for role in ROLES:
            self._ports.setdefault(role, free_port())
            self.children[role] = self._child(role, start_ms, mode)
            await self.children[role].start()
        for role in ROLES:
            await self.children[role].wait_listening(self._ports[role])
            vendor = vendor_for_role(role)
            url = f"http://127.0.0.1:{self._ports[role]}"
            self._systems[role] = System(
                role=role,
                vendor=vendor.name,
                url=url,
                credentials=vendor.secrets(WORLD, self._seed),
                control=Control(self._transport, url, WORLD, self.token),
            )

    def _child(self, role: str, start_ms: int, mode: str) -> Child:
        vendor = vendor_for_role(role).name
        data = self.folder / "data"
        data.mkdir(exist_ok=True)
        arguments = ["mocks.serve", "--vendor", vendor, "--port", str(self._ports[role]), "--world", WORLD]
        arguments += ["--seed", str(self._seed), "--start-ms", str(start_ms), "--mode", mode]
        arguments += ["--data", str(data)]
        return Child(vendor, arguments, {"REHEARSE_CONTROL_TOKEN": self.token}, self.folder)

    async def close(self) -> None:
        """End every process and connection."""
        await asyncio.gather(*(child.stop() for child in self.children.values()))
        await self._transport.aclose()


class LiveCore:
    """The core as a process; `kill` and `start_again` are for those who test its memory."""

    name = "core"

    def __init__(
        self,
        transport: HttpxTransport,
        seed: int,
        folder: Path,
        *,
        database_url: str | None = None,
        poll_interval_seconds: float = 3600.0,
        port: int | None = None,
        stepped: bool = True,
    ) -> None:
        self._stepped = stepped
        self._secrets = tokens(seed, WORLD)
        self._folder = folder
        self._database_url = database_url or f"sqlite:///{folder / 'core.sqlite'}"
        self._poll_interval_seconds = poll_interval_seconds
        self.port = port or free_port()
        self._now_ms = 0
        self._dies = False
        self._child: Child | None = None
        self._estate: Estate | None = None
        self.url = f"http://127.0.0.1:{self.port}"
        self.operator_token = self._secrets["operator"]
        self._operations = CoreOperations(
            transport, self.url, self._secrets["operator"], 0.01, patience_seconds=60.0
        )

    async def start(self, estate: Estate, now_ms: int) -> None:
        """Subscribe it and start its process."""
        self._estate = estate
        await self._operations.subscribe(estate, self._secrets)
        await self._start(now_ms)

    async def _start(self, now_ms: int) -> None:
        if self._estate is None:
            raise RuntimeError("the core has no estate yet")
        self._now_ms = now_ms
        settings = environment(
            self._estate,
            self._secrets,
            database_url=self._database_url,
            start_ms=now_ms,
            poll_interval_seconds=self._poll_interval_seconds,
            stepped=self._stepped,
        )
        arguments = ["integration_core.wiring.serve", "--port", str(self.port)]
        self._child = Child("core", arguments, settings, self._folder)
        await self._child.start()
        await self._child.wait_listening(self.port)

    async def kill(self) -> None:
        """kill -9."""
        if self._child is not None:
            await self._child.kill()

    async def start_again(self) -> None:
        """As a supervisor does."""
        await self._start(self._now_ms)

    async def advance(self, now_ms: int) -> None:
        """Step its clock."""
        self._now_ms = now_ms
        await self._operations.advance(now_ms)
        if self._dies:
            self._dies = False
            await asyncio.sleep(WORKS_ON_SECONDS)
            await self.kill()
            await self.start_again()

    async def settle(self) -> int | None:
        """Wait for rest."""
        return await self._operations.settle()

    async def replay_open_cases(self) -> int:
        """Replay open technical cases."""
        return await self._operations.replay_open_cases()

    async def owed(self) -> str:
        """What is still in the outbox."""
        return await self._operations.owed()

    async def book(self) -> Book | None:
        """Its book."""
        return await self._operations.book()

    async def crash(self) -> None:
        """Be killed shortly after its clock moved again."""
        self._dies = True

    async def stop(self) -> None:
        """Stop its process."""
        if self._child is not None:
            await self._child.stop()


def run(rehearsal: Rehearsal, options: Options, hooks: Hooks) -> Ended:
    """A live rehearsal; every process is ended and every file removed, whatever happens."""
    return uvloop.run(until_interrupted(_run(rehearsal, options, hooks)))


def _subject(estate: LiveEstate, rehearsal: Rehearsal, options: Options) -> Subject:
    poll_interval_seconds = rehearsal.scenario.poll_interval_seconds
    if options.subject == "naive":
        return Naive(
            estate.transport, poll_interval_seconds=poll_interval_seconds, pause_seconds=NAIVE_PAUSE_SECONDS
        )
    return LiveCore(
        estate.transport,
        options.seed,
        estate.folder,
        database_url=options.database_url,
        poll_interval_seconds=poll_interval_seconds,
    )


async def _run(rehearsal: Rehearsal, options: Options, hooks: Hooks) -> Ended:
    folder = scratch_folder()
    estate = LiveEstate(options.seed, folder)
    subject = _subject(estate, rehearsal, options)

    async def between(now_ms: int) -> None:
        if hooks.between_steps is not None:
            await hooks.between_steps(subject, now_ms)

    try:
        await estate.start(rehearsal.start_ms)
        runner = Runner(
            rehearsal,
            estate,
            subject,
            hooks.listener,
            before_judging=hooks.before_judging,
            between_steps=between,
            patience_seconds=PATIENCE_SECONDS,
        )
        ended = await runner.run()
        if options.keep_state is not None:
            await keep_state(estate, options.keep_state)
        return ended
    finally:
        try:
            await subject.stop()
        finally:
            await estate.close()
            shutil.rmtree(folder, ignore_errors=True)
