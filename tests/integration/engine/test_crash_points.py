"""The simulated engine stopped at chosen places: what is done again, and what never is."""

import asyncio
import subprocess
import sys
from collections.abc import Sequence
from functools import partial

import pytest
from sqlalchemy import Connection

from integration_core.engine.run import AFTER_CHECKPOINT, AFTER_EFFECT, BEFORE_EFFECT
from integration_core.engine.simulated import CrashNow, SimulatedEngine
from integration_core.ports.engine import Rest, Run
from integration_core.ports.systems import RateLimited

from .world import AnyEngine, World, at_rest, never, play, served

POINTS = (BEFORE_EFFECT, AFTER_EFFECT, AFTER_CHECKPOINT)


class CrashOnce:
    """Crashes at one place, the first time it is reached."""

    def __init__(self, point: str, name: str, occurrence: int = 1) -> None:
        self._place: tuple[str, str, int] | None = (point, name, occurrence)
        self.visited: list[tuple[str, str, str, int]] = []

    def visit(self, point: str, run_id: str, name: str, occurrence: int) -> None:
        self.visited.append((point, run_id, name, occurrence))
        if (point, name, occurrence) == self._place:
            self._place = None
            raise CrashNow


async def _crash(engine: AnyEngine) -> None:
    assert isinstance(engine, SimulatedEngine)
    for _ in range(1000):
        if engine.crashed:
            return
        await asyncio.sleep(0)
    raise AssertionError("the crash point was not reached")


async def crashed_and_resumed(world: World, points: CrashOnce, effects: list[str]) -> None:
    async def send() -> str:
        effects.append("send")
        return "sent"

    async def process(run: Run) -> None:
        await run.transaction("pick", world.mark("picked"))
        assert await run.step("send", send) == "sent"
        await run.transaction("settle", world.mark("settled"))

    engine = world.engine({"work": process}, crash_points=points)
    await engine.start()
    world.ask(engine, "work", "a")
    await engine.notice()
    await _crash(engine)
    assert (await engine.rest()).running == 1
    await engine.start()
    await at_rest(engine)
    await engine.stop()


@pytest.mark.parametrize(("point", "sent"), [(BEFORE_EFFECT, 1), (AFTER_EFFECT, 2), (AFTER_CHECKPOINT, 1)])
def test_crash_around_a_step__repeats_its_effect_only_without_a_checkpoint(
    simulated_world: World, point: str, sent: int
) -> None:
    async def story() -> None:
        effects: list[str] = []
        await crashed_and_resumed(simulated_world, CrashOnce(point, "send"), effects)
        assert effects == ["send"] * sent
        assert simulated_world.marks() == ["picked", "settled"]

    play(story)


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("name", ["pick", "settle"])
def test_crash_around_a_transaction__never_does_it_twice(
    simulated_world: World, point: str, name: str
) -> None:
    async def story() -> None:
        effects: list[str] = []
        await crashed_and_resumed(simulated_world, CrashOnce(point, name), effects)
        assert effects == ["send"]
        assert simulated_world.marks() == ["picked", "settled"]

    play(story)


class CrashAt:
    """Crashes at the n-th place that is reached, whichever it is; 0 never."""

    def __init__(self, number: int) -> None:
        self._left = number
        self.visited = 0

    def visit(self, point: str, run_id: str, name: str, occurrence: int) -> None:
        self.visited += 1
        self._left -= 1
        if self._left == 0:
            raise CrashNow


