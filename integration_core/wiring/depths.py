"""How much waits in the core's tables, asked of the database when somebody scrapes.

Every question runs over an index of what is open, and all of them together at most once a second;
where they take longer than that allows, they are asked more rarely, so that watching a busy database
never becomes a load of its own.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from threading import Lock
from typing import Any

from prometheus_client.core import GaugeMetricFamily
from sqlalchemy import Connection, Select, case, func, literal_column, select
from sqlalchemy import Engine as Database
from sqlalchemy.exc import SQLAlchemyError

from integration_core.engine.database import reading
from integration_core.engine.schema import activation, run_failure, timer
from integration_core.processes.sending import LANES
from integration_core.store import schema

LEAST_SECONDS = 1.0
SHARE_OF_TIME = 20  # at least so many times as long as it took is waited before the next look
Rows = Sequence[tuple[Any, ...]]

_OUTBOX = (
    select(schema.outbox.c.lane, schema.outbox.c.state, func.count(), func.min(schema.outbox.c.wanted_ms))
    .where(schema.outbox.c.lane.in_(sorted(LANES)), schema.outbox.c.state.in_(("pending", "refused")))
    .group_by(schema.outbox.c.lane, schema.outbox.c.state)
)
# Words and not parameters: PostgreSQL takes two parameters for two values, also where it groups by one.
_RUNNING = case(
    (activation.c.started > activation.c.done, literal_column("'running'")),
    else_=literal_column("'waiting'"),
)
_ACTIVATIONS = (
    select(activation.c.process, _RUNNING, func.count())
    .where(activation.c.asked > activation.c.done)
    .group_by(activation.c.process, _RUNNING)
)
_PARKED = select(func.count()).select_from(schema.card).where(schema.card.c.stage == "parked")
_ENTRIES = (
    select(schema.entry.c.state, func.count())
    .where(schema.entry.c.state.in_(("new", "blocked")))
    .group_by(schema.entry.c.state)
)
_FAILURES = (
    select(run_failure.c.process, func.count())
    .where(run_failure.c.recovered_ms.is_(None))
    .group_by(run_failure.c.process)
)
_CASES = (
    select(schema.case.c.code, func.count())
    .where(schema.case.c.resolved_at_ms.is_(None))
    .group_by(schema.case.c.code)
)
_WATERMARKS = select(schema.watermark.c.source, schema.watermark.c.stream, schema.watermark.c.complete_to_ms)
_DOCUMENTS = select(schema.document.c.kind, func.count()).group_by(schema.document.c.kind)
_JOURNALS = select(func.count()).select_from(schema.journal)


def _due(now_ms: int) -> Select[Any]:
    return select(func.count()).select_from(timer).where(timer.c.due_ms <= now_ms)


class Depths:
    """The last answers, and when to ask again."""

    def __init__(
        self,
        database: Database,
        now_ms: Callable[[], int],
        seconds: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._database = database
        self._now_ms = now_ms
        self._seconds = seconds
        self._next = 0.0
        self._last: list[GaugeMetricFamily] = []
        self._known: dict[str, dict[tuple[tuple[str, str], ...], None]] = {}
        self._lock = Lock()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """For the registry: fresh answers, or the last ones where it is too soon."""
        with self._lock:
            began = self._seconds()
            if began >= self._next:
                self._last = self._asked()
                ended = self._seconds()
                self._next = began + max(LEAST_SECONDS, SHARE_OF_TIME * (ended - began))
            yield from self._last

    def _asked(self) -> list[GaugeMetricFamily]:
        """A database that does not answer takes no other metric with it."""
        try:
            with reading(self._database) as connection:
                families = [*_families(connection, self._now_ms()), _answered(1)]
        except SQLAlchemyError:
            return [_answered(0)]
        for family in families:
            self._fill_up(family)
        return families

    def _fill_up(self, family: GaugeMetricFamily) -> None:
        """What waited once and waits no more is nought, and not gone from every chart."""
        shown = {tuple(sample.labels.items()) for sample in family.samples}
        known = self._known.setdefault(family.name, {})
        for labels in known.keys() - shown:
            family.add_sample(family.name, dict(labels), 0.0)
        known.update(dict.fromkeys(shown))


def _answered(answered: int) -> GaugeMetricFamily:
    return _gauge("database_answers", "Whether the database could be asked.", (), [(answered,)])


def _families(connection: Connection, now_ms: int) -> Iterator[GaugeMetricFamily]:
    def rows(statement: Select[Any]) -> Rows:
        return connection.execute(statement).all()

    outbox = rows(_OUTBOX)
    yield _gauge(
        "outbox_rows",
        "Outbox rows that are owed or were refused.",
        ("lane", "state"),
        [row[:3] for row in outbox],
    )
    yield _gauge(
        "outbox_oldest_seconds",
        "The core's time since the oldest owed row of a lane was wanted.",
        ("lane",),
        [(lane, (now_ms - wanted) / 1000) for lane, state, _, wanted in outbox if state == "pending"],
    )
    yield _gauge(
        "activations",
        "Activations that wait or run.",
        ("process", "state"),
        rows(_ACTIVATIONS),
    )
    yield _gauge("timers_due", "Timers that are due and not fired.", (), rows(_due(now_ms)))
    yield _gauge("inbox_parked", "Approved cards that wait for what they refer to.", (), rows(_PARKED))
    yield _gauge("entries_waiting", "Time entries that are not rated yet.", ("state",), rows(_ENTRIES))
    yield _gauge("failures_standing", "Runs that fail at present.", ("process",), rows(_FAILURES))
    yield _gauge("cases_open", "Open cases.", ("code",), rows(_CASES))
    yield _gauge(
        "known_to_age_seconds",
        "The core's time since the instant that a stream is completely known to.",
        ("source", "stream"),
        [(source, stream, (now_ms - at_ms) / 1000) for source, stream, at_ms in rows(_WATERMARKS)],
    )
    yield _gauge("documents", "Invoices and credits that the core has made.", ("kind",), rows(_DOCUMENTS))
    yield _gauge("journals", "Journals that the core has made.", (), rows(_JOURNALS))


def _gauge(name: str, text: str, labels: tuple[str, ...], rows: Rows) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"rehearse_core_{name}", text, labels=labels)
    for row in rows:
        family.add_metric([str(value) for value in row[:-1]], float(row[-1]))
    return family
