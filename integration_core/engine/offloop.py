"""Database work beside the event loop: short transactions in a few threads, repeated if need be."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from integration_core.engine import activations
from integration_core.engine.database import reading

T = TypeVar("T")
_THREADS = 8
_ATTEMPTS = 5
_SERIALIZATION_FAILURE, _DEADLOCK = "40001", "40P01"


class OffLoop:
    """Runs synchronous database work without holding up the loop that asks for it."""

    def __init__(self, database: Engine) -> None:
        self._database = database
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="core-database")

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Perform `work` on a connection that only reads."""

        def read() -> T:
            with reading(self._database) as connection:
                return work(connection)

        return await self.call(read)

    async def commit(self, work: Callable[[Connection], T]) -> tuple[T, tuple[str, ...]]:
        """Perform `work` in one write transaction; its result, and which processes it asked for."""
        return await self.call(lambda: _committed(self._database, work))

    async def call(self, work: Callable[[], T]) -> T:
        """Perform anything that opens its own transactions."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    def close(self, *, is_patient: bool) -> None:
        """Take no more work; wait for what is under way if patient."""
        self._pool.shutdown(wait=is_patient, cancel_futures=not is_patient)


def _committed(database: Engine, work: Callable[[Connection], T]) -> tuple[T, tuple[str, ...]]:
    # PostgreSQL undoes one of two transactions that block each other: that one is done again.
    for _ in range(_ATTEMPTS - 1):
        try:
            return _once(database, work)
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in (_SERIALIZATION_FAILURE, _DEADLOCK):
                raise
    return _once(database, work)


def _once(database: Engine, work: Callable[[Connection], T]) -> tuple[T, tuple[str, ...]]:
    with database.begin() as connection:
        result = work(connection)
        return result, activations.take_asked(connection)
