"""What the runner needs of any integration."""

from typing import Protocol

from scenarios.estate import Estate
from scenarios.oracle.book import Book


class NotAtRest(Exception):
    """The subject does not come to rest; the text names what is stuck."""


class Subject(Protocol):
    """An integration under rehearsal."""

    name: str

    async def start(self, estate: Estate, now_ms: int) -> None:
        """Point it at the estate and let it begin."""
        ...

    async def advance(self, now_ms: int) -> None:
        """Its clock is now here."""
        ...

    async def settle(self) -> int | None:
        """Wait until nothing is running or due; returns when it has something to do next.

        Raises NotAtRest when that never comes.
        """
        ...

    async def replay_open_cases(self) -> int:
        """As an operator after an outage: replay what failed for technical reasons; returns how many."""
        ...

    async def owed(self) -> str:
        """What it still owes the systems, in one line; empty when nothing."""
        ...

    async def book(self) -> Book | None:
        """Its own records, if it publishes any."""
        ...

    async def crash(self) -> None:
        """Die in the middle of the work that follows, losing what is not kept, and be started again."""
        ...

    async def stop(self) -> None:
        """End it; nothing is left running."""
        ...
