"""The CRM refuses what its state machines do not allow, and fills in what is its own."""

from itertools import pairwise
from typing import Any

import pytest

from mocks.crm.salesforce.schema import (
    ACCOUNT,
    CONTRACT,
    CONTRACT_LINE,
    OPPORTUNITY,
    PRODUCT,
    QUOTE,
    QUOTE_LINE,
    RATE_CARD,
)
from mocks.crm.salesforce.state import ORG
from mocks.crm.salesforce.wire import CONTRACT_STATUSES, QUOTE_STATUSES, STAGES
from mocks.kit.store import Record
from mocks.kit.world import World
from mocks.protocols.salesforce import records
from mocks.protocols.salesforce.rules import Problem, WriteRefused
from tests.unit.mocks.salesforce_crm.sales import at_ms, deal, empty_world, money, opportunity, play, quote

# Walks through every lawful transition, by object.
WALKS: dict[str, list[list[str]]] = {
    OPPORTUNITY: [
        ["Open", "Commit", "Closed Won"],
        ["Open", "Commit", "Closed Lost"],
        ["Open", "Closed Lost"],
    ],
    QUOTE: [
        ["Draft", "In Approval", "Approved", "Sent", "Accepted"],
        ["Sent", "Rejected", "Superseded"],
        ["Sent", "Expired", "Superseded"],
        ["Draft", "Superseded"],
        ["In Approval", "Superseded"],
        ["Approved", "Superseded"],
        ["Sent", "Superseded"],
    ],
    CONTRACT: [
        ["Draft", "Signed", "Suspended", "Signed", "Completed", "Closed"],
        ["Draft", "Cancelled"],
        ["Signed", "Cancelled"],
    ],
}
FIELDS = {OPPORTUNITY: "StageName", QUOTE: "Status", CONTRACT: "Status"}
STATUSES = {OPPORTUNITY: STAGES, QUOTE: QUOTE_STATUSES, CONTRACT: CONTRACT_STATUSES}


def sold() -> World:
    """A world after the whole deal."""
    world = empty_world()
    play(world, deal())
    return world


def create(world: World, name: str, actor: str = "api", **values: Any) -> Record:
    """A record as a call makes one."""
    record_id = records.create(ORG, world, name, values, actor=actor, notify=actor == "api")
    return world.store.require(name, record_id)


def refusal_of(world: World, name: str, **values: Any) -> Problem:
    """Why a call's new record is refused."""
    with pytest.raises(WriteRefused) as caught:
        create(world, name, **values)
    return caught.value.problems[0]


def at_status(world: World, name: str, status: str) -> Record:
    """A record of the object that stands at a status, as history left it."""
    account = world.store.select(ACCOUNT)[0].id
    deal_id = world.store.select(OPPORTUNITY)[0].id
    fields: dict[str, dict[str, Any]] = {
        OPPORTUNITY: {"Name": "Deal", "CloseDate": "2026-01-31", "AccountId": account},
        QUOTE: {"OpportunityId": deal_id, "Name": "Offer"},
        CONTRACT: {"AccountId": account, "StartDate": "2026-02-01"},
    }
    return create(world, name, "person", **fields[name], **{FIELDS[name]: status})


def lawful(name: str) -> set[tuple[str, str]]:
    """The transitions of the walks."""
    return {pair for walk in WALKS[name] for pair in pairwise(walk)}


@pytest.mark.parametrize("actor", ["api", "person"])
@pytest.mark.parametrize("name", sorted(WALKS))
def test_every_transition__is_allowed_exactly_where_the_state_machine_has_it(name: str, actor: str) -> None:
    world = sold()
    allowed = set()
    for was in STATUSES[name].values():
        for becomes in STATUSES[name].values():
            record = at_status(world, name, was)
            try:
                records.update(ORG, world, name, record.id, {FIELDS[name]: becomes}, actor=actor)
            except WriteRefused as refused:
                problem = refused.problems[0]
                assert (problem.code, problem.fields) == (
                    "FIELD_CUSTOM_VALIDATION_EXCEPTION",
                    (FIELDS[name],),
                )
                assert world.store.require(name, record.id) == record
            else:
                allowed.add((was, becomes))
    assert allowed == lawful(name) | {(status, status) for status in STATUSES[name].values()}


def test_a_fact_that_skips_a_stage__is_refused() -> None:
    world = sold()
    acted = play(world, [opportunity(bk="OP|O-2", day=11), opportunity("CLOSED_WON", 12, 2, bk="OP|O-2")])
    assert acted[1].state == "refused"
    assert acted[1].missing.endswith("An opportunity cannot go from Open to Closed Won.")


