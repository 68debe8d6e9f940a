"""The PSA's milestones against a model: planned and marked by calls, moved on by people alone."""

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

from mocks.protocols.salesforce import records
from mocks.protocols.salesforce.rules import WriteRefused
from mocks.psa.certinia import progress_rules
from mocks.psa.certinia.state import ORG
from mocks.psa.certinia.vendor import VENDOR
from tests.property.mocks.salesforce_client import Client, code
from tests.property.mocks.wire import WORLD, agree, finds_a_mutant
from tests.property.profiles import examples

MILESTONE = "pse__Milestone__c"
RULE = "FIELD_CUSTOM_VALIDATION_EXCEPTION"
ONWARD = {"Planned": {"Achieved", "Cancelled"}, "Achieved": {"Accepted", "Cancelled"}}
MARKS = st.fixed_dictionaries(
    {}, optional={"pse__Billed__c": st.booleans(), "RH_Invoice_No__c": st.sampled_from(("US-1", ""))}
)
CLIENT = Client(VENDOR)


class MilestoneMachine(RuleBasedStateMachine):
    """A project's milestones: the subject plans and marks them, people say what was reached."""

    def __init__(self) -> None:
        super().__init__()
        CLIENT.fresh()
        self.plans: dict[str, dict[str, Any]] = {}
        self.manager = CLIENT.created("Contact", LastName="Quill", RH_Employee_No__c="9001")
        self.project = CLIENT.created("pse__Proj__c", Name="Harbour", RH_External_Id__c="PJ|1")

    @rule(
        key=st.sampled_from(("MS|1|1", "MS|1|2")), amount=st.sampled_from(("0.01", "1250.505")), marks=MARKS
    )
    def plans_a_milestone(self, key: str, amount: str, marks: dict[str, Any]) -> None:
        plan = self.plans.get(key)
        money = Decimal(amount).quantize(Decimal("0.01"), ROUND_HALF_UP)
        body = {"Name": f"Go-live {key[-1]}", "pse__Milestone_Amount__c": Decimal(amount), **marks}
        if plan is None:
            body["pse__Project__c"] = self.project
        locked = plan is not None and plan["status"] in ("Accepted", "Cancelled") and plan["amount"] != money
        answer = CLIENT.send(
            "PATCH", f"/sobjects/{MILESTONE}/RH_External_Id__c/{key.replace('|', '%7C')}", body
        )
        agree([code(answer)], [RULE if locked else ""])
        if not locked:
            base = plan or {"id": answer.json()["id"], "status": "Planned", "marks": {}}
            self.plans[key] = {**base, "amount": money, "marks": {**base["marks"], **marks}}

    @precondition(lambda self: bool(self.plans))
    @rule(
        key=st.sampled_from(("MS|1|1", "MS|1|2")),
        status=st.sampled_from(("Planned", "Achieved", "Accepted", "Cancelled")),
    )
    def people_move_a_milestone(self, key: str, status: str) -> None:
        key = key if key in self.plans else next(iter(self.plans))
        plan = self.plans[key]
        by_call = CLIENT.send("PATCH", f"/sobjects/{MILESTONE}/{plan['id']}", {"pse__Status__c": status})
        agree([code(by_call)], ["" if status == plan["status"] else RULE])
        changes = {"pse__Status__c": status}
        if status == "Accepted":
            changes["RH_Accepted_By__c"] = self.manager
        allowed = status in ONWARD.get(plan["status"], ())
        if status == plan["status"]:
            return
        try:
            records.update(ORG, CLIENT.wire.system.worlds[WORLD], MILESTONE, plan["id"], changes)
        except WriteRefused:
            assert not allowed
        else:
            assert allowed
            plan["status"] = status

    @precondition(lambda self: bool(self.plans))
    @rule(key=st.sampled_from(("MS|1|1", "MS|1|2")))
    def deletes_a_milestone(self, key: str) -> None:
        key = key if key in self.plans else next(iter(self.plans))
        kept = self.plans[key]["status"] in ("Achieved", "Accepted")
        answer = CLIENT.send("DELETE", f"/sobjects/{MILESTONE}/{self.plans[key]['id']}")
        agree([code(answer)], [RULE if kept else ""])
        if not kept:
            del self.plans[key]

    @invariant()
    def milestones_are_as_the_model_has_them(self) -> None:
        rows = CLIENT.rows(
            "SELECT RH_External_Id__c, pse__Status__c, pse__Milestone_Amount__c, pse__Billed__c"
            f" FROM {MILESTONE} ORDER BY RH_External_Id__c"
        )
        expected = [
            (key, plan["status"], plan["amount"], plan["marks"].get("pse__Billed__c", False))
            for key, plan in sorted(self.plans.items())
        ]
        agree([tuple(row.values()) for row in rows], expected)


def test_milestones__do_what_their_model_does() -> None:
    run_state_machine_as_test(MilestoneMachine, settings=examples(30, steps=25))


def test_the_machine__finds_a_milestone_that_calls_may_move(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress_rules, "API", "nobody")
    assert finds_a_mutant(MilestoneMachine)
