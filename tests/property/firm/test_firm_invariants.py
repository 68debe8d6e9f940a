"""What holds of every firm, whatever its seed, size and length: read from its facts alone."""

from collections import defaultdict
from datetime import date
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from mocks.firm.facts.source import (
    Absence,
    Account,
    Assignment,
    Contract,
    Estimate,
    LegalEntity,
    Milestone,
    Opportunity,
    PackageTask,
    PaymentIntent,
    PayrollRun,
    ProjectCompletion,
    Quote,
    RateLine,
    Resource,
    ServicePackage,
    SourceFact,
    TimeEntry,
)
from mocks.firm.firm import Firm
from mocks.firm.generate import generate
from mocks.firm.plays import Play
from mocks.firm.profile import profile_named

_EPOCH = date(1970, 1, 1)
LEVELS = ("ANALYST", "CONSULTANT", "SENIOR", "MANAGER", "DIRECTOR", "PARTNER")
ROLES = {
    "crm": (Account, Opportunity, Quote, Contract, RateLine),
    "psa": (Assignment, TimeEntry, Milestone, Estimate, ProjectCompletion),
    "hris": (Resource, Absence),
    "payroll": (PayrollRun,),
    "erp": (PaymentIntent,),
}

firms = st.builds(
    lambda preset, consultants, months, seed: generate(
        profile_named(preset, max(consultants, 8 if preset in ("month-end", "large") else 4), months), seed
    ),
    st.sampled_from(("deal", "tiny", "month-end", "large")),
    st.integers(4, 60),
    st.integers(1, 5),
    st.integers(0, 2**32 - 1),
)


class Told:
    """A firm's facts, sorted by kind."""

    def __init__(self, firm: Firm) -> None:
        self.firm = firm
        self.master = firm.master()
        self.plays: list[Play] = list(firm.calendar())
        self.facts: list[SourceFact] = [*self.master, *(f for play in self.plays for f in play.facts)]
        self.first: dict[str, SourceFact] = {}
        self.latest: dict[str, SourceFact] = {}
        for fact in self.facts:
            self.first.setdefault(fact.bk, fact)
            self.latest[fact.bk] = fact
        self.people = {bk: f for bk, f in self.latest.items() if isinstance(f, Resource)}
        self.assignments = {bk: f for bk, f in self.latest.items() if isinstance(f, Assignment)}
        self.contracts = {bk: f for bk, f in self.latest.items() if isinstance(f, Contract)}
        self.entries = [f for f in self.facts if isinstance(f, TimeEntry)]
        self.entities = {f.bk: f for f in self.master if isinstance(f, LegalEntity)}
        self.calendars = {o.profile.branch.bk: o.world.calendar for o in firm.offices}

    def parents(self, fact: SourceFact) -> list[str]:
        """Business keys that a fact refers to and that are facts themselves."""
        match fact:
            case Account():
                found = [fact.bill_to, *([fact.parent] if fact.parent else [])]
            case Opportunity():
                quote = [fact.accepted_quote] if fact.accepted_quote else []
                found = [fact.account, fact.entity, fact.practice, *quote]
            case Quote():
                found = [fact.opportunity, *(line.package for line in fact.lines)]
            case Contract():
                found = [fact.account, fact.bill_to, fact.opportunity, fact.entity]
            case RateLine():
                found = [fact.owner] if fact.owner else []
            case Resource():
                managers = [job.manager for job in fact.jobs if job.manager]
                found = [fact.entity, fact.practice, *(job.cost_centre for job in fact.jobs), *managers]
            case Assignment():
                found = [fact.resource, fact.contract]
            case TimeEntry():
                approver = [fact.approved_by] if fact.approved_by else []
                found = [fact.resource, fact.assignment, *approver]
            case Milestone():
                found = [fact.contract, *([fact.accepted_by] if fact.accepted_by else [])]
            case PaymentIntent() | Estimate() | ProjectCompletion():
                found = [fact.contract]
            case Absence():
                found = [fact.resource]
            case PayrollRun():
                found = [fact.entity, *(line.employee for line in fact.lines)]
            case _:
                found = []
        return [bk for bk in found if bk != fact.bk]


