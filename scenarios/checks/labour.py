"""Checks from payroll to labour cost: nothing lost, spread by the hours people recorded (I21, I22, I23).

What a person costs is nobody's to read: differences here never show an amount.
"""

from collections import defaultdict
from datetime import date, timedelta

from mocks.firm.facts.documents import Journal
from mocks.firm.facts.source import LegalEntity, Resource
from scenarios.checks.case import Case, witness
from scenarios.checks.postings import net_tc
from scenarios.checks.result import Tally
from scenarios.oracle.amounts import half_up
from scenarios.oracle.calendars import accounting_date, close_ms, period_end, period_of
from scenarios.oracle.expected import Allocation
from scenarios.oracle.rating import covers

POOL, PROJECTS, OTHERS = "5000", "5100", "5190"
_Person = tuple[str, str]  # payroll bk, RS bk


def _labour_journals(case: Case) -> dict[_Person, list[Journal]]:
    found: defaultdict[_Person, list[Journal]] = defaultdict(list)
    for journal in case.journals:
        if journal.journal_type == "LAB":
            payroll, _, person = case.close_key(journal)[2].partition("#")
            found[(payroll, person)].append(journal)
    return found


def _spread(case: Case, journals: list[Journal]) -> dict[str, int]:
    """Cost object -> what the journals charge it with."""
    amounts: defaultdict[str, int] = defaultdict(int)
    for journal in journals:
        for line in journal.lines:
            if line.account == PROJECTS:
                amounts[case.project_bks.get(line.project, f"?{line.project}")] += net_tc(line)
            elif line.account == OTHERS:
                amounts[line.bucket or "?"] += net_tc(line)
    return amounts


def _costs(case: Case) -> dict[_Person, int]:
    """What each person cost in each payroll run, by the payroll system."""
    costs: defaultdict[_Person, int] = defaultdict(int)
    for bk, run in case.facts.payrolls.items():
        for line in run.lines:
            costs[(bk, line.employee)] += line.gross_minor + line.burden_minor
    return costs


def i21_payroll_exactness(case: Case) -> Tally:
    """What a payroll run cost for a person is spread to the last minor unit; the pool is empty afterwards."""
    tally = Tally(wanted=len(case.expected.allocations))
    journals, costs = _labour_journals(case), _costs(case)
    for key in sorted(case.expected.allocations):
        tally.compared += 1
        found = journals.get(key, [])
        at = (*key, *(f"erp:journal:{journal.native_id}" for journal in found))
        tally.guarded(at, costs.get(key, 0), sum(_spread(case, found).values()), "journal")
    pool: defaultdict[tuple[str, str, str], int] = defaultdict(int)
    for journal in case.journals:
        for line in journal.lines:
            if line.account == POOL:
                pool[(journal.entity, period_of(journal.acct_date), line.resource)] += net_tc(line)
    for (entity, period, employee_no), minor in sorted(pool.items()):
        if (entity, period) in case.expected.closed_periods:
            tally.compared += 1
            at = (f"LE|{entity}", f"RS|{employee_no}", period, POOL)
            tally.guarded(at, 0, minor, "balance")
    return tally


def i22_labour_hours_tie(case: Case) -> Tally:
    """Cost follows approved hours: each share is within a minor unit of its hours' part of the cost.

    Hours of projects and leave are those known at the close; with the bench they make up the person's
    capacity, or what was recorded where that is more.
    """
    tally = Tally(wanted=len(case.expected.allocations))
    journals, worked = _labour_journals(case), _project_hours(case)
    for key, allocation in sorted(case.expected.allocations.items()):
        weights = _weights(case, allocation, worked)
        if weights is None:
            continue
        tally.compared += 1
        at = (*key, allocation.period)
        told = {name: e2 for name, e2 in allocation.hours_e2 if e2}
        tally.equal((*at, "hours e-2"), sorted(weights.items()), sorted(told.items()), "event")
        found = journals.get(key, [])
        if found:
            _compare_shares(tally, at, allocation.cost_minor, weights, _spread(case, found))
    return tally


def _compare_shares(
    tally: Tally, at: tuple[str, ...], cost_minor: int, weights: dict[str, int], amounts: dict[str, int]
) -> None:
    if not weights:
        weights = {"BENCH": 1}  # a cost without hours
    total = sum(weights.values())
    for name in sorted(weights.keys() | amounts.keys()):
        share, part = amounts.get(name, 0) * total, cost_minor * weights.get(name, 0)
        if abs(share - part) >= total:
            hours = f"{weights.get(name, 0)} of {total} e-2 h"
            tally.differ((*at, name), f"the part of the cost for {hours}", "another part", "journal")


