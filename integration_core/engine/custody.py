"""One worker among several: what it may do, what it must leave alone, what it picks up from others.

On a database that only one worker can use nobody else is there: nothing beats, nothing is in doubt.
"""

import logging
from collections.abc import Callable, Collection, Sequence

from sqlalchemy import Connection, Engine

from integration_core.engine import ownership
from integration_core.engine.activations import Claim
from integration_core.engine.heartbeat import Heartbeat, Pace
from integration_core.engine.offloop import OffLoop
from integration_core.engine.ownership import Place, TakenOver
from integration_core.engine.run import DurableRun

_log = logging.getLogger(__name__)


class Custody:
    """Holds a worker's name and heartbeat; `seconds` is a monotonic clock, the loop's own."""

    def __init__(
        self,
        off_loop: OffLoop,
        database: Engine,
        me: str,
        seconds: Callable[[], float],
        pace: Pace,
    ) -> None:
        self._off_loop = off_loop
        self._database = database
        self._me = me
        self._seconds = seconds
        self._beat_seconds = pace.beat_seconds
        self._sweeps_at = 0.0
        self._has_strays = True
        self._heartbeat: Heartbeat | None = None
        if database.dialect.name == "postgresql":
            self._heartbeat = Heartbeat(database, me, seconds, pace)

    @property
    def is_sure(self) -> bool:
        """Whether nobody can have thought this worker dead, nor has its name."""
        heartbeat = self._heartbeat
        return heartbeat is None or (heartbeat.is_sure and not heartbeat.is_superseded)

    def begin(self) -> None:
        """Enter the worker, and end what an earlier one of its name may still hold open."""
        if self._heartbeat is not None:
            self._heartbeat.begin()
            with self._database.begin() as connection:
                ownership.expel(connection, [self._me])

    def drain(self) -> None:
        """Say that no new work is taken."""
        if self._heartbeat is not None:
            self._heartbeat.drain()

    def end(self, *, says_so: bool) -> None:
        """Beat no more; where it is said, what is left is anybody's at once."""
        if self._heartbeat is not None:
            self._heartbeat.end(says_so=says_so)

    def lost_sight(self) -> None:
        """A claim may have been committed that nobody here knows of."""
        self._has_strays = True

    async def make_sure(self, run: DurableRun) -> None:
        """After a silence of ours: no effect before it is certain that nobody has this run instead."""
        heartbeat = self._heartbeat
        if heartbeat is None or heartbeat.is_sure:
            return
        began = self._seconds()

        def check(connection: Connection) -> None:
            if not heartbeat.beat(connection):
                raise TakenOver(run.claim.attempt_id)
            ownership.hold(connection, run.claim)

        try:
            await self._off_loop.commit(check)
        except TakenOver:
            run.is_lost = True
            raise
        heartbeat.confirmed(began)

    async def sweep(self, processes: Sequence[str], known: Collection[Place]) -> list[Claim]:
        """Take what nobody performs: strays in our name, and once a beat what dead workers left."""
        now = self._seconds()
        if not self._has_strays and (self._heartbeat is None or now < self._sweeps_at):
            return []
        self._sweeps_at = now + self._beat_seconds
        taken = await self.take_strays(processes, known)
        if self._heartbeat is not None:
            taken += await self._take_orphans(processes, self._heartbeat.dead_after_ms)
        return taken

    async def take_strays(self, processes: Sequence[str], known: Collection[Place]) -> list[Claim]:
        """Take runs in our name that nobody here performs.

        They are from before this start, or were claimed just as a connection broke.
        """

        def take(connection: Connection) -> list[Claim]:
            mine = ownership.own(connection, self._me, processes)
            strays = [claim for claim in mine if (claim.process, claim.key) not in known]
            return ownership.take(connection, self._me, strays, None)

        taken, _ = await self._off_loop.commit(take)
        self._has_strays = False
        return taken

    async def _take_orphans(self, processes: Sequence[str], dead_after_ms: int) -> list[Claim]:
        me = self._me
        found = await self._off_loop.read(lambda c: ownership.orphans(c, me, processes, dead_after_ms))
        if not found:
            return []
        gone, _ = await self._off_loop.commit(lambda c: ownership.expel_dead(c, me, dead_after_ms))
        taken, _ = await self._off_loop.commit(lambda c: ownership.take(c, me, found, dead_after_ms))
        if taken:
            _log.warning("runs were taken over", extra={"runs": len(taken), "of_dead_workers": gone})
        return taken
