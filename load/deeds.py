"""What one person does at once, as work for a load generator: pure translations from the firm's plays.

A deed is as small as what a person finishes with one press of a button. Deeds of one chain (a card, a
deal, an employee) name the one before them and share a lane, so that whoever works on a lane alone
keeps their order. What a vendor's API does not offer to people stays with the control plane.
"""

import zlib
from collections.abc import Iterable, Iterator
from datetime import date, timedelta

import msgspec
from msgspec import Struct, structs

from mocks.firm.facts.source import (
    Absence,
    Account,
    Assignment,
    Contract,
    Estimate,
    Opportunity,
    ProjectCompletion,
    Quote,
    RateLine,
    Resource,
    SourceFact,
    TimeEntry,
)
from mocks.firm.plays import Play

CONSULTANT, MANAGER, PLANNER, SALES, HR = "consultant", "manager", "planner", "sales", "hr"
PERSONAS = (CONSULTANT, MANAGER, PLANNER, SALES, HR)
# Facts that no client of the vendors' APIs can record: why, by kind. The orchestrator plays them.
NOT_OVER_THE_API = {
    "LegalEntity": "companies are set up by an administrator",
    "CostCentre": "cost centres are set up by an administrator",
    "Practice": "practices are set up by an administrator",
    "TaxRate": "tax rates are set up by an administrator",
    "ServicePackage": "packages are set up before the calendar starts",
    "Milestone": "the product lets people alone move a milestone, in its pages",
    "PayrollRun": "the payroll's API runs no payroll",
    "PaymentIntent": "the integration's role of the ERP may not create customer payments",
}
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class Cell(Struct, frozen=True, array_like=True):
    """One day of a card: weekday from Monday, hours, note."""

    weekday: int
    hours_e2: int
    note: str


