"""The systems around the core, by role, and what may go wrong with a call to them.

Reads come as pages of canonical records with the bound they are complete to, in the
source's own time. Writes are idempotent by key; batch writes answer one outcome an item.
"""

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct

from integration_core.canonical.deals import Contract, Customer, Opportunity, Quote, RateLine, ServicePackage
from integration_core.canonical.ledger import (
    CodeList,
    CreditMemo,
    ErpCustomer,
    ErpEmployee,
    ErpProject,
    Invoice,
    InvoiceState,
    Journal,
    LegalEntity,
    PeriodState,
    TaxRate,
)
from integration_core.canonical.payroll import PayrollRun
from integration_core.canonical.work import (
    Absence,
    Assignment,
    BillingMark,
    ContractMirror,
    Employee,
    Estimate,
    Milestone,
    MilestoneMark,
    MilestoneState,
    OpportunityMirror,
    Project,
    ProjectState,
    Resource,
    Task,
    TimeCard,
)


class VendorError(Exception):
    """Base of what a system may answer instead of doing what was asked."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text


class Transient(VendorError):
    """Not now: nothing was done; try again, after `retry_after_seconds` where the system says so."""

    def __init__(self, code: str, text: str, retry_after_seconds: float | None = None) -> None:
        super().__init__(code, text)
        self.retry_after_seconds = retry_after_seconds


class RateLimited(Transient):
    """Too many calls; nothing was done."""


class OutcomeUnknown(VendorError):
    """A write was sent and not answered: look up the key before repeating it."""


class Refused(VendorError):
    """The system refuses this record for good; a person must change something."""


class AuthRefused(VendorError):
    """The credentials are not accepted; no record is to blame."""


class Unreadable(VendorError):
    """A record or an answer breaks the contract this core was built for."""


SourceRecord = (
    Customer
    | Opportunity
    | Quote
    | Contract
    | ServicePackage
    | RateLine
    | Employee
    | Absence
    | Assignment
    | TimeCard
    | MilestoneState
    | Estimate
    | ProjectState
    | PayrollRun
    | LegalEntity
    | TaxRate
    | CodeList
    | InvoiceState
    | PeriodState
)


class Unread(Struct, frozen=True, kw_only=True):
    """One record that could not be mapped: kept with its payload, never dropped."""

    entity: str
    native_id: str
    code: str  # SCHEMA_INVALID, ...
    text: str
    payload: str  # masked JSON
    recorded_at_ms: int


class ChangePage(Struct, frozen=True, kw_only=True):
    """One page of changes of one stream.

    `cursor` is opaque and continues this poll; None ends it. `complete_to_ms` is set on the last
    page only: every change the source committed before that instant (source time, its declared
    visibility lag already taken off) is in the pages of this poll.
    """

    records: tuple[SourceRecord, ...]
    unread: tuple[Unread, ...] = ()
    cursor: str | None = None
    complete_to_ms: int | None = None


class Source(Protocol):
    """A system of record that is polled, stream by stream."""

    name: str
    streams: tuple[str, ...]

    async def read_changes(self, stream: str, since_ms: int, cursor: str | None) -> ChangePage:
        """Changes with commit stamps >= `since_ms` (overlap is the caller's), oldest first.

        Raises Transient, AuthRefused or Unreadable; a page is all or nothing.
        """
        ...


class Written(Struct, frozen=True, kw_only=True, tag=True):
    """A write that is in effect."""

    key: str
    native_id: str


class Rejected(Struct, frozen=True, kw_only=True, tag=True):
    """One item of a batch that was not done: for good, or `retry` later."""

    key: str
    code: str
    text: str
    retry: bool
    retry_after_ms: int | None = None


Outcome = Written | Rejected


class Crm(Source, Protocol):
    """Salesforce-like: the deal, the contract, the prices; shows billing back."""

    async def write_contract_mirrors(self, mirrors: Sequence[ContractMirror]) -> Sequence[Outcome]:
        """At most 200; one outcome an item, in order; key = native id."""
        ...

    async def write_opportunity_mirrors(self, mirrors: Sequence[OpportunityMirror]) -> Sequence[Outcome]:
        """At most 200; one outcome an item, in order; key = native id."""
        ...


class Psa(Source, Protocol):
    """Certinia-like: projects, tasks, assignments, time; shows billing marks."""

    async def upsert_project(self, project: Project) -> Written: ...

    async def upsert_tasks(self, project_native_id: str, tasks: Sequence[Task]) -> Sequence[Outcome]: ...

    async def upsert_resources(self, resources: Sequence[Resource]) -> Sequence[Outcome]:
        """At most 200; one outcome an item, in order; the native id is the PSA's."""
        ...

    async def upsert_milestones(
        self, project_native_id: str, milestones: Sequence[Milestone]
    ) -> Sequence[Outcome]:
        """Plan milestones; at most 200, one outcome an item, in order. Never touches their status."""
        ...

    async def write_milestone_marks(self, marks: Sequence[MilestoneMark]) -> Sequence[Outcome]:
        """At most 200; key = milestone native id."""
        ...

    async def write_billing_marks(self, marks: Sequence[BillingMark]) -> Sequence[Outcome]:
        """At most 200; key = split native id."""
        ...


class Hris(Source, Protocol):
    """BambooHR-like: people and their effective-dated rows. Nothing is written back."""


class Erp(Source, Protocol):
    """NetSuite-like: masters in, customers, projects, employees and documents out."""

    async def upsert_customer(self, customer: ErpCustomer) -> Written: ...

    async def upsert_project(self, project: ErpProject, customer_native_id: str) -> Written: ...

    async def upsert_employee(self, employee: ErpEmployee) -> Written: ...

    async def find(self, record_type: str, key: str) -> str | None:
        """The native id behind an external id, or None; record_type customer, job, employee,
        invoice, creditMemo or journalEntry."""
        ...

    async def create_invoice(
        self, invoice: Invoice, customer_native_id: str, project_native_ids: dict[str, str]
    ) -> Written:
        """Create, or return what already stands under the key.

        Raises Refused (INV_REJECTED, PERIOD_CLOSED), Transient or OutcomeUnknown.
        """
        ...

    async def create_credit_memo(
        self,
        memo: CreditMemo,
        invoice_native_id: str,
        customer_native_id: str,
        project_native_ids: dict[str, str],
    ) -> Written:
        """Credit lines of an invoice; raises as `create_invoice` does."""
        ...

    async def create_journal(
        self,
        journal: Journal,
        customer_native_ids: dict[str, str],
        project_native_ids: dict[str, str],
    ) -> Written:
        """Post a journal; raises as `create_invoice` does."""
        ...

    async def close_period(self, period_native_id: str) -> Written:
        """Close an accounting period for good; closing a closed one changes nothing. Raises as above."""
        ...


class Payroll(Source, Protocol):
    """Gusto-like: processed payrolls of every company of the group. Nothing is written back."""
