"""A client of a mock that speaks the Salesforce protocol: sessions, records, queries, errors."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec

from mocks.kit.vendor import Vendor
from tests.property.mocks.wire import WORLD, Answer, Wire

DATA = "/services/data/v59.0"
START_MS = 1_767_258_000_000  # 2026-01-01T09:00:00Z, a Thursday
TOKEN_LIFE_MS = 7_200_000
_encoder = msgspec.json.Encoder(decimal_format="number")


def well_shaped(answer: Answer) -> bool:
    """An array of errors, each with message and code."""
    errors = answer.json()
    return (
        isinstance(errors, list)
        and bool(errors)
        and all(
            {"message", "errorCode"} <= set(error) <= {"message", "errorCode", "fields"} for error in errors
        )
    )


class Client:
    """Logged in to one world; logs in again when the token is two hours old."""

    def __init__(self, vendor: Vendor) -> None:
        self.wire = Wire(vendor, "http://org.example", well_shaped, START_MS)
        self.token = ""
        self.issued_ms = 0

    def fresh(self) -> None:
        """Begin with an empty world."""
        self.wire.fresh()
        self.log_in()

    def log_in(self) -> None:
        """A new token by client credentials."""
        secrets = self.wire.system.worlds[WORLD].secrets
        form = {"grant_type": "client_credentials"}
        form |= {name: secrets[name] for name in ("client_id", "client_secret")}
        answer = self.wire.send("POST", "/services/oauth2/token", urlencode(form).encode())
        assert answer.status == 200, answer
        self.token, self.issued_ms = answer.json()["access_token"], self.wire.now_ms()

    def send(
        self, method: str, path: str, body: Any = None, query: Mapping[str, str] | None = None
    ) -> Answer:
        """One call with the token."""
        payload = b"" if body is None else _encoder.encode(body)
        headers = {"authorization": f"Bearer {self.token}"}
        return self.wire.send(method, DATA + path, payload, headers=headers, query=query)

    def read(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        """A read that must succeed, and must say the same when it is repeated."""
        first, second = (self.send("GET", path, query=query) for _ in range(2))
        assert first.status == 200, first
        assert first.body == second.body, "a read that is repeated says something else"
        return first.json()

    def rows(self, soql: str, *, gone: bool = False) -> list[dict[str, Any]]:
        """All records of a query, through all of its pages."""
        page = self.read("/queryAll" if gone else "/query", {"q": soql})
        found: list[dict[str, Any]] = list(page["records"])
        while not page["done"]:
            page = self.read(page["nextRecordsUrl"].removeprefix(DATA))
            found += page["records"]
        assert len(found) == page["totalSize"], page
        return [{name: value for name, value in row.items() if name != "attributes"} for row in found]

    def created(self, object_name: str, **values: Any) -> str:
        """Create a record that must be taken; its id."""
        answer = self.send("POST", f"/sobjects/{object_name}", values)
        assert answer.status == 201, answer
        record_id: str = answer.json()["id"]
        assert answer.headers["location"] == f"{DATA}/sobjects/{object_name}/{record_id}"
        return record_id

    def step(self, milliseconds: int) -> None:
        """Move the clock; a token that is too old by then is refused, and replaced."""
        now_ms = self.wire.step(milliseconds)
        answer = self.send("GET", "/limits")
        assert (answer.status == 401) == (now_ms >= self.issued_ms + TOKEN_LIFE_MS), answer
        if answer.status == 401:
            assert code(answer) == "INVALID_SESSION_ID", answer
            self.log_in()


def code(answer: Answer) -> str:
    """The first error's code; empty for a success."""
    return "" if answer.status < 300 else str(answer.json()[0]["errorCode"])
