"""That a worker lives, said once a second in the database's own time, by a thread of its own.

A thread, because a loop that computes for seconds is busy and not dead.
"""

import logging
import threading
from collections.abc import Callable
from contextlib import suppress

from msgspec import Struct
from sqlalchemy import Connection, Engine, select, update
from sqlalchemy.exc import SQLAlchemyError

from integration_core.engine.schema import database_ms, executor, upsert

_log = logging.getLogger(__name__)
RUNNING, DRAINING, STOPPED = "running", "draining", "stopped"
_SURE_PART = 0.7  # of the time after which others think us dead


class Pace(Struct, frozen=True):
    """How often a worker beats, and after which silence the others think it dead."""

    beat_seconds: float = 1.0
    dead_after_seconds: float = 6.0


class Worker(Struct, frozen=True):
    """One worker as the table shows it."""

    executor: str
    state: str
    started_ms: int
    beat_ms: int


class Heartbeat:
    """Beats until it is told to end; `seconds` is a monotonic clock, for our own doubts only."""

    def __init__(self, database: Engine, name: str, seconds: Callable[[], float], pace: Pace) -> None:
        self.name = name
        self.dead_after_ms = round(pace.dead_after_seconds * 1000)
        self.is_superseded = False  # somebody else was started under our name
        self._database = database
        self._seconds = seconds
        self._beat_seconds = pace.beat_seconds
        self._sure_seconds = pace.dead_after_seconds * _SURE_PART
        self._life = 0
        self._state = RUNNING
        self._confirmed = 0.0
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._beat_on, name="core-heartbeat", daemon=True)

    @property
    def is_sure(self) -> bool:
        """Whether nobody can have thought us dead yet: our last beat is recent enough."""
        return self._seconds() - self._confirmed < self._sure_seconds

    def begin(self) -> None:
        """Enter this worker, and beat from now on."""
        began = self._seconds()
        with self._database.begin() as connection:
            now_ms = database_ms(connection)
            insert = upsert(connection, executor).values(
                executor=self.name, life=1, state=RUNNING, started_ms=now_ms, beat_ms=now_ms
            )
            statement = insert.on_conflict_do_update(
                index_elements=[executor.c.executor],
                set_={
                    "life": executor.c.life + 1,
                    "state": RUNNING,
                    "started_ms": now_ms,
                    "beat_ms": now_ms,
                },
            ).returning(executor.c.life)
            self._life = connection.execute(statement).scalar_one()
        self._confirmed = began
        self._thread.start()

    def beat(self, connection: Connection) -> bool:
        """Beat in the caller's transaction; False when the name is somebody else's now."""
        result = connection.execute(
            update(executor)
            .where(executor.c.executor == self.name, executor.c.life == self._life)
            .values(beat_ms=database_ms(connection), state=self._state)
        )
        return result.rowcount == 1

    def confirmed(self, since: float) -> None:
        """A beat was committed that was begun at an instant of our own clock."""
        self._confirmed = max(self._confirmed, since)

    def drain(self) -> None:
        """Say from the next beat on that no new work is taken."""
        self._state = DRAINING

    def end(self, *, says_so: bool) -> None:
        """Beat no more; where it is said, what we leave is anybody's at once."""
        self._ending.set()
        self._thread.join(timeout=2 * self._beat_seconds)
        if not says_so:
            return
        self._state = STOPPED
        try:
            with self._database.begin() as connection:
                self.beat(connection)
        except SQLAlchemyError as error:
            # Others will find out by themselves after a while.
            _log.warning("the end of this worker could not be noted", extra={"reason": type(error).__name__})

    def _beat_on(self) -> None:
        while not self._ending.wait(self._beat_seconds):
            began = self._seconds()
            # A database that is away is told by those who have work for it.
            with suppress(SQLAlchemyError):
                with self._database.begin() as connection:
                    lives = self.beat(connection)
                if not lives:
                    self.is_superseded = True
                    _log.error(
                        "another worker was started under this name; this one takes no more work",
                        extra={"executor": self.name},
                    )
                    return
                self.confirmed(began)


def workers(connection: Connection) -> list[Worker]:
    """All workers that this database has seen, by name."""
    columns = executor.c
    rows = connection.execute(
        select(columns.executor, columns.state, columns.started_ms, columns.beat_ms).order_by(
            columns.executor
        )
    )
    return [Worker(*row) for row in rows]
