"""Facts: what one person or source system did, with the instants that decide what follows.

Each record is one version of one entity. `bk` is the business key of finance 1.1, equal in
every system; `source_id` is the native id in the system of record (empty until it was played).
`recorded_at_ms` is the commit stamp in the source, in the source's own time.
"""

from datetime import date

from msgspec import Struct

from mocks.firm.facts.base import Fact as Fact
from mocks.firm.facts.people import Absence as Absence
from mocks.firm.facts.people import AbsenceDay as AbsenceDay
from mocks.firm.facts.people import JobRow as JobRow
from mocks.firm.facts.people import PayrollLine as PayrollLine
from mocks.firm.facts.people import PayrollRun as PayrollRun
from mocks.firm.facts.people import Resource as Resource
from mocks.firm.facts.people import Skill as Skill
from mocks.firm.facts.people import StatusRow as StatusRow

# --- master data of the ERP -----------------------------------------------------------------


class PeriodClose(Struct, frozen=True):
    """When a period of an entity enters CLOSING (finance 0.5)."""

    period: str  # YYYY-MM
    close_at_ms: int


class BillingDate(Struct, frozen=True):
    """One row of an entity's billing calendar; `freq` is MONTHLY or EXTRA."""

    billing_date: date
    freq: str


class LegalEntity(Fact, frozen=True, kw_only=True):
    """`LE|code`: a company of the group with its calendars."""

    code: str
    name: str
    country: str
    functional_ccy: str
    tz: str
    std_hours_day_e2: int
    close_calendar: tuple[PeriodClose, ...] = ()
    billing_calendar: tuple[BillingDate, ...] = ()
    holidays: tuple[date, ...] = ()


class CostCentre(Fact, frozen=True, kw_only=True):
    """`CC|entity|code`."""

    entity: str  # LE bk
    code: str
    name: str


class Practice(Fact, frozen=True, kw_only=True):
    """`PR|code`."""

    code: str
    name: str


class TaxRate(Fact, frozen=True, kw_only=True):
    """`TX|jurisdiction|class|valid_from`; jurisdiction is an ISO country or `US-xx`."""

    jurisdiction: str
    tax_class: str
    valid_from: date
    percent_e4: int


# --- CRM ------------------------------------------------------------------------------------


class Account(Fact, frozen=True, kw_only=True):
    """`CU|nnnnnn`: a customer as the CRM proposes it."""

    legal_name: str
    display_name: str
    parent: str | None  # CU bk
    bill_to: str  # CU bk, itself by default
    street: str
    city: str
    postcode: str
    state: str | None
    country: str | None
    tax_status: str  # BUSINESS | CONSUMER | UNKNOWN
    vat_id: str | None
    payment_terms: str | None  # "NET 30" | "EOM 15"
    currency: str
    consolidate_invoices: bool = False
    po_required: bool = False


class PackageTask(Struct, frozen=True):
    """One row of a service package's task template."""

    wbs: str
    name: str
    bill_level: str | None
    hours_e2: int
    billable: bool
    progress: bool


class PackageMilestone(Struct, frozen=True):
    """One row of a service package's milestone plan; the shares of a plan add up to one."""

    seq: int
    name: str
    share_e6: int


class ServicePackage(Fact, frozen=True, kw_only=True):
    """`SK|sku|version`: what is sold, and how it is billed and recognised."""

    sku: str
    version: int
    name: str
    billing_method: str
    revenue_method: str
    tax_class: str
    tasks: tuple[PackageTask, ...] = ()
    milestones: tuple[PackageMilestone, ...] = ()


class Opportunity(Fact, frozen=True, kw_only=True):
    """`OP|id`: a deal; stages OPEN, COMMIT, CLOSED_WON, CLOSED_LOST."""

    account: str  # CU bk
    name: str
    stage: str
    amount_minor: int
    ccy: str
    entity: str  # LE bk, contracting
    practice: str  # PR bk
    close_date: date
    closed_won_at_ms: int | None = None
    accepted_quote: str | None = None  # QU bk
    po_number: str | None = None


class QuoteLine(Struct, frozen=True):
    """One line of a quote; `net = Q(quantity x list price x (1 - discount))` (finance V3)."""

    line: int
    package: str  # SK bk
    quantity_e2: int
    list_price_e4: int
    discount_e6: int
    net_minor: int
    start: date
    end: date | None


class Quote(Fact, frozen=True, kw_only=True):
    """`QU|no|rev`: statuses DRAFT, IN_APPROVAL, APPROVED, SENT, ACCEPTED, REJECTED, EXPIRED."""

    opportunity: str  # OP bk
    number: str
    revision: int
    status: str
    ccy: str
    valid_until: date
    lines: tuple[QuoteLine, ...] = ()


class Retainer(Struct, frozen=True):
    """Terms of a retainer line (finance 2.3, 2.5); money in the contract's currency."""

    monthly_fee_minor: int
    included_hours_e2: int
    rollover: bool
    rollover_cap_e2: int
    overage_rate_e4: int
    advance_months: int  # calendar months that one schedule row covers


