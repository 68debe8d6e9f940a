"""States of the PSA, made through its API: projects and their plans, people, time, prices, milestones."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from msgspec import Struct

from contracts.provider.states.port import Make, State
from contracts.provider.states.salesforce_org import Records, Values, states
from contracts.provider.workbench import Workbench
from mocks.firm.facts.source import Milestone
from mocks.kit.faults import Fault

_EXTERNAL_ID = "RH_External_Id__c"
_PROJECT, _TASK, _MILESTONE = "pse__Proj__c", "pse__Project_Task__c", "pse__Milestone__c"
_WEEK = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
_HOURS = {f"pse__{day}_Hours__c": 8 for day in _WEEK}
_CONTRACT_LINE = "a01CT0000000001AAA"


class Place(Struct, frozen=True):
    """A person at work on a task of a project."""

    project: str
    person: str
    approver: str
    assignment: str
    task: str


# --- records --------------------------------------------------------------------------------------


def _person(records: Records, number: str = "") -> str:
    return records.create(
        "Contact",
        FirstName="Zoe",
        LastName="Quill",
        RH_Employee_No__c=number or records.fresh(),
        pse__Is_Resource__c=True,
        pse__Is_Resource_Active__c=True,
    )


def _project(records: Records, key: str = "", contract: str = "") -> str:
    name = records.fresh()
    return records.create(
        _PROJECT,
        Name=f"{name} Roadmap",
        RH_External_Id__c=key or f"PJ|CO|{name}",
        RH_Contract__c=contract or f"CO-{name}",
        pse__Stage__c="Active",
        pse__Is_Active__c=True,
        CurrencyIsoCode="USD",
    )


def _task(records: Records, project: str, key: str = "", line: str = _CONTRACT_LINE) -> str:
    return records.create(
        _TASK,
        pse__Project__c=project,
        Name="Discovery",
        RH_External_Id__c=key or f"TK|{records.fresh()}",
        RH_WBS__c="1.1",
        RH_Contract_Line__c=line,
    )


def _place(records: Records) -> Place:
    project = _project(records)
    person, approver, task = _person(records), _person(records), _task(records, project)
    assignment = records.create(
        "pse__Assignment__c",
        pse__Project__c=project,
        pse__Resource__c=person,
        RH_Task__c=task,
        pse__Start_Date__c="2026-11-02",
        pse__End_Date__c="2026-12-31",
        RH_Bill_Level__c="CON",
        RH_Status__c="ACTIVE",
    )
    return Place(project, person, approver, assignment, task)


def _card(records: Records, place: Place, *, assigned: bool = True, **fields: Any) -> str:
    where = {"pse__Assignment__c": place.assignment, "RH_Task__c": place.task} if assigned else {}
    return records.create(
        "pse__Timecard_Header__c",
        pse__Start_Date__c="2026-11-16",
        pse__Resource__c=place.person,
        pse__Project__c=place.project,
        pse__Billable__c=True,
        pse__Monday_Notes__c="Workshop",
        RH_Time_Type__c="REG",
        **where,
        **_HOURS,
        **fields,
    )


def _move(records: Records, card: str, *statuses: str, approver: str = "") -> None:
    for status in statuses:
        by = {"RH_Approved_By__c": approver} if status in ("Approved", "Rejected") else {}
        records.update("pse__Timecard_Header__c", card, pse__Status__c=status, **by)


def _milestone(records: Records, project: str, key: str = "", line: str = _CONTRACT_LINE) -> str:
    return records.create(
        _MILESTONE,
        pse__Project__c=project,
        Name="Design accepted",
        pse__Milestone_Amount__c=12000,
        pse__Target_Date__c="2027-01-15",
        RH_External_Id__c=key or f"MS|{records.fresh()}",
        RH_Seq__c=1,
        RH_Contract_Line__c=line,
    )


# --- what is read ---------------------------------------------------------------------------------


def _state(make: Callable[[Records], str], *, older: bool = False) -> Make:
    """A state of one record: its id, and the span's bound before it, or after it for an `older` one."""

    def made(bench: Workbench, parameters: dict[str, Any]) -> Values:
        records = Records(bench)
        native_id = make(records)
        return {"id": native_id, "since": records.after if older else records.since}

    return made


