"""What the target systems must hold after the small month, written down by hand."""

from datetime import date
from typing import Any

from mocks.firm.facts.documents import (
    Application,
    CrmContractMirror,
    CrmOpportunityMirror,
    ErpCustomer,
    ErpEmployee,
    ErpProject,
    Invoice,
    InvoiceLine,
    Journal,
    JournalLine,
    Payment,
    Period,
    PsaProject,
    PsaResource,
    PsaSplit,
    PsaTask,
    TargetDocument,
    TaxTotal,
)
from tests.unit.checks.facts import APPROVAL, at

STAMPS: dict[str, Any] = {"created_at_ms": APPROVAL, "modified_at_ms": APPROVAL}
TAX = "US-CA|S|4.2000"
NUMBER = "US01-INV-2026-000001"

# source id, hours e-2, rate e-4, amount: finance 8.1 (3.50 x 179.95 = 629.825 is a tie and goes up)
LINES = (
    ("th1#Tue", 775, 2_450_000, 189_875),
    ("th1#Fri", 800, 2_523_500, 201_880),
    ("th4#Tue", 533, 2_523_500, 134_503),
    ("th2#Tue", 350, 1_799_500, 62_983),
    ("th3#Mon", 325, 1_396_000, 45_370),
)
NET, SALES_TAX, GROSS = 634_611, 26_654, 661_265  # 6,346.11 x 4.2 % = 266.53662


def masters() -> list[TargetDocument]:
    names = {1: "Anna", 2: "Ben", 3: "Carla", 4: "Mia"}
    levels = {1: "PRINCIPAL", 2: "SENIOR", 3: "ANALYST", 4: "PARTNER"}
    employees = [
        ErpEmployee(
            native_id=f"e{n}",
            external_id=f"RS|{n}",
            source_id=f"hr{n}",
            employee_no=str(n),
            name=f"{name} Example",
            email=f"{name.lower()}@example.com",
            entity="US01",
            inactive=False,
            **STAMPS,
        )
        for n, name in names.items()
    ]
    contacts = [
        PsaResource(
            native_id=f"003{n}",
            external_id=str(n),
            employee_no=str(n),
            name=f"{name} Example",
            email=f"{name.lower()}@example.com",
            entity="US01",
            practice="DATA",
            cost_centre="100",
            level=levels[n],
            active=True,
            employed_from=date(2024, 1, 1),
            employed_to=None,
            **STAMPS,
        )
        for n, name in names.items()
    ]
    customer = ErpCustomer(
        native_id="c1",
        external_id="CU|000001",
        source_id="001A",
        name="Example Buyer",
        legal_name="Example Buyer Inc",
        entity="US01",
        ccy="USD",
        terms="NET 30",
        vat_id=None,
        tax_status="BUSINESS",
        inactive=False,
        parent=None,
        **STAMPS,
    )
    return [customer, *employees, *contacts]


def projects() -> list[TargetDocument]:
    def task(native_id: str, wbs: str, name: str, planned_e2: int, client_work: bool) -> PsaTask:
        return PsaTask(
            native_id=native_id,
            external_id=f"TK|00000101|{wbs}",
            project="p1",
            contract_line_source_id="a01A",
            wbs=wbs,
            name=name,
            planned_e2=planned_e2,
            billable=client_work,
            progress=client_work,
            start=date(2026, 1, 6),
            end=None,
            **STAMPS,
        )

    return [
        ErpProject(
            native_id="j1",
            external_id="CO|00000101",
            source_id="800A",
            name="Advice for the buyer",
            customer="c1",
            value_minor=2_000_000,
            inactive=False,
            entity="US01",
            ccy="USD",
            **STAMPS,
        ),
        PsaProject(
            native_id="p1",
            external_id="PJ|CO|00000101",
            source_id="800A",
            name="Advice for the buyer",
            opportunity="006A",
            account="",
            ccy="USD",
            value_minor=2_000_000,
            active=True,
            status="Active",
            invoice_status="PAID",
            **STAMPS,
        ),
        task("t1", "1.10", "Advise", 5_000, True),  # 1.50 x 33.33 h = 49.995 h, up
        task("t2", "1.20", "Administer", 150, False),
    ]


