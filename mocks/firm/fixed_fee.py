"""Progress of fixed-fee lines: milestones achieved and accepted, new estimates, projects declared done.

Acceptances of the opening deals fall where a month-end can go wrong: shortly before the cut-off, and
between the cut-off and the close. The rest follows every week or two.
"""

from collections.abc import Callable, Iterable, Iterator

import numpy as np
from msgspec import Struct

from mocks.firm import reference
from mocks.firm.branch import COMPLETED_POC
from mocks.firm.days import day_number, first_of_next_month, to_date
from mocks.firm.deals import Deal, DealLine
from mocks.firm.facts.source import Estimate, Milestone, ProjectCompletion
from mocks.firm.hashing import I64
from mocks.firm.latent import workdays_slower
from mocks.firm.mix import OPENING_DEALS
from mocks.firm.plays import PSA, Play
from mocks.firm.terms import planned_e2
from mocks.firm.world import World

_HOUR = 3600
_ESTIMATED_PM = 550
_AGAIN_PM = 600
_TOO_LOW_PM = 700


FixedLine = tuple[int, Deal, DealLine]


class Step(Struct, frozen=True):
    """A milestone of a line with the days on which it is achieved and accepted."""

    line: DealLine
    seq: int
    achieved_day: int
    accepted_day: int


def fixed_fee_lines(world: World, deals: Iterable[Deal] | None = None) -> Iterator[FixedLine]:
    """The fixed-fee lines of some contracts, or of all, with their places in the line table."""
    for deal in world.deals if deals is None else deals:
        if deal.won and any(line.method == "FF" for line in deal.lines):
            first = int(np.searchsorted(world.lines.deal, deal.index))
            for place, line in enumerate(deal.lines, start=first):
                if line.method == "FF":
                    yield place, deal, line


def steps_of(world: World, deal: Deal, line: DealLine) -> Iterator[Step]:
    """The milestones of a line in order; none is achieved before the first day of work."""
    calendar, streams = world.calendar, world.streams
    first = int(calendar.rank[deal.first_day - calendar.first])
    accepted = first
    for milestone in reference.package_milestones(line.package):
        ident = deal.index << 8 | line.line << 4 | milestone.seq
        lag = 1 + streams("milestone.lag").below(ident, 4)
        last = accepted
        accepted = _accepted_rank(world, deal, milestone.seq, ident, first, last)
        achieved = max(first, last, accepted - lag)
        yield Step(
            line,
            milestone.seq,
            int(calendar.workdays[achieved]),
            int(calendar.workdays[max(accepted, achieved)]),
        )


def _accepted_rank(world: World, deal: Deal, seq: int, ident: int, first: int, last: int) -> int:
    """The work day rank of an acceptance, after the last one's."""
    calendar, streams = world.calendar, world.streams
    if seq == 1:
        return first + 2 + streams("milestone.first").below(ident, 3)
    day = int(calendar.workdays[last])
    after = int(calendar.rank[day_number(first_of_next_month(to_date(day))) - calendar.first])
    if seq == 2 and deal.index < OPENING_DEALS:
        return max(last + 1, after - 1 - streams("milestone.rush").below(ident, 3))
    if seq == 3 and deal.index < OPENING_DEALS:
        return after + streams("milestone.window").below(ident, 4)
    slower = workdays_slower(world.profile, streams, deal.index)
    return last + 5 + streams("milestone.pace").below(ident, 6) + slower


def accepted_ms(world: World, deal: Deal, step: Step) -> int:
    """When a milestone is accepted."""
    ident = deal.index << 8 | step.line.line << 4 | step.seq
    second = 10 * _HOUR + world.streams("milestone.second").below(ident, 5 * _HOUR)
    return world.calendar.ms(step.accepted_day, second)


