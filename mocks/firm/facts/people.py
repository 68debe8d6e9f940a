"""Facts about people: who works at the firm, when they are away, what they are paid."""

from datetime import date

from msgspec import Struct

from mocks.firm.facts.base import Fact

# --- HRIS -----------------------------------------------------------------------------------


class JobRow(Struct, frozen=True):
    """Level, cost centre and manager from a date on (BambooHR table jobInfo)."""

    valid_from: date
    level: str
    title: str
    cost_centre: str  # CC bk
    manager: str | None  # RS bk


class StatusRow(Struct, frozen=True):
    """Employment status and FTE from a date on (BambooHR table employmentStatus)."""

    valid_from: date
    status: str  # Full-Time | Part-Time | Terminated
    fte_e2: int


class Skill(Struct, frozen=True):
    """One skill of a person."""

    name: str
    certified: bool
    since: date


class Resource(Fact, frozen=True, kw_only=True):
    """`RS|employee_no`: a person at work, with effective-dated rows."""

    employee_no: str
    first_name: str
    last_name: str
    work_email: str
    entity: str  # LE bk
    practice: str  # PR bk
    hired: date
    terminated: date | None
    weekly_pattern_e2: tuple[int, ...]  # Mon..Sun
    jobs: tuple[JobRow, ...]
    statuses: tuple[StatusRow, ...] = ()
    skills: tuple[Skill, ...] = ()


class AbsenceDay(Struct, frozen=True):
    """Hours of one day of leave."""

    day: date
    hours_e2: int


class Absence(Fact, frozen=True, kw_only=True):
    """`AB|no`: approved time off (BambooHR time-off request); statuses APPROVED, CANCELED."""

    number: str
    resource: str  # RS bk
    kind: str  # VACATION | SICK
    status: str
    days: tuple[AbsenceDay, ...]
    approved_at_ms: int


# --- payroll --------------------------------------------------------------------------------


class PayrollLine(Struct, frozen=True):
    """What one person costs in one run: gross pay and the employer's burden."""

    employee: str  # RS bk
    work_email: str
    gross_minor: int
    burden_minor: int


class PayrollRun(Fact, frozen=True, kw_only=True):
    """`PY|<entity code>|<period>|<run>`: a processed payroll; kinds REGULAR and CORRECTION."""

    entity: str  # LE bk
    period: str  # YYYY-MM that is paid for
    run: int
    kind: str
    ccy: str
    check_date: date
    posted_at_ms: int
    lines: tuple[PayrollLine, ...]
