"""One rehearsal from beginning to end: act, disturb, heal, settle, observe, judge."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from itertools import chain, takewhile
from typing import TypeVar

from msgspec import Struct

from integration_core.ports.http import NoAnswer, NotSent
from mocks.firm.facts.source import LegalEntity
from mocks.firm.firm import Firm
from mocks.firm.plays import Play
from scenarios.catalogue.scenario import Scenario
from scenarios.checks.verdict import Judgement, judge
from scenarios.estate import ROLES, Estate
from scenarios.events import (
    Close,
    Healed,
    Judged,
    Listener,
    Looked,
    Planned,
    Settled,
    Started,
    Stepped,
    Traced,
)
from scenarios.faults.plan import Plan
from scenarios.observing import Said, as_said, observe
from scenarios.oracle.book import Book
from scenarios.oracle.evidence import Evidence
from scenarios.play import Player
from scenarios.subjects.port import NotAtRest, Subject
from scenarios.tracing import calls_behind

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
T = TypeVar("T")
SETTLE_BOUND_HOURS = 7 * 24
MAXIMUM_ROUNDS = 10_000  # of notifications at one instant
MAXIMUM_WAKINGS = 50_000  # instants within one hour of virtual time at which nobody acts
PATIENCE_SECONDS = 1_800.0  # for one call to the subject, by the clock of the loop
LAST_PATIENCE_SECONDS = 30.0  # for a subject that is known not to come to rest
LOOK_MS = 6 * HOUR_MS  # how often the subject is asked what it owes, in virtual time


class Rehearsal(Struct, frozen=True, kw_only=True):
    """What is run, on what, against whom."""

    scenario: Scenario
    plan: Plan
    firm: Firm
    seed: int
    start_ms: int
    end_ms: int
    required: frozenset[str]
    grain_ms: int = 0  # what falls into one grain is played at its end, in bulk; 0 is each at its own time
    witness_calls: bool = False  # search the journals for the calls behind every difference


class Ended(Struct, frozen=True, kw_only=True):
    """How a rehearsal ended."""

    judgement: Judgement
    evidence: Evidence
    stuck: str
    struck: dict[str, dict[str, int]]
    requests: dict[str, int]
    ever_waited: int
    now_ms: int


Tamper = Callable[[Estate], Awaitable[None]]


class Runner:
    """Drives one rehearsal over one estate and one subject; tells `listener` what happens."""

    def __init__(
        self,
        rehearsal: Rehearsal,
        estate: Estate,
        subject: Subject,
        listener: Listener = lambda event: None,
        *,
        before_judging: Tamper | None = None,
        between_steps: Callable[[int], Awaitable[None]] | None = None,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self._rehearsal = rehearsal
        self._estate = estate
        self._subject = subject
        self._listener = listener
        self._before_judging = before_judging
        self._between_steps = between_steps
        self._patience_seconds = patience_seconds
        self._wakings, self._wakings_until_ms = 0, 0
        self._now_ms = rehearsal.start_ms
        self._struck: dict[str, dict[str, int]] = {}
        self._look_at_ms = rehearsal.start_ms
        self._count_at_ms = rehearsal.start_ms
        self._crashes = rehearsal.plan.crash_instants(rehearsal.start_ms)
        self._subject_due_ms: int | None = None  # unknown until it has settled once

    @property
    def now_ms(self) -> int:
        """What time it is in this world."""
        return self._now_ms

    async def run(self) -> Ended:
        """Run to the verdict."""
        return await self.conclude(await self.begin(_plays(self._rehearsal)))

    async def begin(self, plays: Iterable[Play]) -> Player:
        """Put in place what stands before the calendar, tell what lies ahead, and start the subject."""
        rehearsal = self._rehearsal
        until = takewhile(lambda play: play.at_ms <= rehearsal.end_ms, plays)
        player = Player(self._estate, until, rehearsal.grain_ms)
        seeded = await player.seed(rehearsal.firm.master())
        self._listener(
            Started(rehearsal.scenario.name, rehearsal.seed, seeded, rehearsal.start_ms, rehearsal.end_ms)
        )
        closes = tuple(_closes(rehearsal.firm, rehearsal.end_ms))
        self._listener(Planned(rehearsal.scenario.title, rehearsal.plan, closes))
        for role, faults in rehearsal.plan.by_role(rehearsal.start_ms).items():
            await self._estate.systems[role].control.add_faults(faults)
        await self._subject.start(self._estate, self._now_ms)
        return player

    async def conclude(self, player: Player, said: Said = as_said, stuck: str = "") -> Ended:
        """Live to the end, heal, settle, and judge; at once where something is `stuck` already."""
        try:
            if stuck:
                raise NotAtRest(stuck)
            await self.live(player, self._rehearsal.end_ms)
            await self._heal()
            stuck = await self._settle(player)
        except NotAtRest as not_at_rest:
            stuck = await self._not_at_rest(str(not_at_rest), player)
        self._listener(Settled(self._now_ms, stuck))
        if self._before_judging is not None:
            await self._before_judging(self._estate)
        return await self._judge(player, stuck, said)

    async def go_on_at(self, player: Player, now_ms: int) -> None:
        """The world's clock went by itself meanwhile and stands again: bring this instant to rest."""
        self._now_ms = now_ms
        self._subject_due_ms = None
        await self._round(player)

    # --- acting -----------------------------------------------------------------------------

    async def live(self, player: Player, until_ms: int) -> None:
        """Act, instant by instant, up to one; raises NotAtRest when the subject does not come along."""
        due = await self._round(player)
        while self._now_ms < until_ms:
            instants = [at for at in (due, player.next_at_ms(), until_ms) if at is not None]
            self._now_ms = max(self._now_ms, min(min(instants), until_ms))
            due = await self._round(player)

    async def _round(self, player: Player) -> int | None:
        """One instant of the world: the mocks' own work, people, the subject, notifications, rest."""
        now_ms = self._now_ms
        if self._between_steps is not None:
            await self._between_steps(now_ms)
        due = {role: await self._estate.systems[role].control.step(now_ms) for role in ROLES}
        await self._crash_if_due(now_ms)
        played, notified = len(player.played), 0
        player.touched.clear()
        await player.play_until(now_ms)
        for role in sorted(player.touched):
            due[role] = await self._estate.systems[role].control.next_due_ms()
        if self._nothing_for_the_subject(due.values(), player):
            self._listener(Stepped(now_ms, len(player.played) - played, 0, 0))
            await self._look(now_ms)
            return self._earliest(due.values())
        await self._patiently("take up the time", self._subject.advance(now_ms))
        for _ in range(MAXIMUM_ROUNDS):
            self._subject_due_ms = await self._patiently("come to rest", self._subject.settle())
            waiting = len(player.waiting)
            if waiting:
                await player.retry_waiting(now_ms)
            sent = await self._release()
            notified += sent
            if not sent and len(player.waiting) == waiting:
                break
        else:
            raise NotAtRest(f"Notifications go round and round: {notified} were sent at one instant.")
        self._count_waking(idle=len(player.played) == played)
        self._listener(Stepped(now_ms, len(player.played) - played, len(player.waiting), notified))
        await self._look(now_ms)
        for role in ROLES:
            due[role] = await self._estate.systems[role].control.next_due_ms()
        return self._earliest(due.values())

    def _nothing_for_the_subject(self, due: Iterable[int | None], player: Player) -> bool:
        """Whether neither a timer of its own nor a notification reaches the subject at this instant."""
        asleep = self._subject_due_ms is not None and self._subject_due_ms > self._now_ms
        return asleep and not player.waiting and all(at is None or at > self._now_ms for at in due)

    def _earliest(self, due: Iterable[int | None]) -> int | None:
        """When somebody has something to do next."""
        later = [at for at in (*due, self._subject_due_ms) if at is not None and at > self._now_ms]
        return min(later, default=None)

    async def _patiently(self, what: str, doing: Awaitable[T]) -> T:
        """Await the subject, but not for ever; a subject that is gone never comes to rest either."""
        patience = asyncio.timeout(self._patience_seconds)
        try:
            async with patience:
                return await doing
        except TimeoutError:
            if not patience.expired():
                raise
            wait = f"{self._patience_seconds:g} seconds"
            raise NotAtRest(f"The subject did not {what} within {wait}.") from None
        except (NoAnswer, NotSent) as gone:
            raise NotAtRest(f"The subject does not answer: {gone}.") from gone

    def _count_waking(self, *, idle: bool) -> None:
        """Whoever is due again at once, for ever, would keep virtual time from passing."""
        if not idle or self._now_ms >= self._wakings_until_ms:
            self._wakings, self._wakings_until_ms = 0, self._now_ms + HOUR_MS
        self._wakings += 1
        if self._wakings > MAXIMUM_WAKINGS:
            raise NotAtRest(f"Something was due {MAXIMUM_WAKINGS} times within one hour.")

    async def _crash_if_due(self, now_ms: int) -> None:
        while self._crashes and self._crashes[0][0] <= now_ms:
            _, crash = self._crashes.pop(0)
            self._struck.setdefault("subject", {})[crash] = 1
            await self._subject.crash()

    async def _look(self, now_ms: int) -> None:
        """What no step tells; asked now and then whether anybody listens or not: runs stay the same."""
        if now_ms < self._look_at_ms:
            return
        self._look_at_ms = now_ms - now_ms % LOOK_MS + LOOK_MS
        owed = await self._owed()
        if now_ms < self._count_at_ms:
            self._listener(Looked(now_ms, owed))
            return
        self._count_at_ms = now_ms - now_ms % DAY_MS + DAY_MS
        requests: dict[str, int] = {}
        struck: dict[str, int] = {}
        for role in ROLES:
            control = self._estate.systems[role].control
            requests[role] = int((await control.health())["requests"])
            struck |= await control.struck()
        self._listener(Looked(now_ms, owed, requests, struck))

    async def _release(self) -> int:
        """Send due notifications; returns how many went out. A failed one is due later, so this ends."""
        sent = 0
        for role in ROLES:
            sent += await self._estate.systems[role].control.release()
        return sent

    # --- healing and settling ---------------------------------------------------------------

    async def _heal(self) -> None:
        for role in ROLES:
            struck = await self._estate.systems[role].control.clear_faults()
            self._struck[role] = {fault: n for fault, n in sorted(struck.items()) if n}
        await self._patiently("replay its open cases", self._subject.replay_open_cases())
        total = {fault: n for struck in self._struck.values() for fault, n in struck.items()}
        self._listener(Healed(self._now_ms, total))

    async def _settle(self, player: Player) -> str:
        """Go on until nothing was written for a whole round of polls; returns what is stuck, if anything."""
        quiet_ms = int(self._rehearsal.scenario.poll_interval_seconds * 1000) + HOUR_MS
        quiet_since_ms, writes = self._now_ms, await self._writes()
        bound_ms = self._now_ms + SETTLE_BOUND_HOURS * HOUR_MS
        due = await self._round(player)
        written: dict[str, int] = {}
        while self._now_ms < bound_ms:
            step_ms = self._now_ms + HOUR_MS
            self._now_ms = min(step_ms, due) if due is not None else step_ms
            due = await self._round(player)
            now_written = await self._writes()
            if now_written != writes:
                written = {role: n - writes[role] for role, n in now_written.items() if n != writes[role]}
                quiet_since_ms, writes = self._now_ms, now_written
            at_rest = not player.waiting and not await self._owed()
            if at_rest and self._now_ms - quiet_since_ms >= quiet_ms:
                return ""
        busy = self._now_ms - quiet_since_ms < quiet_ms
        last = ", ".join(f"{n} in the {role}" for role, n in written.items()) if busy else ""
        reason = f"Not at rest {SETTLE_BOUND_HOURS} hours after everything was healed"
        return await self._not_at_rest(reason, player, f"still writing, last {last}" if last else "")

    async def _not_at_rest(self, reason: str, player: Player, more: str = "") -> str:
        """One sentence: why, what the subject owes, which facts wait first and for what."""
        self._patience_seconds = min(self._patience_seconds, LAST_PATIENCE_SECONDS)
        try:
            owed = await self._owed()
        except NotAtRest:
            owed = ""
        first = [f"{bk} for {missing or 'what is not there'}" for bk, missing in player.first_waiting()]
        waiting = f"{len(player.waiting)} facts wait, first {', '.join(first)}" if first else ""
        details = "; ".join(part for part in (owed and f"owed are {owed}", waiting, more) if part)
        return f"{reason.rstrip('.')}: {details}." if details else f"{reason.rstrip('.')}."

    async def _owed(self) -> str:
        return await self._patiently("say what it owes", self._subject.owed())

    async def _writes(self) -> dict[str, int]:
        return {role: int((await self._estate.systems[role].control.health())["writes"]) for role in ROLES}

    # --- judging ----------------------------------------------------------------------------

    async def _judge(self, player: Player, stuck: str, said: Said) -> Ended:
        observed = await observe(self._estate, said)
        evidence = Evidence(
            facts=observed.facts,
            documents=observed.documents,
            now_ms=self._now_ms,
            played=player.played,
            waiting=tuple(player.waiting),
            book=await self._book(stuck),
        )
        judgement = judge(evidence, self._rehearsal.required)
        verdict = "fail" if stuck else judgement.verdict
        self._listener(Judged(verdict, judgement.results))
        if self._rehearsal.witness_calls:
            self._listener(Traced(await calls_behind(self._estate, judgement.results, evidence)))
        return Ended(
            judgement=judgement,
            evidence=evidence,
            stuck=stuck,
            struck=self._struck,
            requests=observed.requests,
            ever_waited=player.ever_waited,
            now_ms=self._now_ms,
        )

    async def _book(self, stuck: str) -> Book | None:
        """The subject's book; one that is stuck may be past telling it."""
        try:
            return await self._patiently("show its book", self._subject.book())
        except NotAtRest:
            if not stuck:
                raise
            return None


def _plays(rehearsal: Rehearsal) -> Iterator[Play]:
    """The calendar; of a firm that is played in grains a few days at a time, so that it stays small."""
    if not rehearsal.grain_ms:
        return rehearsal.firm.calendar()
    return chain.from_iterable(window.plays for window in rehearsal.firm.windows(1))


def verdict_of(ended: Ended) -> str:
    """The verdict of a rehearsal: whoever does not come to rest has failed."""
    return "fail" if ended.stuck else ended.judgement.verdict


def _closes(firm: Firm, end_ms: int) -> Iterator[Close]:
    """The closes around the calendar of a run."""
    for fact in firm.master():
        if isinstance(fact, LegalEntity):
            for row in fact.close_calendar:
                if row.close_at_ms <= end_ms + 7 * DAY_MS:
                    yield Close(fact.code, row.period, row.close_at_ms)
