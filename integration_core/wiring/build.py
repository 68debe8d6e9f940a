"""A whole core from settings, a transport, a clock and an engine."""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from fastapi import FastAPI
from sqlalchemy import Connection
from sqlalchemy import Engine as Database

from integration_core.adapters.bamboohr.client import BambooHris
from integration_core.adapters.certinia.client import CertiniaPsa
from integration_core.adapters.gusto.client import GustoPayroll
from integration_core.adapters.http.limited import LimitedTransport
from integration_core.adapters.netsuite.client import NetSuiteErp
from integration_core.adapters.netsuite.signing import TbaCredentials
from integration_core.adapters.salesforce.client import SalesforceCrm
from integration_core.adapters.salesforce_protocol.session import OrgCredentials
from integration_core.api.application import Operations, application, nothing_to_show
from integration_core.engine.database import reading
from integration_core.engine.offloop import committed
from integration_core.engine.schema import set_up_alone
from integration_core.ports.clock import Clock
from integration_core.ports.engine import Engine
from integration_core.ports.http import HttpTransport, Permits
from integration_core.processes import processes
from integration_core.processes.core import Core, Settings
from integration_core.store import Store
from integration_core.store.schema import create_tables
from integration_core.wiring.clocks import RehearsalClock
from integration_core.wiring.receivers import BambooReceiver, GustoReceiver, SalesforceReceiver
from integration_core.wiring.settings import CoreSettings, OrgAccess, Role
from integration_core.wiring.watching import Watch

T = TypeVar("T")


class EngineWithDatabase(Engine, Protocol):
    """An engine that shows the database it keeps its own tables in."""

    @property
    def database(self) -> Database: ...


class RunningCore:
    """A core that can be started, asked and stopped."""

    def __init__(
        self,
        settings: CoreSettings,
        transport: HttpTransport,
        clock: Clock,
        engine: EngineWithDatabase,
        nonce: Callable[[], str],
        permits: Permits | None = None,
        watch: Watch | None = None,
    ) -> None:
        self.settings = settings
        self.watch = watch or Watch()
        self.engine = engine
        self.clock = clock
        self.store = Store()
        with engine.database.begin() as connection:
            set_up_alone(connection)
            create_tables(connection)
        transports = _transports(settings, transport, permits, self.watch)
        self.core = _core(settings, transports, clock, engine, self.store, nonce, self.watch)
        for name, process in processes(self.core).items():
            engine.register(name, self.watch.process(process))
        shown = self.watch.shown
        self._exposition = None if shown is None else shown.expose(engine.database, clock.now_ms)
        self._loop_watched: asyncio.Task[None] | None = None
        self.api: FastAPI = application(self._operations())

    async def start(self) -> None:
        """Subscribe to what notifies, take up unfinished work, and ask for a first poll of every source."""
        await self.engine.start()
        if self.watch.shown is not None:
            self._loop_watched = asyncio.create_task(self.watch.shown.watch_loop(), name="core-loop-lag")
        await self.transaction(self._ask_for_polls)

    async def stop(self) -> None:
        """Suspend what runs; nothing committed is lost."""
        await self.engine.stop()
        if self._loop_watched is not None:
            self._loop_watched.cancel()
        if self.watch.spans is not None:
            self.watch.spans.close()

    async def transaction(self, work: Callable[[Connection], T]) -> T:
        """Run in a transaction outside any process, then let the engine look."""

        def call() -> T:
            return committed(self.engine.database, work)[0]

        result = await asyncio.get_running_loop().run_in_executor(None, call)
        await self.engine.notice()
        return result

    def _ask_for_polls(self, connection: Connection) -> None:
        for name in self.core.sources:
            self.engine.request(connection, "poll", name)

    async def _poll_every(self, seconds: float) -> None:
        self.core.poll_interval_seconds = seconds
        await self.transaction(self._ask_for_polls)  # what was due at the former pace may be far away

    async def _set_clock(self, now_ms: int, speed: int, since_wall_ms: int | None) -> None:
        if not isinstance(self.clock, RehearsalClock):
            raise ValueError("This core follows the wall clock.")
        self.clock.run(now_ms, speed, since_wall_ms)
        await self.engine.notice()

    def _operations(self) -> Operations:
        settings = self.settings
        tokens = {settings.operator_token: "operator"}
        if settings.reader_token:
            tokens[settings.reader_token] = "reader"
        return Operations(
            store=self.store,
            activations=self.engine,
            receivers={
                "salesforce": SalesforceReceiver(
                    self.core.crm.name, settings.crm.organization_id, settings.webhook_token
                ),
                "bamboohr": BambooReceiver(self.core.hris.name, settings.hris.webhook_key, self.clock),
                "gusto": GustoReceiver(self.core.payroll.name, settings.payroll.webhook_token),
            },
            transaction=self.transaction,
            rest=self.engine.rest,
            pressure=self.engine.pressure,
            maximum_waiting=settings.maximum_waiting,
            now_ms=self.clock.now_ms,
            poll_every=self._poll_every,
            set_clock=self._set_clock if settings.rehearsal else None,
            tokens=tokens,
            metrics=self.watch.metrics,
            exposition=self._exposition or nothing_to_show,
        )


