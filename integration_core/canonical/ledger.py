"""Entities of the ERP as the core sees them: legal entities, tax rates, customers, invoices."""

from datetime import date
from decimal import Decimal

from msgspec import Struct


class PeriodClose(Struct, frozen=True):
    period: str
    close_at_ms: int


class BillingDate(Struct, frozen=True):
    billing_date: date
    freq: str  # MONTHLY | EXTRA


class LegalEntity(Struct, frozen=True, kw_only=True):
    """A company of the group; `native_id` is the ERP's subsidiary id."""

    code: str
    native_id: str
    name: str
    country: str
    functional_ccy: str
    tz: str
    std_hours_day: Decimal
    close_calendar: tuple[PeriodClose, ...]
    billing_calendar: tuple[BillingDate, ...]
    holidays: tuple[date, ...] = ()
    recorded_at_ms: int


class CodeList(Struct, frozen=True, kw_only=True):
    """One row of an ERP list: kind department, classification, currency, item or account."""

    kind: str
    code: str
    native_id: str
    name: str
    recorded_at_ms: int


class TaxRate(Struct, frozen=True, kw_only=True):
    jurisdiction: str
    tax_class: str
    valid_from: date
    percent: Decimal
    recorded_at_ms: int


class ErpCustomer(Struct, frozen=True, kw_only=True):
    """A customer to be made in the ERP; `key` is the external id."""

    key: str
    source_id: str  # CRM account id
    display_name: str
    legal_name: str
    entity_native_id: str
    ccy: str
    payment_terms: str
    vat_id: str | None
    tax_status: str
    parent_key: str | None


class ErpProject(Struct, frozen=True, kw_only=True):
    """A NetSuite-like job: contract and project in one; `key` is the external id."""

    key: str
    source_id: str  # CRM contract id
    name: str
    customer_key: str
    entity_native_id: str
    ccy: str
    value: Decimal
    inactive: bool = False


class ErpEmployee(Struct, frozen=True, kw_only=True):
    key: str
    source_id: str  # HRIS employee id
    employee_no: str
    first_name: str
    last_name: str
    email: str
    entity_native_id: str
    inactive: bool


class InvoiceLine(Struct, frozen=True, kw_only=True):
    """One billing event piece on a document."""

    source_id: str
    contract_line_source_id: str
    item: str  # TM | EXP | USG | FF | RET | OV
    hours: Decimal
    rate: Decimal  # hourly value shown to the reader; the amount decides
    amount: Decimal
    project_key: str
    department: str  # cost centre code, "" where none
    practice: str
    memo: str


class Invoice(Struct, frozen=True, kw_only=True):
    """A document for the ERP to number, tax and post; `key` is the external id."""

    key: str
    run: str
    customer_key: str
    source_id: str  # CRM contract id, or account id where consolidated
    entity_code: str
    entity_native_id: str
    ccy: str
    exchange_rate: Decimal
    invoice_date: date
    acct_date: date
    due_date: date
    po_number: str | None
    tax_jurisdiction: str
    tax_category: str
    tax_percent: Decimal
    lines: tuple[InvoiceLine, ...]


class CreditMemo(Struct, frozen=True, kw_only=True):
    """A credit of some lines of one invoice; each line is the invoice's own, all positive."""

    key: str  # CM|<invoice key>|<run>
    run: str
    invoice_key: str
    customer_key: str
    source_id: str
    entity_code: str
    entity_native_id: str
    ccy: str
    exchange_rate: Decimal  # the invoice's
    memo_date: date
    acct_date: date
    tax_jurisdiction: str
    tax_category: str
    tax_percent: Decimal
    lines: tuple[InvoiceLine, ...]


class JournalLine(Struct, frozen=True, kw_only=True):
    """One line of a journal; exactly one of debit and credit is above zero."""

    account: str  # number of the chart
    debit: Decimal = Decimal(0)
    credit: Decimal = Decimal(0)
    customer_key: str = ""
    contract_line_source_id: str = ""
    project_key: str = ""
    practice: str = ""
    department: str = ""  # cost centre code
    resource: str = ""  # employee number
    bucket: str = ""  # BENCH, LEAVE or INTERNAL, on 5190


class Journal(Struct, frozen=True, kw_only=True):
    """A journal for the ERP to post; `key` is the external id `JE|type|entity|…`."""

    key: str
    journal_type: str  # ACC | ACR | REV | RCL | RCR | PAY | LAB
    source_id: str
    entity_code: str
    entity_native_id: str
    ccy: str
    acct_date: date
    lines: tuple[JournalLine, ...]


class InvoiceState(Struct, frozen=True, kw_only=True):
    """What the ERP says of an invoice or a credit memo now."""

    key: str
    native_id: str
    number: str | None
    status: str
    ccy: str
    net: Decimal
    tax: Decimal
    gross: Decimal
    open_amount: Decimal
    recorded_at_ms: int


class PeriodState(Struct, frozen=True, kw_only=True):
    entity_code: str
    period: str
    native_id: str
    closed: bool
    recorded_at_ms: int
