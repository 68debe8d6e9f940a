"""The core's own API over a real store and real receivers; no engine runs behind it."""

import hashlib
import hmac
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import msgspec
from sqlalchemy import Connection, Engine, func, insert, select

from contracts.fuzz.target import Answer, Oddity, Request, Served, Target
from integration_core.api.application import Operations, application
from integration_core.canonical.versions import SCHEMA_VERSION
from integration_core.engine.database import open_database
from integration_core.ports.engine import Rest
from integration_core.store import Store, schema
from integration_core.wiring.clocks import RehearsalClock
from integration_core.wiring.receivers import BambooReceiver, GustoReceiver, SalesforceReceiver

START_MS = int(datetime(2026, 2, 2, 9, tzinfo=UTC).timestamp() * 1000)
ORGANIZATION = "00D000000000001AAA"
OPERATOR, READER, WEBHOOK = "operator-of-a-fuzzed-core", "reader-of-a-fuzzed-core", "webhook-of-a-fuzzed-core"
CASES = ("TECH_5XX", "RATE_MISSING")


class _Noted:
    """Activations that are kept and never run."""

    def __init__(self) -> None:
        self.asked: set[tuple[str, str]] = set()

    def request(self, connection: Connection, process: str, key: str) -> None:
        """Keep that it was asked for."""
        self.asked.add((process, key))

    def schedule(self, connection: Connection, process: str, key: str, at_ms: int) -> None:
        """Keep that it was asked for."""
        self.asked.add((process, key))


class BareCore:
    """The parts of a core that the API touches, over one database in memory, with a little in it."""

    def __init__(self) -> None:
        self.database: Engine = open_database("sqlite://")
        self.clock = RehearsalClock(START_MS)
        self.store = Store()
        with self.database.begin() as connection:
            schema.create_tables(connection)
            _seed(connection, self.store)

    def operations(self) -> Operations:
        """What the API is built from."""
        return Operations(
            store=self.store,
            activations=_Noted(),
            receivers={
                "salesforce": SalesforceReceiver("crm", ORGANIZATION, WEBHOOK),
                "bamboohr": BambooReceiver("hris", WEBHOOK, self.clock),
                "gusto": GustoReceiver("payroll", WEBHOOK),
            },
            transaction=self.transaction,
            rest=self.rest,
            pressure=self.pressure,
            maximum_waiting=100_000,
            now_ms=self.clock.now_ms,
            poll_every=self.poll_every,
            set_clock=self.set_clock,
            tokens={OPERATOR: "operator", READER: "reader"},
        )

    async def transaction(self, work: Callable[[Connection], Any]) -> Any:
        """Run in one transaction."""
        with self.database.begin() as connection:
            return work(connection)

    async def rest(self) -> Rest:
        """Nothing runs; one timer is due in an hour."""
        return Rest(running=0, due_now=0, next_due_ms=self.clock.now_ms() + 3_600_000)

    async def pressure(self, bound: int) -> int:
        """Nothing waits."""
        return 0

    async def poll_every(self, seconds: float) -> None:
        """Nothing is polled here."""

    async def set_clock(self, now_ms: int, speed: int, since_wall_ms: int | None) -> None:
        """Move the clock, or let it run."""
        self.clock.run(now_ms, speed, since_wall_ms)

    def records(self) -> int:
        """How many rows all tables have."""
        with self.database.begin() as connection:
            tables = schema.metadata.sorted_tables
            return sum(
                connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables
            )


