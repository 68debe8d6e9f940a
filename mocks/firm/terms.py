"""Quantities of fixed fees and terms of retainers, from the work that the staffing will put into them.

Sold first and staffed second, plans would have nothing to do with what people book. So these lines are
staffed by weight, and their planned or included hours are set near the hours to be expected:
percentages of completion lie between a fifth and a little over all, and pools run dry in some months.
"""

import numpy as np
from msgspec import structs

from mocks.firm import reference
from mocks.firm.branch import Branch
from mocks.firm.days import Calendar
from mocks.firm.deals import Deal, DealLine
from mocks.firm.facts.source import Retainer
from mocks.firm.hashing import I64, Streams
from mocks.firm.latent import overrun_pm
from mocks.firm.mix import OPENING_DEALS
from mocks.firm.profile import Profile
from mocks.firm.staffing import Blocks, LineTable

# hours to be expected on a work day of a main and of a second assignment, leave and all else considered
_HOURS_A_DAY_E2 = np.array((480, 190), dtype=np.int64)
_STEP_E2 = 25
_LEAST_INCLUDED_E2 = 1_200
_MONTH_DAYS = 30
_ROLLOVER_PM = 500
_CONSULTANT = 1
_LEAST_DONE_PM, _DONE_SPREAD_PM = 280, 740


def with_terms(
    profile: Profile,
    deals: tuple[Deal, ...],
    lines: LineTable,
    blocks: Blocks,
    calendar: Calendar,
    end: int,
    streams: Streams,
) -> tuple[Deal, ...]:
    """Deals whose fixed fees and retainers are sized by the blocks of work on their lines."""
    expected = iter(_expected_e2(lines, blocks, calendar, end).tolist())
    sized = []
    for deal in deals:
        if deal.won:
            hours = [next(expected) for _ in deal.lines]
            terms = tuple(
                _sized(profile, deal, line, each, end, streams)
                for line, each in zip(deal.lines, hours, strict=True)
            )
            deal = structs.replace(deal, lines=terms)
        sized.append(deal)
    return tuple(sized)


def _expected_e2(lines: LineTable, blocks: Blocks, calendar: Calendar, end: int) -> I64:
    """Hours to be expected on each line until the end of the calendar."""
    until = np.minimum(blocks.end, end)
    workdays = calendar.rank[until - calendar.first] - calendar.rank[blocks.start - calendar.first]
    total = np.zeros(len(lines.deal), dtype=np.int64)
    np.add.at(total, blocks.line, np.maximum(workdays, 0) * _HOURS_A_DAY_E2[blocks.track])
    return total


def planned_e2(line: DealLine) -> int:
    """Hours of a line's progress tasks, each row rounded half up (finance V5, V7)."""
    rows = (task.hours_e2 for task in reference.package_tasks(line.package) if task.progress)
    return sum((2 * line.quantity_e2 * hours_e2 + 100) // 200 for hours_e2 in rows)


def _sized(
    profile: Profile, deal: Deal, line: DealLine, hours_e2: int, end: int, streams: Streams
) -> DealLine:
    if line.method == "FF":
        drawn_pm = streams("terms.done").below(_ident(deal, line), _DONE_SPREAD_PM)
        done_pm = _LEAST_DONE_PM + overrun_pm(profile, streams, deal.index, drawn_pm)
        return structs.replace(line, quantity_e2=_quantity_e2(line.package, hours_e2 * 1000 // done_pm))
    if line.method == "RET":
        months = max(1, min(deal.end_day, end) - deal.first_day)
        terms = _retainer(deal, line, hours_e2 * _MONTH_DAYS // months, streams)
        whole = terms.included_hours_e2 * max(1, (deal.end_day - deal.first_day) // _MONTH_DAYS)
        return structs.replace(line, quantity_e2=_quantity_e2(line.package, whole), retainer=terms)
    return line


def _ident(deal: Deal, line: DealLine) -> int:
    return deal.index << 3 | line.line


def _quantity_e2(package: int, hours_e2: int) -> int:
    """Units of a package that make about these hours, in quarters and at least one."""
    unit_e2 = sum(task.hours_e2 for task in reference.package_tasks(package) if task.progress)
    return max(100, hours_e2 * 100 // unit_e2 // _STEP_E2 * _STEP_E2)


def _retainer(deal: Deal, line: DealLine, monthly_e2: int, streams: Streams) -> Retainer:
    """A monthly fee for about the hours that a month brings, at awkward prices."""
    ident, first = _ident(deal, line), deal.index < OPENING_DEALS
    share_pm = 850 + streams("terms.included").below(ident, 300)
    included_e2 = max(_LEAST_INCLUDED_E2, monthly_e2 * share_pm // 1000 // _STEP_E2 * _STEP_E2)
    home = deal.branch.country == "US"
    rolls = home if first else streams("terms.rollover").hit(ident, _ROLLOVER_PM)
    hour_e4 = _hour_e4(deal.branch, 930 + streams("terms.fee").below(ident, 60))
    fee = included_e2 * hour_e4 // 10_000
    return Retainer(
        monthly_fee_minor=fee // 100 * 100 + 10 * streams("terms.fee_digit").below(ident, 10) + 5,
        included_hours_e2=included_e2,
        rollover=rolls,
        rollover_cap_e2=included_e2 // 4 // _STEP_E2 * _STEP_E2 if rolls else 0,
        overage_rate_e4=_hour_e4(deal.branch, 1120) + 1_375 + 100 * streams("terms.overage").below(ident, 60),
        advance_months=_advance_months(first, home, ident, streams),
    )


def _hour_e4(branch: Branch, factor_pm: int) -> int:
    return reference.list_rate_e4(_CONSULTANT, branch) * factor_pm // 1000 // 10_000 * 10_000


def _advance_months(first: bool, home: bool, ident: int, streams: Streams) -> int:
    """One for the first retainer of the head office, two or three for that of the other company."""
    if first:
        return 1 if home else 2 + streams("terms.advance").below(ident, 2)
    return streams("terms.advance").pick(ident, (1, 1, 2, 3))
