"""A NetSuite account with worlds for tests: signed calls, the control plane, and a small firm to play."""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

import msgspec

from mocks.erp.netsuite.vendor import VENDOR
from mocks.firm.facts.source import (
    BillingDate,
    CostCentre,
    LegalEntity,
    PaymentIntent,
    PeriodClose,
    Practice,
    SourceFact,
    TaxRate,
)
from mocks.firm.facts.wire import Row, decode_rows
from mocks.kit.system import MockSystem
from tests.unit.mocks.asgi import Answer, run

TOKEN = "control-token"
HOST = "http://tstdrv1-sb1.suitetalk.example:8104"
RECORDS = "/services/rest/record/v1"
DAY_MS = 86_400_000
HOUR_MS = 3_600_000
EXACT = msgspec.json.Decoder(float_hook=Decimal)


def at(text: str) -> int:
    """Epoch milliseconds of a UTC instant."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


START_MS = at("2026-01-05T09:00")
CUTOFF_MS = at("2026-02-01T05:00")  # local midnight after 31 January in New York
APPROVAL_MS = CUTOFF_MS + 9 * HOUR_MS
CLOSES = (
    PeriodClose("2026-01", at("2026-02-06T21:00")),
    PeriodClose("2026-02", at("2026-03-06T21:00")),
    PeriodClose("2026-03", at("2026-04-07T20:00")),
)


def firm(at_ms: int = START_MS - 30 * DAY_MS) -> list[SourceFact]:
    """One entity with its calendars, two cost centres, two practices, two tax rates."""
    entity = LegalEntity(
        bk="LE|US01",
        recorded_at_ms=at_ms,
        code="US01",
        name="Harborline Consulting, Inc.",
        country="US",
        functional_ccy="USD",
        tz="America/New_York",
        std_hours_day_e2=800,
        close_calendar=CLOSES,
        billing_calendar=(
            BillingDate(date(2026, 1, 15), "EXTRA"),
            BillingDate(date(2026, 1, 31), "MONTHLY"),
        ),
        holidays=(date(2026, 1, 1), date(2026, 1, 19)),
    )
    return [
        entity,
        CostCentre(bk="CC|US01|110", recorded_at_ms=at_ms + 1, entity="LE|US01", code="110", name="Advisory"),
        CostCentre(bk="CC|US01|130", recorded_at_ms=at_ms + 2, entity="LE|US01", code="130", name="Data"),
        Practice(bk="PR|ADV", recorded_at_ms=at_ms + 3, code="ADV", name="Advisory"),
        Practice(bk="PR|DATA", recorded_at_ms=at_ms + 4, code="DATA", name="Data & Analytics"),
        TaxRate(
            bk="TX|US-CA|SERVICE|2020-01-01",
            recorded_at_ms=at_ms + 5,
            jurisdiction="US-CA",
            tax_class="SERVICE",
            valid_from=date(2020, 1, 1),
            percent_e4=82_500,
        ),
    ]


def intent(share_e6: int = 1_000_000, contract: str = "CO|00000101", ref: str = "WIRE-1") -> PaymentIntent:
    """A customer pays on 4 February."""
    return PaymentIntent(
        bk=f"PM|{contract}|2026-02-04|{ref}",
        recorded_at_ms=at("2026-02-04T15:00"),
        contract=contract,
        received_on=date(2026, 2, 4),
        share_e6=share_e6,
        bank_ref=ref,
    )


def line(
    amount: str, *, source: str = "a0T1#Mon", tax: str = "US-CA|S|8.2500", **more: Any
) -> dict[str, Any]:
    """One time line."""
    return {
        "item": {"externalId": "TM"},
        "quantity": Decimal("3.5"),
        "rate": Decimal("179.95"),
        "amount": Decimal(amount),
        "taxCode": tax,
        "custcol_rh_source_id": source,
        "custcol_rh_contract_line": "a1L1",
        "department": {"externalId": "CC|US01|130"},
        "class": {"externalId": "PR|DATA"},
        **more,
    }


def invoice(key: str, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An invoice of 31 January for the customer C1 and its contract."""
    return {
        "externalId": key,
        "entity": {"externalId": "C1"},
        "tranDate": "2026-01-31",
        "subsidiary": {"externalId": "US01"},
        "currency": {"externalId": "USD"},
        "custbody_rh_source_id": "800CONTRACT",
        "custbody_rh_run": "BR|US01|2026-01-31",
        "item": {"items": list(lines) or [line("629.83", job={"externalId": "J1"})]},
        **more,
    }


def numbered(*lines: dict[str, Any]) -> list[dict[str, Any]]:
    """Lines with their numbers."""
    return [{**one, "line": place} for place, one in enumerate(lines, start=1)]


