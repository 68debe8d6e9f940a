"""Faults as data: what goes wrong, for which calls, when, how often; each with its cure.

A fault is addressed by meaning (method, path, query, body, k-th occurrence of the same call),
never by the ordinal of a request, so that taking one away shifts no other. Random ones are
decided by a keyed hash of seed, fault and address.
"""

import hashlib
import re
from typing import Literal

from msgspec import Struct

from mocks.kit.calls import Call

Kind = Literal[
    "reject",  # the vendor's 503 (or `status`) before anything is done
    "lose_request",  # the connection ends before anything is done
    "lose_answer",  # done and committed, then the connection ends
    "fail_after_commit",  # done and committed, then 500 (or `status`)
    "delay",  # done, answered `seconds` late
    "outage",  # a window in which every call is refused with 503, or dropped if `drop`
    "limit",  # the vendor's rate limit answer, with Retry-After `seconds` if > 0
    "expire_token",  # every token issued so far stops working, once
    "truncate",  # the answer is cut in the middle of its body
    "page_size",  # pages hold `size` records
    "coarse_stamps",  # commit stamps are cut down to multiples of `seconds`
    "visibility_lag",  # changes become readable `seconds` after their commit stamp
    "fail_items",  # items of a batch whose place satisfies place % `every` == 0 fail with a lock error
    "webhook_lose",
    "webhook_double",
    "webhook_delay",  # by `seconds`
    "webhook_reorder",  # later ones of a release go first
]
CALL_KINDS = frozenset(
    {"reject", "lose_request", "lose_answer", "fail_after_commit", "delay", "limit", "truncate"}
)


class Fault(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One fault of a plan; empty matchers match everything. `times` bounds how often it strikes."""

    id: str
    kind: Kind
    system: str = ""
    method: str = ""
    path: str = ""  # regular expression, searched
    body: str = ""  # regular expression, searched
    occurrence: int = 0  # 1-based k-th call of the same address; 0 = every
    share_e6: int = 1_000_000  # of matching calls, drawn by keyed hash
    times: int = 1_000_000
    from_ms: int = 0
    until_ms: int = 1 << 62
    seconds: float = 0.0
    status: int = 503
    drop: bool = False
    size: int = 0
    every: int = 0


class Strike(Struct, frozen=True):
    """A fault that meets one call."""

    fault: Fault
    address: str


class Faults:
    """The faults set on one world, how often each struck, and the draws behind them."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._faults: dict[str, Fault] = {}
        self._patterns: dict[str, tuple[re.Pattern[str], re.Pattern[str]]] = {}
        self._occurrences: dict[str, int] = {}
        self.struck: dict[str, int] = {}

    def add(self, fault: Fault) -> None:
        """Set a fault, or replace the one with its id; raises re.error for a bad pattern."""
        self._patterns[fault.id] = (re.compile(fault.path), re.compile(fault.body))
        self._faults[fault.id] = fault

    def clear(self, fault_id: str | None = None) -> None:
        """Heal one fault, or all of them."""
        if fault_id is None:
            self._faults.clear()
        else:
            self._faults.pop(fault_id, None)

    def listed(self) -> list[Fault]:
        """The faults that are set now."""
        return list(self._faults.values())

    def for_call(self, call: Call, now_ms: int) -> Strike | None:
        """The first fault that strikes this call, counted as struck; outages before all others."""
        if not self._faults:
            return None
        address = _address(call)
        self._occurrences[address] = occurrence = self._occurrences.get(address, 0) + 1
        for fault in sorted(self._faults.values(), key=lambda f: (f.kind != "outage", f.id)):
            if fault.kind != "outage" and fault.kind not in CALL_KINDS:
                continue
            if self._meets(fault, call, now_ms) and self._drawn(fault, f"{address}#{occurrence}", occurrence):
                self.note(fault)
                return Strike(fault, address)
        return None

    def active(self, kind: str, now_ms: int) -> Fault | None:
        """The first fault of a kind in force now: a habit, not bound to one call."""
        return next(
            (
                fault
                for fault in self._faults.values()
                if fault.kind == kind
                and fault.from_ms <= now_ms < fault.until_ms
                and self.struck.get(fault.id, 0) < fault.times
            ),
            None,
        )

    def draw(self, fault: Fault, key: str) -> bool:
        """Whether a fault bound to something else than a call (a webhook, a batch item) strikes it."""
        hit = self.struck.get(fault.id, 0) < fault.times and self._share(fault, key)
        if hit:
            self.note(fault)
        return hit

    def note(self, fault: Fault) -> None:
        """Count a strike."""
        self.struck[fault.id] = self.struck.get(fault.id, 0) + 1

    def _meets(self, fault: Fault, call: Call, now_ms: int) -> bool:
        path, body = self._patterns[fault.id]
        return (
            fault.from_ms <= now_ms < fault.until_ms
            and (not fault.method or fault.method == call.method)
            and (not fault.path or path.search(f"{call.path}?{call.query_string}") is not None)
            and (not fault.body or body.search(call.body.decode("utf-8", "replace")) is not None)
        )

    def _drawn(self, fault: Fault, key: str, occurrence: int) -> bool:
        if fault.occurrence and fault.occurrence != occurrence:
            return False
        return self.struck.get(fault.id, 0) < fault.times and self._share(fault, key)

    def _share(self, fault: Fault, key: str) -> bool:
        if fault.share_e6 >= 1_000_000:
            return True
        digest = hashlib.blake2b(f"{self._seed}|{fault.id}|{key}".encode(), digest_size=8).digest()
        return int.from_bytes(digest) % 1_000_000 < fault.share_e6


def _address(call: Call) -> str:
    digest = hashlib.blake2b(call.body, digest_size=8).hexdigest()
    return f"{call.method} {call.path}?{call.query_string} {digest}"