def _seed(connection: Connection, store: Store) -> None:
    """Two cases, a piece, an entry without a price and a wish, so that every answer has something in it."""
    for number, code in enumerate(CASES, start=1):
        store.cases.open(connection, code, f"IN|{number}", "Something is wrong.", START_MS, ("rating", "all"))
    store.cases.resolve(connection, "IN|2", ["RATE_MISSING"], START_MS + 1)
    texts = {"contract_native_id": "800C", "contract_line_native_id": "a0L1", "memo": "", "ver": 1}
    piece = {
        "event_bk": "BE|TE|TC-1|Mon|v1.1|p1",
        "source_id": "a1T1#Mon",
        "entry_bk": "TE|TC-1|Mon",
        "rating": 1,
        "piece": 1,
        "method": "TM",
        "service_date": "2026-01-05",
        "hours": "3.50",
        "hourly": "180",
        "amount": "630.00",
        "commit_ms": START_MS,
        "superseded_ms": None,
        "cost_centre": "",
        "rate_source": "1|AS|A-0001",
        "state": "COMMITTED",
        "run": "",
        "document": "",
        "credit_document": "",
    }
    connection.execute(insert(schema.piece).values(**texts, **piece))
    entry = {
        "source_id": "a1T1#Tue",
        "card_native_id": "a1T1",
        "bk": "TE|TC-1|Tue",
        "employee_no": "E001",
        "assignment_native_id": "a1A1",
        "task_native_id": "a1K1",
        "task_billable": True,
        "work_date": "2026-01-06",
        "hours": "8",
        "time_type": "REGULAR",
        "billable": True,
        "a_ms": START_MS,
        "valid_ms": START_MS,
        "state": "covered",
        "event_source_id": "",
        "problem": "",
        "look": 1,
    }
    shared = {name: value for name, value in texts.items() if name != "contract_native_id"}
    connection.execute(insert(schema.entry).values(**shared, **entry))
    _seed_wish(connection)


def _seed_wish(connection: Connection) -> None:
    wish = {
        "lane": "customer",
        "key": "001A",
        "revision": "1",
        "payload": "{}",
        "schema_version": SCHEMA_VERSION,
        "sent_revision": "",
        "state": "pending",
        "attempts": 0,
        "not_before_ms": START_MS,
        "wanted_ms": START_MS,
        "error": "",
    }
    connection.execute(insert(schema.outbox).values(**wish))


@contextmanager
def serve() -> Iterator[Served]:
    """A fresh core with a little in it."""
    core = BareCore()
    api = application(core.operations())
    try:
        yield Served(
            description=api.openapi(),
            application=api,
            authorise=partial(_authorised, core.clock, OPERATOR),
            wrong=partial(_authorised, core.clock, "nobody-at-all"),
            known={"path.case_id": ("C-000001", "C-000002"), "path.token": (WEBHOOK,)},
            records=core.records,
        )
    finally:
        core.database.dispose()


def _authorised(clock: RehearsalClock, token: str, request: Request) -> dict[str, str]:
    """A bearer token; notifications are signed as their vendors sign them."""
    path, at = urlsplit(request.url).path, str(clock.now_ms() // 1000)
    if path.startswith("/webhooks/bamboohr/"):
        return {"X-BambooHR-Timestamp": at, "X-BambooHR-Signature": _signature(request.body + at.encode())}
    if path.startswith("/webhooks/gusto/"):
        return {"X-Gusto-Signature": _signature(request.body)}
    return {"Authorization": f"Bearer {token}"}


def _signature(signed: bytes) -> str:
    return hmac.new(WEBHOOK.encode(), signed, hashlib.sha256).hexdigest()


def _refused(answer: Answer) -> str:
    if answer.status != 401:
        return f"The answer is {answer.status}, not 401."
    try:
        told = msgspec.json.decode(answer.body, type=dict[str, str])
    except msgspec.DecodeError:
        return "A refusal is a JSON object with one sentence."
    return (
        "" if told.get("detail") and "www-authenticate" in answer.headers else "A refusal names its scheme."
    )


ODDITIES = (
    Oddity(
        "positive_data_acceptance",
        ("step_clock",),
        "A clock never goes back, so an instant that is well written and past is refused.",
    ),
    Oddity(
        "negative_data_rejection",
        ("receive_notification",),
        "Of the vendors' signature headers only the one of the vendor in the path is read.",
        containing="in header",
    ),
)
TARGET = Target(
    provider="integration-core",
    serve=serve,
    refused=_refused,
    oddities=ODDITIES,
    repeatable=frozenset({"replay", "receive_notification"}),
    volatile=frozenset({"now_ms"}),  # a clock that runs
)
