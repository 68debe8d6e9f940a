"""Calls about tables: the rows of one person, of all, of those who changed; adding and changing rows."""

from xml.sax.saxutils import quoteattr

from mocks.hris.bamboohr import state
from mocks.hris.bamboohr.employees import employee, existing, since_of
from mocks.hris.bamboohr.errors import refusal
from mocks.hris.bamboohr.reading import Seen, row_values, rows_of, seen_employees
from mocks.hris.bamboohr.schema import TABLES_BY_ALIAS, Table
from mocks.hris.bamboohr.state import RowWrite
from mocks.hris.bamboohr.wire import (
    instant_text,
    json_reply,
    read_fields,
    wants_json,
    xml_fields,
    xml_reply,
    xml_rows,
)
from mocks.kit.calls import Call, Reply
from mocks.kit.schema import Value


async def rows(call: Call) -> Reply:
    """The rows of one person, or with `all` of everybody, inactive people included."""
    world, table = call.world, _table(call)
    if call.path_parameters["id"] == "all":
        people = seen_employees(world)
    else:
        people = [Seen(employee(call), True)]
    by_person = rows_of(world.store, table, people)
    shown = [row_values(table, row) for seen in people for row in by_person.get(seen.record.id, ())]
    return json_reply(shown) if wants_json(call) else xml_reply(xml_rows(table, shown))


async def changed_rows(call: Call) -> Reply:
    """All rows of one table of everybody who changed in anything since an instant."""
    world, table = call.world, _table(call)
    people = seen_employees(world, since_of(call))
    by_person = rows_of(world.store, table, people)
    found = {
        seen.record.id: {
            "lastChanged": instant_text(seen.record.modified_ms),
            "rows": [_bare(row_values(table, row)) for row in by_person.get(seen.record.id, ())],
        }
        for seen in people
    }
    if wants_json(call):
        return json_reply({"table": table.alias, "employees": found or []})
    inner = "".join(
        f"<employee id={quoteattr(seen.record.id)}"
        f" lastChanged={quoteattr(instant_text(seen.record.modified_ms))}>"
        + "".join(
            f"<row>{xml_fields(row_values(table, row))}</row>" for row in by_person.get(seen.record.id, ())
        )
        + "</employee>"
        for seen in people
    )
    return xml_reply(f"<table id={quoteattr(table.alias)}>{inner}</table>")


def _bare(row: dict[str, str | None]) -> dict[str, str | None]:
    return {name: value for name, value in row.items() if name not in ("id", "employeeId")}


async def add_row(call: Call) -> Reply:
    """Add a row to a person's table."""
    world, table, before = call.world, _table(call), employee(call)
    values = state.checked_row(world, table, read_fields(call.body, "row"), new=True)
    place = state.next_place(world, table, before.id)
    write = RowWrite(table=table.alias, values={**values, "place": place})
    with world.store.transaction():
        ended = state.termination_of(table, values, before)
        state.change(world, before, ended, [write], state.stamp_ms(world))
    return Reply(200)


async def change_row(call: Call) -> Reply:
    """Change some columns of a row."""
    world, table, before = call.world, _table(call), employee(call)
    row_id, held = _row(call, table)
    values = state.checked_row(world, table, read_fields(call.body, "row"), new=False)
    ended = state.termination_of(table, {**held, **values}, before)
    with world.store.transaction():
        write = RowWrite(table=table.alias, row_id=row_id, values=values)
        state.change(world, before, ended, [write], state.stamp_ms(world))
    return Reply(200)


async def delete_row(call: Call) -> Reply:
    """Take a row away."""
    world, table, before = call.world, _table(call), employee(call)
    row_id, _ = _row(call, table)
    with world.store.transaction():
        state.change(world, before, {}, [RowWrite(table=table.alias, row_id=row_id)], state.stamp_ms(world))
    return Reply(200)


def _table(call: Call) -> Table:
    table = TABLES_BY_ALIAS.get(call.path_parameters["table"])
    if table is None:
        raise refusal(404, f"Table {call.path_parameters['table']} was not found")
    return table


def _row(call: Call, table: Table) -> tuple[str, dict[str, Value]]:
    row = call.world.store.get(table.alias, call.path_parameters["row"])
    owner = existing(call.world, call.path_parameters["id"])
    if row is None or row.values["employeeId"] != owner.id:
        raise refusal(404, f"Row {call.path_parameters['row']} was not found")
    return row.id, row.values
