"""A small firm's history as a few plain choices, and the facts that its source systems record of it.

The choices are what Hypothesis draws and shrinks, and what travels to another process as JSON; the
facts are the core's own canonical records, each with the instant at which its source committed it.
"""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from integration_core.canonical.deals import (
    Contract,
    ContractLine,
    PackageMilestone,
    PackageTask,
    Retainer,
    ServicePackage,
)
from integration_core.canonical.ledger import PeriodState
from integration_core.canonical.payroll import PayrollLine, PayrollRun
from integration_core.canonical.work import (
    Absence,
    AbsenceDay,
    CardSplit,
    Employee,
    Estimate,
    JobRow,
    MilestoneState,
    ProjectState,
    TimeCard,
    TimeCell,
)
from integration_core.ports.systems import SourceRecord
from tests.unit.rules.firm import (
    ACME,
    BEN,
    CONTRACT,
    DEAL,
    DEFAULT_RATE,
    LINE,
    PACKAGE,
    QUOTE,
    SIGNED_MS,
    STAFFING,
    US01,
    D,
    ms,
    override,
    state_tax,
)

KINDS = ("TM", "POC", "MILESTONE", "RET")
NUMBERS = ("E007", "E008")
FIRST_MONDAY = date(2026, 2, 2)
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
HOUR_MS = 3_600_000
SHARES = ("0.3", "0.4", "0.3")
PERIODS = ("2026-02", "2026-03")
START_MS = ms("2026-02-02 00:00", "America/New_York")
CUTOFFS_MS = tuple(ms(text, "America/New_York") for text in ("2026-03-01", "2026-03-16", "2026-04-01"))
CLOSES_MS = tuple(row.close_at_ms for row in US01.close_calendar[:2])
END_MS = CLOSES_MS[-1] + 12 * HOUR_MS
_BILLING = {
    "TM": ("TM", "RTI"),
    "POC": ("FF", "POC_HOURS"),
    "MILESTONE": ("FF", "MILESTONE"),
    "RET": ("RET", "STRAIGHT_LINE"),
}


class Version(Struct, frozen=True):
    """What a person put down for a week, on which line's task, and since when that is approved."""

    at_ms: int
    quarters: tuple[int, ...]  # of an hour, Monday to Friday
    line: int
    overtime: bool = False


class Booking(Struct, frozen=True):
    """One card of a week with the corrections that followed; `fate` is what became of the first."""

    person: int
    week: int
    versions: tuple[Version, ...]
    fate: str = "Approved"  # | Rejected | Submitted | deleted


class Pay(Struct, frozen=True):
    """One processed payroll: its period and what each person costs."""

    at_ms: int
    period: str
    cents: tuple[int, ...]


class Plan(Struct, frozen=True, kw_only=True):
    """One history of the firm; every instant is that of the commit in the source."""

    lines: tuple[str, ...]
    advance_months: int = 1
    value_cents: int = 1_200_000
    bookings: tuple[Booking, ...] = ()
    acceptances: tuple[tuple[int, int, int], ...] = ()  # line, milestone, instant
    estimates: tuple[tuple[int, int, int], ...] = ()  # line, hours, instant
    payrolls: tuple[Pay, ...] = ()
    completed_ms: int | None = None
    order_ms: int | None = None  # the purchase order that the customer asks for comes in then
    priced_ms: int = 0  # the default price is entered then
    agreed_ms: int | None = None  # a price for the first person's assignment is agreed then
    promoted_ms: int | None = None  # the second person is told of a promotion from April on
    leave_ms: int | None = None


class Fact(Struct, frozen=True):
    """A record as its source committed it, and where the source shows it."""

    source: str
    stream: str
    record: SourceRecord


def facts(plan: Plan) -> list[Fact]:
    """Everything that the sources ever commit in a history, oldest first."""
    found = _deal(plan) + _people(plan) + _time(plan) + _progress(plan) + _pay(plan)
    found += [Fact("erp", "masters", US01), Fact("erp", "masters", state_tax("US-NY", "4.1250"))]
    for row in US01.close_calendar:
        state = PeriodState(
            entity_code="US01", period=row.period, native_id=row.period, closed=False, recorded_at_ms=0
        )
        found.append(Fact("erp", "masters", state))
    return sorted(found, key=lambda fact: fact.record.recorded_at_ms)


def line_id(number: int) -> str:
    """The native id of a contract line, from 0."""
    return f"a0L{number}"


def task_id(line: int) -> str:
    """The native id that the PSA gives the only task of a line."""
    return f"task:TK|00000101|{line + 1}.1"


