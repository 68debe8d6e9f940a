"""Every promise is tested on each adapter and each database it supports."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from .world import World


def _made(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> World:
    adapter, place = kind.split("-", 1)
    if place == "postgres":
        return World(adapter, request.getfixturevalue("fresh_postgres"))
    return World(adapter, "sqlite://" if place == "memory" else f"sqlite:///{tmp_path}/core.db")


@pytest.fixture(
    params=["simulated-memory", "simulated-file", "simulated-postgres", "dbos-file", "dbos-postgres"]
)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """A database and a clock for one test, under every adapter."""
    made = _made(request.param, tmp_path, request)
    yield made
    made.close()


@pytest.fixture(params=["simulated-memory", "simulated-file", "simulated-postgres"])
def simulated_world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """A database and a clock for one test, under the simulated adapter."""
    made = _made(request.param, tmp_path, request)
    yield made
    made.close()


@pytest.fixture(params=["dbos-file", "dbos-postgres"])
def dbos_world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """A database and a clock for one test, under DBOS."""
    made = _made(request.param, tmp_path, request)
    yield made
    made.close()
