"""A small firm's PSA for tests: people, a project and tasks as a subject would write them, and facts."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from mocks.firm.facts.source import Assignment, RateLine, RateOverride, SourceFact, TimeEntry
from mocks.firm.facts.wire import Row
from mocks.kit.vendor import Acted
from mocks.kit.world import World
from mocks.protocols.salesforce import records
from mocks.psa.certinia.act import act
from mocks.psa.certinia.observe import observe
from mocks.psa.certinia.schema import CONTACT, PROJECT, SCHEMA, TASK
from mocks.psa.certinia.state import ORG

MONDAY = date(2026, 1, 26)  # its week crosses into February on the Sunday
REFERENCES = {"CO|00000101": "800000000000001AAA"}
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


def at_ms(day: int, hour: int = 9) -> int:
    """An instant of January 2026 (days may run over)."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    return int((start + timedelta(days=day - 1, hours=hour)).timestamp() * 1000)


class Nowhere:
    """Outgoing that reaches nobody."""

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes] | None:
        """Nothing comes back."""
        return None


def empty_world(start_ms: int = at_ms(1)) -> World:
    """A world of the PSA with nothing in it."""
    return World("test", 7, SCHEMA, {}, {}, Nowhere(), start_ms=start_ms)


def add_person(world: World, number: str, **fields: Any) -> str:
    """A resource as the subject writes one; its id."""
    values = {
        "FirstName": "Nora",
        "LastName": f"Quill {number}",
        "pse__Is_Resource__c": 1,
        "pse__Is_Resource_Active__c": 1,
        "RH_Employee_No__c": number,
        **fields,
    }
    return records.create(ORG, world, CONTACT, values, actor="api")


def add_project(world: World, contract_id: str = REFERENCES["CO|00000101"], **fields: Any) -> str:
    """An open project of a contract; its id."""
    values = {
        "Name": "Harbour rollout",
        "RH_External_Id__c": "PJ|00000101",
        "RH_Contract__c": contract_id,
        "pse__Stage__c": "Active",
        "pse__Is_Active__c": 1,
        "CurrencyIsoCode": "USD",
        **fields,
    }
    return records.create(ORG, world, PROJECT, values, actor="api")


def add_task(world: World, project_id: str, wbs: str = "1.10", **fields: Any) -> str:
    """A task of a project; its id."""
    values = {
        "pse__Project__c": project_id,
        "Name": "Design",
        "RH_WBS__c": wbs,
        "RH_Billable__c": 1,
        "RH_External_Id__c": f"TK|00000101|{wbs}|{project_id}",
        **fields,
    }
    return records.create(ORG, world, TASK, values, actor="api")


def staffed_world() -> World:
    """Two consultants, their manager, one project with two tasks; nobody assigned yet."""
    world = empty_world()
    for number in ("1001", "1002", "9001"):
        add_person(world, number)
    project_id = add_project(world)
    add_task(world, project_id, "1.10")
    add_task(world, project_id, "2.10")
    return world


# --- facts --------------------------------------------------------------------------------------


def assignment(number: str = "AS-1", employee: str = "1001", **changes: Any) -> Assignment:
    """A person on the first task from 5 January on."""
    fact = Assignment(
        bk=f"AS|{number}",
        recorded_at_ms=at_ms(5),
        number=number,
        resource=f"RS|{employee}",
        contract="CO|00000101",
        task="TK|00000101|1.10",
        valid_from=date(2026, 1, 5),
        valid_to=None,
        bill_level="SENIOR",
        planned_e2=320_00,
        status="ACTIVE",
    )
    return replace(fact, **changes)


def override(recorded_at_ms: int, rate_e4: int = 187_4300, day: int = 5) -> RateOverride:
    """A rate from a day of January on."""
    return RateOverride(
        rate_e4=rate_e4,
        ccy="USD",
        valid_from=date(2026, 1, day),
        valid_to=None,
        recorded_at_ms=recorded_at_ms,
    )


def rate_line(**changes: Any) -> RateLine:
    """A line of the default card."""
    fact = RateLine(
        bk="RC|DEFAULT|SENIOR|*|2025-01-01",
        recorded_at_ms=at_ms(2),
        card="DEFAULT",
        scope="DEFAULT",
        owner=None,
        ccy="USD",
        level="SENIOR",
        practice="*",
        unit="HOUR",
        rate_e4=252_3575,
        valid_from=date(2025, 1, 1),
    )
    return replace(fact, **changes)


def week(
    card: str = "TC-000001",
    hours_e2: Mapping[int, int] | Sequence[int] = (8_00, 7_50, 8_00, 8_00, 6_10),
    *,
    day: int = 31,
    first: str | None = None,
    ver: int = 1,
    **changes: Any,
) -> list[TimeEntry]:
    """A card's cells as submitted on a day of January; `hours_e2` by weekday, 0 is Monday."""
    by_day = dict(hours_e2) if isinstance(hours_e2, Mapping) else dict(enumerate(hours_e2))
    cells = []
    for weekday, hours in by_day.items():
        cell = TimeEntry(
            bk=f"TE|{first or card}|{('Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun')[weekday]}",
            recorded_at_ms=at_ms(day),
            ver=ver,
            card=card,
            resource="RS|1001",
            assignment="AS|AS-1",
            task="TK|00000101|1.10",
            work_date=MONDAY + timedelta(days=weekday),
            hours_e2=hours,
            time_type="REG",
            billable=True,
            note="" if weekday % 2 else f"workshop {weekday}",
            status="SUBMITTED",
            submitted_at_ms=at_ms(day),
        )
        cells.append(replace(cell, **changes))
    return cells


def approved(cells: Sequence[TimeEntry], day: int = 33) -> list[TimeEntry]:
    """The same cells, approved by the manager on a day."""
    return [
        replace(
            cell,
            status="APPROVED",
            recorded_at_ms=at_ms(day),
            approved_at_ms=at_ms(day),
            approved_by="RS|9001",
        )
        for cell in cells
    ]


def rejected(cells: Sequence[TimeEntry], day: int = 32) -> list[TimeEntry]:
    """The same cells, sent back on a day."""
    return [replace(cell, status="REJECTED", recorded_at_ms=at_ms(day)) for cell in cells]


# --- playing ------------------------------------------------------------------------------------


def play(world: World, *groups: Sequence[SourceFact], live: bool = True) -> list[Acted]:
    """Play groups of facts in turn, stepping the clock to each group's instant."""
    acted: list[Acted] = []
    for group in groups:
        if live:
            world.clock.step_to(max(world.now_ms(), group[0].recorded_at_ms))
        acted += act(world, group, REFERENCES, live)
    return acted


def observed_facts(world: World) -> list[SourceFact]:
    """What observation says people did, as a runner would play it: without native ids."""
    return [stripped(row) for row in observe(world) if isinstance(row, Assignment | RateLine | TimeEntry)]


def stripped(fact: SourceFact) -> SourceFact:
    """A fact without its native id."""
    return replace(fact, source_id="")


def observed_of(world: World, kind: type[Row]) -> list[Any]:
    """Rows of one kind that observation finds."""
    return [row for row in observe(world) if isinstance(row, kind)]


def in_order(facts: Sequence[SourceFact]) -> list[SourceFact]:
    """Facts by type, key and instant."""
    return sorted(facts, key=lambda fact: (type(fact).__name__, fact.bk, fact.recorded_at_ms, fact.ver))