def test_won_and_closed__follow_the_stage() -> None:
    world = sold()
    shown = {}
    for stage in STAGES.values():
        values = at_status(world, OPPORTUNITY, stage).values
        shown[stage] = (values["IsWon"], values["IsClosed"], values["RH_Closed_Won_At__c"] is not None)
    assert shown == {
        "Open": (0, 0, False),
        "Commit": (0, 0, False),
        "Closed Won": (1, 1, True),
        "Closed Lost": (0, 1, False),
    }


def test_the_instant_of_the_win__stays_when_a_won_deal_is_edited() -> None:
    world = sold()
    record = world.store.select(OPPORTUNITY)[0]
    world.clock.step_to(at_ms(50))
    records.update(ORG, world, OPPORTUNITY, record.id, {"Name": "Renamed", "StageName": "Closed Won"})
    assert world.store.require(OPPORTUNITY, record.id).values["RH_Closed_Won_At__c"] == at_ms(10)


def test_a_new_contract__is_a_draft_with_a_number_of_its_own() -> None:
    world = sold()
    account = world.store.select(ACCOUNT)[0].id
    first = create(world, CONTRACT, AccountId=account, StartDate="2026-02-01")
    second = create(world, CONTRACT, AccountId=account, StartDate="2026-02-01")
    assert [record.values["ContractNumber"] for record in (first, second)] == ["90000001", "90000002"]
    assert (first.values["Status"], first.values["RH_Billing_Freq__c"]) == ("Draft", "MONTHLY")
    problem = refusal_of(world, CONTRACT, AccountId=account, StartDate="2026-02-01", Status="Signed")
    assert (problem.code, problem.fields) == ("FIELD_CUSTOM_VALIDATION_EXCEPTION", ("Status",))


def test_a_signature__is_stamped_where_nobody_entered_when() -> None:
    world = sold()
    record = at_status(world, CONTRACT, "Draft")
    world.clock.step_to(at_ms(50))
    values = records.update(ORG, world, CONTRACT, record.id, {"Status": "Signed"}).values
    assert (values["RH_Signed_At__c"], values["CustomerSignedDate"]) == (at_ms(50), "2026-02-19")


def test_a_quote_line_from_outside__is_priced() -> None:
    world = sold()
    quote_id, product = world.store.select(QUOTE)[0].id, world.store.select(PRODUCT)[0].id
    priced: dict[str, Any] = {"Quantity": 1_50, "ListPrice": 33_3500, "Discount": 12_5000}
    line = create(world, QUOTE_LINE, QuoteId=quote_id, Product2Id=product, ServiceDate="2026-02-01", **priced)
    assert line.values["TotalPrice"] == money(QUOTE_LINE, "TotalPrice", 43_77)  # 43.771875
    changed = records.update(ORG, world, QUOTE_LINE, line.id, {"Discount": 0})
    assert changed.values["TotalPrice"] == money(QUOTE_LINE, "TotalPrice", 50_03)  # 50.025


def test_a_rate_card_without_the_owner_of_its_scope__is_refused() -> None:
    world = sold()
    account = world.store.select(ACCOUNT)[0].id
    assert refusal_of(world, RATE_CARD, Name="X", RH_Scope__c="CONTRACT", RH_Account__c=account).fields == (
        "RH_Contract__c",
    )
    assert refusal_of(world, RATE_CARD, Name="X", RH_Scope__c="CLIENT").fields == ("RH_Account__c",)


@pytest.mark.parametrize("name", [QUOTE_LINE, CONTRACT_LINE, "RH_Package_Task__c"])
def test_writing_or_deleting_a_line__moves_the_stamp_of_its_parent(name: str) -> None:
    parents = {QUOTE_LINE: QUOTE, CONTRACT_LINE: CONTRACT, "RH_Package_Task__c": PRODUCT}
    world = sold()
    line = world.store.select(name)[0]
    parent = world.store.select(parents[name])[0]
    field = {QUOTE_LINE: "ListPrice", CONTRACT_LINE: "RH_Value__c", "RH_Package_Task__c": "RH_Hours__c"}[name]
    records.update(ORG, world, name, line.id, {field: 77_00}, at_ms=at_ms(20))
    moved = world.store.require(parents[name], parent.id)
    assert moved.modified_ms == at_ms(20)
    records.delete(ORG, world, name, line.id, at_ms=at_ms(21))
    assert world.store.require(parents[name], parent.id).modified_ms == at_ms(21)


def test_a_line_that_moves_to_another_quote__moves_both_stamps() -> None:
    world = sold()
    play(world, [quote(bk="QU|Q-00000102|1", number="Q-00000102", day=11)])
    first, second = world.store.select(QUOTE)
    line = world.store.find(QUOTE_LINE, "QuoteId", first.id)[0]
    records.update(ORG, world, QUOTE_LINE, line.id, {"QuoteId": second.id}, at_ms=at_ms(20))
    assert {record.modified_ms for record in world.store.select(QUOTE)} == {at_ms(20)}
