"""A firm of one on a real store, run by the real processes; engine, clock and systems are stand-ins.

Time goes as a test tells it, and every source is known up to it: so a test reads as a story, and
what it finds at the end are the documents, journals, cases and wake-ups that the processes made.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, TypeVar, cast

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection, select

from integration_core.canonical.deals import Contract, ContractLine, Opportunity, Quote, Retainer
from integration_core.canonical.ledger import CreditMemo, Invoice, Journal
from integration_core.canonical.payroll import PayrollLine, PayrollRun
from integration_core.canonical.work import TimeCard
from integration_core.ports.engine import Json
from integration_core.ports.systems import (
    ChangePage,
    Crm,
    Erp,
    Hris,
    Payroll,
    Psa,
    VendorError,
    Written,
)
from integration_core.processes import processes
from integration_core.processes.core import Core, Settings
from integration_core.store import schema
from tests.integration.store import records
from tests.integration.store.memory import Memory
from tests.unit.rules.firm import (
    ACME,
    BEN,
    CONTRACT,
    DEAL,
    DEFAULT_RATE,
    LINE,
    PACKAGE,
    QUOTE,
    STAFFING,
    US01,
    ms,
)

T = TypeVar("T")
D = Decimal
MONDAY = date(2026, 2, 9)
WEEK = tuple(D(hours) for hours in ("8", "8", "8", "8", "8", "0", "0"))
WORKER = replace(BEN, weekly_pattern=WEEK)
FRIDAY = {"Fri": "3.50"}  # 13 February; at 150.00 an hour, 525.00
APPROVED_MS = ms("2026-02-14 09:00", "America/New_York")
ORDER_REQUIRED = replace(ACME, po_required=True, recorded_at_ms=1)
PAID_MS = ms("2026-02-25 11:00", "America/New_York")
PAYSLIP = PayrollLine(employee_no="E007", employee_native_id="g7", gross=D("7000.00"), burden=D("1000.00"))
PAYROLL = PayrollRun(
    native_id="pr1",
    entity_code="US01",
    period="2026-02",
    kind="REGULAR",
    ccy="USD",
    check_date=date(2026, 2, 27),
    posted_at_ms=PAID_MS,
    lines=(PAYSLIP,),
    deleted=False,
    recorded_at_ms=PAID_MS,
)
PAY, LAB = "JE|PAY|US01|pr1", "JE|LAB|US01|LA|E007|2026-02|pr1"
PROJECT, BENCH, LEAVE = "5100 PJ|CO|00000101", "5190 BENCH", "5190 LEAVE"
ERP_LANES = ("erp.invoice", "erp.credit", "erp.journal", "erp.period")
FEBRUARY_INVOICE = "IN|US01|2026-02-28|00000101"
MARCH_INVOICE = "IN|US01|2026-03-31|00000101"


def ny(text: str) -> int:
    """The instant of a time in New York."""
    return ms(text, "America/New_York")


class Clock:
    """Stands until it is moved."""

    at_ms = 0

    def now_ms(self) -> int:
        return self.at_ms


class Asked:
    """Takes down what the engine is asked for."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str]] = []
        self.timers: list[tuple[str, str, int]] = []

    def request(self, connection: Connection, process: str, key: str) -> None:
        self.requests.append((process, key))

    def schedule(self, connection: Connection, process: str, key: str, at_ms: int) -> None:
        self.timers.append((process, key, at_ms))


class Quiet:
    """A system that says what it is told to say, in turn, and then that there is nothing new."""

    streams = ("all",)

    def __init__(self, name: str, clock: Clock) -> None:
        self.name = name
        self._clock = clock
        self.answers: list[ChangePage | VendorError] = []

    async def read_changes(self, stream: str, since_ms: int, cursor: str | None) -> ChangePage:
        given = self.answers.pop(0) if self.answers else ChangePage(records=())
        if isinstance(given, VendorError):
            raise given
        return replace(given, complete_to_ms=self._clock.now_ms())


class Walk:
    """One run from its beginning to its end; what happens between two transactions is the house's."""

    def __init__(self, house: "House", process: str, key: str) -> None:
        self.process, self.key, self.run_id = process, key, f"{process}:{key}:000000000001"
        self._house = house

    async def step(self, name: str, effect: Callable[[], Awaitable[Json]]) -> Json:
        return await effect()

    async def transaction(self, name: str, work: Callable[[Connection], Json]) -> Json:
        self._house.before_transaction(name)
        return self._house.commit(work)

    async def sleep(self, name: str, seconds: float) -> None:
        return None

    async def now_ms(self, name: str) -> int:
        return self._house.clock.now_ms()

    def new_id(self, name: str) -> str:
        return f"{self.run_id}:{name}"


