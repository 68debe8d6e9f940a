"""What people do in the CRM is what observation reads back, version by version."""

from datetime import date
from typing import Any

import pytest
from msgspec.structs import replace

from mocks.crm.salesforce.schema import (
    ACCOUNT,
    CONTRACT,
    CONTRACT_LINE,
    OPPORTUNITY,
    QUOTE_LINE,
    RATE_CARD,
    RATE_LINE,
)
from mocks.crm.salesforce.state import ORG
from mocks.firm.facts.documents import CrmContractMirror, CrmOpportunityMirror
from mocks.firm.facts.source import Contract, Opportunity, Practice, Quote, RateLine, SourceFact
from mocks.kit.world import World
from mocks.protocols.salesforce import records
from tests.unit.mocks.salesforce_crm.sales import (
    account,
    at_ms,
    client_rate,
    contract,
    deal,
    empty_world,
    in_order,
    money,
    observed_facts,
    observed_of,
    opportunity,
    package,
    play,
    quote,
    rate,
)


def played(*more: SourceFact, live: bool = True) -> World:
    """A world with the whole deal and more."""
    world = empty_world()
    acted = play(world, [*deal(), *more], live=live)
    assert {item.state for item in acted} == {"applied"}, acted
    return world


@pytest.mark.parametrize("live", [True, False])
def test_a_played_deal__is_observed_as_it_was_played(live: bool) -> None:
    assert in_order(observed_facts(played(live=live))) == in_order(deal())


@pytest.mark.parametrize("live", [True, False])
def test_later_versions_of_everything__are_observed_as_they_were_played(live: bool) -> None:
    first = quote().lines[0]
    later: list[SourceFact] = [
        account(parent="CU|000100", bill_to="CU|000101", day=11, ver=2, street="", vat_id="XX-1"),
        package(day=11, ver=2, tasks=package().tasks[:2]),
        rate(day=12, ver=2, valid_to=date(2026, 3, 1)),
        rate(day=13, ver=3, valid_to=date(2026, 3, 1), deleted=True),
        rate(day=13, bk="RC|CT-00000101|SENIOR|*|2026-03-01", valid_from=date(2026, 3, 1), unit="DAY"),
        replace(
            quote(bk="QU|Q-00000101|2", day=12),
            revision=2,
            lines=(replace(first, line=1, quantity_e2=1_00), replace(first, line=5)),
        ),
        quote("SUPERSEDED", 13, 2, bk="QU|Q-00000101|2", revision=2, lines=(replace(first, line=5),)),
        contract("SUSPENDED", 14, 3, signed_at_ms=at_ms(9), lines=()),
        contract("SIGNED", 15, 4, signed_at_ms=at_ms(9), lines=()),
    ]
    later.sort(key=lambda fact: fact.recorded_at_ms)
    world = played(*later, live=live)
    assert in_order(observed_facts(world)) == in_order([*deal(), *later])


def test_a_contract_with_only_its_lines_changed__is_a_new_version_at_that_instant() -> None:
    one = contract().lines[0]
    more = contract("SIGNED", 12, 3, bill_to="CU|000100", po_number="PO-41007", signed_at_ms=at_ms(9))
    more = replace(more, lines=(replace(one, value_minor=1_00), replace(one, line=2)))
    world = played(more)
    assert in_order(observed_facts(world)) == in_order([*deal(), more])
    assert world.store.select(CONTRACT)[0].modified_ms == at_ms(12)


def test_a_line_written_by_a_call__moves_its_parents_stamp_and_makes_a_version_of_the_fact() -> None:
    world = played()
    line = world.store.select(CONTRACT_LINE)[0]
    stamps = [fact.recorded_at_ms for fact in observed_of(world, Contract)]
    changes = {"RH_Value__c": money(CONTRACT_LINE, "RH_Value__c", 5_00)}
    records.update(ORG, world, CONTRACT_LINE, line.id, changes, actor="api", at_ms=at_ms(20))
    assert world.store.select(CONTRACT)[0].modified_ms == at_ms(20)
    facts = observed_of(world, Contract)
    assert [fact.recorded_at_ms for fact in facts] == [*stamps, at_ms(20)]
    assert (facts[-1].ver, facts[-1].lines[0].value_minor, facts[-1].status) == (3, 5_00, "SIGNED")


