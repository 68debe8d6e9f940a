"""What the oracle says: expected masters, events, documents, journals and cases, by business key."""

from dataclasses import dataclass, field
from datetime import date

from msgspec import Struct


class Deal(Struct, frozen=True, kw_only=True):
    """A contract whose V1 gate opened, as it stood at that instant."""

    contract: str
    number: str
    contract_source_id: str
    opportunity: str
    opportunity_source_id: str
    customer: str
    bill_to: str
    entity: str
    ccy: str
    practice: str  # code
    value_minor: int
    activation_ms: int


class ExpectedCustomer(Struct, frozen=True, kw_only=True):
    """An ERP customer; `required` is False for parents that a subject may or may not carry over."""

    bk: str
    required: bool
    name: str
    legal_name: str
    entity: str  # code
    ccy: str
    terms: str
    vat_id: str | None
    tax_status: str
    parent: str | None


class ExpectedTask(Struct, frozen=True, kw_only=True):
    """One task of a PSA project (V5)."""

    contract: str
    line_key: str
    wbs: str
    name: str
    planned_e2: int
    billable: bool


class ExpectedPerson(Struct, frozen=True, kw_only=True):
    """A person in ERP and PSA; tuples hold what is acceptable, `active` is None within a day of a change."""

    bk: str
    required: bool
    employee_no: str
    name: str
    email: str
    entity: str  # code
    practice: str  # code
    cost_centres: tuple[str, ...]
    levels: tuple[str, ...]
    active: bool | None
    employed_from: date
    employed_to: date | None


class Price(Struct, frozen=True, kw_only=True, gc=False):
    """A rating that succeeded: `numerator / denominator` currency units an hour, and where it came from."""

    priority: int
    source: str
    numerator: int
    denominator: int


class TimeEvent(Struct, frozen=True, kw_only=True, gc=False):
    """One approved version of a time entry and what billing makes of it (finance 0.3, 2.1)."""

    te: str
    ver: int
    sources: tuple[str, ...]  # native ids of this version and of later ones that changed nothing financial
    contract: str
    line: int
    line_key: str
    resource: str
    assignment: str
    work_date: date
    hours_e2: int
    billable: bool
    approved_ms: int
    valid_ms: int | None
    commit_ms: int | None
    superseded_ms: int | None
    price: Price | None
    amount_minor: int
    covered: bool = False  # billable work on a fixed-fee or retainer line: no amount of its own
    progress: bool = False  # on a task that counts for percent complete

    @property
    def bk(self) -> str:
        """`BE|<TE bk>|v<ver>.<rating>|p<piece>`."""
        return f"BE|{self.te}|v{self.ver}.1|p1"

    @property
    def method(self) -> str:
        """Time is billed as TM; entries of other lines have no amount of their own."""
        return "TM"

    @property
    def service_date(self) -> date:
        """The day the work was done."""
        return self.work_date


class FixedEvent(Struct, frozen=True, kw_only=True):
    """A billing event that is no time entry: an accepted milestone, a schedule row or a month's overage.

    `sources` are the ids an invoice line may stand for it with: the milestone's native id,
    `<contract line id>#BS<seq>` or `<contract line id>#OV<YYYY-MM>`. `hours_e2` is 0 except for overage.
    """

    bk: str  # BE|MS|…, BE|BS|…, BE|OV|…
    sources: tuple[str, ...]
    method: str  # FF | RET | OV
    contract: str
    line: int
    line_key: str
    service_date: date
    commit_ms: int
    amount_minor: int
    hours_e2: int = 0
    superseded_ms: int | None = None


Event = TimeEvent | FixedEvent


class TaxCode(Struct, frozen=True, order=True):
    """Jurisdiction, UNCL5305 category and percent; what invoice lines and account 2200 carry."""

    jurisdiction: str
    category: str
    percent_e4: int


InvoiceKey = tuple[str, date, str]  # entity code, billing date, group: CO bk, or CU bk where consolidated


class ExpectedLine(Struct, frozen=True, kw_only=True, gc=False):
    """One billing event piece on an invoice or, mirrored, on a credit memo."""

    event: Event
    amount_minor: int
    account: str
    practice: str
    tax: TaxCode


class ExpectedInvoice(Struct, frozen=True, kw_only=True):
    """A document of a billing run; `approved_ms` is None while it waits for approval or is HELD."""

    key: InvoiceKey
    bk: str
    customer: str
    ccy: str
    acct_date: date
    due_date: date | None
    approved_ms: int | None
    held: str | None
    lines: tuple[ExpectedLine, ...]
    taxes: tuple[tuple[TaxCode, int, int], ...]  # code, base, tax
    net_minor: int
    tax_minor: int

    @property
    def gross_minor(self) -> int:
        """Net + tax (R5)."""
        return self.net_minor + self.tax_minor


CreditKey = tuple[str, date, InvoiceKey]  # entity code, billing date of the crediting run, credited invoice


