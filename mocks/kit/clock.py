"""A world's clock: stepped by a runner, scaled for load, or wall time with an offset for real clients."""

import time
from collections.abc import Callable
from typing import Literal

Mode = Literal["stepped", "scaled", "wall"]


def wall_ms() -> int:
    """The machine's UTC time in milliseconds: the one place in the mocks that reads it."""
    return time.time_ns() // 1_000_000


def wall_ns() -> int:
    """The same in nanoseconds, for spans alone."""
    return time.time_ns()


def machine_seconds() -> float:
    """Seconds of no particular origin, for how long something took; no world ever sees them."""
    return time.perf_counter()


class WorldClock:
    """UTC epoch milliseconds of one world; never runs backwards."""

    def __init__(
        self, start_ms: int, mode: Mode = "stepped", factor: float = 1.0, wall: Callable[[], int] = wall_ms
    ) -> None:
        self._wall = wall
        self._last_ms = start_ms
        self.configure(start_ms, mode, factor)

    def configure(
        self, start_ms: int, mode: Mode, factor: float = 1.0, since_wall_ms: int | None = None
    ) -> None:
        """Set mode and present; `factor` counts only when scaled.

        `since_wall_ms` is when, by the machine, it was `start_ms` here: clocks told the same agree.
        """
        self.mode = mode
        self._factor = factor if mode == "scaled" else 1.0
        self._origin_ms = start_ms
        self._wall_origin_ms = 0 if mode == "stepped" else (since_wall_ms or self._wall())
        self._last_ms = start_ms

    def now_ms(self) -> int:
        """The present of this world."""
        if self.mode == "stepped":
            return self._last_ms
        passed = (self._wall() - self._wall_origin_ms) * self._factor
        self._last_ms = max(self._last_ms, self._origin_ms + int(passed))
        return self._last_ms

    def set_going(self, at_ms: int, mode: Mode, factor: float, since_wall_ms: int | None) -> None:
        """Change the mode at an instant; raises ValueError when asked to go back."""
        if at_ms < self.now_ms():
            raise ValueError(f"The clock stands at {self._last_ms} and cannot go back to {at_ms}.")
        self.configure(at_ms, mode, factor, since_wall_ms)

    def step_to(self, at_ms: int) -> None:
        """Move a stepped clock forward; raises ValueError when asked to go back or when it runs by itself."""
        if self.mode != "stepped":
            raise ValueError(f"This world's clock is {self.mode}; only a stepped clock can be moved.")
        if at_ms < self._last_ms:
            raise ValueError(f"The clock stands at {self._last_ms} and cannot go back to {at_ms}.")
        self._last_ms = at_ms
