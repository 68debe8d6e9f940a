"""Documents: what a subject makes the target systems hold, as the judge reads it.

Every record carries its native id, its external id (the subject's key), the id of the source
record it stands for, and when it was created and last modified in the target's own time.
Money stays in the transaction currency (`_tc_minor`) and the entity's functional one (`_fc_minor`).
"""

from datetime import date

from msgspec import Struct


class Document(Struct, frozen=True, kw_only=True, tag=True):
    """One record of a target system, in its current version."""

    native_id: str
    external_id: str
    created_at_ms: int
    modified_at_ms: int
    versions: int = 1
    deleted: bool = False


class ErpCustomer(Document, frozen=True, kw_only=True):
    source_id: str  # CRM account id
    name: str
    legal_name: str
    entity: str  # entity code
    ccy: str
    terms: str
    vat_id: str | None
    tax_status: str
    inactive: bool
    parent: str | None  # native id


class ErpProject(Document, frozen=True, kw_only=True):
    """A NetSuite job: the ERP's side of contract and project."""

    source_id: str  # CRM contract id
    name: str
    customer: str  # native id of ErpCustomer
    value_minor: int
    inactive: bool
    entity: str = ""  # entity code
    ccy: str = ""


class ErpEmployee(Document, frozen=True, kw_only=True):
    source_id: str  # HRIS employee id
    employee_no: str
    name: str
    email: str
    entity: str
    inactive: bool


class InvoiceLine(Struct, frozen=True, kw_only=True, gc=False):
    """One billing event piece.

    `source_id` is `<timecard header id>#<Mon..Sun>` for time, the milestone's id, or
    `<contract line id>#BS<seq>` for a schedule row and `<contract line id>#OV<YYYY-MM>` for overage.
    """

    line: int
    source_id: str
    contract_line_source_id: str
    item: str
    account: str
    quantity_e4: int
    rate_e4: int
    amount_tc_minor: int
    amount_fc_minor: int
    tax_code: str  # jurisdiction|category|percent
    project: str  # native id of ErpProject
    department: str  # cost centre code or ""
    practice: str  # practice code or ""


class TaxTotal(Struct, frozen=True, kw_only=True):
    tax_code: str
    base_tc_minor: int
    tax_tc_minor: int
    tax_fc_minor: int


class Invoice(Document, frozen=True, kw_only=True):
    number: str | None
    status: str  # DRAFT | HELD | APPROVED | POSTED | PARTIALLY_PAID | PAID | VOID
    entity: str  # entity code
    customer: str  # native id
    source_id: str  # CRM contract id, or account id where consolidated
    run: str  # BR|entity|date
    ccy: str
    fx_rate: str  # decimal text, functional units per transaction unit
    invoice_date: date
    due_date: date
    acct_date: date
    period: str  # YYYY-MM
    po_number: str | None
    approved_at_ms: int | None
    net_tc_minor: int
    tax_tc_minor: int
    gross_tc_minor: int
    open_tc_minor: int
    open_fc_minor: int
    lines: tuple[InvoiceLine, ...]
    taxes: tuple[TaxTotal, ...]


class CreditLine(Struct, frozen=True, kw_only=True, gc=False):
    """The credit of one invoice line; `source_id` is that line's."""

    line: int
    source_id: str
    contract_line_source_id: str
    item: str
    account: str
    amount_tc_minor: int
    amount_fc_minor: int
    tax_code: str
    project: str
    department: str
    practice: str
    quantity_e4: int = 0
    rate_e4: int = 0


class CreditMemo(Document, frozen=True, kw_only=True):
    """A credit of one invoice by one run; amounts are positive."""

    number: str | None
    status: str  # DRAFT | HELD | APPROVED | POSTED | APPLIED | VOID
    entity: str  # entity code
    customer: str  # native id
    source_id: str  # as on the invoice
    invoice: str  # native id
    run: str
    ccy: str
    fx_rate: str
    memo_date: date
    acct_date: date
    period: str
    approved_at_ms: int | None
    net_tc_minor: int
    tax_tc_minor: int
    gross_tc_minor: int
    applied_tc_minor: int  # to its invoice
    open_tc_minor: int
    open_fc_minor: int
    lines: tuple[CreditLine, ...]
    taxes: tuple[TaxTotal, ...]


