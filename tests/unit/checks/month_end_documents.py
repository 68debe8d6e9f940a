"""What the target systems must hold after the month-end, written down by hand."""

from datetime import date

from msgspec.structs import replace

from mocks.firm.facts.documents import (
    Application,
    CreditLine,
    CreditMemo,
    CrmContractMirror,
    CrmOpportunityMirror,
    Invoice,
    InvoiceLine,
    Journal,
    JournalLine,
    Payment,
    Period,
    PsaMilestone,
    PsaSplit,
    PsaTask,
    TargetDocument,
    TaxTotal,
)
from tests.unit.checks import documents as small
from tests.unit.checks.documents import STAMPS, TAX, entry
from tests.unit.checks.facts import at
from tests.unit.checks.month_end_facts import VALUE

FIRST_APPROVAL, SECOND_APPROVAL = at("2026-01-16 14:00"), at("2026-02-01 14:00")
CLOSED_AT = at("2026-02-06 22:00")
PAID = 638_645  # the rest of the first invoice is credited
END, AFTER = date(2026, 1, 31), date(2026, 2, 1)

# line, source id, contract line, item, account, hours or pieces e-4, rate e-4, net
_Line = tuple[int, str, str, str, str, int, int, int]
_FIRST: tuple[_Line, ...] = (
    (1, "th1#Mon", "a01A", "TM", "4000", 100_000, 2_450_000, 245_000),
    (2, "a01C#BS1", "a01C", "RET", "2400", 10_000, 61_290_300, 612_903),  # 9,500.00 x 20 / 31
)
_SECOND: tuple[_Line, ...] = (
    (1, "th2#Mon", "a01A", "TM", "4000", 80_000, 2_450_000, 196_000),
    (2, "ms1", "a01B", "FF", "2400", 10_000, 24_000_000, 240_000),
    (3, "a01C#OV2026-01", "a01C", "OV", "4020", 11_900, 2_500_000, 29_750),  # 27.00 - 25.81 h
)


def _invoice(
    native_id: str,
    day: date,
    due: date,
    approved_ms: int,
    status: str,
    tax: int,
    open_minor: int,
    rows: tuple[_Line, ...],
) -> Invoice:
    net = sum(row[-1] for row in rows)
    lines = tuple(
        InvoiceLine(
            line=line,
            source_id=source_id,
            contract_line_source_id=contract_line,
            item=item,
            account=account,
            quantity_e4=quantity,
            rate_e4=rate,
            amount_tc_minor=amount,
            amount_fc_minor=amount,
            tax_code=TAX,
            project="j1",
            department="",
            practice="DATA",
        )
        for line, source_id, contract_line, item, account, quantity, rate, amount in rows
    )
    return replace(
        small.invoice(),
        native_id=native_id,
        external_id=f"IN|US01|{day}|00000101",
        number=f"US01-INV-2026-00000{native_id[-1]}",
        status=status,
        run=f"BR|US01|{day}",
        invoice_date=day,
        due_date=due,
        acct_date=day,
        period="2026-01",
        approved_at_ms=approved_ms,
        net_tc_minor=net,
        tax_tc_minor=tax,
        gross_tc_minor=net + tax,
        open_tc_minor=open_minor,
        open_fc_minor=open_minor,
        lines=lines,
        taxes=(TaxTotal(tax_code=TAX, base_tc_minor=net, tax_tc_minor=tax, tax_fc_minor=tax),),
    )


def _credit() -> CreditMemo:
    return CreditMemo(
        native_id="cm1",
        external_id="CM|IN|US01|2026-01-15|00000101|BR|US01|2026-01-31",
        number="US01-CM-2026-000001",
        status="APPLIED",
        entity="US01",
        customer="c1",
        source_id="800A",
        invoice="i1",
        run="BR|US01|2026-01-31",
        ccy="USD",
        fx_rate="1",
        memo_date=END,
        acct_date=END,
        period="2026-01",
        approved_at_ms=SECOND_APPROVAL,
        net_tc_minor=245_000,
        tax_tc_minor=10_290,
        gross_tc_minor=255_290,
        applied_tc_minor=255_290,
        open_tc_minor=0,
        open_fc_minor=0,
        lines=(
            CreditLine(
                line=1,
                source_id="th1#Mon",
                contract_line_source_id="a01A",
                item="TM",
                account="4000",
                quantity_e4=100_000,
                rate_e4=2_450_000,
                amount_tc_minor=245_000,
                amount_fc_minor=245_000,
                tax_code=TAX,
                project="j1",
                department="",
                practice="DATA",
            ),
        ),
        taxes=(TaxTotal(tax_code=TAX, base_tc_minor=245_000, tax_tc_minor=10_290, tax_fc_minor=10_290),),
        **STAMPS,
    )


