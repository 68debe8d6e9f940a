"""A rehearsal over an estate that somebody else brought up, in containers or elsewhere, its core included.

Mocks and cores are reached through nothing but their control planes and operations API. The cores wait
until history lies in the mocks: then their settings are written to the file that they wait for. It always
tells the present, so that a worker that dies and is started again by its supervisor begins there.
"""

import asyncio
import shlex
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import uvloop

from integration_core.adapters.http.httpx_transport import HttpxTransport
from integration_core.ports.http import HttpTransport, NoAnswer, NotSent
from scenarios.control import Control, ControlRefused
from scenarios.estate import ROLES, Estate, System
from scenarios.interruption import until_interrupted
from scenarios.live.estate import rehearsed
from scenarios.live.estate_file import EstateFile, EstateUnusable, read_estate_file, write_privately
from scenarios.live.processes import Child, NotReady
from scenarios.options import Hooks, Options
from scenarios.oracle.book import Book
from scenarios.runner import Ended, Rehearsal
from scenarios.subjects.core import MAXIMUM_LOOKS, CoreOperations, environment, tokens
from scenarios.subjects.port import NotAtRest

READY_SECONDS = 90.0
LOOK_SECONDS = 0.02
MISSING_SECONDS = 1.0  # how often a worker that is away is looked for
T = TypeVar("T")


class ComposedEstate:
    """Mocks at given addresses; what is up stays up when the rehearsal is over."""

    def __init__(self, described: EstateFile, transport: HttpxTransport) -> None:
        if described.seed is None:
            raise EstateUnusable("The estate file tells no seed, so its mocks cannot begin anew.")
        self._transport = transport
        self._seed = described.seed
        self.token = described.control_token
        self.children: dict[str, Child] = {}  # their processes are somebody else's
        self._systems = {
            role: System(
                role=role,
                vendor=described.systems[role].vendor,
                url=described.systems[role].url,
                credentials=described.systems[role].credentials,
                control=Control(
                    transport, described.systems[role].url, described.world, described.control_token
                ),
            )
            for role in ROLES
        }

    @property
    def systems(self) -> Mapping[str, System]:
        """Systems by role."""
        return self._systems

    @property
    def transport(self) -> HttpxTransport:
        """The network between the containers."""
        return self._transport

    async def start(self, start_ms: int) -> None:
        """Let every mock begin anew, with nothing in it; raises NotReady for one that does not answer."""
        for role, system in self._systems.items():
            try:
                with suppress(ControlRefused):  # a mock may have no such world yet
                    await system.control.delete()
                await system.control.create(self._seed, start_ms)
            except (NotSent, NoAnswer) as gone:
                raise NotReady(f"The {role} at {system.url} does not answer; bring the estate up.") from gone
            except ControlRefused as refused:
                raise NotReady(f"The {role} at {system.url} does not begin anew: {refused}") from refused

    async def let_run(self, from_ms: int, factor: float, since_wall_ms: int) -> None:
        """Let the clocks of all mocks go by themselves, from one origin."""
        for system in self._systems.values():
            await system.control.let_run(from_ms, factor, since_wall_ms)

    async def stand_still(self, at_ms: int) -> None:
        """Have all mocks' clocks stepped again, from one instant on."""
        for system in self._systems.values():
            await system.control.stand_still(at_ms)

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.aclose()


