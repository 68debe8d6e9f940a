"""Reading progress back: each status that people gave a milestone, estimates, completed projects.

A version in which a subject only planned or marked something is no fact.
"""

from collections.abc import Iterator, Mapping

from mocks.firm.facts.source import Estimate, Milestone, ProjectCompletion
from mocks.kit.store import Record, Store
from mocks.psa.certinia.history import timelines
from mocks.psa.certinia.native import number_of
from mocks.psa.certinia.progress_rules import ACCEPTED, ACHIEVED
from mocks.psa.certinia.schema import ESTIMATE, MILESTONE, PROJECT
from mocks.psa.certinia.wire import number, text

_STATUS = {ACHIEVED: "ACHIEVED", ACCEPTED: "ACCEPTED"}
Contracts = Mapping[str, str]  # contract key by project id
Lines = Mapping[tuple[str, str], int]  # line number by project id and the line's id in the CRM


def observe_progress(
    store: Store, contracts: Contracts, lines: Lines, resources: Mapping[str, str]
) -> Iterator[Milestone | Estimate | ProjectCompletion]:
    """What people said of milestones, lines and projects, in order of the records' making."""
    for versions in timelines(store, MILESTONE):
        yield from _milestone(versions, contracts, lines, resources)
    for versions in timelines(store, ESTIMATE):
        yield _estimate(versions[0], contracts, lines)
    for versions in timelines(store, PROJECT):
        yield from _completion(versions, contracts)


def _line(record: Record, project_id: str, lines: Lines) -> int:
    """The number of a record's contract line; 0 where no task of the project tells it."""
    return lines.get((project_id, text(record.values["RH_Contract_Line__c"])), 0)


def _milestone(
    versions: list[Record], contracts: Contracts, lines: Lines, resources: Mapping[str, str]
) -> Iterator[Milestone]:
    was, ver = "", 0
    for record in versions:
        values = record.values
        status = _STATUS.get(text(values["pse__Status__c"]), "")
        if status in ("", was):
            continue
        was, ver = status, ver + 1
        project_id = text(values["pse__Project__c"])
        contract = contracts.get(project_id, "")
        line, seq = _line(record, project_id, lines), number(values["RH_Seq__c"])
        accepted = status == "ACCEPTED"
        accepted_at_ms = values["RH_Accepted_At__c"]
        yield Milestone(
            bk=f"MS|CL|{number_of(contract)}|{line}|{seq}",
            recorded_at_ms=record.modified_ms,
            ver=ver,
            source_id=record.id,
            contract=contract,
            line=line,
            seq=seq,
            status=status,
            accepted_at_ms=int(accepted_at_ms) if accepted and accepted_at_ms is not None else None,
            accepted_by=resources.get(text(values["RH_Accepted_By__c"])) if accepted else None,
        )


def _estimate(record: Record, contracts: Contracts, lines: Lines) -> Estimate:
    project_id = text(record.values["RH_Project__c"])
    contract, line = contracts.get(project_id, ""), _line(record, project_id, lines)
    seq = number(record.values["RH_Seq__c"])
    return Estimate(
        bk=f"EA|CL|{number_of(contract)}|{line}|{seq}",
        recorded_at_ms=record.created_ms,
        source_id=record.id,
        contract=contract,
        line=line,
        seq=seq,
        total_hours_e2=number(record.values["RH_Total_Hours__c"]),
    )


def _completion(versions: list[Record], contracts: Contracts) -> Iterator[ProjectCompletion]:
    for record in versions:
        completed_at_ms = record.values["RH_Completed_At__c"]
        if completed_at_ms is not None and record.values["pse__Stage__c"] == "Completed":
            contract = contracts.get(record.id, "")
            yield ProjectCompletion(
                bk=f"PJ|{contract}",
                recorded_at_ms=record.modified_ms,
                source_id=record.id,
                contract=contract,
                completed_at_ms=int(completed_at_ms),
            )
            return
