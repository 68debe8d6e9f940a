"""The PSA org's objects (wire 4.2): the vendor's own fields, and ours as customers add them (`RH_…__c`)."""

from mocks.kit.schema import Field, ObjectType, Schema
from mocks.psa.certinia.wire import DAY_ABBREVIATIONS, HOURS_FIELDS, NOTES_FIELDS

CONTACT = "Contact"
PROJECT = "pse__Proj__c"
TASK = "pse__Project_Task__c"
ASSIGNMENT = "pse__Assignment__c"
OVERRIDE = "RH_Rate_Override__c"
TIMECARD = "pse__Timecard_Header__c"
SPLIT = "pse__Timecard__c"
RATE_CARD = "pse__Rate_Card__c"
MILESTONE = "pse__Milestone__c"
ESTIMATE = "RH_Estimate__c"

STAGES = ("Requested", "Provisioned", "Active", "On Hold", "Completed", "Closed")
ASSIGNMENT_STATUSES = ("PROPOSED", "CONFIRMED", "ACTIVE", "ENDED", "CANCELLED")
TIMECARD_STATUSES = ("Saved", "Submitted", "Approved", "Rejected")
MILESTONE_STATUSES = ("Planned", "Achieved", "Accepted", "Cancelled")
TIME_TYPES = ("REG", "OT", "TRAVEL")


def _text(name: str, length: int = 255, *, required: bool = False, indexed: bool = False) -> Field:
    return Field(name, length=length, required=required, indexed=indexed)


def _key(name: str) -> Field:
    return Field(name, external_id=True, unique=True)


def _flag(name: str) -> Field:
    return Field(name, "bool")


def _day(name: str, *, required: bool = False) -> Field:
    return Field(name, "date", required=required)


def _stamp(name: str, *, read_only: bool = False) -> Field:
    return Field(name, "instant", read_only=read_only)


def _number(name: str, scale: int, *, read_only: bool = False) -> Field:
    return Field(name, "decimal", scale=scale, read_only=read_only)


def _choice(name: str, values: tuple[str, ...]) -> Field:
    return Field(name, picklist=values)


def _parent(name: str, target: str, *, required: bool = False) -> Field:
    return Field(name, references=target, required=required)


_CURRENCY = _text("CurrencyIsoCode", 3)

_CONTACT = ObjectType(
    CONTACT,
    (
        _text("LastName", 80, required=True),
        _text("FirstName", 40),
        Field("Name", read_only=True, indexed=True),
        _text("Email", 80, indexed=True),
        _flag("pse__Is_Resource__c"),
        _flag("pse__Is_Resource_Active__c"),
        _text("pse__Resource_Role__c"),
        _text("pse__Practice__c"),
        _text("pse__Region__c"),
        _text("pse__Group__c"),
        _number("pse__Default_Cost_Rate__c", 4),
        _key("RH_Employee_No__c"),
        _text("RH_Entity__c"),
        _text("RH_Cost_Centre__c"),
        _text("RH_Level__c"),
        _text("RH_Manager__c"),
        _text("RH_Skills__c", 32_768),
        _day("RH_Employed_From__c"),
        _day("RH_Employed_To__c"),
    ),
    prefix="003",
    label="Contact",
)

_PROJECT = ObjectType(
    PROJECT,
    (
        _text("Name", 80, required=True, indexed=True),
        _key("RH_External_Id__c"),
        _text("RH_Contract__c", indexed=True),
        _text("RH_Account__c"),
        _text("pse__Account__c"),
        _text("pse__Opportunity__c"),
        _parent("pse__Project_Manager__c", CONTACT),
        _text("pse__Practice__c"),
        _text("pse__Region__c"),
        _text("pse__Group__c"),
        _day("pse__Start_Date__c"),
        _day("pse__End_Date__c"),
        _choice("pse__Stage__c", STAGES),
        _text("pse__Project_Type__c"),
        _text("pse__Billing_Type__c"),
        _flag("pse__Is_Active__c"),
        _flag("pse__Is_Billable__c"),
        _flag("pse__Allow_Timecards_Without_Assignment__c"),
        _flag("pse__Closed_for_Time_Entry__c"),
        _flag("pse__Closed_for_Expense_Entry__c"),
        _CURRENCY,
        _number("RH_Contract_Value__c", 2),
        _stamp("RH_Completed_At__c"),
        _stamp("RH_Completion_Entered_At__c", read_only=True),
        _text("RH_Invoice_Status__c"),
    ),
    prefix="a1A",
    label="Project",
)

_TASK = ObjectType(
    TASK,
    (
        _parent("pse__Project__c", PROJECT, required=True),
        _text("Name", 80, required=True),
        _day("pse__Start_Date__c"),
        _day("pse__End_Date__c"),
        _number("pse__Estimated_Hours__c", 2),
        _key("RH_External_Id__c"),
        _text("RH_WBS__c"),
        _text("RH_Contract_Line__c"),
        _text("RH_Bill_Level__c"),
        _flag("RH_Billable__c"),
        _flag("RH_Progress__c"),
        _choice("RH_Status__c", ("Open", "Closed")),
    ),
    prefix="a1B",
    label="Project Task",
)

