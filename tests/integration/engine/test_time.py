"""Waiting: in the world's time, as rows that outlive the engine; and whether anything moves at all."""

import asyncio

from sqlalchemy import Connection

from integration_core.engine.simulated import SimulatedEngine
from integration_core.ports.engine import Rest, Run

from .world import START_MS, World, at_rest, nothing, play, served


def test_sleep__follows_the_given_clock(world: World) -> None:
    async def story() -> None:
        async def process(run: Run) -> None:
            await run.sleep("pause", 3600)
            await run.transaction("mark", world.mark(str(world.clock.now_ms() - START_MS)))

        engine = world.engine({"work": process})
        await engine.start()
        world.ask(engine, "work", "a")
        assert await served(engine) == Rest(0, 0, START_MS + 3_600_000)
        world.clock.advance(seconds=3599)
        assert await served(engine) == Rest(0, 0, START_MS + 3_600_000)
        assert world.marks() == []
        world.clock.advance(seconds=1)
        assert await served(engine) == Rest(0, 0, None)
        await engine.stop()
        assert world.marks() == ["3600000"]

    play(story)


def test_sleep_that_a_crash_interrupts__ends_when_it_was_to_end(world: World) -> None:
    async def story() -> None:
        async def process(run: Run) -> None:
            await run.transaction("before", world.mark("before"))
            await run.sleep("pause", 100)
            await run.transaction("after", world.mark(f"after {world.clock.now_ms() - START_MS}"))

        first = world.engine({"work": process})
        await first.start()
        world.ask(first, "work", "a")
        await served(first)
        await first.crash()
        world.clock.advance(seconds=60)
        second = world.engine({"work": process})
        await second.start()
        assert await at_rest(second) == Rest(0, 0, START_MS + 100_000)
        world.clock.advance(seconds=40)
        await served(second)
        await second.stop()
        assert world.marks() == ["after 100000", "before"]

    play(story)


def test_sleep_whose_end_passed_while_nothing_ran__ends_at_the_start(world: World) -> None:
    async def story() -> None:
        async def process(run: Run) -> None:
            await run.sleep("pause", 100)
            await run.transaction("after", world.mark("after"))

        first = world.engine({"work": process})
        await first.start()
        world.ask(first, "work", "a")
        await served(first)
        await first.crash()
        world.clock.advance(seconds=1000)
        second = world.engine({"work": process})
        await second.start()
        assert await at_rest(second) == Rest(0, 0, None)
        await second.stop()
        assert world.marks() == ["after"]

    play(story)


def test_sleeping_runs__leave_their_places_to_others(world: World) -> None:
    async def story() -> None:
        async def process(run: Run) -> None:
            await run.sleep("pause", 10)

        engine = world.engine({"work": process}, places=1)
        await engine.start()
        world.ask(engine, "work", "a", "b", "c")
        assert await served(engine) == Rest(0, 0, START_MS + 10_000)
        world.clock.advance(seconds=10)
        assert await served(engine) == Rest(0, 0, None)
        await engine.stop()

    play(story)


def test_schedule__keeps_the_earliest_instant(world: World) -> None:
    async def story() -> None:
        async def process(run: Run) -> None:
            await run.transaction("mark", world.mark(str(world.clock.now_ms() - START_MS)))

        engine = world.engine({"work": process})
        await engine.start()
        for seconds in (50, 20, 90):
            with world.database.begin() as connection:
                engine.schedule(connection, "work", "a", START_MS + seconds * 1000)
        assert await served(engine) == Rest(0, 0, START_MS + 20_000)
        for _ in range(10):
            world.clock.advance(seconds=10)
            await served(engine)
        await engine.stop()
        assert world.marks() == ["20000"]

    play(story)


def test_schedule_for_an_instant_that_has_passed__runs_at_once(world: World) -> None:
    async def story() -> None:
        async def first(run: Run) -> None:
            def work(connection: Connection) -> None:
                engine.schedule(connection, "second", "a", START_MS - 1)

            await run.transaction("ask", work)

        async def second(run: Run) -> None:
            await run.transaction("mark", world.mark("second"))

        engine = world.engine({"first": first, "second": second})
        await engine.start()
        world.ask(engine, "first", "a")
        assert await served(engine) == Rest(0, 0, None)
        await engine.stop()
        assert world.marks() == ["second"]

    play(story)


