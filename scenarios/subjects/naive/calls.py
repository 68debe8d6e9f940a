"""How the naive subject talks to the vendors: three tries with a fixed pause, then it is what it is.

This is what a team writes in an afternoon from the vendors' getting-started pages. Whatever goes
wrong is tried again as it stands, whether or not it had an effect the first time.
"""

import asyncio
import base64
import hashlib
import hmac
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import msgspec

from integration_core.ports.http import HttpRequest, HttpTransport, NoAnswer, NotSent
from scenarios.subjects.naive.memory import Row

TRIES = 3
DATA = "/services/data/v59.0"
RECORD = "/services/rest/record/v1"
COLLECTION_SIZE = 200
_ENCODER = msgspec.json.Encoder(decimal_format="number")
_DECODER = msgspec.json.Decoder(float_hook=Decimal)


class Calls:
    """Signed calls to four systems, and the rows that polling brought, by table and id."""

    def __init__(
        self,
        transport: HttpTransport,
        systems: Mapping[str, Mapping[str, str]],
        now_ms: Callable[[], int],
        nonce: Callable[[], str],
        pause_seconds: float,
    ) -> None:
        self.rows: defaultdict[str, dict[str, Row]] = defaultdict(dict)
        self._transport = transport
        self._systems = systems
        self._now_ms = now_ms
        self._nonce = nonce
        self._pause_seconds = pause_seconds
        self._tokens: dict[str, str] = {}
        self._since_ms: dict[str, int] = {}
        self._sent: dict[str, Row] = {}

    async def call(self, role: str, method: str, path: str, body: Any = None) -> Any:
        """The answer's JSON, or the id at the end of its Location; None after three failures."""
        url = self._systems[role]["url"] + path
        payload = b"" if body is None else _ENCODER.encode(body)
        for _ in range(TRIES):
            try:
                request = HttpRequest(
                    method=method, url=url, headers=await self._headers(role, method, url), body=payload
                )
                response = await self._transport.send(request)
                if response.status < 300:
                    place = (response.header("location") or "").rpartition("/")[2]
                    return _DECODER.decode(response.body) if response.body else place
            except (NotSent, NoAnswer, msgspec.DecodeError, LookupError):
                pass
            self._tokens.pop(role, None)
            await asyncio.sleep(self._pause_seconds)
        return None

    async def put(self, role: str, method: str, path: str, body: Row) -> Any:
        """Write what is not written yet; what was tried counts as written."""
        if self._sent.get(path) == body:
            return None
        self._sent[path] = body
        return await self.call(role, method, path, body)

    async def upsert(self, table: str, key: str, body: Row) -> Any:
        """Create or update a record of the PSA under our external id, unless it stands like that."""
        path = f"{DATA}/sobjects/{table}/RH_External_Id__c/{quote(key, safe='')}"
        return await self.put("psa", "PATCH", path, body)

    async def put_record(self, kind: str, key: str, body: Row) -> None:
        """Create or update a record of the ERP under our external id, unless it stands like that."""
        await self.put("erp", "PUT", f"{RECORD}/{kind}/eid:{quote(key, safe='')}", body)

    async def update_many(self, role: str, table: str, rows: Mapping[str, Row]) -> None:
        """Update what does not stand like that, by collections; items that fail are not looked at."""
        changed = {name: row for name, row in rows.items() if self._sent.get(f"{table}/{name}") != row}
        self._sent |= {f"{table}/{name}": row for name, row in changed.items()}
        records = [{"attributes": {"type": table}, "Id": name, **row} for name, row in changed.items()]
        for at in range(0, len(records), COLLECTION_SIZE):
            body = {"allOrNone": False, "records": records[at : at + COLLECTION_SIZE]}
            await self.call(role, "PATCH", f"{DATA}/composite/sobjects", body)

    def since(self, table: str) -> datetime:
        """When this table was polled last, by our own clock; from now on: now."""
        before = datetime.fromtimestamp(self._since_ms.get(table, 0) / 1000, UTC)
        self._since_ms[table] = self._now_ms()
        return before

    async def poll(self, role: str, table: str, fields: str) -> None:
        """Rows of an org's table that changed since the last time."""
        stamp = self.since(table).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
        columns = ", ".join(["Id", *fields.split()])
        query = urlencode({"q": f"SELECT {columns} FROM {table} WHERE SystemModstamp > {stamp}"})
        path: str | None = f"{DATA}/query?{query}"
        while path is not None:
            page = await self.call(role, "GET", path)
            if page is None:
                return
            self.rows[table].update((row["Id"], row) for row in page["records"])
            path = page.get("nextRecordsUrl")

    async def suiteql(self, query: str) -> list[Row]:
        """All rows of a query, page by page."""
        rows: list[Row] = []
        while True:
            path = f"/services/rest/query/v1/suiteql?limit=1000&offset={len(rows)}"
            page = await self.call("erp", "POST", path, {"q": query})
            rows += page["items"] if page else []
            if not page or not page["items"] or not page["hasMore"]:
                return rows

    async def hris(self, path: str) -> Any:
        """Read something of the HRIS."""
        company = self._systems["hris"]["company"]
        return await self.call("hris", "GET", f"/api/gateway.php/{company}/v1{path}")

    async def _headers(self, role: str, method: str, url: str) -> tuple[tuple[str, str], ...]:
        if role == "erp":
            authorization = self._signature(method, url)
        elif role == "hris":
            key = f"{self._systems[role]['api_key']}:x"
            authorization = "Basic " + base64.b64encode(key.encode()).decode()
        else:
            authorization = f"Bearer {await self._token(role)}"
        headers = (("authorization", authorization), ("accept", "application/json"))
        transient = (("prefer", "transient"),) if "suiteql" in url else ()
        return (*headers, ("content-type", "application/json"), *transient)

    async def _token(self, role: str) -> str:
        if role not in self._tokens:
            system = self._systems[role]
            form = {"grant_type": "client_credentials"}
            form |= {name: system[name] for name in ("client_id", "client_secret")}
            request = HttpRequest(
                method="POST",
                url=system["url"] + "/services/oauth2/token",
                headers=(("content-type", "application/x-www-form-urlencoded"),),
                body=urlencode(form).encode(),
            )
            response = await self._transport.send(request)
            if response.status != 200:
                raise LookupError("no token")
            self._tokens[role] = _DECODER.decode(response.body)["access_token"]
        return self._tokens[role]

    def _signature(self, method: str, url: str) -> str:
        """OAuth 1.0 with HMAC-SHA256, as the vendor's page on token-based authentication has it."""
        system, address = self._systems["erp"], urlsplit(url)
        oauth = {
            "oauth_consumer_key": system["consumer_key"],
            "oauth_nonce": self._nonce(),
            "oauth_signature_method": "HMAC-SHA256",
            "oauth_timestamp": str(self._now_ms() // 1000),
            "oauth_token": system["token_id"],
            "oauth_version": "1.0",
        }
        pairs = sorted((_safe(k), _safe(v)) for k, v in [*parse_qsl(address.query), *oauth.items()])
        parameters = "&".join(f"{name}={value}" for name, value in pairs)
        place = f"{address.scheme}://{address.netloc}{address.path}"
        base = f"{method}&{_safe(place)}&{_safe(parameters)}".encode()
        key = f"{_safe(system['consumer_secret'])}&{_safe(system['token_secret'])}".encode()
        oauth["oauth_signature"] = base64.b64encode(hmac.new(key, base, hashlib.sha256).digest()).decode()
        parts = ", ".join(f'{name}="{_safe(value)}"' for name, value in oauth.items())
        return f'OAuth realm="{system["account"]}", {parts}'


def _safe(text: str) -> str:
    return quote(text, safe="-._~")
