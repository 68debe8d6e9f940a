"""What every process works with: the systems, the memory, the engine's doorbell, and some settings."""

from collections.abc import Callable, Mapping
from operator import is_
from threading import Lock
from typing import Protocol, TypeVar

from msgspec import Struct
from sqlalchemy import Connection

from integration_core.canonical.ledger import LegalEntity
from integration_core.canonical.work import Employee
from integration_core.ports.clock import Clock
from integration_core.ports.engine import Activations
from integration_core.ports.metrics import SILENT, Metrics
from integration_core.ports.store import Store
from integration_core.ports.systems import Crm, Erp, Hris, Payroll, Psa, Source
from integration_core.rules.references import RecordOf, References

ALL = "all"
MARGIN_MS = 1_000
FOREVER_MS = 1 << 62  # nothing is waited for
_KEPT_PICTURES = 8


T = TypeVar("T")


class Reader(Protocol):
    """Runs a function in a read transaction of its own."""

    def __call__(self, work: Callable[[Connection], T]) -> T: ...


class Settings(Struct, frozen=True, kw_only=True):
    """How the processes pace themselves."""

    poll_interval_seconds: float = 3600.0
    overlap_ms: int = 120_000  # re-read before every watermark: equal stamps, late commits
    visibility_lag_ms: Mapping[str, int]  # declared by each source, by its name
    rating_batch: int = 2_000


class Settled(Struct, frozen=True):
    """A deal that is built and that nobody waits for: the records it was judged by, and its keys."""

    papers: tuple[object, ...]
    keys: frozenset[str]

    def still_holds(self, papers: tuple[object, ...], troubled: frozenset[str]) -> bool:
        """Whether nothing of it has moved: records are replaced, never changed."""
        same = len(papers) == len(self.papers) and all(map(is_, papers, self.papers))
        return same and not self.keys & troubled


class Told(Struct, frozen=True):
    """A person whom the targets were told of, by which records, and until when these say the same."""

    employee: Employee
    entity: LegalEntity
    until_ms: int

    def still_holds(self, employee: Employee, entity: LegalEntity | None, now_ms: int) -> bool:
        """Whether there is nothing else to be said."""
        return self.employee is employee and self.entity is entity and now_ms < self.until_ms


