"""The core's memory, as processes use it: every call inside a transaction that the engine gave.

State is kept, not work: what was observed, what was derived from it, what every target should
hold. Whatever is missing can be found by comparing, after any crash.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from msgspec import Struct
from sqlalchemy import Connection

from integration_core.canonical.billing import (
    Blocked,
    Creditable,
    Entry,
    Piece,
    Rated,
    Unpriced,
)
from integration_core.canonical.close import Booked, Charged
from integration_core.canonical.ledger import Journal
from integration_core.canonical.work import Task
from integration_core.ports.documents import Documents, Mirroring
from integration_core.ports.systems import Outcome, SourceRecord, Unread


class Taken(Struct, frozen=True):
    """What one page of changes brought: fresh records by stream, repeats, and unreadable ones."""

    fresh: int
    duplicate: int
    unread: int


class Intake(Protocol):
    """The inbox: each version of each source record once, and how far every source has been read."""

    def take(
        self,
        connection: Connection,
        source: str,
        stream: str,
        records: Sequence[SourceRecord],
        unread: Sequence[Unread],
        now_ms: int,
    ) -> Taken: ...

    def watermark(self, connection: Connection, source: str, stream: str) -> int | None: ...

    def watermarks(self, connection: Connection) -> dict[tuple[str, str], int]: ...

    def advance(self, connection: Connection, source: str, complete_to_ms: Mapping[str, int]) -> None:
        """Move the watermarks of a source's streams forward; never back."""
        ...

    def note_delivery(self, connection: Connection, source: str, key: str, now_ms: int) -> bool:
        """Count a notification; False when this very one came before."""
        ...

    def counts(self, connection: Connection) -> dict[str, int]: ...


class Crosswalk(Protocol):
    """Business key to native id and back, one to one for each system and entity."""

    def put(self, connection: Connection, system: str, entity: str, key: str, native_id: str) -> None: ...

    def native_id(self, connection: Connection, system: str, entity: str, key: str) -> str | None: ...

    def native_ids(self, connection: Connection, system: str, entity: str) -> dict[str, str]: ...


class Unapproved(Struct, frozen=True):
    """A cell that waited for its approval at an instant; `approved_ms` is set where it has it by now."""

    entry_bk: str
    contract_native_id: str
    work_date: date
    approved_ms: int | None = None


class Resolved(Struct, frozen=True):
    """What became of a batch of parked cards.

    How many are entries now, the keys of entries whose blocked version is superseded, groups of entries
    that look like one entered twice (person, task, day, hours and note agree; one of them is new), and
    the place to go on from, None at the end.
    """

    entered: int
    outrun: tuple[str, ...]
    suspects: tuple[tuple[str, ...], ...]
    carries_on: bool  # a card among them replaces another
    after: tuple[int, str] | None


class Work(Protocol):
    """Approved time, its billing event pieces, and the tasks they hang on."""

    def put_tasks(
        self, connection: Connection, contract_native_id: str, tasks: Iterable[tuple[Task, str]]
    ) -> None: ...

    def resolve(
        self, connection: Connection, limit: int = ..., after: tuple[int, str] | None = None
    ) -> Resolved:
        """Turn a batch of approved cards whose references are known into entries; others stay parked."""
        ...

    def parked(self, connection: Connection, before_ms: int) -> int:
        """How many cards approved before an instant are not entries yet."""
        ...

    def unrated(self, connection: Connection, before_ms: int, limit: int, after: str) -> Sequence[Entry]:
        """Entries approved before an instant and without a final class, by source id after `after`."""
        ...

    def settle(
        self,
        connection: Connection,
        results: Sequence[Rated | Unpriced | Blocked],
        now_ms: int,
        healed_ms: Mapping[str, int] | None = None,
    ) -> None:
        """Record the outcome of rating; a priced version replaces the unlocked piece of the one before."""
        ...

    def booked(
        self,
        connection: Connection,
        before_ms: int,
        *,
        lines: Collection[str] | None = None,
        days: tuple[date, date] | None = None,
    ) -> Sequence[Booked]:
        """Valid approved versions of time before an instant, with what superseded them when.

        All, or those that stand on some contract lines, or those of some days of work.
        """
        ...

    def unapproved(self, connection: Connection, cutoff_ms: int) -> Sequence[Unapproved]:
        """Billable cells that were submitted but not approved at an instant."""
        ...

    def unfinished(self, connection: Connection) -> bool:
        """Whether a card is parked or an entry unrated."""
        ...

    def oldest_unrated_ms(self, connection: Connection) -> int | None:
        """The earliest approval instant among entries not rated and not blocked."""
        ...


class Pieces(Protocol):
    """Billing event pieces from their commit to their credit."""

    def put(self, connection: Connection, pieces: Sequence[Piece]) -> None:
        """Keep pieces that no time entry stands behind; those that are there stay as they are."""
        ...

    def committed(self, connection: Connection, before_ms: int) -> Sequence[Piece]: ...

    def lock(self, connection: Connection, event_bks: Sequence[str], run: str, document: str) -> None: ...

    def creditable(self, connection: Connection, before_ms: int) -> Sequence[Creditable]:
        """Billed pieces whose entry was corrected before an instant and that no credit takes back yet."""
        ...

    def take_back(self, connection: Connection, event_bks: Sequence[str], credit: str) -> None: ...

    def charged(self, connection: Connection, entity_code: str, until: date) -> Sequence[Charged]:
        """Pieces that still matter at a day, with the accounting dates of the entity's ready documents.

        Left out is hourly work that was billed by then and not corrected since.
        """
        ...


class Waits(Protocol):
    """Until when processes wait for time alone."""

    def put(self, connection: Connection, process: str, key: str, until_ms: int) -> bool:
        """Note until when somebody waits; False when that was known."""
        ...

    def all(self, connection: Connection) -> list[int]:
        """Every instant that somebody waits for, earliest first."""
        ...


