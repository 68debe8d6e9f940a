"""A BambooHR with worlds for tests: calls by the API and by the control plane, and people to play."""

import base64
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import msgspec
from msgspec.structs import replace

from mocks.firm.facts.source import JobRow, Resource, Skill, StatusRow
from mocks.firm.facts.wire import decode_rows
from mocks.hris.bamboohr.vendor import VENDOR
from mocks.kit.system import MockSystem
from tests.unit.mocks.asgi import Answer, run

TOKEN = "control-token"
GATEWAY = "http://hris.example/api/gateway.php/acme/v1"
DIRECT = "http://hris.example/api/v1"
START_MS = int(datetime(2026, 1, 5, 9, tzinfo=UTC).timestamp() * 1000)
DAY_MS = 86_400_000
REASON = "x-bamboohr-error-message"


class Inbox:
    """Outgoing that keeps what it was given and answers 200, or with nothing while `away`."""

    def __init__(self) -> None:
        self.received: list[tuple[str, dict[str, str], bytes]] = []
        self.away = False

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes] | None:
        """Keep a notice."""
        if self.away:
            return None
        self.received.append((url, dict(headers), body))
        return 200, b""


class Estate:
    """One mock with a world `one`; more by `add_world`."""

    def __init__(self, data: Path | None = None) -> None:
        self.inbox = Inbox()
        self.system = MockSystem(VENDOR, TOKEN, self.inbox, data=data)
        self.world = self.system.create_world("one", 7, START_MS)

    def api(
        self,
        method: str,
        path: str,
        body: bytes | str = b"",
        *,
        base: str = GATEWAY,
        world: str = "one",
        key: str = "api_key",
        accept: str = "application/json",
        **query: str,
    ) -> Answer:
        """One call of the vendor's API with a world's credentials."""
        secret = self.system.worlds[world].secrets[key]
        headers = {"authorization": basic(secret), "accept": accept}
        url = base + path + (f"?{urlencode(query)}" if query else "")
        return run(self.system, method, url, headers, body.encode() if isinstance(body, str) else body)

    def get(self, path: str, **query: str) -> Any:
        """The decoded JSON of a read that must succeed."""
        status, headers, body = self.api("GET", path, **query)
        assert status == 200, headers
        return msgspec.json.decode(body)

    def control(self, method: str, verb: str, body: Any = None, world: str = "one") -> Any:
        """The decoded answer of a control call that must succeed."""
        status, _, answer = self.control_raw(method, verb, body, world)
        assert status in (200, 201), answer
        return msgspec.json.decode(answer)

    def control_raw(self, method: str, verb: str, body: Any = None, world: str = "one") -> Answer:
        """One call of the control plane."""
        payload = b"" if body is None else msgspec.json.encode(body)
        url = f"http://hris.example/__rehearse__/{world}/{verb}"
        return run(self.system, method, url, {"authorization": f"Bearer {TOKEN}"}, payload)

    def act(self, facts: Iterable[Resource], verb: str = "act", world: str = "one") -> list[dict[str, str]]:
        """Play facts live, or seed them."""
        found: list[dict[str, str]] = self.control("POST", verb, {"facts": list(facts)}, world)
        return found

    def step(self, to_ms: int) -> None:
        """Move the clock."""
        self.control("POST", "clock", {"to_ms": to_ms})

    def observe(self, world: str = "one") -> list[Resource]:
        """All versions of all people."""
        _, _, body = self.control_raw("GET", "observe", world=world)
        return [row for row in decode_rows(body) if isinstance(row, Resource)]

    def release(self) -> int:
        """Send the notices that are due."""
        sent: int = self.control("POST", "webhooks")["sent"]
        return sent


def basic(user: str, password: str = "x") -> str:
    """A Basic authorization header."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def person(number: str = "1001", **changes: Any) -> Resource:
    """Somebody employed since 2024, as HR entered them."""
    fact = Resource(
        bk=f"RS|{number}",
        recorded_at_ms=START_MS - 30 * DAY_MS,
        employee_no=number,
        first_name="Zoë",
        last_name="O'Neil <Jr>",
        work_email=f"zoe.{number}@firm.example",
        entity="LE|US01",
        practice="PR|DATA",
        hired=date(2024, 3, 1),
        terminated=None,
        weekly_pattern_e2=(800, 800, 800, 750, 825, 0, 0),
        jobs=(
            JobRow(date(2024, 3, 1), "consultant", "Consultant", "CC|US01|100", "RS|1"),
            JobRow(date(2025, 7, 1), "senior", "Senior Consultant", "CC|US01|110", "RS|2"),
        ),
        statuses=(StatusRow(date(2024, 3, 1), "Full-Time", 100),),
        skills=(Skill("python", True, date(2024, 5, 1)), Skill("excel", False, date(2024, 3, 1))),
    )
    return replace(fact, **changes)


def without_places(facts: Iterable[Resource]) -> list[Resource]:
    """Facts without what only the system of record gives: native id and commit stamp."""
    return [replace(fact, source_id="", recorded_at_ms=0) for fact in facts]
