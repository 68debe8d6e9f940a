"""How quickly the PSA takes history in bulk: a year of a firm's time sheets, laid and not acted.

The subject's part (people, projects, tasks) is written straight into the store, because no subject runs here.
"""

import resource
import time
from collections.abc import Iterator, Mapping
from typing import Any

from mocks.firm.facts.source import Assignment, Contract, ServicePackage, TimeEntry
from mocks.firm.firm import Firm
from mocks.firm.generate import generate
from mocks.firm.profile import LARGE, profile_named
from mocks.kit.schema import Value
from mocks.kit.vendor import Acted
from mocks.kit.world import World
from mocks.protocols.salesforce import records
from mocks.psa.certinia.act import act
from mocks.psa.certinia.schema import CONTACT, PROJECT, SCHEMA, TASK
from mocks.psa.certinia.state import ORG

_PEOPLE, _MONTHS = 950, 12
_FACTS_A_CALL = 20_000


class _Nowhere:
    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes] | None:
        return None


def measure_seeding(people: int = _PEOPLE, months: int = _MONTHS) -> dict[str, Any]:
    """Time entries a second that are laid in a new world of the PSA, with every version of each."""
    firm = generate(profile_named(LARGE, people, months), 1)
    world = World("bench", 7, SCHEMA, {}, {}, _Nowhere(), start_ms=0)
    references = {fact.bk: f"8{number:017d}" for number, fact in enumerate(firm.contracts())}
    _write_subjects_part(firm, world, references)
    assignments = [f for play in firm.few_plays() for f in play.facts if isinstance(f, Assignment)]
    began = time.process_time()
    _lay(world, assignments, references)
    staffed = time.process_time() - began
    made = laid = 0.0
    entries = versions = 0
    began = time.process_time()
    for batch in _batches(firm):
        made += time.process_time() - began
        began = time.process_time()
        _lay(world, batch, references)
        laid += time.process_time() - began
        versions += len(batch)
        entries += sum(cell.status == "SUBMITTED" and cell.ver == 1 for cell in batch)
        began = time.process_time()
    return {
        "time_entries": entries,
        "versions": versions,
        "making_facts_cpu_seconds": round(made, 2),
        "laying_cpu_seconds": round(laid, 2),
        "versions_per_cpu_second": round(versions / laid),
        "assignments": len(assignments),
        "assignments_cpu_seconds": round(staffed, 2),
        "peak_megabytes": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def _batches(firm: Firm) -> Iterator[tuple[TimeEntry, ...]]:
    """Whole plays, because a card that is cut in two would be laid as two versions."""
    batch: list[TimeEntry] = []
    for window in firm.windows(1):
        for play in window.plays:
            batch.extend(fact for fact in play.facts if isinstance(fact, TimeEntry))
            if len(batch) >= _FACTS_A_CALL:
                yield tuple(batch)
                batch = []
    yield tuple(batch)


def _lay(world: World, facts: list[Assignment] | tuple[TimeEntry, ...], references: dict[str, str]) -> None:
    acted: list[Acted] = act(world, facts, references, False)
    refused = next((outcome for outcome in acted if outcome.state != "applied"), None)
    if refused is not None:
        raise RuntimeError(f"{refused.bk} could not be laid: {refused.missing}")


def _write_subjects_part(firm: Firm, world: World, references: dict[str, str]) -> None:
    people = (person for office in firm.offices for person in office.world.people)
    contacts: list[dict[str, Value]] = [
        {"LastName": p.last_name, "pse__Is_Resource__c": 1, "RH_Employee_No__c": p.employee_no}
        for p in people
    ]
    records.bulk_insert(ORG, world, CONTACT, contacts)
    contracts = firm.contracts()
    projects: list[dict[str, Value]] = [
        {
            "Name": c.number,
            "RH_Contract__c": references[c.bk],
            "pse__Stage__c": "Active",
            "pse__Is_Active__c": 1,
        }
        for c in contracts
    ]
    ids = records.bulk_insert(ORG, world, PROJECT, projects)
    records.bulk_insert(ORG, world, TASK, list(_tasks(firm, contracts, ids)))


def _tasks(firm: Firm, contracts: tuple[Contract, ...], projects: list[str]) -> Iterator[dict[str, Any]]:
    templates = {fact.bk: fact.tasks for fact in firm.master() if isinstance(fact, ServicePackage)}
    for contract, project in zip(contracts, projects, strict=True):
        for line in contract.lines:
            for task in templates[line.package]:
                yield {
                    "pse__Project__c": project,
                    "Name": task.name,
                    "RH_WBS__c": f"{line.line}.{task.wbs}",
                    "RH_Billable__c": int(task.billable),
                }