class Closes(Protocol):
    """Closes of periods."""

    def states(self, connection: Connection, entity_code: str) -> dict[str, str]:
        """POSTED or CLOSED by period; a period that is not there is open."""
        ...

    def set_state(
        self, connection: Connection, entity_code: str, period: str, state: str, now_ms: int
    ) -> None: ...

    def note_journals(self, connection: Connection, journals: Sequence[Journal], closes: str) -> None:
        """Remember journals that were stated; `closes` is the period whose close made them, or empty."""
        ...

    def unsent_journals(self, connection: Connection, entity_code: str, period: str) -> int:
        """How many journals of a period, or of its close, the ERP does not have yet."""
        ...

    def recognised(self, connection: Connection, before: str) -> dict[str, Decimal]:
        """Cumulative earnings by contract line at the last close before a period."""
        ...

    def put_recognised(self, connection: Connection, period: str, earned: Mapping[str, Decimal]) -> None: ...


class Outgoing(Struct, frozen=True, kw_only=True):
    """One wanted write that the target does not have yet."""

    lane: str
    key: str
    revision: str
    payload: Any
    attempts: int


class Outbox(Protocol):
    """What every target should hold, by lane and key; a row is pending until its revision was sent."""

    def want(self, connection: Connection, lane: str, rows: Iterable[tuple[str, Any]], now_ms: int) -> int:
        """State the wanted payloads; returns how many of them are new or changed."""
        ...

    def pending(self, connection: Connection, lane: str, now_ms: int, limit: int) -> Sequence[Outgoing]: ...

    def next_ms(self, connection: Connection, lane: str) -> int | None:
        """When the earliest owed row may be told, None where nothing is owed."""
        ...

    def settle(
        self,
        connection: Connection,
        batch: Sequence[Outgoing],
        outcomes: Sequence[Outcome],
        now_ms: int,
    ) -> int | None:
        """Note what was written; returns when the earliest failed one is to be tried again."""
        ...

    def revive(self, connection: Connection, lane: str, key: str) -> None:
        """Make a refused row pending again."""
        ...

    def payloads(self, connection: Connection, lane: str, keys: Sequence[str]) -> dict[str, Any]:
        """What is wanted under some keys."""
        ...

    def counts(self, connection: Connection) -> dict[str, int]: ...


class CaseRow(Struct, frozen=True, kw_only=True):
    """One business exception in the queue."""

    id: str
    code: str
    entity_bk: str
    severity: str
    owner: str
    text: str
    opened_at_ms: int
    due_at_ms: int
    resolved_at_ms: int | None
    process: str
    key: str


class Cases(Protocol):
    """The exception queue."""

    def open(
        self,
        connection: Connection,
        code: str,
        entity_bk: str,
        text: str,
        opened_at_ms: int,
        replay: tuple[str, str],
    ) -> None:
        """Open a case, or leave the open one of this code and entity as it is."""
        ...

    def open_all(
        self,
        connection: Connection,
        code: str,
        found: Sequence[tuple[str, str, int, int | None]],
        replay: tuple[str, str],
    ) -> None:
        """Open many cases of one code: entity, text, since when, and until when if that is known."""
        ...

    def resolve(self, connection: Connection, entity_bk: str, codes: Iterable[str], at_ms: int) -> None: ...

    def open_about(self, connection: Connection, entity_bks: Collection[str]) -> frozenset[str]:
        """Those of some entities that an open case is about."""
        ...

    def open_with(self, connection: Connection, codes: Collection[str]) -> frozenset[str]:
        """The entities that open cases of some codes are about."""
        ...

    def all(self, connection: Connection, *, only_open: bool = False) -> Sequence[CaseRow]: ...

    def get(self, connection: Connection, case_id: str) -> CaseRow | None: ...


class ReferenceReader(Protocol):
    """The core's picture of the sources, current as of the connection's transaction."""

    def changed(self, connection: Connection, after: int) -> tuple[Sequence[SourceRecord], int]:
        """Records applied after a sequence number, in order, and the number to go on from."""
        ...

    def as_of(self, connection: Connection, before_ms: int) -> Sequence[SourceRecord]:
        """The records as the sources had committed them before an instant, in the order they were applied."""
        ...

    def latest_seq(self, connection: Connection) -> int:
        """The number of the record that was applied last."""
        ...

    def has_since(self, connection: Connection, seq: int, before_ms: int) -> bool:
        """Whether a record of before an instant was applied after a sequence number."""
        ...

    def provisioned(self, connection: Connection) -> frozenset[str]:
        """Native ids of contracts whose project stands."""
        ...

    def is_provisioned(self, connection: Connection, contract_native_id: str) -> bool: ...

    def set_provisioned(self, connection: Connection, contract_native_id: str, at_ms: int) -> None: ...


class BookReader(Protocol):
    """What this subject publishes of itself."""

    def read(self, connection: Connection) -> dict[str, Any]:
        """Pieces, cases, messages and lineage as plain JSON values."""
        ...


class Store(Protocol):
    """All of it."""

    @property
    def book(self) -> BookReader: ...

    @property
    def intake(self) -> Intake: ...
    @property
    def crosswalk(self) -> Crosswalk: ...
    @property
    def work(self) -> Work: ...
    @property
    def pieces(self) -> Pieces: ...
    @property
    def documents(self) -> Documents: ...
    @property
    def closes(self) -> Closes: ...
    @property
    def mirroring(self) -> Mirroring: ...
    @property
    def waits(self) -> Waits: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def cases(self) -> Cases: ...
    @property
    def references(self) -> ReferenceReader: ...
