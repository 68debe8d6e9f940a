"""Checks on revenue at the end of each closed period, per contract line, against documents and facts."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta

from mocks.firm.facts.source import ContractLine, LegalEntity
from scenarios.checks.case import Case
from scenarios.checks.fees import month_fee_minor, months_from, sold_lines
from scenarios.checks.result import Tally
from scenarios.oracle.amounts import half_up
from scenarios.oracle.calendars import close_ms, local_date, period_end, period_of
from scenarios.oracle.expected import Position, TimeEvent

DEFERRED, ASSET, UNBILLED = "2400", "1150", "1140"
REVENUE = ("4000", "4010", "4020", "4040")
_RECLASSES = ("RCL", "RCR")


def _positions(case: Case) -> Iterator[tuple[Position, tuple[str, ...], date]]:
    """Each position with its witness and the last day of its period."""
    for (key, period), position in sorted(case.expected.positions.items()):
        yield position, (key, position.contract, period), period_end(period)


def i15_deferred_roll_forward(case: Case) -> Tally:
    """Before reclassification 2400 of a line moves by what was billed less credits less what was earned."""
    lines, tally = case.line_ledger, Tally()
    for position, at, _ in _positions(case):
        if position.earned_minor is None:
            continue
        tally.wanted += 1
        tally.compared += 1
        key, earned = position.line_key, position.earned_minor - position.earned_before_minor
        billed = [
            row
            for row in lines.billings[key]
            if row.account == DEFERRED and period_of(row.acct_date) == position.period
        ]
        moved = [
            row
            for row in lines.postings[key]
            if row.account == DEFERRED
            and row.journal_type not in _RECLASSES
            and period_of(row.acct_date) == position.period
        ]
        due_tc, due_fc = sum(row.tc_minor for row in billed), sum(row.fc_minor for row in billed)
        tally.equal((*at, "tc"), due_tc - earned, -sum(row.tc_minor for row in moved), "balance")
        tally.equal((*at, "fc"), due_fc - earned, -sum(row.fc_minor for row in moved), "balance")
    return tally


def i16_contract_position(case: Case) -> Tally:
    """At a period's end a line shows what was billed ahead on 2400, or what was earned ahead on 1150."""
    lines, tally = case.line_ledger, Tally()
    for position, at, end in _positions(case):
        if position.earned_minor is None:
            continue
        tally.wanted += 1
        tally.compared += 1
        ahead = position.billed_minor - position.earned_minor
        liability = -lines.balance(position.line_key, (DEFERRED,), end)
        asset = lines.balance(position.line_key, (ASSET,), end)
        tally.equal((*at, DEFERRED), max(0, ahead), liability, "balance")
        tally.equal((*at, ASSET), max(0, -ahead), asset, "balance")
    return tally


def i17_accrual(case: Case) -> Tally:
    """At a period's end 1140 of a line is what was earned by right to invoice; the next day it is nothing."""
    lines, tally = case.line_ledger, Tally()
    for position, at, end in _positions(case):
        tally.wanted += 1
        tally.compared += 1
        found = lines.balance(position.line_key, (UNBILLED,), end)
        tally.equal((*at, UNBILLED), position.accrued_minor, found, "balance")
        after = lines.balance(position.line_key, (UNBILLED,), end + timedelta(days=1))
        tally.equal((*at, UNBILLED, "after reversal"), 0, after, "balance")
    return tally


def i18_revenue_completeness(case: Case) -> Tally:
    """All revenue of a line is what it earned, and what was invoiced or accrued by right to invoice."""
    lines, tally = case.line_ledger, Tally()
    for position, at, end in _positions(case):
        tally.wanted += 1
        tally.compared += 1
        key = position.line_key
        invoiced = lines.invoiced(key, end, DEFERRED)
        due = (position.earned_minor or 0) + invoiced + lines.balance(key, (UNBILLED,), end)
        tally.equal(at, due, -lines.balance(key, REVENUE, end), "balance")
    return tally


