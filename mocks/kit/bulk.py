"""Laying many records at once, with all their versions: history is written, not lived through again.

The same rows as versions made one by one, in a few statements: every record once as it stands in the end,
and what it was before in the history table. Unique fields are the caller's care.
"""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from mocks.kit.schema import Value
from mocks.kit.store import SYSTEM_COLUMNS, Record, Store, old_version, quoted


class Numbering:
    """A named sequence that counts in memory, for one transaction; `keep` writes down how far it came."""

    def __init__(self, store: Store, name: str) -> None:
        self._store = store
        self._name = name
        self._value = self._begun = store.last_number(name)

    def next(self) -> int:
        """The next number."""
        self._value += 1
        return self._value

    def keep(self) -> None:
        """Make the numbers taken the sequence's own."""
        if self._value > self._begun:
            self._store.set_last_number(self._name, self._value)


class Chain(Struct):
    """The versions of one record: the last one, and those before with what they changed."""

    last: Record
    is_new: bool
    before: list[tuple[Record, tuple[str, ...]]] = []

    def revise(self, values: dict[str, Value], at_ms: int) -> None:
        """Add a version with all of its values; none, where nothing differs."""
        before = self.last
        changed = tuple(name for name, value in values.items() if before.values[name] != value)
        if changed:
            self.before.append((before, changed))
            modified_ms = max(at_ms, before.modified_ms)
            self.last = Record(
                before.object, before.id, before.created_ms, modified_ms, before.ver + 1, False, values
            )


def lay(store: Store, object_name: str, chains: Sequence[Chain]) -> None:
    """Write chains of versions of one kind of record."""
    kind = store.schema.object(object_name)
    if kind is None:
        raise KeyError(f"There are no records of {object_name}.")
    names = tuple(field.name for field in kind.fields)
    new = [chain.last for chain in chains if chain.is_new]
    marks = ", ".join("?" * (len(SYSTEM_COLUMNS) + len(names)))
    columns = ", ".join(map(quoted, (*SYSTEM_COLUMNS, *names)))
    insert = f"INSERT INTO {quoted(object_name)} ({columns}) VALUES ({marks})"
    store.many(insert, (_row(record, names) for record in new))
    _revise(store, object_name, [chain for chain in chains if chain.before and not chain.is_new])
    old = (old_version(record, changed) for chain in chains for record, changed in chain.before)
    store.many("INSERT INTO history VALUES (?, ?, ?, ?, ?, ?)", old)
    store.writes += len(new) + sum(len(chain.before) for chain in chains)


def _row(record: Record, names: Iterable[str]) -> tuple[Value, ...]:
    system = (record.id, record.created_ms, record.modified_ms, record.ver, 0)
    return *system, *(record.values.get(name) for name in names)


def _revise(store: Store, object_name: str, chains: Sequence[Chain]) -> None:
    """Records that were there before: only columns that change anywhere are touched, and their indexes."""
    changed = sorted({name for chain in chains for _, names in chain.before for name in names})
    if not changed:
        return
    settings = ", ".join(f"{quoted(name)} = ?" for name in changed)
    update = f"UPDATE {quoted(object_name)} SET {settings}, modified_ms = ?, ver = ? WHERE id = ?"
    rows = (
        (
            *(chain.last.values[name] for name in changed),
            chain.last.modified_ms,
            chain.last.ver,
            chain.last.id,
        )
        for chain in chains
    )
    store.many(update, rows)