_ASSIGNMENT = ObjectType(
    ASSIGNMENT,
    (
        _text("Name", 80, indexed=True),
        _parent("pse__Project__c", PROJECT, required=True),
        _parent("pse__Resource__c", CONTACT, required=True),
        _parent("RH_Task__c", TASK),
        _flag("pse__Is_Billable__c"),
        _number("pse__Bill_Rate__c", 4),
        _number("pse__Cost_Rate_Amount__c", 4),
        _day("pse__Start_Date__c"),
        _day("pse__End_Date__c"),
        _number("pse__Planned_Hours__c", 2),
        _flag("pse__Closed_for_Time_Entry__c"),
        _flag("pse__Exclude_from_Planners__c"),
        _flag("Open_up_Assignment_for_Time_entry__c"),
        _text("RH_Bill_Level__c"),
        _choice("RH_Status__c", ASSIGNMENT_STATUSES),
    ),
    prefix="a1C",
    label="Assignment",
)

_OVERRIDE = ObjectType(
    OVERRIDE,
    (
        _parent("RH_Assignment__c", ASSIGNMENT, required=True),
        _number("RH_Rate__c", 4),
        _CURRENCY,
        _day("RH_Valid_From__c", required=True),
        _day("RH_Valid_To__c"),
    ),
    prefix="a1G",
    label="Rate Override",
)

_TIMECARD = ObjectType(
    TIMECARD,
    (
        Field("Name", read_only=True, indexed=True),
        _day("pse__Start_Date__c", required=True),
        _day("pse__End_Date__c"),
        _parent("pse__Resource__c", CONTACT, required=True),
        _parent("pse__Project__c", PROJECT),
        _parent("pse__Assignment__c", ASSIGNMENT),
        _flag("pse__Billable__c"),
        *(_number(name, 2) for name in HOURS_FIELDS),
        *(_text(name) for name in NOTES_FIELDS),
        *(_text(f"pse__Location_{day}__c") for day in DAY_ABBREVIATIONS),
        _text("pse__Timecard_Notes__c", 32_768),
        _text("pse__Audit_Notes__c", 32_768),
        _choice("pse__Status__c", TIMECARD_STATUSES),
        _flag("pse__Submitted__c"),
        _flag("pse__Approved__c"),
        _number("pse__Total_Hours__c", 2, read_only=True),
        Field("PROJECT_ID__c", read_only=True),
        _parent("RH_Task__c", TASK),
        _choice("RH_Time_Type__c", TIME_TYPES),
        _stamp("RH_Submitted_At__c", read_only=True),
        _stamp("RH_Approved_At__c", read_only=True),
        _parent("RH_Approved_By__c", CONTACT),
        _parent("RH_Replaces__c", TIMECARD),
    ),
    prefix="a1D",
    label="Timecard",
)

_SPLIT = ObjectType(
    SPLIT,
    (
        Field("Name", read_only=True),
        _parent("pse__Timecard_Header__c", TIMECARD, required=True),
        _flag("pse__Approved__c"),
        _flag("pse__Billable__c"),
        _flag("pse__Billed__c"),
        _number("pse__Total_Hours__c", 2),
        _number("pse__Total_Billable_Amount__c", 2),
        _day("pse__Start_Date__c"),
        _day("pse__End_Date__c"),
        _text("RH_Invoice_No__c"),
        _text("RH_Invoice_Status__c"),
    ),
    prefix="a1E",
    label="Timecard Split",
)

_RATE_CARD = ObjectType(
    RATE_CARD,
    (
        _text("Name", 80, required=True, indexed=True),
        _text("RH_Level__c"),
        _text("pse__Practice__c"),
        _choice("RH_Unit__c", ("HOUR", "DAY")),
        _number("RH_Rate__c", 4),
        _CURRENCY,
        _day("pse__Start_Date__c"),
        _day("pse__End_Date__c"),
        _flag("RH_Apply_Retro__c"),
    ),
    prefix="a1F",
    label="Rate Card",
)

_MILESTONE = ObjectType(
    MILESTONE,
    (
        _parent("pse__Project__c", PROJECT, required=True),
        _text("Name", 80, required=True),
        _number("pse__Milestone_Amount__c", 2),
        _day("pse__Target_Date__c"),
        _choice("pse__Status__c", MILESTONE_STATUSES),
        _flag("pse__Billed__c"),
        _key("RH_External_Id__c"),
        Field("RH_Seq__c", "int"),
        _text("RH_Contract_Line__c", indexed=True),
        _stamp("RH_Status_At__c", read_only=True),
        _stamp("RH_Accepted_At__c", read_only=True),
        Field("RH_Accepted_By__c", references=CONTACT, read_only=True),
        _text("RH_Invoice_No__c"),
        _text("RH_Invoice_Status__c"),
    ),
    prefix="a1H",
    label="Milestone",
)

_ESTIMATE = ObjectType(
    ESTIMATE,
    (
        _parent("RH_Project__c", PROJECT, required=True),
        _text("RH_Contract_Line__c", required=True, indexed=True),
        Field("RH_Seq__c", "int", required=True),
        Field("RH_Total_Hours__c", "decimal", scale=2, required=True),
    ),
    prefix="a1I",
    label="Estimate",
)

SCHEMA = Schema(
    (
        _CONTACT,
        _PROJECT,
        _TASK,
        _ASSIGNMENT,
        _OVERRIDE,
        _TIMECARD,
        _SPLIT,
        _RATE_CARD,
        _MILESTONE,
        _ESTIMATE,
    )
)