def _saga(world: World, points: CrashAt) -> tuple[list[str], set[str]]:
    """A saga with every means of the port, resumed after its crash; its marks and what was sent."""
    sent: set[str] = set()

    async def story() -> None:
        engine = world.engine({}, crash_points=points)

        async def send(number: int, key: str) -> str:
            if number == 0:
                raise RateLimited("TOO_MANY", "later", 5)
            sent.add(f"{number} {key}")
            return key

        async def saga(run: Run) -> None:
            start_ms = await run.now_ms("now")
            for number in range(3):
                try:
                    await run.step("send", partial(send, number, run.new_id("key")))
                except RateLimited as error:
                    await run.sleep("back off", error.retry_after_seconds or 0)
                else:
                    await run.transaction("settle", world.mark(f"settled {number} {start_ms}"))
            await run.transaction("ask", lambda connection: engine.request(connection, "follow", "a"))

        async def follow(run: Run) -> None:
            await run.transaction("mark", world.mark(f"followed {run.run_id[-1]}"))

        engine.register("saga", saga)
        engine.register("follow", follow)
        await engine.start()
        world.ask(engine, "saga", "a")
        await engine.notice()
        for _ in range(200):
            await asyncio.sleep(0)
            rest = await engine.rest()
            if engine.crashed:  # type: ignore[union-attr]
                await engine.start()
            elif rest.next_due_ms is not None:
                world.clock.at_ms = rest.next_due_ms
                await engine.notice()
        assert await engine.rest() == Rest(0, 0, None)
        await engine.stop()

    play(story)
    return world.marks(), sent


def test_crash_at_any_place_at_all__changes_nothing_in_the_end() -> None:
    def ended(number: int) -> tuple[int, list[str], set[str]]:
        world, points = World("simulated", "sqlite://"), CrashAt(number)
        marks, sent = _saga(world, points)
        world.close()
        return points.visited, marks, sent

    places, *undisturbed = ended(0)
    assert places > 15
    for number in range(1, places + 1):
        assert list(ended(number)[1:]) == undisturbed


def test_crash__takes_every_other_run_down_and_none_of_them_writes_on(simulated_world: World) -> None:
    async def story() -> None:
        world = simulated_world
        finishing: list[str] = []

        async def stubborn(run: Run) -> None:
            try:
                await run.step("hang", never)
            finally:
                finishing.append(run.key)
                await run.transaction("late", world.mark("written after death"))

        async def fatal(run: Run) -> None:
            try:
                await run.transaction("mark", world.mark("never"))
            except Exception:
                finishing.append("swallowed")

        engine = world.engine(
            {"a stubborn": stubborn, "fatal": fatal}, crash_points=CrashOnce(AFTER_EFFECT, "mark")
        )
        await engine.start()
        world.ask(engine, "a stubborn", "x", "y")
        world.ask(engine, "fatal", "z")
        await engine.notice()
        await _crash(engine)
        await engine.crash()
        assert finishing == ["x", "y"]
        assert world.marks() == []

    play(story)


def _history(world: World, asked: Sequence[str]) -> list[tuple[str, str, str, int]]:
    async def story() -> list[tuple[str, str, str, int]]:
        async def process(run: Run) -> None:
            def work(connection: Connection) -> None:
                if run.key == "c":
                    engine.request(connection, "after", "z")
                    engine.request(connection, "after", "y")

            await run.transaction("work", work)
            await run.sleep("pause", len(run.key))
            await run.transaction("end", world.mark(run.run_id))

        points = CrashOnce("nowhere", "nothing")
        engine = world.engine({"work": process, "after": process}, crash_points=points, places=2)
        await engine.start()
        world.ask(engine, "work", *asked)
        await served(engine)
        world.clock.advance(seconds=1)
        await served(engine)
        await engine.stop()
        return points.visited

    return play(story)


def test_order_of_work__is_that_of_the_keys_not_of_asking(simulated_world: World) -> None:
    visited = _history(simulated_world, "dbeca")
    begun = [run_id[:-13] for point, run_id, name, _ in visited if (point, name) == (BEFORE_EFFECT, "work")]
    assert [run for run in begun if run.startswith("work")] == [
        "work:a",
        "work:b",
        "work:c",
        "work:d",
        "work:e",
    ]
    assert [run for run in begun if run.startswith("after")] == ["after:y", "after:z"]


def test_two_rehearsals__make_the_same_history() -> None:
    histories = []
    for asked in ("dbeca", "acebd"):
        world = World("simulated", "sqlite://")
        histories.append(_history(world, asked))
        world.close()
    assert histories[0] == histories[1]
    # Seven runs of two transactions and a sleep, which has no effect of its own to stop after.
    assert len(histories[0]) == 7 * (2 * len(POINTS) + 2)


def test_simulated_engine__never_imports_dbos() -> None:
    code = "import sys, integration_core.engine.simulated; sys.exit('dbos' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
