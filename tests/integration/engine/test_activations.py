"""Asking for work: together with the data that made it necessary, once for many, one at a time for a key."""

import asyncio
import re

import pytest
from sqlalchemy import Connection

from integration_core.engine.registry import UnknownProcess
from integration_core.ports.engine import Run

from .world import World, at_rest, nothing, play, served


def test_request_of_a_committed_transaction__runs_the_process(world: World) -> None:
    async def story() -> None:
        seen: list[tuple[str, str, str]] = []

        async def process(run: Run) -> None:
            seen.append((run.process, run.key, run.run_id))

        engine = world.engine({"work": process})
        await engine.start()
        for _ in range(2):
            world.ask(engine, "work", "a:b|c")
            await served(engine)
        await engine.stop()
        assert seen == [
            ("work", "a:b|c", "work:a:b|c:000000000001"),
            ("work", "a:b|c", "work:a:b|c:000000000002"),
        ]

    play(story)


def test_request_of_a_transaction_that_is_undone__never_happens(world: World) -> None:
    async def story() -> None:
        engine = world.engine({"work": lambda run: run.transaction("mark", world.mark("ran"))})
        await engine.start()
        with world.database.connect() as connection:
            engine.request(connection, "work", "a")
            engine.schedule(connection, "work", "b", world.clock.now_ms())
            connection.rollback()
        rest = await served(engine)
        await engine.stop()
        assert (rest.next_due_ms, world.marks()) == (None, [])

    play(story)


def test_request_of_a_work_that_raises__never_happens(world: World) -> None:
    async def story() -> None:
        async def process(run: Run) -> None:
            def work(connection: Connection) -> None:
                engine.request(connection, "other", "a")
                raise LookupError

            with pytest.raises(LookupError):
                await run.transaction("ask", work)

        async def other(run: Run) -> None:
            await run.transaction("mark", world.mark("other ran"))

        engine = world.engine({"work": process, "other": other})
        await engine.start()
        world.ask(engine, "work", "a")
        await served(engine)
        await engine.stop()
        assert world.marks() == []

    play(story)


def test_request_made_inside_a_run__is_served_without_notice(world: World) -> None:
    async def story() -> None:
        async def first(run: Run) -> None:
            await run.transaction("ask", lambda connection: engine.request(connection, "second", run.key))

        async def second(run: Run) -> None:
            await run.transaction("mark", world.mark(f"second {run.key}"))

        engine = world.engine({"first": first, "second": second})
        await engine.start()
        world.ask(engine, "first", "a", "b")
        await served(engine)
        await engine.stop()
        assert world.marks() == ["second a", "second b"]

    play(story)


def test_requests_before_the_engine_starts__are_served_when_it_does(world: World) -> None:
    async def story() -> None:
        async def process(run: Run) -> None:
            await run.transaction("mark", world.mark(run.key))

        before = world.engine({"work": process})
        await before.start()
        await before.stop()
        world.ask(before, "work", "a", "b")
        engine = world.engine({"work": process})
        await engine.start()
        await at_rest(engine)
        await engine.stop()
        assert world.marks() == ["a", "b"]

    play(story)


def test_requests_while_one_runs__melt_into_one_run_after_it(world: World) -> None:
    async def story() -> None:
        began, gate = asyncio.Event(), asyncio.Event()
        history: list[str] = []

        async def wait() -> None:
            began.set()
            await gate.wait()

        async def process(run: Run) -> None:
            number = run.run_id[-1]
            history.append(f"begin {number}")
            await run.step("wait", wait)
            await run.transaction("mark", world.mark(number))
            history.append(f"end {number}")

        engine = world.engine({"work": process})
        await engine.start()
        world.ask(engine, "work", "a", "a", "a")
        await engine.notice()
        await began.wait()
        for _ in range(5):
            world.ask(engine, "work", "a")
            await engine.notice()
        assert history == ["begin 1"]
        gate.set()
        await at_rest(engine)
        await engine.stop()
        assert history == ["begin 1", "end 1", "begin 2", "end 2"]
        assert world.marks() == ["1", "2"]

    play(story)


def test_request_for_itself_inside_a_run__runs_again_after_it(world: World) -> None:
    async def story() -> None:
        async def process(run: Run) -> None:
            def work(connection: Connection) -> None:
                world.mark(run.run_id[-1])(connection)
                if run.run_id[-1] != "3":
                    engine.request(connection, "drain", run.key)

            await run.transaction("batch", work)

        engine = world.engine({"drain": process})
        await engine.start()
        world.ask(engine, "drain", "shard 0")
        await served(engine)
        await engine.stop()
        assert world.marks() == ["1", "2", "3"]

    play(story)


def test_runs_of_different_keys__go_on_side_by_side(world: World) -> None:
    async def story() -> None:
        together = asyncio.Barrier(3)

        async def meet() -> None:
            await together.wait()

        async def process(run: Run) -> None:
            await run.step("meet", meet)

        engine = world.engine({"work": process})
        await engine.start()
        world.ask(engine, "work", "a", "b", "c")
        await served(engine)
        await engine.stop()
        assert together.n_waiting == 0

    play(story)


def test_process_whose_places_are_all_taken__does_not_hold_up_another(world: World) -> None:
    async def story() -> None:
        full, gate, done = asyncio.Event(), asyncio.Event(), asyncio.Event()
        running: set[str] = set()
        most = 0

        async def stuck(run: Run) -> None:
            async def hang() -> None:
                nonlocal most
                running.add(run.key)
                most = max(most, len(running))
                if len(running) == 2:
                    full.set()
                await gate.wait()
                running.remove(run.key)

            await run.step("hang", hang)

        async def payroll(run: Run) -> None:
            done.set()

        engine = world.engine({"psa": stuck, "payroll": payroll}, places=2)
        await engine.start()
        world.ask(engine, "psa", *"abcde")
        await engine.notice()
        await full.wait()
        world.ask(engine, "payroll", "a")
        await engine.notice()
        await done.wait()
        assert running == {"a", "b"}
        gate.set()
        await at_rest(engine)
        await engine.stop()
        assert most == 2

    play(story)


def test_request_for_a_process_that_nobody_registered__is_refused_at_once(world: World) -> None:
    async def story() -> None:
        engine = world.engine({"work": nothing})
        await engine.start()
        with (
            world.database.connect() as connection,
            pytest.raises(UnknownProcess, match=re.escape("'wrok'")),
        ):
            engine.request(connection, "wrok", "a")
        await engine.stop()

    play(story)


def test_process_name__is_taken_once_and_has_no_colon(world: World) -> None:
    engine = world.engine({"work": nothing})
    with pytest.raises(ValueError, match="registered already"):
        engine.register("work", nothing)
    with pytest.raises(ValueError, match="no colon"):
        engine.register("a:b", nothing)
