"""What a run remembers when it is stopped at any instant and started again."""

import asyncio
from functools import partial

import pytest
import sqlalchemy
from sqlalchemy import Connection

from integration_core.ports.engine import Json, Process, Run
from integration_core.ports.systems import RateLimited

from .world import World, at_rest, never, nothing, play, served


class Stages:
    """Effects that count how often they were performed, and a place to hang until the next life."""

    def __init__(self) -> None:
        self.performed: list[str] = []
        self.hung = asyncio.Event()
        self.is_healed = False

    async def effect(self, what: str) -> str:
        self.performed.append(what)
        return f"{what} done"

    async def hang_once(self) -> None:
        self.hung.set()
        if not self.is_healed:
            await never()

    async def cut(self, world: World, process: Process) -> None:
        """Live until the process hangs, be killed, live again to the end."""
        first = world.engine({"work": process})
        await first.start()
        world.ask(first, "work", "a")
        await first.notice()
        await self.hung.wait()
        await first.crash()
        self.is_healed = True
        second = world.engine({"work": process})
        await second.start()
        await at_rest(second)
        await second.stop()


def test_step_before_a_crash__is_remembered_and_not_repeated(world: World) -> None:
    async def story() -> None:
        stages = Stages()
        results: list[Json] = []

        async def process(run: Run) -> None:
            results.append(await run.step("send", lambda: stages.effect("send")))
            await run.step("hang", stages.hang_once)
            results.append(await run.step("send", lambda: stages.effect("second")))

        await stages.cut(world, process)
        assert stages.performed == ["send", "second"]
        assert results == ["send done", "send done", "second done"]

    play(story)


def test_transaction_cut_after_its_commit__is_not_done_again(world: World) -> None:
    async def story() -> None:
        stages = Stages()
        results: list[Json] = []

        def pick(connection: Connection) -> Json:
            world.mark("picked")(connection)
            return {"items": ["x", "y"], "count": 2}

        async def process(run: Run) -> None:
            results.append(await run.transaction("pick", pick))
            await run.step("hang", stages.hang_once)
            await run.transaction("settle", world.mark("settled"))

        await stages.cut(world, process)
        assert world.marks() == ["picked", "settled"]
        assert results == [{"items": ["x", "y"], "count": 2}] * 2

    play(story)


def test_error_that_the_process_handled__is_remembered_with_its_class_and_fields(world: World) -> None:
    async def story() -> None:
        stages = Stages()
        seen: list[tuple[str, float | None]] = []

        async def refuse() -> None:
            stages.performed.append("refused")
            raise RateLimited("SSS_REQUEST_LIMIT", "slow down", retry_after_seconds=2.5)

        async def process(run: Run) -> None:
            try:
                await run.step("send", refuse)
            except RateLimited as error:
                seen.append((error.code, error.retry_after_seconds))
            await run.transaction("note", world.mark("noted"))
            await run.step("hang", stages.hang_once)

        await stages.cut(world, process)
        assert stages.performed == ["refused"]
        assert seen == [("SSS_REQUEST_LIMIT", 2.5)] * 2

    play(story)


def test_time_and_ids__are_the_same_again_after_a_crash(world: World) -> None:
    async def story() -> None:
        stages = Stages()
        seen: list[tuple[int, str, str]] = []

        async def process(run: Run) -> None:
            seen.append((await run.now_ms("now"), run.new_id("key"), run.new_id("key")))
            world.clock.advance(seconds=60)
            await run.step("hang", stages.hang_once)

        await stages.cut(world, process)
        assert seen[0] == seen[1]
        assert seen[0][1] != seen[0][2]

    play(story)


def test_ids_of_two_runs__differ(world: World) -> None:
    async def story() -> None:
        seen: list[str] = []

        async def process(run: Run) -> None:
            seen.append(run.new_id("key"))

        engine = world.engine({"work": process})
        await engine.start()
        for _ in range(2):
            world.ask(engine, "work", "a", "b")
            await served(engine)
        await engine.stop()
        assert len(set(seen)) == 4

    play(story)


def test_steps_side_by_side__are_each_remembered(world: World) -> None:
    async def story() -> None:
        stages = Stages()
        results: list[list[str]] = []

        async def process(run: Run) -> None:
            parts = [run.step(name, partial(stages.effect, name)) for name in ("part 0", "part 1", "part 2")]
            results.append(list(await asyncio.gather(*parts)))
            await run.step("hang", stages.hang_once)

        await stages.cut(world, process)
        assert sorted(stages.performed) == ["part 0", "part 1", "part 2"]
        assert results == [["part 0 done", "part 1 done", "part 2 done"]] * 2

    play(story)


def test_transaction_that_raises__leaves_nothing_and_the_process_goes_on(world: World) -> None:
    async def story() -> None:
        def spoil(connection: Connection) -> None:
            world.mark("spoilt")(connection)
            raise LookupError("no such customer")

        async def process(run: Run) -> None:
            try:
                await run.transaction("spoil", spoil)
            except LookupError as error:
                await run.transaction("note", world.mark(str(error)))

        engine = world.engine({"work": process})
        await engine.start()
        world.ask(engine, "work", "a")
        await served(engine)
        await engine.stop()
        assert world.marks() == ["no such customer"]

    play(story)


@pytest.mark.parametrize("result", [1.5, {"amount": 2.0}, object()])
def test_result_that_json_cannot_hold_exactly__is_refused_and_its_work_undone(
    world: World, result: object
) -> None:
    async def story() -> None:
        def work(connection: Connection) -> Json:
            world.mark("lossy")(connection)
            return result

        async def process(run: Run) -> None:
            with pytest.raises(TypeError, match="JSON without floats"):
                await run.transaction("work", work)

        engine = world.engine({"work": process})
        await engine.start()
        world.ask(engine, "work", "a")
        await served(engine)
        assert await engine.failures() == []
        await engine.stop()
        assert world.marks() == []

    play(story)


def test_finished_run__leaves_no_checkpoints_behind(world: World) -> None:
    async def story() -> None:
        async def process(run: Run) -> None:
            await run.transaction("work", world.mark("done"))
            await run.now_ms("now")

        engine = world.engine({"work": process, "idle": nothing})
        await engine.start()
        world.ask(engine, "work", "a")
        world.ask(engine, "idle", "a")
        await served(engine)
        await engine.stop()
        with world.database.connect() as connection:
            left = connection.execute(sqlalchemy.text("SELECT count(*) FROM checkpoint")).scalar_one()
        assert (left, world.marks()) == (0, ["done"])

    play(story)


def test_stop_in_the_middle__goes_on_at_the_next_start(world: World) -> None:
    async def story() -> None:
        async def process(run: Run) -> None:
            await run.transaction("first", world.mark("first"))
            await run.sleep("pause", 10)
            await run.transaction("second", world.mark("second"))

        engine = world.engine({"work": process})
        await engine.start()
        world.ask(engine, "work", "a")
        await served(engine)
        await engine.stop()
        assert world.marks() == ["first"]
        await engine.start()
        world.clock.advance(seconds=10)
        await served(engine)
        await engine.stop()
        assert world.marks() == ["first", "second"]

    play(story)
