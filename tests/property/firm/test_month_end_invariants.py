"""What holds of every firm of two companies: fixed fees, pay, leave and what customers pay for."""

from collections import defaultdict
from datetime import date, timedelta

import pytest

from mocks.firm.days import Calendar
from mocks.firm.facts.source import (
    Absence,
    Contract,
    Estimate,
    LegalEntity,
    Milestone,
    PaymentIntent,
    PayrollRun,
    Resource,
    SourceFact,
    TimeEntry,
)
from mocks.firm.firm import Firm
from mocks.firm.generate import generate
from mocks.firm.profile import profile_named

_EPOCH = date(1970, 1, 1)
SIZES = ((50, 2), (8, 1), (23, 4))
SEEDS = range(100, 107)


def number(day: date) -> int:
    """Days since the epoch."""
    return (day - _EPOCH).days


class Told:
    """A firm's facts."""

    def __init__(self, firm: Firm) -> None:
        self.firm = firm
        self.master = firm.master()
        self.facts: list[SourceFact] = [fact for play in firm.calendar() for fact in play.facts]
        self.contracts = {c.bk: c for c in firm.contracts()}
        self.entities = {f.bk: f for f in self.master if isinstance(f, LegalEntity)}
        self.calendars: dict[str, Calendar] = {
            office.profile.branch.bk: office.world.calendar for office in firm.offices
        }
        self.active_ms = {
            deal.contract_bk: deal.steps.active_ms for office in firm.offices for deal in office.world.deals
        }
        self.people = {f.bk: f for f in (*self.master, *self.facts) if isinstance(f, Resource)}

    def local_day(self, entity: str, at_ms: int) -> int:
        """The local day of an instant at a company."""
        calendar = self.calendars[entity]
        behind_ms = int(calendar.behind_seconds[at_ms // 86_400_000 - calendar.first]) * 1000
        return (at_ms - behind_ms) // 86_400_000

    def runs(self, contract: Contract) -> list[int]:
        """The billing days of a contract."""
        rows = self.entities[contract.entity].billing_calendar
        every = contract.billing_freq == "EVERY_RUN"
        return [number(row.billing_date) for row in rows if every or row.freq == "MONTHLY"]

    def run_of(self, contract: Contract, commit_ms: int, service: int) -> int:
        """The first run that takes something."""
        calendar = self.calendars[contract.entity]
        days = self.runs(contract)
        return min(d for d in days if calendar.midnight_after_ms(d) > commit_ms and d >= service)


@pytest.fixture(scope="module", params=[(size, seed) for size in SIZES for seed in SEEDS])
def told(request: pytest.FixtureRequest) -> Told:
    (consultants, months), seed = request.param
    return Told(generate(profile_named("month-end", consultants, months), seed))


def test_milestones__are_achieved_five_work_days_after_activation_and_accepted_later(told: Told) -> None:
    achieved: dict[str, int] = {}
    found = [fact for fact in told.facts if isinstance(fact, Milestone)]
    for fact in found:
        contract = told.contracts[fact.contract]
        calendar = told.calendars[contract.entity]
        day = told.local_day(contract.entity, fact.recorded_at_ms)
        assert calendar.works(day)
        if fact.status == "ACHIEVED":
            active = told.local_day(contract.entity, told.active_ms[fact.contract])
            assert calendar.rank[day - calendar.first] - calendar.rank[active - calendar.first] >= 5
            achieved[fact.bk] = day
        else:
            assert fact.accepted_by is not None
            assert told.people[fact.accepted_by].entity == contract.entity
            lag = calendar.rank[day - calendar.first] - calendar.rank[achieved[fact.bk] - calendar.first]
            assert 1 <= lag <= 4
    assert found or told.firm.profile.months == 1


def test_milestones_of_a_line__are_accepted_in_order(told: Told) -> None:
    seen: dict[tuple[str, int], list[int]] = defaultdict(list)
    for fact in told.facts:
        if isinstance(fact, Milestone) and fact.status == "ACCEPTED":
            seen[fact.contract, fact.line].append(fact.seq)
    assert all(seqs == list(range(1, len(seqs) + 1)) for seqs in seen.values())


def test_estimates__follow_each_other_from_the_second_on(told: Told) -> None:
    seen: dict[str, list[int]] = defaultdict(list)
    for fact in told.facts:
        if isinstance(fact, Estimate):
            assert fact.total_hours_e2 > 0
            assert fact.bk == f"EA|CL|{fact.contract[3:]}|{fact.line}|{fact.seq}"
            seen[fact.bk.rpartition("|")[0]].append(fact.seq)
    assert all(seqs == list(range(2, 2 + len(seqs))) for seqs in seen.values())


def test_leave__lies_on_scheduled_days_inside_employment_and_is_entered_before_it_is_over(told: Told) -> None:
    first = number(told.firm.profile.start)
    for fact in told.facts:
        if not isinstance(fact, Absence):
            continue
        person = told.people[fact.resource]
        calendar = told.calendars[person.entity]
        entered = told.local_day(person.entity, fact.recorded_at_ms)
        assert entered <= number(fact.days[0].day)
        assert entered >= max(first, number(person.hired))
        for day in fact.days:
            assert calendar.works(number(day.day))
            assert day.hours_e2 == person.weekly_pattern_e2[day.day.weekday()] > 0
            assert person.hired <= day.day
            assert person.terminated is None or day.day < person.terminated


def test_payroll__pays_everybody_employed_in_the_month_once_before_its_end(told: Told) -> None:
    for run in (fact for fact in told.facts if isinstance(fact, PayrollRun)):
        year, month = map(int, run.period.split("-"))
        first = date(year, month, 1)
        after = date(year + month // 12, month % 12 + 1, 1)
        due = {
            bk
            for bk, p in told.people.items()
            if p.entity == run.entity and p.hired < after and (p.terminated is None or p.terminated > first)
        }
        assert [line.employee for line in run.lines] == sorted(due)
        assert all(line.work_email == told.people[line.employee].work_email for line in run.lines)
        assert first < run.check_date < after
        posted = told.local_day(run.entity, run.posted_at_ms)
        calendar = told.calendars[run.entity]
        assert calendar.rank[number(after) - calendar.first] - calendar.rank[posted - calendar.first] == 3


def certain_runs(told: Told) -> dict[str, set[int]]:
    """By contract: the runs whose invoices have something that is never credited, from facts alone."""
    found: dict[str, set[int]] = defaultdict(set)
    lines = {(c.number, line.line): line for c in told.contracts.values() for line in c.lines}
    replaced = {f.replaces for f in told.facts if isinstance(f, TimeEntry) and f.replaces}
    for fact in told.facts:
        if isinstance(fact, TimeEntry) and fact.status == "APPROVED" and fact.billable:
            _, contract_no, wbs = fact.task.split("|")
            hourly = lines[contract_no, int(wbs.split(".")[0])].billing_method == "TM"
            if hourly and not fact.replaces and fact.card not in replaced:
                contract = told.contracts[f"CO|{contract_no}"]
                found[contract.bk].add(told.run_of(contract, fact.recorded_at_ms, number(fact.work_date)))
        elif isinstance(fact, Milestone) and fact.status == "ACCEPTED":
            contract = told.contracts[fact.contract]
            service = told.local_day(contract.entity, fact.recorded_at_ms)
            found[contract.bk].add(told.run_of(contract, fact.recorded_at_ms, service))
    for contract in told.contracts.values():
        for line in contract.lines:
            if line.retainer is not None:
                month = line.start.replace(day=1)
                while number(max(month, line.start)) <= max(told.runs(contract)):
                    if line.end is None or month < line.end:
                        due = number(max(month, line.start))
                        found[contract.bk].add(told.run_of(contract, told.active_ms[contract.bk], due))
                    for _ in range(line.retainer.advance_months):
                        month = (month + timedelta(days=32)).replace(day=1)
    return found


def test_every_payment__finds_a_posted_invoice_that_no_other_has_paid(told: Told) -> None:
    certain = certain_runs(told)
    paid_until: dict[str, int] = defaultdict(int)
    for fact in told.facts:
        if isinstance(fact, PaymentIntent):
            day = number(fact.received_on)
            assert not any(0 <= day - run <= 2 for run in told.runs(told.contracts[fact.contract]))
            assert any(paid_until[fact.contract] < run < day - 2 for run in certain[fact.contract]), fact
            paid_until[fact.contract] = day
