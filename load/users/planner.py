"""The planner and the project manager: staff people, record new estimates, declare projects done."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from load.deeds import Deed
from load.users.cards import Contacts
from load.users.desk import Desk, NotYet
from load.users.org import Fields, Org, Write, decimal, text
from load.users.result import Result, done, refused
from mocks.firm.facts.source import Assignment, Estimate, ProjectCompletion

_FINISHED = ("Completed", "Closed")
_TASK = "pse__Project_Task__c"


def perform(desk: Desk, deeds: Sequence[Deed], contacts: Contacts) -> list[Result]:
    """Do each deed by the kind of its fact."""
    return [_BY_KIND[type(deed.facts[0]).__name__](Org(desk, "psa"), deed, contacts) for deed in deeds]


def _project(org: Org, deed: Deed, contract: str) -> dict[str, Any]:
    """The project of a contract, found by the contract's id in the CRM; raises NotYet."""
    crm = Org(org.desk, "crm")
    by_number = f"ContractNumber = {text(contract.partition('|')[2])}"
    # A contract that somebody drafted over the API has a number of the CRM's own: its deal tells which it is.
    by_deal = f"RH_Opportunity__r.RH_Key__c = {text(deed.opportunity)}"
    where = by_deal if deed.opportunity else by_number
    signed = crm.first("find contract", f"SELECT Id FROM Contract WHERE {where}", contract)
    return org.first(
        "find project",
        "SELECT Id, pse__Stage__c, pse__Is_Active__c FROM pse__Proj__c"
        f" WHERE RH_Contract__c = {text(signed['Id'])}",
        f"the project of {contract}",
    )


def _staff(org: Org, deed: Deed, contacts: Contacts) -> Result:
    fact = deed.facts[0]
    if not isinstance(fact, Assignment):
        return refused(deed.id, "no assignment")
    found = org.query(
        "find assignment", f"SELECT Id FROM pse__Assignment__c WHERE Name = {text(fact.number)}"
    )
    if found and fact.ver == 1:
        return done(deed.id, found[0]["Id"], found=True)
    contact_id = contacts.id_of(org, fact.resource)
    project = _project(org, deed, fact.contract)
    task = org.first(
        "find task",
        f"SELECT Id, RH_Billable__c FROM {_TASK} WHERE pse__Project__c = {text(project['Id'])}"
        f" AND RH_WBS__c = {text(fact.task.rpartition('|')[2])}",
        fact.task,
    )
    fields = _assignment_fields(fact, contact_id, project, task)
    if found:
        org.change(deed.operation, "pse__Assignment__c", found[0]["Id"], fields)
        return done(deed.id, found[0]["Id"])
    rates = _rates(fact)
    if not rates:
        return done(deed.id, org.create(deed.operation, "pse__Assignment__c", fields))
    made = org.together(deed.operation, [("Assignment", "POST", "pse__Assignment__c", fields), *rates])
    return done(deed.id, made["Assignment"])


def _assignment_fields(
    fact: Assignment, contact_id: str, project: dict[str, Any], task: dict[str, Any]
) -> Fields:
    return {
        "Name": fact.number,
        "pse__Project__c": project["Id"],
        "pse__Resource__c": contact_id,
        "RH_Task__c": task["Id"],
        "pse__Is_Billable__c": task["RH_Billable__c"],
        "pse__Start_Date__c": fact.valid_from.isoformat(),
        "pse__End_Date__c": _day_before(fact),
        "pse__Planned_Hours__c": decimal(fact.planned_e2, 2),
        "RH_Bill_Level__c": fact.bill_level,
        "RH_Status__c": fact.status,
    }


def _rates(fact: Assignment) -> list[Write]:
    """Prices agreed for the assignment that the same call makes."""
    return [
        (
            f"Rate{place}",
            "POST",
            "RH_Rate_Override__c",
            {
                "RH_Assignment__c": "@{Assignment.id}",
                "RH_Rate__c": decimal(rate.rate_e4, 4),
                "CurrencyIsoCode": rate.ccy,
                "RH_Valid_From__c": rate.valid_from.isoformat(),
                "RH_Valid_To__c": None if rate.valid_to is None else rate.valid_to.isoformat(),
            },
        )
        for place, rate in enumerate(fact.overrides)
    ]


def _day_before(fact: Assignment) -> str | None:
    """The product's last day is inclusive."""
    return None if fact.valid_to is None else (fact.valid_to - timedelta(days=1)).isoformat()


def _expect(org: Org, deed: Deed, contacts: Contacts) -> Result:
    fact = deed.facts[0]
    if not isinstance(fact, Estimate):
        return refused(deed.id, "no estimate")
    project = _project(org, deed, fact.contract)
    task = org.first(
        "find task",
        f"SELECT RH_Contract_Line__c FROM {_TASK} WHERE pse__Project__c = {text(project['Id'])}"
        f" AND RH_WBS__c LIKE {text(f'{fact.line}.%')} AND RH_Contract_Line__c != null",
        f"tasks of line {fact.line} of {fact.contract}",
    )
    line_id = task["RH_Contract_Line__c"]
    known = org.query(
        "find estimate",
        f"SELECT Id FROM RH_Estimate__c WHERE RH_Contract_Line__c = {text(line_id)}"
        f" AND RH_Seq__c = {fact.seq}",
    )
    if known:
        return done(deed.id, known[0]["Id"], found=True)
    fields: Fields = {
        "RH_Project__c": project["Id"],
        "RH_Contract_Line__c": line_id,
        "RH_Seq__c": fact.seq,
        "RH_Total_Hours__c": decimal(fact.total_hours_e2, 2),
    }
    return done(deed.id, org.create(deed.operation, "RH_Estimate__c", fields))


def _complete(org: Org, deed: Deed, contacts: Contacts) -> Result:
    fact = deed.facts[0]
    if not isinstance(fact, ProjectCompletion):
        return refused(deed.id, "no completion")
    project = _project(org, deed, fact.contract)
    if project["pse__Stage__c"] in _FINISHED:
        return done(deed.id, project["Id"], found=True)
    if not project["pse__Is_Active__c"]:
        raise NotYet(f"the project of {fact.contract} active")
    org.change(deed.operation, "pse__Proj__c", project["Id"], {"pse__Stage__c": "Completed"})
    return done(deed.id, project["Id"])


_BY_KIND: dict[str, Callable[[Org, Deed, Contacts], Result]] = {
    "Assignment": _staff,
    "Estimate": _expect,
    "ProjectCompletion": _complete,
}
