"""The inbox: every version of every source record once, in the order it was learned.

A record whose content did not change is a duplicate even if its stamp moved: mirrors that this
core wrote, or parents touched by their children, must neither wake it up nor move an instant.
"""

import hashlib
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection, func, select, update

from integration_core.canonical.deals import Contract
from integration_core.canonical.ledger import CodeList, InvoiceState, PeriodState, TaxRate
from integration_core.canonical.versions import SCHEMA_VERSION
from integration_core.canonical.work import Employee, ProjectState, TimeCard
from integration_core.ports.store import Taken
from integration_core.ports.systems import SourceRecord, Unread
from integration_core.store import bulk, schema
from integration_core.store.mirroring import CONTRACT, note_due
from integration_core.store.payloads import encode, payload_if_older, read
from integration_core.store.unapproved import waited_ms

CHUNK = 400
T = TypeVar("T")


class Intake:
    """See ports.store.Intake."""

    def take(
        self,
        connection: Connection,
        source: str,
        stream: str,
        records: Sequence[SourceRecord],
        unread: Sequence[Unread],
        now_ms: int,
    ) -> Taken:
        """Keep what is new, count what is not; of several versions in a page the newest stands."""
        schema.serialise(connection, "intake")
        outcomes: Counter[str] = Counter(received=len(records) + len(unread), unread=len(unread))
        latest: dict[tuple[str, str], SourceRecord] = {}
        for record in records:
            key = (entity_of(record), native_id_of(record))
            if key in latest:
                outcomes["duplicate"] += 1
            if key not in latest or record.recorded_at_ms >= latest[key].recorded_at_ms:
                latest[key] = record
        cards = [record for record in latest.values() if isinstance(record, TimeCard)]
        others = [record for record in latest.values() if not isinstance(record, TimeCard | InvoiceState)]
        states = len(latest) - len(cards) - len(others)
        outcomes["applied"] += states
        outcomes += self._take_records(connection, others)
        outcomes += self._take_cards(connection, cards)
        self._take_unread(connection, unread)
        self._count(connection, outcomes)
        return Taken(outcomes["applied"] - states, outcomes["duplicate"], len(unread))

    def _take_records(self, connection: Connection, records: Sequence[SourceRecord]) -> Counter[str]:
        outcomes: Counter[str] = Counter()
        table, contracts = schema.record, list[str]()
        for chunk in _chunks(records):
            known = {
                (row.entity, row.native_id): row
                for row in connection.execute(
                    select(
                        table.c.entity,
                        table.c.native_id,
                        table.c.content,
                        table.c.recorded_at_ms,
                        table.c.schema_version,
                        table.c.payload,
                    ).where(
                        table.c.native_id.in_([native_id_of(record) for record in chunk]), table.c.current
                    )
                )
            }
            fresh = []
            for record in chunk:
                key = (entity_of(record), native_id_of(record))
                before = known.get(key)
                record = _whole(record, before)
                content = content_of(record)
                outcome = _judge(before, type(record), content, record.recorded_at_ms)
                outcomes[outcome] += 1
                if outcome == "applied":
                    fresh.append(_row(key, record, content))
                    contracts += _mirrored_by(record)
            self._replace(connection, fresh, known)
        note_due(connection, CONTRACT, contracts)
        return outcomes

    def _replace(
        self, connection: Connection, fresh: list[dict[str, object]], known: Container[object]
    ) -> None:
        if not fresh:
            return
        table = schema.record
        for entity in sorted({str(row["entity"]) for row in fresh}):
            # Ids are unique within one kind of record only: two kinds may share them.
            ids = [row["native_id"] for row in fresh if row["entity"] == entity]
            stale = [native_id for native_id in ids if (entity, native_id) in known]
            if stale:
                connection.execute(
                    update(table)
                    .where(table.c.entity == entity, table.c.native_id.in_(stale), table.c.current)
                    .values(current=False)
                )
        bulk.insert_rows(connection, table, fresh)

    def _take_cards(self, connection: Connection, cards: Sequence[TimeCard]) -> Counter[str]:
        outcomes: Counter[str] = Counter()
        table = schema.card
        for chunk in _chunks(cards):
            known = {
                row.native_id: row
                for row in connection.execute(
                    select(
                        table.c.native_id,
                        table.c.content,
                        table.c.recorded_at_ms,
                        table.c.schema_version,
                        table.c.stage,
                        _OLDER_CARD,
                    ).where(table.c.native_id.in_([card.native_id for card in chunk]))
                )
            }
            rows = []
            for card in chunk:
                before, content = known.get(card.native_id), content_of(card)
                outcome = _judge(before, TimeCard, content, card.recorded_at_ms)
                if before is not None and before.stage == "entered":
                    outcome = (
                        "duplicate"  # an approved card is immutable; a later stamp is its splits' or ours
                    )
                outcomes[outcome] += 1
                if outcome == "applied":
                    rows.append(_card_row(card, content))
            schema.upsert(connection, table, rows, update=_CARD_NEWS)
        return outcomes

    def _take_unread(self, connection: Connection, unread: Sequence[Unread]) -> None:
        rows = [
            {"entity": one.entity, "native_id": one.native_id, "payload": one.payload, "resolved": False}
            for one in unread
        ]
        schema.upsert(connection, schema.unreadable, rows, update=("payload",))

    def _count(self, connection: Connection, outcomes: Counter[str]) -> None:
        table = schema.message_count
        for outcome, n in sorted(outcomes.items()):
            if n:
                schema.insert_new(connection, table, {"outcome": outcome, "n": 0})
                connection.execute(update(table).where(table.c.outcome == outcome).values(n=table.c.n + n))

    def watermark(self, connection: Connection, source: str, stream: str) -> int | None:
        """How far a stream is completely known, in the source's time."""
        table = schema.watermark
        return connection.execute(
            select(table.c.complete_to_ms).where(table.c.source == source, table.c.stream == stream)
        ).scalar()

    def watermarks(self, connection: Connection) -> dict[tuple[str, str], int]:
        """Every watermark by source and stream."""
        return {(row[0], row[1]): row[2] for row in connection.execute(_ALL_WATERMARKS)}

    def advance(self, connection: Connection, source: str, complete_to_ms: Mapping[str, int]) -> None:
        """Move the watermarks of a source's streams forward; never back."""
        rows = [
            {"source": source, "stream": stream, "complete_to_ms": at_ms}
            for stream, at_ms in sorted(complete_to_ms.items())
        ]
        schema.raise_only(connection, schema.watermark, rows, "complete_to_ms")

    def note_delivery(self, connection: Connection, source: str, key: str, now_ms: int) -> bool:
        """Count a notification; False when this very one came before."""
        row = {"source": source, "key": key, "received_ms": now_ms}
        return schema.insert_new(connection, schema.delivery, row)

    def counts(self, connection: Connection) -> dict[str, int]:
        """Messages by outcome; parked cards are counted apart from the applied ones."""
        table = schema.message_count
        counts = {row.outcome: int(row.n) for row in connection.execute(select(table.c.outcome, table.c.n))}
        parked = connection.execute(
            select(func.count()).select_from(schema.card).where(schema.card.c.stage == "parked")
        ).scalar_one()
        counts["parked"] = parked
        counts["applied"] = counts.get("applied", 0) - parked
        return counts


