"""Calls of several senders stay below one limit, and a target that asks for a pause gets it from all."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from integration_core.adapters.http.limited import LimitedTransport
from integration_core.engine.database import open_database
from integration_core.engine.permits import BLOCK, SharedPermits
from integration_core.engine.schema import create_engine_tables
from integration_core.ports.http import HttpRequest, HttpResponse

PER_SECOND = 50
BURST = PER_SECOND // 5


@pytest.fixture(params=["file", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database with the engine's tables."""
    is_file = request.param == "file"
    url = f"sqlite:///{tmp_path}/core.db" if is_file else request.getfixturevalue("fresh_postgres")
    made = open_database(url)
    with made.begin() as connection:
        create_engine_tables(connection)
    yield made
    made.dispose()


def _permits(database: Engine, real_seconds: float = 1.0) -> SharedPermits:
    return SharedPermits(
        database, {"psa": PER_SECOND}, time.monotonic, lambda seconds: seconds * real_seconds
    )


def test_two_senders__stay_below_one_limit(database: Engine) -> None:
    async def story() -> list[float]:
        sent: list[float] = []

        async def send(permits: SharedPermits) -> None:
            for _ in range(35):
                await permits.take("psa")
                sent.append(time.monotonic())

        await asyncio.gather(send(_permits(database)), send(_permits(database)))
        return sent

    sent = asyncio.run(story())
    assert len(sent) == 70
    allowed = PER_SECOND + BURST + 2 * BLOCK
    assert max(sum(0 <= later - at < 1 for later in sent) for at in sent) <= allowed
    assert sent[-1] - sent[0] >= (70 - BURST - 2 * BLOCK) / PER_SECOND


def test_target_without_a_limit__is_sent_to_at_once(database: Engine) -> None:
    async def story() -> None:
        permits = _permits(database)
        async with asyncio.timeout(1):
            for _ in range(1000):
                await permits.take("crm")

    asyncio.run(story())


class TooMany:
    """Refuses the first call for a while."""

    def __init__(self) -> None:
        self.seen: list[float] = []

    async def send(self, request: HttpRequest) -> HttpResponse:
        self.seen.append(time.monotonic())
        if len(self.seen) == 1:
            return HttpResponse(status=429, headers=(("retry-after", "2"),), body=b"")
        return HttpResponse(status=200, headers=(), body=b"")


@pytest.mark.parametrize(("real_seconds", "shortest", "longest"), [(0.25, 0.5, 1.5), (0.0, 0.0, 0.4)])
def test_target_that_asks_for_a_pause__gets_it_from_every_sender(
    database: Engine, real_seconds: float, shortest: float, longest: float
) -> None:
    async def story() -> list[float]:
        target = TooMany()
        senders = [
            LimitedTransport(target, "psa", _permits(database, real_seconds=real_seconds)) for _ in range(2)
        ]
        for sender in senders:
            await sender.send(HttpRequest(method="GET", url="http://psa.example/"))
        return target.seen

    first, second = asyncio.run(story())
    assert shortest <= second - first < longest
