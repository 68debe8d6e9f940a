"""The engine for real time: each run is a DBOS workflow, each step a DBOS step, in the core's own database.

DBOS gives durable starts, step memory and recovery after a crash. Waiting is never left to it:
sleeps, schedules and retries are rows of the timers table, read through the Clock, so that a
rehearsal's clock rules here too.
"""

import asyncio
import contextlib
import functools
import logging
from collections import defaultdict
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from dbos import DBOS, DBOSConfig, SetWorkflowID
from dbos import error as dbos_error
from sqlalchemy import Connection, make_url

from integration_core.engine import activations, checkpoints, dispatch, failures, outcomes, timers
from integration_core.engine.activations import Claim
from integration_core.engine.checkpoints import Slot
from integration_core.engine.database import DatabaseUnavailable, in_memory, open_database
from integration_core.engine.failures import Failure
from integration_core.engine.offloop import OffLoop
from integration_core.engine.registry import Registry
from integration_core.engine.run import DurableRun, Effect, Life, StrayCancellation, awake
from integration_core.engine.schema import create_engine_tables
from integration_core.engine.sleepers import Sleepers
from integration_core.ports.clock import Clock
from integration_core.ports.engine import Process, Rest

T = TypeVar("T")
_log = logging.getLogger(__name__)
_WORKFLOW = "run_activation"
PURGE_BATCH = 200
_GRACE_SECONDS = 5.0
_UNFINISHED = ("PENDING", "ENQUEUED", "DELAYED")


