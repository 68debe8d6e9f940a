"""One run as its process sees it: the same memory and the same names, whichever engine performs it."""

import asyncio
import hashlib
import math
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection

from integration_core.engine import checkpoints, failures, outcomes, ownership, timers
from integration_core.engine.activations import Claim
from integration_core.engine.checkpoints import CheckpointTaken, Slot
from integration_core.engine.ownership import TakenOver
from integration_core.ports.clock import Clock

T = TypeVar("T")
Json = Any
Effect = Callable[[], Awaitable[Json]]


class Life:
    """One stretch between start and stop or crash; what outlives it must not touch the data."""

    def __init__(self) -> None:
        self.is_over = False

    def check(self) -> None:
        """Stop here if this life is over."""
        if self.is_over:
            raise asyncio.CancelledError


class StrayCancellation(Exception):
    """A process let a cancellation of its own making escape; nobody stopped its run."""


class Host(Protocol):
    """What an engine does for its runs."""

    clock: Clock
    is_shared: bool  # other workers serve the same database

    async def commit(self, work: Callable[[Connection], T]) -> T:
        """Perform `work` in one write transaction."""
        ...

    async def perform(self, run: "DurableRun", slot: Slot, effect: Effect) -> str:
        """Perform an effect and remember how it ended; returns the outcome's text."""
        ...

    def reached(self, point: str, run_id: str, slot: Slot) -> None:
        """A place where a crash can be staged."""
        ...

    async def wait_until(self, run: "DurableRun", slot: Slot, due_ms: int) -> None:
        """Wait in the world's time."""
        ...


BEFORE_EFFECT = "before effect"
AFTER_EFFECT = "after effect, before checkpoint"
AFTER_CHECKPOINT = "after checkpoint"