class House(Memory):
    """The firm with one deal that stands, at nine o'clock of a February morning."""

    def __init__(self, payroll: Payroll | None = None) -> None:
        super().__init__("sqlite://")
        self.clock, self.asked = Clock(), Asked()
        self.systems = {name: Quiet(name, self.clock) for name in ("crm", "psa", "hris", "erp", "payroll")}
        self.before_transaction: Callable[[str], None] = lambda name: None
        self.to_be_rolled_back = 0
        paying = payroll or cast(Payroll, self.systems["payroll"])
        self.core = Core(
            store=self.store,
            engine=self.asked,
            clock=self.clock,
            crm=cast(Crm, self.systems["crm"]),
            psa=cast(Psa, self.systems["psa"]),
            hris=cast(Hris, self.systems["hris"]),
            erp=cast(Erp, self.systems["erp"]),
            payroll=paying,
            settings=Settings(visibility_lag_ms=dict.fromkeys([*self.systems, paying.name], 0)),
            read=self.do,
        )
        self._settle_in()

    def _settle_in(self) -> None:
        self.at("2026-02-01 09:00")
        self.take(US01, ACME, PACKAGE, DEAL, QUOTE, CONTRACT, WORKER, STAFFING, DEFAULT_RATE)
        self.staff(records.BEN)
        self.stand(CONTRACT, "a1K1")

    def stand(self, contract: Contract, task_native_id: str) -> None:
        """A contract is provisioned, with one task."""
        source, key = contract.lines[0].native_id, f"TK|{contract.number}|1.1"
        task = replace(records.TASK, key=key, contract_line_source_id=source)
        self.do(lambda c: self.store.work.put_tasks(c, contract.native_id, [(task, task_native_id)]))
        self.do(lambda c: self.store.references.set_provisioned(c, contract.native_id, 0))

    def at(self, text: str) -> None:
        """It is now this time in New York, and every source is known up to it."""
        self.known_until(ny(text))

    def known_until(self, at_ms: int) -> None:
        """It is now this instant, and every source is known up to it."""
        self.clock.at_ms = at_ms
        self.do(self._hear_everybody)

    def _hear_everybody(self, connection: Connection) -> None:
        for source in self.core.sources.values():
            self.store.intake.advance(
                connection, source.name, dict.fromkeys(source.streams, self.clock.at_ms)
            )

    def commit(self, work: Callable[[Connection], T]) -> T:
        """A transaction of a process; one that is to be rolled back is then done again."""
        while self.to_be_rolled_back:
            self.to_be_rolled_back -= 1
            with self.database.connect() as connection:
                work(connection)
                connection.rollback()
        return self.do(work)

    def activate(self, process: str, key: str) -> None:
        """Run a process to its end."""
        self.asked.requests.clear()
        self.asked.timers.clear()
        run = processes(self.core)[process]

        async def finish() -> None:
            await run(Walk(self, process, key))

        asyncio.run(finish())

    def run_billing(self, text: str = "") -> None:
        """Make every billing run that is due, at a time."""
        if text:
            self.at(text)
        self.activate("billing", "US01")

    def close_books(self, text: str) -> None:
        """Post the close that is due at a time, and have the ERP take and close everything."""
        self.at(text)
        self.activate("close", "US01")
        self.post_all()
        self.activate("close", "US01")
        self.post_all()

    def post_all(self) -> None:
        """The ERP takes all that is owed to it."""
        self.do(self._post_all)

    def _post_all(self, connection: Connection) -> None:
        now_ms = self.clock.now_ms()
        for lane in ERP_LANES:
            rows = self.store.outbox.pending(connection, lane, now_ms, 1_000)
            done = [Written(key=row.key, native_id=row.key) for row in rows]
            self.store.outbox.settle(connection, rows, done, now_ms)
            if lane == "erp.period":
                for _, code, period in (row.key.split("|") for row in rows):
                    self.store.closes.set_state(connection, code, period, "CLOSED", now_ms)
        ready = [row.key for row in self.store.documents.all(connection) if row.state == "READY"]
        self.store.documents.observed(connection, [records.state(key, "POSTED", now_ms) for key in ready])

    def approve(
        self, native_id: str, at_ms: int, hours: dict[str, str], week: date = MONDAY, **changes: Any
    ) -> None:
        """A card of the week is approved, read a minute later, and rated."""
        self.known_until(at_ms + 60_000)
        self.take(card(native_id, at_ms, hours, week, **changes))
        self.activate("rating", "all")

    def invoices(self) -> dict[str, Invoice]:
        """Invoices that the ERP should hold."""
        return {key: msgspec.convert(raw, Invoice) for key, raw in self._wanted("erp.invoice").items()}

    def credits(self) -> dict[str, CreditMemo]:
        """Credit memos that the ERP should hold."""
        return {key: msgspec.convert(raw, CreditMemo) for key, raw in self._wanted("erp.credit").items()}

    def journals(self, *kinds: str) -> dict[str, Journal]:
        """Journals that the ERP should hold, of some kinds or of all."""
        found = {key: msgspec.convert(raw, Journal) for key, raw in self._wanted("erp.journal").items()}
        return {key: one for key, one in found.items() if not kinds or one.journal_type in kinds}

    def _wanted(self, lane: str) -> dict[str, Any]:
        query = select(schema.outbox.c.key, schema.outbox.c.payload).where(schema.outbox.c.lane == lane)
        rows = self.do(lambda c: c.execute(query.order_by(schema.outbox.c.key)).all())
        return {row.key: msgspec.json.decode(row.payload) for row in rows}

    def open_cases(self) -> list[tuple[str, str]]:
        """Code and subject of what waits for somebody."""
        cases = self.do(lambda c: self.store.cases.all(c, only_open=True))
        return [(case.code, case.entity_bk) for case in cases]


