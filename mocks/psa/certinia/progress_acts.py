"""Project managers at work: milestones achieved and accepted, new estimates, projects declared done.

Milestones and projects are the subject's to make: a fact that needs one which is not there yet
waits. The PSA knows a contract line by its id in the CRM alone; which number it has, the WBS codes
of its tasks tell.
"""

from collections.abc import Iterator

from mocks.firm.facts.source import Estimate, Milestone, ProjectCompletion
from mocks.kit.schema import Value
from mocks.kit.store import Record, Store
from mocks.protocols.salesforce import records
from mocks.protocols.salesforce.rules import WriteRefused
from mocks.psa.certinia.errors import invalid
from mocks.psa.certinia.native import CRM_CONTRACT, NotThereYet, find_contact, number_of
from mocks.psa.certinia.progress_rules import ACCEPTED, ACHIEVED, FINISHED, PLANNED
from mocks.psa.certinia.schema import ESTIMATE, MILESTONE, PROJECT, TASK
from mocks.psa.certinia.stage import Stage
from mocks.psa.certinia.state import ORG

_STATUS = {"ACHIEVED": ACHIEVED, "ACCEPTED": ACCEPTED}


def mark(stage: Stage, fact: Milestone) -> str:
    """Move a planned milestone on; raises NotThereYet until it is planned, or achieved before accepted."""
    if fact.status not in _STATUS or fact.deleted:
        raise WriteRefused(invalid(f"A milestone is never {fact.status}.", "pse__Status__c"))
    found = _milestone(stage, fact)
    at_ms = stage.at_ms(fact.recorded_at_ms)
    changes: dict[str, Value] = {"pse__Status__c": _STATUS[fact.status]}
    if fact.status == "ACCEPTED":
        if found.values["pse__Status__c"] == PLANNED:
            raise NotThereYet(f"{fact.bk} achieved")
        changes["RH_Accepted_At__c"] = _moment(fact.accepted_at_ms, fact.recorded_at_ms, at_ms)
        if fact.accepted_by is not None:
            changes["RH_Accepted_By__c"] = find_contact(stage.world.store, fact.accepted_by).id
    records.update(ORG, stage.world, MILESTONE, found.id, changes, notify=stage.live, at_ms=at_ms)
    return found.id


def expect(stage: Stage, fact: Estimate) -> str:
    """Record a new estimate of a line; raises NotThereYet until the line has tasks here."""
    if fact.deleted:
        raise WriteRefused(invalid("An estimate cannot be deleted."))
    store = stage.world.store
    for project in _projects(stage, fact.contract):
        line_ids = _line_ids(store, project.id, fact.line)
        if not line_ids:
            continue
        values: dict[str, Value] = {
            "RH_Project__c": project.id,
            "RH_Contract_Line__c": line_ids[0],
            "RH_Seq__c": fact.seq,
            "RH_Total_Hours__c": fact.total_hours_e2,
        }
        at_ms = stage.at_ms(fact.recorded_at_ms)
        for known in store.find(ESTIMATE, "RH_Contract_Line__c", line_ids[0]):
            if known.values["RH_Seq__c"] == fact.seq:
                records.update(ORG, stage.world, ESTIMATE, known.id, values, at_ms=at_ms)
                return known.id
        return records.create(ORG, stage.world, ESTIMATE, values, notify=stage.live, at_ms=at_ms)
    raise NotThereYet(f"tasks of CL|{number_of(fact.contract)}|{fact.line}")


def complete(stage: Stage, fact: ProjectCompletion) -> str:
    """Declare a project done; raises NotThereYet while it is still being set up."""
    if fact.deleted:
        raise WriteRefused(invalid("A completion cannot be taken back.", "pse__Stage__c"))
    project = _projects(stage, fact.contract)[0]
    values = project.values
    if values["pse__Stage__c"] not in FINISHED and not values["pse__Is_Active__c"]:
        raise NotThereYet(f"project {values['Name']} active")
    at_ms = stage.at_ms(fact.recorded_at_ms)
    changes: dict[str, Value] = {
        "pse__Stage__c": "Completed",
        "RH_Completed_At__c": _moment(fact.completed_at_ms, fact.recorded_at_ms, at_ms),
    }
    records.update(ORG, stage.world, PROJECT, project.id, changes, notify=stage.live, at_ms=at_ms)
    return project.id


def _moment(told_ms: int | None, recorded_at_ms: int, at_ms: int) -> int | None:
    """An instant that a fact names: the one of the act itself moves with the act."""
    return at_ms if told_ms == recorded_at_ms else told_ms


def _projects(stage: Stage, contract: str) -> list[Record]:
    contract_id = stage.references.get(contract)
    if contract_id is None:
        raise NotThereYet(contract)
    found = stage.world.store.find(PROJECT, "RH_Contract__c", contract_id)
    if not found:
        raise NotThereYet(f"PJ|{contract}")
    stage.world.store.set_alias(contract, CRM_CONTRACT, contract_id)
    return found


def _milestone(stage: Stage, fact: Milestone) -> Record:
    store = stage.world.store
    for project in _projects(stage, fact.contract):
        line_ids = _line_ids(store, project.id, fact.line)
        for found in _planned(store, project.id, fact.seq):
            if found.values["RH_Contract_Line__c"] in line_ids:
                return found
    raise NotThereYet(fact.bk)


def _planned(store: Store, project_id: str, seq: int) -> Iterator[Record]:
    yield from store.select(
        MILESTONE, '"pse__Project__c" = ? AND "RH_Seq__c" = ?', (project_id, seq), order="rowid"
    )


def _line_ids(store: Store, project_id: str, line: int) -> list[str]:
    """The CRM's ids of a contract line by its number, as the project's tasks have it in their WBS codes."""
    tasks = store.select(
        TASK, '"pse__Project__c" = ? AND "RH_WBS__c" LIKE ?', (project_id, f"{line}.%"), order="rowid"
    )
    found = (task.values["RH_Contract_Line__c"] for task in tasks)
    return list(dict.fromkeys(str(line_id) for line_id in found if line_id is not None))