def resource_id(person: int) -> str:
    """The native id that the PSA gives a person."""
    return f"resource:{NUMBERS[person]}"


def _deal(plan: Plan) -> list[Fact]:
    lines = tuple(_line(plan, number, kind) for number, kind in enumerate(plan.lines))
    net = sum((line.value for line in lines), D(0))
    quoted = tuple(
        replace(
            QUOTE.lines[0],
            line=line.line,
            package_native_id=line.package_native_id,
            quantity=D(1),
            list_price=line.value,
            discount=D(0),
            net=line.value,
        )
        for line in lines
    )
    signed: Contract = replace(CONTRACT, lines=lines)
    records: list[SourceRecord] = [
        replace(ACME, po_required=plan.order_ms is not None),
        replace(DEAL, amount=net),
        replace(QUOTE, lines=quoted),
        signed,
        *(_package(kind) for kind in sorted(set(plan.lines))),
    ]
    if plan.order_ms is not None:
        records.append(replace(signed, po_number="PO-1", recorded_at_ms=plan.order_ms))
    return [Fact("crm", "deals", record) for record in records]


def _line(plan: Plan, number: int, kind: str) -> ContractLine:
    billing, revenue = _BILLING[kind]
    terms = Retainer(
        monthly_fee=D(plan.value_cents).scaleb(-2),
        included_hours=D(6),
        rollover=True,
        rollover_cap=D(4),
        overage_rate=D("250.5"),
        advance_months=plan.advance_months,
    )
    return replace(
        LINE,
        key=f"CL|00000101|{number + 1}",
        native_id=line_id(number),
        line=number + 1,
        package_native_id=f"01t{kind}",
        billing_method=billing,
        revenue_method=revenue,
        quantity=D(1),
        value=D(plan.value_cents + number).scaleb(-2),
        retainer=terms if kind == "RET" else None,
    )


def _package(kind: str) -> ServicePackage:
    billing, revenue = _BILLING[kind]
    shares = SHARES if billing == "FF" else ()
    milestones = tuple(
        PackageMilestone(seq=seq, name=f"M{seq}", share=D(share)) for seq, share in enumerate(shares, start=1)
    )
    build = PackageTask(
        wbs="1", name="Build", bill_level=None, hours=D("19.25"), billable=True, progress=True
    )
    return replace(
        PACKAGE,
        key=f"SK|{kind}|1",
        native_id=f"01t{kind}",
        sku=kind,
        billing_method=billing,
        revenue_method=revenue,
        tasks=(build,),
        milestones=milestones,
    )


def _people(plan: Plan) -> list[Fact]:
    pattern = tuple(D(hours) for hours in ("8", "8", "8", "8", "8", "0", "0"))
    found: list[Fact] = [Fact("psa", "staffing", replace(DEFAULT_RATE, recorded_at_ms=plan.priced_ms))]
    for person, number in enumerate(NUMBERS):
        employee: Employee = replace(
            BEN, key=f"RS|{number}", native_id=f"h{person}", employee_no=number, weekly_pattern=pattern
        )
        found.append(Fact("hris", "people", employee))
        if person and plan.promoted_ms is not None:
            higher: JobRow = replace(BEN.jobs[0], valid_from=date(2026, 4, 1), level="MANAGER")
            told = replace(employee, jobs=(*employee.jobs, higher), recorded_at_ms=plan.promoted_ms)
            found.append(Fact("hris", "people", told))
        found += _staffing(plan, person)
    if plan.leave_ms is not None:
        leave = Absence(
            native_id="t1",
            employee_native_id="h0",
            status="approved",
            days=(AbsenceDay(day=date(2026, 2, 20), hours=D(8)),),
            deleted=False,
            recorded_at_ms=plan.leave_ms,
        )
        found.append(Fact("hris", "leave", leave))
    return found


def _staffing(plan: Plan, person: int) -> list[Fact]:
    found = []
    for line in range(len(plan.lines)):
        staffed = replace(
            STAFFING,
            native_id=f"as{person}{line}",
            number=f"A-{person}{line}",
            resource_native_id=resource_id(person),
            task_native_id=task_id(line),
        )
        found.append(Fact("psa", "staffing", staffed))
        if not person and plan.agreed_ms is not None:
            agreed = (override("187.37", recorded_at_ms=plan.agreed_ms, valid_from=date(2026, 2, 16)),)
            newer = replace(staffed, overrides=agreed, recorded_at_ms=plan.agreed_ms)
            found.append(Fact("psa", "staffing", newer))
    return found


