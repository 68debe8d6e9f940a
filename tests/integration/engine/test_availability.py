"""A database that takes nothing for a while: waited for, told once, and never taken for a wrong work."""

import asyncio
import logging
import sqlite3
from pathlib import Path

import psycopg
import pytest
import sqlalchemy
from sqlalchemy import Connection, make_url, text
from sqlalchemy.exc import IntegrityError, OperationalError, SQLAlchemyError

from integration_core.engine.availability import is_away, pause_seconds
from integration_core.engine.database import open_database
from integration_core.engine.offloop import OffLoop


def _note(connection: Connection) -> None:
    connection.execute(text("INSERT INTO noted VALUES (1)"))


def test_server_that_takes_no_writes_for_a_while__gets_the_work_when_it_does(
    fresh_postgres: str, caplog: pytest.LogCaptureFixture
) -> None:
    database = open_database(fresh_postgres)
    with database.begin() as connection:
        connection.execute(text("CREATE TABLE noted (n INTEGER)"))
    name = make_url(fresh_postgres).database

    def let_write(is_allowed: bool) -> None:
        writable = "-c default_transaction_read_only=off"
        with psycopg.connect(fresh_postgres, autocommit=True, options=writable) as connection:
            setting = "off" if is_allowed else "on"
            connection.execute(
                f'ALTER DATABASE "{name}" SET default_transaction_read_only = {setting}'.encode()
            )
            connection.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    async def story() -> None:
        off_loop = OffLoop(database)
        let_write(False)
        writing = asyncio.create_task(off_loop.commit(_note))
        async with asyncio.timeout(10):
            while not off_loop.availability.is_away:  # noqa: ASYNC110  # told by a thread
                await asyncio.sleep(0.01)
        assert not writing.done()
        await asyncio.to_thread(let_write, True)
        async with asyncio.timeout(10):
            await writing
        off_loop.close(is_patient=True)

    with caplog.at_level(logging.WARNING):
        asyncio.run(story())
    with database.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM noted")).scalar_one() == 1
    database.dispose()
    told = [record.getMessage() for record in caplog.records if "database" in record.getMessage()]
    assert told == [
        "the database takes nothing; trying again until it does",
        "the database answers again",
    ]


def test_full_disk__is_told_to_who_gives_up_and_commits_nothing(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/core.db")
    with database.begin() as connection:
        connection.execute(text("CREATE TABLE noted (n BLOB)"))

    def too_much(connection: Connection) -> None:
        connection.exec_driver_sql("PRAGMA max_page_count = 10")
        connection.execute(text("INSERT INTO noted VALUES (zeroblob(1000000))"))

    off_loop = OffLoop(database, lambda: True)
    with pytest.raises(OperationalError, match="full") as caught:
        asyncio.run(off_loop.commit(too_much))
    assert is_away(caught.value)
    off_loop.close(is_patient=True)
    with database.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM noted")).scalar_one() == 0
    database.dispose()


def test_server_that_cannot_be_reached__is_away() -> None:
    database = sqlalchemy.create_engine("postgresql+psycopg://core@127.0.0.1:1/core")
    with pytest.raises(OperationalError) as caught, database.connect():
        pass
    assert is_away(caught.value)


@pytest.mark.parametrize(
    "error",
    [
        IntegrityError("INSERT", {}, sqlite3.IntegrityError("UNIQUE")),
        OperationalError("SELECT", {}, sqlite3.OperationalError("no such table")),
        SQLAlchemyError("wrong use"),
        ValueError("wrong work"),
    ],
)
def test_work_that_is_wrong__is_not_taken_for_an_absence(error: Exception) -> None:
    assert not is_away(error)


def test_pauses__grow_and_are_bounded() -> None:
    pauses = [pause_seconds(misses) for misses in range(1, 50)]
    assert pauses == sorted(pauses)
    assert pauses[0] == 0.1
    assert pauses[-1] == 2.0
