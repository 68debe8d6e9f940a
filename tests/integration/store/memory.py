"""A store on a database of its own, driven the way the engine drives it: one transaction after another."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import Connection

from integration_core.canonical.billing import Blocked, Draft, Entry, Piece, Rated, Unpriced
from integration_core.canonical.work import Task, TimeCard
from integration_core.engine.database import open_database
from integration_core.ports.store import Taken
from integration_core.ports.systems import SourceRecord, Unread
from integration_core.store import Store
from integration_core.store.schema import create_tables

T = TypeVar("T")
FOREVER_MS = 1 << 60


class Memory:
    """A store with its database; every call is a transaction of its own."""

    def __init__(self, url: str) -> None:
        self.database = open_database(url)
        self.store = Store()
        self.do(create_tables)

    def do(self, work: Callable[[Connection], T]) -> T:
        """Run in a transaction that is committed at the end."""
        with self.database.begin() as connection:
            return work(connection)

    def close(self) -> None:
        """Let go of every connection."""
        self.database.dispose()

    def take(self, *records: SourceRecord, unread: Sequence[Unread] = (), stream: str = "all") -> Taken:
        """One page of changes."""
        return self.do(lambda c: self.store.intake.take(c, "source", stream, records, unread, 0))

    def counts(self) -> dict[str, int]:
        """Messages by outcome."""
        return self.do(self.store.intake.counts)

    def current(self) -> Sequence[SourceRecord]:
        """All source records as they stand."""
        return self.do(lambda c: self.store.references.changed(c, 0))[0]

    def staff(self, *people: tuple[str, str]) -> None:
        """Make persons known: (employee number, native id in the PSA)."""
        for number, native_id in people:
            self.pair("psa", "resource", number, native_id)

    def pair(self, system: str, entity: str, key: str, native_id: str) -> None:
        """Put a business key and a native id into the crosswalk."""
        put = self.store.crosswalk.put
        self.do(partial(put, system=system, entity=entity, key=key, native_id=native_id))

    def plan(self, *tasks: tuple[Task, str]) -> None:
        """Make tasks known, with their native ids."""
        self.do(lambda c: self.store.work.put_tasks(c, "800C", tasks))

    def enter(self, *cards: TimeCard) -> None:
        """Take cards and resolve what can be resolved."""
        self.take(*cards)
        self.do(self.store.work.resolve)

    def unrated(self, before_ms: int = FOREVER_MS, limit: int = 1000, after: str = "") -> Sequence[Entry]:
        """Entries that wait for a price."""
        return self.do(lambda c: self.store.work.unrated(c, before_ms, limit, after))

    def settle(self, *results: Rated | Unpriced | Blocked) -> None:
        """Record outcomes of rating."""
        self.do(lambda c: self.store.work.settle(c, results, 0))

    def committed(self, before_ms: int) -> Sequence[Piece]:
        """What a run with this cut-off may take."""
        return self.do(lambda c: self.store.pieces.committed(c, before_ms))

    def bill(self, draft: Draft, run: str = "BR|US01|2026-01-31") -> None:
        """Keep a run's only document and bind its pieces."""

        def work(connection: Connection) -> None:
            self.store.documents.finish_run(connection, run, [draft], [], 0)
            self.store.pieces.lock(connection, draft.event_bks, run, draft.key)

        self.do(work)

    def book(self) -> dict[str, Any]:
        """What the core says of itself."""
        return self.do(self.store.book.read)

    def states(self) -> dict[str, str]:
        """State of every piece in the book, by source id and version."""
        return {f"{piece['source_id']} v{piece['ver']}": piece["state"] for piece in self.book()["pieces"]}
