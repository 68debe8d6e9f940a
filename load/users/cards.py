"""Timecards as people find them: by person, week, assignment, time type, and whether they replace another."""

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

from load.deeds import Deed, monday_of
from load.users.desk import NotYet
from load.users.org import Org, text, texts
from mocks.firm.facts.source import TimeEntry

CARD = "pse__Timecard_Header__c"
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
HOURS = tuple(f"pse__{day}_Hours__c" for day in _DAYS)
NOTES = tuple(f"pse__{day}_Notes__c" for day in _DAYS)
_SHOWN = (
    "Id, Name, pse__Status__c, pse__Resource__c, pse__Start_Date__c, pse__Assignment__r.Name,"
    " RH_Time_Type__c, RH_Replaces__c, RH_Approved_By__c"
)


class Place(Struct, frozen=True):
    """What tells a card apart for people: there is one for each."""

    resource_id: str
    monday: str
    assignment: str
    time_type: str
    replaces: bool


class Contacts:
    """Ids of the firm's people in the PSA, as everybody knows their own from logging in; learned once."""

    def __init__(self) -> None:
        self._ids: dict[str, str] = {}

    def id_of(self, org: Org, person: str) -> str:
        """One person's id; raises NotYet for somebody who is not there yet."""
        if person not in self._ids:
            number = person.partition("|")[2]
            path = f"Contact/RH_Employee_No__c/{number}?fields=Id,pse__Is_Resource__c"
            found = org.by_key("log in as a person", path)
            if found is None or not found["pse__Is_Resource__c"]:
                raise NotYet(f"{person} as a resource")
            self._ids[person] = found["Id"]
        return self._ids[person]

    def learn(self, org: Org, people: Iterable[str]) -> None:
        """Look several people up at once."""
        numbers = {person.partition("|")[2] for person in people if person not in self._ids}
        if numbers:
            soql = f"SELECT Id, RH_Employee_No__c FROM Contact WHERE RH_Employee_No__c IN {texts(numbers)}"
            rows = org.query("look people up", soql + " AND pse__Is_Resource__c = true")
            self._ids |= {f"RS|{row['RH_Employee_No__c']}": row["Id"] for row in rows}

    def known(self, person: str) -> str | None:
        """One person's id if it was learned."""
        return self._ids.get(person)


def first_of(deed: Deed) -> TimeEntry:
    """The first cell of a card's deed."""
    first = deed.facts[0]
    if not isinstance(first, TimeEntry):
        raise TypeError(f"{deed.id} is no deed on a timecard")
    return first


def place_of(deed: Deed, resource_id: str) -> Place:
    """Where the card of a deed stands."""
    first = first_of(deed)
    return Place(
        resource_id,
        monday_of(first.work_date).isoformat(),
        first.assignment.partition("|")[2],
        first.time_type,
        first.replaces is not None,
    )


def place_shown(row: Mapping[str, Any]) -> Place:
    """Where a card that a query shows stands."""
    return Place(
        row["pse__Resource__c"],
        row["pse__Start_Date__c"],
        (row["pse__Assignment__r"] or {}).get("Name", ""),
        row["RH_Time_Type__c"],
        row["RH_Replaces__c"] is not None,
    )


def week_of(org: Org, resource_id: str, monday: str) -> dict[Place, dict[str, Any]]:
    """A person's cards of a week, as the page shows them."""
    soql = f"SELECT {_SHOWN} FROM {CARD} WHERE pse__Resource__c = {text(resource_id)}"
    rows = org.query("open timesheet", f"{soql} AND pse__Start_Date__c = {monday}")
    return {place_shown(row): row for row in rows}


def waiting_of(org: Org, resource_ids: Iterable[str], mondays: Iterable[str]) -> dict[Place, dict[str, Any]]:
    """The cards of several people in some weeks: what a manager has to decide on, and what is decided."""
    days = ", ".join(sorted(mondays))
    soql = f"SELECT {_SHOWN} FROM {CARD} WHERE pse__Resource__c IN {texts(resource_ids)}"
    rows = org.query("list waiting timecards", f"{soql} AND pse__Start_Date__c IN ({days})")
    return {place_shown(row): row for row in rows}
