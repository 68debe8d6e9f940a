"""Processes that raise: recorded, retried later and later, in nobody's way."""

import logging

import pytest

from integration_core.engine import failures
from integration_core.ports.engine import Rest, Run

from .world import START_MS, World, at_rest, play, served


class Sick:
    """A process that raises until it is healed."""

    def __init__(self, world: World) -> None:
        self.is_healed = False
        self.runs: list[str] = []
        self.effects = 0
        self._world = world

    async def effect(self) -> None:
        self.effects += 1

    async def call(self) -> None:
        if not self.is_healed:
            raise LookupError("no rate for\n  grade 7")

    async def process(self, run: Run) -> None:
        self.runs.append(run.run_id)
        await run.transaction("pick", self._world.mark("picked"))
        await run.step("effect", self.effect)
        await run.step("call", self.call)
        await run.transaction("settle", self._world.mark("settled"))


def test_process_that_raises__is_recorded_and_retried_when_its_gap_is_over(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> None:
        sick = Sick(world)
        engine = world.engine({"sick": sick.process})
        await engine.start()
        world.ask(engine, "sick", "a")
        with caplog.at_level(logging.WARNING, logger="integration_core.engine"):
            assert await served(engine) == Rest(0, 0, START_MS + 30_000)
        (failure,) = await engine.failures()
        assert (failure.process, failure.key, failure.attempts) == ("sick", "a", 1)
        assert failure.reason == "LookupError: no rate for grade 7"
        assert [record.__dict__["run_id"] for record in caplog.records] == [failure.run_id]
        sick.is_healed = True
        world.clock.advance(seconds=29)
        await served(engine)
        assert world.marks() == ["picked"]
        world.clock.advance(seconds=1)
        assert await served(engine) == Rest(0, 0, None)
        assert await engine.failures() == []
        await engine.stop()
        assert world.marks() == ["picked", "settled"]
        assert (len(sick.runs), len(set(sick.runs)), sick.effects) == (2, 1, 1)

    play(story)


def test_process_that_raises__blocks_neither_others_nor_other_keys(world: World) -> None:
    async def story() -> None:
        async def process(run: Run) -> None:
            if run.key == "bad":
                raise ArithmeticError
            await run.transaction("mark", world.mark(run.key))

        engine = world.engine({"work": process, "other": process})
        await engine.start()
        world.ask(engine, "work", "bad", "good")
        world.ask(engine, "other", "also good")
        await served(engine)
        await engine.stop()
        assert world.marks() == ["also good", "good"]

    play(story)


def test_failed_run__waits_for_its_retry_across_a_crash(world: World) -> None:
    async def story() -> None:
        sick = Sick(world)
        first = world.engine({"sick": sick.process})
        await first.start()
        world.ask(first, "sick", "a")
        await served(first)
        await first.crash()
        second = world.engine({"sick": sick.process})
        await second.start()
        assert await at_rest(second) == Rest(0, 0, START_MS + 30_000)
        sick.is_healed = True
        world.clock.advance(seconds=30)
        assert await served(second) == Rest(0, 0, None)
        await second.stop()
        assert world.marks() == ["picked", "settled"]
        assert sick.effects == 1

    play(story)


def test_process_that_keeps_raising__is_retried_in_growing_gaps_then_afresh(world: World) -> None:
    async def story() -> None:
        sick = Sick(world)
        engine = world.engine({"sick": sick.process})
        await engine.start()
        world.ask(engine, "sick", "a")
        gaps: list[float] = []
        for _ in range(failures.ATTEMPTS_PER_RUN + 1):
            rest = await served(engine)
            assert rest.next_due_ms is not None
            gaps.append((rest.next_due_ms - world.clock.now_ms()) / 1000)
            world.clock.at_ms = rest.next_due_ms
        assert gaps == [30, 60, 120, 240, 480, 960]
        assert len(set(sick.runs)) == 2
        assert world.marks() == ["picked", "picked"]
        sick.is_healed = True
        assert await served(engine) == Rest(0, 0, None)
        assert await engine.failures() == []
        await engine.stop()
        assert world.marks() == ["picked", "picked", "settled"]

    play(story)


def test_requests_for_a_failed_run__wait_for_its_retry_and_melt(world: World) -> None:
    async def story() -> None:
        sick = Sick(world)
        engine = world.engine({"sick": sick.process})
        await engine.start()
        world.ask(engine, "sick", "a")
        await served(engine)
        for _ in range(3):
            world.ask(engine, "sick", "a")
            assert await served(engine) == Rest(0, 0, START_MS + 30_000)
        assert len(sick.runs) == 1
        sick.is_healed = True
        world.clock.advance(seconds=30)
        await served(engine)
        await engine.stop()
        assert [run_id[-1] for run_id in sick.runs] == ["1", "1", "2"]

    play(story)


def test_gap__is_bounded() -> None:
    assert [failures.gap_ms(attempts) for attempts in (1, 2, 7, 8, 1000)] == [
        30_000,
        60_000,
        1_920_000,
        3_600_000,
        3_600_000,
    ]
