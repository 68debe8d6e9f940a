"""Several workers on one database: what one leaves, another takes over, and nothing is done twice."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from .crew import Crew, second_database, until


@pytest.fixture
def crew(fresh_postgres: str, tmp_path: Path) -> Iterator[Crew]:
    """A database, a target, and no worker yet."""
    made = Crew(fresh_postgres, second_database(fresh_postgres), tmp_path, "a", "b")
    yield made
    made.close()


def test_worker_that_was_killed__is_followed_by_another_that_repeats_nothing(crew: Crew) -> None:
    crew.start("core-1")
    crew.ask("gated", "a")
    until(lambda: crew.receipts("a"))
    crew.start("core-2")
    crew.kill("core-1")
    crew.open("a")
    until(lambda: crew.open_runs() == 0)
    assert crew.ledger("a") == [1]
    assert [worker for _, _, worker in crew.receipts("a")] == ["core-1"]
    assert crew.value("SELECT epoch FROM activation") == 1
    assert "taken over" in crew.said("core-2")


def test_worker_paused_in_an_open_transaction__cannot_commit_it_any_more(crew: Crew) -> None:
    crew.start("core-1")
    crew.ask("half_done", "a")
    until(lambda: crew.receipts("a"))
    until(lambda: crew.value(_OPEN_TRANSACTIONS))
    crew.send("core-1", signal.SIGSTOP)
    crew.start("core-2")
    until(lambda: crew.value("SELECT epoch FROM activation") == 1)
    crew.open("a")
    until(lambda: crew.open_runs() == 0)
    crew.send("core-1", signal.SIGCONT)
    crew.open("b")
    crew.ask("half_done", "b")
    until(lambda: crew.open_runs() == 0)
    crew.send("core-1", signal.SIGTERM)
    assert crew.read("core-1") == "stopped"
    assert (crew.ledger("a"), crew.ledger("b")) == ([1], [1])
    assert crew.value("SELECT count(*) FROM checkpoint") == 0


_OPEN_TRANSACTIONS = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE application_name = 'core core-1' AND state = 'idle in transaction'"
)


def test_worker_that_is_asked_to_stop__hands_over_at_once(crew: Crew) -> None:
    crew.start("core-1", 60)
    crew.ask("beside", "a")
    until(lambda: crew.receipts("a"))
    crew.start("core-2", 60)
    crew.send("core-1", signal.SIGTERM)
    assert crew.read("core-1") == "stopped"
    stopped = time.monotonic()
    until(lambda: crew.value("SELECT executor FROM activation") == "core-2")
    assert time.monotonic() - stopped < 5
    assert crew.value("SELECT state FROM executor WHERE executor = 'core-1'") == "stopped"
    assert len(crew.receipts("a")) == 1


def test_rest__is_the_same_whichever_worker_is_asked(crew: Crew) -> None:
    crew.start("core-1")
    crew.ask("beside", "a")
    until(lambda: crew.receipts("a"))
    crew.start("core-2")

    def told(name: str) -> str:
        crew.send(name, signal.SIGUSR1)
        return crew.read(name)

    assert [told("core-1"), told("core-2")] == ["running 1 due 0"] * 2
    crew.open("a")
    until(lambda: told("core-2") == "running 0 due 0")
    assert told("core-1") == "running 0 due 0"
