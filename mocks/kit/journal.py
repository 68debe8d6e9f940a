"""What was asked of a world and what came back: a bounded ring, secrets and salaries masked."""

import re
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from msgspec import Struct

BODY_BYTES_KEPT = 4096
_SECRET = re.compile(
    rb'("?(?:access_token|refresh_token|client_secret|password|assertion|privateKey|sessionId|'
    rb"verification_token|payRate|salary|gross_pay|net_pay|check_amount|net_pay_debit|company_debit|tax_debit|"
    rb'debit|credit|employer_taxes|employee_taxes|employer":\s*(?:true|false),\s*"amount|ssn|token)"?\s*[:=>]\s*"?)([^"&,<}\s]+)',
    re.IGNORECASE,
)


class Kept(NamedTuple):
    """One call as it is kept; secrets are masked when somebody looks, not while callers wait."""

    seq: int
    at_ms: int
    method: str
    path: str
    query: str
    status: int
    outcome: str
    correlation_id: str
    fault: str
    principal: str
    request: bytes
    response: bytes


class Entry(Struct, frozen=True):
    """One call as it is shown: `outcome` is answered, dropped (no answer went out) or lost (none came in)."""

    seq: int
    at_ms: int
    method: str
    path: str
    query: str
    status: int
    outcome: str
    correlation_id: str
    fault: str
    principal: str
    request: str
    response: str


def masked(body: bytes) -> str:
    """The beginning of a body as text, without secrets or pay."""
    return _SECRET.sub(rb"\1***", body[:BODY_BYTES_KEPT]).decode("utf-8", "replace")


class Journal:
    """The last calls of one world, and counts of all of them."""

    def __init__(self, size: int = 20_000) -> None:
        self.enabled = True
        self._entries: deque[Kept] = deque(maxlen=size)
        self._seq = 0
        self.requests = 0
        self.by_status: dict[int, int] = {}

    def add(
        self,
        *,
        at_ms: int,
        method: str,
        path: str,
        query: str,
        status: int,
        outcome: str,
        correlation_id: str,
        fault: str,
        principal: str,
        request: bytes,
        response: bytes,
    ) -> None:
        """Count a call, and keep it while the journal is on."""
        self.requests += 1
        self.by_status[status] = self.by_status.get(status, 0) + 1
        if not self.enabled:
            return
        self._seq += 1
        self._entries.append(
            Kept(
                self._seq,
                at_ms,
                method,
                path,
                query,
                status,
                outcome,
                correlation_id,
                fault,
                principal,
                request[:BODY_BYTES_KEPT],
                response[:BODY_BYTES_KEPT],
            )
        )

    def search(
        self, *, after: int = 0, limit: int = 500, correlation_id: str = "", path: str = "", outcome: str = ""
    ) -> Iterator[Entry]:
        """Entries with a sequence number above `after`, oldest first, that match everything given."""
        found = 0
        for entry in self._entries:
            if entry.seq <= after or found >= limit:
                continue
            if correlation_id and entry.correlation_id != correlation_id:
                continue
            if path and path not in entry.path:
                continue
            if outcome and entry.outcome != outcome:
                continue
            found += 1
            yield _shown(entry)

    @property
    def size(self) -> int:
        """How many calls are kept."""
        return len(self._entries)

    def clear(self) -> None:
        """Forget the entries and the counts."""
        self._entries.clear()
        self.requests = 0
        self.by_status = {}


def _shown(kept: Kept) -> Entry:
    shown = {
        "query": masked(kept.query.encode()),
        "request": masked(kept.request),
        "response": masked(kept.response),
    }
    return Entry(**{**kept._asdict(), **shown})
