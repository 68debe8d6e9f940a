"""A deterministic asyncio loop: virtual time, no sockets, no threads, a seeded order of task steps.

When nothing is ready, time jumps to the next timer; when there is none either, the run is stuck
and says so. Only steps of tasks may overtake one another; plain callbacks keep their order.
"""

import asyncio
import gc
import hashlib
import heapq
import threading
from asyncio import events
from collections.abc import Callable, Coroutine
from contextvars import Context
from typing import Any, TypeVar

T = TypeVar("T")


class Stuck(RuntimeError):
    """Nothing is ready and no timer is set: somebody waits for what never comes."""


class ThreadStarted(RuntimeError):
    """Something tried to start a thread, whose timing no seed could decide."""


class DeterministicLoop(asyncio.BaseEventLoop):
    """An event loop whose only inputs are its tasks and its seed."""

    def __init__(self, seed: int = 0, *, shuffle: bool = True) -> None:
        super().__init__()
        self._seed = seed
        self._shuffle = shuffle
        self._virtual_seconds = 0.0
        self._timers: list[tuple[float, int, asyncio.TimerHandle]] = []
        self._sequence = 0
        self._draws = 0
        self._task_number = 0
        self.set_task_factory(self._named_task)  # type: ignore[arg-type]  # a generic method

    def time(self) -> float:
        """Virtual seconds since the loop was made."""
        return self._virtual_seconds

    def call_at(  # type: ignore[override]
        self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """Order equal instants by when they were asked for."""
        timer = asyncio.TimerHandle(when, callback, args, self, context)
        self._sequence += 1
        heapq.heappush(self._timers, (when, self._sequence, timer))
        timer._scheduled = True  # type: ignore[attr-defined]
        return timer

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """Cancelled timers leave the heap when they come up."""

    def _run_once(self) -> None:
        ready = self._ready  # type: ignore[attr-defined]
        if not ready:
            self._advance()
        while self._timers and self._timers[0][0] <= self._virtual_seconds:
            _, _, timer = heapq.heappop(self._timers)
            if not timer.cancelled():
                ready.append(timer)
        for _ in range(len(ready)):
            handle = self._next(ready)
            if not handle.cancelled():
                handle._run()

    def _advance(self) -> None:
        while self._timers and self._timers[0][2].cancelled():
            heapq.heappop(self._timers)
        if self._timers:
            self._virtual_seconds = max(self._virtual_seconds, self._timers[0][0])
        elif not self._stopping:  # type: ignore[attr-defined]
            waiting = sorted(task.get_name() for task in asyncio.all_tasks(self))
            raise Stuck(f"Nothing can go on; waiting are: {', '.join(waiting)}.")

    def _next(self, ready: Any) -> asyncio.Handle:
        """The first ready handle, or, among the steps of tasks at the front, a drawn one."""
        if not self._shuffle or len(ready) < 2 or not _is_step(ready[0]):
            return ready.popleft()  # type: ignore[no-any-return]
        steps = 1
        while steps < min(len(ready), 8) and _is_step(ready[steps]):
            steps += 1
        if steps == 1:
            return ready.popleft()  # type: ignore[no-any-return]
        self._draws += 1
        digest = hashlib.blake2b(f"{self._seed}|order|{self._draws}".encode(), digest_size=4).digest()
        place = int.from_bytes(digest) % steps
        ready.rotate(-place)
        handle = ready.popleft()
        ready.rotate(place)
        return handle  # type: ignore[no-any-return]

    def _named_task(self, loop: Any, coroutine: Coroutine[Any, Any, T], **kwargs: Any) -> asyncio.Task[T]:
        self._task_number += 1
        name = kwargs.pop("name", None) or f"task-{self._task_number}"
        return asyncio.Task(coroutine, loop=loop, name=name, **kwargs)

    def run_in_executor(self, executor: Any, func: Callable[..., T], *args: Any) -> asyncio.Future[T]:  # type: ignore[override]
        """Run inline, one step later: no thread ever starts."""
        future: asyncio.Future[T] = self.create_future()

        def call() -> None:
            try:
                future.set_result(func(*args))
            except BaseException as error:
                future.set_exception(error)

        self.call_soon(call)
        return future

    def _write_to_self(self) -> None:
        """Nothing sleeps in a selector here, so nothing has to be woken."""

    def _process_events(self, event_list: Any) -> None:
        """There are no file descriptors."""


def _is_step(handle: asyncio.Handle) -> bool:
    """Whether a handle is a step of a task rather than a callback of a library."""
    owner = getattr(handle._callback, "__self__", None)  # type: ignore[attr-defined]
    return isinstance(owner, asyncio.Task) or type(owner).__name__ == "TaskStepMethWrapper"


def run_deterministically(
    main: Callable[[], Coroutine[Any, Any, T]], seed: int, *, shuffle: bool = True
) -> T:
    """Run to completion on a fresh loop; any thread that something starts is an error."""
    loop = DeterministicLoop(seed, shuffle=shuffle)
    original = threading.Thread.start

    def refuse(thread: threading.Thread) -> None:
        raise ThreadStarted(f"Thread {thread.name} was started inside a simulation.")

    threading.Thread.start = refuse  # type: ignore[method-assign, assignment]
    usual = gc.get_threshold()
    gc.freeze()  # what was imported stays; a simulation makes many short-lived objects and few cycles
    gc.set_threshold(50_000, 20, 100)
    try:
        events.set_event_loop(loop)
        return loop.run_until_complete(main())
    finally:
        threading.Thread.start = original  # type: ignore[method-assign]
        gc.set_threshold(*usual)
        gc.unfreeze()
        for task in sorted(asyncio.all_tasks(loop), key=lambda task: task.get_name()):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        events.set_event_loop(None)
        loop.close()
