"""Assignments as facts and plays in the PSA: a block of work and, on the main track, its internal twin."""

from collections.abc import Iterator

from mocks.firm import reference
from mocks.firm.days import monday_of, to_date
from mocks.firm.facts.source import Assignment, PackageTask, RateOverride
from mocks.firm.plays import PSA, Play
from mocks.firm.rates import odd_rate_e4
from mocks.firm.staffing import CODES_PER_PERSON
from mocks.firm.world import World

_HOUR = 3600
_OWN_LEVEL_PM = 700


class AssignmentView:
    """Assignments by their code, made on demand."""

    def __init__(self, world: World) -> None:
        self._world = world

    def block_of(self, code: int) -> int:
        """The block of an assignment code."""
        person, ordinal = code // CODES_PER_PERSON - 1, code % CODES_PER_PERSON // 2
        return int(self._world.blocks.offsets[person]) + ordinal

    def task_of(self, code: int) -> tuple[str, PackageTask]:
        """Business key and template row of the task of an assignment code."""
        world, block = self._world, self.block_of(code)
        line = int(world.blocks.line[block])
        deal = world.deals[int(world.lines.deal[line])]
        deal_line = deal.lines[int(world.lines.line[line])]
        position = -1 if code % 2 else int(world.blocks.task[block])
        task = reference.package_tasks(deal_line.package)[position]
        return deal.task_bk(deal_line.line, task.wbs), task

    def recorded_ms(self, block: int) -> int:
        """When a block's assignments are entered: one or two work days before they start."""
        world = self._world
        ahead = 1 + world.streams("assignment.ahead").below(block, 2)
        second = 11 * _HOUR + world.streams("assignment.second").below(block, 4 * _HOUR)
        return world.calendar.ms(world.calendar.workday(int(world.blocks.start[block]), -ahead), second)

    def assignment(self, code: int) -> Assignment:
        """The fact of an assignment code."""
        world, block = self._world, self.block_of(code)
        task_bk, task = self.task_of(code)
        at_ms = self.recorded_ms(block)
        start, end = int(world.blocks.start[block]), int(world.blocks.end[block])
        deal = world.deals[int(world.lines.deal[int(world.blocks.line[block])])]
        base = world.profile.branch.assignment_base
        own_level = world.streams("assignment.own_level").hit(block, _OWN_LEVEL_PM)
        return Assignment(
            bk=assignment_bk(code + base),
            recorded_at_ms=at_ms,
            number=assignment_number(code + base),
            resource=world.people[int(world.blocks.person[block])].bk,
            contract=deal.contract_bk,
            task=task_bk,
            valid_from=to_date(start),
            valid_to=to_date(end),
            bill_level=None if own_level else task.bill_level,
            planned_e2=max(1, (end - start) * 5 // 7) * (400 if task.billable else 100),
            status="ACTIVE",
            overrides=self._overrides(block, at_ms) if task.billable else (),
        )

    def _overrides(self, block: int, at_ms: int) -> tuple[RateOverride, ...]:
        """A price of this assignment alone, for some: at once or from a Thursday of the second week."""
        world = self._world
        if not world.streams("assignment.override").hit(block, world.profile.override_pm):
            return ()
        level = int(world.level[int(world.blocks.person[block])])
        about = (
            reference.list_rate_e4(level, world.profile.branch)
            * (880 + world.streams("assignment.factor").below(block, 90))
            // 1000
        )
        start = int(world.blocks.start[block])
        later = world.streams("assignment.override_later").hit(block, 350)
        since = monday_of(start) + 10 if later else start
        rate = odd_rate_e4(
            about, block, world.streams("assignment.shape"), world.streams("assignment.digits")
        )
        return (RateOverride(rate, world.profile.branch.currency, to_date(since), None, at_ms),)

    def plays(self) -> Iterator[Play]:
        """One play a block, in no particular order."""
        for block, code in enumerate(self._world.blocks.code.tolist()):
            codes = (code, code + 1) if self._world.blocks.track[block] == 0 else (code,)
            facts = tuple(self.assignment(each) for each in codes)
            yield Play(facts[0].recorded_at_ms, PSA, facts)


def assignment_number(code: int) -> str:
    """The number that the PSA shows for a code on its company's base."""
    return f"AS-{code:08d}"


def assignment_bk(code: int) -> str:
    """The business key."""
    return f"AS|{assignment_number(code)}"
