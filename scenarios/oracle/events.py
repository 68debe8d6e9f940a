"""From approved time to billing events: versions, validity, rating, instants (finance 0.3, 2.1, 2.7)."""

from collections.abc import Iterator

from msgspec import Struct

from mocks.firm.facts.source import Assignment, ContractLine, PackageTask, Resource, TimeEntry
from scenarios.oracle.expected import CaseSet, Deal, Price, TimeEvent
from scenarios.oracle.rating import RateBook, bill_level, covers, job_on, time_amount_minor
from scenarios.oracle.terms import COVERING
from scenarios.oracle.versions import History, Sources, line_key

_STAFFED = ("CONFIRMED", "ACTIVE", "ENDED")


def multiplier_e2(line: ContractLine, time_type: str) -> int | None:
    """The contract line's multiplier for a time type; None for a type nobody knows."""
    if time_type == "REG":
        return line.multiplier_reg_e2
    if time_type == "OT":
        return line.multiplier_ot_e2
    return line.multiplier_travel_e2 if time_type == "TRAVEL" else None


class TaskRef(Struct, frozen=True):
    """A task bk taken apart."""

    contract: str
    line: int
    wbs: str  # of the package's template, without the line number
    line_key: str


def parse_task(bk: str) -> TaskRef | None:
    """`TK|<contract no>|<line>.<wbs>` as its parts; None where it is no such key."""
    kind, _, rest = bk.partition("|")
    number, _, path = rest.rpartition("|")
    line, _, wbs = path.partition(".")
    if kind != "TK" or not number or not line.isdigit() or not wbs:
        return None
    return TaskRef(f"CO|{number}", int(line), wbs, line_key(number, int(line)))


class Version(Struct, frozen=True):
    """One approved state of an entry: the deciding fact, its instant, and the ids that stand for it."""

    fact: TimeEntry
    approved_ms: int
    sources: tuple[str, ...]
    superseded_ms: int | None


def _approved_facts(facts: list[TimeEntry], now_ms: int) -> list[tuple[TimeEntry, int]]:
    """The first approved (or reversing) fact of each version with its instant a(e), in order of version."""
    first: dict[int, tuple[TimeEntry, int]] = {}
    for fact in sorted(facts, key=lambda f: (f.ver, f.recorded_at_ms)) if len(facts) > 1 else facts:
        if fact.status not in ("APPROVED", "REVERSED") or fact.ver in first or fact.deleted:
            continue
        at_ms = max(fact.recorded_at_ms, fact.approved_at_ms or 0)
        if at_ms <= now_ms:
            first[fact.ver] = (fact, at_ms)
    return list(first.values())


def _same_money(one: TimeEntry, other: TimeEntry) -> bool:
    """Whether a later version changes nothing financial (finance 2.6)."""
    return (
        one.hours_e2 == other.hours_e2
        and one.task == other.task
        and one.work_date == other.work_date
        and one.time_type == other.time_type
        and one.billable == other.billable
        and (one.status == "REVERSED") == (other.status == "REVERSED")
    )


def approved_versions(facts: list[TimeEntry], now_ms: int) -> list[Version]:
    """Approved versions with the instant each was superseded; non-financial successors are folded in."""
    approved = _approved_facts(facts, now_ms)
    if len(approved) == 1:
        fact, at_ms = approved[0]
        return [Version(fact, at_ms, (fact.source_id,), None)]
    alive: list[tuple[TimeEntry, int]] = []
    earliest_later: int | None = None
    for fact, at_ms in reversed(approved):
        if earliest_later is None or at_ms < earliest_later:
            alive.append((fact, at_ms))
            earliest_later = at_ms
    versions: list[Version] = []
    for fact, at_ms in reversed(alive):
        last = versions[-1] if versions else None
        if last is not None and _same_money(last.fact, fact):
            versions[-1] = Version(last.fact, last.approved_ms, (*last.sources, fact.source_id), None)
            continue
        if last is not None:
            versions[-1] = Version(last.fact, last.approved_ms, last.sources, at_ms)
        versions.append(Version(fact, at_ms, (fact.source_id,), None))
    return versions


class _Parties(Struct):
    """The histories one entry refers to."""

    deal: Deal
    task: TaskRef
    resource: History[Resource]
    assignment: History[Assignment]

    def later_stamps(self, sources: Sources, after_ms: int) -> list[int]:
        stamps = {*self.resource.stamps, *self.assignment.stamps, self.deal.activation_ms}
        stamps.update(sources.contracts[self.deal.contract].stamps)
        return sorted(stamp for stamp in stamps if stamp > after_ms)