class ComposedCore:
    """One or more workers of the core, each told the time; a worker may be away, not all of them."""

    name = "core"

    def __init__(
        self, transport: HttpTransport, described: EstateFile, *, poll_interval_seconds: float = 3600.0
    ) -> None:
        if not described.cores or not described.core_settings:
            raise EstateUnusable("The estate file names no core that waits for its settings.")
        self._secrets = tokens(described.seed or 0, described.world)
        self._settings = Path(described.core_settings)
        self._poll_interval_seconds = poll_interval_seconds
        self._estate: Estate | None = None
        self._now_ms = 0
        self._going: dict[str, int] = {}  # how the clock goes by itself, if it does
        self.operator_token = self._secrets["operator"]
        self.pids: dict[str, int] = {}  # their processes are somebody else's
        self._urls = list(described.cores)
        self._workers = [
            CoreOperations(transport, url, self._secrets["operator"], LOOK_SECONDS) for url in self._urls
        ]
        self._behind: dict[int, float] = {}  # workers that were not told the time, and when to look again

    @property
    def urls(self) -> dict[str, str]:
        """Where its workers are, by name."""
        return {f"core-{number}": url for number, url in enumerate(self._urls, 1)}

    def refuse_used(self) -> None:
        """Raise EstateUnusable for cores that have been through a rehearsal: they remember it."""
        if self._settings.exists():
            raise EstateUnusable(
                "The cores of this estate have a rehearsal behind them; "
                "take it down with its volumes, and bring it up again."
            )

    async def start(self, estate: Estate, now_ms: int) -> None:
        """Subscribe the first worker, let all begin, and wait until each answers."""
        self._estate, self._now_ms = estate, now_ms
        await self._workers[0].subscribe(estate, self._secrets)
        self._write_settings()
        loop = asyncio.get_running_loop()
        deadline = loop.time() + READY_SECONDS
        for url, worker in zip(self._urls, self._workers, strict=True):
            while await _answer(worker.call("GET", "/operations/health")) is None:
                if loop.time() >= deadline:
                    raise NotReady(f"The core at {url} was not ready after {READY_SECONDS:.0f} seconds.")
                await asyncio.sleep(0.1)

    def _write_settings(self) -> None:
        if self._estate is None:
            raise RuntimeError("the core has no estate yet")
        settings = environment(
            self._estate,
            self._secrets,
            database_url="",
            start_ms=self._now_ms,
            poll_interval_seconds=self._poll_interval_seconds,
        )
        del settings["REHEARSE_DATABASE_URL"]  # each core has its own access to it
        settings |= {f"REHEARSE_CLOCK_{name.upper()}": str(value) for name, value in self._going.items()}
        lines = (f"export {name}={shlex.quote(value)}\n" for name, value in settings.items())
        write_privately(self._settings, "".join(lines).encode())

    async def advance(self, now_ms: int) -> None:
        """Step the clock of every worker that is there; one that is away is told when it is back."""
        await self._tell_time(now_ms, {})

    async def let_run(self, now_ms: int, speed: int, since_wall_ms: int) -> None:
        """Let its clock go by itself: it was `now_ms` when this machine's clock said `since_wall_ms`."""
        await self._tell_time(now_ms, {"speed": speed, "since_wall_ms": since_wall_ms})

    async def poll_every(self, seconds: int) -> None:
        """Have it poll at another pace, beginning now; a worker that is away is started into it."""
        self._poll_interval_seconds = seconds
        self._write_settings()
        for worker in self._workers:
            await _answer(worker.poll_every(seconds))

    async def _tell_time(self, now_ms: int, going: dict[str, int]) -> None:
        self._now_ms, self._going = now_ms, going
        self._write_settings()
        self._behind = {place: self._behind.get(place, 0.0) for place in range(len(self._workers))}
        await self._catch_up()

    async def _catch_up(self) -> None:
        loop = asyncio.get_running_loop()
        for place, again_at in sorted(self._behind.items()):
            if loop.time() < again_at:
                continue
            told = await _answer(
                self._workers[place].call("PUT", "/operations/clock", {"now_ms": self._now_ms, **self._going})
            )
            if told is None:
                self._behind[place] = loop.time() + MISSING_SECONDS
            else:
                del self._behind[place]

    async def settle(self) -> int | None:
        """Wait until every worker that is there is at rest, and one at least is there."""
        running = due_now = 0
        for _ in range(MAXIMUM_LOOKS):
            await self._catch_up()
            rests = [
                await self._rest(place) for place in range(len(self._workers)) if place not in self._behind
            ]
            if rests and None not in rests:
                running = max(rest["running"] for rest in rests if rest)
                due_now = max(rest["due_now"] for rest in rests if rest)
                if not running and not due_now:
                    next_due = [
                        int(rest["next_due"]) for rest in rests if rest and rest["next_due"] is not None
                    ]
                    return min(next_due, default=None)
            await asyncio.sleep(LOOK_SECONDS)
        away = ", ".join(self._urls[place] for place in sorted(self._behind))
        stuck = f"The core has {running} runs at work and {due_now} due"
        raise NotAtRest(f"{stuck}; away is {away}." if away else f"{stuck}.")

    async def _rest(self, place: int) -> dict[str, Any] | None:
        answered: dict[str, Any] | None = await _answer(self._workers[place].call("GET", "/operations/rest"))
        if answered is None:
            self._behind[place] = 0.0
        return answered

    async def replay_open_cases(self) -> int:
        """Replay open technical cases."""
        return await self._of_any(lambda worker: worker.replay_open_cases())

    async def owed(self) -> str:
        """What is still in the outbox, which all workers share."""
        return await self._of_any(lambda worker: worker.owed())

    async def book(self) -> Book | None:
        """Its book, which all workers share."""
        return await self._of_any(lambda worker: worker.book())

    async def _of_any(self, ask: Callable[[CoreOperations], Awaitable[T]]) -> T:
        """The answer of whichever worker is there; every operation may be repeated."""
        while True:  # bounded by the patience of the runner
            for place, worker in enumerate(self._workers):
                if place in self._behind:
                    continue
                answered = await _answer(ask(worker))
                if answered is not None:
                    return answered
                self._behind[place] = 0.0
            await asyncio.sleep(LOOK_SECONDS)
            await self._catch_up()

    async def crash(self) -> None:
        """Never asked for: a rehearsal with crashes is refused before it begins."""
        raise RuntimeError("cores of an estate that is up are ended by whoever brought it up")

    async def stop(self) -> None:
        """It goes on: whoever brought it up ends it."""


