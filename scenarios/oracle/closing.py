"""The close of a period, line by line: positions, recognition, reclass and accruals (finance 3.3-3.5)."""

from datetime import timedelta

from scenarios.oracle.accruals import LineSums
from scenarios.oracle.closed_periods import ClosedCalendar, Closing
from scenarios.oracle.expected import Position
from scenarios.oracle.posting import CONTRACT_ASSET, DEFERRED, UNBILLED, CloseJournals
from scenarios.oracle.revenue import Earned, Recogniser
from scenarios.oracle.terms import COVERING, Line


def line_positions(
    line: Line, calendar: ClosedCalendar, sums: LineSums, recogniser: Recogniser
) -> list[tuple[Closing, Position, bool]]:
    """The line at the end of each period whose close it saw active; True where its close is blocked."""
    size = len(calendar.closings)
    deferred = sums.deferred.series(line.key, size)
    invoiced = sums.invoiced.series(line.key, size)
    accrued = sums.accrued.series(line.key, size)
    earns = line.terms.billing_method in COVERING
    earned = recogniser.series(line) if earns else [Earned(minor=0)] * size
    rows: list[tuple[Closing, Position, bool]] = []
    for index, closing in enumerate(calendar.closings):
        if line.deal.activation_ms >= closing.close_ms:
            continue
        now = earned[index]
        position = Position(
            line_key=line.key,
            contract=line.deal.contract,
            entity=calendar.entity.code,
            period=closing.period,
            revenue_account=line.revenue_account,
            earned_minor=now.minor if earns else None,
            earned_before_minor=earned[index - 1].minor if index else 0,
            billed_minor=deferred[index],
            invoiced_minor=invoiced[index],
            accrued_minor=accrued[index],
            hours_e2=now.hours_e2,
            eac_e2=now.eac_e2,
            completed=now.completed,
        )
        rows.append((closing, position, now.blocked))
    return rows


def post_line(
    line: Line, calendar: ClosedCalendar, closing: Closing, position: Position, journals: CloseJournals
) -> None:
    """REV, RCL with RCR, and ACC with ACR of one line and period."""
    dims: tuple[str, ...] = (line.deal.bill_to, line.key, line.deal.contract, line.deal.practice)
    revenue: tuple[str, ...] = (line.revenue_account, *dims)
    entity = calendar.entity
    end, after = closing.end, closing.end + timedelta(days=1)
    suffix = f"{line.key}|{closing.period}"
    if position.earned_minor is not None:
        delta = position.earned_minor - position.earned_before_minor
        journals.post("REV", entity, line.key, suffix, end, {(DEFERRED, *dims): delta, revenue: -delta})
        asset = max(0, position.earned_minor - position.billed_minor)
        there: dict[tuple[str, ...], int] = {(CONTRACT_ASSET, *dims): asset, (DEFERRED, *dims): -asset}
        back = {account: -minor for account, minor in there.items()}
        journals.post("RCL", entity, line.key, suffix, end, there)
        journals.post("RCR", entity, line.key, suffix, after, back)
    accrual = position.accrued_minor
    suffix = f"{suffix}|{line.revenue_account}"
    journals.post("ACC", entity, line.key, suffix, end, {(UNBILLED, *dims): accrual, revenue: -accrual})
    journals.post("ACR", entity, line.key, suffix, after, {revenue: accrual, (UNBILLED, *dims): -accrual})


def close_lines(
    lines: dict[str, Line],
    calendars: dict[str, ClosedCalendar],
    sums: LineSums,
    recogniser: Recogniser,
    journals: CloseJournals,
) -> dict[tuple[str, str], Position]:
    """Every line's positions by (line key, period); its journals go to `journals`."""
    positions: dict[tuple[str, str], Position] = {}
    for line in lines.values():
        calendar = calendars[line.deal.entity]
        for closing, position, blocked in line_positions(line, calendar, sums, recogniser):
            positions[(line.key, closing.period)] = position
            if not blocked:
                post_line(line, calendar, closing, position, journals)
    return positions
