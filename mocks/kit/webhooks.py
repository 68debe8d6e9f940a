"""Notifications to the outside: a ledger of deliveries, each with its attempts, retries and faults.

A vendor queues what it would send; `release` sends what is due. Deliveries are rows of the
store, so a killed mock still owes what it owed.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Protocol

from msgspec import Struct

from mocks.kit.faults import Faults
from mocks.kit.store import Store

DELIVERED, PENDING, GIVEN_UP, LOST = "delivered", "pending", "given_up", "lost"
FAILED = "failed"  # of a try, not of a delivery: that stays pending
RETRY_GAPS_MS = tuple(min(60_000 * 2**n, 7_200_000) for n in range(16))


class Outgoing(Protocol):
    """Sends one request to a subscriber; returns status and body, or None when nothing came back."""

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes] | None: ...


class Delivery(Struct, frozen=True, kw_only=True):
    """One notification owed to one target."""

    id: int
    kind: str
    url: str
    headers: dict[str, str]
    body: str
    attempts: int
    state: str
    next_at_ms: int
    last_status: int | None


Accepted = Callable[[int, bytes], bool]


class Webhooks:
    """Deliveries of one world; `accepted` is the vendor's rule for a good answer, `sign` adds its headers.

    So many are under way at once; one after the other where a run must be the same every time.
    """

    def __init__(self, store: Store, faults: Faults, outgoing: Outgoing, at_once: int = 1) -> None:
        self._store = store
        self._at_once = at_once
        self._faults = faults
        self._outgoing = outgoing
        self.tried = {DELIVERED: 0, FAILED: 0, GIVEN_UP: 0, LOST: 0}  # since this process began
        self.sign: Callable[[str, bytes, int], dict[str, str]] = lambda kind, body, now_ms: {}
        self.accepted: Accepted = lambda status, body: 200 <= status < 300
        store.rows(
            "CREATE TABLE IF NOT EXISTS delivery (id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT, url TEXT,"
            " headers TEXT, body TEXT, attempts INTEGER, state TEXT, next_at_ms INTEGER, last_status INTEGER)"
        )
        store.rows("CREATE INDEX IF NOT EXISTS delivery_due ON delivery (state, next_at_ms, id)")

    def queue(self, kind: str, url: str, headers: Mapping[str, str], body: bytes, at_ms: int) -> None:
        """Owe a notification; webhook faults strike here, by kind and content."""
        copies, due_ms = 1, at_ms
        key = f"{kind}|{url}|{body.decode()}"
        for fault in self._faults.listed():
            if not fault.from_ms <= at_ms < fault.until_ms or not fault.kind.startswith("webhook_"):
                continue
            if not self._faults.draw(fault, key):
                continue
            if fault.kind == "webhook_lose":
                copies = 0
            elif fault.kind == "webhook_double":
                copies = 2
            elif fault.kind == "webhook_delay":
                due_ms += int(fault.seconds * 1000)
        self.tried[LOST] += not copies
        for _ in range(max(copies, 1)):
            self._store.rows(
                "INSERT INTO delivery (kind, url, headers, body, attempts, state, next_at_ms)"
                " VALUES (?, ?, ?, ?, 0, ?, ?)",
                (
                    kind,
                    url,
                    json.dumps(dict(headers), sort_keys=True),
                    body.decode(),
                    PENDING if copies else LOST,
                    due_ms,
                ),
            )

    async def release(self, now_ms: int) -> int:
        """Send everything due, once each; failures wait for their next gap. Returns how many were sent."""
        due = self._select(
            "state = 'pending' AND next_at_ms <= ? ORDER BY next_at_ms, id LIMIT 1000", (now_ms,)
        )
        reorder = self._faults.active("webhook_reorder", now_ms)
        if reorder is not None and len(due) > 1:
            self._faults.note(reorder)
            due.reverse()
        for at in range(0, len(due), self._at_once):
            first, *others = due[at : at + self._at_once]
            if not others:  # without a loop's help, so that a plain run of the coroutine is enough
                await self._send(first, now_ms)
                continue
            await asyncio.gather(*(self._send(delivery, now_ms) for delivery in (first, *others)))
        return len(due)

    async def _send(self, delivery: Delivery, now_ms: int) -> None:
        body = delivery.body.encode()
        headers = {**delivery.headers, **self.sign(delivery.kind, body, now_ms)}
        answer = await self._outgoing.post(delivery.url, headers, body)
        attempts = delivery.attempts + 1
        if answer is not None and self.accepted(*answer):
            state, next_ms = DELIVERED, delivery.next_at_ms
        elif attempts >= len(RETRY_GAPS_MS):
            state, next_ms = GIVEN_UP, delivery.next_at_ms
        else:
            state, next_ms = PENDING, now_ms + RETRY_GAPS_MS[attempts - 1]
        self.tried[FAILED if state == PENDING else state] += 1
        self._store.rows(
            "UPDATE delivery SET attempts = ?, state = ?, next_at_ms = ?, last_status = ? WHERE id = ?",
            (attempts, state, next_ms, answer[0] if answer else None, delivery.id),
        )

    def redeliver(self, delivery_id: int, now_ms: int) -> bool:
        """Owe one delivery again; False when there is none of that id."""
        found = bool(self._select("id = ?", (delivery_id,)))
        self._store.rows(
            "UPDATE delivery SET state = 'pending', next_at_ms = ? WHERE id = ?", (now_ms, delivery_id)
        )
        return found

    def owed(self) -> int:
        """How many deliveries are pending."""
        return int(self._store.rows("SELECT COUNT(*) FROM delivery WHERE state = 'pending'")[0][0])

    def next_due_ms(self) -> int | None:
        """When the next delivery is due."""
        value = self._store.rows("SELECT MIN(next_at_ms) FROM delivery WHERE state = 'pending'")[0][0]
        return None if value is None else int(value)

    def listed(self, limit: int = 500) -> list[Delivery]:
        """The ledger, newest first."""
        return self._select("1 ORDER BY id DESC LIMIT ?", (limit,))

    def counts(self) -> dict[str, int]:
        """Deliveries by state."""
        return dict(self._store.rows("SELECT state, COUNT(*) FROM delivery GROUP BY state ORDER BY state"))

    def clear(self) -> None:
        """Forget the ledger."""
        self._store.rows("DELETE FROM delivery")

    def _select(self, condition: str, arguments: tuple[int, ...]) -> list[Delivery]:
        rows = self._store.rows(
            "SELECT id, kind, url, headers, body, attempts, state, next_at_ms, last_status"
            f" FROM delivery WHERE {condition}",
            arguments,
        )
        return [
            Delivery(
                id=row[0],
                kind=row[1],
                url=row[2],
                headers=json.loads(row[3]),
                body=row[4],
                attempts=row[5],
                state=row[6],
                next_at_ms=row[7],
                last_status=row[8],
            )
            for row in rows
        ]
