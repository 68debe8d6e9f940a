"""The manager: looks at what waits, and approves many cards at once; a rejected one is sent back."""

from collections.abc import Mapping, Sequence
from typing import Any

from load.deeds import Deed
from load.users.cards import CARD, Contacts, first_of, place_of, waiting_of
from load.users.desk import Desk
from load.users.org import Org
from load.users.result import Result, done, refused, waits

_WORDS = {"APPROVED": "Approved", "REJECTED": "Rejected"}


def perform(desk: Desk, deeds: Sequence[Deed], contacts: Contacts) -> list[Result]:
    """Decide on cards of one approver, as many as the product takes in one call."""
    org = Org(desk, "psa")
    people = {first_of(deed).resource for deed in deeds}
    contacts.learn(org, people | {by for deed in deeds if (by := first_of(deed).approved_by)})
    ids = {person: found for person in people if (found := contacts.known(person)) is not None}
    mondays = {place_of(deed, "").monday for deed in deeds}
    shown = waiting_of(org, ids.values(), mondays) if ids else {}
    results: list[Result] = []
    decided: list[tuple[Deed, dict[str, Any]]] = []
    for deed in deeds:
        card = shown.get(place_of(deed, ids.get(first_of(deed).resource, "")))
        decision = _decision(deed, card, contacts)
        if isinstance(decision, Result):
            results.append(decision)
        else:
            decided.append((deed, decision))
    return results + _decide(org, decided)


def _decision(deed: Deed, card: Mapping[str, Any] | None, contacts: Contacts) -> Result | dict[str, Any]:
    """What to write on a card, or what is known without writing."""
    first = first_of(deed)
    wanted = _WORDS[first.status]
    if card is None:
        return waits(deed.id, f"the timecard of {first.resource} for {first.assignment}")
    if card["pse__Status__c"] == wanted:
        return done(deed.id, card["Id"], found=True)
    if card["pse__Status__c"] != "Submitted":
        return waits(deed.id, "the timecard to be handed in")
    approver = None if first.approved_by is None else contacts.known(first.approved_by)
    if first.approved_by is not None and approver is None:
        return waits(deed.id, f"{first.approved_by} as a resource")
    return {
        "attributes": {"type": CARD},
        "Id": card["Id"],
        "pse__Status__c": wanted,
        "RH_Approved_By__c": approver,
    }


def _decide(org: Org, decided: Sequence[tuple[Deed, dict[str, Any]]]) -> list[Result]:
    if not decided:
        return []
    troubles = org.change_many(decided[0][0].operation, [record for _, record in decided])
    results = []
    for (deed, record), trouble in zip(decided, troubles, strict=True):
        if not trouble:
            results.append(done(deed.id, record["Id"]))
        elif "UNABLE_TO_LOCK_ROW" in trouble:
            results.append(waits(deed.id, "somebody else's hold on the record to end"))
        else:
            results.append(refused(deed.id, trouble[:300]))
    return results