class EventMaker:
    """Turns entries into events; holds the indexes and memos of one run of the oracle."""

    def __init__(self, sources: Sources, deals: dict[str, Deal], cases: CaseSet, now_ms: int) -> None:
        self._sources = sources
        self._deals = deals
        self._cases = cases
        self._now_ms = now_ms
        self.rates = RateBook(sources)
        self._has_retro = self.rates.has_retro_lines()
        self._tasks: dict[str, TaskRef | None] = {}
        self.unsupported: set[str] = set()

    def events(self) -> Iterator[TimeEvent]:
        """One event for every approved version that is not a deletion."""
        for bk, facts in self._sources.entries.items():
            for fact in facts:
                if fact.deleted and fact.status == "APPROVED":
                    self.unsupported.add(f"deleted approved time entry {bk}")
            for version in approved_versions(facts, self._now_ms):
                if version.fact.hours_e2 and version.fact.status == "APPROVED":
                    event = self._event(version)
                    if event is not None:
                        yield event

    def _task(self, bk: str) -> TaskRef | None:
        if bk not in self._tasks:
            self._tasks[bk] = parse_task(bk)
        return self._tasks[bk]

    def _event(self, version: Version) -> TimeEvent | None:
        fact = version.fact
        task = self._task(fact.task)
        deal = self._deals.get(task.contract) if task else None
        resource = self._sources.resources.get(fact.resource)
        assignment = self._sources.assignments.get(fact.assignment)
        if task is None or deal is None or resource is None or assignment is None:
            self._cases.demand("TIME_TASK_INACTIVE" if deal is None else "TIME_NOT_ASSIGNED", (fact.bk,))
            return None
        parties = _Parties(deal, task, resource, assignment)
        valid_ms = self._valid_ms(version, parties)
        line, row = self._line(parties, valid_ms or self._now_ms)
        billable = fact.billable and row is not None and row.billable
        covered = billable and line is not None and line.billing_method in COVERING
        commit_ms, price, amount_minor = None, None, 0
        if valid_ms is not None and billable and line is not None and not covered:
            commit_ms, price = self._commit(version, parties, valid_ms)
            if price is not None:
                amount_minor = self._amount_minor(fact, deal, line, price)
        return TimeEvent(
            te=fact.bk,
            ver=fact.ver,
            sources=version.sources,
            contract=deal.contract,
            line=task.line,
            line_key=task.line_key,
            resource=fact.resource,
            assignment=fact.assignment,
            work_date=fact.work_date,
            hours_e2=fact.hours_e2,
            billable=billable,
            approved_ms=version.approved_ms,
            valid_ms=valid_ms,
            commit_ms=commit_ms,
            superseded_ms=version.superseded_ms,
            price=price,
            amount_minor=amount_minor,
            covered=covered,
            progress=row is not None and row.progress,
        )

    def _amount_minor(self, fact: TimeEntry, deal: Deal, line: ContractLine, price: Price) -> int:
        multiplier = multiplier_e2(line, fact.time_type)
        if multiplier is None:
            self.unsupported.add(f"time type {fact.time_type} of {fact.bk}")
            return 0
        return time_amount_minor(price, fact.hours_e2, multiplier, line.discount_e6, deal.ccy)

    def _line(self, parties: _Parties, at_ms: int) -> tuple[ContractLine | None, PackageTask | None]:
        """The contract line as known at an instant, with the template's task."""
        contract = self._sources.contracts[parties.deal.contract].as_of(at_ms)
        for line in contract.lines if contract else ():
            if line.line == parties.task.line:
                packages = self._sources.packages.get(line.package)
                package = packages.as_of(at_ms) if packages else None
                for row in package.tasks if package else ():
                    if row.wbs == parties.task.wbs:
                        return line, row
        return None, None

    def _problem(self, fact: TimeEntry, parties: _Parties, at_ms: int) -> str | None:
        """The first reason why the entry is not valid with what is known at `at_ms`."""
        if at_ms < parties.deal.activation_ms or self._line(parties, at_ms)[0] is None:
            return "TIME_TASK_INACTIVE"
        resource = parties.resource.as_of(at_ms)
        if resource is None or not covers(resource.hired, resource.terminated, fact.work_date):
            return "TIME_NOT_EMPLOYED"
        assignment = parties.assignment.as_of(at_ms)
        if (
            assignment is None
            or assignment.resource != fact.resource
            or assignment.task != fact.task
            or assignment.status not in _STAFFED
            or not covers(assignment.valid_from, assignment.valid_to, fact.work_date)
        ):
            return "TIME_NOT_ASSIGNED"
        job = job_on(resource, fact.work_date)
        if job is None or job.cost_centre not in self._sources.cost_centres:
            return "DIM_MISSING"
        return None

    def _valid_ms(self, version: Version, parties: _Parties) -> int | None:
        """v(e): the least instant from a(e) on at which validation passes, or None by now."""
        fact, at_ms = version.fact, version.approved_ms
        problem = self._problem(fact, parties, at_ms)
        if problem is None:
            return at_ms
        self._cases.demand(problem, (fact.bk,))
        for later_ms in parties.later_stamps(self._sources, at_ms):
            if later_ms > self._now_ms:
                break
            if self._problem(fact, parties, later_ms) is None:
                return later_ms
        return None

    def _price(self, fact: TimeEntry, parties: _Parties, at_ms: int) -> Price | str:
        level = self._level(fact, parties, at_ms)
        return self.rates.price(parties.deal, fact.assignment, level, fact.work_date, at_ms)

    def _level(self, fact: TimeEntry, parties: _Parties, at_ms: int) -> str | None:
        assignment, resource = parties.assignment.as_of(at_ms), parties.resource.as_of(at_ms)
        if assignment is None or resource is None:
            return None
        return bill_level(assignment, resource, fact.work_date)

    def _commit(self, version: Version, parties: _Parties, valid_ms: int) -> tuple[int | None, Price | None]:
        """rho(e) with its price; (None, None) while no unambiguous rate exists or it came too late."""
        fact, until_ms = version.fact, version.superseded_ms or self._now_ms + 1
        if valid_ms >= until_ms:
            return None, None
        found = self._price(fact, parties, valid_ms)
        level = self._level(fact, parties, valid_ms)
        if isinstance(found, Price):
            if self._has_retro and self.rates.late_retro_lines(parties.deal, level, fact.work_date, valid_ms):
                self.unsupported.add(f"retroactive rate for {fact.bk}")
            return valid_ms, found
        self._cases.demand(found, (fact.bk,))
        for at_ms in self.rates.instants(parties.deal, fact.assignment, level, valid_ms):
            if at_ms >= until_ms:
                break
            found = self._price(fact, parties, at_ms)
            if isinstance(found, Price):
                return at_ms, found
        return None, None