class DurableRun:
    """A run that remembers by (name, occurrence) what it did, in any order it is asked again."""

    def __init__(self, host: Host, claim: Claim, life: Life) -> None:
        self.claim = claim
        self.process = claim.process
        self.key = claim.key
        self.run_id = claim.run_id
        self.is_plain = True  # nothing of it is in the tables but its activation
        self.is_lost = False  # another worker has it now
        self._host = host
        self._life = life
        self._uses: Counter[str] = Counter()
        self._ids: Counter[str] = Counter()
        self._remembered: dict[Slot, str] = {}
        self._volatile: dict[Slot, str] = {}  # remembered by the engine, not in our table
        self._handled: dict[Slot, str] = {}  # errors that the process went on from
        self._doubtful: dict[Slot, str] = {}  # errors that it may still end with
        self._operations = 0
        self._sleeps: dict[Slot, int] = {}
        # What the other workers are told: which sleeps are in the table, and whether they say "busy".
        self._noted: set[Slot] = set()
        self._told_busy = False
        self._telling = asyncio.Lock()
        self._foreseen: dict[Slot, str] = {}

    # -- the port ---------------------------------------------------------------------------------

    async def step(self, name: str, effect: Effect) -> Json:
        """Perform an effect once, at least once if cut off; its outcome is remembered."""
        slot = self._next(name)
        async with self._at_work():
            text = self._remembered.get(slot)
            if text is None:
                self._go_on()
            # A remembered step passes through the host too: an engine may count steps by position.
            text = await self._host.perform(self, slot, effect)
        return outcomes.unfold(text)

    async def transaction(self, name: str, work: Callable[[Connection], Json]) -> Json:
        """Run `work` in one database transaction, exactly once, together with its checkpoint."""
        slot = self._next(name)
        if slot in self._remembered:
            return outcomes.unfold(self._remembered[slot])
        async with self._at_work():
            self._go_on()
            self._host.reached(BEFORE_EFFECT, self.run_id, slot)

            def whole(connection: Connection) -> str:
                text = outcomes.of_value(work(connection))
                self._host.reached(AFTER_EFFECT, self.run_id, slot)
                return text

            try:
                text = await self.checkpoint(slot, whole)
            except Exception as error:
                self.doubt(slot, error)
                raise
            self._host.reached(AFTER_CHECKPOINT, self.run_id, slot)
        return outcomes.unfold(text)

    async def sleep(self, name: str, seconds: float) -> None:
        """Wait in the world's time; the end is fixed when first asked."""
        slot = self._next(name)
        if slot in self._remembered:
            return
        self._go_on()
        self._host.reached(BEFORE_EFFECT, self.run_id, slot)
        asked_ms = self._host.clock.now_ms() + math.ceil(seconds * 1000)
        # Told before the row is there: whoever sees the row must know what else this run does.
        self._sleeps[slot] = asked_ms
        try:
            due_ms = await self._begin_sleep(slot, asked_ms)
            self._sleeps[slot] = due_ms
            await self._host.wait_until(self, slot, due_ms)
        finally:
            del self._sleeps[slot]

        def end(connection: Connection) -> str:
            timers.end_sleep(connection, self.claim, slot)
            return outcomes.of_value(None)

        async with self._at_work(slot):
            await self.checkpoint(slot, end)
            self._noted.discard(slot)
            self._host.reached(AFTER_CHECKPOINT, self.run_id, slot)

    async def now_ms(self, name: str) -> int:
        """The world's time when this was first asked."""
        slot = self._next(name)
        text = self._remembered.get(slot)
        if text is None:
            self._go_on()
            now_text = outcomes.of_value(self._host.clock.now_ms())
            async with self._at_work():
                text = await self.checkpoint(slot, lambda _: now_text)
                self._host.reached(AFTER_CHECKPOINT, self.run_id, slot)
        return int(outcomes.unfold(text))

    def new_id(self, name: str) -> str:
        """An id made of the run, the name and the use of the name: nothing to remember."""
        self._ids[name] += 1
        source = f"{self.run_id}\n{name}\n{self._ids[name]}"
        return hashlib.blake2b(source.encode(), digest_size=16).hexdigest()

    # -- for the engines --------------------------------------------------------------------------

    def recall(self, slot: Slot) -> str | None:
        """The outcome of a slot, if an earlier stretch of this run left it."""
        return self._remembered.get(slot) or self._foreseen.get(slot)

    def restore(self, remembered: dict[Slot, str]) -> None:
        """Take up what earlier stretches of this run left."""
        self._remembered = remembered
        self.is_plain = False

    def foresee(self, outcomes_before: Mapping[Slot, str], sleeps: Iterable[Slot]) -> None:
        """Take up what this very attempt did in other hands: outcomes of steps, and sleeps in the table."""
        self._foreseen = dict(outcomes_before)
        self._noted = set(sleeps)

    def doubt(self, slot: Slot, error: Exception) -> None:
        """An effect ended with an error; whether the process handles it is not known yet."""
        self._doubtful[slot] = outcomes.of_error(error)

    def note_volatile(self, slot: Slot, text: str) -> None:
        """The engine itself remembers this outcome, but only as long as this attempt lives."""
        place = self._doubtful if outcomes.is_error(text) else self._volatile
        place[slot] = text

    def worth_keeping(self) -> dict[Slot, str]:
        """What a later attempt of this run must know and the tables do not hold yet."""
        return {**self._volatile, **self._handled}

    async def checkpoint(self, slot: Slot, work: Callable[[Connection], str]) -> str:
        """Do work and remember its outcome in one transaction; if that was done before, its outcome."""

        def whole(connection: Connection) -> str:
            text = work(connection)
            checkpoints.save(connection, self.run_id, slot, text)
            return text

        try:
            text = await self._commit(whole)
        except CheckpointTaken:
            text = (await self._commit(lambda c: checkpoints.load(c, self.run_id)))[slot]
        self._remembered[slot] = text
        return text

    def settle(self, connection: Connection) -> None:
        """End this run with success."""
        self._check()
        failures.settle(connection, self.claim, self._host.clock.now_ms(), is_plain=self.is_plain)

    def is_asleep(self, now_ms: int) -> bool:
        """Whether all it does is wait for a later instant."""
        return self._operations == 0 and bool(self._sleeps) and min(self._sleeps.values()) > now_ms

    # -- inside -----------------------------------------------------------------------------------

    def _next(self, name: str) -> Slot:
        self._check()
        self._uses[name] += 1
        return (name, self._uses[name])

    def _check(self) -> None:
        self._life.check()
        if self.is_lost:
            raise TakenOver(self.claim.attempt_id)

    def _go_on(self) -> None:
        # The process does something new, so the errors it has seen were handled.
        self._handled.update(self._doubtful)
        self._doubtful.clear()

    async def _commit(self, work: Callable[[Connection], T]) -> T:
        handled = dict(self._handled)

        def whole(connection: Connection) -> T:
            self._check()
            if self._host.is_shared:
                ownership.hold(connection, self.claim)
            checkpoints.keep(connection, self.run_id, handled)
            return work(connection)

        self.is_plain = False
        try:
            result = await self._host.commit(whole)
        except TakenOver:
            self.is_lost = True
            raise
        for slot in handled:
            self._handled.pop(slot, None)
        return result

    @asynccontextmanager
    async def _at_work(self, woken: Slot | None = None) -> AsyncIterator[None]:
        self._operations += 1
        try:
            if self._host.is_shared and self._noted - {woken}:
                await self._tell(is_busy=True)
            yield
        finally:
            self._operations -= 1
        if self._operations == 0 and self._told_busy and self._sleeps:
            await self._tell(is_busy=False)

    async def _begin_sleep(self, slot: Slot, due_ms: int) -> int:
        self._operations += 1
        try:
            # One after the other: what the table says last must be what is the case.
            async with self._telling:
                is_busy = self._host.is_shared and self._operations > 1
                self._noted.add(slot)
                self._told_busy = self._told_busy or is_busy

                def begin(connection: Connection) -> int:
                    return timers.begin_sleep(connection, self.claim, slot, due_ms, is_busy=self._told_busy)

                due_ms = await self._commit(begin)
        finally:
            self._operations -= 1
        if self._operations == 0 and self._told_busy:
            await self._tell(is_busy=False)
        return due_ms

    async def _tell(self, *, is_busy: bool) -> None:
        async with self._telling:
            if self._told_busy == is_busy or (not is_busy and self._operations > 0):
                return
            await self._commit(lambda c: timers.mark_busy(c, self.claim, is_busy=is_busy))
            self._told_busy = is_busy


def awake(runs: Mapping[str, Mapping[str, DurableRun]], now_ms: int) -> list[str]:
    """The ids of runs that do more than wait, whatever sleeps their rows still show."""
    return [
        run.run_id for of_process in runs.values() for run in of_process.values() if not run.is_asleep(now_ms)
    ]
