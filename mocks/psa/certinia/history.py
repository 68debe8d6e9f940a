"""All versions of all records of one object, in bounded chunks: what observation reads.

Asking the store for each record's versions costs two queries a record; half a million cells
need one pass.
"""

import json
from collections.abc import Iterator
from typing import Any

from mocks.kit.store import Record, Store, quoted

CHUNK = 5_000


def timelines(store: Store, object_name: str) -> Iterator[list[Record]]:
    """Each record's versions, oldest first, deleted records too, in order of creation."""
    table = quoted(object_name)
    last = store.rows(f"SELECT MAX(rowseq) FROM {table}")[0][0] or 0
    for start in range(0, last, CHUNK):
        bounds = (start, start + CHUNK)
        earlier: dict[str, list[tuple[Any, ...]]] = {}
        for row in store.rows(
            f"SELECT c.id, h.ver, h.at_ms, h.deleted, h.changes FROM {table} c"
            " JOIN history h ON h.object = ? AND h.id = c.id"
            " WHERE c.rowseq > ? AND c.rowseq <= ? ORDER BY c.rowseq, h.ver DESC",
            (object_name, *bounds),
        ):
            earlier.setdefault(row[0], []).append(row)
        for current in store.select(object_name, "rowseq > ? AND rowseq <= ?", bounds, deleted=True):
            yield _versions(current, earlier.get(current.id, []))


def _versions(current: Record, rows: list[tuple[Any, ...]]) -> list[Record]:
    found = [current]
    for _, ver, at_ms, deleted, changes in rows:
        values = {**found[-1].values, **json.loads(changes)}
        found.append(
            Record(current.object, current.id, current.created_ms, at_ms, ver, bool(deleted), values)
        )
    found.reverse()
    return found
