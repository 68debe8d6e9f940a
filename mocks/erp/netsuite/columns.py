"""The columns that queries may name, how their values compare with literals, and how they are shown.

Both query languages of the account, SuiteQL and the `q` filter of lists, compile to SQLite through
these: a column is always one the account has, a literal always a bound parameter.
"""

import json
import math
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import lru_cache
from typing import Literal

from msgspec import Struct

from mocks.erp.netsuite.schema import RECORD_TYPES, SCHEMA, TRANSACTIONS
from mocks.erp.netsuite.wire import number
from mocks.kit.schema import Field, Value
from mocks.kit.store import SYSTEM_COLUMNS, quoted
from mocks.kit.world import World

ColumnKind = Literal["id", "text", "boolean", "integer", "decimal", "date", "instant"]
Operator = Literal["=", "<>", "<", "<=", ">", ">="]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PLAIN_NUMBER = re.compile(r"-?[0-9]{1,20}(?:\.[0-9]{0,20})?")
_HIDDEN = frozenset({"custrecord_rh_revision"})
_KINDS: dict[str, ColumnKind] = {
    "text": "text",
    "bool": "boolean",
    "int": "integer",
    "decimal": "decimal",
    "date": "date",
    "instant": "instant",
    "json": "text",
}


class NotComparable(Exception):
    """A literal that a column of this kind cannot be compared with."""


class Column(Struct, frozen=True, kw_only=True):
    """One column of a table: where it is kept, and the table it refers to, if any."""

    name: str
    stored: str
    kind: ColumnKind
    scale: int = 0
    table: str = ""


@lru_cache(maxsize=1)
def tables() -> dict[str, dict[str, Column]]:
    """All tables that queries may name, with their columns."""
    references = {
        (kind.table, item.column): item.record
        for kind in RECORD_TYPES.values()
        for item in kind.properties
        if item.kind == "reference"
    }
    for kind in TRANSACTIONS:
        for item in kind.sublist.properties if kind.sublist else ():
            if item.kind == "reference":
                references["transactionline", item.column] = item.record
    references["transactionline", "transaction"] = "transaction"
    return {
        table.name: {
            "id": Column(name="id", stored="id", kind="id"),
            "lastmodifieddate": Column(name="lastmodifieddate", stored="modified_ms", kind="instant"),
            "createddate": Column(name="createddate", stored="created_ms", kind="instant"),
            **{
                field.name: _column(field, references.get((table.name, field.name), ""))
                for field in table.fields
                if field.name not in _HIDDEN
            },
        }
        for table in SCHEMA.objects
        if table.name != "asyncjob"
    }


def _column(field: Field, table: str) -> Column:
    kind: ColumnKind = "id" if table else _KINDS[field.kind]
    return Column(name=field.name, stored=field.name, kind=kind, scale=field.scale, table=table)


def compared(column: Column, sql: str, operator: Operator, literal: str) -> tuple[str, Value]:
    """A condition `column operator ?` and its parameter; `sql` is the column in the query."""
    match column.kind:
        case "id":
            if operator in ("=", "<>"):
                return f"{sql} {operator} ?", str(_integer(literal)) if literal.isdecimal() else literal
            return f"CAST({sql} AS INTEGER) {operator} ?", _integer(literal)
        case "integer":
            return f"{sql} {operator} ?", _integer(literal)
        case "boolean":
            if literal not in ("T", "F"):
                raise NotComparable(f"{column.name} is 'T' or 'F', not {literal!r}")
            return f"COALESCE({sql}, 0) {operator} ?", int(literal == "T")
        case "decimal":
            return _decimal(column, sql, operator, literal)
        case "date":
            return f"{sql} {operator} ?", _moment(literal).date().isoformat()
        case "instant":
            return f"{sql} {operator} ?", (_moment(literal) - _EPOCH) // timedelta(milliseconds=1)
    return f"{sql} {operator} ?", literal


