"""Runs that wait for an instant of the world's clock: in memory only, the timer rows are the truth."""

import asyncio

from integration_core.engine.checkpoints import Slot


class Sleepers:
    """Futures by due time; `wake` resolves those whose time has come, in a fixed order."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[int, str, Slot], asyncio.Future[None]] = {}

    async def wait(self, run_id: str, slot: Slot, due_ms: int) -> None:
        """Return once `wake` was called with an instant at or after `due_ms`."""
        future = asyncio.get_running_loop().create_future()
        place = (due_ms, run_id, slot)
        self._waiting[place] = future
        try:
            await future
        finally:
            self._waiting.pop(place, None)

    def wake(self, now_ms: int) -> int:
        """Let those go on whose time has come; returns how many."""
        due = sorted(place for place in self._waiting if place[0] <= now_ms)
        for place in due:
            future = self._waiting.pop(place)
            if not future.done():
                future.set_result(None)
        return len(due)

    def abandon(self) -> None:
        """Cancel everybody who waits."""
        for future in self._waiting.values():
            future.cancel()
