"""Checks on fixed fees and retainers: what is planned, billed and used adds up (I09, I10).

Fees and the hours' pool are worked out here once more, from the contract and the calendar alone.
"""

from bisect import bisect_left
from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta

from mocks.firm.facts.source import Contract, ContractLine, LegalEntity
from scenarios.checks.case import Case
from scenarios.checks.result import Tally
from scenarios.oracle.amounts import half_up, minor_digits
from scenarios.oracle.calendars import cutoff_ms, period_of
from scenarios.oracle.expected import TimeEvent
from scenarios.oracle.versions import line_key


def sold_lines(case: Case) -> Iterator[tuple[str, Contract, ContractLine]]:
    """Every line of every active contract with its key, as it stood when the contract became active."""
    for bk, deal in sorted(case.expected.deals.items()):
        contract = case.sources.contracts[bk].as_of(deal.activation_ms)
        for line in contract.lines if contract else ():
            assert contract is not None
            yield line_key(deal.number, line.line), contract, line


def _live_minor(case: Case) -> dict[str, int]:
    """Net of invoices less credits, by bk of the piece."""
    net: defaultdict[str, int] = defaultdict(int)
    for invoice in case.invoices:
        for line in invoice.lines:
            net[case.line_bk(line)] += line.amount_tc_minor
    for memo in case.credits:
        for row in memo.lines:
            net[case.line_bk(row)] -= row.amount_tc_minor
    return net


def i09_fixed_fee_tie(case: Case) -> Tally:
    """A fixed fee is what its milestones add up to; never more is billed, and all of it once all are."""
    tally = Tally()
    planned: defaultdict[str, int] = defaultdict(int)
    for milestone in case.psa_milestones:
        planned[case.sources.line_keys.get(milestone.contract_line_source_id, "")] += milestone.amount_minor
    due: defaultdict[str, set[str]] = defaultdict(set)
    for row in case.expected.milestones.values():
        due[row.line_key].add(f"BE|{row.bk}|v1.1|p1")
    live = _live_minor(case)
    billed: defaultdict[str, int] = defaultdict(int)
    for event in case.expected.fixed_events:
        if event.method == "FF":
            billed[event.line_key] += live.get(event.bk, 0)
    for key, _, line in sold_lines(case):
        if not due[key]:
            continue  # no fixed fee, or a plan that is no whole: then nothing can be planned of it
        tally.wanted += 1
        tally.compared += 1
        tally.equal((key, "milestones"), line.value_minor, planned[key], "master")
        if billed[key] > line.value_minor:
            tally.differ((key, "billed"), f"at most {line.value_minor}", billed[key], "line")
        if all(bk in case.billed for bk in due[key]):
            tally.equal((key, "billed"), line.value_minor, billed[key], "line")
    return tally


def _first(month: int) -> date:
    return date(month // 12, month % 12 + 1, 1)


def months_from(line: ContractLine) -> Iterator[date]:
    """First days of the calendar months that a line covers, from its start on, without end if it has none."""
    month = line.start.year * 12 + line.start.month - 1
    while line.end is None or _first(month) < line.end:
        yield _first(month)
        month += 1


def _prorated(line: ContractLine, month: date, whole: int) -> int:
    """R3: the share of a month's whole that the line's validity covers, one rounding."""
    days = monthrange(month.year, month.month)[1]
    after = month + timedelta(days=days)
    last = after if line.end is None else min(after, line.end)
    return half_up(whole * max(0, (last - max(month, line.start)).days), days)


def month_fee_minor(line: ContractLine, month: date) -> int:
    """The fee of one calendar month of a retainer."""
    return _prorated(line, month, line.retainer.monthly_fee_minor) if line.retainer else 0


def _row_fee_minor(line: ContractLine, seq: int) -> int:
    """The fee of a schedule row: of the months it covers."""
    step = max(1, line.retainer.advance_months if line.retainer else 1)
    total = 0
    for place, month in enumerate(months_from(line)):
        if place >= seq * step:
            break
        if place >= (seq - 1) * step:
            total += month_fee_minor(line, month)
    return total


def _overages(
    case: Case, entity: LegalEntity, contract: Contract, line: ContractLine, events: list[TimeEvent]
) -> dict[str, int]:
    """Overage of each month whose billing date has passed (finance 2.5), in minor units by month."""
    assert line.retainer is not None
    dates = sorted(
        row.billing_date
        for row in entity.billing_calendar
        if row.freq == "MONTHLY" or contract.billing_freq == "EVERY_RUN"
    )
    scale = 10 ** minor_digits(contract.ccy)
    carry_e2, counted_e2 = 0, 0
    due: dict[str, int] = {}
    for month in months_from(line):
        last = month.replace(day=monthrange(month.year, month.month)[1])
        place = bisect_left(dates, last)
        if place == len(dates) or cutoff_ms(entity, dates[place]) > case.evidence.now_ms:
            break
        known_e2 = _known_hours_e2(events, last, cutoff_ms(entity, dates[place]))
        used_e2, counted_e2 = max(0, known_e2 - counted_e2), max(counted_e2, known_e2)
        pool_e2 = _prorated(line, month, line.retainer.included_hours_e2) + carry_e2
        left_e2 = max(0, pool_e2 - used_e2)
        carry_e2 = min(line.retainer.rollover_cap_e2, left_e2) if line.retainer.rollover else 0
        over_e2 = max(0, used_e2 - pool_e2)
        due[period_of(month)] = half_up(over_e2 * line.retainer.overage_rate_e4 * scale, 1_000_000)
    return due


def _known_hours_e2(events: list[TimeEvent], last: date, cutoff: int) -> int:
    return sum(
        event.hours_e2
        for event in events
        if event.billable
        and event.work_date <= last
        and (event.valid_ms is not None and event.valid_ms < cutoff)
        and (event.superseded_ms is None or event.superseded_ms >= cutoff)
    )


def i10_retainer_tie(case: Case) -> Tally:
    """Billed rows of a retainer are the fees of their months; overage is what the pool of hours leaves."""
    tally = Tally()
    live = _live_minor(case)
    fixed = {event.bk for event in case.expected.fixed_events}
    hours: defaultdict[str, list[TimeEvent]] = defaultdict(list)
    for event in case.expected.events:
        hours[event.line_key].append(event)
    rows: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for bk in sorted(live.keys() | (case.billed.keys() & fixed)):
        kind, _, rest = bk.removeprefix("BE|").partition("|")
        if kind in ("BS", "OV"):
            key, _, row = rest.removesuffix("|v1.1|p1").rpartition("|")
            rows[key].append((bk, row))
    for key, contract, line in sold_lines(case):
        entity = case.sources.entity(contract.entity)
        if line.retainer is None or entity is None:
            continue
        overages = _overages(case, entity, contract, line, hours[key])
        tally.wanted += len(rows[key])
        for bk, row in rows[key]:
            invoice = case.billed.get(bk)
            if invoice is not None and invoice.held is not None and not live.get(bk):
                continue  # a subject may keep a held document to itself
            tally.compared += 1
            fee = bool(row.isdigit())
            due = _row_fee_minor(line, int(row)) if fee else overages.get(row, 0)
            tally.equal((bk, key), due, live.get(bk, 0), "line")
    return tally
