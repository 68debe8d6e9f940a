"""The live core as two workers: told the clock together, asked together, and each of them may be missing."""

import asyncio
from pathlib import Path

import pytest

from scenarios.live.cores import LiveCore
from scenarios.live.estate import LiveEstate

START_MS = 1_767_225_600_000
DAY_MS = 86_400_000


def test_two_workers__serve_whether_both_are_there_or_one(fresh_postgres: str, tmp_path: Path) -> None:
    async def story() -> None:
        estate = LiveEstate(5, tmp_path)
        quick = {"REHEARSE_DEAD_AFTER_SECONDS": "2", "REHEARSE_BEAT_SECONDS": "0.3"}
        core = LiveCore(estate.transport, 5, tmp_path, database_url=fresh_postgres, workers=2, settings=quick)
        try:
            await estate.start(START_MS)
            await core.start(estate, START_MS)
            assert list(core.pids) == ["core-1", "core-2"]
            due_ms = await core.settle()
            await core.advance(START_MS + DAY_MS)
            assert (await core.settle() or 0) > (due_ms or 0)
            await core.kill(1)
            assert list(core.pids) == ["core-2"]
            await core.advance(START_MS + 2 * DAY_MS)
            assert (await core.settle() or 0) > START_MS + 2 * DAY_MS
            await core.start_again(1)
            await core.stop_worker(2)
            await core.let_run(START_MS + 3 * DAY_MS, 60, 1)
            assert list(core.pids) == ["core-1"]
            assert (await core.book()) is not None
        finally:
            await core.stop()
            await estate.close()
        assert core.pids == {}

    asyncio.run(story())


def test_several_workers__need_a_database_that_they_can_share(tmp_path: Path) -> None:
    estate = LiveEstate(5, tmp_path)
    with pytest.raises(ValueError, match="PostgreSQL"):
        LiveCore(estate.transport, 5, tmp_path, workers=2)
