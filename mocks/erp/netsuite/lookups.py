"""Finding records: by internal id, external id or code, within one record type."""

from typing import Any

from mocks.erp.netsuite.properties import RecordType
from mocks.erp.netsuite.schema import DISPLAY
from mocks.kit.store import Record, quoted
from mocks.kit.world import World

EXTERNAL_PREFIX = "eid:"


def next_id(world: World, table: str) -> str:
    """The next internal id of a table."""
    return str(world.store.next_number(f"id|{table}"))


def by_external_id(world: World, kind: RecordType, external_id: str) -> Record | None:
    """The record of a type under an external id; ids are unique per record type."""
    if kind.transaction_type:
        found = world.store.select(
            kind.table, "externalid = ? AND type = ?", (external_id, kind.transaction_type)
        )
    else:
        found = world.store.select(kind.table, "externalid = ?", (external_id,))
    return found[0] if found else None


def by_id(world: World, kind: RecordType, record_id: str) -> Record | None:
    """The record of a type by internal id."""
    record = world.store.get(kind.table, record_id)
    if record is not None and kind.transaction_type and record.values["type"] != kind.transaction_type:
        return None
    return record


def by_key(world: World, kind: RecordType, key: str) -> Record | None:
    """The record that an address names: an internal id, or `eid:` and an external id."""
    if key.startswith(EXTERNAL_PREFIX):
        return by_external_id(world, kind, key[len(EXTERNAL_PREFIX) :])
    return by_id(world, kind, key)


def id_of(world: World, table: str, column: str, value: str) -> str | None:
    """The internal id of the record whose column has a value; for references by external id or name."""
    rows = world.store.rows(
        f"SELECT id FROM {quoted(table)} WHERE {quoted(column)} = ? AND deleted = 0 LIMIT 1", (value,)
    )
    return rows[0][0] if rows else None


def exists(world: World, table: str, record_id: str) -> bool:
    """Whether a record of this internal id is there."""
    return bool(world.store.rows(f"SELECT 1 FROM {quoted(table)} WHERE id = ? AND deleted = 0", (record_id,)))


def name_of(world: World, table: str, record_id: str) -> str | None:
    """What a reference to a record is shown as."""
    rows = world.store.rows(
        f"SELECT {quoted(DISPLAY[table])} FROM {quoted(table)} WHERE id = ?", (record_id,)
    )
    return rows[0][0] if rows else None


def record_of(world: World, table: str, record_id: Any) -> Record:
    """A record that a stored reference names; raises LookupError when the store is not whole."""
    return world.store.require(table, str(record_id))


def digits_of(world: World, currency_id: Any) -> int:
    """How many decimals amounts of a currency have."""
    return int(record_of(world, "currency", currency_id).values["currencyprecision"] or 0)


def functional_digits(world: World, subsidiary: Record) -> int:
    """How many decimals a subsidiary's own currency has."""
    return digits_of(world, subsidiary.values["currency"])


def lines_of(world: World, transaction_id: str, line_type: str = "") -> list[Record]:
    """A transaction's lines in their order: all of them, or those of one sublist."""
    lines = world.store.select(
        "transactionline", '"transaction" = ?', (transaction_id,), order="linesequencenumber"
    )
    return [line for line in lines if line_type in ("", line.values["linetype"])]
