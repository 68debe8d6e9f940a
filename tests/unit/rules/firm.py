"""A firm small enough to reckon by hand: one seller, one customer, one deal, one person."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from integration_core.canonical.billing import Entry, Piece
from integration_core.canonical.deals import (
    Contract,
    ContractLine,
    Customer,
    Opportunity,
    PackageTask,
    Quote,
    QuoteLine,
    RateLine,
    ServicePackage,
)
from integration_core.canonical.ledger import BillingDate, LegalEntity, PeriodClose, TaxRate
from integration_core.canonical.work import Assignment, Employee, JobRow, RateOverride
from integration_core.rules.references import RecordOf, References

D = Decimal


def ms(text: str, zone: str = "UTC") -> int:
    """The instant of a local time such as `2026-03-05 14:00`, as UTC epoch milliseconds."""
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()) * 1000


SIGNED_MS = ms("2026-01-05 10:00")
ENTERED_MS = ms("2026-03-14 09:00")

US01 = LegalEntity(
    code="US01",
    native_id="1",
    name="Rehearsal Inc",
    country="US",
    functional_ccy="USD",
    tz="America/New_York",
    std_hours_day=D("8"),
    close_calendar=(
        PeriodClose("2026-02", ms("2026-03-06 17:00", "America/New_York")),
        PeriodClose("2026-03", ms("2026-04-07 17:00", "America/New_York")),
        PeriodClose("2026-04", ms("2026-05-07 17:00", "America/New_York")),
    ),
    billing_calendar=(
        BillingDate(date(2026, 2, 28), "MONTHLY"),
        BillingDate(date(2026, 3, 15), "EXTRA"),
        BillingDate(date(2026, 3, 31), "MONTHLY"),
    ),
    recorded_at_ms=0,
)
ACME = Customer(
    key="CU|C0001",
    native_id="001A",
    legal_name="Acme Inc",
    display_name="Acme",
    parent_native_id=None,
    bill_to_native_id="001A",
    street="1 Main St",
    city="Albany",
    postcode="12207",
    state="NY",
    country="US",
    tax_status="BUSINESS",
    vat_id=None,
    payment_terms="NET 30",
    ccy="USD",
    consolidate_invoices=False,
    po_required=False,
    deleted=False,
    recorded_at_ms=0,
)
PACKAGE = ServicePackage(
    key="SK|TM-DEV|1",
    native_id="01tP",
    sku="TM-DEV",
    version=1,
    billing_method="TM",
    revenue_method="RTI",
    tax_class="SERVICE",
    tasks=(
        PackageTask(
            wbs="1", name="Build", bill_level="SENIOR", hours=D("10.335"), billable=True, progress=True
        ),
        PackageTask(wbs="2", name="Steer", bill_level=None, hours=D("1.5"), billable=False, progress=False),
    ),
    recorded_at_ms=0,
)
DEAL = Opportunity(
    key="OP|R0001",
    native_id="006O",
    account_native_id="001A",
    name="Acme portal",
    stage="CLOSED_WON",
    amount=D("1900.00"),
    ccy="USD",
    entity_code="US01",
    practice="DATA",
    close_date=date(2026, 1, 5),
    closed_won_at_ms=SIGNED_MS - 2_000,
    accepted_quote_native_id="0Q0Q",
    po_number=None,
    deleted=False,
    recorded_at_ms=SIGNED_MS - 2_000,
)
QUOTE = Quote(
    key="QU|Q1|1",
    native_id="0Q0Q",
    opportunity_native_id="006O",
    status="ACCEPTED",
    ccy="USD",
    lines=(
        QuoteLine(
            line=1,
            package_native_id="01tP",
            quantity=D("2"),
            list_price=D("1000.00"),
            discount=D("0.05"),
            net=D("1900.00"),
            start=date(2026, 1, 12),
            end=None,
        ),
    ),
    recorded_at_ms=SIGNED_MS - 1_000,
)
LINE = ContractLine(
    key="CL|00000101|1",
    native_id="a0L1",
    line=1,
    package_native_id="01tP",
    billing_method="TM",
    revenue_method="RTI",
    tax_class="SERVICE",
    value=D("1900.00"),
    discount=D("0"),
    multipliers={"REG": D("1"), "OT": D("1.5"), "TRAVEL": D("0.5")},
    quantity=D("2"),
    start=date(2026, 1, 12),
    end=None,
)
CONTRACT = Contract(
    key="CO|00000101",
    native_id="800C",
    number="00000101",
    account_native_id="001A",
    bill_to_native_id="001A",
    opportunity_native_id="006O",
    entity_code="US01",
    ccy="USD",
    start=date(2026, 1, 12),
    end=None,
    status="SIGNED",
    billing_freq="MONTHLY",
    signed_at_ms=SIGNED_MS,
    po_number=None,
    lines=(LINE,),
    deleted=False,
    recorded_at_ms=SIGNED_MS,
)
BEN = Employee(
    key="RS|E007",
    native_id="7",
    employee_no="E007",
    first_name="Ben",
    last_name="Okafor",
    work_email="ben@rehearsal.example",
    entity_code="US01",
    practice="DATA",
    hired=date(2025, 6, 1),
    terminated=None,
    jobs=(
        JobRow(
            valid_from=date(2025, 6, 1),
            level="SENIOR",
            title="Senior",
            cost_centre="DATA",
            manager_employee_no=None,
        ),
    ),
    skills=(),
    deleted=False,
    recorded_at_ms=0,
)
STAFFING = Assignment(
    native_id="a1A1",
    number="A-0001",
    resource_native_id="003R",
    project_native_id="a1P1",
    task_native_id="a1K1",
    valid_from=date(2026, 1, 12),
    valid_to=date(2026, 7, 1),
    bill_level=None,
    status="ACTIVE",
    overrides=(),
    deleted=False,
    recorded_at_ms=0,
)
DEFAULT_RATE = RateLine(
    native_id="r4",
    card="STD",
    scope="DEFAULT",
    owner_native_id=None,
    ccy="USD",
    level="SENIOR",
    practice="*",
    unit="HOUR",
    rate=D("150"),
    valid_from=date(2026, 1, 1),
    valid_to=None,
    apply_retro=False,
    deleted=False,
    recorded_at_ms=0,
)
ENTRY = Entry(
    source_id="a1T1#Fri",
    bk="TE|TC-000123|Fri",
    ver=1,
    employee_no="E007",
    assignment_native_id="a1A1",
    contract_line_native_id="a0L1",
    task_billable=True,
    work_date=date(2026, 3, 13),
    hours=D("3.50"),
    time_type="REG",
    billable=True,
    a_ms=ENTERED_MS,
)
PIECE = Piece(
    event_bk="BE|TE|TC-000123|Fri|v1.1|p1",
    source_id="a1T1#Fri",
    contract_native_id="800C",
    contract_line_native_id="a0L1",
    method="TM",
    service_date=date(2026, 3, 13),
    hours=D("3.50"),
    hourly=D("179.95"),
    amount=D("629.83"),
    commit_ms=ENTERED_MS,
    cost_centre="DATA",
    memo="",
)


def known(*records: RecordOf, without: tuple[RecordOf, ...] = ()) -> References:
    """The firm's records as the rules see them, with some more or changed, or without some."""
    base: tuple[RecordOf, ...] = (US01, ACME, PACKAGE, DEAL, QUOTE, CONTRACT, BEN, STAFFING, DEFAULT_RATE)
    references = References()
    references.add_all(record for record in base if record not in without)
    references.add_all(records)
    return references


def price(native_id: str, rate: str, **changes: Any) -> RateLine:
    """A further line of a rate card; by default one like the default card's."""
    return replace(DEFAULT_RATE, native_id=native_id, rate=D(rate), **changes)


def override(rate: str, **changes: Any) -> RateOverride:
    """A price agreed for the assignment alone."""
    row = RateOverride(rate=D(rate), ccy="USD", valid_from=date(2026, 1, 1), valid_to=None, recorded_at_ms=0)
    return replace(row, **changes)


def state_tax(state: str, percent: str, valid_from: date = date(2020, 1, 1), **changes: Any) -> TaxRate:
    """A rate of tax on services."""
    rate = TaxRate(
        jurisdiction=state,
        tax_class="SERVICE",
        valid_from=valid_from,
        percent=D(percent),
        recorded_at_ms=0,
    )
    return replace(rate, **changes)
