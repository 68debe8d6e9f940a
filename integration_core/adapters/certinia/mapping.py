"""PSA rows to canonical records, and projects, tasks, people and marks to PSA fields: pure (mapping, PSA).

Raises ValueError, LookupError or ArithmeticError where a row breaks the contract.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from integration_core.adapters.certinia.rows import (
    AssignmentRow,
    DefaultRateRow,
    EstimateRow,
    MilestoneRow,
    ProjectRow,
    RateOverrideRow,
    SplitRow,
    TimecardRow,
)
from integration_core.adapters.salesforce_protocol.rows import instant_ms, optional_instant_ms
from integration_core.canonical.deals import RateLine
from integration_core.canonical.work import (
    Assignment,
    BillingMark,
    CardSplit,
    Estimate,
    Milestone,
    MilestoneMark,
    MilestoneState,
    Project,
    ProjectState,
    RateOverride,
    Resource,
    Task,
    TimeCard,
    TimeCell,
)

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_CARD_STATUSES = frozenset({"Saved", "Submitted", "Approved", "Rejected"})
_ASSIGNMENT_STATUSES = frozenset({"PROPOSED", "CONFIRMED", "ACTIVE", "ENDED", "CANCELLED"})
_MILESTONE_STATUSES = frozenset({"Planned", "Achieved", "Accepted", "Cancelled"})
_TIME_TYPES = frozenset({"REG", "OT", "TRAVEL"})
_RATE_UNITS = frozenset({"HOUR", "DAY"})
_STAGES = {
    "REQUESTED": "Requested",
    "PROVISIONED": "Provisioned",
    "ACTIVE": "Active",
    "ON_HOLD": "On Hold",
    "COMPLETED": "Completed",
    "CLOSED": "Closed",
}
_BILLING_TYPES = {"TM": "Time and Materials", "FF": "Fixed Price", "RET": "Recurring"}
_ONE_DAY = timedelta(days=1)


def to_canonical_assignment(
    row: AssignmentRow, overrides: Sequence[RateOverrideRow], seen_ms: int = 0
) -> Assignment:
    """Who works on which task; the PSA's last day becomes an exclusive end."""
    if row.status not in _ASSIGNMENT_STATUSES:
        raise ValueError(f"unknown assignment status {row.status!r}")
    return Assignment(
        native_id=row.id,
        number=row.number,
        resource_native_id=row.resource_id,
        project_native_id=row.project_id,
        task_native_id=row.task_id,
        valid_from=row.start,
        valid_to=None if row.last_day is None else row.last_day + _ONE_DAY,
        bill_level=row.bill_level,
        status=row.status,
        overrides=tuple(
            sorted(map(_override, overrides), key=lambda rate: (rate.valid_from, rate.recorded_at_ms))
        ),
        deleted=row.deleted,
        recorded_at_ms=max(instant_ms(row.stamp), seen_ms),
    )


def _override(row: RateOverrideRow) -> RateOverride:
    return RateOverride(
        rate=row.rate,
        ccy=row.ccy,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        recorded_at_ms=instant_ms(row.created),
    )


def to_canonical_time_card(row: TimecardRow, splits: Sequence[SplitRow]) -> TimeCard:
    """A timecard in its current state; only one that is still being written may lack references."""
    if row.status not in _CARD_STATUSES:
        raise ValueError(f"unknown timecard status {row.status!r}")
    if row.monday.weekday() != 0:
        raise ValueError(f"timecard {row.name} starts on {row.monday}, no Monday")
    time_type = row.time_type or "REG"
    if time_type not in _TIME_TYPES:
        raise ValueError(f"unknown time type {time_type!r}")
    return TimeCard(
        native_id=row.id,
        name=row.name,
        resource_native_id=_reference(row, "pse__Resource__c", row.resource_id),
        project_native_id=_reference(row, "pse__Project__c", row.project_id),
        assignment_native_id=_reference(row, "pse__Assignment__c", row.assignment_id),
        task_native_id=_reference(row, "RH_Task__c", row.task_id),
        time_type=time_type,
        billable=bool(row.billable),
        status=row.status,
        cells=_cells(row),
        splits=tuple(
            CardSplit(native_id=split.id, start=split.start, end=split.end)
            for split in sorted(splits, key=lambda split: (split.start, split.id))
        ),
        submitted_at_ms=optional_instant_ms(row.submitted_at),
        approved_at_ms=optional_instant_ms(row.approved_at),
        approved_by_native_id=row.approved_by_id,
        replaces_native_id=row.replaces_id,
        deleted=row.deleted,
        recorded_at_ms=instant_ms(row.stamp),
    )