class Deed(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One act of one person; of a card's cells, which differ in few things, only the first is whole."""

    id: str
    operation: str
    persona: str
    role: str
    person: str  # RS bk where a person of the firm is known, else what the act is about
    at_ms: int
    lane_key: str
    facts: tuple[SourceFact, ...]
    after: tuple[str, ...] = ()
    group: str = ""  # deeds of one group are done together
    cells: tuple[Cell, ...] = ()
    opportunity: str = ""  # key of the deal behind a contract that is itself signed over the API


class Head(Struct, frozen=True, kw_only=True):
    """What decides when a deed is done and by whom."""

    id: str
    operation: str
    persona: str
    at_ms: int
    after: tuple[str, ...] = ()
    group: str = ""


_encoder = msgspec.json.Encoder()
_deeds = msgspec.json.Decoder(Deed)
_heads = msgspec.json.Decoder(Head)


def encoded(deed: Deed) -> bytes:
    """A deed as one line."""
    return _encoder.encode(deed) + b"\n"


def decoded(line: bytes) -> Deed:
    """The inverse of `encoded`; raises msgspec.ValidationError."""
    return _deeds.decode(line)


def head_of(line: bytes) -> Head:
    """The head of an encoded deed, without its facts."""
    return _heads.decode(line)


def lane_of(deed: Deed, lanes: int) -> int:
    """The lane of a deed: that of everything its chain consists of."""
    return zlib.crc32(deed.lane_key.encode()) % lanes


def monday_of(day: date) -> date:
    """The first day of a card's week."""
    return day - timedelta(days=day.weekday())


def facts_of(deed: Deed) -> tuple[SourceFact, ...]:
    """Every fact of a deed, the cells of a card made whole again."""
    first = deed.facts[0]
    if not isinstance(first, TimeEntry):
        return deed.facts
    monday, stem = monday_of(first.work_date), first.bk.rpartition("|")[0]
    return tuple(
        structs.replace(
            first,
            bk=f"{stem}|{DAYS[cell.weekday]}",
            work_date=monday + timedelta(days=cell.weekday),
            hours_e2=cell.hours_e2,
            note=cell.note,
        )
        for cell in deed.cells
    )


class Script:
    """Turns plays into deeds in the order of the calendar, remembering the last deed of every chain."""

    def __init__(self) -> None:
        self._last: dict[str, str] = {}
        self._rejected: set[str] = set()
        self._signed_here: dict[str, str] = {}  # opportunity by contract

    def deeds(self, play: Play) -> tuple[Deed, ...]:
        """The deeds of a play; none where the control plane must play it."""
        first = play.facts[0]
        if type(first).__name__ in NOT_OVER_THE_API or first.deleted:
            return ()
        match first:
            case TimeEntry():
                return (self._card(first, play),)
            case Account() | Opportunity() | Quote() | Contract():
                return (self._deal(first, play),)
            case Assignment():
                # Somebody is staffed on several tasks at once: a press of a button for each.
                alone = (structs.replace(play, facts=(fact,)) for fact in play.facts)
                return tuple(self._planning(_assignment(one), one) for one in alone)
            case Estimate() | ProjectCompletion():
                return (self._planning(first, play),)
            case Resource():
                operation = "change employee" if first.ver > 1 else "hire employee"
                return (self._chained(first, play, operation, HR, first.bk, first.bk),)
            case Absence() if first.status == "APPROVED" and first.ver == 1:
                return (self._chained(first, play, "enter leave", HR, first.resource, first.resource),)
            case RateLine(scope="CLIENT" | "CONTRACT", owner=str(owner)):
                return (self._chained(first, play, "agree prices", SALES, owner, owner),)
        return ()

    def _card(self, first: TimeEntry, play: Play) -> Deed:
        entries = [fact for fact in play.facts if isinstance(fact, TimeEntry)]
        cells = tuple(Cell(one.work_date.weekday(), one.hours_e2, one.note) for one in entries)
        operation, persona = self._card_operation(first)
        chain = f"{first.bk.rpartition('|')[0]}"
        made = Deed(
            id=f"{first.card}/{first.status}@{play.at_ms}",
            operation=operation,
            persona=persona,
            role=play.role,
            person=first.resource,
            at_ms=play.at_ms,
            lane_key=first.resource,
            facts=(first,),
            after=self._after(chain),
            group=(first.approved_by or "") if first.status == "APPROVED" else "",
            cells=cells,
        )
        self._last[chain] = made.id
        return made

    def _card_operation(self, first: TimeEntry) -> tuple[str, str]:
        if first.status == "APPROVED":
            return "approve timecards", MANAGER
        if first.status == "REJECTED":
            self._rejected.add(first.card)
            return "reject timecard", MANAGER
        if first.replaces is not None:
            return "correct timecard", CONSULTANT
        return ("submit timecard again" if first.card in self._rejected else "submit timecard"), CONSULTANT

    def _deal(self, first: Account | Opportunity | Quote | Contract, play: Play) -> Deed:
        chain, operation = first.bk, "open account"
        match first:
            case Opportunity():
                operation = _OPPORTUNITY[first.stage]
            case Quote():
                chain, operation = first.opportunity, _QUOTE.get(first.status, "answer quote")
            case Contract():
                chain, operation = first.opportunity, _CONTRACT.get(first.status, "change contract")
                self._signed_here[first.bk] = first.opportunity.partition("|")[2]
        return self._chained(first, play, operation, SALES, chain, chain)

    def _planning(self, first: Assignment | Estimate | ProjectCompletion, play: Play) -> Deed:
        operation = _PLANNING[type(first).__name__]
        chain = first.bk.rpartition("|")[0] if isinstance(first, Estimate) else first.bk
        made = self._chained(first, play, operation, PLANNER, first.contract, chain)
        return structs.replace(made, opportunity=self._signed_here.get(first.contract, ""))

    def _chained(
        self, first: SourceFact, play: Play, operation: str, persona: str, person: str, chain: str
    ) -> Deed:
        made = Deed(
            id=f"{first.bk}@{play.at_ms}",
            operation=operation,
            persona=persona,
            role=play.role,
            person=person,
            at_ms=play.at_ms,
            lane_key=chain,
            facts=play.facts,
            after=self._after(chain),
        )
        self._last[chain] = made.id
        return made

    def _after(self, chain: str) -> tuple[str, ...]:
        last = self._last.get(chain)
        return () if last is None else (last,)


def _assignment(play: Play) -> Assignment:
    (fact,) = play.facts
    if not isinstance(fact, Assignment):
        raise TypeError(f"{fact.bk} is staffed together with others, and is no assignment")
    return fact


_PLANNING = {
    "Assignment": "staff assignment",
    "Estimate": "record estimate",
    "ProjectCompletion": "complete project",
}
_OPPORTUNITY = {
    "OPEN": "open opportunity",
    "COMMIT": "commit opportunity",
    "CLOSED_WON": "win deal",
    "CLOSED_LOST": "lose deal",
}
_QUOTE = {
    "DRAFT": "draft quote",
    "IN_APPROVAL": "hand quote in",
    "APPROVED": "approve quote",
    "SENT": "send quote",
}
_CONTRACT = {"DRAFT": "draft contract", "SIGNED": "sign contract"}


def deeds_and_rest(plays: Iterable[Play], rest: list[Play]) -> Iterator[Deed]:
    """The deeds of plays in their order; what stays with the control plane is appended to `rest`."""
    script = Script()
    for play in plays:
        made = script.deeds(play)
        if not made:
            rest.append(play)
        yield from made