class Estate:
    """One mock with a world `one`; signs as its integration does."""

    def __init__(self, data: Path | None = None, start_ms: int = START_MS, *, play: bool = True) -> None:
        self.system = MockSystem(VENDOR, TOKEN, _Nowhere(), data=data)
        self.world = self.system.create_world("one", 7, start_ms)
        self.count = 0
        if play:
            self.control("seed", {"facts": firm()})

    # --- the control plane ------------------------------------------------------------------

    def control(self, verb: str, body: Any = None, *, world: str = "one") -> Any:
        """Call the control plane: POST with a body, GET without."""
        payload = b"" if body is None else msgspec.json.encode(body)
        status, _, answer = run(
            self.system,
            "GET" if body is None else "POST",
            f"{HOST}/__rehearse__/{world}/{verb}",
            {"authorization": f"Bearer {TOKEN}"},
            payload,
        )
        assert status == 200, answer
        return msgspec.json.decode(answer) if verb not in ("observe", "native") else answer

    def step(self, to_ms: int) -> Any:
        """Move the clock."""
        return self.control("clock", {"to_ms": to_ms})

    def act(self, *facts: SourceFact, references: Mapping[str, str] | None = None) -> list[dict[str, str]]:
        """Play facts live."""
        acted: list[dict[str, str]] = self.control(
            "act", {"facts": list(facts), "references": dict(references or {})}
        )
        return acted

    def observed(self, kind: type[Any]) -> list[Any]:
        """Observed rows of one type."""
        rows: Sequence[Row] = list(decode_rows(self.control("observe")))
        return [row for row in rows if isinstance(row, kind)]

    # --- the API ----------------------------------------------------------------------------

    def headers(self, method: str, url: str, *, world: str = "one", **changes: str) -> dict[str, str]:
        """A signed call's headers; `changes` alter secrets or OAuth parameters."""
        self.count += 1
        secrets = {**self.system.worlds[world].secrets, **changes}
        oauth = {
            "oauth_consumer_key": secrets["consumer_key"],
            "oauth_token": secrets["token_id"],
            "oauth_nonce": f"nonce{self.count}",
            "oauth_timestamp": "1767603600",
            "oauth_version": "1.0",
            "oauth_signature_method": "HMAC-SHA256",
        }
        oauth |= {name: value for name, value in changes.items() if name.startswith("oauth_")}
        parts = urlsplit(url)
        pairs = [*parse_qsl(parts.query, keep_blank_values=True), *oauth.items()]
        text = "&".join(sorted(f"{_enc(n)}={_enc(v)}" for n, v in pairs))
        base = "&".join((method, _enc(f"{parts.scheme}://{parts.netloc}{parts.path}"), _enc(text)))
        key = f"{_enc(secrets['consumer_secret'])}&{_enc(secrets['token_secret'])}"
        digest = hmac.new(key.encode(), base.encode(), hashlib.sha256).digest()
        oauth["oauth_signature"] = base64.b64encode(digest).decode()
        realm = secrets["account"]
        shown = ", ".join(f'{name}="{_enc(value)}"' for name, value in oauth.items())
        return {"authorization": f'OAuth realm="{realm}", {shown}'}

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        world: str = "one",
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Answer:
        """One signed call; `body` is JSON, or bytes as they are."""
        url = f"{HOST}{path}" + (f"?{urlencode(query)}" if query else "")
        payload = body if isinstance(body, bytes) else _json(body)
        signed = {**self.headers(method, url, world=world), **(headers or {})}
        return run(self.system, method, as_served(url), signed, payload)

    def record(self, path: str, **query: str) -> dict[str, Any]:
        """Read a record."""
        status, _, body = self.send("GET", f"{RECORDS}/{path}", query=query)
        assert status == 200, body
        found: dict[str, Any] = EXACT.decode(body)
        return found

    def made(self, method: str, path: str, body: Any, **headers: str) -> str:
        """Write a record; its internal id."""
        status, answered, answer = self.send(method, f"{RECORDS}/{path}", body, headers=headers)
        assert (status, answer) == (204, b""), answer
        return answered["location"].rpartition("/")[2]

    def refused(self, method: str, path: str, body: Any, **headers: str) -> tuple[int, str, str, str]:
        """Write what must be refused: status, code, path and detail."""
        status, answered, answer = self.send(method, f"{RECORDS}/{path}", body, headers=headers)
        return status, *problem(answered, answer)

    def query(self, text: str, **page: str) -> dict[str, Any]:
        """Run SuiteQL."""
        status, _, body = self.send(
            "POST",
            "/services/rest/query/v1/suiteql",
            {"q": text},
            headers={"prefer": "transient"},
            query=page,
        )
        assert status == 200, body
        found: dict[str, Any] = EXACT.decode(body)
        return found

    def rows(self, text: str) -> list[dict[str, str]]:
        """Rows of a query, without their links."""
        return [{n: v for n, v in row.items() if n != "links"} for row in self.query(text)["items"]]

    def customer_and_job(self) -> None:
        """The customer C1 and its job J1."""
        self.made(
            "PUT",
            f"customer/eid:{quote('C1', safe='')}",
            {
                "companyName": "Calder & Finch",
                "subsidiary": {"externalId": "US01"},
                "currency": {"externalId": "USD"},
                "terms": {"externalId": "NET 30"},
                "custentity_rh_legal_name": "Calder & Finch LLP",
                "custentity_rh_tax_status": "BUSINESS",
                "custentity_rh_source_id": "001ACCOUNT",
            },
        )
        self.made(
            "PUT",
            "job/eid:J1",
            {
                "companyName": "Roadmap",
                "parent": {"externalId": "C1"},
                "custentity_rh_source_id": "800CONTRACT",
                "custentity_rh_contract_value": Decimal("12500.50"),
            },
        )


class _Nowhere:
    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes] | None:
        """This vendor sends no notices."""
        return None


def problem(headers: Mapping[str, str], body: bytes) -> tuple[str, str, str]:
    """Code, path and detail of an error answer, its shape checked."""
    assert headers["content-type"] == "application/vnd.oracle.resource+json; type=error"
    content = msgspec.json.decode(body)
    assert set(content) == {"type", "title", "status", "o:errorDetails"}
    detail = content["o:errorDetails"][0]
    places = [value for name, value in detail.items() if name not in ("detail", "o:errorCode")]
    return detail["o:errorCode"], places[0] if places else "", detail["detail"]


def as_served(url: str) -> str:
    """An address as a server hands it to the application: its path decoded."""
    head, mark, query = url.partition("?")
    return f"{unquote(head)}{mark}{query}"


def _json(body: Any) -> bytes:
    return b"" if body is None else msgspec.json.Encoder(decimal_format="number").encode(body)


def _enc(text: str) -> str:
    return quote(text, safe="-._~")