def _reference(row: TimecardRow, name: str, value: str | None) -> str:
    if value is None and row.status != "Saved":
        raise ValueError(f"timecard {row.name} is {row.status} without {name}")
    return value or ""


def _cells(row: TimecardRow) -> tuple[TimeCell, ...]:
    cells = []
    for offset, (day, (hours, note)) in enumerate(zip(DAYS, row.days(), strict=True)):
        worked = hours if hours is not None else Decimal(0)
        # A zero cell is no entry, except in a replacement, where it deletes the replaced one.
        if worked or row.replaces_id is not None:
            work_date: date = row.monday + timedelta(days=offset)
            cells.append(
                TimeCell(source_id=f"{row.id}#{day}", work_date=work_date, hours=worked, note=note or "")
            )
    return tuple(cells)


def to_canonical_rate_line(row: DefaultRateRow) -> RateLine:
    """A price of the firm's default card; it is recorded when it was created (mapping M1)."""
    if row.unit not in _RATE_UNITS:
        raise ValueError(f"unknown rate unit {row.unit!r}")
    return RateLine(
        native_id=row.id,
        card=row.card,
        scope="DEFAULT",
        owner_native_id=None,
        ccy=row.ccy,
        level=row.level,
        practice=row.practice,
        unit=row.unit,
        rate=row.rate,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        apply_retro=bool(row.apply_retro),
        deleted=row.deleted,
        recorded_at_ms=instant_ms(row.created),
    )


def to_canonical_milestone(row: MilestoneRow) -> MilestoneState | None:
    """What people say of a milestone, recorded when they said it; None for one of no contract line.

    Marks of billing move the commit stamp, but not the stamp of the status.
    """
    if row.contract_line_id is None or row.seq is None:
        return None
    if row.status not in _MILESTONE_STATUSES:
        raise ValueError(f"unknown milestone status {row.status!r}")
    if row.seq != row.seq.to_integral_value():
        raise ValueError(f"{row.seq} is no whole number")
    if row.status == "Accepted" and row.accepted_at is None:
        raise ValueError("an accepted milestone without the instant of its acceptance")
    return MilestoneState(
        native_id=row.id,
        contract_line_native_id=row.contract_line_id,
        seq=int(row.seq),
        status=row.status,
        accepted_at_ms=optional_instant_ms(row.accepted_at),
        deleted=row.deleted,
        recorded_at_ms=_said_at_ms(row.stamp, row.status_at, row.deleted),
    )


def to_canonical_estimate(row: EstimateRow) -> Estimate:
    """A new estimate; it is recorded when it was created (mapping M1)."""
    return Estimate(
        native_id=row.id,
        contract_line_native_id=row.contract_line_id,
        total_hours=row.total_hours,
        deleted=row.deleted,
        recorded_at_ms=instant_ms(row.stamp if row.deleted else row.created),
    )


def to_canonical_project(row: ProjectRow) -> ProjectState | None:
    """Whether a project is done, recorded when somebody said so; None for one of no contract."""
    if row.contract_id is None:
        return None
    return ProjectState(
        native_id=row.id,
        contract_native_id=row.contract_id,
        completed_at_ms=optional_instant_ms(row.completed_at),
        deleted=row.deleted,
        recorded_at_ms=_said_at_ms(row.stamp, row.entered_at, row.deleted),
    )


