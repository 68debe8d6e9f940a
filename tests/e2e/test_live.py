"""Real processes over real sockets: the same verdict, also when the core is killed again and again."""

import asyncio
import random
from typing import Any

from scenarios.catalogue import scenario_named
from scenarios.catalogue.scenario import Scenario
from scenarios.options import Hooks, Options
from scenarios.rehearse import run
from tests.e2e.test_deal_to_cash import assert_pass

SCENARIO = scenario_named("deal-to-cash")


class Killer:
    """Kills the core with -9 at random moments of wall time, from the first step on, and starts it again."""

    def __init__(self, seed: int, kills: int, longest_seconds: float) -> None:
        self._longest_seconds = longest_seconds
        self._moments = random.Random(seed)
        self._kills = kills
        self._task: asyncio.Task[None] | None = None
        self.killed = 0

    async def between(self, subject: Any, now_ms: int) -> None:
        if self._task is None:
            self._task = asyncio.create_task(self._work(subject))
        elif self._task.done():
            self._task.result()

    async def _work(self, subject: Any) -> None:
        while self.killed < self._kills:
            await asyncio.sleep(self._moments.uniform(0.05, self._longest_seconds))
            await subject.kill()
            await subject.start_again()
            self.killed += 1


def assert_survives(
    seed: int,
    kills: int,
    database_url: str | None = None,
    scenario: Scenario = SCENARIO,
    plan: str = "small",
    longest_seconds: float = 1.5,
) -> None:
    """The verdict is pass although the core died that often."""
    killer = Killer(seed, kills, longest_seconds)
    options = Options(seed=seed, plan=scenario.plans[plan], mode="live", database_url=database_url)
    result, _ = run(scenario, options, Hooks(between_steps=killer.between))
    assert_pass(result)
    assert killer.killed == kills


def test_live_rehearsal__gives_the_same_verdict() -> None:
    assert_pass(run(SCENARIO, Options(seed=3, plan=SCENARIO.plans["none"], mode="live"))[0])


def test_core_killed_at_random_moments__still_passes() -> None:
    assert_survives(seed=3, kills=4)
