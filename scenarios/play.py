"""Playing the firm's facts into the systems of record, in order, each when it can be.

A fact whose parent the subject has not made yet waits and is played as soon as the parent is
there. Native ids learned on the way are the references of later facts in other systems.

A large firm is played in grains: what falls into one is played at its end, time sheets laid in bulk with
their own instants, everything else acted, many facts a call.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain

from msgspec import structs

from mocks.firm.facts.source import Assignment, Contract, SourceFact, TimeEntry
from mocks.firm.plays import Play, role_of
from mocks.kit.vendor import Acted
from scenarios.estate import ROLES, Estate
from scenarios.oracle.played_log import PlayedLog

BATCH = 5_000
_INSTANTS = (
    "submitted_at_ms",
    "approved_at_ms",
    "closed_won_at_ms",
    "signed_at_ms",
    "accepted_at_ms",
    "completed_at_ms",
)


class Refused(Exception):
    """A system of record refused a fact: the firm or the mock is wrong, not the subject."""


class Player:
    """Plays facts into an estate and remembers what was played, waits, or was refused."""

    def __init__(self, estate: Estate, plays: Iterator[Play], grain_ms: int = 0) -> None:
        self._estate = estate
        self._plays = plays
        self._grain_ms = grain_ms
        self._next = next(plays, None)
        self._waiting: dict[str, deque[Play]] = {role: deque() for role in ROLES}
        self.references: dict[str, str] = {}  # native ids of contracts, which other systems name
        self.played = PlayedLog()
        self.touched: set[str] = set()  # roles in whose systems something was played, since somebody looked
        self.waits_for: dict[str, str] = {}  # what the first waiting fact of a role misses
        self.ever_waited = 0
        # What an act's instant was to be, and what it became: by card or key, name and planned instant.
        self.moved: dict[tuple[str, str, int], int] = {}

    async def seed(self, facts: Iterable[SourceFact]) -> int:
        """Put what stands before the calendar in place; returns how many facts."""
        by_role: dict[str, list[SourceFact]] = {role: [] for role in ROLES}
        for fact in facts:
            by_role[role_of(fact)].append(fact)
        for role in ROLES:
            for at in range(0, len(by_role[role]), BATCH):
                batch = by_role[role][at : at + BATCH]
                results = await self._estate.systems[role].control.seed(batch, self._needed(batch))
                for fact, acted in zip(batch, results, strict=True):
                    if acted.state != "applied":
                        raise Refused(f"{fact.bk} could not be seeded in the {role}: {acted.missing}")
                    self._remember(fact, acted, fact)
        return sum(map(len, by_role.values()))

    def go_on(self, plays: Iterator[Play], late: Iterable[Play]) -> None:
        """Play another stretch of the calendar; what is late already is acted as soon as it can be."""
        self._plays = plays
        self._next = next(plays, None)
        for play in late:
            self._waiting[play.role].append(play)

    def next_at_ms(self) -> int | None:
        """When the next act is due: in grains, at the end of its grain."""
        if self._next is None or not self._grain_ms:
            return None if self._next is None else self._next.at_ms
        return (self._next.at_ms // self._grain_ms + 1) * self._grain_ms

    @property
    def waiting(self) -> list[SourceFact]:
        """Facts whose parents are not there yet."""
        return [fact for plays in self._waiting.values() for play in plays for fact in play.facts]

    def first_waiting(self) -> list[tuple[str, str]]:
        """The fact at the head of each role's queue, with what it waits for."""
        return [
            (plays[0].facts[0].bk, self.waits_for.get(role, ""))
            for role, plays in self._waiting.items()
            if plays
        ]

    async def play_until(self, now_ms: int) -> int:
        """Play everything due by now, the waiting ones first; returns how many facts were played."""
        before = len(self.played)
        await self.retry_waiting(now_ms)
        if self._grain_ms:
            await self._play_in_bulk(now_ms)
            return len(self.played) - before
        for play in self._due(now_ms):
            if self._waiting[play.role] or not await self._act(play, now_ms):
                self._waiting[play.role].append(play)
                self.ever_waited += len(play.facts)
        return len(self.played) - before

    async def retry_waiting(self, now_ms: int) -> None:
        """Play waiting facts in their order, role by role, until one must go on waiting."""
        for role in ROLES:
            queue = self._waiting[role]
            while queue and await self._act(queue[0], now_ms):
                queue.popleft()

    def _due(self, now_ms: int) -> Iterator[Play]:
        while self._next is not None and self._next.at_ms <= now_ms:
            play, self._next = self._next, next(self._plays, None)
            yield play

    async def _act(self, play: Play, now_ms: int) -> bool:
        play = self._corrected(play)
        control = self._estate.systems[play.role].control
        results = await control.act(play.facts, self._needed(play.facts))
        return self._done(play, results, now_ms)

    async def _play_in_bulk(self, now_ms: int) -> None:
        """Whatever is due by now, many plays of one role a call; what must wait lets later ones pass."""
        batch: list[Play] = []
        facts = 0
        for play in map(self._corrected, self._due(now_ms)):
            if batch and (_way(play) != _way(batch[-1]) or facts >= BATCH):
                await self._send(batch, now_ms)
                batch, facts = [], 0
            batch.append(play)
            facts += len(play.facts)
        if batch:
            await self._send(batch, now_ms)

    async def _send(self, plays: Sequence[Play], now_ms: int) -> None:
        role, laid = _way(plays[0])
        control = self._estate.systems[role].control
        facts = list(chain.from_iterable(play.facts for play in plays))
        results = iter(await (control.seed if laid else control.act)(facts, self._needed(facts)))
        for play in plays:
            if not self._done(play, [next(results) for _ in play.facts], 0 if laid else now_ms):
                self._waiting[role].append(play)
                self.ever_waited += len(play.facts)

    def _done(self, play: Play, results: Sequence[Acted], now_ms: int) -> bool:
        """Take up how a play went; `now_ms` is 0 where its facts kept their own instants."""
        missing = [acted.missing for acted in results if acted.state == "waiting"]
        if missing:
            self.waits_for[play.role] = missing[0]
            return False
        for fact, acted in zip(play.facts, results, strict=True):
            if acted.state == "refused":
                raise Refused(f"{fact.bk} was refused by the {play.role}: {acted.missing}")
            played = as_played(fact, now_ms) if now_ms else fact
            self.moved |= instants_moved(fact, played)
            self._remember(fact, acted, played)
        return True

    def _corrected(self, play: Play) -> Play:
        """A play whose facts tell of earlier acts at the instants that those really had."""
        if not self.moved:
            return play
        return structs.replace(play, facts=tuple(corrected(fact, self.moved) for fact in play.facts))

    def _remember(self, fact: SourceFact, acted: Acted, played: SourceFact) -> None:
        if isinstance(fact, Contract):
            self.references[fact.bk] = acted.native_id
        self.played.append(played)
        self.touched.add(role_of(fact))

    def _needed(self, facts: Iterable[SourceFact]) -> dict[str, str]:
        """The references that some facts make: only those travel with them."""
        named = {getattr(fact, "contract", "") for fact in facts}
        return {bk: self.references[bk] for bk in sorted(named) if bk in self.references}


