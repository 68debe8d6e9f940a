"""One rehearsal from beginning to end: act, disturb, heal, settle, observe, judge."""

from collections.abc import Awaitable, Callable, Iterator
from itertools import takewhile
from typing import Any

from msgspec import Struct

from mocks.firm.facts.documents import Document, TargetDocument
from mocks.firm.facts.source import Fact, LegalEntity, SourceFact
from mocks.firm.firm import Firm
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
from scenarios.oracle.evidence import Evidence
from scenarios.play import Player
from scenarios.subjects.port import NotAtRest, Subject
from scenarios.tracing import calls_behind

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
SETTLE_BOUND_HOURS = 7 * 24
MAXIMUM_ROUNDS = 10_000
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
    ) -> None:
        self._rehearsal = rehearsal
        self._estate = estate
        self._subject = subject
        self._listener = listener
        self._before_judging = before_judging
        self._between_steps = between_steps
        self._now_ms = rehearsal.start_ms
        self._struck: dict[str, dict[str, int]] = {}
        self._look_at_ms = rehearsal.start_ms
        self._count_at_ms = rehearsal.start_ms
        self._crashes = rehearsal.plan.crash_instants(rehearsal.start_ms)

    async def run(self) -> Ended:
        """Run to the verdict."""
        rehearsal = self._rehearsal
        until = takewhile(lambda play: play.at_ms <= rehearsal.end_ms, rehearsal.firm.calendar())
        player = Player(self._estate, until)
        seeded = await player.seed(rehearsal.firm.master())
        self._listener(
            Started(rehearsal.scenario.name, rehearsal.seed, seeded, rehearsal.start_ms, rehearsal.end_ms)
        )
        closes = tuple(_closes(rehearsal.firm, rehearsal.end_ms))
        self._listener(Planned(rehearsal.scenario.title, rehearsal.plan, closes))
        for role, faults in rehearsal.plan.by_role(rehearsal.start_ms).items():
            await self._estate.systems[role].control.add_faults(faults)
        await self._subject.start(self._estate, self._now_ms)
        stuck = ""
        try:
            await self._live(player)
            await self._heal()
            stuck = await self._settle(player)
        except NotAtRest as not_at_rest:
            stuck = str(not_at_rest)
        self._listener(Settled(self._now_ms, stuck))
        if self._before_judging is not None:
            await self._before_judging(self._estate)
        return await self._judge(player, stuck)

    # --- acting -----------------------------------------------------------------------------

    async def _live(self, player: Player) -> None:
        due = await self._round(player)
        while self._now_ms < self._rehearsal.end_ms:
            instants = [at for at in (due, player.next_at_ms(), self._rehearsal.end_ms) if at is not None]
            self._now_ms = max(self._now_ms, min(min(instants), self._rehearsal.end_ms))
            due = await self._round(player)

    async def _round(self, player: Player) -> int | None:
        """One instant of the world: the mocks' own work, people, the subject, notifications, rest."""
        now_ms = self._now_ms
        if self._between_steps is not None:
            await self._between_steps(now_ms)
        for role in ROLES:
            await self._estate.systems[role].control.step(now_ms)
        await self._crash_if_due(now_ms)
        played, notified = len(player.played), 0
        await player.play_until(now_ms)
        await self._subject.advance(now_ms)
        for _ in range(MAXIMUM_ROUNDS):
            subject_due = await self._subject.settle()
            waiting = len(player.waiting)
            if waiting:
                await player.retry_waiting(now_ms)
            sent = await self._release()
            notified += sent
            if not sent and len(player.waiting) == waiting:
                break
        else:
            raise NotAtRest("Notifications go round and round without end.")
        self._listener(Stepped(now_ms, len(player.played) - played, len(player.waiting), notified))
        await self._look(now_ms)
        return await self._next_due(subject_due)

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
        owed = await self._subject.owed()
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

    async def _next_due(self, subject_due: int | None) -> int | None:
        instants = [] if subject_due is None else [subject_due]
        for role in ROLES:
            at = await self._estate.systems[role].control.next_due_ms()
            if at is not None:
                instants.append(at)
        later = [at for at in instants if at > self._now_ms]
        return min(later, default=None)

    # --- healing and settling ---------------------------------------------------------------

    async def _heal(self) -> None:
        for role in ROLES:
            struck = await self._estate.systems[role].control.clear_faults()
            self._struck[role] = {fault: n for fault, n in sorted(struck.items()) if n}
        await self._subject.replay_open_cases()
        total = {fault: n for struck in self._struck.values() for fault, n in struck.items()}
        self._listener(Healed(self._now_ms, total))

    async def _settle(self, player: Player) -> str:
        """Go on until nothing was written for a whole round of polls; returns what is stuck, if anything."""
        quiet_ms = int(self._rehearsal.scenario.poll_interval_seconds * 1000) + HOUR_MS
        quiet_since_ms, writes = self._now_ms, await self._writes()
        bound_ms = self._now_ms + SETTLE_BOUND_HOURS * HOUR_MS
        due = await self._round(player)
        while self._now_ms < bound_ms:
            step_ms = self._now_ms + HOUR_MS
            self._now_ms = min(step_ms, due) if due is not None else step_ms
            due = await self._round(player)
            now_written = await self._writes()
            if now_written != writes:
                quiet_since_ms, writes = self._now_ms, now_written
            at_rest = not player.waiting and not await self._subject.owed()
            if at_rest and self._now_ms - quiet_since_ms >= quiet_ms:
                return ""
        owed = await self._subject.owed()
        waiting = f"{len(player.waiting)} facts wait, first {player.waiting[0].bk}" if player.waiting else ""
        reasons = "; ".join(reason for reason in (owed, waiting) if reason)
        found = reasons or "still writing"
        return f"Not at rest {SETTLE_BOUND_HOURS} hours after everything was healed: {found}"

    async def _writes(self) -> int:
        total = 0
        for role in ROLES:
            total += int((await self._estate.systems[role].control.health())["writes"])
        return total

    # --- judging ----------------------------------------------------------------------------

    async def _judge(self, player: Player, stuck: str) -> Ended:
        facts: list[SourceFact] = []
        documents: list[TargetDocument] = []
        requests = {}
        for role in ROLES:
            control = self._estate.systems[role].control
            requests[role] = int((await control.health())["requests"])
            for row in await control.observe():
                target: Any = facts if isinstance(row, Fact) else documents
                assert isinstance(row, Fact | Document)
                target.append(row)
        evidence = Evidence(
            facts=tuple(facts),
            documents=tuple(documents),
            now_ms=self._now_ms,
            played=tuple(player.played),
            waiting=tuple(player.waiting),
            book=await self._subject.book(),
        )
        judgement = judge(evidence, self._rehearsal.required)
        verdict = "fail" if stuck and judgement.verdict == "pass" else judgement.verdict
        self._listener(Judged(verdict, judgement.results))
        if self._rehearsal.witness_calls:
            self._listener(Traced(await calls_behind(self._estate, judgement.results, evidence)))
        return Ended(
            judgement=judgement,
            evidence=evidence,
            stuck=stuck,
            struck=self._struck,
            requests=requests,
            ever_waited=player.ever_waited,
            now_ms=self._now_ms,
        )


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
