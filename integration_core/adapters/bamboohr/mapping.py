"""HRIS employees and table rows to canonical ones: pure (mapping, HRIS).

Everything is text on this wire; an empty date is written `0000-00-00`. Raises ValueError where a
record breaks the contract.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from msgspec import Struct, field

from integration_core.adapters.http.instants import instant_ms
from integration_core.canonical.work import Absence, AbsenceDay, Employee, JobRow, Skill, StatusRow

# The employee fields this core uses; the effective-dated rest comes from the tables.
FIELDS = (
    "employeeNumber",
    "firstName",
    "lastName",
    "workEmail",
    "hireDate",
    "terminationDate",
    "entity",
    "practice",
    "weeklyPattern",
)
_NO_DATES = frozenset({"", "0000-00-00"})
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class EmployeeRow(Struct, frozen=True, kw_only=True):
    id: str | int
    number: str = field(name="employeeNumber")
    first_name: str = field(name="firstName")
    last_name: str = field(name="lastName")
    work_email: str | None = field(name="workEmail", default=None)
    hired: str = field(name="hireDate")
    terminated: str | None = field(name="terminationDate", default=None)
    entity_code: str | None = field(name="entity", default=None)
    practice: str | None = None
    weekly_pattern: str | None = field(name="weeklyPattern", default=None)


class JobInfoRow(Struct, frozen=True, kw_only=True):
    employee_id: str | int = field(name="employeeId")
    valid_from: str = field(name="date")
    title: str | None = field(name="jobTitle", default=None)
    level: str
    cost_centre: str | None = field(name="costCentre", default=None)
    reports_to: str | None = field(name="reportsTo", default=None)


class EmploymentRow(Struct, frozen=True, kw_only=True):
    employee_id: str | int = field(name="employeeId")
    valid_from: str = field(name="date")
    status: str = field(name="employmentStatus")
    fte: str | None = None


class SkillRow(Struct, frozen=True, kw_only=True):
    employee_id: str | int = field(name="employeeId")
    skill: str
    certified: str | bool | None = None


class TimeOffStatus(Struct, frozen=True, kw_only=True):
    """Days as the vendor shows them; the instant where the company shows it."""

    status: str
    last_changed: str = field(name="lastChanged")
    last_changed_at: str | None = field(name="lastChangedAt", default=None)


class TimeOffAmount(Struct, frozen=True, kw_only=True):
    unit: str


class TimeOffRow(Struct, frozen=True, kw_only=True):
    id: str | int
    employee_id: str | int = field(name="employeeId")
    status: TimeOffStatus
    amount: TimeOffAmount
    # No days are an empty list here, an object otherwise.
    dates: dict[str, str] | list[str]


def to_canonical_absence(row: TimeOffRow) -> Absence:
    """Time off by day in hours, in its current state."""
    if row.amount.unit != "hours":
        raise ValueError(f"time off in {row.amount.unit}, not in hours")
    dates = row.dates if isinstance(row.dates, dict) else {}
    return Absence(
        native_id=str(row.id),
        employee_native_id=str(row.employee_id),
        status=row.status.status,
        days=tuple(
            AbsenceDay(day=date.fromisoformat(day), hours=Decimal(hours))
            for day, hours in sorted(dates.items())
        ),
        deleted=False,
        recorded_at_ms=changed_ms(row.status),
    )


def changed_ms(status: TimeOffStatus) -> int:
    """When a request last changed; where only the day is shown, its beginning (UTC)."""
    if status.last_changed_at is not None:
        return instant_ms(status.last_changed_at)
    return instant_ms(f"{date.fromisoformat(status.last_changed)}T00:00:00+00:00")


def to_canonical_employee(
    row: EmployeeRow,
    jobs: Sequence[JobInfoRow],
    statuses: Sequence[EmploymentRow],
    skills: Sequence[SkillRow],
    recorded_at_ms: int,
) -> Employee:
    """A person with job and employment rows by date and skills by name."""
    return Employee(
        key=f"RS|{row.number}",
        native_id=str(row.id),
        employee_no=row.number,
        first_name=row.first_name,
        last_name=row.last_name,
        work_email=row.work_email or "",
        entity_code=row.entity_code or "",
        practice=row.practice or "",
        hired=date.fromisoformat(row.hired),
        terminated=_optional_date(row.terminated),
        jobs=tuple(sorted(map(_job, jobs), key=lambda job: job.valid_from)),
        skills=tuple(sorted(map(_skill, skills), key=lambda skill: skill.name)),
        statuses=tuple(sorted(map(_status, statuses), key=lambda status: status.valid_from)),
        weekly_pattern=_week(row.weekly_pattern),
        deleted=False,
        recorded_at_ms=recorded_at_ms,
    )


def to_deleted_employee(native_id: str, recorded_at_ms: int) -> Employee:
    """A tombstone: the HRIS tells only the id of who was deleted, so all else is empty."""
    return Employee(
        key="",
        native_id=native_id,
        employee_no="",
        first_name="",
        last_name="",
        work_email="",
        entity_code="",
        practice="",
        hired=date.min,
        terminated=None,
        jobs=(),
        skills=(),
        deleted=True,
        recorded_at_ms=recorded_at_ms,
    )


def _job(row: JobInfoRow) -> JobRow:
    return JobRow(
        valid_from=date.fromisoformat(row.valid_from),
        level=row.level,
        title=row.title or "",
        cost_centre=row.cost_centre or "",
        manager_employee_no=row.reports_to or None,
    )


def _status(row: EmploymentRow) -> StatusRow:
    # Somebody whose share nobody entered works full time; who left works none.
    unsaid = Decimal(0) if row.status == "Terminated" else Decimal(1)
    return StatusRow(
        valid_from=date.fromisoformat(row.valid_from),
        status=row.status,
        fte=Decimal(row.fte) if row.fte else unsaid,
    )


def _week(text: str | None) -> tuple[Decimal, ...]:
    hours = tuple(Decimal(part) for part in (text or "").split(",") if part.strip())
    if len(hours) not in (0, 7):
        raise ValueError(f"a week of {len(hours)} days: {text!r}")
    return hours


def _skill(row: SkillRow) -> Skill:
    return Skill(name=row.skill, certified=row.certified in (True, "true", "yes", "1"))


def to_wire_instant(at_ms: int) -> str:
    """An instant as the API takes it, rounded down to the whole second."""
    return (_EPOCH + timedelta(seconds=at_ms // 1000)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _optional_date(text: str | None) -> date | None:
    return None if text is None or text in _NO_DATES else date.fromisoformat(text)
