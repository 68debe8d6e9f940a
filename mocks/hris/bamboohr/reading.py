"""Reading people: single versions, what a lagging read still shows, and fields with a history.

An employee's rows belong to the version that wrote them (`revision`), so a person is always seen
whole: all of one version, never new fields beside old rows.
"""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from mocks.hris.bamboohr.schema import FIELDS_BY_ALIAS, JOB, NO_DATE, TABLES_BY_ALIAS, ApiField, Table
from mocks.hris.bamboohr.wire import day_of, instant_text
from mocks.kit.schema import Value
from mocks.kit.store import Record, Store
from mocks.kit.world import World

_FEW = 20


class Seen(Struct, frozen=True):
    """An employee as a read sees it; `current` is False for an earlier version shown by a lagging read."""

    record: Record
    current: bool


def text(value: Value) -> str:
    """A stored value as text, empty for none."""
    return "" if value is None else str(value)


def today(world: World) -> str:
    """The world's present day (UTC)."""
    return day_of(world.now_ms())


def is_active(record: Record, on_day: str) -> bool:
    """Whether an employee is there on a day: from the termination date on, they are not."""
    terminated = record.values["terminationDate"]
    return terminated is None or on_day < text(terminated)


def seen_employees(world: World, since_ms: int | None = None, *, deleted: bool = False) -> list[Seen]:
    """Employees as queries and lists see them, oldest id first; only those changed since, if asked."""
    store = world.store
    where, arguments = ("1", ()) if since_ms is None else ("modified_ms >= ?", (since_ms,))
    records = store.select("employee", where, arguments, deleted=True)
    until_ms = world.visible_until_ms()
    shown = []
    for record in records:
        seen: Seen | None = Seen(record, True)
        if until_ms is not None and record.modified_ms >= until_ms:
            seen = _earlier(store, record, until_ms)
        if seen is None or (since_ms is not None and seen.record.modified_ms < since_ms):
            continue
        if deleted or not seen.record.deleted:
            shown.append(seen)
    return shown


def _earlier(store: Store, record: Record, until_ms: int) -> Seen | None:
    visible = [one for one in store.versions("employee", record.id) if one.modified_ms < until_ms]
    return Seen(visible[-1], False) if visible else None


def rows_of(store: Store, table: Table, people: Sequence[Seen]) -> dict[str, list[Record]]:
    """The rows of one table by employee id, each person's as of the version seen."""
    found: dict[str, list[Record]] = {}
    if len(people) <= _FEW:
        for seen in people:
            found[seen.record.id] = current_rows(store, table, seen.record.id)
    else:
        for row in store.select(table.alias):
            found.setdefault(text(row.values["employeeId"]), []).append(row)
        for rows in found.values():
            rows.sort(key=lambda row: row_order(table, row))
    for seen in people:
        if not seen.current:
            found[seen.record.id] = rows_as_of(store, table, seen.record)
    return found


def current_rows(store: Store, table: Table, employee_id: str) -> list[Record]:
    """One person's rows of now, in order."""
    return sorted(store.find(table.alias, "employeeId", employee_id), key=lambda row: row_order(table, row))


def rows_as_of(store: Store, table: Table, record: Record) -> list[Record]:
    """One person's rows as they were in one version of the employee."""
    rows = store.select(table.alias, '"employeeId" = ?', (record.id,), deleted=True)
    return rows_at(table, [store.versions(table.alias, row.id) for row in rows], record.ver)


def rows_at(table: Table, histories: Iterable[Sequence[Record]], revision: int) -> list[Record]:
    """Of each row's versions the one that held at a revision of its employee, in order."""
    found = []
    for versions in histories:
        known = [row for row in versions if int(row.values["revision"] or 0) <= revision]
        if known and not known[-1].deleted:
            found.append(known[-1])
    return sorted(found, key=lambda row: row_order(table, row))


def row_order(table: Table, row: Record) -> tuple[str, int, int]:
    """Rows by their date, else by their place; equal ones as they were written."""
    dated = text(row.values[table.dated]) if table.dated else ""
    return dated, int(row.values["place"] or 0), int(row.id)


def current_row(table: Table, rows: Sequence[Record], on_day: str | None) -> Record | None:
    """The row in force: with the latest date up to a day, or the latest of all for None (wire 4.4)."""
    held = [row for row in rows if on_day is None or text(row.values[table.dated]) <= on_day]
    return held[-1] if held else None


def row_values(table: Table, row: Record) -> dict[str, str | None]:
    """A row as the API shows it."""
    values: dict[str, str | None] = {"id": row.id, "employeeId": text(row.values["employeeId"])}
    for column in table.columns:
        value = row.values[column.alias]
        values[column.alias] = None if value is None else str(value)
    return values


class FieldReader:
    """Renders chosen fields of many employees; reads a table once, and only if a field needs it."""

    def __init__(
        self, world: World, aliases: Sequence[str], people: Sequence[Seen], *, only_current: bool = True
    ) -> None:
        self._store = world.store
        self._today = today(world)
        self._on_day = self._today if only_current else None
        self._fields = [FIELDS_BY_ALIAS[alias] for alias in aliases if alias in FIELDS_BY_ALIAS]
        tables = {field.table for field in self._fields if field.table}
        if any(field.alias.startswith("supervisor") for field in self._fields):
            tables.add(JOB)
        self._rows = {alias: rows_of(world.store, TABLES_BY_ALIAS[alias], people) for alias in sorted(tables)}
        self._managers: dict[str, Record | None] = {}

    @property
    def fields(self) -> list[ApiField]:
        """The known ones of the fields that were asked for."""
        return self._fields

    def values(self, record: Record) -> dict[str, str | None]:
        """Id and the chosen fields of one employee."""
        found: dict[str, str | None] = {"id": record.id}
        for field in self._fields:
            found[field.alias] = self._value(record, field)
        return found

    def _value(self, record: Record, field: ApiField) -> str | None:
        if field.stored:
            value = record.values[field.alias]
            if value is None:
                return NO_DATE if field.value == "date" else None
            return str(value)
        if field.table:
            return self._current(record, field.table, field.column)
        if field.alias.startswith("supervisor"):
            return self._supervisor(record, field.alias)
        first, last = text(record.values["firstName"]), text(record.values["lastName"])
        computed: Mapping[str, str] = {
            "id": record.id,
            "displayName": f"{text(record.values['preferredName']) or first} {last}",
            "fullName1": f"{first} {last}",
            "fullName2": f"{last}, {first}",
            "status": "Active" if is_active(record, self._today) else "Inactive",
            "lastChanged": instant_text(record.modified_ms),
        }
        return computed[field.alias]

    def _current(self, record: Record, table: str, column: str) -> str | None:
        row = current_row(TABLES_BY_ALIAS[table], self._rows[table].get(record.id, ()), self._on_day)
        value = None if row is None else row.values[column]
        return None if value is None else str(value)

    def _supervisor(self, record: Record, alias: str) -> str | None:
        number = self._current(record, JOB, "reportsTo")
        if number is None or alias == "supervisorId":
            return number
        if number not in self._managers:
            found = self._store.find("employee", "employeeNumber", number)
            self._managers[number] = found[0] if found else None
        manager = self._managers[number]
        if manager is None:
            return None
        if alias == "supervisorEId":
            return manager.id
        return f"{text(manager.values['lastName'])}, {text(manager.values['firstName'])}"