def invoice() -> Invoice:
    lines = tuple(
        InvoiceLine(
            line=number,
            source_id=source_id,
            contract_line_source_id="a01A",
            item="TM",
            account="4000",
            quantity_e4=hours_e2 * 100,
            rate_e4=rate_e4,
            amount_tc_minor=amount,
            amount_fc_minor=amount,
            tax_code=TAX,
            project="j1",
            department="",
            practice="DATA",
        )
        for number, (source_id, hours_e2, rate_e4, amount) in enumerate(LINES, start=1)
    )
    return Invoice(
        native_id="i1",
        external_id="IN|US01|2026-01-31|00000101",
        number=NUMBER,
        status="PAID",
        entity="US01",
        customer="c1",
        source_id="800A",
        run="BR|US01|2026-01-31",
        ccy="USD",
        fx_rate="1",
        invoice_date=date(2026, 1, 31),
        due_date=date(2026, 3, 2),
        acct_date=date(2026, 1, 31),
        period="2026-01",
        po_number=None,
        approved_at_ms=APPROVAL,
        net_tc_minor=NET,
        tax_tc_minor=SALES_TAX,
        gross_tc_minor=GROSS,
        open_tc_minor=0,
        open_fc_minor=0,
        lines=lines,
        taxes=(TaxTotal(tax_code=TAX, base_tc_minor=NET, tax_tc_minor=SALES_TAX, tax_fc_minor=SALES_TAX),),
        **STAMPS,
    )


def entry(account: str, debit: int, credit: int, **dimensions: str) -> JournalLine:
    return JournalLine(
        account=account,
        dr_tc_minor=debit,
        cr_tc_minor=credit,
        dr_fc_minor=debit,
        cr_fc_minor=credit,
        **dimensions,
    )


def journal(native_id: str, kind: str, day: date, document: str, *lines: JournalLine) -> Journal:
    return Journal(
        native_id=native_id,
        external_id="",
        number=f"JE-{native_id}",
        journal_type=kind,
        entity="US01",
        ccy="USD",
        acct_date=day,
        period=f"{day:%Y-%m}",
        document=document,
        posted_at_ms=APPROVAL if kind == "INV" else at("2026-02-04 15:00"),
        lines=lines,
        **STAMPS,
    )


def ledger() -> list[TargetDocument]:
    revenue = entry("4000", 0, NET, customer="c1", contract_line="a01A", project="j1", practice="DATA")
    receivable = entry("1100", GROSS, 0, customer="c1")
    tax = entry("2200", 0, SALES_TAX, tax_code=TAX)
    receipt = (entry("1000", GROSS, 0), entry("1100", 0, GROSS, customer="c1"))
    payment = Payment(
        native_id="pm1",
        external_id="BANK-1",
        number="PM-1",
        entity="US01",
        customer="c1",
        ccy="USD",
        received_on=date(2026, 2, 4),
        acct_date=date(2026, 2, 4),
        period="2026-02",
        amount_tc_minor=GROSS,
        amount_fc_minor=GROSS,
        open_tc_minor=0,
        applications=(Application(invoice="i1", amount_tc_minor=GROSS),),
        created_at_ms=at("2026-02-04 15:00"),
        modified_at_ms=at("2026-02-04 15:00"),
    )
    period = Period(native_id="ap1", external_id="", entity="US01", period="2026-01", state="OPEN", **STAMPS)
    return [
        invoice(),
        payment,
        period,
        journal("je1", "INV", date(2026, 1, 31), "i1", receivable, revenue, tax),
        journal("je2", "PMT", date(2026, 2, 4), "pm1", *receipt),
    ]


def mirrors() -> list[TargetDocument]:
    hours = {"th1": 1_575, "th2": 350, "th3": 325, "th4": 533, "th5": 550}
    splits = [
        PsaSplit(
            native_id=f"s-{card}",
            external_id="",
            card_source_id=card,
            hours_e2=hours_e2,
            billed=card != "th5",
            invoice_no=NUMBER if card != "th5" else "",
            invoice_status="PAID" if card != "th5" else "",
            **STAMPS,
        )
        for card, hours_e2 in hours.items()
    ]
    return [
        *splits,
        CrmContractMirror(
            native_id="800A",
            external_id="",
            billed_minor=NET,
            collected_minor=GROSS,
            open_ar_minor=0,
            **STAMPS,
        ),
        CrmOpportunityMirror(
            native_id="006A",
            external_id="",
            project_status="Active",
            last_invoice_no=NUMBER,
            last_invoice_status="PAID",
            **STAMPS,
        ),
    ]
