"""A load run from beginning to end: prepare, storm, drain, the rest of the month, judge, promises."""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, takewhile
from typing import Any

import uvloop
from msgspec import Struct, structs

from integration_core.ports.http import NoAnswer, NotSent
from load.outcomes import Attempt, final, read_attempts, renumbered
from mocks.firm.facts.source import LegalEntity, TimeEntry
from mocks.firm.plays import Play
from scenarios.catalogue import scenario_named
from scenarios.control import ControlRefused
from scenarios.events import Listener
from scenarios.interruption import until_interrupted
from scenarios.live.estate import PATIENCE_SECONDS
from scenarios.load.broken import BrokenOff
from scenarios.load.calendar import DAY_MS, Storm, storm_of
from scenarios.load.figures import Span
from scenarios.load.house import House, composed_house, own_house
from scenarios.load.storm import Ended, rage
from scenarios.load.told import Told, by_number, left_plays, tell
from scenarios.load.wishes import Wishes
from scenarios.observing import observe
from scenarios.options import Options
from scenarios.oracle.calendars import cutoff_ms
from scenarios.play import Player, Refused
from scenarios.rehearse import prepare
from scenarios.runner import Ended as Judged
from scenarios.runner import Rehearsal, Runner
from scenarios.subjects.port import NotAtRest

# On the wall, between two polls during the storm. A look at a large firm takes its time: leave and masters
# are listed whole.
FROM_POLL_SECONDS, POLL_SECONDS_PER_CONSULTANT = 1.0, 0.00025
REST_POLL_SECONDS = 24 * 3600.0
LEAST_POLL_SECONDS = 60.0  # of the systems' time
_PROFILE = "large"
# A small firm may have nothing of a kind to look at; a check of it is then not required, but still made.
_NEED_SIZE = frozenset({"I09", "I10", "I15", "I16", "I19", "I20"})
_SMALL = 150
_SMALL_GRAIN_DAYS = 4


class Phase(Struct, frozen=True, kw_only=True):
    """One part of the run: when, by the gauges' clock, and how many facts were played in it."""

    name: str
    span: Span
    facts: int = 0

    @property
    def seconds(self) -> float:
        """How long it took."""
        return (self.span.until_ms - self.span.from_ms) / 1000


class Course(Struct, frozen=True, kw_only=True):
    """Everything that a load run left behind, before anybody makes figures of it."""

    wishes: Wishes
    rehearsal: Rehearsal
    judged: Judged
    phases: tuple[Phase, ...]
    series: dict[str, Any]
    attempts: tuple[Attempt, ...]
    storm: Storm
    ended: Ended | None
    told: Told | None
    drained_seconds: float | None
    cut_offs: tuple[Span, ...]
    began_wall_ms: int


def prepared(wishes: Wishes) -> Rehearsal:
    """The rehearsal behind a load run; raises CannotBegin."""
    is_small = wishes.consultants < _SMALL
    grain_ms = DAY_MS * (_SMALL_GRAIN_DAYS if is_small else 1)
    scenario = structs.replace(
        scenario_named("month-end"), profile=_PROFILE, poll_interval_seconds=REST_POLL_SECONDS
    )
    options = Options(
        seed=wishes.seed,
        consultants=wishes.consultants,
        months=wishes.months,
        plan=wishes.faults,
        mode="live",
        grain_ms=grain_ms,
    )
    rehearsal = prepare(scenario, options)
    if is_small:
        rehearsal = structs.replace(rehearsal, required=rehearsal.required - _NEED_SIZE)
    return rehearsal


def run(wishes: Wishes, listener: Listener, say: Callable[[str], None]) -> Course:
    """Run; every process is ended and every file removed, whatever happens."""
    return uvloop.run(until_interrupted(_run(wishes, listener, say)))


async def _run(wishes: Wishes, listener: Listener, say: Callable[[str], None]) -> Course:
    rehearsal = prepared(wishes)
    housing = (
        own_house(wishes, rehearsal) if wishes.estate is None else composed_house(wishes.estate, rehearsal)
    )
    try:
        async with housing as house:
            return await _Load(wishes, rehearsal, house, listener, say).run()
    except (NotSent, NoAnswer, ControlRefused, Refused) as problem:
        raise BrokenOff(f"The run was broken off: {problem}") from problem