class DbosEngine:
    """The engine port on DBOS: one at a time in a process, restarted under the same `executor_id`.

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
    ) -> None:
        self.database = open_database(database_url)
        if in_memory(self.database):
            raise DatabaseUnavailable("The DBOS engine needs a database file or a server, not memory.")
        self.clock = clock
        self.executor_id = executor_id
        self._config = _configuration(database_url, executor_id, application_version)
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
        self._relaunch: list[Claim] = []
        self._unrecorded: list[tuple[DurableRun, str]] = []
        self._notices: list[asyncio.Future[None]] = []
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
        """Launch DBOS, which recovers unfinished workflows, then serve activations and timers."""
        if not self._life.is_over:
            raise RuntimeError("The engine is running already")
        self._life = Life()
        self._wake = asyncio.Event()
        self._off_loop = OffLoop(self.database)
        with self.database.begin() as connection:
            create_engine_tables(connection)
        self._workflow = self._declare()
        try:
            DBOS(config=self._config)
            DBOS.launch()  # on the loop's own thread: DBOS runs async workflows on the loop it finds here
            await self._adopt()
            await self._purge()
        except BaseException:
            self._life.is_over = True
            await self._close(is_patient=False)
            raise
        self._serving = asyncio.create_task(self._serve(self._life), name="core-engine")

    async def stop(self) -> None:
        """Let steps that are under way end, suspend everything else; the next start goes on."""
        if self._life.is_over:
            return
        self._life.is_over = True
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
        looked = asyncio.get_running_loop().create_future()
        self._notices.append(looked)
        self._wake.set()
        await looked

    async def rest(self) -> Rest:
        """Whether anything moves, by the tables."""
        now_ms = self.clock.now_ms()
        busy = awake(self._runs, now_ms)
        return await self._off_loop.read(lambda connection: timers.rest(connection, now_ms, busy))

    async def failures(self) -> Sequence[Failure]:
        """What fails at present and will be taken up again."""
        return await self._off_loop.read(failures.standing_failures)

    # -- for runs ---------------------------------------------------------------------------------

    async def commit(self, work: Callable[[Connection], T]) -> T:
        """Perform `work` in one write transaction off the loop, then look at what it asked for."""
        result, asked = await self._off_loop.commit(work)
        if asked:
            self._wake.set()
        return result

    async def perform(self, run: DurableRun, slot: Slot, effect: Effect) -> str:
        """Perform an effect as a DBOS step; errors are outcomes too, so that DBOS replays them."""
        raised: list[Exception] = []

        async def body() -> str:
            known = run.recall(slot)
            if known is not None:
                return known
            try:
                return outcomes.of_value(await effect())
            except Exception as error:
                raised.append(error)
                return outcomes.of_error(error)

        name, occurrence = slot
        text = await DBOS.run_step_async({"name": f"{name}#{occurrence}"}, body)
        run.note_volatile(slot, text)
        if raised:
            raise raised[0]
        return text

    def reached(self, point: str, run_id: str, slot: Slot) -> None:
        """Crashes are not staged here; processes are killed for real."""

    async def wait_until(self, run: DurableRun, slot: Slot, due_ms: int) -> None:
        """Wait in the world's time; the place of a sleeper is free for another run."""
        if due_ms > self.clock.now_ms():
            self._wake.set()
            await self._sleepers.wait(run.run_id, slot, due_ms)

    # -- workflows --------------------------------------------------------------------------------

    def _declare(self) -> Callable[[str, str, int, int], Coroutine[Any, Any, None]]:
        @DBOS.workflow(name=_WORKFLOW, max_recovery_attempts=None)
        async def run_activation(process: str, key: str, number: int, failed: int) -> None:
            await self._drive(Claim(process, key, number, failed), self._life)

        return run_activation

    async def _launch(self, claim: Claim, *, is_fresh: bool) -> None:
        run = DurableRun(self, claim, self._life)
        self._runs[claim.process][claim.run_id] = run
        if is_fresh:
            self._fresh.add(claim.run_id)
        try:
            with SetWorkflowID(_workflow_id(claim)):
                await DBOS.start_workflow_async(
                    self._workflow, claim.process, claim.key, claim.number, claim.failed
                )
        except Exception as error:
            _log.warning("a run could not be started yet", extra={"run_id": claim.run_id}, exc_info=error)
            self._runs[claim.process].pop(claim.run_id, None)
            self._relaunch.append(claim)

    async def _drive(self, claim: Claim, life: Life) -> None:
        life.check()
        run = self._runs[claim.process].setdefault(claim.run_id, DurableRun(self, claim, life))
        task = asyncio.current_task()
        assert task is not None
        self._tasks[run.run_id] = task
        try:
            if claim.run_id in self._fresh or await self._restore(run):
                self._fresh.discard(claim.run_id)
                await self._registry.function(run.process)(run)
                await self.commit(run.settle)
        except asyncio.CancelledError as error:
            if life.is_over:
                raise
            await self._fail(run, StrayCancellation(str(error)))
        except dbos_error.DBOSWorkflowConflictIDError:
            raise  # another execution of this workflow owns it now and will say how it ends
        except Exception as error:
            await self._fail(run, error)
        finally:
            self._tasks.pop(run.run_id, None)
            self._runs[run.process].pop(run.run_id, None)
            self._ended += 1
            self._wake.set()

    async def _restore(self, run: DurableRun) -> bool:
        """Recall what earlier attempts left; False when this attempt is not due any more."""

        def read(connection: Connection) -> tuple[Claim | None, dict[Slot, str]]:
            standing = activations.current(connection, run.process, run.key)
            return standing, checkpoints.load(connection, run.run_id)

        standing, remembered = await self._off_loop.read(read)
        run.restore(remembered)
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

    async def _adopt(self) -> None:
        """Find started runs that DBOS will not recover: never begun there, or ended from outside."""

        def read(connection: Connection) -> tuple[list[Claim], frozenset[str], list[str]]:
            return (
                activations.running(connection, self.executor_id),
                timers.waiting_for_retry(connection),
                activations.strangers(connection, self._registry.names),
            )

        unfinished, asleep, strangers = await self._off_loop.read(read)
        if strangers:
            _log.warning("asked for, but not registered", extra={"processes": strangers})
        lost = {_workflow_id(claim): claim for claim in unfinished if claim.run_id not in asleep}
        if not lost:
            return
        known = await DBOS.list_workflows_async(workflow_ids=list(lost), load_input=False, load_output=False)
        for workflow in known:
            claim = lost.pop(workflow.workflow_id)
            if workflow.status not in _UNFINISHED:
                await self._record(claim, f"its workflow ended as {workflow.status} before it did", {})
        self._relaunch += lost.values()

    # -- the serving loop -------------------------------------------------------------------------

    async def _serve(self, life: Life) -> None:
        while not life.is_over:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), self._poll_seconds)
            self._wake.clear()
            notices, self._notices = self._notices, []
            try:
                await self._round()
            except Exception as error:
                _log.error("the engine could not look for work", exc_info=error)
            finally:
                for looked in notices:
                    if not looked.done():
                        looked.set_result(None)

    async def _round(self) -> None:
        now_ms = self.clock.now_ms()
        self._sleepers.wake(now_ms)
        while self._unrecorded:
            run, reason = self._unrecorded[0]
            await self._record(run.claim, reason, run.worth_keeping())
            self._unrecorded.pop(0)
        free = {name: self._places(name, now_ms) for name in self._registry.names}
        retries, fresh = await self._off_loop.call(
            lambda: dispatch.take(
                self.database, now_ms, free, lambda name: free.get(name, 0), self.executor_id
            )
        )
        again, self._relaunch = self._relaunch, []
        await asyncio.gather(
            *(self._launch(claim, is_fresh=False) for claim in [*again, *retries]),
            *(self._launch(claim, is_fresh=True) for claim in fresh),
        )
        if self._ended >= PURGE_BATCH:
            await self._purge()

    def _places(self, process: str, now_ms: int) -> int:
        awake = sum(not run.is_asleep(now_ms) for run in self._runs[process].values())
        return self._runs_per_process - awake

    async def _purge(self) -> None:
        """Drop finished workflows from DBOS's tables: it keeps them for ever otherwise."""
        self._ended = 0
        while True:
            ended = await DBOS.list_workflows_async(
                status=["SUCCESS", "ERROR"],
                name=_WORKFLOW,
                executor_id=self.executor_id,
                limit=PURGE_BATCH,
                load_input=False,
                load_output=False,
            )
            if ended:
                await DBOS.delete_workflows_async([workflow.workflow_id for workflow in ended])
            if len(ended) < PURGE_BATCH:
                return

    async def _close(self, *, is_patient: bool) -> None:
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1, thread_name_prefix="core-closing") as closing:
            # Off the loop: DBOS joins threads that may be waiting for the loop.
            destroy = functools.partial(DBOS.destroy, destroy_registry=True)
            await loop.run_in_executor(closing, destroy)
            close = functools.partial(self._off_loop.close, is_patient=is_patient)
            await loop.run_in_executor(closing, close)
        # DBOS has put its own executor, now closed, in the place of the loop's.
        loop.set_default_executor(ThreadPoolExecutor())
        for looked in self._notices:
            looked.set_result(None)
        self._notices, self._relaunch, self._unrecorded = [], [], []
        self._tasks, self._sleepers = {}, Sleepers()
        self._runs.clear()
        self._fresh.clear()
        self.database.dispose()


def _workflow_id(claim: Claim) -> str:
    """A failed run goes on as a new workflow: DBOS never runs an ended one again."""
    return f"{claim.run_id}.{claim.failed:03d}" if claim.failed else claim.run_id


def _configuration(database_url: str, executor_id: str, application_version: str) -> DBOSConfig:
    url = make_url(database_url.replace("postgres://", "postgresql://", 1))
    if url.get_backend_name() == "postgresql":
        url = url.set(drivername="postgresql")
    if not logging.getLogger("dbos").handlers:
        # With a handler in place DBOS adds none of its own and leaves the console alone.
        logging.getLogger("dbos").addHandler(logging.NullHandler())
    return {
        "name": "integration-core",
        "system_database_url": url.render_as_string(hide_password=False),
        "sys_db_pool_size": 10,
        "executor_id": executor_id,
        "application_version": application_version,
        "log_level": "ERROR",
        "enable_otlp": False,
        # Neither notifications nor DBOS schedules are used; stopping waits for these pollers.
        "use_listen_notify": False,
        "notification_listener_polling_interval_sec": 0.25,
        "max_executor_threads": 32,
    }
