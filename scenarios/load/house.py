"""Everything that runs in a load run: an estate, a core, the gauges on them; ours, or what others brought up.

Ours is started here, so that parts of it can be killed in the storm. What others brought up, in containers
for one, is reached through control planes and operations alone, and stays up in the end.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from integration_core.adapters.http.httpx_transport import HttpxTransport
from scenarios.estate import Estate
from scenarios.live.composed import ComposedCore, ComposedEstate
from scenarios.live.cores import LiveCore
from scenarios.live.estate import LiveEstate
from scenarios.live.estate_file import EstateFile
from scenarios.live.gauges import Gauges, core_target, mock_targets
from scenarios.live.postgres import LocalPostgres
from scenarios.live.processes import Child, scratch_folder
from scenarios.load.wishes import Wishes
from scenarios.runner import Rehearsal
from scenarios.subjects.port import Subject


class LoadEstate(Estate, Protocol):
    """Mocks whose clocks can go by themselves, all from one origin."""

    token: str

    @property
    def children(self) -> Mapping[str, Child]:
        """Their processes, as far as they were started here."""
        ...

    async def let_run(self, from_ms: int, factor: float, since_wall_ms: int) -> None:
        """Let all clocks go."""
        ...

    async def stand_still(self, at_ms: int) -> None:
        """Have all clocks stepped again."""
        ...


class LoadCore(Subject, Protocol):
    """A core whose clock can go by itself, and that polls at the pace it is told."""

    operator_token: str

    @property
    def urls(self) -> Mapping[str, str]:
        """Its workers by name."""
        ...

    @property
    def pids(self) -> Mapping[str, int]:
        """Its processes, as far as they were started here and run."""
        ...

    async def let_run(self, now_ms: int, speed: int, since_wall_ms: int) -> None:
        """Let its clock go."""
        ...

    async def poll_every(self, seconds: int) -> None:
        """Poll at another pace, beginning now."""
        ...


class Own(Struct, frozen=True, kw_only=True):
    """What was started here and may be killed."""

    estate: LiveEstate
    core: LiveCore
    postgres: LocalPostgres | None


class House(Struct, frozen=True, kw_only=True):
    """Everything that runs."""

    folder: Path
    estate: LoadEstate
    core: LoadCore
    gauges: Gauges
    own: Own | None = None

    def follow(self) -> None:
        """Tell the gauges the present process ids."""
        for role, child in self.estate.children.items():
            self.gauges.moved(role, child.pid)
        for name, pid in self.core.pids.items():
            self.gauges.moved(name, pid)

    def dead(self) -> list[str]:
        """Processes of ours that do not run."""
        mocks = [name for name, child in self.estate.children.items() if not child.is_running]
        workers = () if self.own is None else self.own.core.workers
        return mocks + [worker.executor_id for worker in workers if not worker.is_running]


@asynccontextmanager
async def own_house(wishes: Wishes, rehearsal: Rehearsal) -> AsyncIterator[House]:
    """Mocks, core and database as processes of this machine; all are ended, and their files removed."""
    folder = scratch_folder()
    estate = LiveEstate(wishes.seed, folder)
    postgres = LocalPostgres() if wishes.workers > 1 and wishes.database_url is None else None
    core: LiveCore | None = None
    try:
        url = wishes.database_url
        if postgres is not None:
            await asyncio.to_thread(postgres.start)
            url = postgres.database("rehearsal")
        await estate.start(rehearsal.start_ms)
        core = LiveCore(
            estate.transport,
            wishes.seed,
            folder,
            database_url=url,
            poll_interval_seconds=_pace(rehearsal),
            workers=wishes.workers,
        )
        yield House(
            folder=folder,
            estate=estate,
            core=core,
            gauges=_gauges(estate, core),
            own=Own(estate=estate, core=core, postgres=postgres),
        )
    finally:
        try:
            if core is not None:
                await core.stop()
        finally:
            await estate.close()
            if postgres is not None:
                await asyncio.to_thread(postgres.end)
            shutil.rmtree(folder, ignore_errors=True)


@asynccontextmanager
async def composed_house(described: EstateFile, rehearsal: Rehearsal) -> AsyncIterator[House]:
    """The estate and the cores of an estate file; raises EstateUnusable and NotReady."""
    folder = scratch_folder()
    estate = ComposedEstate(described, HttpxTransport())
    try:
        core = ComposedCore(estate.transport, described, poll_interval_seconds=_pace(rehearsal))
        core.refuse_used()
        await estate.start(rehearsal.start_ms)
        yield House(folder=folder, estate=estate, core=core, gauges=_gauges(estate, core))
    finally:
        await estate.close()
        shutil.rmtree(folder, ignore_errors=True)


def _pace(rehearsal: Rehearsal) -> float:
    """The firm is put in place a grain at a time: looking more often would find nothing new."""
    return rehearsal.grain_ms / 1000


def _gauges(estate: LoadEstate, core: LoadCore) -> Gauges:
    """Looks at every mock, every worker of the core, and this process."""
    pids = {role: child.pid for role, child in estate.children.items()}
    targets = mock_targets(estate.systems, estate.token, pids)
    targets += [
        core_target(name, url, core.operator_token, core.pids.get(name, 0)) for name, url in core.urls.items()
    ]
    gauges = Gauges(estate.transport, targets)
    gauges.moved("judge", os.getpid())
    return gauges
