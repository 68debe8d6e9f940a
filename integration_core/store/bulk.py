"""Many rows of one table in one statement, past SQLAlchemy's work for each row.

SQLite takes a list of tuples; PostgreSQL takes one array a column, which spares it a round of
parsing, binding and answering for every row. Names in these statements are those of our own tables,
never data.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Connection, Integer, Table

Row = Mapping[str, Any]


def insert_rows(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows, all of which name the same columns."""
    if rows:
        names = tuple(rows[0])
        _execute(connection, _insert(table, names, None, connection.dialect.name), names, rows)


def upsert_rows(connection: Connection, table: Table, rows: Sequence[Row], *, update: Sequence[str]) -> None:
    """Insert rows, or update the named columns of those whose primary key is there already.

    Of several rows of one key the last stands where columns are updated, the first where none are.
    """
    if not rows:
        return
    keys = [column.name for column in table.primary_key]
    single: dict[tuple[Any, ...], Row] = {}
    for row in rows:
        key = tuple(row[name] for name in keys)
        if update or key not in single:
            single[key] = row
    names = tuple(rows[0])
    sql = _insert(table, names, tuple(update), connection.dialect.name)
    _execute(connection, sql, names, list(single.values()))


def update_rows(connection: Connection, table: Table, rows: Sequence[Row], *, by: Sequence[str]) -> None:
    """Set what rows name beside the columns they are found by; no two may be found by the same values."""
    if rows:
        names = (*(name for name in rows[0] if name not in by), *by)
        sql = _update(table, names, tuple(by), connection.dialect.name)
        _execute(connection, sql, names, rows)


def _execute(connection: Connection, sql: str, names: tuple[str, ...], rows: Sequence[Row]) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(sql, tuple([row[name] for row in rows] for name in names))
    else:
        connection.exec_driver_sql(sql, [tuple(row[name] for name in names) for row in rows])


@cache
def _insert(table: Table, names: tuple[str, ...], update: tuple[str, ...] | None, dialect: str) -> str:
    if dialect == "postgresql":
        values = f"SELECT * FROM unnest({', '.join(_array(table.c[name]) for name in names)})"
    else:
        values = f"VALUES ({', '.join('?' for _ in names)})"
    sql = f'INSERT INTO "{table.name}" ({_listed(names)}) {values}'
    if update is None:
        return sql
    keys = _listed(column.name for column in table.primary_key)
    settings = ", ".join(f'"{name}" = excluded."{name}"' for name in update)
    return f"{sql} ON CONFLICT ({keys}) DO " + (f"UPDATE SET {settings}" if settings else "NOTHING")


@cache
def _update(table: Table, names: tuple[str, ...], by: tuple[str, ...], dialect: str) -> str:
    wanted = [name for name in names if name not in by]
    if dialect == "postgresql":
        given = _listed(f"given_{name}" for name in names)
        rows = f"unnest({', '.join(_array(table.c[name]) for name in names)}) AS given({given})"
        settings = ", ".join(f'"{name}" = "given_{name}"' for name in wanted)
        found = " AND ".join(f'"{table.name}"."{name}" = "given_{name}"' for name in by)
        return f'UPDATE "{table.name}" SET {settings} FROM {rows} WHERE {found}'
    settings = ", ".join(f'"{name}" = ?' for name in wanted)
    found = " AND ".join(f'"{name}" = ?' for name in by)
    return f'UPDATE "{table.name}" SET {settings} WHERE {found}'


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _array(column: Column[Any]) -> str:
    match column.type:
        case BigInteger():
            kind = "bigint"
        case Integer():
            kind = "integer"
        case Boolean():
            kind = "boolean"
        case _:
            kind = "text"
    return f"%s::{kind}[]"