def _way(play: Play) -> tuple[str, bool]:
    """Where a play goes, and whether it is laid there as history rather than acted."""
    return play.role, isinstance(play.facts[0], TimeEntry)


def as_played(fact: SourceFact, now_ms: int) -> SourceFact:
    """The fact with the instants it really got: a late one is recorded when it was played."""
    if fact.recorded_at_ms == now_ms:
        return fact
    shifted: dict[str, object] = {"recorded_at_ms": now_ms}
    for name in _INSTANTS:
        if getattr(fact, name, None) == fact.recorded_at_ms:
            shifted[name] = now_ms
    if isinstance(fact, Assignment):  # rates agreed in the same act
        shifted["overrides"] = tuple(
            structs.replace(rate, recorded_at_ms=now_ms)
            if rate.recorded_at_ms == fact.recorded_at_ms
            else rate
            for rate in fact.overrides
        )
    return structs.replace(fact, **shifted)


def instants_moved(planned: SourceFact, played: SourceFact) -> dict[tuple[str, str, int], int]:
    """The instants of an act that came at another time than planned."""
    if planned is played:
        return {}
    return {
        (_thing(played), name, before): after
        for name in _INSTANTS
        if (before := getattr(planned, name, None)) is not None
        and (after := getattr(played, name)) is not None
        and before != after
    }


def corrected(fact: SourceFact, moved: Mapping[tuple[str, str, int], int]) -> SourceFact:
    """A fact with the instants of earlier acts as they really were."""
    thing = _thing(fact)
    changed = {
        name: moved[thing, name, before]
        for name in _INSTANTS
        if (before := getattr(fact, name, None)) is not None
        and before != fact.recorded_at_ms
        and (thing, name, before) in moved
    }
    return structs.replace(fact, **changed) if changed else fact


def _thing(fact: SourceFact) -> str:
    """What keeps an instant: the card that several entries stand on, else the entity itself."""
    return fact.card if isinstance(fact, TimeEntry) else fact.bk
