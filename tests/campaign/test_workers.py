"""Workers that die, pause, are asked to stop and lose their database: nothing lost, doubled or reordered."""

import random
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from scenarios.live.postgres import LocalPostgres
from tests.integration.engine.crew import Crew, end, second_database, until

PLACES = tuple(f"place {number:02}" for number in range(12))
ASKED = 60
NAMES = ("core-1", "core-2")


@pytest.fixture
def crew(fresh_postgres: str, tmp_path: Path) -> Iterator[Crew]:
    """A database, a target, and no worker yet."""
    made = Crew(fresh_postgres, second_database(fresh_postgres), tmp_path, "a", "b", *PLACES)
    yield made
    made.close()


def assert_nothing_lost_doubled_or_reordered(crew: Crew) -> None:
    """By what was noted in transactions and what the target was sent."""
    for place in PLACES:
        noted = crew.ledger(place)
        assert noted == list(range(1, len(noted) + 1))
        first: dict[str, int] = {}
        for number, key, _ in crew.receipts(place):
            assert first.setdefault(key, number) == number  # a repeated call says the same
        assert list(first.values()) == noted
    assert all(crew.ledger(place) for place in PLACES)
    assert crew.value("SELECT string_agg(reason, ' | ') FROM run_failure") is None
    assert crew.value("SELECT count(*) FROM checkpoint") == 0
    assert crew.value("SELECT count(*) FROM timer") == 0


def _harm(crew: Crew, chance: random.Random, name: str) -> None:
    kind = chance.choice(("kill", "kill", "drain", "pause"))
    if kind == "pause":
        crew.send(name, signal.SIGSTOP)
        time.sleep(chance.uniform(0.5, 2.5))  # below and above what makes the other think it dead
        crew.send(name, signal.SIGCONT)
        return
    if kind == "kill":
        crew.kill(name)
    else:
        crew.send(name, signal.SIGTERM)
        assert crew.read(name) == "stopped"
        crew.workers[name].wait()
    time.sleep(chance.uniform(0.0, 2.0))
    crew.start(name)


@pytest.mark.parametrize("seed", range(20))
def test_two_workers_under_random_harm__do_everything_once_and_in_order(seed: int, crew: Crew) -> None:
    chance = random.Random(seed)
    for name in NAMES:
        crew.start(name)

    def ask_on() -> None:
        for turn in range(ASKED):
            crew.ask("append", *PLACES[turn % 3 :: 3])
            time.sleep(0.1)

    asking = threading.Thread(target=ask_on)
    asking.start()
    for _ in range(4):
        time.sleep(chance.uniform(0.05, 0.8))
        _harm(crew, chance, chance.choice(NAMES))
    asking.join()
    until(lambda: crew.open_runs() == 0)
    assert_nothing_lost_doubled_or_reordered(crew)


def test_worker_that_was_only_paused__gives_up_what_was_taken_and_serves_on(crew: Crew) -> None:
    crew.start("core-1")
    crew.ask("gated", "a")
    until(lambda: crew.receipts("a"))
    crew.start("core-2")
    crew.send("core-1", signal.SIGSTOP)
    crew.open("a")
    until(lambda: crew.open_runs() == 0)
    crew.send("core-1", signal.SIGCONT)
    crew.kill("core-2")
    crew.open("b")
    crew.ask("gated", "b")
    until(lambda: crew.ledger("b") == [1] and crew.open_runs() == 0)
    assert crew.ledger("a") == [1]
    assert crew.receipts("b")[0][2] == "core-1"
    assert crew.value("SELECT string_agg(reason, ' | ') FROM run_failure") is None


def test_second_worker_of_the_same_name__ends_the_service_of_the_first(crew: Crew) -> None:
    crew.start("core-1")
    crew.ask("gated", "a")
    until(lambda: crew.receipts("a"))
    first = crew.workers["core-1"]
    crew.start("core-1")
    crew.open("a")
    until(lambda: crew.open_runs() == 0)
    until(lambda: "another worker was started under this name" in crew.said("core-1"))
    assert crew.ledger("a") == [1]
    end(first)


def test_database_that_goes_away__is_waited_for_and_nothing_is_lost(
    fresh_postgres: str, tmp_path: Path
) -> None:
    server = LocalPostgres()
    try:
        server.start()
        crew = Crew(server.database("core"), fresh_postgres, tmp_path, *PLACES)
        try:
            for name in NAMES:
                crew.start(name)
            crew.ask("append", *PLACES)
            until(lambda: crew.ledger(PLACES[0]))
            server.stop()
            assert [worker.poll() for worker in crew.workers.values()] == [None, None]
            with pytest.raises(subprocess.TimeoutExpired):
                crew.workers["core-1"].wait(6)
            server.start()
            crew.ask("append", *PLACES)
            until(lambda: crew.open_runs() == 0)
            assert_nothing_lost_doubled_or_reordered(crew)
            for name in NAMES:
                assert crew.said(name).count("the database takes nothing") <= 1
        finally:
            crew.close()
    finally:
        server.end()
