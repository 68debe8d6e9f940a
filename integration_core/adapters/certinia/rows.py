"""The PSA org's objects as this core reads them: exactly the fields it uses."""

from datetime import date
from decimal import Decimal

from msgspec import field

from integration_core.adapters.salesforce_protocol.rows import ChildRow, Row


class AssignmentRow(Row, frozen=True, kw_only=True):
    number: str = field(name="Name")
    project_id: str = field(name="pse__Project__c")
    resource_id: str = field(name="pse__Resource__c")
    task_id: str = field(name="RH_Task__c")
    start: date = field(name="pse__Start_Date__c")
    last_day: date | None = field(name="pse__End_Date__c", default=None)
    bill_level: str | None = field(name="RH_Bill_Level__c", default=None)
    status: str = field(name="RH_Status__c")


class RateOverrideRow(ChildRow, frozen=True, kw_only=True):
    parent_id: str = field(name="RH_Assignment__c")
    rate: Decimal = field(name="RH_Rate__c")
    ccy: str = field(name="CurrencyIsoCode")
    valid_from: date = field(name="RH_Valid_From__c")
    valid_to: date | None = field(name="RH_Valid_To__c", default=None)
    created: str = field(name="CreatedDate")


class TimecardRow(Row, frozen=True, kw_only=True):
    """One week; a card that nobody submitted yet may still lack what a submitted one needs."""

    name: str = field(name="Name")
    monday: date = field(name="pse__Start_Date__c")
    resource_id: str | None = field(name="pse__Resource__c", default=None)
    project_id: str | None = field(name="pse__Project__c", default=None)
    assignment_id: str | None = field(name="pse__Assignment__c", default=None)
    task_id: str | None = field(name="RH_Task__c", default=None)
    time_type: str | None = field(name="RH_Time_Type__c", default=None)
    billable: bool | None = field(name="pse__Billable__c", default=None)
    status: str = field(name="pse__Status__c")
    submitted_at: str | None = field(name="RH_Submitted_At__c", default=None)
    approved_at: str | None = field(name="RH_Approved_At__c", default=None)
    approved_by_id: str | None = field(name="RH_Approved_By__c", default=None)
    replaces_id: str | None = field(name="RH_Replaces__c", default=None)
    monday_hours: Decimal | None = field(name="pse__Monday_Hours__c", default=None)
    tuesday_hours: Decimal | None = field(name="pse__Tuesday_Hours__c", default=None)
    wednesday_hours: Decimal | None = field(name="pse__Wednesday_Hours__c", default=None)
    thursday_hours: Decimal | None = field(name="pse__Thursday_Hours__c", default=None)
    friday_hours: Decimal | None = field(name="pse__Friday_Hours__c", default=None)
    saturday_hours: Decimal | None = field(name="pse__Saturday_Hours__c", default=None)
    sunday_hours: Decimal | None = field(name="pse__Sunday_Hours__c", default=None)
    monday_note: str | None = field(name="pse__Monday_Notes__c", default=None)
    tuesday_note: str | None = field(name="pse__Tuesday_Notes__c", default=None)
    wednesday_note: str | None = field(name="pse__Wednesday_Notes__c", default=None)
    thursday_note: str | None = field(name="pse__Thursday_Notes__c", default=None)
    friday_note: str | None = field(name="pse__Friday_Notes__c", default=None)
    saturday_note: str | None = field(name="pse__Saturday_Notes__c", default=None)
    sunday_note: str | None = field(name="pse__Sunday_Notes__c", default=None)

    def days(self) -> tuple[tuple[Decimal | None, str | None], ...]:
        """Hours and note of Monday to Sunday."""
        return (
            (self.monday_hours, self.monday_note),
            (self.tuesday_hours, self.tuesday_note),
            (self.wednesday_hours, self.wednesday_note),
            (self.thursday_hours, self.thursday_note),
            (self.friday_hours, self.friday_note),
            (self.saturday_hours, self.saturday_note),
            (self.sunday_hours, self.sunday_note),
        )


class SplitRow(ChildRow, frozen=True, kw_only=True):
    """A timecard split, made by the PSA at approval; billing marks hang on it."""

    parent_id: str = field(name="pse__Timecard_Header__c")
    start: date = field(name="pse__Start_Date__c")
    end: date = field(name="pse__End_Date__c")


class MilestoneRow(Row, frozen=True, kw_only=True):
    """A milestone; one that nobody planned for a contract line lacks line or number."""

    contract_line_id: str | None = field(name="RH_Contract_Line__c", default=None)
    seq: Decimal | None = field(name="RH_Seq__c", default=None)
    status: str = field(name="pse__Status__c")
    status_at: str | None = field(name="RH_Status_At__c", default=None)
    accepted_at: str | None = field(name="RH_Accepted_At__c", default=None)


class EstimateRow(Row, frozen=True, kw_only=True):
    contract_line_id: str = field(name="RH_Contract_Line__c")
    total_hours: Decimal = field(name="RH_Total_Hours__c")
    created: str = field(name="CreatedDate")


class ProjectRow(Row, frozen=True, kw_only=True):
    """A project as far as people complete it; an internal one has no contract."""

    contract_id: str | None = field(name="RH_Contract__c", default=None)
    completed_at: str | None = field(name="RH_Completed_At__c", default=None)
    entered_at: str | None = field(name="RH_Completion_Entered_At__c", default=None)


class DefaultRateRow(Row, frozen=True, kw_only=True):
    card: str = field(name="Name")
    level: str = field(name="RH_Level__c")
    practice: str = field(name="pse__Practice__c")
    unit: str = field(name="RH_Unit__c")
    rate: Decimal = field(name="RH_Rate__c")
    ccy: str = field(name="CurrencyIsoCode")
    valid_from: date = field(name="pse__Start_Date__c")
    valid_to: date | None = field(name="pse__End_Date__c", default=None)
    apply_retro: bool | None = field(name="RH_Apply_Retro__c", default=None)
    created: str = field(name="CreatedDate")
