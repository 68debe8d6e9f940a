"""The storm: clocks that go by themselves, people at the vendors' APIs, a look every second, harm done."""

import asyncio
import contextlib
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from load.deeds import Deed, deeds_and_rest
from load.lanes import lay_out
from load.settings import ESTATE_FILE, Clock, Settings, write_settings
from mocks.firm.plays import Play
from mocks.kit.clock import wall_ms
from scenarios.control import ControlRefused
from scenarios.load.broken import BrokenOff
from scenarios.load.calendar import Storm
from scenarios.load.crew import Crew
from scenarios.load.disturb import Disturber
from scenarios.load.house import House
from scenarios.load.wishes import Wishes

HEAD_START_MS = 3_000  # clocks begin to go once people have had the time to come
WORLD_SHARE = 0.9  # of the storm's time, in which the firm's time passes: the rest is for what is left
_LEFT_SECONDS = 5.0  # more for what is left, however short the storm is
_GRACE_SECONDS = 60.0  # for people to go home
_LOOK_SECONDS = 0.2
LEAD_MS = 1_500  # clocks are stopped a little early, because telling all of them takes time
AHEAD_MS = (300, 1_000, 3_000, 10_000)


class Ended(Struct, frozen=True, kw_only=True):
    """How the storm ended."""

    clock: Clock
    stopped_ms: int  # the systems' time since then
    deeds: tuple[Deed, ...]
    rest: tuple[Play, ...]  # what no client can do
    work: Path
    events: tuple[str, ...]  # harm that was planned
    doubts: tuple[str, ...]  # harm that was not
    seconds: float  # on the wall
    missed: dict[str, int]  # looks that nobody answered meanwhile, by process


async def rage(house: House, wishes: Wishes, storm: Storm, plays: Sequence[Play]) -> Ended:
    """Let the storm go by; its clocks stand still in the end, whatever happened."""
    work = house.folder / "work"
    work.mkdir()
    rest: list[Play] = []
    deeds = tuple(deeds_and_rest(plays, rest))
    lay_out(work, deeds, lanes=64 if wishes.load_workers > 1 else 8)
    factor = max(1, round((storm.to_ms - storm.from_ms) / 1000 / (WORLD_SHARE * wishes.duration_seconds)))
    clock = Clock(from_ms=storm.from_ms, factor=factor, since_wall_ms=wall_ms() + HEAD_START_MS)
    _describe(house, wishes, work, clock)
    events: list[str] = []
    missed_before, began_ms = house.gauges.missed(), house.gauges.now_ms()
    crew = Crew(house.folder, work, wishes.load_workers)
    await house.estate.let_run(clock.from_ms, factor, clock.since_wall_ms)
    await house.core.let_run(clock.from_ms, factor, clock.since_wall_ms)
    harm = asyncio.ensure_future(_harm(house, wishes, crew, events))
    stopping = asyncio.ensure_future(_stop_at_limit(house, storm, clock))
    try:
        doubts = await _people(house, crew, wishes)
        await asyncio.wait_for(harm, None)
    finally:
        for task in (harm, stopping):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        await crew.end()
    doubts += [f"{name} died during the storm." for name in house.dead()]
    stopped_ms = await _stand_still(house, storm, clock)
    return Ended(
        clock=clock,
        stopped_ms=stopped_ms,
        deeds=deeds,
        rest=tuple(rest),
        work=work,
        events=tuple(events),
        doubts=tuple(doubts),
        seconds=(house.gauges.now_ms() - began_ms) / 1000,
        missed={name: n - missed_before.get(name, 0) for name, n in house.gauges.missed().items()},
    )


def _describe(house: House, wishes: Wishes, work: Path, clock: Clock) -> None:
    systems = {
        role: {"vendor": one.vendor, "url": one.url, "credentials": dict(one.credentials)}
        for role, one in house.estate.systems.items()
    }
    path = work / ESTATE_FILE
    path.touch(mode=0o600)
    path.write_bytes(msgspec.json.encode({"systems": systems}))
    write_settings(
        work,
        Settings(
            users=wishes.users,
            duration_seconds=wishes.duration_seconds + _LEFT_SECONDS,
            shape=wishes.shape,
            workers=wishes.load_workers,
            clock=clock,
        ),
    )


async def _people(house: House, crew: Crew, wishes: Wishes) -> list[str]:
    """Have people come, work and go; what went wrong with the load itself."""
    await crew.start()
    for name, child in crew.children.items():
        house.gauges.moved(name, child.pid)
    done = await crew.until_done(
        wishes.duration_seconds + _LEFT_SECONDS + HEAD_START_MS / 1000 + _GRACE_SECONDS
    )
    if not done:
        return ["The people of the load did not go home by themselves."]
    doubts = []
    planned = any(one.what == "kill-load-worker" for one in wishes.disturbances)
    for name, child in crew.children.items():
        if planned and child is crew.worker:
            continue
        await asyncio.sleep(_LOOK_SECONDS)
        if child.exit_status not in (0, None):
            said = crew.failure(name)
            doubts.append(f"The load process {name} ended with status {child.exit_status}: {said}.")
    return doubts


async def _harm(house: House, wishes: Wishes, crew: Crew, events: list[str]) -> None:
    """What is to be broken, which only what was started here can be."""
    if house.own is not None:
        await Disturber(house.own, crew, events.append, house.follow).carry_out(wishes.disturbances)


async def _stop_at_limit(house: House, storm: Storm, clock: Clock) -> None:
    """No clock should pass the limit, however long people take; one that has is stopped later."""
    wait_ms = clock.wall_ms_of(storm.limit_ms) - wall_ms() - LEAD_MS
    await asyncio.sleep(max(0, wait_ms) / 1000)
    with contextlib.suppress(ControlRefused, RuntimeError):
        await house.estate.stand_still(storm.limit_ms)
        await house.core.advance(storm.limit_ms)


async def _stand_still(house: House, storm: Storm, clock: Clock) -> int:
    """Stop all clocks at one instant that none has reached yet, further ahead where that took too long."""
    for ahead_ms in AHEAD_MS:
        # Whole seconds: some systems keep no finer ones, and what is played now must be what they show.
        at_ms = -(-max(storm.from_ms, clock.world_ms_of(wall_ms() + ahead_ms)) // 1000) * 1000
        if ahead_ms == AHEAD_MS[0]:
            at_ms = min(at_ms, storm.limit_ms)
        try:
            await house.estate.stand_still(at_ms)
            await house.core.advance(at_ms)
        except (ControlRefused, RuntimeError) as refused:
            last = refused
        else:
            return at_ms
    raise BrokenOff(f"The clocks could not be stopped: {last}.")
