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


class Price(Struct, frozen=True, kw_only=True):
    """A rating that succeeded: `numerator / denominator` currency units an hour, and where it came from."""

    priority: int
    source: str
    numerator: int
    denominator: int


class TimeEvent(Struct, frozen=True, kw_only=True):
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

    @property
    def bk(self) -> str:
        """`BE|<TE bk>|v<ver>.<rating>|p<piece>`."""
        return f"BE|{self.te}|v{self.ver}.1|p1"


class TaxCode(Struct, frozen=True, order=True):
    """Jurisdiction, UNCL5305 category and percent; what invoice lines and account 2200 carry."""

    jurisdiction: str
    category: str
    percent_e4: int


InvoiceKey = tuple[str, date, str]  # entity code, billing date, group: CO bk, or CU bk where consolidated


class ExpectedLine(Struct, frozen=True, kw_only=True):
    """One billing event piece on an invoice."""

    event: TimeEvent
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


Amounts = tuple[tuple[tuple[str, ...], int], ...]  # (account, dimensions...) -> net debit, sorted


class ExpectedJournal(Struct, frozen=True, kw_only=True):
    """A journal of finance 3.3; amounts are net debits in minor units, both currencies equal."""

    bk: str
    journal_type: str
    entity: str  # code
    ccy: str
    acct_date: date
    amounts: Amounts


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
    cases: tuple[ExpectedCase, ...]
    allowed_cases: tuple[ExpectedCase, ...]
    unsupported: tuple[str, ...]
