"""The reference core inside this process, on the simulated engine."""

import asyncio
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from integration_core.engine.database import open_database
from integration_core.engine.simulated import CrashPoints, SimulatedEngine
from integration_core.wiring.build import RunningCore
from integration_core.wiring.clocks import RehearsalClock
from integration_core.wiring.settings import read_settings
from integration_core.wiring.watchers import tracing
from scenarios.estate import Estate
from scenarios.oracle.book import Book
from scenarios.simulation.network import Network
from scenarios.subjects.core import MAXIMUM_LOOKS, CoreOperations, environment, tokens
from scenarios.subjects.crashing import StagedCrash
from scenarios.subjects.port import NotAtRest

HOST = "core.example"


class SimulatedCore:
    """A core whose every step happens on the loop of the rehearsal."""

    name = "core"

    def __init__(
        self,
        network: Network,
        seed: int,
        *,
        database_url: str = "sqlite://",
        poll_interval_seconds: float = 3600.0,
        crash_points: CrashPoints | None = None,
    ) -> None:
        self._network = network
        self._seed = seed
        self._secrets = tokens(seed, "default")
        self._database_url = database_url
        self._poll_interval_seconds = poll_interval_seconds
        self._crash_points = StagedCrash(crash_points)
        self._nonces = 0
        self._clock: RehearsalClock | None = None
        self._running: RunningCore | None = None
        self._engine: SimulatedEngine | None = None
        self._operations = CoreOperations(network, f"http://{HOST}", self._secrets["operator"], 0.02)

    async def start(self, estate: Estate, now_ms: int) -> None:
        """Build it, subscribe it, start it."""
        settings = environment(
            estate,
            self._secrets,
            database_url=self._database_url,
            start_ms=now_ms,
            poll_interval_seconds=self._poll_interval_seconds,
        )
        with _environment(settings):
            read = read_settings()
        clock = self._clock = RehearsalClock(now_ms)
        self._engine = SimulatedEngine(
            open_database(self._database_url), clock, crash_points=self._crash_points
        )
        watch = tracing(read.traces, f"simulated|{self._seed}")
        self._running = RunningCore(read, self._network, clock, self._engine, self._nonce, watch=watch)
        self._network.attach(HOST, self._running.api)
        await self._operations.subscribe(estate, self._secrets)
        await self._running.start()

    def _nonce(self) -> str:
        self._nonces += 1
        return f"nonce-{self._nonces:012d}"

    async def advance(self, now_ms: int) -> None:
        """Step its clock; a call through the operations API would do the same, slower."""
        if self._running is None or self._engine is None or self._clock is None:
            raise RuntimeError("the core was never started")
        self._clock.step_to(now_ms)
        await self._engine.notice()

    async def settle(self) -> int | None:
        """Wait for rest; a core that a crash point killed is started again."""
        if self._engine is None:
            raise RuntimeError("the core was never started")
        for _ in range(MAXIMUM_LOOKS):
            rest = await self._engine.rest()
            if self._engine.crashed:
                await self.restart()
            elif not rest.running and not rest.due_now:
                return rest.next_due_ms
            await asyncio.sleep(0.1)
        raise NotAtRest(f"The core has {rest.running} runs at work and {rest.due_now} due.")

    async def restart(self) -> None:
        """As a supervisor does with a process that died."""
        if self._running is None or self._engine is None:
            raise RuntimeError("the core was never started")
        await self._engine.crash()
        self._running.core.forget()
        await self._running.start()

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
        """Its next write to the ERP takes effect and is not remembered."""
        self._crash_points.arm()

    async def stop(self) -> None:
        """Stop it and close its database."""
        if self._running is not None and self._engine is not None:
            await self._running.stop()
            self._engine.database.dispose()
            await asyncio.sleep(0)


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """The settings are read the way a live core reads them: from the environment."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
