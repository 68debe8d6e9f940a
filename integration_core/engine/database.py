"""How the core opens its one database, so that a transaction means the same on SQLite and PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import StaticPool

_BUSY_TIMEOUT_MS = 30_000
_READ_ONLY = "core_read_only"


class DatabaseUnavailable(Exception):
    """The database cannot be opened; the text is one sentence for the person who gave the URL."""


def open_database(url: str, session_name: str = "core") -> Engine:
    """Open a SQLite or PostgreSQL database and prove that it answers.

    `sqlite://` is a database in memory with one shared connection; `postgresql://` uses psycopg
    and shows itself to the server under `session_name`. Raises DatabaseUnavailable.
    """
    try:
        parsed = make_url(_with_known_scheme(url))
    except SQLAlchemyError:
        raise DatabaseUnavailable(
            "The database URL cannot be read: expected sqlite:///FILE or postgresql://…"
        ) from None
    backend = parsed.get_backend_name()
    if backend not in ("sqlite", "postgresql"):
        raise DatabaseUnavailable(f"The database must be SQLite or PostgreSQL, not {backend}.")
    database = _sqlite(parsed) if backend == "sqlite" else _postgresql(parsed, session_name)
    try:
        _prove(database)
    except DatabaseUnavailable:
        database.dispose()
        raise
    except (SQLAlchemyError, OSError) as error:
        database.dispose()
        shown = parsed.render_as_string(hide_password=True)
        raise DatabaseUnavailable(f"The database {shown} cannot be opened: {_one_line(error)}.") from error
    return database


@contextmanager
def reading(database: Engine) -> Iterator[Connection]:
    """A connection that only reads: on SQLite it never waits for a writer nor keeps one waiting."""
    with database.connect().execution_options(**{_READ_ONLY: True}) as connection:
        yield connection


def in_memory(database: Engine) -> bool:
    """Whether the data lives in this process only."""
    return isinstance(database.pool, StaticPool)


def _with_known_scheme(url: str) -> str:
    return "postgresql://" + url.removeprefix("postgres://") if url.startswith("postgres://") else url


def _sqlite(url: URL) -> Engine:
    if url.database in (None, "", ":memory:") or "mode=memory" in str(url):
        database = create_engine(
            url,
            poolclass=StaticPool,
            connect_args={"check_same_thread": False},
            hide_parameters=True,
        )
    else:
        database = create_engine(url, connect_args={"timeout": _BUSY_TIMEOUT_MS / 1000}, hide_parameters=True)
    event.listen(database, "connect", _set_up_sqlite)
    event.listen(database, "begin", _begin_sqlite)
    return database


def _set_up_sqlite(connection: Any, _record: object) -> None:
    # The driver's own transaction handling starts late and leaves DDL outside; BEGIN is ours.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout={_BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA synchronous=FULL")


def _begin_sqlite(connection: Connection) -> None:
    # A deferred transaction that turns into a writer half-way cannot wait, only fail: take the lock first.
    read_only = connection.get_execution_options().get(_READ_ONLY, False)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


def _postgresql(url: URL, session_name: str) -> Engine:
    # Said outright, so that a database without an encoding of its own can be told apart, and refused.
    settings: dict[str, object] = {"application_name": session_name, "client_encoding": "utf8"}
    if "connect_timeout" not in url.query:
        settings["connect_timeout"] = 10
    return create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=10,
        max_overflow=20,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args=settings,
    )


def _prove(database: Engine) -> None:
    with database.connect() as connection:
        if database.dialect.name == "postgresql":
            encoding = connection.exec_driver_sql("SHOW server_encoding").scalar_one()
            if encoding != "UTF8":
                raise DatabaseUnavailable(
                    f"The database stores text as {encoding}: create it with ENCODING 'UTF8'."
                )
        connection.exec_driver_sql("SELECT 1")
    if database.dialect.name == "sqlite" and not in_memory(database):
        _make_wal(database)


def _make_wal(database: Engine) -> None:
    raw = database.raw_connection()
    try:
        cursor = raw.cursor()
        # Kept in the file, so readers and the writer never block each other from its first day on.
        if cursor.execute("PRAGMA journal_mode").fetchone() != ("wal",):
            cursor.execute("PRAGMA journal_mode=WAL")
        cursor.close()
    finally:
        raw.close()


def _one_line(error: BaseException) -> str:
    text = str(getattr(error, "orig", None) or error)
    return " ".join(text.split())[:200].rstrip(".")
