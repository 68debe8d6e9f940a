"""One fact of the HRIS becomes one version of a person or an absence, live or when histories are seeded."""

from mocks.firm.facts.source import Absence, Resource, SourceFact
from mocks.hris.bamboohr import state
from mocks.hris.bamboohr.absences import play_absence
from mocks.hris.bamboohr.mapping import FACT_TABLES, row_writes, to_native_employee, to_native_rows
from mocks.hris.bamboohr.reading import current_rows
from mocks.kit.vendor import Acted
from mocks.kit.world import World


def play(world: World, fact: SourceFact, at_ms: int, *, told: bool) -> Acted:
    """Play one fact at a stamp: a new person, a new version of a known one, a deletion, leave."""
    if isinstance(fact, Absence):
        return play_absence(world, fact, at_ms)
    if not isinstance(fact, Resource):
        return Acted(bk=fact.bk, state="refused", missing=f"The HRIS keeps no {type(fact).__name__}.")
    found = world.store.find("employee", "employeeNumber", fact.employee_no)
    if fact.deleted:
        if not found:
            return Acted(bk=fact.bk, state="refused", missing=f"There is no employee {fact.employee_no}.")
        state.delete(world, found[0], at_ms, told=told)
        return Acted(bk=fact.bk, state="applied", native_id=found[0].id)
    fields, wanted = to_native_employee(fact), to_native_rows(fact)
    if not found:
        rows = [
            state.RowWrite(table=table.alias, values=values)
            for table in FACT_TABLES
            for values in wanted[table.alias]
        ]
        native_id = state.create(world, fields, rows, at_ms, told=told)
        return Acted(bk=fact.bk, state="applied", native_id=native_id)
    before = found[0]
    writes = []
    for table in FACT_TABLES:
        held = current_rows(world.store, table, before.id)
        writes += row_writes(table, held, wanted[table.alias])
    state.change(world, before, fields, writes, at_ms, told=told)
    return Acted(bk=fact.bk, state="applied", native_id=before.id)
