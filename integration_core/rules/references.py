"""Everything the rules look up, indexed once: the core's own picture of the source systems.

Current records stand by native id. That is enough for prices too: a rate line is never changed in
place after its first use, a new price is a new line with an instant of its own (mapping M3).
"""

from collections import defaultdict
from collections.abc import Iterable

from msgspec import structs

from integration_core.canonical.deals import (
    Contract,
    ContractLine,
    Customer,
    Opportunity,
    Quote,
    RateLine,
    ServicePackage,
)
from integration_core.canonical.ledger import CodeList, LegalEntity, PeriodState, TaxRate
from integration_core.canonical.payroll import PayrollRun
from integration_core.canonical.work import (
    Absence,
    Assignment,
    Employee,
    Estimate,
    MilestoneState,
    ProjectState,
)

RecordOf = (
    Customer
    | Opportunity
    | Quote
    | Contract
    | ServicePackage
    | RateLine
    | Employee
    | Assignment
    | LegalEntity
    | TaxRate
    | CodeList
    | Absence
    | MilestoneState
    | Estimate
    | ProjectState
    | PayrollRun
    | PeriodState
)


class References:
    """Records of the source systems as they are known now; `add` in the order they were applied."""

    def __init__(self) -> None:
        self.customers: dict[str, Customer] = {}
        self.opportunities: dict[str, Opportunity] = {}
        self.quotes: dict[str, Quote] = {}
        self.contracts: dict[str, Contract] = {}
        self.packages: dict[str, ServicePackage] = {}
        self.rate_lines: dict[str, RateLine] = {}
        self.employees: dict[str, Employee] = {}  # by employee number
        self.assignments: dict[str, Assignment] = {}
        self.entities: dict[str, LegalEntity] = {}  # by code
        self.tax_rates: dict[tuple[str, str, str], TaxRate] = {}
        self.codes: dict[tuple[str, str], CodeList] = {}
        self.milestones: dict[str, MilestoneState] = {}
        self.estimates: dict[str, Estimate] = {}
        self.projects: dict[str, ProjectState] = {}  # by contract native id
        self.payrolls: dict[str, PayrollRun] = {}
        self.absences: dict[str, Absence] = {}
        self.periods: dict[tuple[str, str], PeriodState] = {}  # by entity code and period
        self._cards: dict[tuple[str, str | None, str], list[RateLine]] | None = None
        self._absences: dict[str, list[Absence]] | None = None
        self._milestones: dict[str, list[MilestoneState]] | None = None  # by contract line
        self._estimates: dict[str, list[Estimate]] | None = None  # by contract line
        self._contract_of_opportunity: dict[str, tuple[str, ...]] = {}
        self._lines: dict[str, tuple[Contract, ContractLine]] = {}

    def add(self, record: RecordOf) -> None:
        """Take up a record, replacing what was known of it."""
        match record:
            case Customer():
                self.customers[record.native_id] = record
            case Opportunity():
                self.opportunities[record.native_id] = record
            case Quote():
                self.quotes[record.native_id] = record
            case Contract():
                self._add_contract(record)
            case ServicePackage():
                self.packages[record.native_id] = record
            case RateLine():
                self.rate_lines[record.native_id] = record
                self._cards = None
            case Employee():
                self._add_employee(record)
            case Assignment():
                self.assignments[record.native_id] = record
            case LegalEntity():
                self.entities[record.code] = record
            case TaxRate():
                key = (record.jurisdiction, record.tax_class, record.valid_from.isoformat())
                self.tax_rates[key] = record
            case CodeList():
                self.codes[record.kind, record.code] = record
            case _:
                self._add_progress(record)

    def _add_progress(
        self, record: Absence | MilestoneState | Estimate | ProjectState | PayrollRun | PeriodState
    ) -> None:
        match record:
            case Absence():
                self.absences[record.native_id] = record
                self._absences = None
            case MilestoneState():
                self.milestones[record.native_id] = record
                self._milestones = None
            case Estimate():
                self.estimates[record.native_id] = record
                self._estimates = None
            case ProjectState():
                self.projects[record.contract_native_id] = record
            case PayrollRun():
                self.payrolls[record.native_id] = record
            case PeriodState():
                self.periods[record.entity_code, record.period] = record

    def copy(self) -> "References":
        """The same picture, to be added to while others still look at this one."""
        twin = References.__new__(References)
        for name, value in vars(self).items():
            # What was sorted out of the records is never changed, only dropped when a record comes in.
            is_index = name in ("_cards", "_absences", "_milestones", "_estimates")
            setattr(twin, name, value.copy() if isinstance(value, dict) and not is_index else value)
        return twin

    def add_all(self, records: Iterable[RecordOf]) -> None:
        """Take up many."""
        for record in records:
            self.add(record)

    def contracts_of(self, opportunity_native_id: str) -> list[Contract]:
        """Live contracts that name this opportunity, oldest number first."""
        keys = self._contract_of_opportunity.get(opportunity_native_id, ())
        found = [self.contracts[key] for key in keys]
        live = [c for c in found if not c.deleted and c.opportunity_native_id == opportunity_native_id]
        return sorted(live, key=lambda contract: contract.number)

    def contract_line(self, line_native_id: str) -> tuple[Contract, ContractLine] | None:
        """A contract line with its contract."""
        return self._lines.get(line_native_id)

    # Pictures are shared by threads: each index is built aside and shown only when it is whole.

    def milestones_of(self, line_native_id: str) -> list[MilestoneState]:
        """What is known of a line's milestones, in their order."""
        if self._milestones is None:
            found = defaultdict(list)
            for one in sorted(self.milestones.values(), key=lambda one: (one.seq, one.native_id)):
                found[one.contract_line_native_id].append(one)
            self._milestones = dict(found)
        return self._milestones.get(line_native_id, [])

    def estimates_of(self, line_native_id: str) -> list[Estimate]:
        """What was estimated of a line's hours, earliest first."""
        if self._estimates is None:
            found = defaultdict(list)
            for one in sorted(self.estimates.values(), key=lambda one: (one.recorded_at_ms, one.native_id)):
                found[one.contract_line_native_id].append(one)
            self._estimates = dict(found)
        return self._estimates.get(line_native_id, [])

    def absences_of(self, employee_native_id: str) -> list[Absence]:
        """What is known of a person's absences."""
        if self._absences is None:
            found = defaultdict(list)
            for absence in self.absences.values():
                found[absence.employee_native_id].append(absence)
            self._absences = dict(found)
        return self._absences.get(employee_native_id, [])

    def rates(self, scope: str, owner: str | None, level: str) -> list[RateLine]:
        """Live rate lines of one card owner and level, in a total order."""
        if self._cards is None:
            found = defaultdict(list)
            for line in sorted(self.rate_lines.values(), key=lambda line: line.native_id):
                if not line.deleted:
                    found[line.scope, line.owner_native_id, line.level].append(line)
            self._cards = dict(found)
        return self._cards.get((scope, owner, level), [])

    def _add_employee(self, employee: Employee) -> None:
        """A deletion names nobody but the record that is gone."""
        if employee.employee_no:
            self.employees[employee.employee_no] = employee
            return
        for known in list(self.employees.values()):
            if known.native_id == employee.native_id:
                self.employees[known.employee_no] = structs.replace(known, deleted=True)

    def _add_contract(self, contract: Contract) -> None:
        siblings = self._contract_of_opportunity.get(contract.opportunity_native_id, ())
        if contract.native_id not in siblings:
            self._contract_of_opportunity[contract.opportunity_native_id] = (*siblings, contract.native_id)
        before = self.contracts.get(contract.native_id)
        for line in before.lines if before else ():
            self._lines.pop(line.native_id, None)
        self.contracts[contract.native_id] = contract
        for line in contract.lines:
            self._lines[line.native_id] = (contract, line)