async def _answer(call: Awaitable[T]) -> T | None:
    """What came back, or None from a worker that is away."""
    try:
        return await call
    except (NotSent, NoAnswer):
        return None


def refuse_impossible(described: EstateFile, subject: str, crashes: Sequence[object]) -> None:
    """Raise EstateUnusable for wishes that an estate brought up by others cannot fulfil."""
    if subject != "core":
        raise EstateUnusable(
            f"Over an estate that is up only its own core can be judged so far, not {subject}; "
            "say --subject core."
        )
    if crashes:
        raise EstateUnusable(
            "This fault plan lets the core die, which only those can do who brought the estate up; "
            "choose --faults none, or a plan without crashes."
        )
    if described.seed is None or not described.cores or not described.core_settings:
        raise EstateUnusable(
            "The estate file names no core that waits for its settings, as the one made for containers does."
        )


def run(rehearsal: Rehearsal, options: Options, hooks: Hooks) -> Ended:
    """A rehearsal over the estate of `options.estate`; raises EstateUnusable and NotReady."""
    if options.estate is None:
        raise EstateUnusable("No estate file was named.")
    described = read_estate_file(options.estate)
    refuse_impossible(described, options.subject, rehearsal.plan.crashes)
    return uvloop.run(until_interrupted(_run(rehearsal, described, options, hooks)))


async def _run(rehearsal: Rehearsal, described: EstateFile, options: Options, hooks: Hooks) -> Ended:
    estate = ComposedEstate(described, HttpxTransport())
    subject = ComposedCore(
        estate.transport, described, poll_interval_seconds=rehearsal.scenario.poll_interval_seconds
    )

    try:
        subject.refuse_used()
        await estate.start(rehearsal.start_ms)
        return await rehearsed(rehearsal, estate, subject, options, hooks)
    finally:
        await estate.close()
