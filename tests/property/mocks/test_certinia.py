"""The PSA against a model of its timecards, splits and milestones: who may write what, and when."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from msgspec import Struct

from mocks.psa.certinia import state, timecards
from mocks.psa.certinia.vendor import VENDOR
from tests.property.mocks.salesforce_client import Client, code
from tests.property.mocks.wire import agree, finds_a_mutant
from tests.property.profiles import examples

CARD, SPLIT = "pse__Timecard_Header__c", "pse__Timecard__c"
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
HOURS = tuple(f"pse__{day}_Hours__c" for day in DAYS)
MONDAY = date(2026, 1, 26)  # its Sunday is the first of February
RATE = Decimal("187.4390")
RULE = "FIELD_CUSTOM_VALIDATION_EXCEPTION"
NEXT = {"Saved": {"Submitted"}, "Submitted": {"Approved", "Rejected"}, "Rejected": {"Saved", "Submitted"}}
# Few days and heavy hours: so that cards come into each other's way.
BUSY = st.sampled_from((HOURS[0], HOURS[6]))
DAY_HOURS = st.sampled_from(("0", "0.25", "13.33", "24", "24.01", "-1")).map(Decimal)
WEEK = st.dictionaries(BUSY, DAY_HOURS, max_size=2)
CALM_WEEK = st.dictionaries(
    BUSY, st.sampled_from(("0.25", "10", "13.33")).map(Decimal), min_size=1, max_size=2
)
STATUS = st.sampled_from(("Saved", "Submitted", "Approved", "Rejected"))
PLACE = st.integers(0, 20)
MARKS = st.fixed_dictionaries(
    {}, optional={"pse__Billed__c": st.booleans(), "RH_Invoice_No__c": st.sampled_from(("US-1", ""))}
)
CLIENT = Client(VENDOR)


class Card(Struct):
    """One timecard as the PSA should hold it."""

    person: int
    hours: dict[str, Decimal]
    status: str
    note: str | None = None
    replaces: str | None = None
    marks: dict[str, Any] = {}

    def fields(self) -> dict[str, Any]:
        """What can be written of it, as it stands."""
        return {**self.hours, "pse__Monday_Notes__c": self.note, "pse__Status__c": self.status}


def having(*statuses: str) -> Callable[[Any], bool]:
    """Whether there is a card, of one of these statuses where any are named."""
    return lambda machine: bool(machine.some(0, *statuses))


class PsaMachine(RuleBasedStateMachine):
    """Two consultants, their manager and one project; calls of the PSA's API beside a dict of cards."""

    def __init__(self) -> None:
        super().__init__()
        CLIENT.fresh()
        self.cards: dict[str, Card] = {}
        self.approvers: dict[str, int] = {}
        self.closed = False
        self.people = [
            CLIENT.created(
                "Contact", LastName=f"Quill {number}", pse__Is_Resource__c=True, RH_Employee_No__c=number
            )
            for number in ("1001", "1002", "9001")
        ]
        project = {"pse__Stage__c": "Active", "pse__Is_Active__c": True, "RH_External_Id__c": "PJ|1"}
        self.project = CLIENT.created("pse__Proj__c", Name="Harbour", **project)
        self.task = CLIENT.created("pse__Project_Task__c", pse__Project__c=self.project, Name="Design")
        self.assignments = [
            CLIENT.created(
                "pse__Assignment__c",
                pse__Project__c=self.project,
                pse__Resource__c=person,
                RH_Task__c=self.task,
                pse__Bill_Rate__c=RATE,
            )
            for person in self.people[:2]
        ]
        for person, status in ((0, "Saved"), (1, "Submitted"), (0, "Submitted")):
            self.enter(Card(person, {**dict.fromkeys(HOURS, Decimal(0)), HOURS[0]: Decimal(10)}, status))

    # --- the model ------------------------------------------------------------------------------

    def standing(self, person: int, besides: str | None, replaced: str | None) -> list[Card]:
        """A person's other cards that are neither rejected nor replaced by one that stands."""
        there = {i: c for i, c in self.cards.items() if c.status != "Rejected" and i != besides}
        gone = {card.replaces for card in there.values()} | {replaced}
        return [card for i, card in there.items() if card.person == person and i not in gone]

    def fits(self, card: Card, besides: str | None) -> bool:
        others = self.standing(card.person, besides, card.replaces)
        return all(card.hours[day] + sum(other.hours[day] for other in others) <= 24 for day in HOURS)

    def takes(self, record_id: str | None, after: Card, approver: int | None) -> bool:
        """Whether the PSA should take a card as it would be after a write."""
        before = self.cards.get(record_id or "")
        if not all(0 <= hours <= 24 for hours in after.hours.values()):
            return before is not None and before == after
        if before is None:
            return after.status in ("Saved", "Submitted") and not self.closed and self.fits(after, None)
        changed = before.fields() != after.fields()
        if before.status == "Approved":
            return not changed and approver is None
        if before.status != after.status and after.status not in NEXT[before.status]:
            return False
        content = before.hours != after.hours or before.note != after.note
        if before.status == "Submitted" and content:
            return False
        if after.status in ("Approved", "Rejected") and approver == after.person:
            return False
        if after.status == "Approved" and approver is None:
            return False
        submits = after.status == "Submitted" and before.status != "Submitted"
        if (submits or before.hours != after.hours) and self.closed:
            return False
        brings = submits or before.hours != after.hours or before.status == "Rejected" != after.status
        return not brings or self.fits(after, record_id)

    def some(self, place: int, *statuses: str) -> str:
        ids = [i for i, card in self.cards.items() if not statuses or card.status in statuses]
        return ids[place % len(ids)] if ids else ""

    # --- timecards ------------------------------------------------------------------------------

    @rule(
        person=st.integers(0, 1),
        hours=CALM_WEEK | WEEK,
        status=st.sampled_from(("Submitted", "Saved")) | STATUS,
    )
    def enters_a_card(self, person: int, hours: dict[str, Decimal], status: str) -> None:
        self.enter(Card(person, {**dict.fromkeys(HOURS, Decimal(0)), **hours}, status))

    @precondition(having("Approved"))
    @rule(place=PLACE, hours=CALM_WEEK, person=st.sampled_from((None, None, 0, 1)))
    def corrects_a_card(self, place: int, hours: dict[str, Decimal], person: int | None) -> None:
        replaced = self.some(place, *(("Approved",) if place % 4 else ()))
        owner = self.cards[replaced].person if person is None else person
        card = Card(owner, {**dict.fromkeys(HOURS, Decimal(0)), **hours}, "Submitted", replaces=replaced)
        self.enter(card)

    def enter(self, card: Card) -> None:
        body = {**card.hours, "pse__Status__c": card.status, "pse__Start_Date__c": MONDAY.isoformat()}
        body |= {
            "pse__Resource__c": self.people[card.person],
            "pse__Assignment__c": self.assignments[card.person],
        }
        body |= {"pse__Billable__c": True, "RH_Replaces__c": card.replaces}
        replaced = self.cards.get(card.replaces or "")
        taken = self.takes(None, card, None)
        if replaced is not None:
            again = any(other.replaces == card.replaces for other in self.cards.values())
            taken = taken and replaced.status == "Approved" and replaced.person == card.person and not again
        answer = CLIENT.send("POST", f"/sobjects/{CARD}", body)
        agree([answer.status, code(answer)], [201, ""] if taken else [400, RULE])
        if taken:
            self.cards[answer.json()["id"]] = card

    @precondition(having())
    @rule(
        place=PLACE,
        hours=st.none() | CALM_WEEK | WEEK,
        status=st.none() | STATUS,
        approver=st.sampled_from((None, None, 0, 1, 2, 2)),
        note=st.sampled_from((None, None, "", "late")),
    )
    def writes_a_card(
        self,
        place: int,
        hours: dict[str, Decimal] | None,
        status: str | None,
        approver: int | None,
        note: str | None,
    ) -> None:
        record_id = self.some(place)
        before = self.cards[record_id]
        body: dict[str, Any] = {**(hours or {})}
        body |= {"pse__Status__c": status} if status else {}
        body |= {"RH_Approved_By__c": self.people[approver]} if approver is not None and status else {}
        body |= {"pse__Monday_Notes__c": note} if note is not None else {}
        after = Card(
            before.person,
            {**before.hours, **(hours or {})},
            status or before.status,
            before.note if note is None else note or None,
            before.replaces,
        )
        self.write(record_id, body, after, approver if status else None)

    @precondition(having())
    @rule(place=PLACE, hours=CALM_WEEK)
    def writes_hours(self, place: int, hours: dict[str, Decimal]) -> None:
        record_id = self.some(place, "Saved", "Submitted", "Rejected") or self.some(place)
        if record_id:
            card = self.cards[record_id]
            after = Card(card.person, {**card.hours, **hours}, card.status, card.note, card.replaces)
            self.write(record_id, hours, after, None)

    @precondition(having())
    @rule(
        place=PLACE, was=st.sampled_from(("Saved", "Submitted", "Submitted", "Rejected")), first=st.booleans()
    )
    def moves_a_card_on(self, place: int, was: str, first: bool) -> None:
        record_id = self.some(place, was) or self.some(place)
        was = self.cards[record_id].status
        if was == "Approved":
            return
        card, status = self.cards[record_id], sorted(NEXT[was])[0 if first else -1]
        after = Card(card.person, card.hours, status, card.note, card.replaces)
        self.write(record_id, {"pse__Status__c": status, "RH_Approved_By__c": self.people[2]}, after, 2)

    @precondition(having("Submitted", "Rejected"))
    @rule(place=PLACE, hours=st.sampled_from(("0.25", "13.33")).map(Decimal))
    def sends_back_and_takes_up_again(self, place: int, hours: Decimal) -> None:
        """A rejected card counts for nothing; meanwhile its person may have filled the day."""
        record_id = self.some(place, "Submitted", "Rejected")
        card = self.cards[record_id]
        if card.status == "Submitted":
            after = Card(card.person, card.hours, "Rejected", card.note, card.replaces)
            self.write(record_id, {"pse__Status__c": "Rejected"}, after, None)
        self.enter(Card(card.person, {**dict.fromkeys(HOURS, Decimal(0)), HOURS[0]: hours}, "Saved"))
        again = Card(card.person, card.hours, "Saved", card.note, card.replaces)
        self.write(record_id, {"pse__Status__c": "Saved"}, again, None)

    def write(self, record_id: str, body: dict[str, Any], after: Card, approver: int | None) -> None:
        if self.cards[record_id].status == "Approved" and approver == self.approvers.get(record_id):
            approver = None  # no change
        taken = self.takes(record_id, after, approver)
        answer = CLIENT.send("PATCH", f"/sobjects/{CARD}/{record_id}", body)
        agree([answer.status, code(answer)], [204, ""] if taken else [400, RULE])
        if taken:
            if after.status == "Approved" and approver is not None:
                self.approvers[record_id] = approver
            after.marks = self.cards[record_id].marks
            self.cards[record_id] = after

    @precondition(having())
    @rule(place=PLACE)
    def deletes_a_card(self, place: int) -> None:
        record_id = self.some(place)
        allowed = self.cards[record_id].status in ("Saved", "Rejected")
        answer = CLIENT.send("DELETE", f"/sobjects/{CARD}/{record_id}")
        agree([answer.status, code(answer)], [204, ""] if allowed else [400, RULE])
        if allowed:
            del self.cards[record_id]

    @rule()
    def opens_or_closes_the_project(self) -> None:
        self.closed = not self.closed
        body = {"pse__Closed_for_Time_Entry__c": self.closed}
        assert CLIENT.send("PATCH", f"/sobjects/pse__Proj__c/{self.project}", body).status == 204

    # --- splits ---------------------------------------------------------------------------------

    @precondition(having("Approved"))
    @rule(place=PLACE, marks=MARKS, hours=st.none() | DAY_HOURS)
    def marks_splits(self, place: int, marks: dict[str, Any], hours: Decimal | None) -> None:
        record_id = self.some(place, "Approved")
        for split in CLIENT.rows(
            f"SELECT Id, pse__Total_Hours__c FROM {SPLIT} WHERE pse__Timecard_Header__c = '{record_id}'"
        ):
            more = {} if hours is None else {"pse__Total_Hours__c": hours}
            answer = CLIENT.send("PATCH", f"/sobjects/{SPLIT}/{split['Id']}", {**marks, **more})
            locked = hours is not None and hours != split["pse__Total_Hours__c"]
            agree([code(answer)], ["INVALID_FIELD_FOR_INSERT_UPDATE" if locked else ""])
            if locked:
                return
        self.cards[record_id].marks = {**self.cards[record_id].marks, **marks}

    @rule(place=PLACE)
    def nobody_makes_splits(self, place: int) -> None:
        header = self.some(place) or "a1DPSA2000000ZZAAA"
        body = {"pse__Timecard_Header__c": header, "pse__Total_Hours__c": 8}
        assert CLIENT.send("POST", f"/sobjects/{SPLIT}", body).status == 400

    # --- what must hold -------------------------------------------------------------------------

    @invariant()
    def cards_are_as_the_model_has_them(self) -> None:
        names = f"Id, {', '.join(HOURS)}, pse__Monday_Notes__c, pse__Status__c, RH_Replaces__c"
        names += ", pse__Total_Hours__c"
        rows = {row.pop("Id"): row for row in CLIENT.rows(f"SELECT {names} FROM {CARD} ORDER BY Id")}
        expected = {
            i: {**c.fields(), "RH_Replaces__c": c.replaces, "pse__Total_Hours__c": sum(c.hours.values())}
            for i, c in sorted(self.cards.items())
        }
        agree(rows, expected)

    @invariant()
    def splits_are_those_of_approved_cards(self) -> None:
        names = (
            "pse__Timecard_Header__c, pse__Start_Date__c, pse__Total_Hours__c, pse__Total_Billable_Amount__c"
        )
        rows = CLIENT.rows(
            f"SELECT {names}, pse__Billed__c FROM {SPLIT}"
            " ORDER BY pse__Timecard_Header__c, pse__Start_Date__c"
        )
        approved = [(i, card) for i, card in sorted(self.cards.items()) if card.status == "Approved"]
        agree(
            [tuple(row.values()) for row in rows],
            [split for i, card in approved for split in splits(i, card)],
        )


