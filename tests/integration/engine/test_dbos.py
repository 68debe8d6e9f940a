"""What only the DBOS engine has: real kills, real threads, and tables of its own to keep small."""

import asyncio
import signal
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import pytest
import sqlalchemy
from dbos import DBOS
from sqlalchemy import Connection

from integration_core.engine import dbos_engine
from integration_core.engine.database import DatabaseUnavailable, open_database
from integration_core.ports.engine import Rest, Run

from .killed_core import BATCHES
from .world import START_MS, ManualClock, World, at_rest, nothing, play, served

ROOT = Path(__file__).parents[3]
KILLED_CORE = "tests.integration.engine.killed_core"


def _serve(url: str, *options: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", KILLED_CORE, url, *options], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )


def _killed_after(url: str, lines: int, *options: str) -> list[str]:
    with _serve(url, *options) as core:
        assert core.stdout is not None
        told = [core.stdout.readline() for _ in range(lines)]
        core.send_signal(signal.SIGKILL)
        told += core.stdout.readlines()
    assert core.returncode == -signal.SIGKILL
    return told


@pytest.mark.parametrize("place", ["file", "postgres"])
def test_core_killed_twice__does_every_transaction_once_and_loses_nothing(
    place: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    is_file = place == "file"
    url = f"sqlite:///{tmp_path}/core.db" if is_file else request.getfixturevalue("fresh_postgres")
    told = _killed_after(url, 5, "--ask")
    told += _killed_after(url, 7)
    with _serve(url) as core:
        assert core.stdout is not None
        told += core.stdout.readlines()
    assert core.returncode == 0
    database = open_database(url)
    with database.connect() as connection:
        picked = list(connection.execute(sqlalchemy.text("SELECT n FROM picked ORDER BY n")).scalars())
    database.dispose()
    assert picked == list(range(BATCHES))
    sent = Counter(line.strip() for line in told)
    assert set(sent) == {f"sent {number}" for number in range(BATCHES)}
    # Each kill can cut one step off between its effect and its checkpoint.
    assert sent.total() <= BATCHES + 2


def test_transactions__run_beside_the_loop_and_steps_on_it(dbos_world: World) -> None:
    async def story() -> None:
        places: list[str] = []

        async def effect() -> None:
            places.append(threading.current_thread().name)

        def work(_connection: Connection) -> None:
            places.append(threading.current_thread().name)

        async def process(run: Run) -> None:
            await run.step("effect", effect)
            await run.transaction("work", work)

        engine = dbos_world.engine({"work": process})
        await engine.start()
        dbos_world.ask(engine, "work", "a")
        await served(engine)
        await engine.stop()
        assert places[0] == threading.main_thread().name
        assert places[1].startswith("core-database")

    play(story)


def test_time_that_passes_by_itself__is_seen_without_notice(dbos_world: World) -> None:
    async def story() -> None:
        engine = dbos_world.engine({"work": lambda run: run.transaction("mark", dbos_world.mark("ran"))})
        await engine.start()
        with dbos_world.database.begin() as connection:
            engine.schedule(connection, "work", "a", START_MS + 1000)
        assert await at_rest(engine) == Rest(0, 0, START_MS + 1000)
        dbos_world.clock.advance(seconds=1)
        assert await at_rest(engine) == Rest(0, 0, None)
        await engine.stop()
        assert dbos_world.marks() == ["ran"]

    play(story)


def test_finished_workflows__are_deleted_in_bulk(dbos_world: World) -> None:
    async def story() -> None:
        engine = dbos_world.engine({"work": nothing})
        await engine.start()
        dbos_world.ask(engine, "work", *(f"{number:03}" for number in range(dbos_engine.PURGE_BATCH + 20)))
        await served(engine)
        await engine.notice()
        left = await DBOS.list_workflows_async(load_input=False, load_output=False)
        assert len(left) <= 40
        await engine.stop()
        await engine.start()
        assert await DBOS.list_workflows_async() == []
        await engine.stop()

    play(story)


def test_workflow_ended_from_outside__is_a_failure_that_is_taken_up_again(dbos_world: World) -> None:
    async def story() -> None:
        hung, gate = asyncio.Event(), asyncio.Event()

        async def hang() -> None:
            hung.set()
            await gate.wait()

        async def process(run: Run) -> None:
            await run.step("hang", hang)
            await run.transaction("mark", dbos_world.mark("done"))

        first = dbos_world.engine({"work": process})
        await first.start()
        dbos_world.ask(first, "work", "a")
        await first.notice()
        await hung.wait()
        await DBOS.cancel_workflow_async("work:a:000000000001")
        await first.crash()
        gate.set()
        second = dbos_world.engine({"work": process})
        await second.start()
        (failure,) = await second.failures()
        assert "CANCELLED" in failure.reason
        dbos_world.clock.advance(seconds=30)
        assert await served(second) == Rest(0, 0, None)
        await second.stop()
        assert dbos_world.marks() == ["done"]

    play(story)


def test_run_claimed_but_never_handed_to_dbos__is_started_at_the_next_start(dbos_world: World) -> None:
    async def story() -> None:
        process = lambda run: run.transaction("mark", dbos_world.mark("ran"))  # noqa: E731
        before = dbos_world.engine({"work": process})
        await before.start()
        await before.stop()
        dbos_world.ask(before, "work", "a")
        with dbos_world.database.begin() as connection:
            connection.execute(sqlalchemy.text("UPDATE activation SET started = 1, executor = 'core-1'"))
        engine = dbos_world.engine({"work": process})
        await engine.start()
        assert await at_rest(engine) == Rest(0, 0, None)
        await engine.stop()
        assert dbos_world.marks() == ["ran"]

    play(story)


def test_database_in_memory__is_refused_in_one_sentence() -> None:
    with pytest.raises(DatabaseUnavailable, match="needs a database file or a server"):
        dbos_engine.DbosEngine("sqlite://", ManualClock())