def _said_at_ms(stamp: str, said_at: str | None, deleted: bool) -> int:
    return instant_ms(stamp if deleted or said_at is None else said_at)


def to_wire_project(project: Project) -> dict[str, Any]:
    """The project's fields, its external id left to the address."""
    return {
        "Name": project.name,
        "RH_Contract__c": project.source_id,
        "RH_Account__c": project.account_source_id,
        "pse__Opportunity__c": project.opportunity_source_id,
        "pse__Practice__c": project.practice,
        "pse__Region__c": project.entity_code,
        "pse__Start_Date__c": project.start,
        "pse__End_Date__c": project.end,
        "pse__Stage__c": _STAGES[project.status],
        "pse__Project_Type__c": "Client",
        "pse__Billing_Type__c": _BILLING_TYPES.get(project.billing_type, project.billing_type),
        "pse__Is_Active__c": project.active,
        "pse__Is_Billable__c": True,
        "pse__Allow_Timecards_Without_Assignment__c": False,
        "pse__Closed_for_Time_Entry__c": not project.active,
        "pse__Closed_for_Expense_Entry__c": not project.active,
        "CurrencyIsoCode": project.ccy,
        "RH_Contract_Value__c": project.value,
    }


def to_wire_task(project_native_id: str, task: Task) -> dict[str, Any]:
    """The task's fields but its status, which belongs to the PSA alone (finance 1.2)."""
    return {
        "pse__Project__c": project_native_id,
        "Name": task.name,
        "pse__Start_Date__c": task.start,
        "pse__End_Date__c": task.end,
        "pse__Estimated_Hours__c": task.planned,
        "RH_WBS__c": task.wbs,
        "RH_Contract_Line__c": task.contract_line_source_id,
        "RH_Bill_Level__c": task.bill_level,
        "RH_Billable__c": task.billable,
        "RH_Progress__c": task.progress,
    }


def to_wire_milestone(project_native_id: str, milestone: Milestone) -> dict[str, Any]:
    """The milestone as planned; its status belongs to people, its marks to `to_wire_milestone_mark`."""
    return {
        "pse__Project__c": project_native_id,
        "Name": milestone.name,
        "pse__Milestone_Amount__c": milestone.amount,
        "pse__Target_Date__c": milestone.target,
        "RH_Seq__c": milestone.seq,
        "RH_Contract_Line__c": milestone.contract_line_source_id,
    }


def to_wire_milestone_mark(mark: MilestoneMark) -> dict[str, Any]:
    """The milestone's fields that show whether and where it was billed."""
    return {
        "pse__Billed__c": mark.billed,
        "RH_Invoice_No__c": mark.invoice_no,
        "RH_Invoice_Status__c": mark.invoice_status,
    }


def to_wire_resource(resource: Resource) -> dict[str, Any]:
    """The contact's fields that HR owns; bookings and availability stay the PSA's."""
    return {
        "FirstName": resource.first_name,
        "LastName": resource.last_name,
        "Email": resource.email,
        "pse__Is_Resource__c": True,
        "pse__Is_Resource_Active__c": resource.active,
        "pse__Resource_Role__c": resource.level,
        "pse__Practice__c": resource.practice,
        "pse__Region__c": resource.entity_code,
        "RH_Entity__c": resource.entity_code,
        "RH_Cost_Centre__c": resource.cost_centre,
        "RH_Level__c": resource.level,
        "RH_Manager__c": resource.manager_employee_no,
        "RH_Skills__c": resource.skills,
        "RH_Employed_From__c": resource.employed_from,
        "RH_Employed_To__c": resource.employed_to,
    }


def to_wire_billing_mark(mark: BillingMark) -> dict[str, Any]:
    """The split's fields that show whether and where it was billed."""
    return {
        "pse__Billed__c": mark.billed,
        "RH_Invoice_No__c": mark.invoice_no,
        "RH_Invoice_Status__c": mark.invoice_status,
    }
