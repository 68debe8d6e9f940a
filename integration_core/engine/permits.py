"""Permits for calls, from one bucket for each target that all workers on a database share.

A worker draws a few at a time, to spare the database, and lets them lapse after a second: together
they never send more in a second than the limit, a burst, and what one draw of each worker holds.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import TypeVar

from msgspec import Struct
from sqlalchemy import Connection, Engine, bindparam, case, select, update
from sqlalchemy.exc import SQLAlchemyError

from integration_core.engine.availability import is_away, pause_seconds
from integration_core.engine.offloop import committed
from integration_core.engine.schema import database_ms, rate_limit, upsert

T = TypeVar("T")
BLOCK = 10
_LAPSE_SECONDS = 1.0
_WHOLE = 1000  # thousandths


class _Drawn(Struct):
    """What is left of one draw."""

    left: int = 0
    lapses_at: float = 0.0


class SharedPermits:
    """The permits of all targets that are limited; `seconds` is monotonic.

    `real_seconds` says how long a pause in the world's seconds is on this machine.
    """

    def __init__(
        self,
        database: Engine,
        limits: Mapping[str, int],
        seconds: Callable[[], float],
        real_seconds: Callable[[float], float],
    ) -> None:
        self._database = database
        self._limits = dict(limits)
        self._seconds = seconds
        self._real_seconds = real_seconds
        self._drawn: defaultdict[str, _Drawn] = defaultdict(_Drawn)
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._is_entered = False

    async def take(self, target: str) -> None:
        """Return when one more call may be sent to a target; at once where it is not limited."""
        if target not in self._limits:
            return
        async with self._turns[target]:
            drawn = self._drawn[target]
            while drawn.left == 0 or self._seconds() >= drawn.lapses_at:
                drawn.left, wait_ms = await self._patiently(lambda c: draw(c, target))
                drawn.lapses_at = self._seconds() + _LAPSE_SECONDS
                if wait_ms:
                    await asyncio.sleep(wait_ms / 1000)
            drawn.left -= 1

    async def pause(self, target: str, seconds: float) -> None:
        """Let no worker draw permits for a while."""
        pause_ms = round(self._real_seconds(seconds) * 1000)
        if target in self._limits and pause_ms > 0:
            self._drawn[target].left = 0
            await self._patiently(lambda c: put_off(c, target, pause_ms))

    async def _patiently(self, work: Callable[[Connection], T]) -> T:
        misses = 0
        while True:
            try:
                return await asyncio.to_thread(self._commit, work)
            except SQLAlchemyError as error:
                if not is_away(error):
                    raise
                misses += 1
            await asyncio.sleep(pause_seconds(misses))

    def _commit(self, work: Callable[[Connection], T]) -> T:
        if not self._is_entered:
            committed(self._database, lambda c: enter(c, self._limits))
            self._is_entered = True
        return committed(self._database, work)[0]


def enter(connection: Connection, limits: Mapping[str, int]) -> None:
    """Set up buckets, full; one that is there keeps what it holds and takes the newest limits."""
    statement = upsert(connection, rate_limit)
    newest = {name: statement.excluded[name] for name in ("per_second", "burst")}
    for target, per_second in sorted(limits.items()):
        burst = max(1, per_second // 5)
        row = {
            "target": target,
            "per_second": per_second,
            "burst": burst,
            "tokens_e3": burst * _WHOLE,
            "not_before_ms": 0,
        }
        connection.execute(
            statement.values(**row, refilled_ms=database_ms(connection)).on_conflict_do_update(
                index_elements=[rate_limit.c.target], set_=newest
            )
        )


def draw(connection: Connection, target: str) -> tuple[int, int]:
    """Draw up to a block of permits: how many, and if none, for how many milliseconds to wait."""
    columns = rate_limit.c
    # Locked first and read then: the present must be read after whoever else draws has done so.
    connection.execute(select(columns.target).where(columns.target == target).with_for_update())
    row = connection.execute(
        select(rate_limit, database_ms(connection).label("now_ms")).where(columns.target == target)
    ).one()
    if row.now_ms < row.not_before_ms:
        return 0, row.not_before_ms - row.now_ms
    grown_e3 = max(0, row.now_ms - row.refilled_ms) * row.per_second
    tokens_e3 = min(row.burst * _WHOLE, row.tokens_e3 + grown_e3)
    granted = min(BLOCK, tokens_e3 // _WHOLE)
    if not granted:
        return 0, max(1, -(-(_WHOLE - tokens_e3) // row.per_second))
    left_e3 = tokens_e3 - granted * _WHOLE
    connection.execute(_SETTLE, {"t": target, "tokens": left_e3, "now": max(row.now_ms, row.refilled_ms)})
    return granted, 0


def put_off(connection: Connection, target: str, pause_ms: int) -> None:
    """Grant nothing before so many milliseconds from now; a longer pause stands."""
    until_ms = database_ms(connection) + pause_ms
    longest = case((rate_limit.c.not_before_ms > until_ms, rate_limit.c.not_before_ms), else_=until_ms)
    connection.execute(update(rate_limit).where(rate_limit.c.target == target).values(not_before_ms=longest))


_SETTLE = (
    update(rate_limit)
    .where(rate_limit.c.target == bindparam("t"))
    .values(tokens_e3=bindparam("tokens"), refilled_ms=bindparam("now"))
)
