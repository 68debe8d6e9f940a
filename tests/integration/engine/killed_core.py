"""A core in a process of its own, to be killed: one run of many batches, told on standard output."""

import asyncio
import sys
from functools import partial

import sqlalchemy
from sqlalchemy import Connection

from integration_core.engine.dbos_engine import DbosEngine
from integration_core.ports.engine import Run

from .world import ManualClock, at_rest

BATCHES = 40


async def drain(run: Run) -> None:
    """Pick and send, again and again."""

    def pick(number: int, connection: Connection) -> None:
        connection.execute(sqlalchemy.text("INSERT INTO picked VALUES (:n)"), {"n": number})

    async def send(number: int) -> int:
        sys.stdout.write(f"sent {number}\n")
        sys.stdout.flush()
        return number

    for number in range(BATCHES):
        await run.transaction("pick", partial(pick, number))
        assert await run.step("send", partial(send, number)) == number


async def main(url: str) -> None:
    """Serve until at rest."""
    engine = DbosEngine(url, ManualClock(), poll_seconds=0.05)
    engine.register("drain", drain)
    with engine.database.begin() as connection:
        connection.execute(sqlalchemy.text("CREATE TABLE IF NOT EXISTS picked (n INTEGER NOT NULL)"))
    await engine.start()
    if "--ask" in sys.argv:
        with engine.database.begin() as connection:
            engine.request(connection, "drain", "shard 0")
    await at_rest(engine)
    await engine.stop()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
