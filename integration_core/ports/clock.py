"""Time and identity are given to the core, never taken."""

from typing import Protocol


class Clock(Protocol):
    """The only source of time in the core."""

    def now_ms(self) -> int:
        """UTC epoch milliseconds of the world that this core serves."""
        ...
