"""Every promise of the store is tested on each database it supports."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url, text

from integration_core.store.schema import metadata

from .memory import Memory


@pytest.fixture(scope="session")
def store_postgres(postgres_url: str) -> str:
    """The URL of one PostgreSQL database for all these tests: emptying it is quicker than making one."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE store_conformance")
    return make_url(postgres_url).set(database="store_conformance").render_as_string(hide_password=False)


def emptied(memory: Memory) -> Memory:
    """Forget what earlier tests left, numbers included."""
    names = ", ".join(table.name for table in metadata.sorted_tables)
    memory.do(lambda connection: connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY")))
    return memory


@pytest.fixture(params=["memory", "file", "postgres"])
def memory(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Memory]:
    """An empty store for one test."""
    if request.param == "postgres":
        made = emptied(Memory(request.getfixturevalue("store_postgres")))
    else:
        made = Memory("sqlite://" if request.param == "memory" else f"sqlite:///{tmp_path}/core.db")
    yield made
    made.close()


@pytest.fixture
def on_postgres(fresh_postgres: str) -> Iterator[Memory]:
    """An empty store on PostgreSQL, for what only several connections can show."""
    made = Memory(fresh_postgres)
    yield made
    made.close()
