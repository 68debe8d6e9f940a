"""The estate as somebody else's servers: over TLS, under a path, its own ids and limits, and no steering.

Whoever verifies against it knows addresses and credentials, and nothing else.
"""

import asyncio
import json
import os
import secrets
import socket
import ssl
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import trustme
import uvicorn
from msgspec import Struct
from msgspec.structs import replace

from contracts.participants import STAND_IN, VENDORS
from contracts.sandbox.differences import DIFFERENCES, Difference, Headers
from mocks import registry
from mocks.firm.facts.people import PayrollLine, PayrollRun, Resource
from mocks.firm.facts.source import LegalEntity, PeriodClose, SourceFact
from mocks.firm.generate import generate
from mocks.firm.plays import CRM, ERP, HRIS, PAYROLL, PSA, role_of
from mocks.firm.profile import profile_named
from mocks.kit.clock import wall_ms
from mocks.kit.limits import Limit
from mocks.kit.outgoing import HttpOutgoing
from mocks.kit.system import CONTROL_PREFIX, MockSystem, Receive, Scope, Send

HOST, PREFIX, WORLD = "127.0.0.1", "/sandbox", "acceptance"
# Other worlds have other ids and other credentials; a mock under test is seeded with one.
SEED = 77
_CONSULTANTS = 20
_COMPANY = "LE|US01"
_TEND_EVERY_SECONDS = 0.1


class Hosted(Struct, frozen=True):
    """One vendor's stand-in."""

    vendor: str
    role: str
    system: MockSystem


