"""The core as processes: one, or several workers on one database."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from integration_core.adapters.http.httpx_transport import HttpxTransport
from scenarios.estate import Estate
from scenarios.live.processes import Child, free_port
from scenarios.oracle.book import Book
from scenarios.subjects.core import CoreOperations, environment, tokens
from scenarios.subjects.port import NotAtRest

WORLD = "default"
WORKS_ON_SECONDS = 0.15  # long enough to be in the middle of something
LOOKS = 10_000
LOOK_SECONDS = 0.01


class Worker:
    """One process of a core; it keeps its name, port and address when it is started again."""

    def __init__(self, number: int, port: int, token: str, transport: HttpxTransport) -> None:
        self.executor_id = f"core-{number}"
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.child: Child | None = None
        self.operations = CoreOperations(transport, self.url, token, LOOK_SECONDS, patience_seconds=60.0)

    @property
    def is_running(self) -> bool:
        """Whether its process runs."""
        return self.child is not None and self.child.is_running

    async def launch(self, settings: Mapping[str, str], folder: Path) -> None:
        """Start its process, without waiting for it."""
        arguments = ["integration_core.wiring.serve", "--port", str(self.port)]
        own = {**settings, "REHEARSE_EXECUTOR_ID": self.executor_id}
        self.child = Child(
            "core" if self.executor_id == "core-1" else self.executor_id, arguments, own, folder
        )
        await self.child.start()

    async def wait_listening(self) -> None:
        """Wait until it takes connections; raises NotReady."""
        if self.child is not None:
            await self.child.wait_listening(self.port)


class LiveCore:
    """The core as one process or several; it can be killed and started again by who tests its memory.

    Workers are counted from 1. Notifications go to the first.
    """

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
        workers: int = 1,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        if workers > 1 and (database_url is None or database_url.startswith("sqlite")):
            raise ValueError(
                "Several workers need one PostgreSQL database: name it by REHEARSE_DATABASE_URL."
            )
        self._stepped = stepped
        self._secrets = tokens(seed, WORLD)
        self._folder = folder
        self._database_url = database_url or f"sqlite:///{folder / 'core.sqlite'}"
        self._poll_interval_seconds = poll_interval_seconds
        self._more_settings = dict(settings or {})
        self._now_ms = 0
        self._clock: dict[str, str] = {}
        self._dies = False
        self._estate: Estate | None = None
        self.operator_token = self._secrets["operator"]
        ports = [port or free_port(), *(free_port() for _ in range(workers - 1))]
        self.workers = tuple(
            Worker(number, chosen, self.operator_token, transport) for number, chosen in enumerate(ports, 1)
        )
        self.port, self.url = self.workers[0].port, self.workers[0].url

    @property
    def pids(self) -> dict[str, int]:
        """The process ids of the workers that run, by name."""
        return {w.executor_id: w.child.pid for w in self.workers if w.child is not None and w.is_running}

    @property
    def urls(self) -> dict[str, str]:
        """Where its workers are, by name."""
        return {worker.executor_id: worker.url for worker in self.workers}

    async def start(self, estate: Estate, now_ms: int) -> None:
        """Subscribe it and start its processes."""
        self._estate = estate
        await self.workers[0].operations.subscribe(estate, self._secrets)
        self._now_ms = now_ms
        await self._launch(*self.workers)

    async def _launch(self, *workers: Worker) -> None:
        if self._estate is None:
            raise RuntimeError("the core has no estate yet")
        settings = environment(
            self._estate,
            self._secrets,
            database_url=self._database_url,
            start_ms=self._now_ms,
            poll_interval_seconds=self._poll_interval_seconds,
            stepped=self._stepped,
        )
        for worker in workers:
            await worker.launch({**settings, **self._clock, **self._more_settings}, self._folder)
        for worker in workers:
            await worker.wait_listening()

    async def kill(self, number: int = 1) -> None:
        """kill -9 one worker."""
        child = self.workers[number - 1].child
        if child is not None:
            await child.kill()

    async def stop_worker(self, number: int) -> None:
        """Ask one worker to stop: it hands over what it has not finished."""
        child = self.workers[number - 1].child
        if child is not None:
            await child.stop()

    async def start_again(self, number: int = 1) -> None:
        """Start one worker again, as a supervisor does."""
        await self._launch(self.workers[number - 1])

    async def advance(self, now_ms: int) -> None:
        """Step its clock."""
        self._now_ms, self._clock = now_ms, {}
        for worker in self._serving():
            await worker.operations.advance(now_ms)
        if self._dies:
            self._dies = False
            await asyncio.sleep(WORKS_ON_SECONDS)
            await self.kill()
            await self.start_again()

    async def let_run(self, now_ms: int, speed: int, since_wall_ms: int) -> None:
        """Let its clock go by itself: it was `now_ms` when this machine's clock said `since_wall_ms`."""
        self._now_ms = now_ms
        self._clock = {
            "REHEARSE_CLOCK_SPEED": str(speed),
            "REHEARSE_CLOCK_SINCE_WALL_MS": str(since_wall_ms),
        }
        for worker in self._serving():
            await worker.operations.let_run(now_ms, speed, since_wall_ms)

    async def poll_every(self, seconds: int) -> None:
        """Have it poll at another pace, beginning now; a worker started again later keeps to it."""
        self._poll_interval_seconds = seconds
        for worker in self._serving():
            await worker.operations.poll_every(seconds)

    async def settle(self) -> int | None:
        """Wait for rest, as every worker that runs sees it."""
        for _ in range(LOOKS):
            serving = self._serving()
            next_due = await serving[0].operations.settle()
            seen = [await worker.operations.call("GET", "/operations/rest") for worker in serving[1:]]
            if all(rest["running"] == 0 and rest["due_now"] == 0 for rest in seen):
                return next_due
            await asyncio.sleep(LOOK_SECONDS)
        raise NotAtRest("The workers of the core do not come to rest together.")

    async def replay_open_cases(self) -> int:
        """Replay open technical cases."""
        return await self._serving()[0].operations.replay_open_cases()

    async def owed(self) -> str:
        """What is still in the outbox."""
        return await self._serving()[0].operations.owed()

    async def book(self) -> Book | None:
        """Its book."""
        return await self._serving()[0].operations.book()

    async def crash(self) -> None:
        """Be killed shortly after its clock moved again."""
        self._dies = True

    async def stop(self) -> None:
        """Stop its processes."""
        await asyncio.gather(*(worker.child.stop() for worker in self.workers if worker.child is not None))

    def _serving(self) -> tuple[Worker, ...]:
        """The workers that run; the first, which may be on its way, if none does."""
        return tuple(worker for worker in self.workers if worker.is_running) or self.workers[:1]