class ContractLine(Struct, frozen=True):
    """One line of a signed contract; key `CL|contract no|line`, native record id in `source_id`."""

    line: int
    package: str  # SK bk
    billing_method: str
    revenue_method: str
    tax_class: str
    value_minor: int  # net of the quote line it came from
    discount_e6: int
    multiplier_reg_e2: int
    multiplier_ot_e2: int
    multiplier_travel_e2: int
    quantity_e2: int
    start: date
    end: date | None  # the first day that is no longer covered
    source_id: str = ""
    retainer: Retainer | None = None


class Contract(Fact, frozen=True, kw_only=True):
    """`CO|no`: statuses DRAFT, SIGNED, SUSPENDED, COMPLETED, CLOSED, CANCELLED (ACTIVE is derived, V1)."""

    number: str
    account: str  # CU bk
    bill_to: str  # CU bk
    opportunity: str  # OP bk
    entity: str  # LE bk
    ccy: str
    start: date
    end: date | None
    status: str
    billing_freq: str  # MONTHLY | EVERY_RUN
    signed_at_ms: int | None = None
    po_number: str | None = None
    lines: tuple[ContractLine, ...] = ()


class RateLine(Fact, frozen=True, kw_only=True):
    """`RC|card|level|practice|valid_from`: a price; scope CONTRACT, CLIENT (CRM) or DEFAULT (PSA)."""

    card: str
    scope: str
    owner: str | None  # CO bk or CU bk; None for DEFAULT
    ccy: str
    level: str
    practice: str  # practice code or "*"
    unit: str  # HOUR | DAY
    rate_e4: int
    valid_from: date
    valid_to: date | None = None
    apply_retro: bool = False


# --- PSA ------------------------------------------------------------------------------------


class RateOverride(Struct, frozen=True):
    """A price agreed for one assignment (priority 1 of finance 2.1)."""

    rate_e4: int
    ccy: str
    valid_from: date
    valid_to: date | None
    recorded_at_ms: int


class Assignment(Fact, frozen=True, kw_only=True):
    """`AS|no`: who works on which task, from when to when (half-open)."""

    number: str
    resource: str  # RS bk
    contract: str  # CO bk; the project is PJ|<contract>
    task: str  # TK bk = TK|<contract no>|<wbs>
    valid_from: date
    valid_to: date | None
    bill_level: str | None
    planned_e2: int
    status: str
    overrides: tuple[RateOverride, ...] = ()


class TimeEntry(Fact, frozen=True, kw_only=True, gc=False):
    """`TE|<timecard name>|<Mon..Sun>`: hours of one person on one task and day.

    Statuses SUBMITTED, APPROVED, REJECTED, REVERSED. `ver` counts along the chain of
    timecards that replace one another; `bk` is that of the first in the chain. `card` is the
    timecard this version stands on. A version of zero hours in a replacement deletes the entry.
    """

    card: str
    resource: str  # RS bk
    assignment: str  # AS bk
    task: str  # TK bk
    work_date: date
    hours_e2: int
    time_type: str  # REG | OT | TRAVEL
    billable: bool
    note: str
    status: str
    submitted_at_ms: int
    approved_by: str | None = None  # RS bk
    approved_at_ms: int | None = None
    replaces: str | None = None  # timecard name


class Milestone(Fact, frozen=True, kw_only=True):
    """`MS|<contract line key>|<seq>`: progress of a milestone that the subject planned in the PSA.

    Statuses ACHIEVED and ACCEPTED: what people say of it. The planned milestone itself, with its
    amount, is the subject's to make (finance V6); a fact whose milestone is not there yet waits.
    """

    contract: str  # CO bk
    line: int
    seq: int
    status: str
    accepted_at_ms: int | None = None
    accepted_by: str | None = None  # RS bk


class Estimate(Fact, frozen=True, kw_only=True):
    """`EA|<contract line key>|<seq>`: total hours a line is expected to take.

    `seq` counts from 2: the first estimate is derived from the package (finance V7), nobody records it.
    """

    contract: str  # CO bk
    line: int
    seq: int
    total_hours_e2: int


class ProjectCompletion(Fact, frozen=True, kw_only=True):
    """`PJ|CO|<contract no>`: the project manager declares the project done."""

    contract: str  # CO bk
    completed_at_ms: int


# --- ERP: receipts --------------------------------------------------------------------------


class PaymentIntent(Fact, frozen=True, kw_only=True):
    """`PM|contract no|date`: a customer will pay the open invoices of one contract that day."""

    contract: str  # CO bk
    received_on: date
    share_e6: int  # of the open amount, 1_000_000 pays in full
    bank_ref: str


SourceFact = (
    LegalEntity
    | CostCentre
    | Practice
    | TaxRate
    | Account
    | ServicePackage
    | Opportunity
    | Quote
    | Contract
    | RateLine
    | Resource
    | Assignment
    | TimeEntry
    | Absence
    | Milestone
    | Estimate
    | ProjectCompletion
    | PayrollRun
    | PaymentIntent
)
