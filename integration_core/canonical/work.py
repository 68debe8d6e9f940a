"""People, projects, assignments and time as HRIS and PSA state them."""

from datetime import date
from decimal import Decimal

from msgspec import Struct


class JobRow(Struct, frozen=True, kw_only=True):
    valid_from: date
    level: str
    title: str
    cost_centre: str
    manager_employee_no: str | None


class StatusRow(Struct, frozen=True, kw_only=True):
    """Employment status and full-time share from a day on."""

    valid_from: date
    status: str
    fte: Decimal


class Skill(Struct, frozen=True, kw_only=True):
    name: str
    certified: bool


class Employee(Struct, frozen=True, kw_only=True):
    key: str  # RS|employee_no
    native_id: str  # HRIS id
    employee_no: str
    first_name: str
    last_name: str
    work_email: str
    entity_code: str
    practice: str
    hired: date
    terminated: date | None
    jobs: tuple[JobRow, ...]
    skills: tuple[Skill, ...]
    statuses: tuple[StatusRow, ...] = ()
    weekly_pattern: tuple[Decimal, ...] = ()  # hours, Monday to Sunday
    deleted: bool
    recorded_at_ms: int


class AbsenceDay(Struct, frozen=True, kw_only=True):
    day: date
    hours: Decimal


class Absence(Struct, frozen=True, kw_only=True):
    """Time off of one employee, in its current state."""

    native_id: str
    employee_native_id: str  # HRIS id
    status: str  # approved | canceled | ...
    days: tuple[AbsenceDay, ...]
    deleted: bool
    recorded_at_ms: int


class Resource(Struct, frozen=True, kw_only=True):
    """A person to be made in the PSA; `key` is the external id (employee number)."""

    key: str
    employee_no: str
    first_name: str
    last_name: str
    email: str
    entity_code: str
    practice: str
    cost_centre: str
    level: str
    manager_employee_no: str | None
    skills: str
    employed_from: date
    employed_to: date | None
    active: bool


class Project(Struct, frozen=True, kw_only=True):
    """A project to be made in the PSA; `key` is the external id `PJ|CO|number`."""

    key: str
    source_id: str  # CRM contract id
    opportunity_source_id: str
    account_source_id: str
    name: str
    ccy: str
    entity_code: str
    practice: str
    billing_type: str
    value: Decimal
    start: date
    end: date | None
    active: bool
    status: str


class Task(Struct, frozen=True, kw_only=True):
    """A task to be made in the PSA; `key` is the external id `TK|number|wbs`."""

    key: str
    project_key: str
    contract_line_source_id: str
    wbs: str
    name: str
    bill_level: str | None
    planned: Decimal
    billable: bool
    progress: bool
    start: date
    end: date | None


class Milestone(Struct, frozen=True, kw_only=True):
    """A milestone to be planned in the PSA; `key` is the external id `MS|CL|number|line|seq`."""

    key: str
    project_key: str
    contract_line_source_id: str
    seq: int
    name: str
    amount: Decimal
    target: date


class MilestoneState(Struct, frozen=True, kw_only=True):
    """What the PSA says of a milestone; `status` is its own word (Planned, Achieved, Accepted)."""

    native_id: str
    contract_line_native_id: str
    seq: int
    status: str
    accepted_at_ms: int | None
    deleted: bool
    recorded_at_ms: int


class Estimate(Struct, frozen=True, kw_only=True):
    """A new estimate of a line's total hours; never changed once made."""

    native_id: str
    contract_line_native_id: str
    total_hours: Decimal
    deleted: bool
    recorded_at_ms: int


class ProjectState(Struct, frozen=True, kw_only=True):
    """Whether and when the project manager declared a project done."""

    native_id: str
    contract_native_id: str
    completed_at_ms: int | None
    deleted: bool
    recorded_at_ms: int


class RateOverride(Struct, frozen=True, kw_only=True):
    rate: Decimal
    ccy: str
    valid_from: date
    valid_to: date | None
    recorded_at_ms: int


class Assignment(Struct, frozen=True, kw_only=True):
    native_id: str
    number: str
    resource_native_id: str
    project_native_id: str
    task_native_id: str
    valid_from: date
    valid_to: date | None
    bill_level: str | None
    status: str
    overrides: tuple[RateOverride, ...]
    deleted: bool
    recorded_at_ms: int


class TimeCell(Struct, frozen=True, kw_only=True):
    """One day of a timecard: `source_id` is `<header id>#<Mon..Sun>`."""

    source_id: str
    work_date: date
    hours: Decimal
    note: str


class CardSplit(Struct, frozen=True, kw_only=True):
    """The part of a card that lies in one calendar month; billing marks hang on it."""

    native_id: str
    start: date
    end: date


class TimeCard(Struct, frozen=True, kw_only=True):
    """One week of one person on one task and time type, in its current state."""

    native_id: str
    name: str
    resource_native_id: str
    project_native_id: str
    assignment_native_id: str
    task_native_id: str
    time_type: str
    billable: bool
    status: str  # Saved | Submitted | Approved | Rejected
    cells: tuple[TimeCell, ...]  # zero cells only on a card that replaces another
    splits: tuple[CardSplit, ...]  # made by the PSA at approval
    submitted_at_ms: int | None
    approved_at_ms: int | None
    approved_by_native_id: str | None
    replaces_native_id: str | None
    deleted: bool
    recorded_at_ms: int


class BillingMark(Struct, frozen=True, kw_only=True):
    """What the PSA shall show on one timecard split."""

    split_native_id: str
    billed: bool
    invoice_no: str
    invoice_status: str


class MilestoneMark(Struct, frozen=True, kw_only=True):
    """What the PSA shall show on one milestone."""

    milestone_native_id: str
    billed: bool
    invoice_no: str
    invoice_status: str


class ContractMirror(Struct, frozen=True, kw_only=True):
    """What the CRM shall show on one contract (finance 1.5)."""

    contract_native_id: str
    billed_to_date: Decimal
    collected_to_date: Decimal
    open_ar: Decimal


class OpportunityMirror(Struct, frozen=True, kw_only=True):
    """What the CRM shall show on one opportunity."""

    opportunity_native_id: str
    project_status: str
    last_invoice_no: str
    last_invoice_status: str
