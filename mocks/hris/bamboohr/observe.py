"""The world read back: people and absences as facts, every version, and records as the API shows them."""

from collections.abc import Iterator
from typing import Any

from mocks.firm.facts.source import Absence, Resource
from mocks.hris.bamboohr.absences import observe_absences
from mocks.hris.bamboohr.mapping import FACT_TABLES, to_fact
from mocks.hris.bamboohr.notify import webhook_values
from mocks.hris.bamboohr.reading import FieldReader, Seen, row_order, row_values, rows_at, rows_of, text
from mocks.hris.bamboohr.schema import FIELDS, TABLES, Table
from mocks.hris.bamboohr.time_off import names_of, time_off_values
from mocks.kit.store import Record, Store
from mocks.kit.world import World


def observe(world: World) -> Iterator[Resource | Absence]:
    """Every version of every person and absence; the HRIS holds no subject's documents."""
    yield from _people(world.store)
    yield from observe_absences(world.store)


def _people(store: Store) -> Iterator[Resource]:
    changed = store.with_history("employee")
    rows = {table.alias: _by_employee(store, table) for table in FACT_TABLES}
    rewritten = {table.alias: store.with_history(table.alias) for table in FACT_TABLES}
    for record in store.select("employee", deleted=True):
        own = {alias: found.get(record.id, []) for alias, found in rows.items()}
        if record.id not in changed:
            yield to_fact(record, own)
            continue
        histories = {
            table.alias: [
                store.versions(table.alias, row.id) if row.id in rewritten[table.alias] else [row]
                for row in own[table.alias]
            ]
            for table in FACT_TABLES
        }
        for version in store.versions("employee", record.id):
            yield to_fact(
                version,
                {table.alias: rows_at(table, histories[table.alias], version.ver) for table in FACT_TABLES},
            )


def _by_employee(store: Store, table: Table) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = {}
    for row in store.select(table.alias, deleted=True):
        found.setdefault(text(row.values["employeeId"]), []).append(row)
    for rows in found.values():
        rows.sort(key=lambda row: row_order(table, row))
    return found


def native(world: World) -> Iterator[tuple[str, dict[str, Any]]]:
    """Employees, rows, time off and webhooks as the API would return them; keys stay secret."""
    store = world.store
    people = [Seen(record, True) for record in store.select("employee")]
    reader = FieldReader(world, [field.alias for field in FIELDS], people)
    for seen in people:
        yield "employee", dict(reader.values(seen.record))
    for table in TABLES:
        rows = rows_of(store, table, people)
        for seen in people:
            for row in rows.get(seen.record.id, ()):
                yield table.alias, dict(row_values(table, row))
    names = names_of(world)
    for record in store.select("timeOffRequest"):
        yield "timeOffRequest", time_off_values(record, names)
    for record in store.select("webhook"):
        yield "webhook", webhook_values(record)
