"""What the promises of the PSA have in common: its rows as the core reads them, the adapter under test."""

from pact import match

from contracts.consumer.promises import Promises, text
from contracts.consumer.salesforce_protocol import CREDENTIALS, STAMP, currency, day, ident, row
from integration_core.adapters.certinia.client import CertiniaPsa

PROVIDER = "certinia"
CONTACTS, PROJECTS, TASKS, ASSIGNMENTS, CARDS = "003", "a1A", "a1B", "a1C", "a1D"
SPLITS, MILESTONES = "a1E", "a1H"

_CODE = ".+"
_WEEK = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
HOURS = tuple(f"pse__{name}_Hours__c" for name in _WEEK)
NOTES = tuple(f"pse__{name}_Notes__c" for name in _WEEK)

ASSIGNMENT = row(
    ident(ASSIGNMENTS),
    Name=text("ASG-000001", _CODE),
    pse__Project__c=ident(PROJECTS),
    pse__Resource__c=ident(CONTACTS),
    RH_Task__c=ident(TASKS),
    pse__Start_Date__c=day("2026-11-02"),
    pse__End_Date__c=day("2026-12-31"),
    RH_Bill_Level__c=text("CON", _CODE),
    RH_Status__c=text("ACTIVE", "PROPOSED|CONFIRMED|ACTIVE|ENDED|CANCELLED"),
)
OVERRIDE = row(
    ident("a1G"),
    RH_Assignment__c=ident(ASSIGNMENTS),
    RH_Rate__c=match.number(230),
    CurrencyIsoCode=currency(),
    RH_Valid_From__c=day("2026-11-02"),
    RH_Valid_To__c=day("2026-12-01"),
    CreatedDate=STAMP,
)
# A card in each of its states; what it lacks by then is null.
APPROVED = row(
    ident(CARDS),
    Name=text("TCH-000000001", _CODE),
    pse__Start_Date__c=day("2026-11-16"),
    pse__Resource__c=ident(CONTACTS),
    pse__Project__c=ident(PROJECTS),
    pse__Assignment__c=ident(ASSIGNMENTS),
    RH_Task__c=ident(TASKS),
    RH_Time_Type__c=text("REG", "REG|OT|TRAVEL"),
    pse__Billable__c=match.bool(True),
    pse__Status__c="Approved",
    RH_Submitted_At__c=STAMP,
    RH_Approved_At__c=STAMP,
    RH_Approved_By__c=ident(CONTACTS, 2),
    RH_Replaces__c=None,
    **{name: match.number(8 if place < 5 else 0) for place, name in enumerate(HOURS)},
    **{name: match.like("Workshop") if place == 0 else None for place, name in enumerate(NOTES)},
)
SUBMITTED = {
    **APPROVED,
    "pse__Status__c": "Submitted",
    "RH_Approved_At__c": None,
    "RH_Approved_By__c": None,
}
SAVED = {
    **SUBMITTED,
    "pse__Status__c": "Saved",
    "pse__Assignment__c": None,
    "RH_Task__c": None,
    "RH_Submitted_At__c": None,
}
REJECTED = {**SUBMITTED, "pse__Status__c": "Rejected", "RH_Approved_By__c": ident(CONTACTS, 2)}
CORRECTED = {**APPROVED, "RH_Replaces__c": ident(CARDS, 2)}
SPLIT = row(
    ident(SPLITS),
    pse__Timecard_Header__c=ident(CARDS),
    pse__Start_Date__c=day("2026-11-16"),
    pse__End_Date__c=day("2026-11-22"),
)
MILESTONE = row(
    ident(MILESTONES),
    RH_Contract_Line__c=text("a01RH0000000001AAA", _CODE),
    RH_Seq__c=match.number(1),
    pse__Status__c="Planned",
    RH_Status_At__c=STAMP,
    RH_Accepted_At__c=None,
)
ESTIMATE = row(
    ident("a1I"),
    RH_Contract_Line__c=text("a01RH0000000001AAA", _CODE),
    RH_Total_Hours__c=match.number(120),
    CreatedDate=STAMP,
)
PROJECT = row(
    ident(PROJECTS),
    RH_Contract__c=text("800RH0000000001AAA", _CODE),
    RH_Completed_At__c=STAMP,
    RH_Completion_Entered_At__c=STAMP,
)
RATE = row(
    ident("a1F"),
    Name=text("Firm 2026", _CODE),
    RH_Level__c=text("CON", _CODE),
    pse__Practice__c=text("DATA", _CODE),
    RH_Unit__c=text("HOUR", "HOUR|DAY"),
    RH_Rate__c=match.number(210),
    CurrencyIsoCode=currency(),
    pse__Start_Date__c=day("2026-01-01"),
    pse__End_Date__c=day("2027-01-01"),
    RH_Apply_Retro__c=match.bool(False),
    CreatedDate=STAMP,
)


def adapter(promises: Promises, url: str) -> CertiniaPsa:
    """The production adapter, with credentials of an example."""
    return CertiniaPsa(promises.network.transport, url, CREDENTIALS)