def ordered(column: Column, sql: str) -> str:
    """What a column sorts by: ids as numbers."""
    return f"CAST({sql} AS INTEGER)" if column.kind == "id" else sql


def _integer(literal: str) -> int:
    try:
        value = int(literal)
    except ValueError:
        raise NotComparable(f"{literal!r} is not a whole number") from None
    if abs(value) >= 1 << 63:
        raise NotComparable(f"{literal} is out of range")
    return value


def _decimal(column: Column, sql: str, operator: Operator, literal: str) -> tuple[str, Value]:
    # A literal in plain digits: an exponent could stand for a number of any size.
    plain = _PLAIN_NUMBER.fullmatch(literal)
    scaled = Fraction(literal) * 10**column.scale if plain else None
    if scaled is None or abs(scaled) >= 1 << 62:
        raise NotComparable(f"{literal!r} is not a number")
    if scaled.denominator == 1:
        return f"{sql} {operator} ?", int(scaled)
    # Between two values that the column can hold: equality never is, an order moves to the neighbour.
    if operator in ("=", "<>"):
        return f"{sql} IS {'NULL AND 0 =' if operator == '=' else 'NOT NULL AND 1 ='} ?", 1
    if operator in ("<", "<="):
        return f"{sql} <= ?", math.floor(scaled)
    return f"{sql} >= ?", math.ceil(scaled)


def _moment(literal: str) -> datetime:
    try:
        if len(literal) == 10:
            return datetime.combine(date.fromisoformat(literal), datetime.min.time(), tzinfo=UTC)
        return datetime.fromisoformat(literal.rstrip("Z")).replace(tzinfo=UTC)
    except ValueError:
        raise NotComparable(f"{literal!r} is not a date") from None


def shown(column: Column, value: Value) -> str | None:
    """A value as SuiteQL gives it: text, 'T' and 'F', ISO dates, UTC timestamps."""
    if value is None:
        return "F" if column.kind == "boolean" else None
    match column.kind:
        case "boolean":
            return "T" if value else "F"
        case "decimal":
            return str(number(int(value), column.scale))
        case "instant":
            stamp = _EPOCH + timedelta(milliseconds=int(value))
            return f"{stamp:%Y-%m-%d %H:%M:%S}.{stamp.microsecond // 1000:03d}"
    return str(value)


def visible_rows(world: World, table: str) -> tuple[str, list[Value]]:
    """What stands for a table in a query's FROM, with its parameters.

    Where a fault makes reads lag, records changed too lately are there in the version before, and
    those created too lately are not.
    """
    until_ms = world.visible_until_ms()
    if until_ms is None:
        return quoted(table), []
    late = world.store.rows(f"SELECT id FROM {quoted(table)} WHERE modified_ms >= ?", (until_ms,))
    names = [field.name for kind in SCHEMA.objects if kind.name == table for field in kind.fields]
    columns = ", ".join(quoted(name) for name in (*SYSTEM_COLUMNS, *names))
    before = json.dumps(list(_earlier(world, table, [row[0] for row in late], until_ms, names)))
    values = ", ".join(
        f"json_extract(value, '$[{place}]')" for place in range(len(SYSTEM_COLUMNS) + len(names))
    )
    rows = (
        f"(SELECT {columns} FROM {quoted(table)} WHERE modified_ms < ?"
        f" UNION ALL SELECT {values} FROM json_each(?))"
    )
    return rows, [until_ms, before]


def _earlier(
    world: World, table: str, ids: Iterable[str], until_ms: int, names: list[str]
) -> Iterable[list[Value]]:
    for record_id in ids:
        seen = [v for v in world.store.versions(table, record_id) if v.modified_ms < until_ms]
        if seen:
            last = seen[-1]
            yield [
                last.id,
                last.created_ms,
                last.modified_ms,
                last.ver,
                int(last.deleted),
                *(last.values[name] for name in names),
            ]
