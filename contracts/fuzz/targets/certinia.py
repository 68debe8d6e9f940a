"""Certinia: two people, a project with a task, an assignment, timecards in two states and what is planned."""

from contracts.fuzz.targets.salesforce_protocol import Rows, target_of
from mocks.psa.certinia.state import ORG
from mocks.psa.certinia.vendor import VENDOR

_MONDAY, _SUNDAY, _LATER = "2026-02-02", "2026-02-08", "2026-12-31"
_ASSIGNED = {
    "pse__Resource__c": "@Contact",
    "pse__Project__c": "@pse__Proj__c",
    "pse__Assignment__c": "@pse__Assignment__c",
    "pse__Start_Date__c": _MONDAY,
    "pse__End_Date__c": _SUNDAY,
    "RH_Task__c": "@pse__Project_Task__c",
    "pse__Monday_Hours__c": 8,
    "pse__Monday_Notes__c": "On site",
}
_PLANNED = {"pse__Project__c": "@pse__Proj__c", "Name": "Start", "pse__Status__c": "Planned"}
ROWS: Rows = (
    (
        "Contact",
        {
            "FirstName": "Nora",
            "LastName": "Quill",
            "pse__Is_Resource__c": True,
            "pse__Is_Resource_Active__c": True,
            "RH_Employee_No__c": "1001",
        },
    ),
    ("pse__Proj__c", {"Name": "Second", "RH_External_Id__c": "PJ|2", "pse__Stage__c": "Requested"}),
    (
        "pse__Proj__c",
        {
            "Name": "Harbour rollout",
            "RH_External_Id__c": "PJ|1",
            "pse__Stage__c": "Active",
            "pse__Is_Active__c": True,
            "pse__Start_Date__c": _MONDAY,
            "CurrencyIsoCode": "EUR",
        },
    ),
    (
        "pse__Project_Task__c",
        {"pse__Project__c": "@pse__Proj__c", "Name": "Design", "RH_External_Id__c": "TK|1"},
    ),
    (
        "pse__Assignment__c",
        {
            "pse__Project__c": "@pse__Proj__c",
            "pse__Resource__c": "@Contact",
            "RH_Task__c": "@pse__Project_Task__c",
            "pse__Is_Billable__c": True,
            "pse__Start_Date__c": _MONDAY,
            "pse__End_Date__c": _LATER,
        },
    ),
    (
        "RH_Rate_Override__c",
        {"RH_Assignment__c": "@pse__Assignment__c", "RH_Rate__c": "187.43", "RH_Valid_From__c": _MONDAY},
    ),
    ("pse__Timecard_Header__c", {**_ASSIGNED, "pse__Status__c": "Saved"}),
    ("pse__Rate_Card__c", {"Name": "List", "RH_Level__c": "L2", "RH_Rate__c": 180}),
    ("pse__Milestone__c", {**_PLANNED, "RH_External_Id__c": "MS|1", "pse__Milestone_Amount__c": 1000}),
    ("pse__Milestone__c", {**_PLANNED, "RH_External_Id__c": "MS|2", "pse__Target_Date__c": _LATER}),
    (
        "RH_Estimate__c",
        {
            "RH_Project__c": "@pse__Proj__c",
            "RH_Contract_Line__c": "a01X",
            "RH_Seq__c": 1,
            "RH_Total_Hours__c": 120,
        },
    ),
)
TARGET = target_of(
    "certinia",
    VENDOR,
    ORG,
    ROWS,
    {
        "path.object": ("pse__Proj__c", "pse__Milestone__c"),
        "path.field": ("RH_External_Id__c",),
        "path.value": ("PJ|2", "MS|2"),
        "query.fields": ("Id,CreatedDate",),
        "query.q": (
            "SELECT Id, Name, Email FROM Contact WHERE pse__Is_Resource__c = true",
            "SELECT COUNT() FROM pse__Proj__c",
            "SELECT Id, pse__Resource__r.Name, pse__Project__r.pse__Stage__c, pse__Total_Hours__c"
            " FROM pse__Timecard_Header__c WHERE pse__Start_Date__c >= 2026-01-01 ORDER BY Name",
            "SELECT Id, RH_Total_Hours__c, RH_Project__r.RH_External_Id__c FROM RH_Estimate__c LIMIT 5",
        ),
    },
)