def _whole(record: SourceRecord, before: Any) -> SourceRecord:
    """A tombstone names only an id: it keeps what was known, or nobody could tell later who it was."""
    if before is None or not isinstance(record, Employee) or not record.deleted or record.employee_no:
        return record
    known = read(Employee, before.schema_version, before.payload)
    return msgspec.structs.replace(known, deleted=True, recorded_at_ms=record.recorded_at_ms)


def entity_of(record: SourceRecord) -> str:
    """The kind of a record, by its type."""
    return type(record).__name__


def native_id_of(record: SourceRecord) -> str:
    """The id of a record in its source; rows without one are known by their key."""
    match record:
        case TaxRate():
            return f"{record.jurisdiction}|{record.tax_class}|{record.valid_from.isoformat()}"
        case CodeList():
            return f"{record.kind}|{record.native_id}"
        case PeriodState():
            return f"{record.entity_code}|{record.native_id}"
    return record.native_id


def content_of(record: SourceRecord) -> str:
    """A digest of everything but the stamp."""
    return hashlib.blake2b(
        encode(msgspec.structs.replace(record, recorded_at_ms=0)), digest_size=16
    ).hexdigest()


def _mirrored_by(record: SourceRecord) -> tuple[str, ...]:
    """The contract whose mirrors show something of a record."""
    match record:
        case Contract():
            return (record.native_id,)
        case ProjectState():
            return (record.contract_native_id,)
    return ()


def _judge(before: Any, kind: type[SourceRecord], content: str, recorded_at_ms: int) -> str:
    if before is None:
        return "applied"
    if _content_known(before, kind) == content:
        return "duplicate"
    return "stale" if recorded_at_ms < before.recorded_at_ms else "applied"


def _content_known(before: Any, kind: type[SourceRecord]) -> str:
    """The digest as today's model gives it: what only gained a version is no news."""
    digest: str = before.content
    if before.schema_version == SCHEMA_VERSION:
        return digest
    return content_of(read(kind, before.schema_version, before.payload))


def _row(key: tuple[str, str], record: SourceRecord, content: str) -> dict[str, object]:
    return {
        "entity": key[0],
        "native_id": key[1],
        "recorded_at_ms": record.recorded_at_ms,
        "content": content,
        "payload": encode(record).decode(),
        "schema_version": SCHEMA_VERSION,
        "current": True,
    }


def _card_row(card: TimeCard, content: str) -> dict[str, object]:
    submitted_ms, decided_ms = waited_ms(card)
    return {
        "native_id": card.native_id,
        "name": card.name,
        "recorded_at_ms": card.recorded_at_ms,
        "content": content,
        "status": card.status,
        "payload": encode(card).decode(),
        "schema_version": SCHEMA_VERSION,
        "stage": "parked" if card.status == "Approved" and not card.deleted else "noted",
        "chain": "",
        "ver": 0,
        "replaced": False,
        "submitted_ms": submitted_ms,
        "decided_ms": decided_ms,
    }


def _chunks(records: Sequence[T]) -> Iterable[Sequence[T]]:
    return (records[at : at + CHUNK] for at in range(0, len(records), CHUNK))


_CARD_NEWS = (
    *("name", "recorded_at_ms", "content", "status", "payload", "schema_version", "stage"),
    *("submitted_ms", "decided_ms"),
)
_OLDER_CARD = payload_if_older(schema.card)
_ALL_WATERMARKS = select(
    schema.watermark.c.source, schema.watermark.c.stream, schema.watermark.c.complete_to_ms
)
