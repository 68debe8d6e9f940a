"""A CRM with worlds for tests of the protocol: calls with a token, and calls of the control plane."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from mocks.crm.salesforce.state import ORG
from mocks.crm.salesforce.vendor import VENDOR
from mocks.kit.schema import Value
from mocks.kit.system import MockSystem
from mocks.protocols.salesforce import records
from tests.unit.mocks.asgi import Answer, run

HOST = "http://crm.example"
DATA = "/services/data/v59.0"
CONTROL = {"authorization": "Bearer control-token"}
START_MS = 1_767_258_000_000  # 2026-01-01T09:00:00Z, a Thursday
HOUR_MS = 3_600_000


class Nowhere:
    """Outgoing that reaches nobody."""

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes] | None:
        """Nothing comes back."""
        return None


class Estate:
    """One mock with a world `one`; more by `add_world`."""

    def __init__(self, data: Path | None = None) -> None:
        self.system = MockSystem(VENDOR, "control-token", Nowhere(), data=data)
        self.tokens: dict[str, str] = {}
        self.add_world("one")

    def add_world(self, name: str) -> None:
        """A world of its own, with a client logged in."""
        self.system.create_world(name, 7, START_MS)
        self.log_in(name)

    def log_in(self, name: str = "one") -> None:
        """A new token by client credentials."""
        secrets = self.system.worlds[name].secrets
        form = {name: secrets[name] for name in ("client_id", "client_secret")}
        status, answer = self.grant({"grant_type": "client_credentials", **form})
        assert status == 200, answer
        self.tokens[name] = answer["access_token"]

    def grant(self, form: Mapping[str, str], authorization: str = "") -> tuple[int, Any]:
        """Ask for a token."""
        headers = {"authorization": authorization} if authorization else {}
        url = f"{HOST}/services/oauth2/token"
        status, _, body = run(self.system, "POST", url, headers, urlencode(form).encode())
        return status, json.loads(body)

    def raw(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        world: str = "one",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One call with a world's token; `path` begins after the version unless it is absolute."""
        url = HOST + (path if path.startswith("/services") else DATA + path)
        sent = {"authorization": f"Bearer {self.tokens[world]}", **(headers or {})}
        return run(self.system, method, url, sent, body)

    def call(self, method: str, path: str, body: Any = None, *, world: str = "one") -> tuple[int, Any]:
        """Status and decoded JSON of one call."""
        sent = b"" if body is None else json.dumps(body).encode()
        status, _, answer = self.raw(method, path, sent, world=world)
        return status, json.loads(answer) if answer else None

    def query(self, soql: str, *, all_rows: bool = False) -> Any:
        """The first page of a query that must succeed."""
        status, page = self.call("GET", f"/query{'All' if all_rows else ''}?q={quote(soql)}")
        assert status == 200, page
        return page

    def names(self, condition: str) -> list[str]:
        """Names of the accounts that a condition finds, in its order."""
        rest = condition if condition.startswith("ORDER") else f"WHERE {condition}"
        return [record["Name"] for record in self.query(f"SELECT Name FROM Account {rest}")["records"]]

    def refused_query(self, soql: str) -> str:
        """The error code of a query that must be refused."""
        status, errors = self.call("GET", f"/query?q={quote(soql)}")
        assert status == 400, errors
        return str(errors[0]["errorCode"])

    def create(self, object_name: str, **values: Any) -> str:
        """Create a record through the API; its id."""
        status, answer = self.call("POST", f"/sobjects/{object_name}", values)
        assert status == 201, answer
        return str(answer["id"])

    def put(self, object_name: str, at_ms: int | None = None, **values: Value) -> str:
        """Create a record as a person does, at an instant; its id."""
        return records.create(ORG, self.system.worlds["one"], object_name, values, at_ms=at_ms)

    def control(self, method: str, verb: str, body: Any = None, *, world: str = "one") -> Any:
        """One call of the control plane that must succeed."""
        sent = b"" if body is None else json.dumps(body).encode()
        url = f"{HOST}/__rehearse__/{world}/{verb}"
        status, _, answer = run(self.system, method, url, CONTROL, sent)
        assert status in (200, 201), answer
        return json.loads(answer)

    def fault(self, **fault: Any) -> None:
        """Set a fault."""
        self.control("POST", "faults", [{"id": "f", **fault}])

    def step(self, milliseconds: int) -> None:
        """Move the clock on."""
        self.control("POST", "clock", {"to_ms": self.system.worlds["one"].now_ms() + milliseconds})


def opportunity(**values: Any) -> dict[str, Any]:
    """Fields that a new opportunity needs, and more."""
    return {"Name": "Harbour", "StageName": "Open", "CloseDate": "2026-03-31", **values}
