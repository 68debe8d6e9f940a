"""Ctrl-C and SIGTERM end a rehearsal in order: processes, files and connections go before the sentence.

Left to itself, SIGTERM would end this process at once and leave its children to live on, and Ctrl-C
would break into whatever line is running, cleaning up included.
"""

import asyncio
import contextlib
import signal
import sys
import threading
from collections.abc import Coroutine, Iterator
from types import FrameType
from typing import Any, TypeVar

from scenarios.events import Event, Judged, Traced

T = TypeVar("T")
SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupted(BaseException):
    """Somebody ended the run from outside; like KeyboardInterrupt, no handler of errors takes it."""

    def __init__(self, by: signal.Signals) -> None:
        super().__init__(f"Interrupted by {by.name}; nothing of the run is left behind.")
        self.exit_status = 128 + by


class Interruption:
    """Remembers a signal until the rehearsal is between two steps; a listener of the runner."""

    def __init__(self) -> None:
        self._by: signal.Signals | None = None
        self._is_stepping = False

    def __call__(self, event: Event) -> None:
        """Raise Interrupted if a signal came since the last step."""
        self._is_stepping = not isinstance(event, Judged | Traced)
        if self._by is not None:
            raise Interrupted(self._by)

    def handle(self, number: int, _frame: FrameType | None) -> None:
        """At once where nothing has to be put away, and for whoever asks twice."""
        if self._by is not None or not self._is_stepping:
            raise Interrupted(signal.Signals(number))
        self._by = signal.Signals(number)


@contextlib.contextmanager
def interruptible() -> Iterator[Interruption]:
    """Take both signals as wishes to stop; only in the main thread can they be taken."""
    interruption = Interruption()
    before = {number: signal.signal(number, interruption.handle) for number in SIGNALS}
    try:
        yield interruption
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


async def until_interrupted(work: Coroutine[Any, Any, T]) -> T:
    """Run `work`; a signal cancels it, once, so that its own `finally` puts everything away."""
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(work)
    came: list[signal.Signals] = []

    def stop(by: signal.Signals) -> None:
        came.append(by)
        if len(came) == 1:
            task.cancel()

    taken = SIGNALS if _may_take_signals() else ()
    for number in taken:
        loop.add_signal_handler(number, stop, number)
    try:
        return await task
    except BaseException:
        if came:
            raise Interrupted(came[0]) from None
        raise
    finally:
        for number in taken:
            loop.remove_signal_handler(number)


def _may_take_signals() -> bool:
    """Signals reach a loop only in the main thread, and nowhere on Windows."""
    return sys.platform != "win32" and threading.current_thread() is threading.main_thread()
