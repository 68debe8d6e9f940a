"""The CRM adapter on what is billed by plan: milestone plans of packages, terms of retainers."""

from decimal import Decimal
from typing import Any

import pytest

from integration_core.canonical.deals import Contract, PackageMilestone, Retainer, ServicePackage

from .scripted import Org
from .test_salesforce import CONTRACT, CONTRACT_LINE, LATER, LATER_MS, STAMP_MS, read, row

PRODUCT = row(
    "01tF", ProductCode="CLD-FIXED", RH_Version__c=1, RH_Billing_Method__c="FF",
    RH_Revenue_Method__c="POC_HOURS", RH_Tax_Class__c="STANDARD",
)  # fmt: skip
TERMS = {
    "RH_Billing_Method__c": "RET",
    "RH_Revenue_Method__c": "STRAIGHT_LINE",
    "RH_Monthly_Fee__c": 6150.55,
    "RH_Included_Hours__c": 40.0,
    "RH_Rollover__c": True,
    "RH_Rollover_Cap__c": 20.5,
    "RH_Overage_Rate__c": 181.255,
    "RH_Advance_Months__c": 3.0,
}


def step(seq: int, share: float, **fields: object) -> dict[str, Any]:
    return row(
        f"a04{seq}", **{"RH_Product__c": "01tF", "RH_Seq__c": seq, "Name": f"M{seq}", "RH_Share__c": share,
                        **fields}
    )  # fmt: skip


def test_package__carries_its_milestone_plan_in_order() -> None:
    gone = step(3, 0.5, IsDeleted=True)
    org = Org(Product2=[PRODUCT], RH_Package_Milestone__c=[step(2, 0.666667), gone, step(1, 0.333333)])
    (found,) = read(org, "packages").records
    assert isinstance(found, ServicePackage)
    assert found.milestones == (
        PackageMilestone(seq=1, name="M1", share=Decimal("0.333333")),
        PackageMilestone(seq=2, name="M2", share=Decimal("0.666667")),
    )


def test_package_with_an_unreadable_milestone__is_unread_whole() -> None:
    found = read(Org(Product2=[PRODUCT], RH_Package_Milestone__c=[step(1, 1, RH_Share__c=None)]), "packages")
    assert found.records == ()
    assert "a041" in found.unread[0].text


def test_plan_that_leaves_its_package_alone__is_polled_too_and_dates_it() -> None:
    org = Org(Product2=[PRODUCT], RH_Package_Milestone__c=[step(1, 1, SystemModstamp=LATER)])
    found = read(org, "packages", children_move_parents=False)
    assert [record.recorded_at_ms for record in found.records] == [STAMP_MS, LATER_MS]


def line_read(**fields: object) -> Any:
    """What one contract line with these fields becomes."""
    return read(Org(Contract=[CONTRACT], RH_Contract_Line__c=[CONTRACT_LINE | fields]), "contracts")


def test_retainer__is_read_exactly() -> None:
    (found,) = line_read(**TERMS).records
    assert isinstance(found, Contract)
    assert found.lines[0].retainer == Retainer(
        monthly_fee=Decimal("6150.55"),
        included_hours=Decimal(40),
        rollover=True,
        rollover_cap=Decimal("20.5"),
        overage_rate=Decimal("181.255"),
        advance_months=3,
    )


def test_line_without_a_monthly_fee__is_no_retainer() -> None:
    (found,) = line_read(RH_Monthly_Fee__c=None, RH_Rollover__c=False).records
    assert isinstance(found, Contract)
    assert found.lines[0].retainer is None


@pytest.mark.parametrize(
    "name",
    ["RH_Included_Hours__c", "RH_Overage_Rate__c", "RH_Advance_Months__c", "RH_Rollover_Cap__c"],
)
def test_retainer_with_half_its_terms__is_unread(name: str) -> None:
    found = line_read(**{**TERMS, name: None})
    assert found.records == ()
    assert "CL|00000101|1" in found.unread[0].text
