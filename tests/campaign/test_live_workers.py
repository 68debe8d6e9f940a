"""The live core as two workers: told the clock together, asked together, and each of them may be missing."""

import asyncio
import random
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from scenarios.catalogue import scenario_named
from scenarios.live import estate
from scenarios.live.cores import LiveCore
from scenarios.live.estate import LiveEstate
from scenarios.options import Hooks, Options
from scenarios.rehearse import run
from tests.e2e.test_deal_to_cash import assert_pass

SCENARIO = scenario_named("deal-to-cash")

START_MS = 1_767_225_600_000
DAY_MS = 86_400_000


def test_two_workers__serve_whether_both_are_there_or_one(fresh_postgres: str, tmp_path: Path) -> None:
    async def story() -> None:
        mocks = LiveEstate(5, tmp_path)
        quick = {"REHEARSE_DEAD_AFTER_SECONDS": "2", "REHEARSE_BEAT_SECONDS": "0.3"}
        core = LiveCore(mocks.transport, 5, tmp_path, database_url=fresh_postgres, workers=2, settings=quick)
        try:
            await mocks.start(START_MS)
            await core.start(mocks, START_MS)
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
            await mocks.close()
        assert core.pids == {}

    asyncio.run(story())


def test_several_workers__need_a_database_that_they_can_share(tmp_path: Path) -> None:
    mocks = LiveEstate(5, tmp_path)
    with pytest.raises(ValueError, match="PostgreSQL"):
        LiveCore(mocks.transport, 5, tmp_path, workers=2)


@pytest.mark.parametrize(("seed", "kills"), [(3, 0), (4, 6)])
def test_deal_to_cash_on_two_workers__passes_whoever_is_killed(
    seed: int, kills: int, fresh_postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = {"REHEARSE_DEAD_AFTER_SECONDS": "2", "REHEARSE_BEAT_SECONDS": "0.3"}
    monkeypatch.setattr(estate, "LiveCore", partial(LiveCore, workers=2, settings=quick))
    moments = random.Random(seed)
    killed: list[int] = []

    async def between(subject: Any, _now_ms: int) -> None:
        if len(killed) < kills and moments.random() < 0.2:
            killed.append(moments.choice((1, 2)))
            await subject.kill(killed[-1])
            if moments.random() < 0.5:
                await subject.settle()  # the other one alone
            await subject.start_again(killed[-1])

    options = Options(seed=seed, plan=SCENARIO.plans["small"], mode="live", database_url=fresh_postgres)
    result, _ = run(SCENARIO, options, Hooks(between_steps=between))
    assert_pass(result)
    assert len(killed) == kills
