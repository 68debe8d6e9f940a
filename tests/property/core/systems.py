"""The systems around the core as stand-ins: sources that deliver as they are told, targets that remember.

A source owes the core what its port promises and nothing more: all that was committed before the
bound it names. When it delivers, in which order, in which pages and how often is a matter of the draw.
"""

import random
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from integration_core.canonical.ledger import CreditMemo, Invoice, InvoiceState, Journal
from integration_core.canonical.money import ZERO, quantise
from integration_core.ports.systems import (
    ChangePage,
    Outcome,
    Refused,
    SourceRecord,
    Written,
)
from tests.property.core.history import Fact

STREAMS = {
    "crm": ("deals",),
    "psa": ("staffing", "time", "progress"),
    "hris": ("people", "leave"),
    "erp": ("masters", "documents"),
    "payroll": ("runs",),
}


class Manner(msgspec.Struct, frozen=True):
    """How a source delivers at one poll."""

    behind_ms: tuple[int, ...] = (0,)  # how long ago it is complete to, by stream
    page: int = 1_000
    again: int = 0  # how many of the records that were delivered before come once more
    early: bool = False  # what is newer than the bound comes too
    seed: int = 0


class Undelivered(AssertionError):
    """The core asks for changes from an instant on, and lacks something before it."""


class Source:
    """A system of record with a log of facts; delivers what is due in pages, each record version once."""

    def __init__(self, name: str, log: Sequence[Fact], now_ms: Callable[[], int]) -> None:
        self.name, self.streams = name, STREAMS[name]
        self.manner = Manner()
        self._now_ms = now_ms
        self._log: dict[str, list[SourceRecord]] = {stream: [] for stream in self.streams}
        for fact in log:
            if fact.source == name:
                self._log[fact.stream].append(fact.record)
        self._delivered: dict[str, list[int]] = {stream: [] for stream in self.streams}
        self._complete_ms = dict.fromkeys(self.streams, 0)
        self._pages: list[ChangePage] = []

    def commit(self, stream: str, record: SourceRecord) -> None:
        """Something new in this source."""
        self._log[stream].append(record)

    def forget(self) -> None:
        """Deliver everything once more at the next poll."""
        self._delivered = {stream: [] for stream in self.streams}

    async def read_changes(self, stream: str, since_ms: int, cursor: str | None) -> ChangePage:
        """See ports.systems.Source."""
        if cursor is None:
            if since_ms > self._complete_ms[stream]:
                raise Undelivered(f"{self.name} {stream} is asked from {since_ms} on")
            self._pages = self._cut(stream)
        return self._pages.pop(0)

    def _cut(self, stream: str) -> list[ChangePage]:
        """The pages of a poll; two versions of one record never share one, as a source shows it once."""
        manner, chance = self.manner, random.Random(self.manner.seed)
        behind_ms = manner.behind_ms[self.streams.index(stream) % len(manner.behind_ms)]
        complete_ms = max(self._complete_ms[stream], self._now_ms() - behind_ms)
        log, before = self._log[stream], self._delivered[stream]
        due = self._due(log, frozenset(before), complete_ms, chance)
        batch = _shuffled(due, log, chance)
        for at in chance.sample(before, min(manner.again, len(before))):
            batch.insert(chance.randint(0, len(batch)), at)
        before.extend(due)
        self._complete_ms[stream] = complete_ms
        *first, last = _paged([log[at] for at in batch], manner.page)
        pages = [ChangePage(records=tuple(page), cursor="more") for page in first]
        return [*pages, ChangePage(records=tuple(last), complete_to_ms=complete_ms)]

    def _due(
        self, log: Sequence[SourceRecord], before: frozenset[int], complete_ms: int, chance: random.Random
    ) -> list[int]:
        """What must come by now, and some of what may; never a version without the one before it."""
        due, kept_back = [], set[str]()
        for at, record in enumerate(log):
            if at in before:
                continue
            may = self.manner.early and _identity(record) not in kept_back and chance.random() < 0.5
            known = record.recorded_at_ms < self._now_ms()
            if record.recorded_at_ms < complete_ms or (known and may):
                due.append(at)
            else:
                kept_back.add(_identity(record))
        return due