def _project_hours(case: Case) -> dict[tuple[str, str], dict[str, int]]:
    """Person and period -> contract -> hours valid and current at the close of the employing entity."""
    closes: dict[tuple[str, str], int | None] = {}
    hours: defaultdict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for event in case.expected.events:
        period = period_of(event.work_date)
        employer = case.sources.resources[event.resource].facts[-1].entity
        if (employer, period) not in closes:
            entity = case.sources.entity(employer)
            closes[(employer, period)] = close_ms(entity, period) if entity else None
        at_ms = closes[(employer, period)]
        if at_ms is None or event.valid_ms is None or event.valid_ms >= at_ms:
            continue
        if event.superseded_ms is None or event.superseded_ms >= at_ms:
            row = hours[(event.resource, period)]
            row[event.contract] = row.get(event.contract, 0) + event.hours_e2
    return hours


def _weights(
    case: Case, allocation: Allocation, worked: dict[tuple[str, str], dict[str, int]]
) -> dict[str, int] | None:
    """Hours by cost object from the facts; None where the calendar has no close to know them at."""
    entity = case.sources.entity(f"LE|{allocation.entity}")
    at_ms = close_ms(entity, allocation.period) if entity else None
    history = case.sources.resources.get(allocation.employee)
    resource = history.as_of(at_ms - 1) if history and at_ms is not None else None
    if entity is None or at_ms is None or resource is None:
        return None
    end = period_end(allocation.period)
    weights = dict(worked.get((allocation.employee, allocation.period), {}))
    weights["LEAVE"] = _leave_e2(case, allocation.employee, end, at_ms)
    capacity_e2 = _capacity_e2(resource, entity, end)
    weights["BENCH"] = max(0, capacity_e2 - sum(weights.values()))
    return {name: e2 for name, e2 in weights.items() if e2}


def _leave_e2(case: Case, person: str, end: date, at_ms: int) -> int:
    total = 0
    for versions in case.facts.absences.get(person, {}).values():
        known = [fact for fact in versions if max(fact.recorded_at_ms, fact.approved_at_ms) < at_ms]
        if known and known[-1].status == "APPROVED":
            total += sum(row.hours_e2 for row in known[-1].days if period_of(row.day) == period_of(end))
    return total


def _capacity_e2(resource: Resource, entity: LegalEntity, end: date) -> int:
    """Scheduled hours of the month: pattern x full-time share on days of employment that are no holiday."""
    scheduled, day = 0, end.replace(day=1)
    while day <= end:
        if covers(resource.hired, resource.terminated, day) and day not in entity.holidays:
            rows = [row for row in resource.statuses if row.valid_from <= day]
            fte_e2 = max(rows, key=lambda row: row.valid_from).fte_e2 if rows else 100
            scheduled += resource.weekly_pattern_e2[day.weekday()] * fte_e2
        day += timedelta(days=1)
    return half_up(scheduled, 100)


def i23_payroll_cross_system(case: Case) -> Tally:
    """Per entity and period the payroll system's cost is what payroll journals debit."""
    due: defaultdict[tuple[str, str], int] = defaultdict(int)
    found: defaultdict[tuple[str, str], int] = defaultdict(int)
    places: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for bk, run in sorted(case.facts.payrolls.items()):
        entity = case.sources.entity(run.entity)
        known_ms = max(run.recorded_at_ms, run.posted_at_ms)
        if entity is None or known_ms > case.evidence.now_ms:
            continue
        key = (entity.code, period_of(accounting_date(entity, period_end(run.period), known_ms)))
        due[key] += sum(line.gross_minor + line.burden_minor for line in run.lines)
        places[key].append(bk)
    for journal in case.journals:
        if journal.journal_type == "PAY":
            key = (journal.entity, period_of(journal.acct_date))
            found[key] += sum(net_tc(line) for line in journal.lines if line.account == POOL)
            places[key] += witness("erp", "journal", journal.native_id)
    tally = Tally(wanted=len(due))
    for key in sorted(due.keys() | found.keys()):
        tally.compared += 1
        tally.guarded((f"LE|{key[0]}", key[1], *places[key]), due[key], found[key], "balance")
    return tally
