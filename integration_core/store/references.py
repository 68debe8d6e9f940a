"""Source records for the rules, in the order they were applied, and which contracts stand in the PSA."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, func, select

from integration_core.canonical.versions import ENTITIES
from integration_core.ports.systems import SourceRecord
from integration_core.store import schema
from integration_core.store.mirroring import CONTRACT, note_due
from integration_core.store.payloads import read


class ReferenceReader:
    """See ports.store.ReferenceReader."""

    def changed(self, connection: Connection, after: int) -> tuple[Sequence[SourceRecord], int]:
        """Current records applied after a sequence number, and the number to go on from."""
        table = schema.record
        rows = connection.execute(
            select(table.c.seq, table.c.entity, table.c.schema_version, table.c.payload)
            .where(table.c.seq > after, table.c.current)
            .order_by(table.c.seq)
        ).all()
        records = [_record(row.entity, row.schema_version, row.payload) for row in rows]
        return records, int(rows[-1].seq) if rows else after

    def as_of(self, connection: Connection, before_ms: int) -> Sequence[SourceRecord]:
        """The records as the sources had committed them before an instant, in the order they were applied."""
        table = schema.record
        rows = connection.execute(
            select(table.c.entity, table.c.native_id, table.c.schema_version, table.c.payload)
            .where(table.c.recorded_at_ms < before_ms)
            .order_by(table.c.recorded_at_ms, table.c.seq)
        )
        latest = {(entity, native_id): (version, payload) for entity, native_id, version, payload in rows}
        return [_record(entity, *stored) for (entity, _), stored in latest.items()]

    def latest_seq(self, connection: Connection) -> int:
        """The number of the record that was applied last."""
        return connection.execute(select(func.max(schema.record.c.seq))).scalar() or 0

    def has_since(self, connection: Connection, seq: int, before_ms: int) -> bool:
        """Whether a record of before an instant was applied after a sequence number."""
        table = schema.record
        late = select(table.c.seq).where(table.c.seq > seq, table.c.recorded_at_ms < before_ms).limit(1)
        return connection.execute(late).first() is not None

    def provisioned(self, connection: Connection) -> frozenset[str]:
        """Native ids of contracts whose project stands."""
        return frozenset(connection.execute(select(schema.provisioned.c.contract_native_id)).scalars())

    def is_provisioned(self, connection: Connection, contract_native_id: str) -> bool:
        """Whether a contract's project stands."""
        table = schema.provisioned
        mine = select(table.c.at_ms).where(table.c.contract_native_id == contract_native_id)
        return connection.execute(mine).first() is not None

    def set_provisioned(self, connection: Connection, contract_native_id: str, at_ms: int) -> None:
        """Note that a contract's project stands in every target."""
        row = {"contract_native_id": contract_native_id, "at_ms": at_ms}
        schema.upsert(connection, schema.provisioned, [row], update=())
        note_due(connection, CONTRACT, [contract_native_id])


def _record(entity: str, version: int, payload: str) -> SourceRecord:
    kind: Any = ENTITIES[entity]
    record: SourceRecord = read(kind, version, payload)
    return record