def _on(account: str, contract_line: str, net: int) -> JournalLine:
    dims = {"customer": "c1", "contract_line": contract_line, "project": "j1", "practice": "DATA"}
    return entry(account, max(0, net), max(0, -net), **dims)


def _journal(
    native_id: str, kind: str, day: date, document: str, source_id: str, posted: int, *lines: JournalLine
) -> Journal:
    made = small.journal(native_id, kind, day, document, *lines)
    return replace(made, external_id=native_id, source_id=source_id, posted_at_ms=posted)


def _document_journals() -> list[TargetDocument]:
    def owed(debit: int, credit: int) -> JournalLine:
        return entry("1100", debit, credit, customer="c1")

    def taxed(debit: int, credit: int) -> JournalLine:
        return entry("2200", debit, credit, tax_code=TAX)

    first = (owed(893_935, 0), _on("4000", "a01A", -245_000), _on("2400", "a01C", -612_903), taxed(0, 36_032))
    second = (
        owed(485_312, 0),
        _on("4000", "a01A", -196_000),
        _on("2400", "a01B", -240_000),
        _on("4020", "a01C", -29_750),
        taxed(0, 19_562),
    )
    credit = (owed(0, 255_290), _on("4000", "a01A", 245_000), taxed(10_290, 0))
    paid_ms = at("2026-01-25 15:00")
    return [
        _journal("je1", "INV", date(2026, 1, 15), "i1", "", FIRST_APPROVAL, *first),
        _journal("je2", "INV", END, "i2", "", SECOND_APPROVAL, *second),
        _journal("je3", "CM", END, "cm1", "", SECOND_APPROVAL, *credit),
        _journal("je4", "PMT", date(2026, 1, 25), "pm1", "", paid_ms, entry("1000", PAID, 0), owed(0, PAID)),
    ]


# person, contract's part, leave, bench: parts of the cost by 12/164, 20/8/148, 27/149 and 176 hours
_LABOUR = (
    ("1", 59_555, 0, 813_912),
    ("2", 68_182, 27_273, 504_545),
    ("3", 76_705, 0, 423_295),
    ("4", 0, 0, 1_000_000),
)


def _labour_journals() -> list[TargetDocument]:
    costs = {person: sum(parts) for person, *parts in _LABOUR}
    pool = [entry("5000", cost, 0, resource=person) for person, cost in costs.items()]
    owed = entry("2150", 0, sum(costs.values()))
    journals = [_journal("je5", "PAY", END, "", "py1", at("2026-02-02 19:00"), *pool, owed)]
    for person, project, leave, bench in _LABOUR:
        dims = {"resource": person, "cost_centre": "100"}
        parts = [
            entry("5100", project, 0, project="j1", **dims),
            entry("5190", leave, 0, bucket="LEAVE", **dims),
            entry("5190", bench, 0, bucket="BENCH", **dims),
            entry("5000", 0, costs[person], resource=person),
        ]
        used = [line for line in parts if line.dr_tc_minor or line.cr_tc_minor]
        journals.append(_journal(f"je6{person}", "LAB", END, "", f"py1#{person}", CLOSED_AT, *used))
    return list(journals)


def _close_journals() -> list[TargetDocument]:
    def made(native_id: str, kind: str, day: date, line: str, debit: str, credit: str, minor: int) -> Journal:
        rows = (_on(debit, line, minor), _on(credit, line, -minor))
        return _journal(native_id, kind, day, "", line, CLOSED_AT, *rows)

    return [
        made("je70", "ACC", END, "a01A", "1140", "4000", 100_940),  # 4.00 x 252.35
        made("je71", "ACR", AFTER, "a01A", "4000", "1140", 100_940),
        made("je72", "REV", END, "a01B", "2400", "4010", 300_000),  # 12,000.00 x 20 / 80
        made("je73", "RCL", END, "a01B", "1150", "2400", 60_000),
        made("je74", "RCR", AFTER, "a01B", "2400", "1150", 60_000),
        made("je75", "REV", END, "a01C", "2400", "4020", 612_903),
    ]


