"""Assignments as facts and plays in the PSA: a block of work and, on the main track, its internal twin."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mocks.firm import reference
from mocks.firm.days import to_date
from mocks.firm.facts.source import Assignment, PackageTask, RateOverride
from mocks.firm.hashing import I64, Bools
from mocks.firm.plays import PSA, Play
from mocks.firm.rates import odd_rates_e4
from mocks.firm.staffing import CODES_PER_PERSON
from mocks.firm.world import World

_HOUR = 3600
_OWN_LEVEL_PM = 700
_OVERRIDE_LATER_PM = 350


@dataclass(frozen=True, eq=False)
class Staffing:
    """One row a block, in the order of blocks: how its assignments are entered."""

    recorded_ms: I64  # one or two work days before the block starts
    own_level: Bools  # billed at the person's level, not at the task's
    override_e4: I64  # a price of this assignment alone; 0 for none
    override_day: I64  # at once, or a Thursday of the second week


def staffing_of(world: World) -> Staffing:
    """How every block is entered in the PSA."""
    blocks, streams, calendar = world.blocks, world.streams, world.calendar
    ident = np.arange(len(blocks.code), dtype=np.int64)
    ahead = 1 + streams("assignment.ahead").belows(ident, 2)
    second = 11 * _HOUR + streams("assignment.second").belows(ident, 4 * _HOUR)
    levels = range(len(reference.LEVELS))
    lists = np.array(
        [reference.list_rate_e4(level, world.profile.branch) for level in levels], dtype=np.int64
    )
    about = lists[world.level[blocks.person]] * (880 + streams("assignment.factor").belows(ident, 90)) // 1000
    rate = odd_rates_e4(about, ident, streams("assignment.shape"), streams("assignment.digits"))
    priced = streams("assignment.override").hits(ident, world.profile.override_pm)
    thursday = blocks.start - (blocks.start + 3) % 7 + 10
    later = streams("assignment.override_later").hits(ident, _OVERRIDE_LATER_PM)
    return Staffing(
        recorded_ms=calendar.ms_many(calendar.workdays_ahead(blocks.start, -ahead), second),
        own_level=streams("assignment.own_level").hits(ident, _OWN_LEVEL_PM),
        override_e4=np.where(priced, rate, 0),
        override_day=np.where(later, thursday, blocks.start),
    )


class AssignmentView:
    """Assignments by their code, made on demand."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._tasks: dict[tuple[int, int], tuple[str, PackageTask]] = {}

    @cached_property
    def staffing(self) -> Staffing:
        """How every block is entered."""
        return staffing_of(self._world)

    def block_of(self, code: int) -> int:
        """The block of an assignment code."""
        person, ordinal = code // CODES_PER_PERSON - 1, code % CODES_PER_PERSON // 2
        return int(self._world.blocks.offsets[person]) + ordinal

    def task_of(self, code: int) -> tuple[str, PackageTask]:
        """Business key and template row of the task of an assignment code."""
        world, block = self._world, self.block_of(code)
        line = int(world.blocks.line[block])
        position = -1 if code % 2 else int(world.blocks.task[block])
        found = self._tasks.get((line, position))
        if found is None:
            deal = world.deals[int(world.lines.deal[line])]
            deal_line = deal.lines[int(world.lines.line[line])]
            task = reference.package_tasks(deal_line.package)[position]
            found = self._tasks[line, position] = deal.task_bk(deal_line.line, task.wbs), task
        return found

    def assignment(self, code: int) -> Assignment:
        """The fact of an assignment code."""
        world, block = self._world, self.block_of(code)
        task_bk, task = self.task_of(code)
        at_ms = int(self.staffing.recorded_ms[block])
        start, end = int(world.blocks.start[block]), int(world.blocks.end[block])
        deal = world.deals[int(world.lines.deal[int(world.blocks.line[block])])]
        number = assignment_number(code + world.profile.branch.assignment_base)
        return Assignment(
            bk=f"AS|{number}",
            recorded_at_ms=at_ms,
            number=number,
            resource=world.people[int(world.blocks.person[block])].bk,
            contract=deal.contract_bk,
            task=task_bk,
            valid_from=to_date(start),
            valid_to=to_date(end),
            bill_level=None if self.staffing.own_level[block] else task.bill_level,
            planned_e2=planned_hours_e2(start, end, task.billable),
            status="ACTIVE",
            overrides=self._overrides(block, at_ms) if task.billable else (),
        )

    def _overrides(self, block: int, at_ms: int) -> tuple[RateOverride, ...]:
        """A price of this assignment alone, for some."""
        rate = int(self.staffing.override_e4[block])
        if rate == 0:
            return ()
        since = to_date(int(self.staffing.override_day[block]))
        return (RateOverride(rate, self._world.profile.branch.currency, since, None, at_ms),)

    def codes_of(self, block: int) -> tuple[int, ...]:
        """The assignment codes of a block."""
        code = int(self._world.blocks.code[block])
        return (code, code + 1) if self._world.blocks.track[block] == 0 else (code,)

    def play(self, block: int) -> Play:
        """A block's assignments as they are entered."""
        facts = tuple(self.assignment(each) for each in self.codes_of(block))
        return Play(facts[0].recorded_at_ms, PSA, facts)

    def plays(self, blocks: I64 | None = None) -> Iterator[Play]:
        """One play a block, of some blocks or of all, in no particular order."""
        chosen = range(len(self._world.blocks.code)) if blocks is None else blocks.tolist()
        for block in chosen:
            yield self.play(block)


def planned_hours_e2(start: int, end: int, billable: bool) -> int:
    """The hours that a planner enters for a block."""
    return max(1, (end - start) * 5 // 7) * (400 if billable else 100)


def assignment_number(code: int) -> str:
    """The number that the PSA shows for a code on its company's base."""
    return f"AS-{code:08d}"


def assignment_bk(code: int) -> str:
    """The business key."""
    return f"AS|{assignment_number(code)}"