def test_marks_of_a_subject__make_documents_and_no_versions_of_facts() -> None:
    world = played()
    before = observed_facts(world)
    contract_id, opportunity_id = (world.store.select(name)[0].id for name in (CONTRACT, OPPORTUNITY))
    amounts = {"RH_Billed_To_Date__c": 100_50, "RH_Collected_To_Date__c": 0, "RH_Open_AR__c": 110_05}
    marks = {name: money(CONTRACT, name, amount) for name, amount in amounts.items()}
    records.update(ORG, world, CONTRACT, contract_id, marks, actor="api", at_ms=at_ms(30))
    shown = {"RH_Project_Status__c": "Active", "RH_Last_Invoice_No__c": "US01-INV-2026-000001"}
    records.update(ORG, world, OPPORTUNITY, opportunity_id, shown, actor="api", at_ms=at_ms(31))
    assert observed_facts(world) == before
    (on_contract,) = observed_of(world, CrmContractMirror)
    assert (on_contract.native_id, on_contract.external_id) == (contract_id, "00000101")
    assert (on_contract.billed_minor, on_contract.collected_minor, on_contract.open_ar_minor) == (
        100_50,
        0,
        110_05,
    )
    (on_opportunity,) = observed_of(world, CrmOpportunityMirror)
    assert (on_opportunity.native_id, on_opportunity.external_id) == (opportunity_id, "O-000101")
    assert (on_opportunity.project_status, on_opportunity.last_invoice_no) == (
        "Active",
        "US01-INV-2026-000001",
    )
    assert (on_opportunity.last_invoice_status, on_opportunity.modified_at_ms) == ("", at_ms(31))


def test_a_person_after_a_mark__makes_the_next_version() -> None:
    world = played()
    record = world.store.select(CONTRACT)[0]
    records.update(ORG, world, CONTRACT, record.id, {"RH_Open_AR__c": 1}, actor="api", at_ms=at_ms(30))
    records.update(ORG, world, CONTRACT, record.id, {"Status": "Completed"}, at_ms=at_ms(31))
    facts = [(fact.ver, fact.recorded_at_ms, fact.status) for fact in observed_of(world, Contract)]
    assert facts[1:] == [(2, at_ms(9), "SIGNED"), (3, at_ms(31), "COMPLETED")]


@pytest.mark.parametrize("live", [True, False])
@pytest.mark.parametrize(
    ("fact", "missing"),
    [
        (account(parent="CU|000999"), "CU|000999"),
        (account(bill_to="CU|000998"), "CU|000998"),
        (opportunity(account="CU|000999"), "CU|000999"),
        (opportunity(accepted_quote="QU|Q-9|1"), "QU|Q-9|1"),
        (quote(opportunity="OP|O-9"), "OP|O-9"),
        (replace(quote(), lines=(replace(quote().lines[0], package="SK|NONE|1"),)), "SK|NONE|1"),
        (contract(number="7", bk="CO|7", opportunity="OP|O-9"), "OP|O-9"),
        (rate(owner="CO|7"), "CO|7"),
        (client_rate(owner="CU|7"), "CU|7"),
        (rate("PARTNER", deleted=True), "RC|CT-00000101|PARTNER|*|2026-01-01"),
    ],
)
def test_a_fact_that_refers_to_what_is_not_there__waits_and_writes_nothing(
    fact: SourceFact, missing: str, live: bool
) -> None:
    world = played()
    writes = world.store.writes
    (acted,) = play(world, [fact], live=live)
    assert (acted.state, acted.missing) == ("waiting", missing)
    assert world.store.writes == writes


def test_acted_facts__name_their_records() -> None:
    world = empty_world()
    acted = play(world, [account(), package(), opportunity()])
    assert [item.native_id[:3] for item in acted] == ["001", "01t", "006"]
    assert acted[0].native_id == world.store.select(ACCOUNT)[0].id
    assert observed_of(world, Opportunity)[0].source_id == acted[2].native_id


