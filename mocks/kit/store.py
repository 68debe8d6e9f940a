"""One world's records of one system: native objects in SQLite, every version kept.

The current row stands once in its object's table; an update leaves the old values of the
changed fields in `history`. A store belongs to one event loop: a handler never awaits inside
a transaction, so transactions are serial without locks.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from msgspec import Struct

from mocks.kit.schema import COLUMN_TYPE, ObjectType, Schema, Value

SYSTEM_COLUMNS = ("id", "created_ms", "modified_ms", "ver", "deleted")


class Record(Struct, frozen=True):
    """One version of one record; `values` has every field of its object."""

    object: str
    id: str
    created_ms: int
    modified_ms: int
    ver: int
    deleted: bool
    values: dict[str, Value]


class DuplicateValue(Exception):
    """A unique field would hold one value twice; `record_id` is the record that has it."""

    def __init__(self, field: str, record_id: str) -> None:
        super().__init__(f"{field} is taken by {record_id}")
        self.field = field
        self.record_id = record_id


def quoted(name: str) -> str:
    """A name as an SQL identifier; refuses quotes, since names come from schemas alone."""
    if '"' in name:
        raise ValueError(f"not a name: {name}")
    return f'"{name}"'


class Store:
    """Records, small state, sequences, aliases and due work of one world in one SQLite database."""

    def __init__(self, schema: Schema, path: Path | None = None) -> None:
        self.schema = schema
        self._path = path
        self._types = {kind.name: kind for kind in schema.objects}
        self._fields = {kind.name: tuple(field.name for field in kind.fields) for kind in schema.objects}
        self._columns = {
            name: ", ".join(map(quoted, (*SYSTEM_COLUMNS, *fields))) for name, fields in self._fields.items()
        }
        self._unique = {
            kind.name: tuple(f.name for f in kind.fields if f.unique or f.external_id)
            for kind in schema.objects
        }
        self._depth = 0
        self.writes = 0  # inserts, updates and deletes of records, for whoever waits for quiet
        self._connection = self._open()

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            str(self._path) if self._path else ":memory:", isolation_level=None, check_same_thread=False
        )
        connection.execute("PRAGMA case_sensitive_like = OFF")
        if self._path:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
        for statement in _ddl(self.schema):
            connection.execute(statement)
        return connection

    def close(self) -> None:
        """Close the database; a file keeps all that was committed."""
        self._connection.close()

    # --- transactions -----------------------------------------------------------------------

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; nested ones are savepoints that can fail alone."""
        depth, self._depth = self._depth, self._depth + 1
        self._connection.execute(f"SAVEPOINT s{depth}" if depth else "BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute(f"ROLLBACK TO s{depth}" if depth else "ROLLBACK")
            if depth:
                self._connection.execute(f"RELEASE s{depth}")
            raise
        else:
            self._connection.execute(f"RELEASE s{depth}" if depth else "COMMIT")
        finally:
            self._depth = depth

    # --- records ----------------------------------------------------------------------------

    def insert(self, object_name: str, record_id: str, values: Mapping[str, Value], at_ms: int) -> None:
        """Add version 1; raises DuplicateValue for a unique field, KeyError for an unknown one."""
        self._refuse_duplicates(object_name, record_id, values)
        self.insert_many(object_name, [(record_id, values)], at_ms)

    def insert_many(
        self, object_name: str, rows: Iterable[tuple[str, Mapping[str, Value]]], at_ms: int | None
    ) -> None:
        """Add many as version 1; `at_ms` None takes each row's own `created_ms` out of its values.

        For bulk seeding: unique fields are the caller's care.
        """
        names = self._fields[object_name]
        marks = ", ".join("?" * (len(SYSTEM_COLUMNS) + len(names)))
        statement = f"INSERT INTO {quoted(object_name)} ({self._columns[object_name]}) VALUES ({marks})"

        known = {*names, "created_ms"}

        def arguments() -> Iterator[tuple[Value, ...]]:
            for record_id, values in rows:
                self.writes += 1
                if not values.keys() <= known:
                    raise KeyError(f"{object_name} has no field {sorted(values.keys() - known)}")
                stamp = values["created_ms"] if at_ms is None else at_ms
                yield (record_id, stamp, stamp, 1, 0, *(values.get(name) for name in names))

        self._connection.executemany(statement, arguments())

    def update(self, object_name: str, record_id: str, changes: Mapping[str, Value], at_ms: int) -> Record:
        """Make a new version; no change at all leaves the version as it is. Raises LookupError."""
        before = self.get(object_name, record_id)
        if before is None:
            raise LookupError(f"{object_name} {record_id} does not exist")
        real = {name: value for name, value in changes.items() if before.values[name] != value}
        if not real:
            return before
        self._refuse_duplicates(object_name, record_id, real)
        self.writes += 1
        self._keep(before, real)
        assignments = ", ".join(f"{quoted(name)} = ?" for name in real)
        self._connection.execute(
            f"UPDATE {quoted(object_name)} SET {assignments}, modified_ms = ?, ver = ver + 1 WHERE id = ?",
            (*real.values(), max(at_ms, before.modified_ms), record_id),
        )
        return self.require(object_name, record_id)

    def touch(self, object_name: str, record_id: str, at_ms: int) -> None:
        """Move the modification stamp alone, as a system write does."""
        self._connection.execute(
            f"UPDATE {quoted(object_name)} SET modified_ms = MAX(modified_ms, ?) WHERE id = ?",
            (at_ms, record_id),
        )

    def delete(self, object_name: str, record_id: str, at_ms: int) -> bool:
        """Mark as deleted, a version of its own; False when there was nothing to delete."""
        before = self.get(object_name, record_id)
        if before is None:
            return False
        self.writes += 1
        self._keep(before, ())
        self._connection.execute(
            f"UPDATE {quoted(object_name)} SET deleted = 1, modified_ms = ?, ver = ver + 1 WHERE id = ?",
            (max(at_ms, before.modified_ms), record_id),
        )
        return True

    def get(self, object_name: str, record_id: str, *, deleted: bool = False) -> Record | None:
        """The current version by id; a deleted one only when asked for."""
        found = self.select(object_name, "id = ?", (record_id,), deleted=deleted)
        return found[0] if found else None

    def require(self, object_name: str, record_id: str) -> Record:
        """The current version by id; raises LookupError."""
        record = self.get(object_name, record_id)
        if record is None:
            raise LookupError(f"{object_name} {record_id} does not exist")
        return record

    def find(self, object_name: str, field: str, value: Value) -> list[Record]:
        """All current records whose field has exactly this value, oldest first."""
        return self.select(object_name, f"{quoted(field)} = ?", (value,))

    def select(
        self,
        object_name: str,
        where: str = "1",
        arguments: Sequence[Value] = (),
        *,
        deleted: bool = False,
        order: str = "rowid",
    ) -> list[Record]:
        """Records by an SQL condition over the object's own columns; `where` never holds foreign text."""
        alive = "" if deleted else "deleted = 0 AND "
        rows = self._connection.execute(
            f"SELECT {self._columns[object_name]} FROM {quoted(object_name)}"
            f" WHERE {alive}({where}) ORDER BY {order}",
            arguments,
        )
        return [self._record(object_name, row) for row in rows]

    def rows(self, sql: str, arguments: Sequence[Value] | Mapping[str, Value] = ()) -> list[tuple[Any, ...]]:
        """Plain rows of a query that a vendor's query language was compiled to."""
        return self._connection.execute(sql, arguments).fetchall()

    def many(self, sql: str, rows: Iterable[tuple[Value, ...]]) -> None:
        """One prepared statement over many rows, for laying history."""
        self._connection.executemany(sql, rows)

    def count(self, object_name: str) -> int:
        """How many records are not deleted."""
        return int(self.rows(f"SELECT COUNT(*) FROM {quoted(object_name)} WHERE deleted = 0")[0][0])

    def versions(self, object_name: str, record_id: str) -> list[Record]:
        """Every version of one record, oldest first, the current one last."""
        current = self.get(object_name, record_id, deleted=True)
        if current is None:
            return []
        found = [current]
        for ver, at_ms, deleted, changes in self.rows(
            "SELECT ver, at_ms, deleted, changes FROM history WHERE object = ? AND id = ? ORDER BY ver DESC",
            (object_name, record_id),
        ):
            values = {**found[-1].values, **json.loads(changes)}
            found.append(
                Record(object_name, record_id, current.created_ms, at_ms, ver, bool(deleted), values)
            )
        found.reverse()
        return found

    def with_history(self, object_name: str) -> frozenset[str]:
        """Ids of the records that have more than one version."""
        return frozenset(
            row[0] for row in self.rows("SELECT DISTINCT id FROM history WHERE object = ?", (object_name,))
        )

    def _record(self, object_name: str, row: tuple[Any, ...]) -> Record:
        record_id, created_ms, modified_ms, ver, deleted = row[:5]
        values = dict(zip(self._fields[object_name], row[5:], strict=True))
        return Record(object_name, record_id, created_ms, modified_ms, ver, bool(deleted), values)

    def _keep(self, before: Record, old_values: Iterable[str]) -> None:
        self._connection.execute(
            "INSERT INTO history VALUES (?, ?, ?, ?, ?, ?)", old_version(before, old_values)
        )

    def _refuse_duplicates(self, object_name: str, record_id: str, values: Mapping[str, Value]) -> None:
        for name in self._unique[object_name]:
            value = values.get(name)
            if value is None:
                continue
            for other in self.find(object_name, name, value):
                if other.id != record_id:
                    raise DuplicateValue(name, other.id)

    # --- sequences, state, aliases, due work ------------------------------------------------

    def next_number(self, name: str) -> int:
        """The next number of a named sequence, from 1; part of the transaction, so gapless."""
        row = self._connection.execute(
            "INSERT INTO sequence VALUES (?, 1)"
            " ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
            (name,),
        ).fetchone()
        return int(row[0])

    def last_number(self, name: str) -> int:
        """The number that a sequence gave last, 0 for none."""
        rows = self.rows("SELECT value FROM sequence WHERE name = ?", (name,))
        return int(rows[0][0]) if rows else 0

    def set_last_number(self, name: str, value: int) -> None:
        """Let a sequence go on after a number."""
        self._connection.execute("INSERT OR REPLACE INTO sequence VALUES (?, ?)", (name, value))

    def state(self, key: str, default: Any = None) -> Any:
        """A small JSON value kept with the world."""
        rows = self.rows("SELECT value FROM state WHERE key = ?", (key,))
        return json.loads(rows[0][0]) if rows else default

    def set_state(self, key: str, value: Any) -> None:
        """Keep a small JSON value with the world."""
        self._connection.execute(
            "INSERT INTO state VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (key, json.dumps(value, sort_keys=True)),
        )

    def set_alias(self, business_key: str, object_name: str, record_id: str) -> None:
        """Remember which record a played business key became; no vendor API shows this."""
        self._connection.execute(
            "INSERT OR REPLACE INTO alias VALUES (?, ?, ?)", (business_key, object_name, record_id)
        )

    def alias(self, business_key: str) -> str | None:
        """The record id that a played business key became here."""
        rows = self.rows("SELECT id FROM alias WHERE bk = ?", (business_key,))
        return rows[0][0] if rows else None

    def add_due(self, at_ms: int, kind: str, payload: Any) -> None:
        """Note work that this system will do by itself at an instant."""
        self._connection.execute(
            "INSERT INTO due (at_ms, kind, payload) VALUES (?, ?, ?)",
            (at_ms, kind, json.dumps(payload, sort_keys=True)),
        )

    def take_due(self, now_ms: int) -> list[tuple[int, str, Any]]:
        """Remove and return all work due by now as (at_ms, kind, payload), earliest first."""
        rows = self.rows(
            "SELECT seq, at_ms, kind, payload FROM due WHERE at_ms <= ? ORDER BY at_ms, seq", (now_ms,)
        )
        self._connection.executemany("DELETE FROM due WHERE seq = ?", [(row[0],) for row in rows])
        return [(at_ms, kind, json.loads(payload)) for _, at_ms, kind, payload in rows]

    def next_due_ms(self) -> int | None:
        """When the next noted work is due."""
        value = self.rows("SELECT MIN(at_ms) FROM due")[0][0]
        return None if value is None else int(value)

    # --- whole worlds -----------------------------------------------------------------------

    def snapshot(self) -> bytes:
        """The whole database as bytes."""
        return self._connection.serialize()

    def restore(self, snapshot: bytes) -> None:
        """Put the database back to a snapshot, in memory or in its file."""
        source = sqlite3.connect(":memory:")
        try:
            # The bytes of a file say that it has a write-ahead log; no database in memory can have one.
            source.deserialize(snapshot[:18] + b"\x01\x01" + snapshot[20:])
            source.backup(self._connection)
        finally:
            source.close()

    def clear(self) -> None:
        """Forget everything."""
        with self.transaction():
            for kind in self.schema.objects:
                self._connection.execute(f"DELETE FROM {quoted(kind.name)}")
            for table in ("history", "sequence", "state", "alias", "due"):
                self._connection.execute(f"DELETE FROM {table}")


_BOOKKEEPING = (
    "history (object TEXT, id TEXT, ver INTEGER, at_ms INTEGER, deleted INTEGER, changes TEXT,"
    " PRIMARY KEY (object, id, ver)) WITHOUT ROWID",
    "sequence (name TEXT PRIMARY KEY, value INTEGER) WITHOUT ROWID",
    "state (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID",
    "alias (bk TEXT PRIMARY KEY, object TEXT, id TEXT) WITHOUT ROWID",
    "due (seq INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER, kind TEXT, payload TEXT)",
)


def old_version(before: Record, changed: Iterable[str]) -> tuple[Value, ...]:
    """A version's row in the history: what it was, as far as the next one changed it."""
    old = json.dumps({name: before.values[name] for name in changed}, sort_keys=True)
    return before.object, before.id, before.ver, before.modified_ms, int(before.deleted), old


def _ddl(schema: Schema) -> Iterator[str]:
    for table in _BOOKKEEPING:
        yield f"CREATE TABLE IF NOT EXISTS {table}"
    yield "CREATE INDEX IF NOT EXISTS due_at ON due (at_ms, seq)"
    for kind in schema.objects:
        yield from _object_ddl(kind)


def _object_ddl(kind: ObjectType) -> Iterator[str]:
    table = quoted(kind.name)
    columns = "".join(f", {quoted(field.name)} {COLUMN_TYPE[field.kind]}" for field in kind.fields)
    yield (
        f"CREATE TABLE IF NOT EXISTS {table} (rowseq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,"
        f" created_ms INTEGER, modified_ms INTEGER, ver INTEGER, deleted INTEGER{columns})"
    )
    yield f"CREATE INDEX IF NOT EXISTS {quoted(kind.name + '_modified')} ON {table} (modified_ms, id)"
    for field in kind.fields:
        if field.unique or field.external_id or field.indexed or field.references:
            index = quoted(f"{kind.name}_{field.name}")
            yield f"CREATE INDEX IF NOT EXISTS {index} ON {table} ({quoted(field.name)})"