def card(native_id: str, at_ms: int, hours: dict[str, str], week: date = MONDAY, **changes: Any) -> TimeCard:
    """An approved card of a week; with `replaces_native_id` it says something of all seven days."""
    made = records.card(native_id, at_ms, hours, **changes)
    shift: timedelta = week - records.MONDAY
    cells = tuple(replace(cell, work_date=cell.work_date + shift) for cell in made.cells)
    return replace(made, cells=cells, splits=())


def another_deal() -> tuple[Opportunity, Quote, Contract]:
    """A second deal of the same customer, like the first one."""
    deal = replace(DEAL, key="OP|R0002", native_id="006P", accepted_quote_native_id="0Q0P")
    quote = replace(QUOTE, key="QU|Q2|1", native_id="0Q0P", opportunity_native_id="006P")
    line = replace(LINE, key="CL|00000102|1", native_id="a0L2")
    contract = replace(
        CONTRACT,
        key="CO|00000102",
        number="00000102",
        native_id="800D",
        opportunity_native_id="006P",
        lines=(line,),
    )
    return deal, quote, contract


def with_line(line: ContractLine, **changes: Any) -> Contract:
    """The firm's contract with another line."""
    return replace(CONTRACT, lines=(line,), **changes)


def retainer(monthly_fee: str, included_hours: str, start: date) -> Contract:
    """The firm's contract as a retainer by the month; an hour beyond the pool costs 250.00."""
    terms = Retainer(
        monthly_fee=D(monthly_fee),
        included_hours=D(included_hours),
        rollover=False,
        rollover_cap=D("0"),
        overage_rate=D("250"),
        advance_months=1,
    )
    line = replace(LINE, billing_method="RET", revenue_method="STRAIGHT_LINE", start=start, retainer=terms)
    return with_line(line)


def amounts(document: Invoice | CreditMemo) -> dict[str, Decimal]:
    """Net amounts of a document by the source of each line."""
    return {line.source_id: line.amount for line in document.lines}


def sides(journal: Journal) -> dict[str, Decimal]:
    """Debit less credit by account, and by what the account is broken down to on labour lines."""
    found: dict[str, Decimal] = {}
    for line in journal.lines:
        labour = line.account in ("5100", "5190")
        key = f"{line.account} {line.bucket or line.project_key}" if labour else line.account
        found[key] = found.get(key, D(0)) + line.debit - line.credit
    return found


def ordered(at: str) -> Contract:
    """The firm's contract with its purchase order number, entered at a time."""
    return replace(CONTRACT, po_number="PO-1", recorded_at_ms=ny(at))
