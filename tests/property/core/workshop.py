"""The real engine with the real `send` and `provision`, and targets that break when they are told to.

A machine's rules are synchronous, the engine is not: the workshop owns the loop and lets it turn as
far as a rule says, so that a wish, a crash or a replay may fall between any two steps of a run.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar, cast

import httpx
import msgspec
from sqlalchemy import Connection

from integration_core.api.application import Operations, application
from integration_core.canonical.ledger import CreditMemo, ErpCustomer, ErpProject, Invoice
from integration_core.canonical.work import Milestone, Project, Resource, Task
from integration_core.engine.simulated import CrashNow, SimulatedEngine
from integration_core.ports.store import CaseRow
from integration_core.ports.systems import (
    AuthRefused,
    Crm,
    Erp,
    Hris,
    Outcome,
    OutcomeUnknown,
    Payroll,
    Psa,
    RateLimited,
    Refused,
    Rejected,
    Transient,
    Written,
)
from integration_core.processes import processes
from integration_core.processes.core import Core, Settings
from integration_core.rules.triage import PROBE_SECONDS
from tests.integration.engine.world import ManualClock, nothing
from tests.integration.store.memory import Memory

T = TypeVar("T")
OPERATOR = "operator-token"
MAXIMUM_TURNS = 20_000
MAXIMUM_ROUNDS = 20
AT_WORK = ("deals", "provision", "send")
# What may happen to a call: before it takes effect, after it, or for good.
BEFORE, AFTER, FINAL = ("unavailable", "limited", "auth"), "lost", "refused"
FAULTS = (*BEFORE, AFTER, FINAL)


async def _at_its_pace(seconds: float) -> None:
    """Nothing here asks for another."""


class NeverAtRest(AssertionError):
    """The engine goes on moving though the clock stands."""


class Fragile:
    """PSA and ERP in one: records under their external ids, calls that break as they were told to."""

    name = "target"
    streams = ("all",)

    def __init__(self) -> None:
        self.faults: deque[str] = deque()
        self.held: dict[str, list[Any]] = {}  # by external id: every state a record was given
        self.made: list[str] = []  # what was created, in order
        self.without_their_invoice: list[str] = []
        self.has_ids = True

    async def _call(self, effect: Callable[[], T]) -> T:
        await asyncio.sleep(0)
        fault = self.faults.popleft() if self.faults else ""
        match fault:
            case "unavailable":
                raise Transient("DOWN", "not now")
            case "limited":
                raise RateLimited("TOO_MANY", "later", 30)
            case "auth":
                raise AuthRefused("TOKEN", "not accepted")
            case "refused":
                raise Refused("WRONG", "never")
        done = effect()
        await asyncio.sleep(0)
        if fault == "lost":
            raise OutcomeUnknown("NO_ANSWER", "no answer")
        return done

    def _put(self, key: str, record: Any) -> Written:
        states = self.held.setdefault(key, [])
        self.made += [] if states and self.has_ids else [key]
        states.append(msgspec.to_builtins(record))
        return Written(key=key, native_id=f"native:{key}")

    def _create(self, key: str, record: Any) -> Written:
        if key in self.held and self.has_ids:
            return Written(key=key, native_id=f"native:{key}")
        return self._put(key, record)

    async def find(self, record_type: str, key: str) -> str | None:
        return await self._call(lambda: f"native:{key}" if key in self.held and self.has_ids else None)

    async def create_invoice(
        self, invoice: Invoice, customer_native_id: str, project_native_ids: dict[str, str]
    ) -> Written:
        return await self._call(lambda: self._create(invoice.key, invoice))

    async def create_credit_memo(
        self,
        memo: CreditMemo,
        invoice_native_id: str,
        customer_native_id: str,
        project_native_ids: dict[str, str],
    ) -> Written:
        def effect() -> Written:
            self.without_their_invoice += [] if memo.invoice_key in self.held else [memo.key]
            return self._create(memo.key, memo)

        return await self._call(effect)

    async def upsert_resources(self, resources: Sequence[Resource]) -> Sequence[Outcome]:
        """Of a batch that is refused only the first is to blame."""
        try:
            return await self._call(lambda: [self._put(one.key, one) for one in resources])
        except Refused as refused:
            first, *others = resources
            blamed = Rejected(key=first.key, code=refused.code, text=refused.text, retry=False)
            return [blamed, *(self._put(one.key, one) for one in others)]

    async def upsert_customer(self, customer: ErpCustomer) -> Written:
        return await self._call(lambda: self._put(customer.key, customer))

    async def upsert_project(self, project: ErpProject | Project, owner: str = "") -> Written:
        system = "job" if isinstance(project, ErpProject) else "project"
        return await self._call(lambda: self._put(f"{system}:{project.key}", project))

    async def upsert_tasks(self, project_native_id: str, tasks: Sequence[Task]) -> Sequence[Outcome]:
        return await self._call(lambda: [self._put(one.key, one) for one in tasks])

    async def upsert_milestones(self, project_native_id: str, plan: Sequence[Milestone]) -> Sequence[Outcome]:
        return await self._call(lambda: [self._put(one.key, one) for one in plan])


class Trap:
    """Kills the engine at the next place of a kind, once it is set."""

    def __init__(self) -> None:
        self.point: str | None = None

    def visit(self, point: str, run_id: str, name: str, occurrence: int) -> None:
        if point == self.point:
            self.point = None
            raise CrashNow


class Workshop:
    """A core whose every step happens when a rule lets the loop turn."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.memory, self.clock, self.target, self.trap = (
            Memory("sqlite://"),
            ManualClock(),
            Fragile(),
            Trap(),
        )
        self.engine = SimulatedEngine(self.memory.database, self.clock, crash_points=self.trap)
        self.core = self._core()
        for name, process in processes(self.core).items():
            self.engine.register(name, process if name in AT_WORK else nothing)
        self._operations = self._api()
        self.turn(self.engine.start())

    def _core(self) -> Core:
        target = self.target
        return Core(
            store=self.memory.store,
            engine=self.engine,
            clock=self.clock,
            crm=cast(Crm, target),
            psa=cast(Psa, target),
            hris=cast(Hris, target),
            erp=cast(Erp, target),
            payroll=cast(Payroll, target),
            settings=Settings(visibility_lag_ms={target.name: 0}),
            read=self.memory.do,
        )

    def _api(self) -> httpx.AsyncClient:
        async def transaction(work: Callable[[Connection], Any]) -> Any:
            result = self.memory.do(work)
            await self.engine.notice()
            return result

        api = application(
            Operations(
                store=self.memory.store,
                activations=self.engine,
                receivers={},
                transaction=transaction,
                rest=self.engine.rest,
                pressure=self.engine.pressure,
                maximum_waiting=100_000,
                now_ms=self.clock.now_ms,
                poll_every=_at_its_pace,
                set_clock=None,
                tokens={OPERATOR: "operator"},
            )
        )
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(api),
            base_url="http://core.example",
            headers={"Authorization": f"Bearer {OPERATOR}"},
        )

    def turn(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Let the loop turn until something is done."""
        return self.loop.run_until_complete(coroutine)

    def turns(self, number: int) -> None:
        """Let every task go on by so many steps at most."""
        for _ in range(number):
            self.turn(asyncio.sleep(0))

    def do(self, work: Callable[[Connection], None]) -> None:
        """A transaction of somebody else; the engine looks at what it asked for."""
        self.memory.do(work)
        self.turn(self.engine.notice())

    def want(self, lane: str, key: str, payload: Any) -> None:
        """State a wish as processes do: with it, its sending is asked for."""

        def work(connection: Connection) -> None:
            row = (key, msgspec.to_builtins(payload))
            if self.memory.store.outbox.want(connection, lane, [row], self.clock.now_ms()):
                self.engine.request(connection, "send", lane)

        self.do(work)

    def wait(self, seconds: float) -> None:
        """Time passes, a core that died is started, and whatever is due by then is done."""
        self.clock.advance(seconds)
        if self.engine.crashed:
            self.restart()
        self.turn(self.engine.notice())
        self.turn(self._rest())

    async def _rest(self) -> None:
        for _ in range(MAXIMUM_TURNS):
            rest = await self.engine.rest()
            if self.engine.crashed or not (rest.running or rest.due_now):
                return
            await asyncio.sleep(0)
        raise NeverAtRest(f"still moving after {MAXIMUM_TURNS} turns")

    def restart(self) -> None:
        """As a supervisor does with a process that died, or that is killed now."""
        self.turn(self.engine.crash())
        self.core.forget()
        self.turn(self.engine.start())

    def replay(self, case_id: str) -> None:
        """An operator lets a case's process run again."""
        answer = self.turn(self._operations.post(f"/operations/cases/{case_id}/replay"))
        assert answer.status_code == 200, answer.text

    def cases(self, *, only_open: bool = True) -> Sequence[CaseRow]:
        """The exception queue."""
        return self.memory.do(lambda c: self.memory.store.cases.all(c, only_open=only_open))

    def owed(self) -> dict[str, int]:
        """What the outbox has not told its targets."""
        counts = self.memory.do(self.memory.store.outbox.counts)
        return {name: number for name, number in counts.items() if not name.endswith(":sent")}

    def heal(self) -> None:
        """What is to break breaks, then nothing does; cases are replayed, time passes, until all is well."""
        for seconds in (0, 31, PROBE_SECONDS + 1):
            self.wait(seconds)
        self.target.faults.clear()
        self.trap.point = None
        self.restart()
        for _ in range(MAXIMUM_ROUNDS):
            for case in self.cases():
                self.replay(case.id)
            self.wait(PROBE_SECONDS + 1)
            if not self.owed() and not self.cases():
                return

    def close(self) -> None:
        """End the engine and its loop."""
        self.turn(self.engine.stop())
        self.turn(self._operations.aclose())
        self.loop.close()
        self.memory.close()