def check_order(told: Told) -> None:
    """Master data stand before the start, plays follow in time, each fact is recorded with its play."""
    start_ms = told.firm.world.calendar.midnight_after_ms(told.firm.world.first - 1)
    assert all(fact.recorded_at_ms < start_ms for fact in told.master)
    assert [f.recorded_at_ms for f in told.master] == sorted({f.recorded_at_ms for f in told.master})
    assert all(start_ms <= play.at_ms < told.firm.horizon_ms for play in told.plays)
    assert all(left.at_ms <= right.at_ms for left, right in pairwise(told.plays))
    for play in told.plays:
        assert play.facts
        assert all(fact.recorded_at_ms == play.at_ms for fact in play.facts)
        assert all(isinstance(fact, ROLES[play.role]) for fact in play.facts)


def package_tasks(told: Told, bk: str) -> tuple[PackageTask, ...]:
    """The tasks of a service package that was told."""
    package = told.latest[bk]
    assert isinstance(package, ServicePackage)
    return package.tasks


def check_references(told: Told) -> None:
    """Every reference points to a fact told earlier, or at the same instant before it (H1)."""
    known: set[str] = set()
    for fact in told.facts:
        assert set(told.parents(fact)) <= known, fact
        known.add(fact.bk)
    tasks = {
        f"TK|{contract.number}|{line.line}.{task.wbs}"
        for contract in told.contracts.values()
        for line in contract.lines
        for task in package_tasks(told, line.package)
    }
    assert {a.task for a in told.assignments.values()} <= tasks


def check_versions(told: Told) -> None:
    """Versions count up by one; only timecard states keep theirs."""
    last: dict[str, int] = {}
    for fact in told.facts:
        if not isinstance(fact, TimeEntry):
            assert fact.ver == last.get(fact.bk, 0) + 1, fact
            last[fact.bk] = fact.ver


def check_deals(told: Told) -> None:
    """Amounts tie, lines map one to one, and every deal has its own contract (V2, V3, V4, V8)."""
    quotes = {f.opportunity: f for f in told.latest.values() if isinstance(f, Quote)}
    contracts = {f.opportunity: f for f in told.contracts.values()}
    assert len(contracts) == len(told.contracts)
    for fact in told.latest.values():
        if not isinstance(fact, Opportunity) or not fact.stage.startswith("CLOSED"):
            continue
        quote = quotes[fact.bk]
        for line in quote.lines:
            exact = line.quantity_e2 * line.list_price_e4 * (1_000_000 - line.discount_e6)
            assert abs(line.net_minor * 10**10 - exact) * 2 <= 10**10
        assert fact.amount_minor == sum(line.net_minor for line in quote.lines)
        assert (fact.stage == "CLOSED_WON") == (quote.status == "ACCEPTED") == (fact.bk in contracts)
        if fact.stage == "CLOSED_WON":
            assert fact.accepted_quote == quote.bk
            assert fact.closed_won_at_ms == fact.recorded_at_ms
            sold = [(c.line, c.value_minor, c.package) for c in contracts[fact.bk].lines]
            assert sold == [(q.line, q.net_minor, q.package) for q in quote.lines]


def activation_ms(told: Told, contract: Contract) -> int:
    """When the V1 gate passes, from source facts only."""
    opportunity = told.latest[contract.opportunity]
    assert isinstance(opportunity, Opportunity)
    assert opportunity.accepted_quote
    account = told.first[contract.account].recorded_at_ms
    quote = told.latest[opportunity.accepted_quote].recorded_at_ms
    return max(opportunity.recorded_at_ms, quote, contract.signed_at_ms or 0, account)


