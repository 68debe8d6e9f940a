"""The estate and the core as processes, and a rehearsal over them."""

import asyncio
import hashlib
import shutil
from collections.abc import Mapping
from pathlib import Path

import uvloop

from integration_core.adapters.http.httpx_transport import HttpxTransport
from mocks.kit.clock import wall_ms
from mocks.registry import vendor_for_role
from scenarios.control import Control
from scenarios.estate import ROLES, Estate, System
from scenarios.interruption import until_interrupted
from scenarios.live.cores import WORLD, LiveCore
from scenarios.live.processes import Child, free_port, scratch_folder
from scenarios.options import Hooks, Options
from scenarios.runner import Ended, Rehearsal, Runner
from scenarios.state import keep_state
from scenarios.subjects.naive.subject import Naive
from scenarios.subjects.port import Subject

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
        self._running: tuple[int, float, int] | None = None  # how clocks go by themselves, if they do

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

    async def start_again(self, role: str) -> None:
        """Start a mock that was killed again, with the data it kept and the clock that all go by.

        From its first call on its clock must be later than whatever anybody read of it before.
        """
        if self._running is None:
            raise RuntimeError(f"the clock of the {role} stands still: nobody knows where it stood")
        _, factor, _ = self._running
        self.children[role] = self._child(role, self._present_ms(wall_ms()), "scaled", factor)
        await self.children[role].start()
        await self.children[role].wait_listening(self._ports[role])
        agreed_ms = wall_ms()
        await self._systems[role].control.let_run(self._present_ms(agreed_ms), factor, agreed_ms)

    def _present_ms(self, wall: int) -> int:
        """What time it is in the systems at an instant of the machine's."""
        assert self._running is not None
        from_ms, factor, since_wall_ms = self._running
        return from_ms + int(max(0, wall - since_wall_ms) * factor)

    async def let_run(self, from_ms: int, factor: float, since_wall_ms: int) -> None:
        """Let the clocks of all mocks go by themselves, from one origin."""
        self._running = (from_ms, factor, since_wall_ms)
        for system in self._systems.values():
            await system.control.let_run(*self._running)

    async def stand_still(self, at_ms: int) -> None:
        """Have all mocks' clocks stepped again, from one instant on."""
        self._running = None
        for system in self._systems.values():
            await system.control.stand_still(at_ms)

    def _child(self, role: str, start_ms: int, mode: str, factor: float = 1.0) -> Child:
        vendor = vendor_for_role(role).name
        data = self.folder / "data"
        data.mkdir(exist_ok=True)
        arguments = ["mocks.serve", "--vendor", vendor, "--port", str(self._ports[role]), "--world", WORLD]
        arguments += ["--seed", str(self._seed), "--start-ms", str(start_ms), "--mode", mode]
        arguments += ["--data", str(data), "--factor", str(factor)]
        return Child(vendor, arguments, {"REHEARSE_CONTROL_TOKEN": self.token}, self.folder)

    async def close(self) -> None:
        """End every process and connection."""
        await asyncio.gather(*(child.stop() for child in self.children.values()))
        await self._transport.aclose()


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


async def rehearsed(
    rehearsal: Rehearsal, estate: Estate, subject: Subject, options: Options, hooks: Hooks
) -> Ended:
    """Run a rehearsal over an estate that is up, and keep its state where that is wished."""

    async def between(now_ms: int) -> None:
        if hooks.between_steps is not None:
            await hooks.between_steps(subject, now_ms)

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


async def _run(rehearsal: Rehearsal, options: Options, hooks: Hooks) -> Ended:
    folder = scratch_folder()
    estate = LiveEstate(options.seed, folder)
    subject = _subject(estate, rehearsal, options)

    try:
        await estate.start(rehearsal.start_ms)
        return await rehearsed(rehearsal, estate, subject, options, hooks)
    finally:
        try:
            await subject.stop()
        finally:
            await estate.close()
            shutil.rmtree(folder, ignore_errors=True)
