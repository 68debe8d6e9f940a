"""Breaking things in the middle of the storm, and bringing them back as a supervisor would."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from scenarios.live.processes import NotReady
from scenarios.load.broken import BrokenOff
from scenarios.load.crew import Crew
from scenarios.load.house import Own
from scenarios.load.wishes import Disturbance

_TRIES, _PAUSE_SECONDS = 20, 1.0
Tell = Callable[[str], None]
Moved = Callable[[], None]


class Disturber:
    """Carries a plan out; `moved` is called whenever a process was started anew."""

    def __init__(self, own: Own, crew: Crew, tell: Tell, moved: Moved) -> None:
        self._estate, self._core, self._postgres = own.estate, own.core, own.postgres
        self._crew = crew
        self._tell, self._moved = tell, moved

    async def carry_out(self, plan: Sequence[Disturbance]) -> None:
        """Everything of a plan at its time, counted from now; what is broken is brought back in any case."""
        await asyncio.gather(*(self._one(disturbance) for disturbance in plan))

    async def _one(self, disturbance: Disturbance) -> None:
        await asyncio.sleep(disturbance.at_seconds)
        breaks, mends = self._ways(disturbance.what)
        self._tell(f"{disturbance.what} at {disturbance.at_seconds:g} s for {disturbance.for_seconds:g} s")
        await breaks()
        try:
            await asyncio.sleep(disturbance.for_seconds)
        finally:
            await asyncio.shield(self._mended(disturbance.what, mends))
            self._moved()

    async def _mended(self, what: str, mends: Callable[[], Awaitable[None]]) -> None:
        """Bring something back, again and again as a supervisor does: what it needs may be away too."""
        for _ in range(_TRIES):
            try:
                return await mends()
            except NotReady as problem:
                last = problem
                await asyncio.sleep(_PAUSE_SECONDS)
        raise BrokenOff(f"After {what} nothing could be brought back: {last}")

    def _ways(self, what: str) -> tuple[Callable[[], Awaitable[None]], Callable[[], Awaitable[None]]]:
        """How something is broken, and how it is brought back."""
        kind, _, which = what.rpartition("-")
        if kind == "kill-core":
            number = int(which)
            return lambda: self._core.kill(number), lambda: self._core.start_again(number)
        if kind == "kill-mock":
            child = self._estate.children[which]
            return child.kill, lambda: self._estate.start_again(which)
        if what == "stop-database":
            return self._stop_database, self._start_database
        return self._crew.worker.kill, _nothing

    async def _stop_database(self) -> None:
        if self._postgres is not None:
            await asyncio.to_thread(self._postgres.stop)

    async def _start_database(self) -> None:
        if self._postgres is not None:
            await asyncio.to_thread(self._postgres.start)


async def _nothing() -> None:
    """Nobody brings a dead load worker back: others take its work over, or it stays undone."""
