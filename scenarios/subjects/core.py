"""The reference core as a subject: how it is told about the estate, asked for rest, and replayed.

Everything but starting and stopping goes through the core's own operations API, the same for a
core in this process and for one in another.
"""

import asyncio
import hashlib
import json
from collections.abc import Mapping
from typing import Any

import msgspec

from integration_core.ports.http import HttpRequest, HttpResponse, HttpTransport, NoAnswer, NotSent
from scenarios.estate import Estate
from scenarios.oracle.book import Book, read_book
from scenarios.subjects.port import NotAtRest

TECHNICAL = ("TECH_DLQ", "TECH_AUTH")
MAXIMUM_LOOKS = 10_000


def tokens(seed: int, world: str) -> dict[str, str]:
    """The core's own secrets in a rehearsal: made from the seed, worthless elsewhere."""
    return {
        name: hashlib.blake2b(f"{seed}|{world}|{name}".encode(), digest_size=16).hexdigest()
        for name in ("operator", "reader", "webhook", "hris-webhook", "payroll-webhook")
    }


def environment(
    estate: Estate,
    secrets: Mapping[str, str],
    *,
    database_url: str,
    start_ms: int,
    poll_interval_seconds: float,
    stepped: bool = True,
) -> dict[str, str]:
    """The core's settings for an estate: base URLs and credentials, nothing of the control plane."""
    crm, psa, hris, payroll, erp = (estate.systems[role] for role in ("crm", "psa", "hris", "payroll", "erp"))

    def org(system: Any) -> str:
        names = ("client_id", "client_secret", "organization_id")
        given = {name: system.credentials[name] for name in names if name in system.credentials}
        return json.dumps({"url": system.url, **given})

    erp_names = ("account", "consumer_key", "consumer_secret", "token_id", "token_secret")
    return {
        "REHEARSE_CRM": org(crm),
        "REHEARSE_PSA": org(psa),
        "REHEARSE_HRIS": json.dumps(
            {
                "url": hris.url,
                "company": hris.credentials["company"],
                "api_key": hris.credentials["api_key"],
                "webhook_key": secrets["hris-webhook"],
            }
        ),
        "REHEARSE_ERP": json.dumps({"url": erp.url, **{name: erp.credentials[name] for name in erp_names}}),
        "REHEARSE_PAYROLL": json.dumps(
            {
                "url": payroll.url,
                "access_token": payroll.credentials["access_token"],
                "webhook_token": secrets["payroll-webhook"],
            }
        ),
        "REHEARSE_DATABASE_URL": database_url,
        "REHEARSE_OPERATOR_TOKEN": secrets["operator"],
        "REHEARSE_READER_TOKEN": secrets["reader"],
        "REHEARSE_WEBHOOK_TOKEN": secrets["webhook"],
        "REHEARSE_REHEARSAL": str(stepped).lower(),
        "REHEARSE_START_MS": str(start_ms),
        "REHEARSE_POLL_INTERVAL_SECONDS": str(poll_interval_seconds),
    }


class CoreOperations:
    """A core reached through its operations API."""

    def __init__(
        self,
        transport: HttpTransport,
        base_url: str,
        token: str,
        pause_seconds: float,
        patience_seconds: float = 0.0,
    ) -> None:
        self._transport = transport
        self._patience_seconds = patience_seconds  # how long a core may be away, being started again
        self._base_url = base_url
        self._token = token
        self._pause_seconds = pause_seconds

    async def subscribe(self, estate: Estate, secrets: Mapping[str, str]) -> None:
        """Have the vendors' notifications sent here, as an administrator of each would set up."""
        crm = f"{self._base_url}/webhooks/salesforce/{secrets['webhook']}"
        await estate.systems["crm"].control.subscribe(crm, secrets["webhook"])
        hris = f"{self._base_url}/webhooks/bamboohr/{secrets['webhook']}"
        await estate.systems["hris"].control.subscribe(hris, secrets["hris-webhook"])
        payroll = f"{self._base_url}/webhooks/gusto/{secrets['webhook']}"
        await estate.systems["payroll"].control.subscribe(payroll, secrets["payroll-webhook"])

    async def advance(self, now_ms: int) -> None:
        """Step the core's clock."""
        await self.call("PUT", "/operations/clock", {"now_ms": now_ms})

    async def let_run(self, now_ms: int, speed: int, since_wall_ms: int) -> None:
        """Let the core's clock go by itself, from an origin that others share."""
        clock = {"now_ms": now_ms, "speed": speed, "since_wall_ms": since_wall_ms}
        await self.call("PUT", "/operations/clock", clock)

    async def poll_every(self, seconds: int) -> None:
        """Have sources polled at another pace, beginning now."""
        await self.call("PUT", "/operations/polling", {"every_seconds": seconds})

    async def settle(self) -> int | None:
        """Look until nothing runs and nothing is due."""
        for _ in range(MAXIMUM_LOOKS):
            rest = await self.call("GET", "/operations/rest")
            if rest["running"] == 0 and rest["due_now"] == 0:
                return None if rest["next_due"] is None else int(rest["next_due"])
            await asyncio.sleep(self._pause_seconds)
        raise NotAtRest(f"The core has {rest['running']} runs at work and {rest['due_now']} due.")

    async def replay_open_cases(self) -> int:
        """Replay every open technical case."""
        cases = await self.call("GET", "/operations/cases?only_open=true")
        technical = [case for case in cases if case["code"] in TECHNICAL]
        for case in technical:
            await self.call("POST", f"/operations/cases/{case['id']}/replay")
        return len(technical)

    async def owed(self) -> str:
        """Outbox rows that are not sent, and cards that are parked."""
        messages = await self.call("GET", "/operations/messages")
        owed = {lane: n for lane, n in messages["outbox"].items() if lane.endswith(":pending") and n}
        if messages["inbox"].get("parked"):
            owed["parked timecards"] = messages["inbox"]["parked"]
        return ", ".join(f"{lane} {n}" for lane, n in sorted(owed.items()))

    async def book(self) -> Book:
        """The core's book."""
        return read_book(await self._raw("GET", "/operations/book", b""))

    async def _send_patiently(self, request: HttpRequest) -> HttpResponse:
        """Every operation may be repeated, so a core that dies under it is simply asked again."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._patience_seconds
        while True:
            try:
                return await self._transport.send(request)
            except (NotSent, NoAnswer):
                if loop.time() >= deadline:
                    raise
            await asyncio.sleep(0.1)

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        """One operation; raises RuntimeError with the core's sentence when refused."""
        payload = b"" if body is None else msgspec.json.encode(body)
        return msgspec.json.decode(await self._raw(method, path, payload))

    async def _raw(self, method: str, path: str, body: bytes) -> bytes:
        request = HttpRequest(
            method=method,
            url=self._base_url + path,
            headers=(("authorization", f"Bearer {self._token}"), ("content-type", "application/json")),
            body=body,
            timeout_seconds=120.0,
        )
        response = await self._send_patiently(request)
        if response.status >= 400:
            raise RuntimeError(f"{method} {path} answered {response.status}: {response.body[:300].decode()}")
        return response.body