def milestone_plays(world: World, deals: Iterable[Deal] | None = None) -> Iterator[Play]:
    """Milestones reported as achieved, and accepted by the head of the company some work days later."""
    for _, deal, line in fixed_fee_lines(world, deals):
        for step in steps_of(world, deal, line):
            ident = deal.index << 8 | line.line << 4 | step.seq
            second = 8 * _HOUR + world.streams("milestone.achieved").below(ident, _HOUR)
            achieved_ms, at_ms = world.calendar.ms(step.achieved_day, second), accepted_ms(world, deal, step)
            fact = Milestone(
                bk=f"MS|{deal.line_key(line.line)}|{step.seq}",
                recorded_at_ms=achieved_ms,
                contract=deal.contract_bk,
                line=line.line,
                seq=step.seq,
                status="ACHIEVED",
            )
            yield Play(achieved_ms, PSA, (fact,))
            fields = {name: getattr(fact, name) for name in fact.__struct_fields__}
            fields |= {"ver": 2, "recorded_at_ms": at_ms, "status": "ACCEPTED", "accepted_at_ms": at_ms}
            yield Play(at_ms, PSA, (Milestone(**(fields | {"accepted_by": world.people[0].bk})),))


def first_booked_line(world: World, booked_of: Callable[[int, Deal], int]) -> int | None:
    """The place of the one line with an estimate that is too low: the first one recognised by hours that
    anybody books on, at the head office.
    """
    if world.profile.branch.country != "US":
        return None
    for place, deal, line in fixed_fee_lines(world):
        if _by_hours(line) and booked_of(place, deal) > 0:
            return place
    return None


def _by_hours(line: DealLine) -> bool:
    return reference.package_methods(line.package)[1] == "POC_HOURS"


def estimate_plays(
    world: World, booked_e2: I64, low_place: int | None, deals: Iterable[Deal] | None = None
) -> Iterator[Play]:
    """New estimates of about half of the lines recognised by hours; of some deals or of all.

    None is below what is ever booked on its line, except the second one of the line at `low_place`.
    """
    streams, calendar = world.streams, world.calendar
    for place, deal, line in fixed_fee_lines(world, deals):
        if not _by_hours(line):
            continue
        booked, ident = int(booked_e2[place]), deal.index << 4 | line.line
        is_low = place == low_place
        if not is_low and not streams("estimate.any").hit(ident, _ESTIMATED_PM):
            continue
        first = int(calendar.rank[deal.first_day - calendar.first])
        whole = max(planned_e2(line), booked)
        totals = [whole * (1050 + streams("estimate.raise").below(ident, 250)) // 1000]
        if is_low:
            totals.append(booked * _TOO_LOW_PM // 1000)
        elif streams("estimate.again").hit(ident, _AGAIN_PM):
            totals.append(whole * (1010 + streams("estimate.second_raise").below(ident, 200)) // 1000)
        for seq, total_e2 in enumerate(totals, start=2):
            rank = first + (6, 18)[seq - 2] + streams("estimate.day").below(ident << 2 | seq, 5)
            second = 15 * _HOUR + streams("estimate.second").below(ident << 2 | seq, 2 * _HOUR)
            yield _estimate(deal, line, seq, total_e2, calendar.ms(int(calendar.workdays[rank]), second))


def _estimate(deal: Deal, line: DealLine, seq: int, total_e2: int, at_ms: int) -> Play:
    fact = Estimate(
        bk=f"EA|{deal.line_key(line.line)}|{seq}",
        recorded_at_ms=at_ms,
        contract=deal.contract_bk,
        line=line.line,
        seq=seq,
        total_hours_e2=total_e2,
    )
    return Play(at_ms, PSA, (fact,))


def completion_plays(world: World, deals: Iterable[Deal] | None = None) -> Iterator[Play]:
    """Projects declared done three work days after their last day of work and their last acceptance."""
    calendar = world.calendar
    for deal in world.deals if deals is None else deals:
        if not deal.won or deal.kind != COMPLETED_POC:
            continue
        accepted = [step.accepted_day for line in deal.lines for step in steps_of(world, deal, line)]
        day = calendar.workday(max(deal.end_day - 1, *accepted), 3)
        at_ms = calendar.ms(day, 16 * _HOUR + world.streams("completion.second").below(deal.index, _HOUR))
        fact = ProjectCompletion(
            bk=f"PJ|{deal.contract_bk}",
            recorded_at_ms=at_ms,
            contract=deal.contract_bk,
            completed_at_ms=at_ms,
        )
        yield Play(at_ms, PSA, (fact,))
