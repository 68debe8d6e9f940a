"""Workers as processes on one PostgreSQL database, and what the tests ask and read of them."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url, text

from integration_core.engine import activations
from integration_core.engine.database import open_database
from integration_core.engine.schema import create_engine_tables

from .worker import make_tables

ROOT = Path(__file__).parents[3]
WORKER = "tests.integration.engine.worker"
PATIENCE_SECONDS = 40.0


class Crew:
    """Starts workers, and surely ends them."""

    def __init__(self, url: str, target_url: str, folder: Path, *places: str) -> None:
        self._url, self._target_url, self._folder = url, target_url, folder
        make_tables(url, target_url, *places)
        self.database = open_database(url)
        self.target = open_database(target_url)
        with self.database.begin() as connection:
            create_engine_tables(connection)
        self.workers: dict[str, subprocess.Popen[str]] = {}

    def start(self, name: str, dead_after_seconds: float = 1.5) -> None:
        """Start a worker, or start it again, and wait until it serves."""
        arguments = [self._url, self._target_url, name, str(dead_after_seconds)]
        with (self._folder / f"{name}.err").open("a") as errors:
            self.workers[name] = subprocess.Popen(
                [sys.executable, "-m", WORKER, *arguments],
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                cwd=ROOT,
            )
        assert self.read(name) == "serving", self.said(name)

    def read(self, name: str) -> str:
        """The next line that a worker says; empty when it has ended."""
        out = self.workers[name].stdout
        assert out is not None
        return out.readline().strip()

    def send(self, name: str, what: signal.Signals) -> None:
        """A signal to a worker."""
        self.workers[name].send_signal(what)

    def kill(self, name: str) -> None:
        """kill -9, and wait for the end."""
        end(self.workers[name])

    def said(self, name: str) -> str:
        """What a worker logged so far."""
        return (self._folder / f"{name}.err").read_text()

    def ask(self, process: str, *keys: str) -> None:
        """Ask for activations, as somebody else's transaction does."""
        with self.database.begin() as connection:
            for key in keys:
                activations.request(connection, process, key)

    def open(self, gate: str) -> None:
        """Open a gate."""
        with self.target.begin() as connection:
            connection.execute(text("INSERT INTO gate VALUES (:g)"), {"g": gate})

    def receipts(self, place: str) -> list[tuple[int, str, str]]:
        """Number, key and worker of all that the target was sent for a place, in order."""
        statement = "SELECT number, key, worker FROM receipt WHERE place = :p ORDER BY id"
        with self.target.connect() as connection:
            return [tuple(row) for row in connection.execute(text(statement), {"p": place})]

    def ledger(self, place: str) -> list[int]:
        """The numbers that were noted for a place, in order."""
        statement = "SELECT number FROM ledger WHERE place = :p ORDER BY number"
        with self.database.connect() as connection:
            return list(connection.execute(text(statement), {"p": place}).scalars())

    def value(self, statement: str, **values: Any) -> Any:
        """One value of the core's database."""
        with self.database.connect() as connection:
            return connection.execute(text(statement), values).scalar_one()

    def open_runs(self) -> int:
        """How many activations have not ended."""
        return int(self.value("SELECT count(*) FROM activation WHERE asked > done"))

    def close(self) -> None:
        """End all workers, paused ones too."""
        for worker in self.workers.values():
            end(worker)
        self.database.dispose()
        self.target.dispose()


def second_database(url: str) -> str:
    """One more database on the same server."""
    name = f"{make_url(url).database}_target"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def end(worker: "subprocess.Popen[str]") -> None:
    """Kill a worker, paused or not, and wait for its end."""
    worker.kill()
    worker.wait()
    if worker.stdout is not None:
        worker.stdout.close()


def until(what: Callable[[], Any], seconds: float = PATIENCE_SECONDS) -> float:
    """Look until something is so; how many seconds that took."""
    began = time.monotonic()
    while not what():
        assert time.monotonic() - began < seconds, "it did not come to pass"
        time.sleep(0.02)
    return time.monotonic() - began