def test_numbers_of_the_fact__are_the_numbers_that_people_see() -> None:
    world = played()
    assert world.store.find(ACCOUNT, "AccountNumber", "000101")[0].values["ParentId"] is not None
    assert world.store.select(CONTRACT)[0].values["ContractNumber"] == "00000101"
    assert world.store.select(OPPORTUNITY)[0].values["RH_Key__c"] == "O-000101"
    line = world.store.select(QUOTE_LINE)[0].values
    assert (line["Discount"], line["ListPrice"], line["TotalPrice"]) == (
        7_5000,
        7_200_1425,
        money(QUOTE_LINE, "TotalPrice", 21_645_33),
    )


def test_a_rate_card__is_made_by_its_first_line_only() -> None:
    world = played(rate("PARTNER"), client_rate(level="PARTNER", bk="RC|CL-000101|PARTNER|DATA|2026-01-01"))
    cards = world.store.select(RATE_CARD)
    assert [(card.values["Name"], card.values["RH_Scope__c"]) for card in cards] == [
        ("CT-00000101", "CONTRACT"),
        ("CL-000101", "CLIENT"),
    ]
    assert world.store.count(RATE_LINE) == 4


@pytest.mark.parametrize("live", [True, False])
def test_a_price_that_changes_within_one_call__is_played_in_order(live: bool) -> None:
    changed = rate(day=8, ver=2, valid_to=date(2026, 3, 1))
    world = played(live=live)
    play(world, [changed], live=live)
    assert [fact.valid_to for fact in observed_of(world, RateLine)][:2] == [None, date(2026, 3, 1)]


def test_a_price__is_recorded_when_its_line_was_created() -> None:
    world = played(rate("PARTNER", day=15), live=False)
    line = world.store.find(RATE_LINE, "RH_Level__c", "PARTNER")[0]
    assert line.created_ms == at_ms(15)


@pytest.mark.parametrize("live", [True, False])
def test_facts_of_other_systems__are_refused(live: bool) -> None:
    world = empty_world()
    foreign = Practice(bk="PR|DATA", recorded_at_ms=at_ms(1), code="DATA", name="Data")
    default = rate(scope="DEFAULT", owner=None)
    acted = play(world, [foreign, default], live=live)
    assert [item.state for item in acted] == ["refused", "refused"]


def test_a_live_act__is_stamped_with_the_present_and_so_is_the_win() -> None:
    world = empty_world()
    play(world, [package(), account(), opportunity(), opportunity("COMMIT", 7, 2)])
    world.clock.step_to(at_ms(40))
    play(world, [opportunity("CLOSED_WON", 10, 3)])
    won = observed_of(world, Opportunity)[-1]
    assert (won.recorded_at_ms, won.closed_won_at_ms) == (at_ms(40), at_ms(40))


def test_history__keeps_the_facts_own_instants() -> None:
    world = empty_world()
    win = opportunity("CLOSED_WON", 10, closed_won_at_ms=at_ms(9, 17))
    signed = contract("SIGNED", 12)
    acted = play(world, [package(), account(), win, signed], live=False)
    assert {item.state for item in acted} == {"applied"}
    assert observed_of(world, Opportunity)[0].closed_won_at_ms == at_ms(9, 17)
    assert observed_of(world, Contract)[0].recorded_at_ms == at_ms(12)


def test_a_deleted_quote__is_observed_as_deleted_with_its_lines() -> None:
    world = played()
    other = quote(bk="QU|Q-00000102|1", number="Q-00000102", day=20)
    gone = replace(other, ver=2, deleted=True, recorded_at_ms=at_ms(21))
    acted: list[Any] = play(world, [other, gone])
    assert [item.state for item in acted] == ["applied", "applied"]
    found = [fact for fact in observed_facts(world) if fact.bk == other.bk]
    assert found == [other, gone]
    assert len(observed_of(world, Quote)[-1].lines) == 2
