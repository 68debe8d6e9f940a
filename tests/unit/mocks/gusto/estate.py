"""A Gusto with worlds for tests: calls by the API and by the control plane, and payrolls to play."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import msgspec
from msgspec.structs import replace

from mocks.firm.facts.source import PayrollLine, PayrollRun
from mocks.firm.facts.wire import decode_rows
from mocks.kit.system import MockSystem
from mocks.payroll.gusto.vendor import VENDOR
from tests.unit.mocks.asgi import Answer, run

TOKEN = "control-token"
BASE = "http://payroll.example/v1"
START_MS = int(datetime(2026, 2, 2, 9, tzinfo=UTC).timestamp() * 1000) + 123
DAY_MS = 86_400_000


class Inbox:
    """Outgoing that keeps what it was given and answers 200."""

    def __init__(self) -> None:
        self.received: list[tuple[str, dict[str, str], bytes]] = []

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes] | None:
        """Keep a notice."""
        self.received.append((url, dict(headers), body))
        return 200, b""


class Estate:
    """One mock with a world `one`; more by its system."""

    def __init__(self, data: Path | None = None) -> None:
        self.inbox = Inbox()
        self.system = MockSystem(VENDOR, TOKEN, self.inbox, data=data)
        self.world = self.system.create_world("one", 7, START_MS)

    def api(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        world: str = "one",
        key: str = "access_token",
        version: str = "2024-04-01",
        **query: str,
    ) -> Answer:
        """One call of the vendor's API with a world's credentials; bytes go as they are, the rest as JSON."""
        secret = self.system.worlds[world].secrets[key]
        headers = {"authorization": f"Bearer {secret}", "x-gusto-api-version": version}
        raw = body if isinstance(body, bytes) else b"" if body is None else msgspec.json.encode(body)
        url = BASE + path + (f"?{urlencode(query)}" if query else "")
        return run(self.system, method, url, headers, raw)

    def get(self, path: str, **query: str) -> Any:
        """The decoded JSON of a read that must succeed."""
        status, _, body = self.api("GET", path, **query)
        assert status == 200, body
        return msgspec.json.decode(body)

    def control(self, method: str, verb: str, body: Any = None, world: str = "one") -> Any:
        """The decoded answer of a control call that must succeed."""
        status, _, answer = self.control_raw(method, verb, body, world)
        assert status in (200, 201), answer
        return msgspec.json.decode(answer)

    def control_raw(self, method: str, verb: str, body: Any = None, world: str = "one") -> Answer:
        """One call of the control plane."""
        payload = b"" if body is None else msgspec.json.encode(body)
        url = f"http://payroll.example/__rehearse__/{world}/{verb}"
        return run(self.system, method, url, {"authorization": f"Bearer {TOKEN}"}, payload)

    def act(self, facts: Iterable[Any], verb: str = "act", world: str = "one") -> list[dict[str, str]]:
        """Play facts live, or seed them."""
        found: list[dict[str, str]] = self.control("POST", verb, {"facts": list(facts)}, world)
        return found

    def step(self, to_ms: int) -> None:
        """Move the clock."""
        self.control("POST", "clock", {"to_ms": to_ms})

    def observe(self, world: str = "one") -> list[PayrollRun]:
        """All versions of all payrolls."""
        _, _, body = self.control_raw("GET", "observe", world=world)
        return [row for row in decode_rows(body) if isinstance(row, PayrollRun)]

    def company(self, code: str = "US01") -> str:
        """The uuid of a company."""
        found: str = next(row["uuid"] for row in self.get("/companies") if row["entity_code"] == code)
        return found

    def employees(self, code: str = "US01") -> list[dict[str, Any]]:
        """The employees of a company with their custom fields."""
        found: list[dict[str, Any]] = self.get(
            f"/companies/{self.company(code)}/employees", include="custom_fields"
        )
        return found


def payroll(entity: str = "US01", period: str = "2026-01", number: int = 1, **changes: Any) -> PayrollRun:
    """The regular run of a month, as the clerk processed it."""
    ccy = "EUR" if entity == "DE01" else "USD"
    fact = PayrollRun(
        bk=f"PY|{entity}|{period}|{number}",
        recorded_at_ms=START_MS - DAY_MS,
        entity=f"LE|{entity}",
        period=period,
        run=number,
        kind="REGULAR",
        ccy=ccy,
        check_date=date.fromisoformat(f"{period}-28"),
        posted_at_ms=START_MS - DAY_MS,
        lines=(
            PayrollLine("RS|1001", f"zoe.oneil@{entity.lower()}.example", 833_334, 63_750),
            PayrollLine("RS|1002", f"max.muster@{entity.lower()}.example", 500_001, 38_251),
        ),
    )
    return replace(fact, **changes)


def without_places(facts: Iterable[PayrollRun]) -> list[PayrollRun]:
    """Facts without what only the system of record gives: native id and commit stamp."""
    return [replace(fact, source_id="", recorded_at_ms=0) for fact in facts]