def _closed(case: Case) -> dict[str, list[str]]:
    """Closed periods by entity code, in order."""
    periods: defaultdict[str, list[str]] = defaultdict(list)
    for entity, period in sorted(case.expected.closed_periods):
        periods[entity].append(period)
    return periods


def _closes(case: Case, entity_bk: str) -> Iterator[tuple[LegalEntity, str, int]]:
    """Entity, period and instant of each close that has come."""
    entity = case.sources.entity(entity_bk)
    for period in _closed(case)[entity.code] if entity else ():
        assert entity is not None
        at_ms = close_ms(entity, period)
        if at_ms is not None:
            yield entity, period, at_ms


def i19_percent_complete(case: Case) -> Tally:
    """Revenue of a line by percent complete is fee x hours / estimate, from time and estimates directly."""
    lines, tally = case.line_ledger, Tally()
    hours: defaultdict[str, list[TimeEvent]] = defaultdict(list)
    for event in case.expected.events:
        if event.progress and event.valid_ms is not None:
            hours[event.line_key].append(event)
    for key, contract, line in sold_lines(case):
        if line.revenue_method != "POC_HOURS":
            continue
        activation_ms = case.expected.deals[contract.bk].activation_ms
        for entity, period, at_ms in _closes(case, contract.entity):
            estimate_e2 = _estimate_e2(case, key, line, activation_ms, at_ms)
            if activation_ms >= at_ms or not estimate_e2:
                continue
            tally.wanted += 1
            tally.compared += 1
            end = period_end(period)
            worked_e2 = _worked_e2(hours[key], end, at_ms)
            due = half_up(line.value_minor * min(worked_e2, estimate_e2), estimate_e2)
            if _completed(case, entity, contract.bk, end, at_ms):
                due = line.value_minor
            at = (key, period, f"{worked_e2} of {estimate_e2} e-2 h")
            tally.equal(at, due, -lines.balance(key, ("4010",), end, "REV"), "balance")
    return tally


def _worked_e2(events: list[TimeEvent], end: date, at_ms: int) -> int:
    return sum(
        event.hours_e2
        for event in events
        if event.work_date <= end
        and (event.valid_ms or 0) < at_ms
        and (event.superseded_ms is None or event.superseded_ms >= at_ms)
    )


def _estimate_e2(case: Case, key: str, line: ContractLine, activation_ms: int, at_ms: int) -> int:
    """The latest estimate known at a close; before any, the hours of the tasks that count (V7)."""
    told = [fact for fact in case.facts.estimates.get(key, ()) if fact.recorded_at_ms < at_ms]
    if told:
        return max(told, key=lambda fact: fact.seq).total_hours_e2
    history = case.sources.packages.get(line.package)
    package = history.as_of(activation_ms) if history else None
    rows = package.tasks if package else ()
    return sum(half_up(line.quantity_e2 * row.hours_e2, 100) for row in rows if row.progress)


def _completed(case: Case, entity: LegalEntity, contract: str, end: date, at_ms: int) -> bool:
    return any(
        fact.recorded_at_ms < at_ms and local_date(entity.tz, fact.completed_at_ms) <= end
        for fact in case.facts.completions.get(contract, ())
    )


def i20_straight_line(case: Case) -> Tally:
    """What a retainer recognised so far is the fees of its months so far, over the full term all of them."""
    lines, tally = case.line_ledger, Tally()
    for key, contract, line in sold_lines(case):
        if line.revenue_method != "STRAIGHT_LINE":
            continue
        activation_ms = case.expected.deals[contract.bk].activation_ms
        for _, period, at_ms in _closes(case, contract.entity):
            if activation_ms >= at_ms:
                continue
            tally.wanted += 1
            tally.compared += 1
            due = 0
            for month in months_from(line):
                if period_of(month) > period:
                    break
                due += month_fee_minor(line, month)
            found = -lines.balance(key, ("4020",), period_end(period), "REV")
            tally.equal((key, period), due, found, "balance")
    return tally