def workdays_after(told: Told, entity: str, at_ms: int, day: int) -> int:
    """Work days of a company from the local day of an instant to a day."""
    calendar = told.calendars[entity]
    behind_ms = int(calendar.behind_seconds[at_ms // 86_400_000 - calendar.first]) * 1000
    local = (at_ms - behind_ms) // 86_400_000
    between: int = calendar.rank[day - calendar.first] - calendar.rank[local - calendar.first]
    return int(between)


def check_staffing(told: Told) -> None:
    """Assignments come a work day after activation, work five; none overlaps another on one task."""
    spans = defaultdict(list)
    for assignment in told.assignments.values():
        contract = told.contracts[assignment.contract]
        active_ms = activation_ms(told, contract)
        recorded = assignment.recorded_at_ms // 86_400_000
        assert workdays_after(told, contract.entity, active_ms, recorded) >= 1
        assert assignment.valid_to is not None
        assert contract.start <= assignment.valid_from < assignment.valid_to
        assert contract.end is None or assignment.valid_to <= contract.end
        assert workdays_after(told, contract.entity, active_ms, (assignment.valid_from - _EPOCH).days) >= 5
        assert assignment.valid_from >= told.people[assignment.resource].hired
        spans[assignment.resource, assignment.task].append((assignment.valid_from, assignment.valid_to))
    for ranges in spans.values():
        assert all(left[1] <= right[0] for left, right in pairwise(sorted(ranges)))


def check_entries(told: Told) -> None:
    """Work lies inside employment and assignment, on work days unless it is overtime (H2, H3)."""
    days: dict[tuple[str, object], dict[str, int]] = defaultdict(dict)
    for entry in told.entries:
        person, assignment = told.people[entry.resource], told.assignments[entry.assignment]
        assert person.hired <= entry.work_date
        assert person.terminated is None or entry.work_date < person.terminated
        assert assignment.valid_to is not None
        assert assignment.valid_from <= entry.work_date < assignment.valid_to
        assert (assignment.resource, assignment.task) == (entry.resource, entry.task)
        assert 0 <= entry.hours_e2 <= 2400
        assert entry.hours_e2 > 0 or entry.ver == 2
        free = (
            entry.work_date in told.entities[person.entity].holidays
            or not person.weekly_pattern_e2[entry.work_date.weekday()]
        )
        assert not free or (entry.time_type == "OT" and entry.work_date.weekday() == 5)
        assert entry.billable == (not entry.task.endswith(".90"))
        assert entry.submitted_at_ms // 86_400_000 >= (entry.work_date - _EPOCH).days
        slot = days[entry.resource, entry.work_date]
        slot[entry.bk] = max(slot.get(entry.bk, 0), entry.hours_e2)
    assert all(sum(lines.values()) <= 1600 for lines in days.values())


def check_timecards(told: Told) -> None:
    """One card a person, assignment, type and week; its states follow each other legally (H7)."""
    states: dict[str, list[TimeEntry]] = defaultdict(list)
    keys: dict[tuple[object, ...], str] = {}
    for play in told.plays:
        cells = [f for f in play.facts if isinstance(f, TimeEntry)]
        if cells:
            head = cells[0]
            assert {(c.card, c.status, c.assignment, c.time_type, c.replaces) for c in cells} == {
                (head.card, head.status, head.assignment, head.time_type, head.replaces)
            }
            assert len({(c.work_date.toordinal() - 1) // 7 for c in cells}) == 1
            states[head.card].append(head)
            week = (head.work_date.toordinal() - 1) // 7
            key = (head.resource, head.assignment, head.time_type, week, head.ver)
            assert keys.setdefault(key, head.card) == head.card
    for card, steps in states.items():
        legal = ("SUBMITTED", "REJECTED", "SUBMITTED", "APPROVED"), ("SUBMITTED", "APPROVED")
        seen = tuple(step.status for step in steps)
        assert any(seen == path[: len(seen)] for path in legal), (card, seen)
        assert all(left.recorded_at_ms < right.recorded_at_ms for left, right in pairwise(steps))
        assert len({step.ver for step in steps}) == 1


def check_approvals(told: Told) -> None:
    """The manager approves, never oneself, at the instant of record."""
    for entry in told.entries:
        if entry.status != "APPROVED":
            assert entry.approved_by is None
            continue
        assert entry.approved_by == told.people[entry.resource].jobs[-1].manager
        assert entry.approved_by != entry.resource
        assert entry.approved_at_ms == entry.recorded_at_ms > entry.submitted_at_ms


def check_corrections(told: Told) -> None:
    """A replacement carries all cells of the approved card that it names, before it is billed if it must."""
    cells: dict[str, set[str]] = defaultdict(set)
    approved: dict[str, int] = {}
    for entry in told.entries:
        cells[entry.card].add(entry.bk)
        if entry.status == "APPROVED":
            approved[entry.card] = entry.recorded_at_ms
    for entry in (e for e in told.entries if e.replaces):
        assert entry.replaces is not None
        assert entry.ver == 2
        assert cells[entry.card] == cells[entry.replaces]
        assert approved[entry.replaces] < entry.submitted_at_ms
        contract = told.contracts[told.assignments[entry.assignment].contract]
        calendar, rows = told.calendars[contract.entity], told.entities[contract.entity].billing_calendar
        every_run = contract.billing_freq == "EVERY_RUN"
        cutoffs = [
            calendar.midnight_after_ms((row.billing_date - _EPOCH).days)
            for row in rows
            if every_run or row.freq == "MONTHLY"
        ]
        runs = sorted(c for c in cutoffs if c > approved[entry.replaces])
        if not told.firm.profile.correct_after_billing:
            assert approved.get(entry.card, entry.recorded_at_ms) < runs[0]


def check_managers(told: Told) -> None:
    """A manager is senior, does not leave, and is somebody else (H4)."""
    heads = {min(bk for bk, p in told.people.items() if p.entity == entity) for entity in told.entities}
    for person in sorted(told.people):
        manager = told.people[person].jobs[-1].manager
        assert (manager is None) == (person in heads)
        if manager is not None:
            boss = told.people[manager]
            assert boss.terminated is None
            assert boss.entity == told.people[person].entity
            assert manager < person  # numbers run by seniority: no loop
            assert LEVELS.index(boss.jobs[0].level) >= LEVELS.index(told.people[person].jobs[-1].level)


def check_rates(told: Told) -> None:
    """One row of a card for a key and day, and a default for every level on every day (H6)."""
    rows = [f for f in told.latest.values() if isinstance(f, RateLine)]
    by_key = defaultdict(list)
    for row in rows:
        assert row.rate_e4 > 0
        by_key[row.card, row.level, row.practice].append(row)
    for same in by_key.values():
        same.sort(key=lambda row: row.valid_from)
        for left, right in pairwise(same):
            assert left.valid_to == right.valid_from
        assert same[-1].valid_to is None
    defaults = {level for card, level, practice in by_key if card.startswith("DF-") and practice == "*"}
    assert defaults == set(LEVELS)
    earliest = min(entry.work_date for entry in told.entries) if told.entries else None
    firsts = [same[0].valid_from for key, same in by_key.items() if key[0].startswith("DF-")]
    assert earliest is None or max(firsts) < earliest


def check_names(told: Told) -> None:
    """Keys, mail addresses and names of customers are unique; mail domains are reserved."""
    mails = [person.work_email for person in told.people.values()]
    accounts = [f for f in told.latest.values() if isinstance(f, Account)]
    assert len(set(mails)) == len(mails)
    assert all(mail.isascii() and mail.endswith(".example") for mail in mails)
    assert len({account.legal_name for account in accounts}) == len(accounts)
    assert all(bool(account.state) == (account.country == "US") for account in accounts)
    assert all(account.country and account.street and account.payment_terms for account in accounts)
    assert len({account.vat_id for account in accounts if account.vat_id}) == sum(
        account.vat_id is not None for account in accounts
    )


CHECKS = (
    check_order,
    check_references,
    check_versions,
    check_deals,
    check_staffing,
    check_entries,
    check_timecards,
    check_approvals,
    check_corrections,
    check_managers,
    check_rates,
    check_names,
)


@settings(max_examples=30, deadline=None, derandomize=True, database=None)
@given(firms)
def test_every_firm__keeps_all_invariants(firm: Firm) -> None:
    told = Told(firm)
    assert told.entries
    for check in CHECKS:
        check(told)


def test_large_deal__keeps_all_invariants() -> None:
    told = Told(generate(profile_named("deal", consultants=600), 77))
    assert len(told.contracts) == 75
    for check in CHECKS:
        check(told)
