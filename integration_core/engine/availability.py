"""A database that does not answer, or takes nothing for a while: told apart from work that is wrong.

Such an error says nothing about the work itself, so the work waits and is done again; its
checkpoint decides whether it had been committed after all.
"""

import logging
import sqlite3

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolExhausted

_log = logging.getLogger(__name__)
# Connection lost or refused, resources such as disk or connections at an end, shut down by an operator
# or in recovery, the disk failed.
_CLASSES = ("08", "53", "57P", "58")
_TRANSACTIONS_REFUSED = ("25006", "25P03")  # read-only; the server ended an idle session
_SQLITE_CODES = frozenset({8, 10, 13, 14})  # READONLY, IOERR, FULL, CANTOPEN
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 2.0


def is_away(error: BaseException) -> bool:
    """Whether the database is to blame, for now, and not the work."""
    if isinstance(error, PoolExhausted):
        return True
    if not isinstance(error, DBAPIError):
        return False
    cause = error.orig
    if isinstance(cause, sqlite3.Error):
        return (getattr(cause, "sqlite_errorcode", 0) & 0xFF) in _SQLITE_CODES
    state: str | None = getattr(cause, "sqlstate", None)
    if state is None:
        return bool(error.connection_invalidated) or type(cause).__name__ == "OperationalError"
    return state in _TRANSACTIONS_REFUSED or state.startswith(_CLASSES)


class Availability:
    """Says once that the database is away, and once that it is back."""

    def __init__(self) -> None:
        self.is_away = False
        self.misses = 0

    def missed(self, error: BaseException) -> None:
        """Something could not be done."""
        self.misses += 1
        if not self.is_away:
            self.is_away = True
            reason = " ".join(str(getattr(error, "orig", None) or error).split())[:300]
            _log.error("the database takes nothing; trying again until it does", extra={"reason": reason})

    def met(self, misses: int) -> None:
        """Something was done that was begun after so many misses: one that was under way proves nothing."""
        if self.is_away and misses == self.misses:
            self.is_away = False
            _log.warning("the database answers again")


def pause_seconds(misses: int) -> float:
    """How long to wait after so many misses in a row."""
    return min(FIRST_PAUSE_SECONDS * (1 << min(misses - 1, 10)), LONGEST_PAUSE_SECONDS)
