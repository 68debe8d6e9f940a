"""What the core keeps in Certinia beside projects: people by their numbers, and marks of what was billed."""

from collections.abc import Callable, Coroutine, Sequence
from datetime import date
from typing import Any

import pytest

from contracts.consumer.certinia import CONTACTS, MILESTONES, PROVIDER, SPLITS, adapter
from contracts.consumer.promises import Promises
from contracts.consumer.salesforce_protocol import (
    asks_collection,
    examples,
    native,
    not_saved,
    promise_login,
    saved,
)
from integration_core.adapters.certinia.client import CertiniaPsa
from integration_core.canonical.work import BillingMark, MilestoneMark, Resource
from integration_core.ports.systems import Outcome, Rejected, Written

Make = Callable[[str], Promises]
Call = Callable[[CertiniaPsa], Coroutine[Any, Any, Sequence[Outcome]]]


def _pact(promises: Make) -> Promises:
    pact = promises(PROVIDER)
    promise_login(pact)
    return pact


def _run(pact: Promises, call: Call) -> Sequence[Outcome]:
    with pact.kept() as url:
        return pact.network.run(call(adapter(pact, url)))


# --- people ---------------------------------------------------------------------------------------


def _person(key: str, employed_to: date | None = None) -> Resource:
    return Resource(
        key=key,
        employee_no=key,
        first_name="Zoe",
        last_name="Quill",
        email="zoe.quill@firm.example",
        entity_code="US01",
        practice="DATA",
        cost_centre="CC-10",
        level="CON",
        manager_employee_no="1002",
        skills="python",
        employed_from=date(2024, 1, 15),
        employed_to=employed_to,
        active=True,
    )


def _person_body(employed_to: str | None = None) -> dict[str, Any]:
    return {
        "attributes": {"type": "Contact"},
        "RH_Employee_No__c": "${number}",
        "FirstName": "Zoe",
        "LastName": "Quill",
        "Email": "zoe.quill@firm.example",
        "pse__Is_Resource__c": True,
        "pse__Is_Resource_Active__c": True,
        "pse__Resource_Role__c": "CON",
        "pse__Practice__c": "DATA",
        "pse__Region__c": "US01",
        "RH_Entity__c": "US01",
        "RH_Cost_Centre__c": "CC-10",
        "RH_Level__c": "CON",
        "RH_Manager__c": "1002",
        "RH_Skills__c": "python",
        "RH_Employed_From__c": "2024-01-15",
        "RH_Employed_To__c": employed_to,
    }


@pytest.mark.parametrize(
    ("description", "state", "employed_to"),
    [
        ("bring in somebody", "an employee number that nobody has", None),
        ("say when somebody leaves", "somebody with an employee number", date(2027, 2, 1)),
    ],
)
def test_people__are_written_under_their_numbers(
    promises: Make, description: str, state: str, employed_to: date | None
) -> None:
    pact = _pact(promises)
    body = _person_body(employed_to.isoformat() if employed_to else None)
    path = "/Contact/RH_Employee_No__c"
    asked = asks_collection(pact, description, state, [body], examples(number="1001"), key=path)
    asked.reads(200, [saved(CONTACTS)])
    (written,) = _run(pact, lambda psa: psa.upsert_resources([_person("1001", employed_to)]))
    assert written == Written(key="1001", native_id=native(CONTACTS))


# --- marks ----------------------------------------------------------------------------------------

_BILLED = {
    "pse__Billed__c": True,
    "RH_Invoice_No__c": "US01-00000101",
    "RH_Invoice_Status__c": "OPEN",
}


def test_splits__show_where_they_were_billed(promises: Make) -> None:
    pact = _pact(promises)
    record = {"attributes": {"type": "pse__Timecard__c"}, "Id": "${split}", **_BILLED}
    given = examples(split=native(SPLITS))
    asks_collection(pact, "mark a split as billed", "an approved timecard", [record], given).reads(
        200, [saved(SPLITS)]
    )
    mark = BillingMark(
        split_native_id=native(SPLITS),
        billed=True,
        invoice_no="US01-00000101",
        invoice_status="OPEN",
    )
    (written,) = _run(pact, lambda psa: psa.write_billing_marks([mark]))
    assert written == Written(key=native(SPLITS), native_id=native(SPLITS))


def _milestone_mark(number: int = 1) -> MilestoneMark:
    return MilestoneMark(
        milestone_native_id=native(MILESTONES, number),
        billed=True,
        invoice_no="US01-00000101",
        invoice_status="OPEN",
    )


def test_milestones__show_where_they_were_billed_and_a_deleted_one_is_rejected_alone(promises: Make) -> None:
    pact = _pact(promises)
    table = {"attributes": {"type": "pse__Milestone__c"}}
    records = [{**table, "Id": place, **_BILLED} for place in ("${id}", "${gone}")]
    given = examples(id=native(MILESTONES), gone=native(MILESTONES, 2))
    asked = asks_collection(
        pact, "mark two milestones as billed", "two milestones, one of them deleted", records, given
    )
    asked.reads(200, [saved(MILESTONES), not_saved("ENTITY_IS_DELETED")])
    marks = [_milestone_mark(), _milestone_mark(2)]
    written, rejected = _run(pact, lambda psa: psa.write_milestone_marks(marks))
    assert written == Written(key=native(MILESTONES), native_id=native(MILESTONES))
    assert isinstance(rejected, Rejected)
    assert (rejected.code, rejected.retry) == ("ENTITY_IS_DELETED", False)
