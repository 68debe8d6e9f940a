"""The storm itself: what people did is what the systems hold, once each, whoever died in the middle."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from load.lanes import all_ended
from load.outcomes import final, latencies, read_attempts
from load.settings import Settings
from load.users import receivables
from mocks.kit.faults import Fault
from tests.integration.load.place import (
    Locust,
    Place,
    desk_at,
    differences,
    doubles,
    let_run,
    observed,
    prepared,
    storm,
    until_done,
)

SELLING = storm(datetime(2026, 1, 1, 12, tzinfo=UTC), 35)
KINDS = frozenset({"Account", "Opportunity", "Quote", "Contract", "RateLine", "Resource", "Absence"})
QUICK = Settings(users=16, duration_seconds=120, shape="soak", think_seconds=0.0)
SLOW = Settings(users=8, duration_seconds=120, shape="soak", think_seconds=0.2, stale_seconds=1.0)
ALONE = ("--headless", "--only-summary")


@asynccontextmanager
async def at(folder: Path, **how: Any) -> AsyncIterator[Place]:
    """A prepared place, and its estate's end."""
    place = await prepared(folder, **how)
    try:
        yield place
    finally:
        await place.estate.close()


async def assert_all_done_once(place: Place) -> None:
    """Every deed is done, the systems hold just that, and nothing twice."""
    ends = final(read_attempts(place.folder))
    assert {deed.id for deed in place.deeds} == set(ends)
    assert {end.outcome for end in ends.values()} == {"done"}
    assert all_ended(place.folder)
    rows = await observed(place)
    wrong, compared = differences(place, rows)
    assert wrong == []
    assert compared >= len(place.deeds) // 3
    assert doubles(rows) == []


async def ended_well(locust: Locust) -> str:
    """It ended by itself and long before its time was over; returns what it said."""
    code, said = await asyncio.to_thread(locust.ended, 150.0)
    assert code == 0, said
    return said


def test_last_days__what_people_did_is_what_the_systems_hold(tmp_path: Path) -> None:
    async def story() -> None:
        async with at(tmp_path) as place:
            clock = await let_run(place, 1.0)
            said = await ended_well(Locust(place, QUICK, *ALONE))
            assert "submit timecard" in said
            with httpx.Client() as client:
                assert receivables.look_around(desk_at(place.estate, client)) == 0
            await assert_all_done_once(place)
            attempts = list(read_attempts(place.folder))
            assert {row.operation for row in latencies(attempts)} == {deed.operation for deed in place.deeds}
            assert all(clock.world_ms_of(one.ended_ms) >= clock.from_ms for one in attempts)

    asyncio.run(story())


def test_lost_answers_limits_and_expired_tokens__no_deal_and_no_leave_twice(tmp_path: Path) -> None:
    faults = [
        *(
            Fault(id=f"lost {method}", kind="lose_answer", occurrence=1, method=method, times=12)
            for method in ("POST", "PUT", "PATCH")
        ),
        Fault(id="limit", kind="limit", method="GET", seconds=1.0, times=2),
        Fault(id="token", kind="expire_token"),
    ]

    async def story() -> None:
        async with at(tmp_path, window=SELLING, kinds=KINDS) as place:
            for role in ("crm", "hris"):
                await place.estate.systems[role].control.add_faults(faults)
            await let_run(place, 1.0, SELLING)
            await ended_well(Locust(place, QUICK, *ALONE))
            struck = await place.estate.systems["hris"].control.struck()
            assert struck["lost PUT"] > 0
            attempts = list(read_attempts(place.folder))
            assert any(one.outcome == "unknown" for one in attempts)
            assert any(one.limited for one in attempts)
            assert any(one.found for one in attempts)
            await assert_all_done_once(place)

    asyncio.run(story())


def test_worker_and_system_killed_in_the_middle__others_go_on_and_nothing_is_done_twice(
    tmp_path: Path,
) -> None:
    async def story() -> None:
        async with at(tmp_path) as place:
            first = Locust(place, SLOW, *ALONE)
            await until_done(place, 20)
            first.kill()
            done = sum(one.outcome == "done" for one in read_attempts(place.folder))
            second = Locust(place, SLOW, *ALONE)
            await until_done(place, done + 20)
            await place.estate.children["psa"].kill()
            await place.estate.children["psa"].start()
            await ended_well(second)
            attempts = list(read_attempts(place.folder))
            assert any(one.away for one in attempts)
            assert len({one.worker for one in attempts if one.outcome == "done"}) == 2
            await assert_all_done_once(place)

    asyncio.run(story())
