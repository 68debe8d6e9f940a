"""The engine for real time: each run is a DBOS workflow, each step a DBOS step, in the core's own database.

DBOS gives durable starts and step memory. Waiting is never left to it: sleeps, schedules and retries
are rows of the timers table, read through the Clock, so that a rehearsal's clock rules here too. Nor
is recovery: whose a run is says our own table, so that several workers can serve one PostgreSQL
database, and what one left behind another takes over with all that DBOS remembers of it.
"""

import asyncio
import functools
import logging
from collections import defaultdict
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from dbos import DBOS, SetWorkflowID
from dbos import error as dbos_error
from sqlalchemy import Connection

from integration_core.engine import (
    activations,
    checkpoints,
    dbos_workflows,
    dispatch,
    failures,
    outcomes,
    ownership,
    timers,
)
from integration_core.engine.activations import Claim
from integration_core.engine.availability import LONGEST_PAUSE_SECONDS, is_away
from integration_core.engine.bell import Bell
from integration_core.engine.checkpoints import Slot
from integration_core.engine.custody import Custody
from integration_core.engine.database import DatabaseUnavailable, in_memory, open_database
from integration_core.engine.dbos_workflows import NOTHING_EARLIER, Earlier
from integration_core.engine.failures import Failure
from integration_core.engine.heartbeat import Pace
from integration_core.engine.offloop import OffLoop
from integration_core.engine.ownership import Place, TakenOver
from integration_core.engine.registry import Registry
from integration_core.engine.run import DurableRun, Effect, Life, StrayCancellation, awake
from integration_core.engine.schema import create_engine_tables
from integration_core.engine.sleepers import Sleepers
from integration_core.ports.clock import Clock
from integration_core.ports.engine import Process, Rest

T = TypeVar("T")
_log = logging.getLogger(__name__)
PURGE_BATCH = 200
_GRACE_SECONDS = 5.0