def ledger() -> list[TargetDocument]:
    first = _invoice(
        "i1", date(2026, 1, 15), date(2026, 2, 14), FIRST_APPROVAL, "CREDITED", 36_032, 0, _FIRST
    )
    second = _invoice("i2", END, date(2026, 3, 2), SECOND_APPROVAL, "POSTED", 19_562, 485_312, _SECOND)
    paid_ms = at("2026-01-25 15:00")
    payment = Payment(
        native_id="pm1",
        external_id="BANK-1",
        number="PM-1",
        entity="US01",
        customer="c1",
        ccy="USD",
        received_on=date(2026, 1, 25),
        acct_date=date(2026, 1, 25),
        period="2026-01",
        amount_tc_minor=PAID,
        amount_fc_minor=PAID,
        open_tc_minor=0,
        applications=(Application(invoice="i1", amount_tc_minor=PAID),),
        created_at_ms=paid_ms,
        modified_at_ms=paid_ms,
    )
    period = Period(
        native_id="ap1",
        external_id="",
        entity="US01",
        period="2026-01",
        state="CLOSED",
        closed_at_ms=CLOSED_AT,
        **STAMPS,
    )
    return [
        first,
        second,
        _credit(),
        payment,
        period,
        *_document_journals(),
        *_labour_journals(),
        *_close_journals(),
    ]


def _milestone(seq: int, name: str, amount: int, number: str) -> PsaMilestone:
    return PsaMilestone(
        native_id=f"ms{seq}",
        external_id=f"MS|CL|00000101|2|{seq}",
        project="p1",
        contract_line_source_id="a01B",
        seq=seq,
        name=name,
        amount_minor=amount,
        status="ACCEPTED" if number else "PLANNED",
        billed=bool(number),
        invoice_no=number,
        invoice_status="POSTED" if number else "",
        **STAMPS,
    )


def _split(card: str, hours_e2: int, number: str, status: str) -> PsaSplit:
    return PsaSplit(
        native_id=f"s-{card}",
        external_id="",
        card_source_id=card,
        hours_e2=hours_e2,
        billed=bool(number),
        invoice_no=number,
        invoice_status=status,
        **STAMPS,
    )


def delivery() -> list[TargetDocument]:
    """Projects, tasks, milestones and what CRM and PSA show of billing."""
    tasks = {"t1", "t2"}
    standing = [
        replace(row, value_minor=VALUE) if hasattr(row, "value_minor") else row for row in small.projects()
    ]
    projects = [replace(row, invoice_status="") if row.native_id == "p1" else row for row in standing]
    pattern = next(row for row in projects if isinstance(row, PsaTask) and row.native_id in tasks)
    fields = {"external_id": "", "planned_e2": 8_000, "billable": True}
    return [
        *projects,
        replace(pattern, native_id="t3", wbs="2.10", name="Build", contract_line_source_id="a01B", **fields),
        replace(
            pattern,
            native_id="t4",
            wbs="3.10",
            name="Care",
            contract_line_source_id="a01C",
            **{**fields, "planned_e2": 10_000, "progress": False},
        ),
        _milestone(1, "Draft", 240_000, "US01-INV-2026-000002"),
        _milestone(2, "Done", 960_000, ""),
        _split("th1", 1_000, "US01-INV-2026-000001", "CREDITED"),
        _split("th2", 800, "US01-INV-2026-000002", "POSTED"),
        _split("th3", 400, "", ""),
        _split("th4", 2_000, "", ""),
        _split("th5", 2_700, "", ""),
        CrmContractMirror(
            native_id="800A",
            external_id="",
            billed_minor=1_078_653,  # 8,579.03 + 4,657.50 - 2,450.00
            collected_minor=PAID,
            open_ar_minor=485_312,
            **STAMPS,
        ),
        CrmOpportunityMirror(
            native_id="006A",
            external_id="",
            project_status="Active",
            last_invoice_no="US01-INV-2026-000002",
            last_invoice_status="POSTED",
            **STAMPS,
        ),
    ]
