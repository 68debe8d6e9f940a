"""The clocks a core can follow: the machine's, or one that a rehearsal steps."""

import time


class WallClock:
    """UTC time of this machine."""

    def now_ms(self) -> int:
        """UTC epoch milliseconds."""
        return time.time_ns() // 1_000_000


class SteppedClock:
    """Time that moves only when it is told to."""

    def __init__(self, start_ms: int) -> None:
        self._now_ms = start_ms

    def now_ms(self) -> int:
        """UTC epoch milliseconds of the rehearsal."""
        return self._now_ms

    def step_to(self, now_ms: int) -> None:
        """Move forward; raises ValueError when asked to go back."""
        if now_ms < self._now_ms:
            raise ValueError(f"The clock stands at {self._now_ms} and cannot go back to {now_ms}.")
        self._now_ms = now_ms