class ExpectedCredit(Struct, frozen=True, kw_only=True):
    """The credit memo of one invoice by one run; amounts are positive, `lines` are the invoice's."""

    key: CreditKey
    bk: str  # CM|<invoice bk>|<run id>
    customer: str
    ccy: str
    acct_date: date
    approved_ms: int | None
    lines: tuple[ExpectedLine, ...]
    taxes: tuple[tuple[TaxCode, int, int], ...]  # code, base, tax
    net_minor: int
    tax_minor: int

    @property
    def gross_minor(self) -> int:
        """Net + tax."""
        return self.net_minor + self.tax_minor


# (account, dimensions...) -> net debit, sorted. Dimensions, all business keys unless said otherwise:
# 1100 customer; 1140, 1150, 2400, 40xx customer, line key, contract, practice code; 2200 tax text;
# 1000 and 2150 none; 5000 person (RS bk); 5100 person, contract, cost centre code; 5190 person, bucket
# (BENCH, LEAVE, INTERNAL), cost centre code.
Amounts = tuple[tuple[tuple[str, ...], int], ...]


class ExpectedJournal(Struct, frozen=True, kw_only=True):
    """A journal of finance 3.3; amounts are net debits in minor units, both currencies equal."""

    bk: str
    journal_type: str
    entity: str  # code
    ccy: str
    acct_date: date
    amounts: Amounts


# journal type, entity code, source key, period YYYY-MM of the accounting date. The source key is a
# contract line key for ACC, ACR, REV, RCL and RCR, a payroll bk for PAY, `<payroll bk>#<RS bk>` for LAB.
CloseKey = tuple[str, str, str, str]


class ExpectedMilestone(Struct, frozen=True, kw_only=True):
    """A milestone that the subject must plan in the PSA (V6)."""

    bk: str  # MS|<line key>|<seq>
    contract: str
    line_key: str
    seq: int
    name: str
    amount_minor: int


class Position(Struct, frozen=True, kw_only=True):
    """One contract line at the end of a closed period, contract currency, cumulative (finance 3.4, 3.5).

    `earned_minor` is E for lines that are not right-to-invoice, else None. `billed_minor` is B: deferred
    kinds of invoice lines net of credits with an accounting date up to the period's end.
    `invoiced_minor` is the same for right-to-invoice kinds, `accrued_minor` the balance of 1140.
    `hours_e2` and `eac_e2` are what POC was computed from.
    """

    line_key: str
    contract: str
    entity: str  # code
    period: str
    revenue_account: str  # 4000 | 4010 | 4020
    earned_minor: int | None
    earned_before_minor: int
    billed_minor: int
    invoiced_minor: int
    accrued_minor: int
    hours_e2: int = 0
    eac_e2: int = 0
    completed: bool = False


class Allocation(Struct, frozen=True, kw_only=True):
    """How one person's cost of one payroll run is spread (finance 4): cost object -> hours, minor units.

    Cost objects are contract bks (for their projects), INTERNAL, LEAVE and BENCH.
    """

    payroll: str
    employee: str  # RS bk
    entity: str  # code
    cost_centre: str
    period: str  # whose weights
    cost_minor: int
    hours_e2: tuple[tuple[str, int], ...]
    amounts_minor: tuple[tuple[str, int], ...]


class ExpectedCase(Struct, frozen=True, order=True):
    """A code with the business keys that any one of may carry it."""

    code: str
    entity_bks: tuple[str, ...]


@dataclass(slots=True)
class CaseSet:
    """Cases collected while rules run: those that must be in the register, those that may."""

    demanded: set[ExpectedCase] = field(default_factory=set)
    allowed: set[ExpectedCase] = field(default_factory=set)

    def demand(self, code: str, entity_bks: tuple[str, ...]) -> None:
        """The register must name one of the keys under this code."""
        self.demanded.add(ExpectedCase(code, entity_bks))

    def allow(self, code: str, entity_bks: tuple[str, ...]) -> None:
        """The register may name any of the keys under this code."""
        self.allowed.add(ExpectedCase(code, entity_bks))


class Expected(Struct, frozen=True, kw_only=True):
    """The oracle's whole answer; a reason in `unsupported` makes every expectation-based check unknown."""

    deals: dict[str, Deal]
    customers: dict[str, ExpectedCustomer]
    people: dict[str, ExpectedPerson]
    tasks: dict[tuple[str, str], ExpectedTask]  # (contract bk, wbs)
    events: tuple[TimeEvent, ...]
    invoices: dict[InvoiceKey, ExpectedInvoice]
    invoice_journals: dict[InvoiceKey, ExpectedJournal]
    payment_journals: dict[str, ExpectedJournal]  # by the payment's native id
    fixed_events: tuple[FixedEvent, ...] = ()
    milestones: dict[str, ExpectedMilestone] = {}  # by MS bk
    credits: dict[CreditKey, ExpectedCredit] = {}
    credit_journals: dict[CreditKey, ExpectedJournal] = {}
    close_journals: dict[CloseKey, ExpectedJournal] = {}
    closed_periods: frozenset[tuple[str, str]] = frozenset()  # (entity code, YYYY-MM) that must be CLOSED
    positions: dict[tuple[str, str], Position] = {}  # (line key, period)
    allocations: dict[tuple[str, str], Allocation] = {}  # (payroll bk, RS bk)
    cases: tuple[ExpectedCase, ...]
    allowed_cases: tuple[ExpectedCase, ...]
    unsupported: tuple[str, ...]
