"""Database work beside the event loop: short transactions in a few threads, repeated if need be."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from integration_core.engine import activations
from integration_core.engine.availability import Availability, is_away, pause_seconds
from integration_core.engine.database import reading

T = TypeVar("T")
_THREADS = 8
_ATTEMPTS = 5
_SERIALIZATION_FAILURE, _DEADLOCK = "40001", "40P01"


class OffLoop:
    """Runs synchronous database work without holding up the loop that asks for it.

    While the database is away, `commit` and `read` wait for it, until `gives_up` says so.
    """

    def __init__(self, database: Engine, gives_up: Callable[[], bool] = lambda: False) -> None:
        self.availability = Availability()
        self._database = database
        self._gives_up = gives_up
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="core-database")

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Perform `work` on a connection that only reads."""
        return await self.patiently(lambda: self.call(lambda: self._read(work)))

    async def read_now(self, work: Callable[[Connection], T]) -> T:
        """Like `read`, for somebody who would rather have an error than wait."""
        return await self.call(lambda: self._read(work))

    async def commit(self, work: Callable[[Connection], T]) -> tuple[T, tuple[str, ...]]:
        """Perform `work` in one write transaction; its result, and which processes it asked for.

        Where a connection breaks in the middle of a commit the work is done again, so `work` must
        notice by its own data that it was done before, as a checkpoint does.
        """
        return await self.patiently(lambda: self.call(lambda: committed(self._database, work)))

    async def patiently(self, work: Callable[[], Awaitable[T]]) -> T:
        """Perform `work`, again and again while the database is away."""
        misses = 0
        while True:
            before = self.availability.misses
            try:
                result = await work()
            except SQLAlchemyError as error:
                if self._gives_up() or not is_away(error):
                    raise
                misses += 1
                self.availability.missed(error)
            else:
                self.availability.met(before)
                return result
            await asyncio.sleep(pause_seconds(misses))

    async def call(self, work: Callable[[], T]) -> T:
        """Perform anything that opens its own transactions."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    def close(self, *, is_patient: bool) -> None:
        """Take no more work; wait for what is under way if patient."""
        self._pool.shutdown(wait=is_patient, cancel_futures=not is_patient)

    def _read(self, work: Callable[[Connection], T]) -> T:
        with reading(self._database) as connection:
            return work(connection)


def committed(database: Engine, work: Callable[[Connection], T]) -> tuple[T, tuple[str, ...]]:
    """Perform `work` in one write transaction; its result, and which processes it asked for."""
    # PostgreSQL undoes one of two transactions that block each other: that one is done again.
    for _ in range(_ATTEMPTS - 1):
        try:
            return _once(database, work)
        except SQLAlchemyError as error:
            cause = getattr(error, "orig", None)
            if getattr(cause, "sqlstate", None) not in (_SERIALIZATION_FAILURE, _DEADLOCK):
                raise
    return _once(database, work)


def _once(database: Engine, work: Callable[[Connection], T]) -> tuple[T, tuple[str, ...]]:
    with database.begin() as connection:
        result = work(connection)
        return result, activations.take_asked(connection)