class Application(Struct, frozen=True, kw_only=True):
    invoice: str  # native id
    amount_tc_minor: int


class Payment(Document, frozen=True, kw_only=True):
    number: str
    entity: str
    customer: str
    ccy: str
    received_on: date
    acct_date: date
    amount_tc_minor: int
    amount_fc_minor: int
    open_tc_minor: int
    applications: tuple[Application, ...]
    period: str = ""  # YYYY-MM


class JournalLine(Struct, frozen=True, kw_only=True, gc=False):
    account: str
    dr_tc_minor: int
    cr_tc_minor: int
    dr_fc_minor: int
    cr_fc_minor: int
    customer: str = ""  # native id
    contract_line: str = ""  # source id
    project: str = ""  # native id
    resource: str = ""
    cost_centre: str = ""
    practice: str = ""
    tax_code: str = ""
    source_line: str = ""  # source_id of the document line
    bucket: str = ""  # BENCH | LEAVE | INTERNAL on 5190


class Journal(Document, frozen=True, kw_only=True):
    number: str
    journal_type: str  # INV, CM, PMT by the ERP; ACC, ACR, REV, RCL, RCR, PAY, LAB by the subject
    entity: str
    ccy: str
    acct_date: date
    period: str
    document: str  # native id of the document that made it, or ""
    posted_at_ms: int
    source_id: str = ""  # contract line id; payroll id; <payroll id>#<employee no> (LAB)
    lines: tuple[JournalLine, ...]


class Period(Document, frozen=True, kw_only=True):
    entity: str
    period: str
    state: str  # OPEN | CLOSED
    closed_at_ms: int | None = None


class PsaProject(Document, frozen=True, kw_only=True):
    source_id: str  # CRM contract id
    name: str
    opportunity: str  # CRM opportunity id
    account: str  # PSA account id or ""
    ccy: str
    value_minor: int
    active: bool
    status: str
    invoice_status: str = ""


class PsaTask(Document, frozen=True, kw_only=True):
    project: str  # native id
    contract_line_source_id: str
    wbs: str
    name: str
    planned_e2: int
    billable: bool
    start: date | None
    end: date | None
    progress: bool = False  # counts for percent complete
    bill_level: str = ""


class PsaResource(Document, frozen=True, kw_only=True):
    employee_no: str
    name: str
    email: str
    entity: str
    practice: str
    cost_centre: str
    level: str
    active: bool
    employed_from: date | None
    employed_to: date | None


class PsaSplit(Document, frozen=True, kw_only=True, gc=False):
    """A timecard split: where billing marks hang."""

    card_source_id: str  # timecard header id
    hours_e2: int
    billed: bool
    invoice_no: str
    invoice_status: str
    card_status: str | None = None  # of the timecard, as it stands; None where nobody looked


class PsaMilestone(Document, frozen=True, kw_only=True):
    """A milestone as the subject planned it, with the marks of its billing."""

    project: str  # native id
    contract_line_source_id: str
    seq: int
    name: str
    amount_minor: int
    status: str
    billed: bool
    invoice_no: str
    invoice_status: str


class CrmContractMirror(Document, frozen=True, kw_only=True):
    """What the CRM shows of billing for one contract (native_id is the contract's)."""

    billed_minor: int | None
    collected_minor: int | None
    open_ar_minor: int | None


class CrmOpportunityMirror(Document, frozen=True, kw_only=True):
    """What the CRM shows of delivery and billing for one opportunity."""

    project_status: str
    last_invoice_no: str
    last_invoice_status: str


TargetDocument = (
    ErpCustomer
    | ErpProject
    | ErpEmployee
    | Invoice
    | CreditMemo
    | Payment
    | Journal
    | Period
    | PsaProject
    | PsaTask
    | PsaResource
    | PsaSplit
    | PsaMilestone
    | CrmContractMirror
    | CrmOpportunityMirror
)
