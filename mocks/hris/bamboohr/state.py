"""Writing people: one act makes exactly one version of an employee, its rows included.

The caller holds the transaction; DuplicateValue comes from the store for a taken employee number.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from mocks.hris.bamboohr import notify
from mocks.hris.bamboohr.reading import current_row, current_rows, today
from mocks.hris.bamboohr.schema import (
    FIELD_OF_COLUMN,
    FIELDS_BY_ALIAS,
    STATUS,
    TABLES_BY_ALIAS,
    Table,
)
from mocks.hris.bamboohr.wire import Malformed, checked
from mocks.kit.schema import Value
from mocks.kit.store import Record
from mocks.kit.world import World

Values = Mapping[str, Value]
TERMINATED = "Terminated"
REQUIRED_COLUMNS: dict[str, tuple[str, ...]] = {
    "jobInfo": ("date",),
    STATUS: ("date",),
    "compensation": ("startDate",),
    "skills": ("skill",),
}


class RowWrite(Struct, frozen=True, kw_only=True):
    """A row to add (no `row_id`), to change, or to take away (`values` None)."""

    table: str
    row_id: str | None = None
    values: Values | None = None


def stamp_ms(world: World) -> int:
    """The stamp of a write now: BambooHR counts whole seconds."""
    now_ms = world.commit_ms()
    return now_ms - now_ms % 1000


def create(world: World, fields: Values, rows: Sequence[RowWrite], at_ms: int, *, told: bool = True) -> str:
    """Add an employee with rows; returns the new id."""
    store = world.store
    employee_id = str(store.next_number("employee"))
    store.insert("employee", employee_id, {**fields, "revision": 1}, at_ms)
    for place, row in enumerate(rows):
        _write_row(world, employee_id, row, 1, place, at_ms)
    if told:
        notify.created(world, employee_id, at_ms)
    return employee_id


def change(
    world: World, before: Record, fields: Values, rows: Sequence[RowWrite], at_ms: int, *, told: bool = True
) -> bool:
    """Make one new version of an employee; False, and nothing written, if nothing would change."""
    changed = {name for name, value in fields.items() if before.values[name] != value}
    changed |= {alias for row in rows for alias in _changed_columns(world, row)}
    if not changed:
        return False
    revision = before.ver + 1
    world.store.update("employee", before.id, {**fields, "revision": revision}, at_ms)
    for place, row in enumerate(rows):
        _write_row(world, before.id, row, revision, place, at_ms)
    if told:
        notify.updated(world, before.id, changed, at_ms)
    return True


def delete(world: World, before: Record, at_ms: int, *, told: bool = True) -> None:
    """Delete an employee, as an administrator does; the rows stay with the deleted record."""
    world.store.delete("employee", before.id, at_ms)
    if told:
        notify.deleted(world, before.id, at_ms)


def _changed_columns(world: World, row: RowWrite) -> set[str]:
    table = TABLES_BY_ALIAS[row.table]
    before = world.store.require(row.table, row.row_id).values if row.row_id else {}
    after = row.values if row.values is not None else {}
    if not row.row_id or row.values is None:
        touched = {
            column.alias for column in table.columns if before.get(column.alias, after.get(column.alias))
        }
    else:
        touched = {name for name, value in after.items() if before.get(name) != value}
    # A row that only moves to another place has changed too, though no field of the API has.
    return {FIELD_OF_COLUMN.get((row.table, alias), f"{row.table}.{alias}") for alias in touched}


def _write_row(world: World, employee_id: str, row: RowWrite, revision: int, place: int, at_ms: int) -> None:
    store = world.store
    if row.row_id is None:
        values = {"place": place, **(row.values or {}), "employeeId": employee_id, "revision": revision}
        store.insert(row.table, str(store.next_number(f"row {row.table}")), values, at_ms)
    elif row.values is None:
        store.update(row.table, row.row_id, {"revision": revision}, at_ms)
        store.delete(row.table, row.row_id, at_ms)
    else:
        store.update(row.table, row.row_id, {**row.values, "revision": revision}, at_ms)


# --- what the API may write -----------------------------------------------------------------


class EmployeeWrite(Struct, frozen=True, kw_only=True):
    """A checked write of an employee: its own fields, and by table the columns of the row in force."""

    fields: dict[str, str | None]
    columns: dict[str, dict[str, str | None]]


def checked_employee(world: World, given: Mapping[str, str | None]) -> EmployeeWrite:
    """What the API may write of an employee, else Malformed."""
    fields: dict[str, str | None] = {}
    columns: dict[str, dict[str, str | None]] = {}
    for alias, value in given.items():
        field = FIELDS_BY_ALIAS.get(alias)
        if field is None:
            raise Malformed(f"Unknown field: {alias}")
        if not field.writable:
            raise Malformed(f"Field is read only: {alias}")
        try:
            clean = checked(field.value, value)
        except Malformed as problem:
            raise Malformed(f"Invalid value for {alias}: {problem}") from problem
        if field.stored:
            fields[alias] = clean
        else:
            columns.setdefault(field.table, {})[field.column] = clean
    _check_manager(world, columns.get("jobInfo", {}))
    return EmployeeWrite(fields=fields, columns=columns)


def checked_row(
    world: World, table: Table, given: Mapping[str, str | None], *, new: bool
) -> dict[str, str | None]:
    """What the API may write of a row, else Malformed."""
    values: dict[str, str | None] = {}
    for alias, value in given.items():
        column = table.column(alias)
        if column is None:
            raise Malformed(f"Unknown field: {alias}")
        try:
            values[alias] = checked(column.value, value)
        except Malformed as problem:
            raise Malformed(f"Invalid value for {alias}: {problem}") from problem
    for alias in REQUIRED_COLUMNS[table.alias]:
        if (new or alias in values) and not values.get(alias):
            raise Malformed(f"Missing required field: {alias}")
    if not values:
        raise Malformed("A row needs at least one field")
    _check_manager(world, values)
    return values


def _check_manager(world: World, values: Mapping[str, str | None]) -> None:
    manager = values.get("reportsTo")
    if manager and not world.store.find("employee", "employeeNumber", manager):
        raise Malformed(f"Invalid value for reportsTo: there is no employee {manager}")


def rows_for_columns(
    world: World, employee_id: str | None, hired: str | None, columns: Mapping[str, Values]
) -> list[RowWrite]:
    """Row writes that give current fields new values: a row of today, on the first day for the new."""
    writes = []
    for alias, wanted in columns.items():
        table = TABLES_BY_ALIAS[alias]
        if employee_id is None:
            writes.append(RowWrite(table=alias, values={table.dated: hired or today(world), **wanted}))
            continue
        rows = current_rows(world.store, table, employee_id)
        row = current_row(table, rows, today(world))
        held = {} if row is None else {column.alias: row.values[column.alias] for column in table.columns}
        if all(held.get(name) == value for name, value in wanted.items()):
            continue
        if row is not None and held[table.dated] == today(world):
            writes.append(RowWrite(table=alias, row_id=row.id, values=wanted))
        else:
            values = {**held, table.dated: today(world), **wanted, "place": len(rows)}
            writes.append(RowWrite(table=alias, values=values))
    return writes


def termination_of(table: Table, values: Values, before: Record) -> dict[str, Value]:
    """The employee fields that a row of employment status sets: its date ends a job not yet ended."""
    if table.alias != STATUS or values.get("employmentStatus") != TERMINATED:
        return {}
    return {} if before.values["terminationDate"] else {"terminationDate": values.get("date")}


def next_place(world: World, table: Table, employee_id: str) -> int:
    """The place of a row added at the end."""
    return len(current_rows(world.store, table, employee_id))
