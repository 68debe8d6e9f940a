"""What DBOS is told about us, and what its tables say of attempts that ended in other hands."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple

from dbos import DBOS, DBOSConfig, StepInfo
from sqlalchemy import Connection, Engine, func, make_url, select

from integration_core.engine.activations import Claim
from integration_core.engine.checkpoints import Slot
from integration_core.engine.schema import SETUP_LOCK

WORKFLOW = "run_activation"
# How a workflow of ours ends: with its attempt, or because that was in other hands.
ENDED, STALE = "ended", "stale"
_UNFINISHED = ("PENDING", "ENQUEUED", "DELAYED")
_LOOK_SECONDS = 0.05


class Earlier(NamedTuple):
    """What DBOS knows of an attempt in the hands it was in before."""

    steps: Mapping[Slot, str]
    ended_as: str  # how the last of its workflows was ended from outside; empty if it was not
    workflow_ids: Sequence[str]


NOTHING_EARLIER = Earlier({}, "", ())


def configuration(database_url: str, executor_id: str, application_version: str) -> DBOSConfig:
    """DBOS on the core's own database, silent, without anything that we do ourselves."""
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


@asynccontextmanager
async def alone(database: Engine) -> AsyncIterator[None]:
    """No other worker launches DBOS meanwhile: each launch may have to make or migrate its tables.

    Asked for again and again, not waited for in the database: a migration may build an index in a way
    that waits for every statement under way.
    """
    if database.dialect.name != "postgresql":
        yield
        return
    with database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        while not _lock(connection):  # noqa: ASYNC110  # the event is in another process
            await asyncio.sleep(_LOOK_SECONDS)
        try:
            yield
        finally:
            _unlock(connection)


def _lock(connection: Connection) -> bool:
    return bool(connection.execute(select(func.pg_try_advisory_lock(SETUP_LOCK + 1))).scalar_one())


def _unlock(connection: Connection) -> None:
    connection.execute(select(func.pg_advisory_unlock(SETUP_LOCK + 1)))


async def earlier(claim: Claim) -> Earlier:
    """What is known of an attempt that has changed hands."""
    found = await DBOS.list_workflows_async(
        workflow_id_prefix=claim.base_id, name=WORKFLOW, load_input=False, load_output=True
    )
    hands = sorted(
        (epoch, workflow.workflow_id, workflow)
        for workflow in found
        if (epoch := _epoch(workflow.workflow_id, claim)) is not None and epoch < claim.epoch
    )
    steps: dict[Slot, str] = {}
    ended_as = ""
    for _, workflow_id, workflow in hands:
        steps.update(_outcomes(await DBOS.list_workflow_steps_async(workflow_id)))
        is_open = workflow.status in _UNFINISHED or workflow.output == STALE
        ended_as = "" if is_open else workflow.status
    return Earlier(steps, ended_as, [workflow_id for _, workflow_id, _ in hands])


async def purge(executor_id: str, batch: int, others: list[str]) -> None:
    """Drop a worker's finished workflows, and others by name, from DBOS: it keeps them for ever otherwise."""
    if others:
        await DBOS.delete_workflows_async(others)
    while True:
        ended = await DBOS.list_workflows_async(
            status=["SUCCESS", "ERROR"],
            name=WORKFLOW,
            executor_id=executor_id,
            limit=batch,
            load_input=False,
            load_output=False,
        )
        if ended:
            await DBOS.delete_workflows_async([workflow.workflow_id for workflow in ended])
        if len(ended) < batch:
            return


def step(slot: Slot, body: Callable[[], Awaitable[str]]) -> Callable[[], Awaitable[str]]:
    """A step of the present workflow; where DBOS could not note it, it is noted again and not done again.

    Its place among the steps is then another one; we tell steps by their names.
    """
    done: list[str] = []

    async def once() -> str:
        if not done:
            done.append(await body())
        return done[0]

    return lambda: DBOS.run_step_async({"name": f"{slot[0]}#{slot[1]}"}, once)


def _epoch(workflow_id: str, claim: Claim) -> int | None:
    """In which hands a workflow was, if it is of this attempt."""
    rest = workflow_id.removeprefix(claim.base_id)
    if not rest:
        return 0
    return int(rest[1:]) if rest[0] == "@" and rest[1:].isdecimal() else None


def _outcomes(steps: Iterable[StepInfo]) -> dict[Slot, str]:
    found: dict[Slot, str] = {}
    for step in steps:
        name, _, occurrence = step["function_name"].rpartition("#")
        if isinstance(step["output"], str) and occurrence.isdecimal():
            found[(name, int(occurrence))] = step["output"]
    return found
