"""What the core shows in Salesforce: billing on contracts and on deals, record by record."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from contracts.consumer.promises import Promises
from contracts.consumer.salesforce import CONTRACTS, OPPORTUNITIES, PROVIDER, adapter
from contracts.consumer.salesforce_protocol import (
    asks_collection,
    examples,
    native,
    not_saved,
    promise_login,
    saved,
)
from integration_core.canonical.work import ContractMirror, OpportunityMirror
from integration_core.ports.systems import Rejected, Written

Make = Callable[[str], Promises]

_BILLED = {"RH_Billed_To_Date__c": 12000, "RH_Collected_To_Date__c": 8000, "RH_Open_AR__c": 4000}
_DELIVERED = {
    "RH_Project_Status__c": "ACTIVE",
    "RH_Last_Invoice_No__c": "US01-00000101",
    "RH_Last_Invoice_Status__c": "OPEN",
}


def _record(table: str, native_id: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    return {"attributes": {"type": table}, "Id": native_id, **fields}


def _contract(number: int = 1) -> ContractMirror:
    return ContractMirror(
        contract_native_id=native(CONTRACTS, number),
        billed_to_date=Decimal(12000),
        collected_to_date=Decimal(8000),
        open_ar=Decimal(4000),
    )


def _opportunity(number: int = 1) -> OpportunityMirror:
    return OpportunityMirror(
        opportunity_native_id=native(OPPORTUNITIES, number),
        project_status="ACTIVE",
        last_invoice_no="US01-00000101",
        last_invoice_status="OPEN",
    )


def _pact(promises: Make) -> Promises:
    pact = promises(PROVIDER)
    promise_login(pact)
    return pact


def test_contracts__show_what_was_billed_and_a_deleted_one_is_rejected_alone(promises: Make) -> None:
    pact = _pact(promises)
    given = examples(id=native(CONTRACTS), gone=native(CONTRACTS, 2))
    records = [_record("Contract", place, _BILLED) for place in ("${id}", "${gone}")]
    asked = asks_collection(
        pact, "show billing on two contracts", "two contracts, one of them deleted", records, given
    )
    asked.reads(200, [saved(CONTRACTS), not_saved("ENTITY_IS_DELETED")])
    with pact.kept() as url:
        outcomes = pact.network.run(adapter(pact, url).write_contract_mirrors([_contract(), _contract(2)]))
    written, rejected = outcomes
    assert written == Written(key=native(CONTRACTS), native_id=native(CONTRACTS))
    assert isinstance(rejected, Rejected)
    assert (rejected.key, rejected.code) == (native(CONTRACTS, 2), "ENTITY_IS_DELETED")
    assert not rejected.retry


def test_opportunities__show_delivery_and_billing(promises: Make) -> None:
    pact = _pact(promises)
    records = [_record("Opportunity", "${id}", _DELIVERED)]
    given = examples(id=native(OPPORTUNITIES))
    asks_collection(pact, "show delivery on a deal", "an open opportunity", records, given).reads(
        200, [saved(OPPORTUNITIES)]
    )
    with pact.kept() as url:
        outcomes = pact.network.run(adapter(pact, url).write_opportunity_mirrors([_opportunity()]))
    assert list(outcomes) == [Written(key=native(OPPORTUNITIES), native_id=native(OPPORTUNITIES))]


def test_opportunities__one_that_somebody_holds_is_tried_again(promises: Make) -> None:
    pact = _pact(promises)
    records = [_record("Opportunity", place, _DELIVERED) for place in ("${id}", "${other}")]
    given = examples(id=native(OPPORTUNITIES), other=native(OPPORTUNITIES, 2))
    asked = asks_collection(
        pact, "show delivery on two deals", "two opportunities, the second of them locked", records, given
    )
    asked.reads(200, [saved(OPPORTUNITIES), not_saved("UNABLE_TO_LOCK_ROW")])
    with pact.kept() as url:
        outcomes = pact.network.run(
            adapter(pact, url).write_opportunity_mirrors([_opportunity(), _opportunity(2)])
        )
    written, rejected = outcomes
    assert isinstance(written, Written)
    assert isinstance(rejected, Rejected)
    assert rejected.code == "UNABLE_TO_LOCK_ROW"
    assert rejected.retry


def test_opportunities__an_id_of_another_object_is_rejected(promises: Make) -> None:
    pact = _pact(promises)
    # Every org has this form of ids, and in none can an account's id be a deal's.
    foreign = native("001")
    records = [_record("Opportunity", foreign, _DELIVERED)]
    asked = asks_collection(pact, "show delivery on something else", "an org in order", records, {})
    asked.reads(200, [not_saved("MALFORMED_ID")])
    mirror = OpportunityMirror(
        opportunity_native_id=foreign,
        project_status="ACTIVE",
        last_invoice_no="US01-00000101",
        last_invoice_status="OPEN",
    )
    with pact.kept() as url:
        (rejected,) = pact.network.run(adapter(pact, url).write_opportunity_mirrors([mirror]))
    assert isinstance(rejected, Rejected)
    assert (rejected.code, rejected.retry) == ("MALFORMED_ID", False)