class Core:
    """The parts that `wiring` put together, handed to every process."""

    def __init__(
        self,
        *,
        store: Store,
        engine: Activations,
        clock: Clock,
        crm: Crm,
        psa: Psa,
        hris: Hris,
        erp: Erp,
        payroll: Payroll,
        settings: Settings,
        read: Reader,
        metrics: Metrics = SILENT,
    ) -> None:
        self.store = store
        self.engine = engine
        self.clock = clock
        self.crm = crm
        self.psa = psa
        self.hris = hris
        self.erp = erp
        self.payroll = payroll
        self.settings = settings
        self.poll_interval_seconds = settings.poll_interval_seconds  # an operator may have it changed
        self.metrics = metrics
        self._read = read
        self.sources: dict[str, Source] = {source.name: source for source in (crm, psa, hris, erp, payroll)}
        self._lock = Lock()
        self._references: References
        self._seen: int
        self.forget()

    def references(self, connection: Connection) -> References:
        """The picture of the sources, brought up to date by what was committed since last time.

        Never to be asked for in a transaction that took records in itself: it may yet be rolled back.
        """
        with self._lock:  # database work runs in threads; whoever got a picture keeps it whole
            records, seen = self.store.references.changed(connection, self._seen)
            if records:
                fresh = self._references.copy()
                fresh.add_all(record for record in records if isinstance(record, RecordOf))
                self._references, self._seen = fresh, seen
            return self._references

    def references_now(self) -> References:
        """The picture of the sources as committed by now, outside any transaction of a run."""
        return self._read(self.references)

    def erp_ids(self) -> tuple[dict[str, str], dict[str, str]]:
        """Native ids in the ERP by business key: customers, jobs."""

        def load(connection: Connection) -> tuple[dict[str, str], dict[str, str]]:
            crosswalk = self.store.crosswalk
            return (
                crosswalk.native_ids(connection, "erp", "customer"),
                crosswalk.native_ids(connection, "erp", "job"),
            )

        return self._read(load)

    def crosswalk(self, system: str, entity: str) -> dict[str, str]:
        """Native ids by business key, as committed by now."""
        return self._read(lambda connection: self.store.crosswalk.native_ids(connection, system, entity))

    def forget(self) -> None:
        """Build the pictures anew next time: after a crash, what was seen may never have been committed."""
        self._references, self._seen = References(), 0
        self._pictures: dict[int, tuple[int, References]] = {}  # by instant, the last used last
        self.deals_settled: dict[str, Settled] = {}  # by native id of the opportunity
        # By employee number: the records that were last stated, and until when they say the same.
        self.people_told: dict[str, Told] = {}

    def watermarks(self, source: str) -> dict[str, int]:
        """How far the streams of a source are known; one that was never polled is not there."""
        known = self._read(self.store.intake.watermarks)
        return {stream: at_ms for (name, stream), at_ms in known.items() if name == source}

    def time_may_help(self, connection: Connection) -> bool:
        """Whether an instant that somebody waits for has come; True too before anybody said so."""
        return self.clock.now_ms() >= next(iter(self.store.waits.all(connection)), 0)

    def wait_until(self, connection: Connection, process: str, key: str, instant_ms: int) -> None:
        """Wait for an instant, and have every source polled as soon as it can prove that all before is known.

        Once for each instant: later polls choose their own time by what is waited for.
        """
        if not self.store.waits.put(connection, process, key, instant_ms) or instant_ms >= FOREVER_MS:
            return
        now_ms = self.clock.now_ms()
        for name in sorted(self.sources):
            at_ms = self._proof_ms(name, instant_ms)
            if at_ms > now_ms and self.known_to_ms(connection, name) < instant_ms:
                self.engine.schedule(connection, "poll", name, at_ms)

    def next_poll_ms(self, connection: Connection, source: str) -> int:
        """When a source is to be polled again: at the next full interval, or when somebody waits for it.

        All sources share these instants, so that what depends on several of them is looked at once.
        """
        now_ms, interval_ms = self.clock.now_ms(), int(self.poll_interval_seconds * 1000)
        usual_ms = (now_ms // interval_ms + 1) * interval_ms
        wished = (self._proof_ms(source, instant_ms) for instant_ms in self.store.waits.all(connection))
        return min([usual_ms, *(at_ms for at_ms in wished if at_ms > now_ms)])

    def _proof_ms(self, source: str, instant_ms: int) -> int:
        return instant_ms + self.settings.visibility_lag_ms[source] + MARGIN_MS

    def references_at(self, connection: Connection, before_ms: int) -> References:
        """The picture of the sources as they had committed it before an instant."""
        with self._lock:
            kept = self._pictures.pop(before_ms, None)
        seen, picture = kept if kept is not None else (0, References())
        latest = self.store.references.latest_seq(connection)
        if seen == 0 or self.store.references.has_since(connection, seen, before_ms):
            picture = References()
            records = self.store.references.as_of(connection, before_ms)
            picture.add_all(record for record in records if isinstance(record, RecordOf))
        with self._lock:
            self._pictures[before_ms] = latest, picture
            while len(self._pictures) > _KEPT_PICTURES:
                self._pictures.pop(next(iter(self._pictures)))
        return picture

    def known_to_ms(self, connection: Connection, *sources: str) -> int:
        """The instant that all streams of these sources are completely known to; 0 before the first poll."""
        marks = self.store.intake.watermarks(connection)
        wanted = [(name, stream) for name in sources for stream in self.sources[name].streams]
        return min((marks.get(one, 0) for one in wanted), default=0)
