"""The CRM against a model of its opportunities: stages, external ids, collections, deletions, limits."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
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

from mocks.crm.salesforce import state
from mocks.crm.salesforce.vendor import VENDOR
from mocks.kit.faults import Fault
from mocks.kit.store import Store
from tests.property.mocks.salesforce_client import START_MS, Client, code
from tests.property.mocks.wire import WORLD, Answer, agree, finds_a_mutant, segment
from tests.property.profiles import examples

FIELDS = ("Name", "StageName", "Amount", "RH_Key__c", "RH_PO_Number__c")
NEXT = {"Open": {"Commit", "Closed Lost"}, "Commit": {"Closed Won", "Closed Lost"}}
STAGES = st.sampled_from(("Open", "Commit", "Closed Won", "Closed Lost"))
KEYS = st.sampled_from(("ab", "aB", "AB", "K|1/2", "ö'4%"))
AMOUNTS = st.decimals(-1_000_000, 1_000_000, places=5)
CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "Name": st.sampled_from(("Harbour", "Quay", "")),
        "StageName": STAGES | st.just("Lost"),
        "Amount": AMOUNTS | st.none(),
        "RH_PO_Number__c": st.sampled_from(("PO-1", "PO-2", "", "x" * 81)),
    },
)
NEW = CHANGES.flatmap(
    lambda given: st.fixed_dictionaries({"StageName": STAGES}).map(lambda s: {**given, **s})
)
PLACE = st.integers(0, 30)
CLIENT = Client(VENDOR)


class Deal(Struct):
    """One opportunity as the org should hold it."""

    values: dict[str, Any]
    modified_ms: int
    won_ms: int | None = None
    gone: bool = False


def wrong(values: dict[str, Any], before: Deal | None) -> set[str]:
    """The codes that these values may be refused with; the platform names the first that it meets."""
    found = set()
    if values["StageName"] == "Lost":
        found.add("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST")
    if len(values["RH_PO_Number__c"] or "") > 80:
        found.add("STRING_TOO_LONG")
    was = before.values["StageName"] if before else values["StageName"]
    if values["StageName"] != was and values["StageName"] not in NEXT.get(was, ()):
        found.add("FIELD_CUSTOM_VALIDATION_EXCEPTION")
    if not values["Name"] or not values["StageName"]:
        found.add("REQUIRED_FIELD_MISSING")
    return found


def judged(given: str, expected: set[str]) -> bool:
    """Whether a call was taken; fails unless that, or the reason given, is what was expected."""
    assert given in expected if expected else not given, (given, expected)
    return not given


def kept(given: dict[str, Any]) -> dict[str, Any]:
    """What the platform makes of values: no empty texts, three decimals."""
    found = {name: (None if value == "" else value) for name, value in given.items()}
    amount = found.get("Amount")
    if amount is not None:
        found["Amount"] = amount.quantize(Decimal("0.001"), ROUND_HALF_UP)
    return found


class OrgMachine(RuleBasedStateMachine):
    """Calls of the CRM's API beside a dict of deals."""

    def __init__(self) -> None:
        super().__init__()
        CLIENT.fresh()
        self.deals: dict[str, Deal] = {}
        self.now_ms = START_MS

    # --- the model ------------------------------------------------------------------------------

    def put(self, record_id: str, values: dict[str, Any]) -> None:
        deal = self.deals.get(record_id)
        if deal is None:
            deal = self.deals[record_id] = Deal(dict.fromkeys(FIELDS), self.now_ms)
        if any(deal.values[name] != value for name, value in values.items()):
            deal.modified_ms = self.now_ms
        deal.values |= values
        if values.get("StageName") == "Closed Won" and deal.won_ms is None:
            deal.won_ms = self.now_ms

    def of_key(self, key: str) -> list[str]:
        alive = {i: deal.values["RH_Key__c"] for i, deal in self.deals.items() if not deal.gone}
        same = [i for i, held in alive.items() if held == key]
        return same or [i for i, held in alive.items() if held is not None and held.lower() == key.lower()]

    def refusal(self, values: dict[str, Any], record_id: str | None = None) -> set[str]:
        """Why a write may be refused; an unknown record is a new one."""
        before = self.deals[record_id] if record_id else None
        complete = {**(before.values if before else dict.fromkeys(FIELDS)), **kept(values)}
        found = wrong(complete, before)
        if before is not None:
            return {"ENTITY_IS_DELETED", *found} if before.gone else found
        key = complete["RH_Key__c"]
        if key is not None and any(d.values["RH_Key__c"] == key for d in self.deals.values() if not d.gone):
            found.add("DUPLICATE_VALUE")
        return found

    def some(self, place: int) -> str:
        return list(self.deals)[place % len(self.deals)]

    # --- calls ----------------------------------------------------------------------------------

    @rule(given=NEW, key=KEYS | st.none())
    def creates(self, given: dict[str, Any], key: str | None) -> None:
        values = {"Name": "Pier", **given, "RH_Key__c": key}
        answer = CLIENT.send("POST", "/sobjects/Opportunity", {**values, "CloseDate": "2026-03-31"})
        if judged(code(answer), self.refusal(values)):
            self.put(answer.json()["id"], kept(values))

    @rule(given=CHANGES, key=KEYS, only_update=st.booleans())
    def upserts(self, given: dict[str, Any], key: str, only_update: bool) -> None:
        found = self.of_key(key)
        query = {"updateOnly": "true"} if only_update else {}
        body = {"CloseDate": "2026-03-31", **given}
        answer = CLIENT.send("PATCH", f"/sobjects/Opportunity/RH_Key__c/{segment(key)}", body, query)
        if len(found) > 1 and answer.status == 300:
            agree([url.rpartition("/")[2] for url in answer.json()], found)
            return
        record_id = found[0] if found else None
        complete = given if found else {**given, "RH_Key__c": key}
        expected = self.refusal(complete, record_id)
        if not found and only_update:
            expected |= {"NOT_FOUND"}
        assert len(found) < 2 or expected, "one of several records was changed"
        if judged(code(answer), expected):
            told = answer.json()
            agree((answer.status, told["created"]), (200 if found else 201, not found))
            agree([told["id"] in self.deals], [bool(found)])
            self.put(told["id"], kept(complete))

    @precondition(lambda self: bool(self.deals))
    @rule(place=PLACE, given=CHANGES)
    def updates(self, place: int, given: dict[str, Any]) -> None:
        record_id = self.some(place)
        answer = CLIENT.send("PATCH", f"/sobjects/Opportunity/{record_id}", given)
        if judged(code(answer), self.refusal(given, record_id)):
            self.put(record_id, kept(given))

    @precondition(lambda self: bool(self.deals))
    @rule(place=PLACE)
    def deletes(self, place: int) -> None:
        record_id = self.some(place)
        answer = CLIENT.send("DELETE", f"/sobjects/Opportunity/{record_id}")
        deal = self.deals[record_id]
        agree([code(answer)], ["ENTITY_IS_DELETED" if deal.gone else ""])
        if not deal.gone:
            deal.gone, deal.modified_ms = True, self.now_ms

    # --- collections ----------------------------------------------------------------------------

    @rule(
        given=st.lists(NEW, min_size=1, max_size=4), together=st.booleans(), every=st.sampled_from((0, 0, 2))
    )
    def creates_many(self, given: list[dict[str, Any]], together: bool, every: int) -> None:
        items = [{"Name": "Mole", **one} for one in given]
        records = [{"attributes": {"type": "Opportunity"}, "CloseDate": "2026-03-31", **one} for one in items]
        answer = self.sent_together("POST", records, together, every)
        expected = [self.refusal({"RH_Key__c": None, **one}) for one in items]
        for record_id, one in zip(self.taken(answer, expected, together, every), items, strict=True):
            if record_id:
                self.put(record_id, kept(one))

    @precondition(lambda self: bool(self.deals))
    @rule(places=st.lists(PLACE, min_size=1, max_size=3, unique=True), given=CHANGES, together=st.booleans())
    def updates_many(self, places: list[int], given: dict[str, Any], together: bool) -> None:
        wanted = sorted({self.some(place) for place in places})
        if not self.deals or any(self.deals[i].gone for i in wanted):
            return
        records = [{"attributes": {"type": "Opportunity"}, "id": i, **given} for i in wanted]
        answer = self.sent_together("PATCH", records, together, 0)
        expected = [self.refusal(given, i) for i in wanted]
        for record_id in filter(None, self.taken(answer, expected, together, 0)):
            self.put(record_id, kept(given))

    def sent_together(self, method: str, records: list[Any], together: bool, every: int) -> Answer:
        if every:
            CLIENT.wire.control("POST", "faults", [Fault(id="lock", kind="fail_items", every=every)])
        body = {"allOrNone": together, "records": records}
        answer = CLIENT.send(method, "/composite/sobjects", body)
        CLIENT.wire.control("DELETE", "faults")
        return answer

    def taken(self, answer: Answer, expected: Sequence[set[str]], together: bool, every: int) -> list[str]:
        """Checks the results of a collection; ids of what is in effect, empty for the rest."""
        results = answer.json()
        allowed = [
            {"UNABLE_TO_LOCK_ROW"} if every and place % every == 0 else one
            for place, one in enumerate(expected, 1)
        ]
        if together and any(allowed):
            allowed = [one or {"ALL_OR_NONE_OPERATION_ROLLED_BACK"} for one in allowed]
        codes = [result["errors"][0]["statusCode"] if result["errors"] else "" for result in results]
        done = [judged(given, one) for given, one in zip(codes, allowed, strict=True)]
        agree([result["success"] for result in results], done)
        return [result["id"] if result["success"] else "" for result in results]

    # --- time and limits ------------------------------------------------------------------------

    @rule(minutes=st.sampled_from((0, 1, 7, 119, 120)))
    def time_passes(self, minutes: int) -> None:
        CLIENT.step(minutes * 60_000 + 1)
        self.now_ms = CLIENT.wire.now_ms()

    @rule(left=st.integers(0, 3))
    def the_day_is_used_up(self, left: int) -> None:
        limit = CLIENT.send("GET", "/limits").json()["DailyApiRequests"]
        maximum = limit["Max"] - limit["Remaining"] + left
        wanted = {"maximum": maximum, "window_ms": 86_400_000}
        CLIENT.wire.control("POST", "limits", {"DailyApiRequests": wanted})
        codes = [code(CLIENT.send("GET", "/limits")) for _ in range(4)]
        agree(codes, [""] * left + ["REQUEST_LIMIT_EXCEEDED"] * (4 - left))
        CLIENT.wire.control("POST", "limits", {"DailyApiRequests": {**wanted, "maximum": 1_000_000}})

    # --- what must hold -------------------------------------------------------------------------

    @invariant()
    def queries_show_the_model(self) -> None:
        fields = f"Id, {', '.join(FIELDS)}, IsDeleted, IsWon, IsClosed, SystemModstamp, RH_Closed_Won_At__c"
        rows = CLIENT.rows(f"SELECT {fields} FROM Opportunity ORDER BY Id", gone=True)
        agree(rows, [shown(i, deal) for i, deal in sorted(self.deals.items())])
        alive = CLIENT.rows("SELECT Id FROM Opportunity ORDER BY Id")
        agree([row["Id"] for row in alive], [i for i, deal in sorted(self.deals.items()) if not deal.gone])

    @invariant()
    def replication_tells_what_changed_and_what_went(self) -> None:
        since_ms = START_MS + (self.now_ms - START_MS) // 2
        span = {"start": iso(since_ms), "end": iso(self.now_ms + 1000)}
        late = {i: deal for i, deal in self.deals.items() if deal.modified_ms >= since_ms}
        updated = CLIENT.read("/sobjects/Opportunity/updated", span)["ids"]
        agree(sorted(updated), sorted(i for i, deal in late.items() if not deal.gone))
        gone = CLIENT.read("/sobjects/Opportunity/deleted", span)["deletedRecords"]
        told = {row["id"]: row["deletedDate"] for row in gone}
        agree(told, {i: instant(deal.modified_ms) for i, deal in late.items() if deal.gone})


