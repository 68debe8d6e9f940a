"""What an approved hour is worth, and from which instant on (finance 0.3, 2.1, 2.2 R1)."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from msgspec import Struct

from integration_core.canonical.billing import Blocked, Entry, Rated, Unpriced
from integration_core.canonical.deals import Contract, ContractLine, RateLine
from integration_core.canonical.money import product, quantise, quotient
from integration_core.canonical.work import Assignment, Employee, JobRow
from integration_core.rules.references import References

TIME_AND_MATERIAL = frozenset({"TM"})
COVERED_METHODS = frozenset({"FF", "RET"})
STAFFED = frozenset({"CONFIRMED", "ACTIVE", "ENDED"})
_PRIORITY = {"CONTRACT": 2, "CLIENT": 3, "DEFAULT": 4}


def rate(entry: Entry, references: References) -> Rated | Unpriced | Blocked:
    """Validate and price one entry with the rate facts of the earliest instant that works (finance 2.1)."""
    found = references.contract_line(entry.contract_line_native_id)
    employee = references.employees.get(entry.employee_no)
    assignment = references.assignments.get(entry.assignment_native_id)
    problem = _validate(entry, found, employee, assignment)
    if problem is not None:
        return problem
    assert found is not None
    assert employee is not None
    assert assignment is not None
    contract, line = found
    job = job_on(employee, entry.work_date)
    if job is None:
        return _blocked(entry, "DIM_MISSING", f"no level and cost centre are known for {entry.work_date}")
    if line.billing_method in COVERED_METHODS:
        return Unpriced(entry=entry, contract=contract, line=line, klass="COVERED")
    if not entry.billable or not entry.task_billable or line.billing_method not in TIME_AND_MATERIAL:
        return Unpriced(entry=entry, contract=contract, line=line, klass="NON_BILLABLE")
    level = assignment.bill_level or job.level
    return _price(entry, contract, line, assignment, level, job.cost_centre, references)


def valid_ms(entry: Entry, references: References) -> int:
    """v(e) of an entry that was blocked: when the record that heals it was committed."""
    employee = references.employees[entry.employee_no]
    assignment = references.assignments[entry.assignment_native_id]
    return max(entry.a_ms, employee.recorded_at_ms, assignment.recorded_at_ms)


def _validate(
    entry: Entry,
    found: tuple[Contract, ContractLine] | None,
    employee: Employee | None,
    assignment: Assignment | None,
) -> Blocked | None:
    if found is None:
        return _blocked(entry, "TIME_TASK_INACTIVE", "its task belongs to no known contract line")
    if employee is None:
        return _blocked(entry, "REF_MISSING", f"employee {entry.employee_no} is not known from the HRIS")
    if assignment is None or assignment.deleted:
        return _blocked(entry, "TIME_NOT_ASSIGNED", "it has no assignment")
    day = entry.work_date
    if not _covers(employee.hired, employee.terminated, day):
        return _blocked(entry, "TIME_NOT_EMPLOYED", f"{day} is outside the employment")
    if assignment.status not in STAFFED:
        return _blocked(entry, "TIME_NOT_ASSIGNED", f"assignment {assignment.number} is {assignment.status}")
    if not _covers(assignment.valid_from, assignment.valid_to, day):
        return _blocked(entry, "TIME_NOT_ASSIGNED", f"{day} is outside assignment {assignment.number}")
    return None


def _price(
    entry: Entry,
    contract: Contract,
    line: ContractLine,
    assignment: Assignment,
    level: str,
    cost_centre: str,
    references: References,
) -> Rated | Blocked:
    practice = _practice(contract, references)
    levels = list(_levels(entry, contract, assignment, level, practice, references))
    later = (c.recorded_ms for tier in levels for c in tier if c.recorded_ms > entry.a_ms)
    instants = sorted({entry.a_ms, *later})
    verdict = _blocked(entry, "RATE_MISSING", f"no rate for level {level} on {entry.work_date}")
    for instant in instants:
        for tier in levels:
            known = [candidate for candidate in tier if candidate.recorded_ms <= instant]
            if len(known) > 1:
                why = f"{len(known)} rates for {level} on {entry.work_date}"
                verdict = _blocked(entry, "RATE_OVERLAP", why)
                break
            if known:
                hourly = _hourly(known[0], contract, references)
                factor = line.multipliers.get(entry.time_type, Decimal(1))
                amount = quantise(product(entry.hours, hourly, factor, 1 - line.discount), contract.ccy)
                return Rated(
                    entry=entry,
                    contract=contract,
                    line=line,
                    hourly=hourly,
                    amount=amount,
                    rate_source=known[0].source,
                    commit_ms=instant,
                    cost_centre=cost_centre,
                )
    return verdict


class _Candidate(Struct, frozen=True):
    source: str
    rate: Decimal
    unit: str
    recorded_ms: int


def _levels(
    entry: Entry,
    contract: Contract,
    assignment: Assignment,
    level: str,
    practice: str,
    references: References,
) -> Iterable[list[_Candidate]]:
    """Candidates by falling priority; within one card the exact practice stands before `*`."""
    day, ccy = entry.work_date, contract.ccy
    yield [
        _Candidate(f"1|AS|{assignment.number}", row.rate, "HOUR", row.recorded_at_ms)
        for row in assignment.overrides
        if row.ccy == ccy and _covers(row.valid_from, row.valid_to, day)
    ]
    owners: list[tuple[str, str | None]] = [("CONTRACT", contract.native_id)]
    owners += [("CLIENT", customer) for customer in _client_chain(contract, references)]
    owners.append(("DEFAULT", None))
    for scope, owner in owners:
        lines = references.rates(scope, owner, level)
        for wanted in (practice, "*"):
            yield [_candidate(line) for line in lines if _matches(line, wanted, ccy, day)]


def _client_chain(contract: Contract, references: References) -> list[str]:
    """The bill-to customer, its parent, its ultimate parent, each once (finance 2.1)."""
    chain: list[str] = []
    customer = references.customers.get(contract.bill_to_native_id)
    while customer is not None and customer.native_id not in chain:
        chain.append(customer.native_id)
        customer = references.customers.get(customer.parent_native_id or "")
    return chain if len(chain) < 4 else [*chain[:2], chain[-1]]


def _matches(line: RateLine, practice: str, ccy: str, day: date) -> bool:
    return line.practice == practice and line.ccy == ccy and _covers(line.valid_from, line.valid_to, day)


def _candidate(line: RateLine) -> _Candidate:
    source = f"RC|{line.card}|{line.level}|{line.practice}|{line.valid_from.isoformat()}"
    return _Candidate(f"{_PRIORITY[line.scope]}|{source}", line.rate, line.unit, line.recorded_at_ms)


def _hourly(candidate: _Candidate, contract: Contract, references: References) -> Decimal:
    if candidate.unit == "DAY":
        return quotient(candidate.rate, references.entities[contract.entity_code].std_hours_day)
    return candidate.rate


def _practice(contract: Contract, references: References) -> str:
    opportunity = references.opportunities.get(contract.opportunity_native_id)
    return opportunity.practice if opportunity else "*"


def job_on(employee: Employee, day: date) -> JobRow | None:
    """The job row in force on a day: the one with the latest date not after it, the last of equals."""
    rows = [row for row in employee.jobs if row.valid_from <= day]
    return max(reversed(rows), key=lambda row: row.valid_from, default=None)


def _covers(valid_from: date, valid_to: date | None, day: date) -> bool:
    return valid_from <= day and (valid_to is None or day < valid_to)


def _blocked(entry: Entry, code: str, why: str) -> Blocked:
    return Blocked(entry=entry, code=code, text=f"Time entry {entry.bk} cannot be billed: {why}.")
