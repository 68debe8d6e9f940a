"""Customers, opportunities, quotes, contracts and prices as the CRM and the PSA state them."""

from datetime import date
from decimal import Decimal

from msgspec import Struct


class Customer(Struct, frozen=True, kw_only=True):
    """A customer proposed by the CRM; `native_id` is the account's id, `key` is `CU|number`."""

    key: str
    native_id: str
    legal_name: str
    display_name: str
    parent_native_id: str | None
    bill_to_native_id: str
    street: str
    city: str
    postcode: str
    state: str | None
    country: str | None
    tax_status: str
    vat_id: str | None
    payment_terms: str | None
    ccy: str
    consolidate_invoices: bool
    po_required: bool
    deleted: bool
    recorded_at_ms: int


class PackageTask(Struct, frozen=True, kw_only=True):
    wbs: str
    name: str
    bill_level: str | None
    hours: Decimal
    billable: bool
    progress: bool


class PackageMilestone(Struct, frozen=True, kw_only=True):
    seq: int
    name: str
    share: Decimal


class ServicePackage(Struct, frozen=True, kw_only=True):
    key: str
    native_id: str
    sku: str
    version: int
    billing_method: str
    revenue_method: str
    tax_class: str
    tasks: tuple[PackageTask, ...]
    milestones: tuple[PackageMilestone, ...] = ()
    recorded_at_ms: int


class Opportunity(Struct, frozen=True, kw_only=True):
    key: str
    native_id: str
    account_native_id: str
    name: str
    stage: str
    amount: Decimal
    ccy: str
    entity_code: str
    practice: str
    close_date: date
    closed_won_at_ms: int | None
    accepted_quote_native_id: str | None
    po_number: str | None
    deleted: bool
    recorded_at_ms: int


class QuoteLine(Struct, frozen=True, kw_only=True):
    line: int
    package_native_id: str
    quantity: Decimal
    list_price: Decimal
    discount: Decimal
    net: Decimal
    start: date
    end: date | None


class Quote(Struct, frozen=True, kw_only=True):
    key: str
    native_id: str
    opportunity_native_id: str
    status: str
    ccy: str
    lines: tuple[QuoteLine, ...]
    recorded_at_ms: int


class Retainer(Struct, frozen=True, kw_only=True):
    """Terms of a retainer line (finance 2.3, 2.5)."""

    monthly_fee: Decimal
    included_hours: Decimal
    rollover: bool
    rollover_cap: Decimal
    overage_rate: Decimal
    advance_months: int


class ContractLine(Struct, frozen=True, kw_only=True):
    key: str  # CL|contract no|line
    native_id: str
    line: int
    package_native_id: str
    billing_method: str
    revenue_method: str
    tax_class: str
    value: Decimal
    discount: Decimal
    multipliers: dict[str, Decimal]  # REG, OT, TRAVEL
    quantity: Decimal
    start: date
    end: date | None  # the first day that is no longer covered
    retainer: Retainer | None = None


class Contract(Struct, frozen=True, kw_only=True):
    key: str  # CO|number
    native_id: str
    number: str
    account_native_id: str
    bill_to_native_id: str
    opportunity_native_id: str
    entity_code: str
    ccy: str
    start: date
    end: date | None
    status: str
    billing_freq: str
    signed_at_ms: int | None
    po_number: str | None
    lines: tuple[ContractLine, ...]
    deleted: bool
    recorded_at_ms: int


class RateLine(Struct, frozen=True, kw_only=True):
    """A price on a card; `native_id` names the line, `owner_native_id` the contract or account."""

    native_id: str
    card: str
    scope: str  # CONTRACT | CLIENT | DEFAULT
    owner_native_id: str | None
    ccy: str
    level: str
    practice: str
    unit: str  # HOUR | DAY
    rate: Decimal
    valid_from: date
    valid_to: date | None
    apply_retro: bool
    deleted: bool
    recorded_at_ms: int