def _assigned(records: Records) -> str:
    assignment = _place(records).assignment
    records.create(
        "RH_Rate_Override__c",
        RH_Assignment__c=assignment,
        RH_Rate__c=230,
        CurrencyIsoCode="USD",
        RH_Valid_From__c="2026-11-02",
        RH_Valid_To__c="2026-12-01",
    )
    return assignment


def _approved(bench: Workbench, parameters: dict[str, Any]) -> Values:
    records = Records(bench)
    place = _place(records)
    card = _card(records, place)
    _move(records, card, "Submitted", "Approved", approver=place.approver)
    splits = records.found(f"SELECT Id FROM pse__Timecard__c WHERE pse__Timecard_Header__c = '{card}'")
    return {"id": card, "split": splits[0]["Id"], "since": records.since}


def _corrected(records: Records) -> str:
    place = _place(records)
    wrong = _card(records, place)
    _move(records, wrong, "Submitted", "Approved", approver=place.approver)
    right = _card(records, place, RH_Replaces__c=wrong)
    _move(records, right, "Submitted", "Approved", approver=place.approver)
    return right


def _submitted(records: Records) -> str:
    card = _card(records, _place(records))
    _move(records, card, "Submitted")
    return card


def _saved(records: Records) -> str:
    place = _place(records)
    records.update(_PROJECT, place.project, pse__Allow_Timecards_Without_Assignment__c=True)
    return _card(records, place, assigned=False)


def _sent_back(records: Records) -> str:
    place = _place(records)
    card = _card(records, place)
    _move(records, card, "Submitted", "Rejected", approver=place.approver)
    return card


def _price(records: Records) -> str:
    return records.create(
        "pse__Rate_Card__c",
        Name=f"Firm {records.fresh()}",
        RH_Level__c="CON",
        pse__Practice__c="DATA",
        RH_Unit__c="HOUR",
        RH_Rate__c=210,
        CurrencyIsoCode="USD",
        pse__Start_Date__c="2026-01-01",
        pse__End_Date__c="2027-01-01",
        RH_Apply_Retro__c=False,
    )


def _deleted_price(records: Records) -> str:
    price = _price(records)
    records.delete("pse__Rate_Card__c", price)
    return price


def _planned(records: Records) -> str:
    return _milestone(records, _project(records))


def _said(*statuses: str) -> Make:
    """A milestone on which people have moved: they do so in the product, no API lets a caller."""

    def made(bench: Workbench, parameters: dict[str, Any]) -> Values:
        records = Records(bench)
        number = records.fresh()
        project = _project(records, contract=f"CO-{number}")
        _task(records, project)
        _person(records, number)
        native_id = _milestone(records, project)
        for ver, status in enumerate(statuses, 1):
            fact = Milestone(
                bk=f"MS|CL|{number}|1|1",
                recorded_at_ms=0,
                ver=ver,
                contract=f"CO|{number}",
                line=1,
                seq=1,
                status=status,
                accepted_by=f"RS|{number}" if status == "ACCEPTED" else None,
            )
            bench.act(fact, references={f"CO|{number}": f"CO-{number}"})
        return {"id": native_id, "since": records.since}

    return made


def _estimated(records: Records) -> str:
    return records.create(
        "RH_Estimate__c",
        RH_Project__c=_project(records),
        RH_Contract_Line__c=_CONTRACT_LINE,
        RH_Seq__c=2,
        RH_Total_Hours__c=120,
    )


def _completed(records: Records) -> str:
    project = _project(records)
    records.update(_PROJECT, project, pse__Stage__c="Completed")
    return project


# --- what is written ------------------------------------------------------------------------------


def _keyed(records: Records, table: str, key: str) -> str:
    """A key as addresses have it; what the interaction makes under it goes at teardown too."""
    encoded = quote(key, safe="")
    records.made_elsewhere(table, _EXTERNAL_ID, encoded)
    return encoded


def _new_project(bench: Workbench, parameters: dict[str, Any]) -> Values:
    records = Records(bench)
    return {"key": _keyed(records, _PROJECT, f"PJ|CO|{records.fresh()}")}