class Site:
    """All stand-ins behind one address, each under its own path."""

    def __init__(self, hosted: Sequence[Hosted], differences: Sequence[Difference]) -> None:
        self._hosted = {f"{PREFIX}/{one.vendor}": one for one in hosted}
        self._differences = differences

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await next(iter(self._hosted.values())).system(scope, receive, send)
            return
        for prefix, one in self._hosted.items():
            path = scope["path"].removeprefix(prefix)
            # No sandbox can be steered: the control plane is not there.
            if path != scope["path"] and path.startswith("/") and not path.startswith(CONTROL_PREFIX):
                raw = scope["raw_path"].removeprefix(prefix.encode())
                inner = {**scope, "path": path, "raw_path": raw, "root_path": prefix}
                await one.system(inner, receive, self._changed(one.vendor, scope["method"], path, send))
                return
        await send({"type": "http.response.start", "status": 404, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    def _changed(self, vendor: str, method: str, path: str, send: Send) -> Send:
        met = [one for one in self._differences if one.meets(vendor, method, path)]
        if not met:
            return send
        start: dict[str, Any] = {}
        body = bytearray()

        async def change(message: Any) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
                return
            body.extend(message.get("body", b""))
            if message.get("more_body"):
                return
            headers: Headers = [(n, v) for n, v in start["headers"] if n.lower() != b"content-length"]
            payload = bytes(body)
            if 200 <= start["status"] < 300:
                for one in met:
                    headers, payload = one.change(headers, payload)
            headers.append((b"content-length", str(len(payload)).encode()))
            await send({**start, "headers": headers})
            await send({"type": "http.response.body", "body": payload})

        return change


def hosted(outgoing: HttpOutgoing) -> list[Hosted]:
    """The mocks as a vendor's acceptance environment would hold them: a company in it, at wall time."""
    # Nobody can steer it, so nobody needs to know this token.
    token = secrets.token_urlsafe(18)
    found = []
    for name in VENDORS:
        vendor = registry.vendor(name)
        system = MockSystem(vendor, token, outgoing)
        world = system.create_world(WORLD, SEED, wall_ms(), "wall")
        for limit, usual in vendor.limits.items():
            # A sandbox is shared by many, so it allows more calls a minute and fewer at once.
            maximum = usual.maximum * 20 if usual.window_ms else max(1, usual.maximum - 1)
            world.limits.set(limit, Limit(maximum, usual.window_ms))
        found.append(Hosted(name, vendor.role, system))
    _furnish(found)
    return found


def _furnish(systems: Sequence[Hosted]) -> None:
    facts: dict[str, list[SourceFact]] = {role: [] for role in (CRM, PSA, HRIS, PAYROLL, ERP)}
    for fact in generate(profile_named("deal", _CONSULTANTS, None), SEED).master():
        facts[role_of(fact)].append(_of_today(fact) if isinstance(fact, LegalEntity) else fact)
    facts[PAYROLL].append(_first_payroll(facts[HRIS]))
    references: dict[str, str] = {}
    by_role = {one.role: one.system for one in systems}
    for role, told in facts.items():
        system = by_role[role]
        acted = system.vendor.act(system.worlds[WORLD], told, references, False)
        references |= {fact.bk: one.native_id for fact, one in zip(told, acted, strict=True)}


def _of_today(entity: LegalEntity) -> LegalEntity:
    """The company with accounting periods from a year back to a year ahead: its books go on."""
    today = datetime.fromtimestamp(wall_ms() / 1000, UTC).date()
    first = today.year * 12 + today.month - 1 - 12
    months = [date(count // 12, count % 12 + 1, 1) for count in range(first, first + 25)]
    closes = tuple(
        PeriodClose(
            f"{month:%Y-%m}", int(datetime(month.year, month.month, 1, tzinfo=UTC).timestamp()) * 1000
        )
        for month in months
    )
    return replace(entity, close_calendar=closes)


def _first_payroll(people: Sequence[SourceFact]) -> PayrollRun:
    """Last month's payroll of everybody in one company: where nobody was paid, payroll has no company."""
    staff = [one for one in people if isinstance(one, Resource) and one.entity == _COMPANY]
    now_ms = wall_ms()
    last_month = datetime.fromtimestamp(now_ms / 1000, UTC).date().replace(day=1) - timedelta(days=1)
    period = f"{last_month:%Y-%m}"
    return PayrollRun(
        bk=f"PY|US01|{period}|1",
        recorded_at_ms=now_ms,
        entity=_COMPANY,
        period=period,
        run=1,
        kind="REGULAR",
        ccy="USD",
        check_date=last_month,
        posted_at_ms=now_ms,
        lines=tuple(PayrollLine(one.bk, one.work_email, 833_334, 63_750) for one in staff),
    )


def estate_file(systems: Sequence[Hosted], url: str, ca_file: Path) -> dict[str, Any]:
    """Addresses and credentials, in the shape of `rehearse up --json`, and whom to believe."""
    return {
        "systems": {
            one.role: {
                "vendor": one.vendor,
                "url": f"{url}{PREFIX}/{one.vendor}",
                "credentials": one.system.worlds[WORLD].secrets,
                "version": f"{STAND_IN} {one.system.vendor.version}",
            }
            for one in systems
        },
        "ca_file": str(ca_file),
    }


async def serve(folder: Path, *, different: bool, ready: Callable[[dict[str, Any]], None]) -> None:
    """Serve until told to stop; `ready` gets the estate's file once the port answers.

    `folder` gets the certificate authority's public part; its keys stay in memory and in files that
    only their owner reads.
    """
    authority = trustme.CA()
    ca_file = folder / "authority.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    outgoing = HttpOutgoing()
    systems = hosted(outgoing)
    listener = socket.socket()
    listener.bind((HOST, 0))
    url = f"https://{HOST}:{listener.getsockname()[1]}"
    config = uvicorn.Config(
        Site(systems, DIFFERENCES if different else ()),
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
    )
    config.load()
    config.ssl = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST).configure_cert(config.ssl)
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve([listener]))
    try:
        while not server.started and not running.done():  # noqa: ASYNC110  # the server has a flag, no event
            await asyncio.sleep(0.01)
        ready(estate_file(systems, url, ca_file))
        while not running.done():
            for one in systems:
                world = one.system.worlds[WORLD]
                one.system.run_due(world)
                await world.webhooks.release(world.now_ms())
            await asyncio.sleep(_TEND_EVERY_SECONDS)
        await running
    finally:
        server.should_exit = True
        await asyncio.gather(running, return_exceptions=True)
        await outgoing.close()


def write_private(path: Path, content: dict[str, Any]) -> None:
    """Write a file with credentials whole, readable by its owner alone."""
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(content, file, indent=2)
    beside.replace(path)