# Metrics and traces name a system as everything else does: records, streams, and the mocks themselves.
_VENDORS: dict[Role, str] = {
    "crm": SalesforceCrm.name,
    "psa": CertiniaPsa.name,
    "hris": BambooHris.name,
    "erp": NetSuiteErp.name,
    "payroll": GustoPayroll.name,
}


def _transports(
    settings: CoreSettings, transport: HttpTransport, permits: Permits | None, watch: Watch
) -> Callable[[Role], HttpTransport]:
    """The network as each adapter gets it: watched, and by way of a permit where calls are limited."""

    def of(role: Role) -> HttpTransport:
        watched = watch.transport(_VENDORS[role], transport)
        if permits is None or role not in settings.rate_limits:
            return watched
        return LimitedTransport(watched, role, permits)

    return of


def _core(
    settings: CoreSettings,
    transport: Callable[[Role], HttpTransport],
    clock: Clock,
    engine: EngineWithDatabase,
    store: Store,
    nonce: Callable[[], str],
    watch: Watch,
) -> Core:
    lag_ms = settings.visibility_lag_ms
    crm = SalesforceCrm(
        transport("crm"), settings.crm.url, _credentials(settings.crm), visibility_lag_ms=lag_ms
    )
    psa = CertiniaPsa(
        transport("psa"), settings.psa.url, _credentials(settings.psa), visibility_lag_ms=lag_ms
    )
    hris = BambooHris(
        transport("hris"),
        settings.hris.url,
        settings.hris.company,
        settings.hris.api_key,
        visibility_lag_ms=lag_ms,
    )
    erp = _erp(settings, transport("erp"), clock, nonce)
    payroll = GustoPayroll(
        transport("payroll"),
        settings.payroll.url,
        settings.payroll.access_token,
        visibility_lag_ms=lag_ms,
    )

    def read(work: Callable[[Connection], Any]) -> Any:
        with reading(engine.database) as connection:
            return work(connection)

    core = Core(
        store=store,
        engine=engine,
        clock=clock,
        crm=crm,
        psa=psa,
        hris=hris,
        erp=erp,
        payroll=payroll,
        settings=Settings(
            poll_interval_seconds=settings.poll_interval_seconds,
            visibility_lag_ms={source.name: lag_ms for source in (crm, psa, hris, erp, payroll)},
        ),
        read=read,
        metrics=watch.metrics,
    )
    core.sources = {name: watch.source(source) for name, source in core.sources.items()}
    return core


def _erp(
    settings: CoreSettings, transport: HttpTransport, clock: Clock, nonce: Callable[[], str]
) -> NetSuiteErp:
    return NetSuiteErp(
        transport,
        settings.erp.url,
        TbaCredentials(
            account=settings.erp.account,
            consumer_key=settings.erp.consumer_key,
            consumer_secret=settings.erp.consumer_secret,
            token_id=settings.erp.token_id,
            token_secret=settings.erp.token_secret,
        ),
        nonce=nonce,
        wall_seconds=lambda: clock.now_ms() // 1000,
        visibility_lag_ms=settings.visibility_lag_ms,
    )


def _credentials(access: OrgAccess) -> OrgCredentials:
    return OrgCredentials(client_id=access.client_id, client_secret=access.client_secret)