class _Load:
    """One load run in its phases."""

    def __init__(
        self,
        wishes: Wishes,
        rehearsal: Rehearsal,
        house: House,
        listener: Listener,
        say: Callable[[str], None],
    ) -> None:
        self._wishes, self._rehearsal, self._house, self._say = wishes, rehearsal, house, say
        self._storm = storm_of(rehearsal.firm)
        self._runner = Runner(
            rehearsal,
            house.estate,
            house.core,
            listener,
            between_steps=self._note_step,
            patience_seconds=PATIENCE_SECONDS,
        )
        self._phases: list[Phase] = []
        self._steps: list[tuple[int, int]] = []  # instants of the systems, and when they came
        self._began_wall_ms = time.time_ns() // 1_000_000

    async def run(self) -> Course:
        """All phases, while the gauges look on."""
        watching = asyncio.ensure_future(self._house.gauges.watch())
        try:
            return await self._phases_in_order()
        finally:
            watching.cancel()

    async def _phases_in_order(self) -> Course:
        ended: Ended | None = None
        told: Told | None = None
        drained: float | None = None
        stuck = ""
        player = await self._phase("prepare", self._prepare(), lambda player: len(player.played))
        try:
            await self._phase(
                "lay", self._runner.live(player, self._storm.from_ms), lambda _: len(player.played)
            )
            await self._poll_often(player)
            plays = self._plays_of_storm()
            ended = await self._phase("storm", rage(self._house, self._wishes, self._storm, plays))
            drained = await self._drained(player, ended.stopped_ms)
            told = await self._phase("look", self._told(player, ended))
            await self._go_on(player, ended, told)
        except NotAtRest as not_at_rest:
            stuck = str(not_at_rest)
        judged = await self._phase("rest", self._conclude(player, stuck))
        await self._house.gauges.look()
        return Course(
            wishes=self._wishes,
            rehearsal=self._rehearsal,
            judged=judged,
            phases=tuple(self._phases),
            series=self._house.gauges.series(),
            attempts=() if ended is None else tuple(read_attempts(ended.work)),
            storm=self._storm,
            ended=ended,
            told=told,
            drained_seconds=drained,
            cut_offs=tuple(self._cut_offs()),
            began_wall_ms=self._began_wall_ms,
        )

    async def _phase(self, name: str, doing: Any, facts: Callable[[Any], int] = lambda _: 0) -> Any:
        self._say(_SAID[name])
        began_ms = self._house.gauges.now_ms()
        result = await doing
        span = Span(from_ms=began_ms, until_ms=self._house.gauges.now_ms())
        self._phases.append(Phase(name=name, span=span, facts=facts(result)))
        return result

    # --- phases -----------------------------------------------------------------------------

    async def _prepare(self) -> Player:
        windows = self._rehearsal.firm.windows(1, None, self._storm.from_ms)
        player = await self._runner.begin(_plays(windows))
        self._house.follow()
        return player

    async def _poll_often(self, player: Player) -> None:
        """During the storm sources are polled every few seconds on the wall; nothing is left from before."""
        storm_seconds = (self._storm.to_ms - self._storm.from_ms) / 1000
        pace = storm_seconds / self._wishes.duration_seconds
        wall_seconds = max(FROM_POLL_SECONDS, POLL_SECONDS_PER_CONSULTANT * self._wishes.consultants)
        await self._poll_every(max(LEAST_POLL_SECONDS, wall_seconds * pace))
        await self._runner.go_on_at(player, self._storm.from_ms)

    async def _poll_every(self, seconds: float) -> None:
        await self._house.core.poll_every(max(1, round(seconds)))

    def _plays_of_storm(self) -> list[Play]:
        storm = self._storm
        return list(_plays(self._rehearsal.firm.windows(1, storm.from_ms, storm.to_ms)))

    async def _drained(self, player: Player, stopped_ms: int) -> float:
        """Seconds from when everybody had gone home until nothing was left to do."""
        began = time.perf_counter()
        await self._phase("drain", self._runner.go_on_at(player, stopped_ms))
        return time.perf_counter() - began

    async def _told(self, player: Player, ended: Ended) -> Told:
        """What people did, as the systems show it now."""
        observed = await observe(self._house.estate)
        rows = [fact for fact in observed.facts if fact.recorded_at_ms > self._storm.from_ms]
        attempts = final(read_attempts(ended.work))
        return await asyncio.to_thread(tell, ended.deeds, attempts, rows, _numbers(player))

    async def _go_on(self, player: Player, ended: Ended, told: Told) -> None:
        """Hand over to the control plane: what was left, and the rest of the calendar."""
        for fact in told.played:
            player.played.append(fact)
        player.references.update(told.contracts)
        player.moved |= told.moved
        await self._poll_every(self._rehearsal.scenario.poll_interval_seconds)
        until_ms = self._rehearsal.end_ms
        # What falls before the instant at which clocks were stopped must not be laid into a past that the
        # core has read already: it is acted now, like everything that is late.
        passed = _plays(self._rehearsal.firm.windows(1, self._storm.to_ms, ended.stopped_ms))
        windows = self._rehearsal.firm.windows(1, max(self._storm.to_ms, ended.stopped_ms))
        plays = takewhile(lambda play: play.at_ms <= until_ms, _plays(windows))
        others = _named(chain(ended.rest, passed), told)
        late = sorted([*left_plays(told), *others], key=lambda play: play.at_ms)
        player.go_on(_named(plays, told), late)

    async def _conclude(self, player: Player, stuck: str) -> Judged:
        numbers = _numbers(player)
        return await self._runner.conclude(player, lambda fact: by_number(fact, numbers), stuck)

    # --- notes ------------------------------------------------------------------------------

    async def _note_step(self, now_ms: int) -> None:
        self._steps.append((now_ms, self._house.gauges.now_ms()))

    def _cut_offs(self) -> Iterator[Span]:
        """From each cut-off after the storm to the next one, or to the end, as the gauges saw them."""
        instants = sorted(
            {
                cutoff_ms(fact, row.billing_date)
                for fact in self._rehearsal.firm.master()
                if isinstance(fact, LegalEntity)
                for row in fact.billing_calendar
            }
        )
        came = [self._came_ms(at_ms) for at_ms in instants if at_ms > self._storm.from_ms]
        seen = [at_ms for at_ms in came if at_ms is not None]
        last_ms = self._house.gauges.now_ms()
        for from_ms, until_ms in zip(seen, [*seen[1:], last_ms], strict=True):
            yield Span(from_ms=from_ms, until_ms=until_ms)

    def _came_ms(self, at_ms: int) -> int | None:
        return next((wall for now_ms, wall in self._steps if now_ms >= at_ms), None)


def _numbers(player: Player) -> dict[str, str]:
    """Numbers of contracts by their ids in the CRM."""
    return {native: bk.partition("|")[2] for bk, native in player.references.items()}


_SAID = {
    "prepare": "Putting the firm in place",
    "lay": "Living up to the last two working days",
    "storm": "The storm",
    "drain": "Everybody has gone home; what is left is done",
    "look": "Looking at what people did",
    "rest": "The rest of the month: cut-off, billing runs, close",
}


def _plays(windows: Iterable[Any]) -> Iterator[Play]:
    return chain.from_iterable(window.plays for window in windows)


def _named(plays: Iterable[Play], told: Told) -> Iterator[Play]:
    """Plays under the numbers that the products gave to what people made in the storm."""
    given = told.given
    for play in plays:
        first = play.facts[0]
        if isinstance(first, TimeEntry) and first.card not in given and (first.replaces or "") not in given:
            parts = {*first.task.split("|"), *first.bk.split("|")}
            if not parts & given.keys():
                yield play
                continue
        yield Play(play.at_ms, play.role, tuple(renumbered(fact, given) for fact in play.facts))
