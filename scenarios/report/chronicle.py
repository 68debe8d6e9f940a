"""What a report remembers of a run: the runner's events, added up by virtual hour and day.

Memory is bounded by the length of the calendar, not by the number of calls.
"""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from scenarios.events import (
    CallSeen,
    Close,
    Event,
    Healed,
    Looked,
    Planned,
    Settled,
    Started,
    Stepped,
    Traced,
)
from scenarios.faults.plan import NONE, Plan

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


@dataclass(slots=True)
class Chronicle:
    """Listens to one run; instants are virtual, keys of series are the beginning of an hour or a day."""

    start_ms: int = 0
    end_ms: int = 0
    healed_ms: int | None = None
    settled_ms: int = 0
    title: str = ""
    plan: Plan = NONE
    closes: tuple[Close, ...] = ()
    steps: int = 0
    played: dict[int, int] = field(default_factory=lambda: defaultdict(int))  # by day
    notified: dict[int, int] = field(default_factory=lambda: defaultdict(int))  # by day
    waiting: dict[int, int] = field(default_factory=lambda: defaultdict(int))  # by hour, the most
    owed: dict[int, int] = field(default_factory=dict)  # at the instants looked at
    requests: dict[int, dict[str, int]] = field(default_factory=dict)  # by day, then role
    struck: dict[int, dict[str, int]] = field(default_factory=dict)  # by day, then fault
    struck_in_all: dict[str, int] = field(default_factory=dict)
    calls: Mapping[str, tuple[CallSeen, ...]] = field(default_factory=dict)
    _requests_before: dict[str, int] = field(default_factory=dict)
    _struck_before: dict[str, int] = field(default_factory=dict)
    _counted_ms: int = 0

    def __call__(self, event: Event) -> None:
        """Remember one event."""
        match event:
            case Started():
                self.start_ms, self.end_ms = event.start_ms, event.end_ms
                self.settled_ms, self._counted_ms = event.end_ms, event.start_ms
            case Planned():
                self.title, self.plan, self.closes = event.title, event.plan, event.closes
            case Stepped():
                self._step(event)
            case Looked():
                self._look(event)
            case Healed():
                self.healed_ms = event.now_ms
                self._strikes(event.now_ms, event.struck)
                self.struck_in_all = {fault: n for fault, n in event.struck.items() if n}
            case Settled():
                self.settled_ms = max(event.now_ms, self.end_ms)
            case Traced():
                self.calls = event.calls
            case _:
                pass

    def _step(self, event: Stepped) -> None:
        day, hour = _floor(event.now_ms, DAY_MS), _floor(event.now_ms, HOUR_MS)
        self.steps += 1
        self.settled_ms = max(self.settled_ms, event.now_ms)
        self.played[day] += event.played
        self.notified[day] += event.notified
        if event.waiting:
            self.waiting[hour] = max(self.waiting[hour], event.waiting)

    def _look(self, event: Looked) -> None:
        self.owed[event.now_ms] = owed_count(event.owed)
        if event.requests is not None:
            of_day = self.requests.setdefault(self._counted_day(event.now_ms), {})
            _add(of_day, _grown(event.requests, self._requests_before))
            self._requests_before = dict(event.requests)
        if event.struck is not None:
            self._strikes(event.now_ms, event.struck)
            self._counted_ms = event.now_ms

    def _strikes(self, now_ms: int, struck: Mapping[str, int]) -> None:
        grown = _grown(struck, self._struck_before)
        if grown:
            _add(self.struck.setdefault(self._counted_day(now_ms), {}), grown)
        self._struck_before |= struck

    def _counted_day(self, now_ms: int) -> int:
        """The day that the counts since the last look belong to."""
        return _floor(min(self._counted_ms, now_ms), DAY_MS)


def owed_count(owed: str) -> int:
    """How much a subject owes by its own words: the numbers at the ends of its items, at least one."""
    numbers = [int(found) for found in re.findall(r"(\d+)(?=,|$)", owed)]
    return sum(numbers) if numbers else int(bool(owed))


def _grown(now: Mapping[str, int], before: Mapping[str, int]) -> dict[str, int]:
    return {name: n - before.get(name, 0) for name, n in sorted(now.items()) if n > before.get(name, 0)}


def _add(counts: dict[str, int], more: Mapping[str, int]) -> None:
    for name, n in more.items():
        counts[name] = counts.get(name, 0) + n


def _floor(at_ms: int, unit_ms: int) -> int:
    return at_ms - at_ms % unit_ms
