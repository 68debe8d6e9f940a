"""Histories in bulk: ten thousand people without a statement per field; and what a fresh world has."""

import hashlib
from collections.abc import Sequence

from mocks.firm.facts.source import Resource, SourceFact
from mocks.hris.bamboohr import notify
from mocks.hris.bamboohr.mapping import FACT_TABLES, to_native_employee, to_native_rows
from mocks.hris.bamboohr.playing import play
from mocks.kit.schema import Value
from mocks.kit.vendor import Acted
from mocks.kit.world import World

COMPANY = "acme"
Row = tuple[str, dict[str, Value]]


def secrets(world_name: str, seed: int) -> dict[str, str]:
    """Company and API keys of a world; the second key may only read."""

    def key(purpose: str) -> str:
        text = f"{world_name}|{seed}|bamboohr|{purpose}"
        return hashlib.blake2b(text.encode(), digest_size=20).hexdigest()

    return {"company": COMPANY, "api_key": key("api key"), "read_only_api_key": key("read only api key")}


def prepare(world: World) -> None:
    """Make a world ready, fresh or taken up again: its deliveries are signed."""
    notify.sign_with(world)


def seed(world: World, facts: Sequence[SourceFact]) -> list[Acted]:
    """Put people in with the stamps of their facts, without notices; later versions after all first ones."""
    store = world.store
    known = {
        str(row[0]): str(row[1])
        for row in store.rows('SELECT "employeeNumber", id FROM "employee" WHERE deleted = 0')
    }
    employees: list[Row] = []
    rows: dict[str, list[Row]] = {table.alias: [] for table in FACT_TABLES}
    later: list[tuple[int, SourceFact]] = []
    outcomes: dict[int, Acted] = {}
    with store.transaction():
        for place, fact in enumerate(facts):
            if not isinstance(fact, Resource) or fact.deleted or fact.employee_no in known:
                later.append((place, fact))
                continue
            employee_id = _collect(world, fact, employees, rows)
            known[fact.employee_no] = employee_id
            outcomes[place] = Acted(bk=fact.bk, state="applied", native_id=employee_id)
        store.insert_many("employee", employees, None)
        for alias, collected in rows.items():
            store.insert_many(alias, collected, None)
        for place, fact in later:
            outcomes[place] = play(world, fact, _whole_second(fact.recorded_at_ms), told=False)
    return [outcomes[place] for place in range(len(facts))]


def _collect(world: World, fact: Resource, employees: list[Row], rows: dict[str, list[Row]]) -> str:
    at_ms = _whole_second(fact.recorded_at_ms)
    employee_id = str(world.store.next_number("employee"))
    employees.append((employee_id, {**to_native_employee(fact), "revision": 1, "created_ms": at_ms}))
    for alias, wanted in to_native_rows(fact).items():
        for values in wanted:
            owner: dict[str, Value] = {"employeeId": employee_id, "revision": 1, "created_ms": at_ms}
            row_id = str(world.store.next_number(f"row {alias}"))
            rows[alias].append((row_id, {**values, **owner}))
    return employee_id


def _whole_second(at_ms: int) -> int:
    return at_ms - at_ms % 1000
