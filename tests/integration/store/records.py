"""Small canonical records to put into the store."""

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from msgspec.structs import replace

from integration_core.canonical.billing import Blocked, Draft, Entry, Hold, Rated, Unpriced
from integration_core.canonical.deals import Contract, ContractLine, Customer
from integration_core.canonical.ledger import Invoice, InvoiceState
from integration_core.canonical.work import CardSplit, Task, TimeCard, TimeCell

D = Decimal
MONDAY = date(2026, 1, 26)
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
HOURLY = D("179.95")

CUSTOMER = Customer(
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
    recorded_at_ms=100,
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
    multipliers={"REG": D("1")},
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
    signed_at_ms=100,
    po_number=None,
    lines=(LINE,),
    deleted=False,
    recorded_at_ms=100,
)
TASK = Task(
    key="TK|00000101|1.1",
    project_key="PJ|CO|00000101",
    contract_line_source_id="a0L1",
    wbs="1.1",
    name="Build",
    bill_level=None,
    planned=D("20.67"),
    billable=True,
    progress=True,
    start=date(2026, 1, 12),
    end=None,
)
KNOWN_TASK = (TASK, "a1K1")
BEN = ("E007", "003R")


def card(native_id: str, at_ms: int, hours: dict[str, str], **changes: Any) -> TimeCard:
    """An approved card of Ben's; as a replacement it has all seven cells, as the PSA's has."""
    cells = [
        TimeCell(
            source_id=f"{native_id}#{day}",
            work_date=MONDAY + timedelta(days=offset),
            hours=D(hours.get(day, "0")),
            note=f"{day} notes" if day in hours else "",
        )
        for offset, day in enumerate(DAYS)
        if day in hours or changes.get("replaces_native_id")
    ]
    approved = TimeCard(
        native_id=native_id,
        name=f"TC-{native_id}",
        resource_native_id="003R",
        project_native_id="a1P1",
        assignment_native_id="a1A1",
        task_native_id="a1K1",
        time_type="REG",
        billable=True,
        status="Approved",
        cells=tuple(cells),
        splits=(
            CardSplit(native_id=f"{native_id}-1", start=MONDAY, end=date(2026, 1, 31)),
            CardSplit(native_id=f"{native_id}-2", start=date(2026, 2, 1), end=date(2026, 2, 1)),
        ),
        submitted_at_ms=at_ms - 10,
        approved_at_ms=at_ms,
        approved_by_native_id="003M",
        replaces_native_id=None,
        deleted=False,
        recorded_at_ms=at_ms,
    )
    return replace(approved, **changes)


def replacement(native_id: str, of: str, at_ms: int, hours: dict[str, str], **changes: Any) -> TimeCard:
    """An approved card that names the one it replaces."""
    return card(native_id, at_ms, hours, replaces_native_id=of, **changes)


def priced(entry: Entry, commit_ms: int | None = None) -> Rated:
    """Rated at Ben's price, by default at the entry's own approval."""
    return Rated(
        entry=entry,
        contract=CONTRACT,
        line=LINE,
        hourly=HOURLY,
        amount=(entry.hours * HOURLY).quantize(D("0.01"), ROUND_HALF_UP),
        rate_source="1|AS|A-0001",
        commit_ms=entry.a_ms if commit_ms is None else commit_ms,
        cost_centre="DATA",
    )


def unpriced(entry: Entry, klass: str) -> Unpriced:
    """Without amount by its nature."""
    return Unpriced(entry=entry, contract=CONTRACT, line=LINE, klass=klass)


def blocked(entry: Entry, code: str = "RATE_MISSING") -> Blocked:
    """Not to be rated yet."""
    return Blocked(entry=entry, code=code, text="no rate.")


def draft(key: str, *events: str, held: str = "") -> Draft:
    """A document over some events, held under a code or ready."""
    return Draft(
        key=key,
        contract_native_ids=("800C",),
        event_bks=events,
        invoice=None if held else _invoice(key),
        hold=Hold(held, "held.") if held else None,
        hold_key=key,
    )


def _invoice(key: str) -> Invoice:
    return Invoice(
        key=key,
        run="BR|US01|2026-01-31",
        customer_key="CU|C0001",
        source_id="800C",
        entity_code="US01",
        entity_native_id="1",
        ccy="USD",
        exchange_rate=D(1),
        invoice_date=date(2026, 1, 31),
        acct_date=date(2026, 1, 31),
        due_date=date(2026, 3, 2),
        po_number=None,
        tax_jurisdiction="US-NY",
        tax_category="O",
        tax_percent=D(0),
        lines=(),
    )


def state(key: str, status: str, at_ms: int, open_amount: str = "629.83") -> InvoiceState:
    """What the ERP says of a document."""
    return InvoiceState(
        key=key,
        native_id="9001",
        number="US01-INV-2026-000001",
        status=status,
        ccy="USD",
        net=D("629.83"),
        tax=D("0.00"),
        gross=D("629.83"),
        open_amount=D(open_amount),
        recorded_at_ms=at_ms,
    )
