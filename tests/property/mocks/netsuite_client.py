"""A client of the ERP mock: signed calls, records, queries through all of their pages."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

import msgspec

from mocks.erp.netsuite.vendor import VENDOR
from tests.property.mocks.wire import WORLD, Answer, Wire, segment
from tests.unit.mocks.netsuite.estate import START_MS, firm

HOST = "http://tstdrv1-sb1.suitetalk.example:8104"
RECORDS = "/services/rest/record/v1"
ERROR_TYPE = "application/vnd.oracle.resource+json; type=error"
_encoder = msgspec.json.Encoder(decimal_format="number")


def well_shaped(answer: Answer) -> bool:
    """A problem with at least one of Oracle's details."""
    problem = answer.json()
    return (
        answer.headers["content-type"] == ERROR_TYPE
        and set(problem) == {"type", "title", "status", "o:errorDetails"}
        and problem["status"] == answer.status
        and all(detail["detail"] and detail["o:errorCode"] for detail in problem["o:errorDetails"])
    )


class Client:
    """An integration with one token; every call has a nonce of its own."""

    def __init__(self) -> None:
        self.wire = Wire(VENDOR, HOST, well_shaped, START_MS)
        self.count = 0

    def fresh(self) -> None:
        """A new account with its masters, a customer and the customer's contract as a job."""
        self.wire.fresh()
        self.wire.control("POST", "seed", {"facts": firm()})
        customer = {"companyName": "Calder & Finch", "subsidiary": {"externalId": "US01"}}
        customer |= {"currency": {"externalId": "USD"}, "terms": {"externalId": "NET 30"}}
        self.made("PUT", "customer/eid:C1", customer)
        job = {"companyName": "Roadmap", "parent": {"externalId": "C1"}, "custentity_rh_source_id": "800C"}
        self.made("PUT", "job/eid:J1", job)

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Answer:
        """One signed call; `path` as on the wire."""
        signed = {**self.signature(method, path, urlencode(query or {})), **(headers or {})}
        payload = b"" if body is None else _encoder.encode(body)
        return self.wire.send(method, path, payload, headers=signed, query=query)

    def signature(self, method: str, path: str, query: str) -> dict[str, str]:
        """The header of token-based authentication (OAuth 1.0, HMAC-SHA256)."""
        self.count += 1
        secrets = self.wire.system.worlds[WORLD].secrets
        oauth = {
            "oauth_consumer_key": secrets["consumer_key"],
            "oauth_token": secrets["token_id"],
            "oauth_nonce": f"nonce{self.count}",
            "oauth_timestamp": "1767603600",
            "oauth_version": "1.0",
            "oauth_signature_method": "HMAC-SHA256",
        }
        pairs = [*parse_qsl(query, keep_blank_values=True), *oauth.items()]
        text = "&".join(sorted(f"{_encoded(name)}={_encoded(value)}" for name, value in pairs))
        base = "&".join((method, _encoded(f"{HOST}{path}"), _encoded(text)))
        key = f"{_encoded(secrets['consumer_secret'])}&{_encoded(secrets['token_secret'])}"
        digest = hmac.new(key.encode(), base.encode(), hashlib.sha256).digest()
        oauth["oauth_signature"] = base64.b64encode(digest).decode()
        shown = ", ".join(f'{name}="{_encoded(value)}"' for name, value in oauth.items())
        return {"authorization": f'OAuth realm="{secrets["account"]}", {shown}'}

    def write(self, method: str, path: str, body: Any = None) -> Answer:
        """Write a record."""
        return self.send(method, f"{RECORDS}/{path}", body)

    def made(self, method: str, path: str, body: Any) -> str:
        """Write a record that must be taken; its internal id."""
        answer = self.write(method, path, body)
        assert answer.status == 204, answer
        assert answer.body == b""
        return answer.headers["location"].rpartition("/")[2]

    def record(self, kind: str, external_id: str) -> dict[str, Any]:
        """A record by external id; a read that is repeated says the same."""
        path = f"{RECORDS}/{kind}/eid:{segment(external_id)}"
        first, second = (self.send("GET", path) for _ in range(2))
        assert first.status == 200, first
        assert first.body == second.body, "a read that is repeated says something else"
        found: dict[str, Any] = first.json()
        return found

    def rows(self, text: str, limit: int = 1000) -> list[dict[str, str]]:
        """All rows of a query, page by page."""
        found: list[dict[str, str]] = []
        while True:
            query = {"limit": str(limit), "offset": str(len(found))}
            path = "/services/rest/query/v1/suiteql"
            answer = self.send("POST", path, {"q": text}, headers={"prefer": "transient"}, query=query)
            assert answer.status == 200, answer
            page = answer.json()
            found += [
                {name: value for name, value in row.items() if name != "links"} for row in page["items"]
            ]
            if not page["hasMore"]:
                assert len(found) == page["totalResults"]
                return found


def code(answer: Answer) -> str:
    """The first detail's code; empty for a success."""
    return "" if answer.status < 300 else str(answer.json()["o:errorDetails"][0]["o:errorCode"])


def _encoded(text: str) -> str:
    return quote(text, safe="-._~")