def shown(record_id: str, deal: Deal) -> dict[str, Any]:
    """A deal as a query should show it."""
    stage = deal.values["StageName"]
    return {
        "Id": record_id,
        **deal.values,
        "IsDeleted": deal.gone,
        "IsWon": stage == "Closed Won",
        "IsClosed": stage in ("Closed Won", "Closed Lost"),
        "SystemModstamp": instant(deal.modified_ms),
        "RH_Closed_Won_At__c": None if deal.won_ms is None else instant(deal.won_ms),
    }


def instant(at_ms: int) -> str:
    """`2026-01-31T08:00:00.000+0000`."""
    stamp = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at_ms)
    return f"{stamp:%Y-%m-%dT%H:%M:%S}.{at_ms % 1000:03d}+0000"


def iso(at_ms: int) -> str:
    """An instant as a caller writes it."""
    return instant(at_ms).replace("+0000", "Z")


def test_an_org__does_what_its_model_does() -> None:
    run_state_machine_as_test(OrgMachine, settings=examples(50, steps=25))


def test_the_machine__finds_a_stage_that_can_be_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "STAGE_PATH", {**state.STAGE_PATH, "Closed Lost": frozenset({"Open"})})
    assert finds_a_mutant(OrgMachine)


def test_the_machine__finds_a_collection_that_is_not_rolled_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mocks.protocols.salesforce.batches.all", lambda found: True, raising=False)
    assert finds_a_mutant(OrgMachine)


def test_the_machine__finds_a_deletion_without_a_stamp(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Store.delete
    monkeypatch.setattr(
        Store, "delete", lambda store, name, record_id, at_ms: whole(store, name, record_id, 0)
    )
    assert finds_a_mutant(OrgMachine)
    assert CLIENT.wire.system.worlds[WORLD].store.writes
