"""What the core keeps in Certinia: projects, their plans, people, and what was billed."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from contracts.consumer.certinia import (
    MILESTONES,
    PROJECTS,
    PROVIDER,
    TASKS,
    adapter,
)
from contracts.consumer.promises import Promise, Promises
from contracts.consumer.salesforce_protocol import (
    AUTHORISED,
    CREDENTIALS,
    DATA,
    asks_collection,
    examples,
    is_refused,
    native,
    not_saved,
    promise_login,
    saved,
)
from integration_core.adapters.certinia.client import CertiniaPsa
from integration_core.adapters.salesforce_protocol.session import OrgSession
from integration_core.adapters.salesforce_protocol.writing import upsert
from integration_core.canonical.work import Milestone, Project, Task
from integration_core.ports.systems import (
    Outcome,
    OutcomeUnknown,
    Refused,
    Rejected,
    Unreadable,
    Written,
)

Make = Callable[[str], Promises]
Call = Callable[[CertiniaPsa], Coroutine[Any, Any, Sequence[Outcome]]]

_KEY, _ENCODED_KEY = "PJ|CO|90000001", "PJ%7CCO%7C90000001"
_LINE, _PROJECT = "a01RH0000000001AAA", native(PROJECTS)
_NEW = "a project that is not there yet"


def _project(**changed: Any) -> Project:
    fields: dict[str, Any] = {
        "key": _KEY,
        "source_id": "800RH0000000001AAA",
        "opportunity_source_id": "006RH0000000001AAA",
        "account_source_id": "001RH0000000001AAA",
        "name": "90000001 Roadmap",
        "ccy": "USD",
        "entity_code": "US01",
        "practice": "DATA",
        "billing_type": "TM",
        "value": Decimal(48000),
        "start": date(2026, 11, 2),
        "end": date(2027, 3, 1),
        "active": True,
        "status": "ACTIVE",
    }
    return Project(**{**fields, **changed})


_PROJECT_BODY = {
    "Name": "90000001 Roadmap",
    "RH_Contract__c": "800RH0000000001AAA",
    "RH_Account__c": "001RH0000000001AAA",
    "pse__Opportunity__c": "006RH0000000001AAA",
    "pse__Practice__c": "DATA",
    "pse__Region__c": "US01",
    "pse__Start_Date__c": "2026-11-02",
    "pse__End_Date__c": "2027-03-01",
    "pse__Stage__c": "Active",
    "pse__Project_Type__c": "Client",
    "pse__Billing_Type__c": "Time and Materials",
    "pse__Is_Active__c": True,
    "pse__Is_Billable__c": True,
    "pse__Allow_Timecards_Without_Assignment__c": False,
    "pse__Closed_for_Time_Entry__c": False,
    "pse__Closed_for_Expense_Entry__c": False,
    "CurrencyIsoCode": "USD",
    "RH_Contract_Value__c": 48000,
}


def _pact(promises: Make) -> Promises:
    pact = promises(PROVIDER)
    promise_login(pact)
    return pact


# --- projects -------------------------------------------------------------------------------------


def _asks_project(
    pact: Promises, description: str, state: str, body: Mapping[str, Any] = _PROJECT_BODY
) -> Promise:
    return pact.upon(description, state).asks(
        "PATCH",
        f"{DATA}/sobjects/pse__Proj__c/RH_External_Id__c/${{key}}",
        headers=AUTHORISED,
        body=dict(body),
        examples={"key": _ENCODED_KEY},
    )


@pytest.mark.parametrize(
    ("description", "state", "status"),
    [("create the project", _NEW, 201), ("write the project again", "a project", 200)],
)
def test_project__is_written_under_its_key_however_often(
    promises: Make, description: str, state: str, status: int
) -> None:
    pact = _pact(promises)
    _asks_project(pact, description, state).reads(status, saved(PROJECTS))
    with pact.kept() as url:
        written = pact.network.run(adapter(pact, url).upsert_project(_project()))
    assert written == Written(key=_KEY, native_id=_PROJECT)


def test_project__a_name_that_is_too_long_is_refused(promises: Make) -> None:
    pact = _pact(promises)
    name = "A very long name of a project, " * 3
    asked = _asks_project(pact, "create a project with a long name", _NEW, {**_PROJECT_BODY, "Name": name})
    is_refused(asked, 400, "STRING_TOO_LONG")
    with pact.kept() as url, pytest.raises(Refused) as refused:
        pact.network.run(adapter(pact, url).upsert_project(_project(name=name)))
    assert refused.value.code == "STRING_TOO_LONG"


def test_project__a_key_that_two_projects_hold_is_refused(promises: Make) -> None:
    pact = _pact(promises)
    asked = _asks_project(pact, "write a project whose key is held twice", "two projects with one key")
    asked.reads(300)
    with pact.kept() as url, pytest.raises(Refused) as refused:
        pact.network.run(adapter(pact, url).upsert_project(_project()))
    assert refused.value.code == "DUPLICATE_EXTERNAL_ID"


def test_project__an_error_after_the_write_leaves_the_outcome_unknown(promises: Make) -> None:
    pact = _pact(promises)
    asked = _asks_project(
        pact,
        "create the project, answered with an error",
        "a project that is not there yet, and writes are done and answered with an error",
    )
    is_refused(asked, 500, "UNKNOWN_EXCEPTION")
    with pact.kept() as url, pytest.raises(OutcomeUnknown):
        pact.network.run(adapter(pact, url).upsert_project(_project()))


def test_project__a_field_that_the_org_does_not_have_breaks_the_contract(promises: Make) -> None:
    pact = _pact(promises)
    field = {"RH_No_Such_Field__c": "x"}
    asked = _asks_project(pact, "create a project with a field that the org does not have", _NEW, field)
    is_refused(asked, 400, "INVALID_FIELD")

    async def write(url: str) -> Written:
        session = OrgSession(PROVIDER, pact.network.transport, url, CREDENTIALS)
        return await upsert(session, "pse__Proj__c", "RH_External_Id__c", _KEY, field)

    with pact.kept() as url, pytest.raises(Unreadable):
        pact.network.run(write(url))


# --- plans ----------------------------------------------------------------------------------------


def _task(key: str, name: str = "Discovery") -> Task:
    return Task(
        key=key,
        project_key=_KEY,
        contract_line_source_id=_LINE,
        wbs="1.1",
        name=name,
        bill_level="CON",
        planned=Decimal(40),
        billable=True,
        progress=True,
        start=date(2026, 11, 2),
        end=date(2027, 3, 1),
    )


def _task_body(key: str, name: str = "Discovery") -> dict[str, Any]:
    return {
        "attributes": {"type": "pse__Project_Task__c"},
        "RH_External_Id__c": key,
        "pse__Project__c": "${project}",
        "Name": name,
        "pse__Start_Date__c": "2026-11-02",
        "pse__End_Date__c": "2027-03-01",
        "pse__Estimated_Hours__c": 40,
        "RH_WBS__c": "1.1",
        "RH_Contract_Line__c": _LINE,
        "RH_Bill_Level__c": "CON",
        "RH_Billable__c": True,
        "RH_Progress__c": True,
    }


_TASK_KEY = "/pse__Project_Task__c/RH_External_Id__c"
_TASK_EXAMPLES = examples(project=_PROJECT, first="TK|90000001|1.1", second="TK|90000001|1.2")


def _run(pact: Promises, call: Call) -> Sequence[Outcome]:
    with pact.kept() as url:
        return pact.network.run(call(adapter(pact, url)))


@pytest.mark.parametrize(
    ("description", "state"),
    [
        ("create tasks", "a project without tasks"),
        ("write tasks again", "a project with two tasks"),
    ],
)
def test_tasks__are_written_under_their_keys(promises: Make, description: str, state: str) -> None:
    pact = _pact(promises)
    records = [_task_body("${first}"), _task_body("${second}")]
    asked = asks_collection(pact, description, state, records, _TASK_EXAMPLES, key=_TASK_KEY)
    asked.reads(200, [saved(TASKS, 1), saved(TASKS, 2)])
    tasks = [_task(_TASK_EXAMPLES["first"]), _task(_TASK_EXAMPLES["second"])]
    assert list(_run(pact, lambda psa: psa.upsert_tasks(_PROJECT, tasks))) == [
        Written(key="TK|90000001|1.1", native_id=native(TASKS, 1)),
        Written(key="TK|90000001|1.2", native_id=native(TASKS, 2)),
    ]


@pytest.mark.parametrize(
    ("description", "state", "second", "name", "code"),
    [
        ("the second with a long name", "a project without tasks", "second", "D" * 90, "STRING_TOO_LONG"),
        ("both under one key", "a project without tasks", "first", "Discovery", "DUPLICATE_VALUE"),
        (
            "the second locked",
            "a project whose every other record is locked",
            "second",
            "Discovery",
            "UNABLE_TO_LOCK_ROW",
        ),
    ],
)
def test_tasks__one_that_fails_does_not_stop_the_others(
    promises: Make, description: str, state: str, second: str, name: str, code: str
) -> None:
    pact = _pact(promises)
    records = [_task_body("${first}"), _task_body(f"${{{second}}}", name)]
    what = f"create tasks, {description}"
    asked = asks_collection(pact, what, state, records, _TASK_EXAMPLES, key=_TASK_KEY)
    asked.reads(200, [saved(TASKS), not_saved(code)])
    tasks = [_task(_TASK_EXAMPLES["first"]), _task(_TASK_EXAMPLES[second], name)]
    written, rejected = _run(pact, lambda psa: psa.upsert_tasks(_PROJECT, tasks))
    assert isinstance(written, Written)
    assert isinstance(rejected, Rejected)
    assert (rejected.key, rejected.code) == (_TASK_EXAMPLES[second], code)
    assert rejected.retry == (code == "UNABLE_TO_LOCK_ROW")


@pytest.mark.parametrize(
    ("description", "state"),
    [
        ("plan a milestone", "a project without milestones"),
        ("plan a milestone again", "a project with a milestone"),
    ],
)
def test_milestones__are_planned_under_their_keys(promises: Make, description: str, state: str) -> None:
    pact = _pact(promises)
    record = {
        "attributes": {"type": "pse__Milestone__c"},
        "RH_External_Id__c": "${first}",
        "pse__Project__c": "${project}",
        "Name": "Design accepted",
        "pse__Milestone_Amount__c": 12000,
        "pse__Target_Date__c": "2027-01-15",
        "RH_Seq__c": 1,
        "RH_Contract_Line__c": _LINE,
    }
    key = "MS|90000001|1|1"
    given = examples(project=_PROJECT, first=key)
    path = "/pse__Milestone__c/RH_External_Id__c"
    asks_collection(pact, description, state, [record], given, key=path).reads(200, [saved(MILESTONES)])
    milestone = Milestone(
        key=key,
        project_key=_KEY,
        contract_line_source_id=_LINE,
        seq=1,
        name="Design accepted",
        amount=Decimal(12000),
        target=date(2027, 1, 15),
    )
    (written,) = _run(pact, lambda psa: psa.upsert_milestones(_PROJECT, [milestone]))
    assert written == Written(key=key, native_id=native(MILESTONES))
