"""How the serving loop is rung for, and how who rang learns that it has looked."""

import asyncio
import contextlib
from collections.abc import Iterator


class Bell:
    """One for each life of an engine, made on its loop."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()
        self._asked: list[asyncio.Future[None]] = []

    def ring(self) -> None:
        """Have the loop look soon."""
        self._rung.set()

    async def ask(self) -> None:
        """Have the loop look, and return when it has."""
        looked = asyncio.get_running_loop().create_future()
        self._asked.append(looked)
        self._rung.set()
        await looked

    async def heard(self, seconds: float) -> None:
        """Return when somebody rings, or after a while without."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._rung.wait(), seconds)
        self._rung.clear()

    @contextlib.contextmanager
    def answering(self) -> Iterator[None]:
        """Look inside; whoever asked before learns of it afterwards, whatever came of it."""
        asked, self._asked = self._asked, []
        try:
            yield
        finally:
            _answer(asked)

    def hang_up(self) -> None:
        """Nobody will look any more: let everybody go."""
        _answer(self._asked)


def _answer(asked: list[asyncio.Future[None]]) -> None:
    for looked in asked:
        if not looked.done():
            looked.set_result(None)
