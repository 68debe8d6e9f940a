"""A month-end by hand: one deal of US01 with time, a fixed fee and a retainer, corrected and closed.

Anna's 10.00 h of 12 January are billed on the 15th and corrected to 8.00 h on the 20th; her 4.00 h of
the 30th are approved too late for the run and in time for the close. Ben works 20.00 of 80.00 h for the
fixed fee, whose first milestone is a fifth of 12,000.00. Carla works 27.00 h on a retainer that includes
25.81 h from the 12th to the 31st.
"""

from datetime import date

from msgspec.structs import replace

from mocks.firm.facts.source import (
    Absence,
    AbsenceDay,
    ContractLine,
    Milestone,
    PackageMilestone,
    PackageTask,
    PayrollLine,
    PayrollRun,
    QuoteLine,
    Retainer,
    ServicePackage,
    SourceFact,
    TimeEntry,
)
from tests.unit.checks.facts import (
    BEFORE,
    approved,
    assignment,
    at,
    cell,
    contract,
    contract_line,
    masters,
    opportunity,
    person,
    quote,
    rates,
)

NOW = at("2026-02-10 12:00")
VALUE = 8_900_000
FEE, TERMS = "TK|00000101|2.10", "TK|00000101|3.10"


def lines() -> tuple[ContractLine, ...]:
    retainer = Retainer(950_000, 4_000, True, 1_000, 2_500_000, 1)
    return (
        contract_line(),
        contract_line(
            line=2,
            package="SK|BUILD|1",
            billing_method="FF",
            revenue_method="POC_HOURS",
            value_minor=1_200_000,
            quantity_e2=100,
            source_id="a01B",
        ),
        contract_line(
            line=3,
            package="SK|CARE|1",
            billing_method="RET",
            revenue_method="STRAIGHT_LINE",
            value_minor=5_700_000,
            quantity_e2=100,
            start=date(2026, 1, 12),
            source_id="a01C",
            retainer=retainer,
        ),
    )


def packages() -> list[SourceFact]:
    build = ServicePackage(
        bk="SK|BUILD|1",
        recorded_at_ms=BEFORE,
        source_id="01tB",
        sku="BUILD",
        version=1,
        name="Build",
        billing_method="FF",
        revenue_method="POC_HOURS",
        tax_class="SERVICE",
        tasks=(PackageTask("10", "Build", None, 8_000, True, True),),
        milestones=(PackageMilestone(1, "Draft", 200_000), PackageMilestone(2, "Done", 800_000)),
    )
    care = replace(
        build,
        bk="SK|CARE|1",
        source_id="01tC",
        sku="CARE",
        name="Care",
        billing_method="RET",
        revenue_method="STRAIGHT_LINE",
        tasks=(PackageTask("10", "Care", None, 10_000, True, False),),
        milestones=(),
    )
    return [build, care]


def deal() -> list[SourceFact]:
    start = date(2026, 1, 6)
    quoted = (
        QuoteLine(1, "SK|ADVICE|1", 150, 133_333_333, 0, 2_000_000, start, None),
        QuoteLine(2, "SK|BUILD|1", 100, 120_000_000, 0, 1_200_000, start, None),
        QuoteLine(3, "SK|CARE|1", 100, 570_000_000, 0, 5_700_000, date(2026, 1, 12), None),
    )
    terms = {"lines": lines(), "billing_freq": "EVERY_RUN"}
    return [
        replace(opportunity(1, "OPEN", "2026-01-02 15:00"), amount_minor=VALUE),
        replace(quote(), lines=quoted),
        replace(contract(1, "DRAFT", "2026-01-05 14:00"), **terms),
        replace(contract(2, "SIGNED", "2026-01-05 15:00"), **terms),
        replace(opportunity(2, "CLOSED_WON", "2026-01-05 16:00"), amount_minor=VALUE),
    ]


def people() -> list[SourceFact]:
    return [
        person(1, "Anna", "PRINCIPAL"),
        person(2, "Ben", "SENIOR"),
        person(3, "Carla", "ANALYST"),
        person(4, "Mia", "PARTNER"),
        assignment(1),
        assignment(2, task=FEE),
        assignment(3, task=TERMS),
    ]


def _week(card: int, who: int, first: date, hours: tuple[int, ...], task: str) -> list[TimeEntry]:
    return [
        cell(card, who, first.replace(day=first.day + place), hours_e2, "2026-01-23 20:00", task=task)
        for place, hours_e2 in enumerate(hours)
    ]


def recorded_time() -> list[SourceFact]:
    first = cell(1, 1, date(2026, 1, 12), 1_000, "2026-01-13 20:00")
    corrected = cell(
        2,
        1,
        date(2026, 1, 12),
        800,
        "2026-01-19 20:00",
        bk="TE|TC-000001|Mon",
        ver=2,
        replaces="TC-000001",
    )
    late = cell(3, 1, date(2026, 1, 30), 400, "2026-01-30 23:00")
    covered = [
        *_week(4, 2, date(2026, 1, 13), (800, 800, 400), FEE),
        *_week(5, 3, date(2026, 1, 19), (800, 800, 800, 300), TERMS),
    ]
    cells = [
        (first, "2026-01-14 15:00"),
        (corrected, "2026-01-20 15:00"),
        (late, "2026-02-02 15:00"),
        *((entry, "2026-01-26 15:00") for entry in covered),
    ]
    return [fact for entry, stamp in cells for fact in (entry, approved(entry, stamp))]


def milestones() -> list[SourceFact]:
    achieved = Milestone(
        bk="MS|CL|00000101|2|1",
        recorded_at_ms=at("2026-01-21 15:00"),
        source_id="ms1",
        contract="CO|00000101",
        line=2,
        seq=1,
        status="ACHIEVED",
    )
    stamp = at("2026-01-22 15:00")
    accepted = replace(
        achieved, ver=2, recorded_at_ms=stamp, status="ACCEPTED", accepted_at_ms=stamp, accepted_by="RS|4"
    )
    return [achieved, accepted]


def payroll() -> list[SourceFact]:
    posted = at("2026-02-02 18:00")
    pay = {1: (800_000, 73_467), 2: (550_000, 50_000), 3: (460_000, 40_000), 4: (900_000, 100_000)}
    names = {1: "anna", 2: "ben", 3: "carla", 4: "mia"}
    leave = Absence(
        bk="AB|1",
        recorded_at_ms=at("2026-01-07 15:00"),
        source_id="to1",
        number="1",
        resource="RS|2",
        kind="VACATION",
        status="APPROVED",
        days=(AbsenceDay(date(2026, 1, 30), 800),),
        approved_at_ms=at("2026-01-07 15:00"),
    )
    run = PayrollRun(
        bk="PY|US01|2026-01|1",
        recorded_at_ms=posted,
        source_id="py1",
        entity="LE|US01",
        period="2026-01",
        run=1,
        kind="REGULAR",
        ccy="USD",
        check_date=date(2026, 1, 30),
        posted_at_ms=posted,
        lines=tuple(
            PayrollLine(f"RS|{n}", f"{names[n]}@example.com", gross, burden)
            for n, (gross, burden) in pay.items()
        ),
    )
    return [leave, run]


def everything() -> list[SourceFact]:
    return [
        *masters(),
        *packages(),
        *deal(),
        *rates(),
        *people(),
        *recorded_time(),
        *milestones(),
        *payroll(),
    ]
