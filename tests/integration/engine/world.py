"""One database and one clock on which engines live and die, whichever adapter and database it is."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from typing import Any, TypeVar

import sqlalchemy
from dbos import DBOS
from sqlalchemy import Connection, Engine

from integration_core.engine.database import open_database
from integration_core.engine.dbos_engine import DbosEngine
from integration_core.engine.simulated import CrashPoints, SimulatedEngine
from integration_core.ports.engine import Process, Rest, Run

T = TypeVar("T")
AnyEngine = SimulatedEngine | DbosEngine
START_MS = 1_769_904_000_000
_PATIENCE_SECONDS = 30
_ENDING_SECONDS = 20


class ManualClock:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.at_ms = START_MS

    def now_ms(self) -> int:
        return self.at_ms

    def advance(self, seconds: float) -> None:
        self.at_ms += round(seconds * 1000)


class World:
    """Makes engines on one database; each `engine` is a new life that knows only what was committed."""

    def __init__(self, adapter: str, url: str) -> None:
        self.adapter = adapter
        self.clock = ManualClock()
        self._url = url
        self._made: list[AnyEngine] = []
        self.database: Engine = open_database(url)
        with self.database.begin() as connection:
            connection.execute(sqlalchemy.text("CREATE TABLE mark (what TEXT NOT NULL)"))

    def engine(
        self, processes: Mapping[str, Process], *, crash_points: CrashPoints | None = None, places: int = 16
    ) -> AnyEngine:
        """A new engine with these processes, not started."""
        made: AnyEngine
        if self.adapter == "simulated":
            made = SimulatedEngine(
                self.database, self.clock, crash_points=crash_points, runs_per_process=places
            )
        else:
            made = DbosEngine(self._url, self.clock, runs_per_process=places, poll_seconds=0.05)
        self._made.append(made)
        for name, function in processes.items():
            made.register(name, function)
        return made

    def close(self) -> None:
        """End what a failed test left running, before its database goes.

        DBOS is one for the whole process: left alone it would outlive its loop, go on asking a
        database that is dropped, and be handed to the next test, whose first step never returns.
        """
        if self.adapter == "dbos":
            ending = threading.Thread(target=partial(DBOS.destroy, destroy_registry=True), daemon=True)
            ending.start()
            ending.join(_ENDING_SECONDS)
        for made in self._made:
            made.database.dispose()
        self.database.dispose()

    def mark(self, what: str) -> Callable[[Connection], None]:
        """A piece of work for a transaction that leaves a trace."""

        def work(connection: Connection) -> None:
            connection.execute(sqlalchemy.text("INSERT INTO mark VALUES (:what)"), {"what": what})

        return work

    def marks(self) -> list[str]:
        """The traces, in order of their text."""
        with self.database.connect() as connection:
            return list(connection.execute(sqlalchemy.text("SELECT what FROM mark ORDER BY what")).scalars())

    def ask(self, engine: AnyEngine, process: str, *keys: str) -> None:
        """Ask for activations in a transaction of our own."""
        with self.database.begin() as connection:
            for key in keys:
                engine.request(connection, process, key)


async def at_rest(engine: AnyEngine) -> Rest:
    """Wait until nothing moves, and say what is to come."""
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while True:
            rest = await engine.rest()
            if rest.running == 0 and rest.due_now == 0:
                return rest
            await asyncio.sleep(0)


async def served(engine: AnyEngine) -> Rest:
    """Make the engine look, then wait until nothing moves."""
    await engine.notice()
    return await at_rest(engine)


def play(story: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a story on a loop of its own."""
    return asyncio.run(story())


async def never() -> None:
    """What a hanging system answers."""
    await asyncio.Event().wait()


async def nothing(run: Run) -> None:
    """A process without any effect."""