def splits(record_id: str, card: Card) -> list[tuple[str, str, Decimal, Decimal, bool]]:
    """One split for each month of the week that has hours."""
    months: dict[str, list[date]] = {}
    for place in range(7):
        day = MONDAY + timedelta(days=place)
        months.setdefault(f"{day:%Y-%m}", []).append(day)
    found = []
    for days in months.values():
        hours = sum((card.hours[HOURS[day.weekday()]] for day in days), Decimal(0))
        money = (hours * RATE).quantize(Decimal("0.01"), ROUND_HALF_UP)
        if hours:
            billed = card.marks.get("pse__Billed__c", False)
            found.append((record_id, days[0].isoformat(), hours, money, billed))
    return found


def test_a_psa__does_what_its_model_does() -> None:
    run_state_machine_as_test(PsaMachine, settings=examples(80, steps=30))


def test_the_machine__finds_a_day_of_more_than_24_hours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timecards, "_days", lambda store, card_id, new: [])
    assert finds_a_mutant(PsaMachine)


def test_the_machine__finds_a_submitted_card_that_can_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timecards, "LOCKED_BY_SUBMISSION", frozenset())
    assert finds_a_mutant(PsaMachine)


def test_the_machine__finds_splits_of_another_price(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "mocks.psa.certinia.splits._half_up", lambda numerator, denominator: numerator // denominator
    )
    assert finds_a_mutant(PsaMachine)


def test_the_machine__finds_a_card_that_may_be_deleted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(state._BEFORE_DELETION, CARD)
    assert finds_a_mutant(PsaMachine)