def _identity(record: SourceRecord) -> str:
    name = getattr(record, "native_id", None) or getattr(record, "jurisdiction", "")
    return f"{type(record).__name__}|{name}"


def _shuffled(due: Sequence[int], log: Sequence[SourceRecord], chance: random.Random) -> list[int]:
    """Any order in which the versions of one record stay in theirs."""
    mixed = list(due)
    chance.shuffle(mixed)
    in_turn: dict[str, list[int]] = {}
    for at in due:
        in_turn.setdefault(_identity(log[at]), []).append(at)
    return [in_turn[_identity(log[at])].pop(0) for at in mixed]


def _paged(records: Sequence[SourceRecord], size: int) -> list[list[SourceRecord]]:
    """Pages of at most some records, and at least one page."""
    pages: list[list[SourceRecord]] = [[]]
    for record in records:
        shown = {_identity(one) for one in pages[-1]}
        if len(pages[-1]) >= size or _identity(record) in shown:
            pages.append([])
        pages[-1].append(record)
    return pages


class Targets:
    """What PSA, CRM and ERP hold by lane and external id, told by whom it may concern."""

    def __init__(self, now_ms: Callable[[], int], tell: Callable[[InvoiceState], None]) -> None:
        self.held: dict[str, dict[str, Any]] = {}
        self.closed: set[str] = set()
        self.writes = 0
        self._now_ms = now_ms
        self._tell = tell

    def put(self, kind: str, key: str, record: Any) -> Written:
        """An upsert by external id."""
        self.writes += 1
        self.held.setdefault(kind, {})[key] = msgspec.to_builtins(record)
        return Written(key=key, native_id=f"{kind}:{key}")

    def put_all(self, kind: str, keyed: Sequence[tuple[str, Any]]) -> Sequence[Outcome]:
        """Upserts, one outcome each."""
        return [self.put(kind, key, record) for key, record in keyed]

    def create(self, kind: str, record: Invoice | CreditMemo | Journal) -> Written:
        """Create a document once; it is posted at once, and refused in a closed period."""
        if record.key not in self.held.setdefault(kind, {}):
            if f"{record.acct_date:%Y-%m}" in self.closed:
                raise Refused("PERIOD_CLOSED", f"{record.key} is dated {record.acct_date}")
            self.put(kind, record.key, record)
            if not isinstance(record, Journal):
                self._tell(_posted(record, self._now_ms()))
        return Written(key=record.key, native_id=f"{kind}:{record.key}")

    def close(self, period: str) -> Written:
        """Close a period."""
        self.writes += period not in self.closed
        self.closed.add(period)
        return Written(key=period, native_id=period)

    def content(self) -> bytes:
        """Everything that is held, as one text that is the same where the content is."""
        everything = {"closed": sorted(self.closed), **self.held}
        return msgspec.json.encode(everything, order="deterministic")


def _posted(document: Invoice | CreditMemo, now_ms: int) -> InvoiceState:
    """What the ERP makes of a document: its tax, its number, its status."""
    net = sum((line.amount for line in document.lines), ZERO)
    tax = quantise(net * document.tax_percent / 100, document.ccy)
    is_credit = isinstance(document, CreditMemo)
    return InvoiceState(
        key=document.key,
        native_id=f"document:{document.key}",
        number=f"No {document.key}",
        status="APPLIED" if is_credit else "POSTED",
        ccy=document.ccy,
        net=net,
        tax=tax,
        gross=net + tax,
        open_amount=ZERO if is_credit else net + tax,
        recorded_at_ms=now_ms,
    )
