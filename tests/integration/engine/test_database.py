"""Transactions that mean the same on both databases, and clear words when there is no database."""

import threading
from pathlib import Path

import psycopg
import pytest
import sqlalchemy
from sqlalchemy import Engine, make_url, text

from integration_core.engine import activations
from integration_core.engine.database import DatabaseUnavailable, in_memory, open_database, reading
from integration_core.engine.schema import create_engine_tables


@pytest.fixture(params=["memory", "file", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Engine:
    if request.param == "postgres":
        return open_database(request.getfixturevalue("fresh_postgres"))
    return open_database("sqlite://" if request.param == "memory" else f"sqlite:///{tmp_path}/core.db")


def test_transaction_that_is_undone__leaves_not_even_its_tables(database: Engine) -> None:
    with database.connect() as connection:
        create_engine_tables(connection)
        connection.execute(text("INSERT INTO checkpoint VALUES ('a', 'b', 1, 'c')"))
        connection.rollback()
    with database.connect() as connection:
        assert sqlalchemy.inspect(connection).get_table_names() == []
    database.dispose()


def test_engine_tables__are_created_once_and_then_left_alone(database: Engine) -> None:
    with database.begin() as connection:
        create_engine_tables(connection)
        connection.execute(text("INSERT INTO checkpoint VALUES ('a', 'b', 1, 'c')"))
    with database.begin() as connection:
        create_engine_tables(connection)
    with reading(database) as connection:
        assert connection.execute(text("SELECT count(*) FROM checkpoint")).scalar_one() == 1
    database.dispose()


def test_open_work_on_sqlite__is_found_without_walking_over_idle_rows() -> None:
    database = open_database("sqlite://")
    asked: list[tuple[str, tuple[object, ...]]] = []

    @sqlalchemy.event.listens_for(database, "before_cursor_execute")
    def note(_c: object, _cursor: object, statement: str, parameters: tuple[object, ...], *_: object) -> None:
        asked.append((statement, parameters))

    with database.begin() as connection:
        create_engine_tables(connection)
        asked.clear()
        assert activations.claim(connection, "work", 5, None, 0) == []
        assert not activations.any_waiting(connection)
        plans = [
            connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
            for statement, parameters in tuple(asked)
        ]
    database.dispose()
    assert len(plans) == 2
    assert all("INDEX ix_activation_open" in str(plan) for plan in plans)


def test_writers_on_a_file__wait_for_each_other_and_lose_no_update(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/core.db")
    with database.begin() as connection:
        connection.execute(text("CREATE TABLE counter (n INTEGER)"))
        connection.execute(text("INSERT INTO counter VALUES (0)"))
    together = threading.Barrier(4)

    def count() -> None:
        together.wait()
        for _ in range(25):
            with database.begin() as connection:
                n = connection.execute(text("SELECT n FROM counter")).scalar_one()
                connection.execute(text("UPDATE counter SET n = :n"), {"n": n + 1})

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with reading(database) as connection:
        assert connection.execute(text("SELECT n FROM counter")).scalar_one() == 100
    database.dispose()


def test_reader_on_a_file__sees_the_last_commit_while_a_writer_works(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/core.db")
    with database.begin() as connection:
        connection.execute(text("CREATE TABLE counter (n INTEGER)"))
    with database.begin() as writer:
        writer.execute(text("INSERT INTO counter VALUES (1)"))
        with reading(database) as reader:
            assert reader.execute(text("SELECT count(*) FROM counter")).scalar_one() == 0
    database.dispose()


def test_new_file__is_safe_against_power_loss_and_keeps_references(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/core.db")
    with database.connect() as connection:
        settings = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        ]
    database.dispose()
    assert settings == ["wal", 2, 1, 30_000]


def test_memory__is_one_database_for_all_connections() -> None:
    database = open_database("sqlite:///:memory:")
    assert in_memory(database)
    with database.begin() as connection:
        connection.execute(text("CREATE TABLE counter (n INTEGER)"))
    with reading(database) as connection:
        assert connection.execute(text("SELECT count(*) FROM counter")).scalar_one() == 0
    database.dispose()


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("sqlite:////nowhere/at/all/core.db", "sqlite:////nowhere/at/all/core.db cannot be opened"),
        ("mysql://core@localhost/core", "must be SQLite or PostgreSQL, not mysql"),
        ("core.db", "cannot be read"),
        (
            "postgresql://core:s3cret@127.0.0.1:1/core?connect_timeout=2",
            r"core:\*\*\*@127.0.0.1:1/core.*cannot",
        ),
    ],
)
def test_database_that_cannot_be_opened__is_told_in_one_sentence(url: str, sentence: str) -> None:
    with pytest.raises(DatabaseUnavailable, match=sentence) as caught:
        open_database(url)
    assert "\n" not in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_file_that_is_no_database__is_told_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("just some notes\n" * 100)
    with pytest.raises(DatabaseUnavailable, match="not a database"):
        open_database(f"sqlite:///{tmp_path}/notes.txt")


def test_plain_and_short_postgres_urls__are_understood(fresh_postgres: str) -> None:
    for scheme in ("postgresql://", "postgres://", "postgresql+psycopg://"):
        database = open_database(fresh_postgres.replace("postgresql://", scheme))
        with reading(database) as connection:
            assert connection.execute(text("SELECT 1")).scalar_one() == 1
        database.dispose()


def test_database_without_an_encoding__is_refused_in_one_sentence(fresh_postgres: str) -> None:
    name = f"{make_url(fresh_postgres).database}_plain"
    with psycopg.connect(fresh_postgres, autocommit=True) as connection:
        options = "ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
        connection.execute(f'CREATE DATABASE "{name}" {options}'.encode())
        try:
            url = make_url(fresh_postgres).set(database=name).render_as_string(hide_password=False)
            with pytest.raises(DatabaseUnavailable, match="as SQL_ASCII: create it with ENCODING"):
                open_database(url)
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())