def _new_project_unknown(bench: Workbench, parameters: dict[str, Any]) -> Values:
    values = _new_project(bench, parameters)
    bench.fault(Fault(id="unknown", kind="fail_after_commit", method="PATCH", status=500))
    return values


def _written_project(bench: Workbench, parameters: dict[str, Any]) -> Values:
    records = Records(bench)
    key = f"PJ|CO|{records.fresh()}"
    _project(records, key)
    return {"key": quote(key, safe="")}


def _twice_keyed(bench: Workbench, parameters: dict[str, Any]) -> Values:
    records = Records(bench)
    key = f"PJ|CO|{records.fresh()}"
    for form in (f"{key}a", f"{key}A"):
        _project(records, form)
    # Neither is written like this, and both match it: keys compare in any letter case.
    return {"key": quote(f"{key}A".lower().replace("pj", "Pj"), safe="")}


def _plan(table: str, make: Callable[..., str], *, there: int = 0, lock: bool = False) -> Make:
    """A project and two keys below it, of which the first `there` are taken."""

    def made(bench: Workbench, parameters: dict[str, Any]) -> Values:
        records = Records(bench)
        project, number = _project(records), records.fresh()
        keys = {"first": f"CT|{number}|1", "second": f"CT|{number}|2"}
        for key in list(keys.values())[:there]:
            make(records, project, key)
        for key in list(keys.values())[there:]:
            _keyed(records, table, key)
        if lock:
            bench.fault(Fault(id="lock", kind="fail_items", every=2))
        return {"project": project, **keys}

    return made


def _number(*, taken: bool) -> Make:
    def made(bench: Workbench, parameters: dict[str, Any]) -> Values:
        records = Records(bench)
        number = records.fresh()
        if taken:
            _person(records, number)
        else:
            records.made_elsewhere("Contact", "RH_Employee_No__c", number)
        return {"number": number}

    return made


def _one_deleted(bench: Workbench, parameters: dict[str, Any]) -> Values:
    records = Records(bench)
    project = _project(records)
    kept, gone = _milestone(records, project), _milestone(records, project)
    records.delete(_MILESTONE, gone)
    return {"id": kept, "gone": gone}


STATES: dict[str, State] = {
    **states("pse__Rate_Card__c", "Name"),
    "an assignment with a rate of its own": State(_state(_assigned)),
    "an assignment with a rate of its own, older than the span": State(_state(_assigned, older=True)),
    "an approved timecard": State(_approved),
    "an approved timecard that replaces another": State(_state(_corrected)),
    "a timecard that was submitted": State(_state(_submitted)),
    "a timecard that nobody submitted yet": State(_state(_saved)),
    "a timecard that was sent back": State(_state(_sent_back)),
    "a price of the firm": State(_state(_price)),
    "a price of the firm that was deleted": State(_state(_deleted_price)),
    "a milestone that is planned": State(_state(_planned)),
    "a milestone that is achieved": State(_said("ACHIEVED"), mock_only=True),
    "a milestone that is accepted": State(_said("ACHIEVED", "ACCEPTED"), mock_only=True),
    "an estimate of a contract line": State(_state(_estimated)),
    "a project that is completed": State(_state(_completed)),
    "a project under way": State(_state(_project)),
    "a project that is not there yet": State(_new_project),
    "a project that is not there yet, and writes are done and answered with an error": State(
        _new_project_unknown, mock_only=True
    ),
    "a project": State(_written_project),
    # Where the key is declared unique, no org holds one twice.
    "two projects with one key": State(_twice_keyed, mock_only=True),
    "a project without tasks": State(_plan(_TASK, _task)),
    "a project with two tasks": State(_plan(_TASK, _task, there=2)),
    "a project whose every other record is locked": State(_plan(_TASK, _task, lock=True), mock_only=True),
    "a project without milestones": State(_plan(_MILESTONE, _milestone)),
    "a project with a milestone": State(_plan(_MILESTONE, _milestone, there=1)),
    "an employee number that nobody has": State(_number(taken=False)),
    "somebody with an employee number": State(_number(taken=True)),
    "two milestones, one of them deleted": State(_one_deleted),
}
