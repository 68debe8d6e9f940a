"""The consultant: opens the week, hands cards in, again after a rejection, and corrects approved ones."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from msgspec import structs

from load.deeds import Deed
from load.users.cards import CARD, HOURS, NOTES, Contacts, Place, first_of, place_of, week_of
from load.users.desk import Desk, NotYet
from load.users.org import Fields, Org, decimal, text
from load.users.result import Result, done, refused

_ASSIGNMENT = (
    "SELECT Id, RH_Task__c, pse__Project__c, pse__Project__r.pse__Is_Active__c,"
    " pse__Project__r.pse__Stage__c, pse__Project__r.pse__Closed_for_Time_Entry__c FROM pse__Assignment__c"
)
_FINISHED = ("Completed", "Closed")


def perform(desk: Desk, deeds: Sequence[Deed], contacts: Contacts) -> list[Result]:
    """Hand one card in."""
    return [_hand_in(Org(desk, "psa"), deed, contacts) for deed in deeds]


def _hand_in(org: Org, deed: Deed, contacts: Contacts) -> Result:
    first = first_of(deed)
    resource_id = contacts.id_of(org, first.resource)
    place = place_of(deed, resource_id)
    week = week_of(org, resource_id, place.monday)
    card = week.get(place)
    if card is None:
        return _new(org, deed, place, week)
    if card["pse__Status__c"] in ("Submitted", "Approved"):
        return done(
            deed.id, card["Id"], found=True
        )  # an answer was lost, and the card perhaps approved since
    org.change(deed.operation, CARD, card["Id"], {**cells(deed), "pse__Status__c": "Submitted"})
    return done(deed.id, card["Id"])


def _new(org: Org, deed: Deed, place: Place, week: Mapping[Place, Mapping[str, Any]]) -> Result:
    first = first_of(deed)
    replaced_id = None
    if place.replaces:
        replaced = week.get(structs.replace(place, replaces=False))
        if replaced is None or replaced["pse__Status__c"] != "Approved":
            raise NotYet(f"timecard {first.replaces} approved")
        replaced_id = replaced["Id"]
    assignment = _assignment(org, place)
    if assignment is None:
        return refused(deed.id, "the project is finished")
    fields: Fields = {
        "pse__Start_Date__c": place.monday,
        "pse__End_Date__c": (date.fromisoformat(place.monday) + timedelta(days=6)).isoformat(),
        "pse__Resource__c": place.resource_id,
        "pse__Project__c": assignment["pse__Project__c"],
        "pse__Assignment__c": assignment["Id"],
        "pse__Billable__c": first.billable,
        "RH_Task__c": assignment["RH_Task__c"],
        "RH_Time_Type__c": place.time_type,
        "RH_Replaces__c": replaced_id,
        **cells(deed),
        "pse__Status__c": "Submitted",
    }
    return done(deed.id, org.create(deed.operation, CARD, fields))


def _assignment(org: Org, place: Place) -> dict[str, Any] | None:
    """The open assignment; None where its project is finished, NotYet while that is being set up."""
    whose = f"pse__Resource__c = {text(place.resource_id)} AND Name = {text(place.assignment)}"
    found = org.first("find assignment", f"{_ASSIGNMENT} WHERE {whose}", f"assignment {place.assignment}")
    project = found["pse__Project__r"]
    if project["pse__Stage__c"] in _FINISHED:
        return None
    if not project["pse__Is_Active__c"] or project["pse__Closed_for_Time_Entry__c"]:
        raise NotYet(f"the project of assignment {place.assignment} open for time")
    return found


def cells(deed: Deed) -> dict[str, Any]:
    """Hours and notes of the days that a deed is about."""
    fields: dict[str, Any] = {}
    for cell in deed.cells:
        fields[HOURS[cell.weekday]] = decimal(cell.hours_e2, 2)
        fields[NOTES[cell.weekday]] = cell.note or None
    return fields
