"""A test that fails while a run still waits: its world ends in time and the next one is its own."""

import asyncio
from pathlib import Path

import pytest

from integration_core.ports.engine import Rest, Run

from .world import World, never, play, served


class Failed(Exception):
    """How the story breaks off."""


@pytest.mark.parametrize("place", ["file", "postgres"])
def test_engine_left_running__is_gone_with_its_world(
    place: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    broken = World("dbos", _url(place, "broken", tmp_path, request))

    async def waits(run: Run) -> None:
        await run.step("hang", never)

    async def breaks_off() -> None:
        engine = broken.engine({"work": waits})
        await engine.start()
        broken.ask(engine, "work", "a")
        await engine.notice()
        raise Failed

    with pytest.raises(Failed):
        play(breaks_off)
    broken.close()

    healthy = World("dbos", f"sqlite:///{tmp_path}/healthy.db")

    async def goes_on() -> None:
        engine = healthy.engine({"work": lambda run: run.transaction("mark", healthy.mark("ran"))})
        await engine.start()
        healthy.ask(engine, "work", "a")
        async with asyncio.timeout(10):
            assert await served(engine) == Rest(0, 0, None)
        await engine.stop()
        assert healthy.marks() == ["ran"]

    play(goes_on)
    healthy.close()


def _url(place: str, name: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    if place == "postgres":
        return str(request.getfixturevalue("fresh_postgres"))
    return f"sqlite:///{tmp_path}/{name}.db"
