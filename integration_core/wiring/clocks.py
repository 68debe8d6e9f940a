"""The clocks a core can follow: the machine's, or one that a rehearsal steps or lets run at its own pace."""

import time
from collections.abc import Callable

from integration_core.api.description import MAXIMUM_MS


class WallClock:
    """UTC time of this machine."""

    def now_ms(self) -> int:
        """UTC epoch milliseconds."""
        return _wall_ms()


def _wall_ms() -> int:
    return time.time_ns() // 1_000_000


class RehearsalClock:
    """Time of a rehearsal: it moves when it is told to, or by itself at a given speed."""

    def __init__(self, start_ms: int, wall_ms: Callable[[], int] = _wall_ms) -> None:
        self._now_ms = start_ms
        self._wall_ms = wall_ms
        self._origin_ms, self._since_wall_ms, self._speed = start_ms, 0, 0
        self._told: tuple[int, int, int | None] | None = None

    def now_ms(self) -> int:
        """UTC epoch milliseconds of the rehearsal."""
        if self._speed:
            passed_ms = (self._wall_ms() - self._since_wall_ms) * self._speed
            self._now_ms = min(MAXIMUM_MS, max(self._now_ms, self._origin_ms + passed_ms))
        return self._now_ms

    @property
    def speed(self) -> int:
        """How many times as fast as the machine's clock; 0 stands still."""
        return self._speed

    def run(self, now_ms: int, speed: int, since_wall_ms: int | None) -> None:
        """Go on from an instant so many times as fast as the machine's clock; 0 stands still.

        `since_wall_ms` is when, by the machine, it was `now_ms`. Raises ValueError when asked to go back;
        to be told the same again, as after an answer that got lost, changes nothing.
        """
        told = (now_ms, speed, since_wall_ms)
        if told == self._told:
            return
        self.step_to(now_ms)
        self._told = told
        self._origin_ms, self._speed = now_ms, speed
        self._since_wall_ms = since_wall_ms or self._wall_ms()

    def step_to(self, now_ms: int) -> None:
        """Move forward; raises ValueError when asked to go back."""
        if now_ms < self.now_ms():
            raise ValueError(f"The clock stands at {self._now_ms} and cannot go back to {now_ms}.")
        self._now_ms = self._origin_ms = now_ms
        self._told = None
