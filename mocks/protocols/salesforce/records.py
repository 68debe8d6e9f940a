"""Writing records: ids, required and unique fields, the product's rules, one transaction each.

Values are the store's own (scaled integers, ISO dates, epoch milliseconds); what comes from
outside is turned into them by `incoming`.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from mocks.kit.schema import Schema, Value
from mocks.kit.store import DuplicateValue, Record, quoted
from mocks.kit.world import World
from mocks.protocols.salesforce.identifiers import numbered_id, short_form
from mocks.protocols.salesforce.rules import Problem, Rules, Write, WriteRefused
from mocks.protocols.salesforce.shapes import Shape, shapes_of

DELETED_MARK = "IsDeleted"


class Org(Struct, frozen=True, eq=False):
    """One product on the platform; `instance` (2 to 4 characters inside ids) keeps id spaces apart."""

    schema: Schema
    rules: Rules
    instance: str
    shapes: dict[str, Shape] = {}

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "shapes", shapes_of(self.schema, self.instance))

    def shape(self, object_name: str) -> Shape | None:
        """The object of that name, in any letter case."""
        return self.shapes.get(object_name.lower())


class SeveralRecords(Exception):
    """An external id that is held by more than one record."""

    def __init__(self, object_name: str, record_ids: tuple[str, ...]) -> None:
        super().__init__(f"{len(record_ids)} records of {object_name}")
        self.object = object_name
        self.record_ids = record_ids


def new_id(org: Org, world: World, object_name: str) -> str:
    """The next id of an object, 18 characters with the checksum."""
    prefix = _required_shape(org, object_name).type.prefix
    return numbered_id(prefix, org.instance, world.store.next_number(f"id:{object_name}"))


def create(
    org: Org,
    world: World,
    object_name: str,
    values: Mapping[str, Value],
    *,
    actor: str = "person",
    notify: bool = True,
    at_ms: int | None = None,
    record_id: str | None = None,
) -> str:
    """Add a record and return its id; WriteRefused, with nothing in effect, where a rule forbids it."""
    shape = _required_shape(org, object_name)
    stamp_ms = world.commit_ms() if at_ms is None else at_ms
    with world.store.transaction():
        write = Write(
            world=world,
            object=object_name,
            record_id=record_id or new_id(org, world, object_name),
            before=None,
            changes=dict(values),
            at_ms=stamp_ms,
            actor=actor,
            notify=notify,
        )
        _ask_rules(org, write)
        _refuse_missing(shape, write.changes, shape.required)
        for name in shape.booleans:
            if write.changes.get(name) is None:
                write.changes[name] = 0
        try:
            world.store.insert(object_name, write.record_id, write.changes, stamp_ms)
        except DuplicateValue as duplicate:
            raise _duplicate(duplicate) from None
        org.rules.after(write, world.store.require(object_name, write.record_id))
    return write.record_id


def update(
    org: Org,
    world: World,
    object_name: str,
    record_id: str,
    changes: Mapping[str, Value],
    *,
    actor: str = "person",
    notify: bool = True,
    at_ms: int | None = None,
) -> Record:
    """Change a record and return its new version; WriteRefused, with nothing in effect, as `create`."""
    shape = _required_shape(org, object_name)
    stamp_ms = world.commit_ms() if at_ms is None else at_ms
    with world.store.transaction():
        before = _present(world, object_name, record_id)
        write = Write(
            world=world,
            object=object_name,
            record_id=record_id,
            before=before,
            changes=dict(changes),
            at_ms=stamp_ms,
            actor=actor,
            notify=notify,
        )
        _ask_rules(org, write)
        _refuse_missing(shape, write.changes, [name for name in shape.required if name in write.changes])
        try:
            record = world.store.update(object_name, record_id, write.changes, stamp_ms)
        except DuplicateValue as duplicate:
            raise _duplicate(duplicate) from None
        org.rules.after(write, record)
    return record


def delete(
    org: Org,
    world: World,
    object_name: str,
    record_id: str,
    *,
    actor: str = "person",
    at_ms: int | None = None,
) -> None:
    """Mark a record as deleted; the rules see a change of `IsDeleted` alone and may refuse it."""
    stamp_ms = world.commit_ms() if at_ms is None else at_ms
    with world.store.transaction():
        before = _present(world, object_name, record_id)
        write = Write(
            world=world,
            object=object_name,
            record_id=record_id,
            before=before,
            changes={DELETED_MARK: 1},
            at_ms=stamp_ms,
            actor=actor,
        )
        _ask_rules(org, write)
        world.store.delete(object_name, record_id, stamp_ms)
        gone = world.store.get(object_name, record_id, deleted=True)
        if gone is None:
            raise LookupError(f"{object_name} {record_id} vanished")
        org.rules.after(write, gone)


def upsert(
    org: Org,
    world: World,
    object_name: str,
    field: str,
    value: Value,
    values: Mapping[str, Value],
    *,
    actor: str = "person",
    notify: bool = True,
    at_ms: int | None = None,
) -> tuple[str, bool]:
    """Create or update by external id, returning (id, created); SeveralRecords when it is not unique."""
    found = matching_ids(world, _required_shape(org, object_name), field, value)
    if len(found) > 1:
        raise SeveralRecords(object_name, found)
    if found:
        update(org, world, object_name, found[0], values, actor=actor, notify=notify, at_ms=at_ms)
        return found[0], False
    complete = {**values, field: value}
    return create(org, world, object_name, complete, actor=actor, notify=notify, at_ms=at_ms), True


def bulk_insert(org: Org, world: World, object_name: str, rows: Iterable[Mapping[str, Value]]) -> list[str]:
    """Add many records without asking the rules, for seeding; `created_ms` of a row is its stamp."""
    shape = _required_shape(org, object_name)
    now_ms = world.commit_ms()
    blank: dict[str, Value] = {"created_ms": now_ms, **dict.fromkeys(shape.booleans, 0)}
    ids: list[str] = []

    def numbered() -> Iterator[tuple[str, Mapping[str, Value]]]:
        for row in rows:
            ids.append(new_id(org, world, object_name))
            yield ids[-1], {**blank, **row}

    with world.store.transaction():
        # Ids are drawn before the insertion begins: the store walks the rows inside one statement.
        world.store.insert_many(object_name, list(numbered()), None)
    return ids


def matching_ids(world: World, shape: Shape, field: str, value: Value) -> tuple[str, ...]:
    """Ids of the records that hold this external id: as written, or else in any letter case."""
    if field == "Id":
        found = world.store.get(shape.name, str(value))
        return (found.id,) if found else ()
    table, column = quoted(shape.name), quoted(field)
    for collation in ("", " COLLATE NOCASE"):
        sql = f"SELECT id FROM {table} WHERE {column} = ?{collation} AND deleted = 0 ORDER BY rowseq LIMIT 20"
        rows: list[tuple[Any, ...]] = world.store.rows(sql, (value,))
        if rows or not isinstance(value, str):
            return tuple(row[0] for row in rows)
    return ()


def _required_shape(org: Org, object_name: str) -> Shape:
    shape = org.shapes.get(object_name.lower())
    if shape is None:
        raise KeyError(f"the org has no object {object_name}")
    return shape


def _ask_rules(org: Org, write: Write) -> None:
    problems = org.rules.before(write)
    if problems:
        raise WriteRefused(*problems)


def _refuse_missing(shape: Shape, changes: Mapping[str, Value], names: Iterable[str]) -> None:
    missing = tuple(name for name in names if changes.get(name) is None)
    if missing:
        text = f"Required fields are missing: [{', '.join(missing)}]"
        raise WriteRefused(Problem("REQUIRED_FIELD_MISSING", text, missing))


def _present(world: World, object_name: str, record_id: str) -> Record:
    found = world.store.get(object_name, record_id, deleted=True)
    if found is None:
        raise WriteRefused(Problem("NOT_FOUND", "The requested resource does not exist"))
    if found.deleted:
        raise WriteRefused(Problem("ENTITY_IS_DELETED", "entity is deleted"))
    return found


def _duplicate(duplicate: DuplicateValue) -> WriteRefused:
    text = f"duplicate value found: {duplicate.field} duplicates value on record with id: "
    return WriteRefused(
        Problem("DUPLICATE_VALUE", text + short_form(duplicate.record_id), (duplicate.field,))
    )
