"""The durable engine: what a process may rely on, whichever engine runs it.

A process is an async function of a `Run`. It may be stopped at any instant and started again
from its beginning; what it did through `step` and `transaction` is remembered and not repeated
(a step may repeat if it was cut off between its effect and its checkpoint, so effects carry keys;
a transaction never repeats).

Processes are activated by (process, key). Activations of one (process, key) never overlap;
activations asked for while one is running melt into one that runs after it. Asking is part of the
caller's transaction: it happens if and only if the data that made it necessary is committed.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

from msgspec import Struct
from sqlalchemy import Connection

T = TypeVar("T")
Json = Any  # None, bool, int, str, list, dict of the same: what a checkpoint can hold


class Run(Protocol):
    """One run of one process, as the process sees it."""

    process: str
    key: str
    run_id: str  # sortable, unique: "<process>:<key>:<activation number, 12 digits>"

    async def step(self, name: str, effect: Callable[[], Awaitable[Json]]) -> Json:
        """Perform an effect once, at least once if cut off; its JSON result is remembered."""
        ...

    async def transaction(self, name: str, work: Callable[[Connection], Json]) -> Json:
        """Run `work` in one database transaction, exactly once; its JSON result is remembered with it."""
        ...

    async def sleep(self, name: str, seconds: float) -> None:
        """Wait in the world's time: a row of the timers table, kept across restarts."""
        ...

    async def now_ms(self, name: str) -> int:
        """The world's time when this was first asked; the same again after a restart."""
        ...

    def new_id(self, name: str) -> str:
        """An id that is the same again after a restart, unique among runs."""
        ...


Process = Callable[[Run], Awaitable[None]]


class Rest(Struct, frozen=True):
    """Whether anything moves: runs at work, timers already due, and when the next one is."""

    running: int
    due_now: int
    next_due_ms: int | None


class Activations(Protocol):
    """How a process or the API asks for work, inside its own transaction."""

    def request(self, connection: Connection, process: str, key: str) -> None:
        """Activate (process, key) once this transaction commits."""
        ...

    def schedule(self, connection: Connection, process: str, key: str, at_ms: int) -> None:
        """Activate at an instant of the world's clock; the earliest asked for stands."""
        ...


class Engine(Activations, Protocol):
    """A durable engine, to be started once and stopped cleanly."""

    def register(self, process: str, function: Process) -> None:
        """Name a process; before `start`."""
        ...

    async def start(self) -> None:
        """Take up whatever was left unfinished, then serve activations and timers."""
        ...

    async def stop(self) -> None:
        """Finish or suspend what runs; nothing that was committed is lost."""
        ...

    async def notice(self) -> None:
        """Look again: the clock moved, or a transaction outside a run asked for work."""
        ...

    async def rest(self) -> Rest: ...

    async def pressure(self, bound: int) -> int:
        """How much waits to be done, counted no further than a bound."""
        ...