def _time(plan: Plan) -> list[Fact]:
    found: list[Fact] = []
    for number, booking in enumerate(plan.bookings):
        before: str | None = None
        for at, version in enumerate(booking.versions):
            card = _card(f"c{number}v{at + 1}", booking, version, before)
            waiting = replace(
                card,
                status="Submitted",
                splits=(),
                approved_at_ms=None,
                approved_by_native_id=None,
                recorded_at_ms=version.at_ms - HOUR_MS,
            )
            found.append(Fact("psa", "time", waiting))
            if not at and booking.fate != "Approved":
                found += _undone(waiting, booking.fate, version.at_ms)
                break
            found.append(Fact("psa", "time", card))
            before = card.native_id
    return found


def _undone(card: TimeCard, fate: str, at_ms: int) -> list[Fact]:
    """A first card that is never approved."""
    if fate == "Submitted":
        return []
    changes: dict[str, Any] = {"deleted": True} if fate == "deleted" else {"status": "Rejected"}
    return [Fact("psa", "time", replace(card, recorded_at_ms=at_ms, **changes))]


def _card(native_id: str, booking: Booking, version: Version, before: str | None) -> TimeCard:
    monday = FIRST_MONDAY + timedelta(days=7 * booking.week)
    hours = [Decimal(quarter) / 4 for quarter in version.quarters] + [D(0), D(0)]
    return TimeCard(
        native_id=native_id,
        name=f"TC-{native_id}",
        resource_native_id=resource_id(booking.person),
        project_native_id="project:PJ|CO|00000101",
        assignment_native_id=f"as{booking.person}{version.line}",
        task_native_id=task_id(version.line),
        time_type="OT" if version.overtime else "REG",
        billable=True,
        status="Approved",
        cells=tuple(
            TimeCell(
                source_id=f"{native_id}#{day}",
                work_date=monday + timedelta(days=at),
                hours=hours[at],
                note="",
            )
            for at, day in enumerate(DAYS)
            if hours[at] or before is not None
        ),
        splits=(CardSplit(native_id=f"{native_id}-1", start=monday, end=monday + timedelta(days=6)),),
        submitted_at_ms=version.at_ms - HOUR_MS,
        approved_at_ms=version.at_ms,
        approved_by_native_id="003M",
        replaces_native_id=before,
        deleted=False,
        recorded_at_ms=version.at_ms,
    )


def _progress(plan: Plan) -> list[Fact]:
    found: list[Fact] = []
    for line, seq, at_ms in plan.acceptances:
        achieved = MilestoneState(
            native_id=f"m{line}{seq}",
            contract_line_native_id=line_id(line),
            seq=seq,
            status="Achieved",
            accepted_at_ms=None,
            deleted=False,
            recorded_at_ms=at_ms - HOUR_MS,
        )
        accepted = replace(achieved, status="Accepted", accepted_at_ms=at_ms, recorded_at_ms=at_ms)
        found += [Fact("psa", "progress", achieved), Fact("psa", "progress", accepted)]
    for number, (line, hours, at_ms) in enumerate(plan.estimates):
        estimate = Estimate(
            native_id=f"e{number}",
            contract_line_native_id=line_id(line),
            total_hours=D(hours),
            deleted=False,
            recorded_at_ms=at_ms,
        )
        found.append(Fact("psa", "progress", estimate))
    if plan.completed_ms is not None:
        done = ProjectState(
            native_id="p1",
            contract_native_id=CONTRACT.native_id,
            completed_at_ms=plan.completed_ms,
            deleted=False,
            recorded_at_ms=plan.completed_ms,
        )
        found.append(Fact("psa", "progress", done))
    return found


def _pay(plan: Plan) -> list[Fact]:
    found: list[Fact] = []
    regular: set[str] = set()
    for number, pay in enumerate(plan.payrolls):
        lines = tuple(
            PayrollLine(
                employee_no=NUMBERS[person],
                employee_native_id=f"g{person}",
                gross=D(cents).scaleb(-2),
                burden=D(cents // 7).scaleb(-2),
            )
            for person, cents in enumerate(pay.cents)
        )
        run = PayrollRun(
            native_id=f"pr{number}",
            entity_code="US01",
            period=pay.period,
            kind="CORRECTION" if pay.period in regular else "REGULAR",
            ccy="USD",
            check_date=date(2026, 3, 27),
            posted_at_ms=pay.at_ms,
            lines=lines,
            deleted=False,
            recorded_at_ms=pay.at_ms,
        )
        regular.add(pay.period)
        found.append(Fact("payroll", "runs", run))
    return found


assert SIGNED_MS < START_MS, "the deal stands before anybody books on it"
