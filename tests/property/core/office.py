"""The whole core on a real store, played through one history under one schedule of deliveries.

Nothing here waits: every process runs from its beginning to its end when its turn comes, and whose
turn it is when several are asked for is a matter of the draw too.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import cache
from typing import Any, TypeVar, cast

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, delete

from integration_core.canonical.ledger import (
    CreditMemo,
    ErpCustomer,
    ErpEmployee,
    ErpProject,
    Invoice,
    InvoiceState,
    Journal,
)
from integration_core.canonical.work import (
    BillingMark,
    ContractMirror,
    Milestone,
    MilestoneMark,
    OpportunityMirror,
    Project,
    Resource,
    Task,
)
from integration_core.ports.engine import Json
from integration_core.ports.systems import Crm, Erp, Hris, Outcome, Payroll, Psa, Written
from integration_core.processes import processes
from integration_core.processes.core import Core, Settings
from integration_core.rules.triage import PROBE_SECONDS
from integration_core.store.schema import metadata
from tests.integration.store.memory import Memory
from tests.property.core.history import END_MS, Plan, facts
from tests.property.core.systems import STREAMS, Manner, Source, Targets

T = TypeVar("T")
SOURCES = tuple(STREAMS)
PLAIN = Manner()
PROBE_MS = int(PROBE_SECONDS * 1_000) + 1
MAXIMUM_ROUNDS = 12
MAXIMUM_TURNS = 2_000
MAXIMUM_PASSES = 10_000  # of whatever is ready, until a process is through


class Beat(Struct, frozen=True):
    """One source is polled at an instant and delivers in its manner."""

    at_ms: int
    source: str
    manner: Manner = PLAIN


class Schedule(Struct, frozen=True):
    """Everything about a course of events that must not matter."""

    beats: tuple[Beat, ...] = ()
    turns: int | None = None  # seeds whose turn it is; None: first come, first served


class NeverAtRest(AssertionError):
    """The core goes on asking for work."""


class Clock:
    """Stands until it is moved."""

    at_ms = 0

    def now_ms(self) -> int:
        return self.at_ms


class Doorbell:
    """Takes down who is asked for; asked twice is asked once. Polls come when the schedule says."""

    def __init__(self) -> None:
        self.waiting: dict[tuple[str, str], None] = {}
        self.timers: dict[tuple[str, str], int] = {}

    def request(self, connection: Connection, process: str, key: str) -> None:
        if process != "poll":
            self.waiting[process, key] = None

    def schedule(self, connection: Connection, process: str, key: str, at_ms: int) -> None:
        if process != "poll":
            self.timers[process, key] = min(at_ms, self.timers.get((process, key), at_ms))


class Walk:
    """One run from its beginning to its end."""

    def __init__(self, memory: Memory, clock: Clock, process: str, key: str) -> None:
        self.process, self.key, self.run_id = process, key, f"{process}:{key}"
        self._memory, self._clock = memory, clock

    async def step(self, name: str, effect: Callable[[], Awaitable[Json]]) -> Json:
        return await effect()

    async def transaction(self, name: str, work: Callable[[Connection], Json]) -> Json:
        return self._memory.do(work)

    async def sleep(self, name: str, seconds: float) -> None:
        return None

    async def now_ms(self, name: str) -> int:
        return self._clock.now_ms()

    def new_id(self, name: str) -> str:
        return f"{self.run_id}:{name}"


class _Customers(Source):
    """The CRM: a source that also shows billing."""

    targets: Targets

    async def write_contract_mirrors(self, mirrors: Sequence[ContractMirror]) -> Sequence[Outcome]:
        return self.targets.put_all("contract", [(one.contract_native_id, one) for one in mirrors])

    async def write_opportunity_mirrors(self, mirrors: Sequence[OpportunityMirror]) -> Sequence[Outcome]:
        return self.targets.put_all("opportunity", [(one.opportunity_native_id, one) for one in mirrors])


class _Projects(Source):
    """The PSA: a source that is given projects and shows billing marks."""

    targets: Targets

    async def upsert_project(self, project: Project) -> Written:
        return self.targets.put("project", project.key, project)

    async def upsert_tasks(self, project_native_id: str, tasks: Sequence[Task]) -> Sequence[Outcome]:
        return self.targets.put_all("task", [(one.key, one) for one in tasks])

    async def upsert_resources(self, resources: Sequence[Resource]) -> Sequence[Outcome]:
        return self.targets.put_all("resource", [(one.key, one) for one in resources])

    async def upsert_milestones(
        self, project_native_id: str, milestones: Sequence[Milestone]
    ) -> Sequence[Outcome]:
        return self.targets.put_all("milestone", [(one.key, one) for one in milestones])

    async def write_milestone_marks(self, marks: Sequence[MilestoneMark]) -> Sequence[Outcome]:
        return self.targets.put_all("milestone mark", [(one.milestone_native_id, one) for one in marks])

    async def write_billing_marks(self, marks: Sequence[BillingMark]) -> Sequence[Outcome]:
        return self.targets.put_all("split", [(one.split_native_id, one) for one in marks])


class _Ledger(Source):
    """The ERP: a source of masters and of what became of our documents."""

    targets: Targets

    async def upsert_customer(self, customer: ErpCustomer) -> Written:
        return self.targets.put("customer", customer.key, customer)

    async def upsert_project(self, project: ErpProject, customer_native_id: str) -> Written:
        return self.targets.put("job", project.key, project)

    async def upsert_employee(self, employee: ErpEmployee) -> Written:
        return self.targets.put("employee", employee.key, employee)

    async def find(self, record_type: str, key: str) -> str | None:
        return f"{record_type}:{key}" if key in self.targets.held.get(record_type, {}) else None

    async def create_invoice(
        self, invoice: Invoice, customer_native_id: str, project_native_ids: dict[str, str]
    ) -> Written:
        return self.targets.create("invoice", invoice)

    async def create_credit_memo(
        self,
        memo: CreditMemo,
        invoice_native_id: str,
        customer_native_id: str,
        project_native_ids: dict[str, str],
    ) -> Written:
        return self.targets.create("creditMemo", memo)

    async def create_journal(
        self, journal: Journal, customer_native_ids: dict[str, str], project_native_ids: dict[str, str]
    ) -> Written:
        return self.targets.create("journalEntry", journal)

    async def close_period(self, period_native_id: str) -> Written:
        return self.targets.close(period_native_id)


@cache
def _memory() -> Memory:
    """One store for all offices: a new database would compile every statement anew."""
    return Memory("sqlite://")


@cache
def _loop() -> asyncio.AbstractEventLoop:
    """What turns calls that are under way at once; nothing in it ever waits for time or a network."""
    return asyncio.new_event_loop()


def _forget_everything(connection: Connection) -> None:
    for table in reversed(metadata.sorted_tables):
        connection.execute(delete(table))


class Office:
    """One history under one schedule; `play` it once, then look at what the targets hold.

    There is one at a time: a new one forgets what the one before it knew.
    """

    def __init__(self, plan: Plan) -> None:
        self.memory, self.clock, self.doorbell = _memory(), Clock(), Doorbell()
        self.memory.do(_forget_everything)
        log = facts(plan)
        now_ms = self.clock.now_ms
        kinds = {"crm": _Customers, "psa": _Projects, "erp": _Ledger}
        self.sources = {name: kinds.get(name, Source)(name, log, now_ms) for name in SOURCES}
        self.targets = Targets(now_ms, self._tell)
        for name in kinds:
            cast(Any, self.sources[name]).targets = self.targets
        self.core = Core(
            store=self.memory.store,
            engine=self.doorbell,
            clock=self.clock,
            crm=cast(Crm, self.sources["crm"]),
            psa=cast(Psa, self.sources["psa"]),
            hris=cast(Hris, self.sources["hris"]),
            erp=cast(Erp, self.sources["erp"]),
            payroll=cast(Payroll, self.sources["payroll"]),
            settings=Settings(visibility_lag_ms=dict.fromkeys(SOURCES, 0)),
            read=self.memory.do,
        )
        self._processes = processes(self.core)

    def _tell(self, state: InvoiceState) -> None:
        self.sources["erp"].commit("documents", state)

    def play(self, schedule: Schedule) -> bytes:
        """Deliver as the schedule says, then all that is left; returns what the targets hold."""
        chance = None if schedule.turns is None else random.Random(schedule.turns)
        for beat in sorted(schedule.beats, key=lambda beat: beat.at_ms):
            self._beat(beat, chance)
        self.rest(chance)
        return self.targets.content()

    def rest(self, chance: random.Random | None = None, manner: Manner = PLAIN) -> None:
        """Poll everything, in rounds, until a round changes nothing."""
        at_ms = max(self.clock.at_ms, END_MS)
        for _ in range(MAXIMUM_ROUNDS):
            at_ms += PROBE_MS  # by then whatever was put off is due again
            before = self.targets.content()
            for name in SOURCES:
                at_ms += 1_000
                self._beat(Beat(at_ms, name, manner), chance)
            if self.targets.content() == before:
                return
        raise NeverAtRest(f"something changes in each of {MAXIMUM_ROUNDS} rounds")

    def _beat(self, beat: Beat, chance: random.Random | None) -> None:
        self.clock.at_ms = beat.at_ms
        self.sources[beat.source].manner = beat.manner
        for process, key in [one for one, at_ms in self.doorbell.timers.items() if at_ms <= beat.at_ms]:
            del self.doorbell.timers[process, key]
            self.doorbell.waiting[process, key] = None
        self.run("poll", beat.source)
        self.serve(chance)

    def serve(self, chance: random.Random | None = None) -> None:
        """Run whoever is asked for, until nobody is."""
        waiting = self.doorbell.waiting
        for _ in range(MAXIMUM_TURNS):
            if not waiting:
                return
            asked = list(waiting)
            process, key = asked[0] if chance is None else chance.choice(asked)
            del waiting[process, key]
            self.run(process, key)
        raise NeverAtRest(f"still asked for after {MAXIMUM_TURNS} turns: {', '.join(map(str, waiting))}")

    def run(self, process: str, key: str) -> None:
        """Run a process from its beginning to its end, here and now."""
        run = self._processes[process](Walk(self.memory, self.clock, process, key))
        loop = _loop()
        task = loop.create_task(cast(Coroutine[Any, Any, None], run))
        for _ in range(MAXIMUM_PASSES):
            loop.call_soon(loop.stop)
            loop.run_forever()
            if task.done():
                return task.result()
        task.cancel()
        raise NeverAtRest(f"{process} {key} waits for something that is not there")

    def owed(self) -> dict[str, int]:
        """What the outbox has not told its targets."""
        counts = self.memory.do(self.memory.store.outbox.counts)
        return {name: number for name, number in counts.items() if not name.endswith(":sent")}

    def book(self) -> bytes:
        """What the core says of itself, but for how often it was told."""
        book = self.memory.book()
        del book["messages"]
        return msgspec.json.encode(book, order="deterministic")
