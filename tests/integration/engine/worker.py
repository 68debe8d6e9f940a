"""One worker in a process of its own, to be killed, paused, drained and cut off: what it does it notes.

`python -m tests.integration.engine.worker DATABASE TARGET NAME [DEAD_AFTER_SECONDS]` serves until it
is asked to stop. The target is another database: a system of somebody else, with idempotency keys.
"""

import asyncio
import logging
import signal
import sys
import time
from functools import partial

import sqlalchemy
from sqlalchemy import Connection, text

from integration_core.engine.database import open_database
from integration_core.engine.dbos_engine import DbosEngine
from integration_core.engine.heartbeat import Pace
from integration_core.ports.engine import Run

BEAT_SECONDS = 0.2
BLOCK = 3  # effects of one run


class Wall:
    """This machine's clock."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000


class Target:
    """Takes each key once, notes each receipt, and has gates that a test opens."""

    def __init__(self, url: str, name: str) -> None:
        self._database = open_database(url).execution_options(isolation_level="AUTOCOMMIT")
        self._name = name

    def _do(self, statement: str, **values: object) -> list[sqlalchemy.Row[tuple[object, ...]]]:
        with self._database.connect() as connection:
            result = connection.execute(text(statement), values)
            return list(result.all()) if result.returns_rows else []

    async def send(self, place: str, number: int, idempotency_key: str) -> int:
        """Take an effect."""
        statement = "INSERT INTO receipt (place, number, key, worker) VALUES (:p, :n, :k, :w)"
        values = {"p": place, "n": number, "k": idempotency_key, "w": self._name}
        await asyncio.to_thread(self._do, statement, **values)
        return number

    def is_open(self, gate: str) -> bool:
        """Whether a test has opened a gate."""
        return bool(self._do("SELECT 1 FROM gate WHERE name = :g", g=gate))


def next_number(connection: Connection, place: str) -> int:
    """Note one more of a place's numbers, as part of the caller's transaction."""
    statement = text("UPDATE counter SET number = number + 1 WHERE place = :p RETURNING number")
    number = int(connection.execute(statement, {"p": place}).scalar_one())
    connection.execute(text("INSERT INTO ledger (place, number) VALUES (:p, :n)"), {"p": place, "n": number})
    return number


def make_tables(database_url: str, target_url: str, *places: str) -> None:
    """What the workers write to, here and at the target."""
    for url, statements in (
        (
            database_url,
            (
                "CREATE TABLE counter (place TEXT PRIMARY KEY, number INTEGER NOT NULL)",
                "CREATE TABLE ledger (place TEXT NOT NULL, number INTEGER NOT NULL)",
                *(f"INSERT INTO counter VALUES ('{place}', 0)" for place in places),
            ),
        ),
        (
            target_url,
            (
                "CREATE TABLE receipt (id SERIAL, place TEXT, number INTEGER, key TEXT, worker TEXT)",
                "CREATE TABLE gate (name TEXT)",
            ),
        ),
    ):
        database = open_database(url)
        with database.begin() as connection:
            for statement in statements:
                connection.execute(text(statement))
        database.dispose()


class Processes:
    """What the tests have workers do."""

    def __init__(self, target: Target) -> None:
        self._target = target

    async def append(self, run: Run) -> None:
        """A few numbers in order, each noted here and sent there."""
        for turn in range(BLOCK):
            number = await run.transaction("pick", lambda c: next_number(c, run.key))
            key = run.new_id("send")
            await run.step("send", partial(self._target.send, run.key, number, key))
            if turn == 1:
                await run.sleep("breath", 0.05)

    async def gated(self, run: Run) -> None:
        """Send, wait for the gate in a step, note the end."""
        await run.step("first", lambda: self._target.send(run.key, 1, run.new_id("first")))
        await run.step("gate", lambda: self._wait(run.key))
        await run.transaction("end", lambda c: next_number(c, run.key))

    async def half_done(self, run: Run) -> None:
        """Note the end, but wait for the gate with the transaction still open."""

        def work(connection: Connection) -> int:
            number = next_number(connection, run.key)
            while not self._target.is_open(run.key):
                time.sleep(0.02)
            return number

        await run.step("first", lambda: self._target.send(run.key, 1, run.new_id("first")))
        await run.transaction("end", work)

    async def beside(self, run: Run) -> None:
        """Sleep for an hour, and work for a while."""

        async def work() -> None:
            await run.step("first", lambda: self._target.send(run.key, 1, run.new_id("first")))
            await run.step("gate", lambda: self._wait(run.key))

        await asyncio.gather(run.sleep("hour", 3600), work())

    async def _wait(self, gate: str) -> None:
        while not await asyncio.to_thread(self._target.is_open, gate):  # noqa: ASYNC110  # in a database
            await asyncio.sleep(0.02)


async def main(url: str, target_url: str, name: str, dead_after_seconds: float) -> None:
    """Serve until SIGTERM; says when it serves, and what it sees when asked on standard input."""
    logging.basicConfig(level=logging.WARNING)
    processes = Processes(Target(target_url, name))
    pace = Pace(BEAT_SECONDS, dead_after_seconds)
    engine = DbosEngine(url, Wall(), executor_id=name, poll_seconds=0.05, pace=pace)
    for process in (processes.append, processes.gated, processes.half_done, processes.beside):
        engine.register(process.__name__, process)
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    asyncio.get_running_loop().add_signal_handler(
        signal.SIGUSR1, lambda: asyncio.ensure_future(_tell(engine)) and None
    )
    await engine.start()
    _say("serving")
    await stopping.wait()
    await engine.stop()
    _say("stopped")


async def _tell(engine: DbosEngine) -> None:
    rest = await engine.rest()
    _say(f"running {rest.running} due {rest.due_now}")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4])))