def test_poll_that_schedules_itself__runs_once_for_each_interval(world: World) -> None:
    async def story() -> None:
        async def poll(run: Run) -> None:
            now_ms = await run.now_ms("now")

            def work(connection: Connection) -> None:
                world.mark(f"{(now_ms - START_MS) // 1000:05}")(connection)
                engine.schedule(connection, "poll", run.key, now_ms + 3_600_000)

            await run.transaction("read", work)

        engine = world.engine({"poll": poll})
        await engine.start()
        world.ask(engine, "poll", "crm")
        rest = await served(engine)
        for _ in range(3):
            assert rest.next_due_ms is not None
            world.clock.at_ms = rest.next_due_ms
            rest = await served(engine)
        await engine.stop()
        assert world.marks() == ["00000", "03600", "07200", "10800"]

    play(story)


def test_rest__tells_running_from_waiting_from_asleep(world: World) -> None:
    async def story() -> None:
        began, gate = asyncio.Event(), asyncio.Event()

        async def wait() -> None:
            began.set()
            await gate.wait()

        async def busy(run: Run) -> None:
            await run.step("wait", wait)

        async def sleepy(run: Run) -> None:
            await run.sleep("pause", 5)

        engine = world.engine({"busy": busy, "sleepy": sleepy, "idle": nothing}, places=1)
        await engine.start()
        assert await engine.rest() == Rest(0, 0, None)
        world.ask(engine, "sleepy", "a")
        assert await served(engine) == Rest(0, 0, START_MS + 5000)
        world.ask(engine, "busy", "a", "b")
        asked = await engine.rest()
        if isinstance(engine, SimulatedEngine):
            assert asked == Rest(0, 2, START_MS + 5000)
        else:  # its own look may have begun one of them already, and only one: there is one place
            assert asked in (Rest(0, 2, START_MS + 5000), Rest(1, 1, START_MS + 5000))
        await engine.notice()
        await began.wait()
        assert await engine.rest() == Rest(1, 1, START_MS + 5000)
        with world.database.begin() as connection:
            engine.schedule(connection, "idle", "a", START_MS + 1)
        assert await engine.rest() == Rest(1, 1, START_MS + 1)
        gate.set()
        await at_rest(engine)
        world.clock.advance(seconds=5)
        assert await served(engine) == Rest(0, 0, None)
        await engine.stop()

    play(story)


def test_sleep_that_the_run_called_off__does_not_make_it_look_asleep(world: World) -> None:
    async def story() -> None:
        began, gate = asyncio.Event(), asyncio.Event()

        async def wait() -> None:
            began.set()
            await gate.wait()

        async def process(run: Run) -> None:
            alarm = asyncio.ensure_future(run.sleep("alarm", 60))
            await run.step("first", _soon)
            alarm.cancel()
            await run.step("wait", wait)

        engine = world.engine({"work": process})
        await engine.start()
        world.ask(engine, "work", "a")
        await engine.notice()
        await began.wait()
        assert (await engine.rest()).running == 1
        gate.set()
        assert await at_rest(engine) == Rest(0, 0, None)
        await engine.stop()

    play(story)


async def _soon() -> None:
    return


def test_run_that_works_beside_its_sleep__counts_as_running(world: World) -> None:
    async def story() -> None:
        began, gate = asyncio.Event(), asyncio.Event()

        async def wait() -> None:
            began.set()
            await gate.wait()

        async def process(run: Run) -> None:
            await asyncio.gather(run.sleep("pause", 5), run.step("wait", wait))

        engine = world.engine({"work": process})
        await engine.start()
        world.ask(engine, "work", "a")
        await engine.notice()
        await began.wait()
        assert (await engine.rest()).running == 1
        gate.set()
        assert await at_rest(engine) == Rest(0, 0, START_MS + 5000)
        await engine.stop()

    play(story)
