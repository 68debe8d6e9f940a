"""The engine for rehearsals in virtual time: one thread, fixed order, crashes at chosen places.

Everything happens on the loop that calls it, database calls included, so that the loop alone
decides the order of events and one seed gives one history.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar

from sqlalchemy import Connection, Engine

from integration_core.engine import activations, checkpoints, dispatch, failures, outcomes, timers
from integration_core.engine.activations import Claim
from integration_core.engine.checkpoints import Slot
from integration_core.engine.database import reading
from integration_core.engine.failures import Failure
from integration_core.engine.registry import Registry
from integration_core.engine.run import (
    AFTER_CHECKPOINT,
    AFTER_EFFECT,
    BEFORE_EFFECT,
    DurableRun,
    Effect,
    Life,
    StrayCancellation,
    awake,
)
from integration_core.engine.schema import create_engine_tables
from integration_core.engine.sleepers import Sleepers
from integration_core.ports.clock import Clock
from integration_core.ports.engine import Process, Rest

T = TypeVar("T")
_log = logging.getLogger(__name__)


class CrashNow(BaseException):
    """Raised at a crash point: the whole engine stops as if its process had been killed."""


class CrashPoints(Protocol):
    """Asked at every place where a crash is interesting; raises CrashNow to stage one."""

    def visit(self, point: str, run_id: str, name: str, occurrence: int) -> None:
        """`point` is BEFORE_EFFECT, AFTER_EFFECT or AFTER_CHECKPOINT; occurrence counts from 1."""
        ...


class SimulatedEngine:
    """The engine port on the caller's loop: deterministic, no threads, no polling.

    After a staged crash `crashed` is true and nothing moves; `start` takes everything up again.
    """

    def __init__(
        self,
        database: Engine,
        clock: Clock,
        *,
        crash_points: CrashPoints | None = None,
        runs_per_process: int = 16,
    ) -> None:
        self.database = database
        self.clock = clock
        self.crashed = False
        self.is_shared = False
        self._points = crash_points
        # A limit for each process, not for all: one that hangs on a dead system starves no other.
        self._runs_per_process = runs_per_process
        self._registry = Registry()
        self._life = Life()
        self._life.is_over = True
        self._runs: defaultdict[str, dict[str, DurableRun]] = defaultdict(dict)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._sleepers = Sleepers()
        self._fault: Exception | None = None

    # -- the port ---------------------------------------------------------------------------------

    def register(self, process: str, function: Process) -> None:
        """Name a process; before `start`."""
        self._registry.add(process, function)

    def request(self, connection: Connection, process: str, key: str) -> None:
        """Activate (process, key) once this transaction commits."""
        self._registry.request(connection, process, key)

    def schedule(self, connection: Connection, process: str, key: str, at_ms: int) -> None:
        """Activate at an instant of the world's clock; the earliest asked for stands."""
        self._registry.schedule(connection, process, key, at_ms)

    async def start(self) -> None:
        """Take up unfinished runs from their checkpoints, then serve activations and timers."""
        if not self._life.is_over:
            raise RuntimeError("The engine is running already")
        await self._discard()
        self._life, self._fault, self.crashed = Life(), None, False
        with self.database.begin() as connection:
            create_engine_tables(connection)
            asleep = timers.waiting_for_retry(connection)
            unfinished = activations.running(connection, None)
            self._registry.warn_of_strangers(connection)
        for claim in unfinished:
            if claim.run_id not in asleep:
                self._launch(claim, is_fresh=False)
        self._look(self._registry.names)

    async def stop(self) -> None:
        """Suspend what runs; `start` goes on from its checkpoints."""
        await self._discard()

    async def crash(self) -> None:
        """Lose every task and all uncommitted work at once, as a killed process does."""
        self.crashed = True
        await self._discard()

    async def notice(self) -> None:
        """Look again: the clock moved, or a transaction outside a run asked for work."""
        self._sleepers.wake(self.clock.now_ms())
        self._look(self._registry.names)

    async def rest(self) -> Rest:
        """Whether anything moves, by the tables; raises what broke the engine itself."""
        if self._fault is not None:
            raise RuntimeError("The engine could not record the end of a run") from self._fault
        now_ms = self.clock.now_ms()
        with reading(self.database) as connection:
            return timers.rest(connection, now_ms, awake(self._runs, now_ms))

    async def pressure(self, bound: int) -> int:
        """How much waits to be done, counted no further than a bound."""
        with reading(self.database) as connection:
            return timers.pressure(connection, self.clock.now_ms(), bound)

    async def failures(self) -> Sequence[Failure]:
        """What fails at present and will be taken up again."""
        with reading(self.database) as connection:
            return failures.standing_failures(connection)

    # -- for runs ---------------------------------------------------------------------------------

    async def commit(self, work: Callable[[Connection], T]) -> T:
        """Perform `work` in one write transaction, then look at what it asked for."""
        # A place where another run may go first, as between any two statements of two real workers.
        await asyncio.sleep(0)
        with self.database.begin() as connection:
            result = work(connection)
            asked = activations.take_asked(connection)
        if asked:
            self._look(asked)
        return result

    async def perform(self, run: DurableRun, slot: Slot, effect: Effect) -> str:
        """Perform an effect unless it is remembered, and remember how it ended."""
        text = run.recall(slot)
        if text is not None:
            return text
        self.reached(BEFORE_EFFECT, run.run_id, slot)
        try:
            text = outcomes.of_value(await effect())
        except Exception as error:
            run.doubt(slot, error)
            raise
        self.reached(AFTER_EFFECT, run.run_id, slot)
        outcome = text
        text = await run.checkpoint(slot, lambda _: outcome)
        self.reached(AFTER_CHECKPOINT, run.run_id, slot)
        return text

    def reached(self, point: str, run_id: str, slot: Slot) -> None:
        """Ask the crash points; a crash ends this life before the exception travels any further."""
        if self._points is None:
            return
        try:
            self._points.visit(point, run_id, *slot)
        except CrashNow:
            self.crashed = True
            self._end_life()
            raise

    async def wait_until(self, run: DurableRun, slot: Slot, due_ms: int) -> None:
        """Wait in the world's time; the place of a sleeper is free for another run."""
        if due_ms > self.clock.now_ms():
            self._look((run.process,))
            await self._sleepers.wait(run.run_id, slot, due_ms)

    # -- inside -----------------------------------------------------------------------------------

    def _look(self, processes: Iterable[str]) -> None:
        """Fire due timers and start what waits, in the order of process and key."""
        if self._life.is_over:
            return
        now_ms = self.clock.now_ms()
        due = dispatch.take(
            self.database, now_ms, processes, lambda process: self._places(process, now_ms), None
        )
        for claim in due.retries:
            self._launch(claim, is_fresh=False)
        for claim in due.fresh:
            self._launch(claim, is_fresh=True)

    def _places(self, process: str, now_ms: int) -> int:
        if process not in self._registry:
            return 0
        return self._runs_per_process - sum(not run.is_asleep(now_ms) for run in self._runs[process].values())

    def _launch(self, claim: Claim, *, is_fresh: bool) -> None:
        run = DurableRun(self, claim, self._life)
        self._runs[claim.process][claim.run_id] = run
        self._tasks[claim.run_id] = asyncio.get_running_loop().create_task(
            self._drive(run, is_fresh, self._life), name=claim.run_id
        )

    async def _drive(self, run: DurableRun, is_fresh: bool, life: Life) -> None:
        try:
            if not is_fresh:
                with reading(self.database) as connection:
                    run.restore(checkpoints.load(connection, run.run_id))
            await self._registry.function(run.process)(run)
            with self.database.begin() as connection:
                run.settle(connection)
        except CrashNow:
            pass  # the crash has ended this life already
        except asyncio.CancelledError as error:
            if life.is_over:
                raise
            self._fail(run, StrayCancellation(str(error)), life)
        except Exception as error:
            self._fail(run, error, life)
        finally:
            if not life.is_over:
                self._tasks.pop(run.run_id, None)
                self._runs[run.process].pop(run.run_id, None)
                self._look((run.process,))

    def _fail(self, run: DurableRun, error: Exception, life: Life) -> None:
        if life.is_over:
            return
        reason = failures.reason_of(error)
        try:
            with self.database.begin() as connection:
                failure = failures.record(
                    connection, run.claim, reason, self.clock.now_ms(), run.worth_keeping()
                )
        except Exception as fault:
            self._fault = fault
            raise
        if failure is not None:
            failures.log(_log, failure, error)

    def _end_life(self) -> None:
        self._life.is_over = True
        for task in self._tasks.values():
            task.cancel()

    async def _discard(self) -> None:
        self._end_life()
        tasks = list(self._tasks.values())
        self._tasks.clear()
        self._runs.clear()
        self._sleepers = Sleepers()
        await asyncio.gather(*tasks, return_exceptions=True)
