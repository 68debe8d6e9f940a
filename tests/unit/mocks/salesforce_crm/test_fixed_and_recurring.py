"""Milestone plans and retainer terms: played, observed as played, seen by those who poll their parents."""

from datetime import date
from typing import Any

import pytest
from msgspec.structs import replace

from mocks.crm.salesforce.schema import CONTRACT, CONTRACT_LINE, PACKAGE_MILESTONE, PRODUCT
from mocks.crm.salesforce.state import ORG
from mocks.firm.facts.source import Contract, PackageMilestone, SourceFact
from mocks.kit.world import World
from mocks.protocols.salesforce import records
from tests.unit.mocks.salesforce_crm.sales import (
    account,
    at_ms,
    contract,
    empty_world,
    fixed_package,
    in_order,
    money,
    observed_facts,
    opportunity,
    play,
    retainer,
)


def agreement(**changes: Any) -> Contract:
    """A contract in euros with a fixed fee and a retainer."""
    line = replace(
        contract().lines[0],
        package="SK|CLD-FIXED|1",
        billing_method="FF",
        revenue_method="POC_HOURS",
        tax_class="STANDARD",
    )
    monthly = replace(
        line,
        line=2,
        billing_method="RET",
        revenue_method="STRAIGHT_LINE",
        retainer=retainer(),
        end=date(2026, 8, 1),
    )
    wanted: dict[str, Any] = {"ccy": "EUR", "entity": "LE|DE01", "lines": (line, monthly), **changes}
    return replace(contract(), **wanted)


def story() -> list[SourceFact]:
    """A plan that is changed, and a retainer whose terms are mended before it is signed."""
    plan = fixed_package()
    other_plan = replace(
        plan,
        ver=2,
        recorded_at_ms=at_ms(5),
        milestones=(PackageMilestone(1, "Start", 250_000), PackageMilestone(2, "Go-live", 750_000)),
    )
    draft = agreement()
    first, monthly = draft.lines
    mended = agreement(
        ver=2,
        recorded_at_ms=at_ms(8),
        lines=(first, replace(monthly, retainer=retainer(rollover=False, rollover_cap_e2=0))),
    )
    return [plan, account(), opportunity(), other_plan, draft, mended]


@pytest.mark.parametrize("live", [True, False])
def test_plans_and_terms__are_observed_as_they_were_played(live: bool) -> None:
    world = empty_world()
    facts = story()
    assert {item.state for item in play(world, facts, live=live)} == {"applied"}
    assert in_order(observed_facts(world)) == in_order(facts)


def test_a_retainers_terms__are_fields_of_its_line_and_null_on_others() -> None:
    world = empty_world()
    play(world, [fixed_package(), account(), opportunity(), agreement()])
    fixed, monthly = (line.values for line in world.store.select(CONTRACT_LINE))
    assert fixed["RH_Monthly_Fee__c"] is None
    assert fixed["RH_Advance_Months__c"] is None
    assert fixed["RH_Rollover__c"] == 0
    assert monthly["RH_Monthly_Fee__c"] == money(CONTRACT_LINE, "RH_Monthly_Fee__c", 6_150_55)
    assert (monthly["RH_Included_Hours__c"], monthly["RH_Overage_Rate__c"]) == (40_00, 181_2550)


def moved_ms(world: World, object_name: str) -> int:
    """When the one record of an object was last modified."""
    (record,) = world.store.select(object_name)
    return record.modified_ms


def test_a_milestone_row_written_later__moves_its_packages_stamp() -> None:
    world = empty_world()
    play(world, [fixed_package()])
    row = world.store.select(PACKAGE_MILESTONE)[0]
    records.update(ORG, world, PACKAGE_MILESTONE, row.id, {"Name": "Start"}, at_ms=at_ms(20))
    assert moved_ms(world, PRODUCT) == at_ms(20)


def test_terms_written_later__move_their_contracts_stamp() -> None:
    world = empty_world()
    play(world, [fixed_package(), account(), opportunity(), agreement()])
    line = world.store.select(CONTRACT_LINE)[1]
    records.update(ORG, world, CONTRACT_LINE, line.id, {"RH_Advance_Months__c": 1}, at_ms=at_ms(20))
    assert moved_ms(world, CONTRACT) == at_ms(20)