class DbosEngine:
    """The engine port on DBOS: one in a process, on PostgreSQL one of several workers.

    `executor_id` is a worker's name, the same after each of its restarts and nobody else's.
    `application_version` is pinned because DBOS recovers only what the same version left behind.
    """

    def __init__(
        self,
        database_url: str,
        clock: Clock,
        *,
        executor_id: str = "core-1",
        application_version: str = "1",
        runs_per_process: int = 16,
        poll_seconds: float = 0.2,
        pace: Pace = Pace(),  # noqa: B008  # frozen
    ) -> None:
        self.database = open_database(database_url, ownership.session_name(executor_id))
        if in_memory(self.database):
            raise DatabaseUnavailable("The DBOS engine needs a database file or a server, not memory.")
        self.clock = clock
        self.executor_id = executor_id
        self.is_shared = self.database.dialect.name == "postgresql"
        self._pace = pace
        self._config = dbos_workflows.configuration(database_url, executor_id, application_version)
        self._runs_per_process = runs_per_process
        # Only for what nobody tells: time passing, and transactions of other workers.
        self._poll_seconds = poll_seconds
        self._registry = Registry()
        self._life = Life()
        self._life.is_over = True
        self._runs: defaultdict[str, dict[str, DurableRun]] = defaultdict(dict)
        self._fresh: set[str] = set()
        self._tasks: dict[str, asyncio.Task[Any]] = {}
        self._sleepers = Sleepers()
        self._earlier: dict[str, Earlier] = {}
        self._obsolete: list[str] = []  # workflows of others whose runs ended here
        self._unrecorded: list[tuple[DurableRun, str]] = []
        self._ended = 0

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
        """Take up unfinished runs of this worker, then serve activations and timers."""
        if not self._life.is_over:
            raise RuntimeError("The engine is running already")
        self._life = Life()
        self._bell = Bell()
        life, loop = self._life, asyncio.get_running_loop()
        self._off_loop = OffLoop(self.database, lambda: life.is_over)
        self._custody = Custody(self._off_loop, self.database, self.executor_id, loop.time, self._pace)
        with self.database.begin() as connection:
            create_engine_tables(connection)
        self._workflow = self._declare()
        try:
            await self._off_loop.call(self._custody.begin)
            # Before DBOS recovers anything, so that what it recovers finds itself in other hands and ends.
            mine = await self._custody.take_strays(self._registry.names, ())
            async with dbos_workflows.alone(self.database):
                DBOS(config=self._config)
                DBOS.launch()  # on the loop's own thread: DBOS runs async workflows on the loop it finds here
            await self._resume(mine)
            await self._off_loop.read(self._registry.warn_of_strangers)
            await self._purge()
        except BaseException:
            self._life.is_over = True
            await self._close(is_patient=False)
            raise
        self._serving = asyncio.create_task(self._serve(self._life), name="core-engine")

    async def stop(self) -> None:
        """Let steps that are under way end, suspend the rest: another worker or the next start goes on."""
        if self._life.is_over:
            return
        self._life.is_over = True
        self._custody.drain()
        self._serving.cancel()
        self._sleepers.abandon()
        tasks = [self._serving, *self._tasks.values()]
        await asyncio.wait(tasks, timeout=_GRACE_SECONDS)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._close(is_patient=True)

    async def crash(self) -> None:
        """Drop everything without waiting, as near to a kill as one process can come."""
        self._life.is_over = True
        self._serving.cancel()
        for task in self._tasks.values():
            task.cancel()
        await self._close(is_patient=False)

    async def notice(self) -> None:
        """Look again: the clock moved, or a transaction outside a run asked for work."""
        if self._life.is_over:
            return
        await self._bell.ask()

    async def rest(self) -> Rest:
        """Whether anything moves, by the tables."""
        now_ms = self.clock.now_ms()
        busy = awake(self._runs, now_ms)
        return await self._off_loop.read_now(lambda connection: timers.rest(connection, now_ms, busy))

    async def pressure(self, bound: int) -> int:
        """How much waits to be done, counted no further than a bound."""
        now_ms = self.clock.now_ms()
        return await self._off_loop.read_now(lambda c: timers.pressure(c, now_ms, bound))

    async def failures(self) -> Sequence[Failure]:
        """What fails at present and will be taken up again."""
        return await self._off_loop.read_now(failures.standing_failures)

    # -- for runs ---------------------------------------------------------------------------------

    async def commit(self, work: Callable[[Connection], T]) -> T:
        """Perform `work` in one write transaction off the loop, then look at what it asked for."""
        result, asked = await self._off_loop.commit(work)
        if asked:
            self._bell.ring()
        return result

    async def perform(self, run: DurableRun, slot: Slot, effect: Effect) -> str:
        """Perform an effect as a DBOS step; errors are outcomes too, so that DBOS replays them."""
        raised: list[Exception] = []

        async def body() -> str:
            known = run.recall(slot)
            if known is not None:
                return known
            await self._custody.make_sure(run)
            try:
                return outcomes.of_value(await effect())
            except Exception as error:
                raised.append(error)
                return outcomes.of_error(error)

        text = await self._off_loop.patiently(dbos_workflows.step(slot, body))
        run.note_volatile(slot, text)
        if raised:
            raise raised[0]
        return text

    def reached(self, point: str, run_id: str, slot: Slot) -> None:
        """Crashes are not staged here; processes are killed for real."""

    async def wait_until(self, run: DurableRun, slot: Slot, due_ms: int) -> None:
        """Wait in the world's time; the place of a sleeper is free for another run."""
        if due_ms > self.clock.now_ms():
            self._bell.ring()
            await self._sleepers.wait(run.run_id, slot, due_ms)

    # -- workflows --------------------------------------------------------------------------------

    def _declare(self) -> Callable[[str, str, int, int, int], Coroutine[Any, Any, str]]:
        @DBOS.workflow(name=dbos_workflows.WORKFLOW, max_recovery_attempts=None)
        async def run_activation(process: str, key: str, number: int, failed: int, epoch: int) -> str:
            return await self._drive(Claim(process, key, number, failed, epoch), self._life)

        return run_activation

    async def _launch(self, claim: Claim, *, is_fresh: bool) -> None:
        self._runs[claim.process][claim.attempt_id] = DurableRun(self, claim, self._life)
        if is_fresh:
            self._fresh.add(claim.attempt_id)
        try:
            with SetWorkflowID(claim.attempt_id):
                await DBOS.start_workflow_async(
                    self._workflow, claim.process, claim.key, claim.number, claim.failed, claim.epoch
                )
        except Exception as error:
            _log.warning("a run could not be started yet", extra={"run_id": claim.run_id}, exc_info=error)
            self._runs[claim.process].pop(claim.attempt_id, None)
            self._custody.lost_sight()

    async def _drive(self, claim: Claim, life: Life) -> str:
        life.check()
        run = self._runs[claim.process].setdefault(claim.attempt_id, DurableRun(self, claim, life))
        task = asyncio.current_task()
        assert task is not None
        self._tasks[claim.attempt_id] = task
        try:
            return await self._attempt(run, life)
        finally:
            self._obsolete += self._earlier.pop(claim.attempt_id, NOTHING_EARLIER).workflow_ids
            self._tasks.pop(claim.attempt_id, None)
            self._runs[run.process].pop(claim.attempt_id, None)
            self._ended += 1
            self._bell.ring()

    async def _attempt(self, run: DurableRun, life: Life) -> str:
        """Perform a run as far as it goes; how its workflow ends."""
        attempt_id = run.claim.attempt_id
        try:
            if attempt_id not in self._fresh and not await self._restore(run):
                return dbos_workflows.STALE
            self._fresh.discard(attempt_id)
            await self._registry.function(run.process)(run)
            await self.commit(run.settle)
        except TakenOver:
            _log.info("a run is in other hands now", extra={"run_id": run.run_id})
            return dbos_workflows.STALE
        except asyncio.CancelledError as error:
            if life.is_over:
                raise
            await self._fail(run, StrayCancellation(str(error)))
        except dbos_error.DBOSWorkflowConflictIDError:
            raise  # another execution of this workflow owns it now and will say how it ends
        except Exception as error:
            if run.is_lost:
                return dbos_workflows.STALE
            if life.is_over and is_away(error):
                raise asyncio.CancelledError from error  # no failure of the run: it goes on elsewhere
            await self._fail(run, error)
        return dbos_workflows.ENDED

    async def _restore(self, run: DurableRun) -> bool:
        """Recall what earlier attempts left; False when this attempt is not due any more."""

        def read(connection: Connection) -> tuple[Claim | None, dict[Slot, str], list[Slot]]:
            standing = activations.current(connection, run.process, run.key)
            remembered = checkpoints.load(connection, run.run_id)
            return standing, remembered, timers.sleeps_of(connection, run.run_id)

        standing, remembered, sleeps = await self._off_loop.read(read)
        run.restore(remembered)
        run.foresee(self._earlier.get(run.claim.attempt_id, NOTHING_EARLIER).steps, sleeps)
        return standing == run.claim

    async def _fail(self, run: DurableRun, error: Exception) -> None:
        reason = failures.reason_of(error)
        try:
            failure = await self._record(run.claim, reason, run.worth_keeping())
        except Exception as fault:
            # Nothing may be lost: the serving loop tries again until the database takes it.
            _log.error("a failed run could not be recorded yet", extra={"run_id": run.run_id}, exc_info=fault)
            self._unrecorded.append((run, reason))
            return
        if failure is not None:
            failures.log(_log, failure, error)

    async def _record(self, claim: Claim, reason: str, remembered: dict[Slot, str]) -> Failure | None:
        now_ms = self.clock.now_ms()
        return await self.commit(lambda c: failures.record(c, claim, reason, now_ms, remembered))

    def _known(self) -> set[Place]:
        known = {(run.process, run.key) for runs in self._runs.values() for run in runs.values()}
        return known | {(run.process, run.key) for run, _ in self._unrecorded}

    async def _resume(self, taken: Sequence[Claim]) -> None:
        """Go on with runs that changed hands, from what their steps left in DBOS and ours in the tables."""
        for claim in taken:
            before = await dbos_workflows.earlier(claim)
            if before.ended_as:
                self._obsolete += before.workflow_ids
                await self._record(claim, f"its workflow ended as {before.ended_as} before it did", {})
            else:
                self._earlier[claim.attempt_id] = before
                await self._launch(claim, is_fresh=False)

    # -- the serving loop -------------------------------------------------------------------------

    async def _serve(self, life: Life) -> None:
        pause_seconds = self._poll_seconds
        while not life.is_over:
            await self._bell.heard(pause_seconds)
            misses = self._off_loop.availability.misses
            try:
                with self._bell.answering():
                    await self._round()
                self._off_loop.availability.met(misses)
                pause_seconds = self._poll_seconds
            except Exception as error:
                self._custody.lost_sight()  # of what was claimed in a commit that broke, perhaps
                if is_away(error):
                    self._off_loop.availability.missed(error)
                    pause_seconds = min(2 * pause_seconds, LONGEST_PAUSE_SECONDS)
                else:
                    _log.error("the engine could not look for work", exc_info=error)

    async def _round(self) -> None:
        now_ms = self.clock.now_ms()
        self._sleepers.wake(now_ms)
        while self._unrecorded:
            run, reason = self._unrecorded[0]
            await self._record(run.claim, reason, run.worth_keeping())
            self._unrecorded.pop(0)
        if not self._custody.is_sure:
            return  # others may think us dead: first they must hear of us again
        await self._resume(await self._custody.sweep(self._registry.names, self._known()))
        free = {name: self._places(name, now_ms) for name in self._registry.names}
        retries, fresh = await self._off_loop.call(
            lambda: dispatch.take(
                self.database, now_ms, free, lambda name: free.get(name, 0), self.executor_id
            )
        )
        await asyncio.gather(
            *(self._launch(claim, is_fresh=False) for claim in retries),
            *(self._launch(claim, is_fresh=True) for claim in fresh),
        )
        if self._ended >= PURGE_BATCH:
            await self._purge()

    def _places(self, process: str, now_ms: int) -> int:
        awake = sum(not run.is_asleep(now_ms) for run in self._runs[process].values())
        return self._runs_per_process - awake

    async def _purge(self) -> None:
        self._ended = 0
        obsolete, self._obsolete = self._obsolete, []
        await dbos_workflows.purge(self.executor_id, PURGE_BATCH, obsolete)

    async def _close(self, *, is_patient: bool) -> None:
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1, thread_name_prefix="core-closing") as closing:
            # Off the loop: DBOS joins threads that may be waiting for the loop.
            for end in (
                functools.partial(DBOS.destroy, destroy_registry=True),
                functools.partial(self._off_loop.close, is_patient=is_patient),
                # The last word, when nothing of ours is under way any more.
                functools.partial(self._custody.end, says_so=is_patient),
            ):
                await loop.run_in_executor(closing, end)
        # DBOS has put its own executor, now closed, in the place of the loop's.
        loop.set_default_executor(ThreadPoolExecutor())
        self._bell.hang_up()
        self._unrecorded, self._obsolete = [], []
        self._tasks, self._earlier, self._sleepers = {}, {}, Sleepers()
        self._runs.clear()
        self._fresh.clear()
        self.database.dispose()
