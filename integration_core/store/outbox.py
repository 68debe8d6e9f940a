"""What every target should hold, and what it was last told: a row is owed until both agree.

A newer wish for the same key replaces the older one, so that a target that was away is told
the present state once, not its history.
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, func, select, update

from integration_core.canonical.versions import SCHEMA_VERSION
from integration_core.ports.store import Outgoing
from integration_core.ports.systems import Outcome, Written
from integration_core.rules.triage import PROBE_SECONDS, TRIES, backoff_seconds
from integration_core.store import bulk, schema
from integration_core.store.payloads import encode, payload_if_older, read_wish

CHUNK = 400
_OLDER = payload_if_older(schema.outbox)


class Outbox:
    """See ports.store.Outbox."""

    def want(self, connection: Connection, lane: str, rows: Iterable[tuple[str, Any]], now_ms: int) -> int:
        """State the wanted payloads; returns how many of them are new or changed."""
        table = schema.outbox
        wanted = {key: encode(payload) for key, payload in rows}
        changed = []
        keys = list(wanted)
        for at in range(0, len(keys), CHUNK):
            known = {
                row.key: _revision(lane, row)
                for row in connection.execute(
                    select(table.c.key, table.c.revision, table.c.schema_version, _OLDER).where(
                        table.c.lane == lane, table.c.key.in_(keys[at : at + CHUNK])
                    )
                )
            }
            for key in keys[at : at + CHUNK]:
                revision = _digest(wanted[key])
                if known.get(key) != revision:
                    changed.append(_fresh(lane, key, revision, wanted[key], now_ms))
        names = (
            "revision",
            "payload",
            "schema_version",
            "state",
            "attempts",
            "not_before_ms",
            "wanted_ms",
            "error",
        )
        schema.upsert(connection, table, changed, update=names)
        return len(changed)

    def pending(self, connection: Connection, lane: str, now_ms: int, limit: int) -> Sequence[Outgoing]:
        """Rows owed by now, in the order of their keys."""
        table = schema.outbox
        rows = connection.execute(
            select(table)
            .where(table.c.lane == lane, table.c.state == "pending", table.c.not_before_ms <= now_ms)
            .order_by(table.c.key)
            .limit(limit)
        )
        return [
            Outgoing(
                lane=lane,
                key=row.key,
                revision=row.revision,
                payload=read_wish(lane, row.schema_version, row.payload),
                attempts=row.attempts,
            )
            for row in rows
        ]

    def next_ms(self, connection: Connection, lane: str) -> int | None:
        """When the earliest owed row may be told, None where nothing is owed."""
        table = schema.outbox
        return connection.execute(
            select(func.min(table.c.not_before_ms)).where(table.c.lane == lane, table.c.state == "pending")
        ).scalar()

    def settle(
        self, connection: Connection, batch: Sequence[Outgoing], outcomes: Sequence[Outcome], now_ms: int
    ) -> int | None:
        """Note what was written; returns when the earliest failed one is to be tried again."""
        again: int | None = None
        sent = []
        for row, outcome in zip(batch, outcomes, strict=True):
            if isinstance(outcome, Written):
                sent.append(row)
                continue
            if outcome.retry:
                wished = None if outcome.retry_after_ms is None else outcome.retry_after_ms / 1000
                gap = backoff_seconds(row.attempts, wished) if row.attempts < TRIES else PROBE_SECONDS
                next_ms = now_ms + int(gap * 1000)
                again = next_ms if again is None else min(again, next_ms)
                self._note(connection, row, "pending", next_ms, f"{outcome.code}: {outcome.text}")
            else:
                self._note(connection, row, "refused", now_ms, f"{outcome.code}: {outcome.text}")
        self._sent(connection, sent)
        return again

    def _sent(self, connection: Connection, sent: Sequence[Outgoing]) -> None:
        """A row that was wished anew while it was being sent stays owed."""
        rows = [
            {
                "lane": row.lane,
                "key": row.key,
                "revision": row.revision,
                "state": "sent",
                "sent_revision": row.revision,
                "error": "",
            }
            for row in sent
        ]
        bulk.update_rows(connection, schema.outbox, rows, by=("lane", "key", "revision"))

    def _note(self, connection: Connection, row: Outgoing, state: str, at_ms: int, error: str) -> None:
        table = schema.outbox
        connection.execute(
            update(table)
            .where(table.c.lane == row.lane, table.c.key == row.key, table.c.revision == row.revision)
            .values(state=state, attempts=row.attempts + 1, not_before_ms=at_ms, error=error[:1000])
        )

    def revive(self, connection: Connection, lane: str, key: str) -> None:
        """Make a refused or waiting row due at once."""
        table = schema.outbox
        connection.execute(
            update(table)
            .where(table.c.lane == lane, table.c.key == key, table.c.state != "sent")
            .values(state="pending", attempts=0, not_before_ms=0)
        )

    def payloads(self, connection: Connection, lane: str, keys: Sequence[str]) -> dict[str, Any]:
        """What is wanted under some keys."""
        table = schema.outbox
        found: dict[str, Any] = {}
        for at in range(0, len(keys), CHUNK):
            rows = connection.execute(
                select(table.c.key, table.c.schema_version, table.c.payload).where(
                    table.c.lane == lane, table.c.key.in_(list(keys[at : at + CHUNK]))
                )
            )
            found |= {row.key: read_wish(lane, row.schema_version, row.payload) for row in rows}
        return found

    def counts(self, connection: Connection) -> dict[str, int]:
        """Rows by lane and state, as `lane:state`."""
        table = schema.outbox
        rows = connection.execute(
            select(table.c.lane, table.c.state, func.count().label("n"))
            .group_by(table.c.lane, table.c.state)
            .order_by(table.c.lane, table.c.state)
        )
        return {f"{row.lane}:{row.state}": row.n for row in rows}


def _revision(lane: str, row: Any) -> str:
    """What a row's wish would be called today: a target is not told again what only gained a version."""
    revision: str = row.revision
    if row.schema_version == SCHEMA_VERSION:
        return revision
    return _digest(encode(read_wish(lane, row.schema_version, row.payload)))


def _digest(payload: bytes) -> str:
    return hashlib.blake2b(payload, digest_size=16).hexdigest()


def _fresh(lane: str, key: str, revision: str, payload: bytes, now_ms: int) -> dict[str, Any]:
    return {
        "lane": lane,
        "key": key,
        "revision": revision,
        "payload": payload.decode(),
        "schema_version": SCHEMA_VERSION,
        "sent_revision": "",
        "state": "pending",
        "attempts": 0,
        "not_before_ms": 0,
        "wanted_ms": now_ms,
        "error": "",
    }
