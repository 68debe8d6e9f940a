"""The payroll adapter: what changed, in full, of every company, and pay never in an error."""

import hashlib
import hmac
import json
from datetime import date
from decimal import Decimal
from email.utils import formatdate
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from msgspec.structs import replace

from integration_core.adapters.gusto.client import GustoPayroll
from integration_core.adapters.gusto.webhooks import (
    PayrollNotice,
    check_signature,
    parse_webhook,
    verification_token_of,
)
from integration_core.canonical.payroll import PayrollLine, PayrollRun
from integration_core.ports.http import HttpRequest, HttpResponse, NoAnswer
from integration_core.ports.systems import (
    AuthRefused,
    ChangePage,
    Payroll,
    RateLimited,
    Transient,
    Unreadable,
    VendorError,
)

from .scripted import DATE, DATE_MS, Answer, Routed, Scripted, answer, run

COMPANIES = {"c-us": ("US01", "USD"), "c-de": ("DE01", "EUR")}
STAMP = "2026-01-30T12:00:00.250Z"
STAMP_MS = 1_769_774_400_250
LINE: dict[str, Any] = {
    "employee_uuid": "e-1",
    "excluded": False,
    "gross_pay": "8333.34",
    "net_pay": "5833.34",
    "taxes": [
        {"name": "Federal Income Tax", "employer": False, "amount": "2500.00"},
        {"name": "Social Security", "employer": True, "amount": "510.00"},
        {"name": "Medicare", "employer": True, "amount": "127.50"},
    ],
    "benefits": [{"name": "Health", "company_contribution": "100.05", "employee_deduction": "20.00"}],
}
ROW: dict[str, Any] = {
    "uuid": "p-1",
    "off_cycle": False,
    "processed": True,
    "processed_date": "2026-01-30T12:00:00.000Z",
    "updated_at": STAMP,
    "check_date": "2026-01-31",
    "pay_period": {"start_date": "2026-01-01", "end_date": "2026-01-31"},
    "employee_compensations": [LINE],
}
NUMBER = {"name": "employee_number", "value": "1001"}
PEOPLE: list[dict[str, Any]] = [
    {"uuid": "e-1", "custom_fields": [{"name": "other", "value": None}, NUMBER]},
    {"uuid": "e-2"},
    {"uuid": 3},
]


class Group(Routed):
    """Two companies; the first has these payrolls, and lists answer in pages of `per`."""

    def __init__(self, *rows: dict[str, Any], per: int = 100) -> None:
        super().__init__(self._answer)
        self.rows = {row["uuid"]: row for row in rows}
        self.per = per
        self.date, self.people = DATE, PEOPLE
        self.company: dict[str, Any] = {"entity_code": "US01", "currency": "USD"}

    def _answer(self, request: HttpRequest) -> Answer:
        parts = urlsplit(request.url)
        path = parts.path.removeprefix("/v1/").split("/")
        if path == ["me"]:
            companies = [{"uuid": uuid, "name": code} for uuid, (code, _) in COMPANIES.items()]
            return answer(200, {"roles": {"payroll_admin": {"companies": companies}}}, date=self.date)
        if len(path) == 2:
            return answer(200, {"uuid": path[1], "name": "x", **self.company})
        if len(path) == 4:
            row = self.rows.get(path[3])
            return answer(200, row) if row else answer(404, {"errors": []})
        if path[2] == "employees":
            return self._page(self.people, parts.query)
        window = {name: values[0] for name, values in parse_qs(parts.query).items()}
        rows = [
            {name: row.get(name) for name in ("uuid", "processed_date", "updated_at", "pay_period")}
            for row in self.rows.values()
            if path[1] == "c-us" and window["start_date"] <= row["pay_period"]["end_date"]
            and row["pay_period"]["start_date"] <= window["end_date"]
        ]  # fmt: skip
        return self._page(rows, parts.query)

    def _page(self, rows: list[dict[str, Any]], query: str) -> HttpResponse:
        page = int(parse_qs(query)["page"][0])
        shown = rows[(page - 1) * self.per : page * self.per]
        pages = str(-(-len(rows) // self.per))
        return answer(200, shown, x_total_pages=pages, x_total_count=str(len(rows)), x_per_page=str(self.per))

    def paths(self) -> list[str]:
        """What was asked, in order, without queries."""
        return [urlsplit(request.url).path.removeprefix("/v1") for request in self.requests]

    def windows(self) -> list[tuple[str, str]]:
        """The windows in which the first company's payrolls were listed."""
        asked = [
            parse_qs(urlsplit(request.url).query)
            for request in self.requests
            if urlsplit(request.url).path == "/v1/companies/c-us/payrolls"
        ]
        return [(query["start_date"][0], query["end_date"][0]) for query in asked]


def read(transport: Scripted, since_ms: int = STAMP_MS) -> ChangePage:
    port: Payroll = GustoPayroll(transport, "http://payroll.example/", "tok-1", visibility_lag_ms=5_000)
    return run(port.read_changes("payrolls", since_ms, None))


def test_a_payroll__is_gross_and_what_the_employer_pays_on_top() -> None:
    group = Group(ROW)
    found = read(group)
    assert found == ChangePage(
        records=(
            PayrollRun(
                native_id="p-1",
                entity_code="US01",
                period="2026-01",
                kind="REGULAR",
                ccy="USD",
                check_date=date(2026, 1, 31),
                posted_at_ms=STAMP_MS - 250,
                lines=(
                    PayrollLine(
                        employee_no="1001",
                        employee_native_id="e-1",
                        gross=Decimal("8333.34"),
                        burden=Decimal("737.55"),
                    ),
                ),
                deleted=False,
                recorded_at_ms=STAMP_MS,
            ),
        ),
        complete_to_ms=DATE_MS - 5_000,
    )
    headers = dict(group.requests[0].headers)
    assert (headers["authorization"], headers["x-gusto-api-version"]) == ("Bearer tok-1", "2024-04-01")


def test_a_settled_payroll__is_listed_but_not_read() -> None:
    group = Group({**ROW, "updated_at": "2025-12-01T12:00:00.000Z"})
    assert read(group, STAMP_MS + 1).records == ()
    assert group.paths() == ["/me", "/companies/c-us/payrolls", "/companies/c-de/payrolls"]


def test_a_recent_payroll__is_read_again_since_people_may_get_their_numbers_later() -> None:
    (record,) = read(Group(ROW), STAMP_MS + 1).records
    assert isinstance(record, PayrollRun)
    assert record.native_id == "p-1"


@pytest.mark.parametrize(("people", "hours"), [(PEOPLE, 24), ([], 1)])
def test_a_recent_payroll__is_read_in_full_again_after_an_hour_or_a_day(
    people: list[dict[str, Any]], hours: int
) -> None:
    group = Group(ROW)
    group.people = people
    port = GustoPayroll(group, "http://payroll.example/", "tok-1", visibility_lag_ms=5_000)
    stored_ms = DATE_MS - 5_000

    def found(since_ms: int) -> int:
        return len(run(port.read_changes("payrolls", since_ms, None)).records)

    assert found(STAMP_MS + 1) == 1
    assert found(stored_ms - 1) == 1  # nobody knows whether that was stored
    assert found(stored_ms) == 0
    group.date = formatdate(DATE_MS / 1000 + hours * 3600 - 1, usegmt=True)
    assert found(stored_ms - 1) == 1  # read again for want of a proof, which the first reading gave
    assert found(stored_ms) == 0
    group.date = formatdate(DATE_MS / 1000 + 2 * hours * 3600 - 2, usegmt=True)
    assert found(stored_ms) == 0
    group.date = formatdate(DATE_MS / 1000 + 2 * hours * 3600 - 1, usegmt=True)
    assert found(stored_ms) == 1


def test_the_list__is_asked_for_corrections_and_for_eleven_months() -> None:
    group = Group({**ROW, "off_cycle": True})
    (record,) = read(group).records
    assert isinstance(record, PayrollRun)
    assert record.kind == "CORRECTION"
    assert group.windows() == [("2025-03-08", "2026-03-03")]
    assert "payroll_types=regular,off_cycle" in group.requests[1].url


def test_an_old_since__reads_further_back_in_windows_of_a_year() -> None:
    old = {**ROW, "uuid": "p-0", "pay_period": {"start_date": "2024-01-01", "end_date": "2024-01-31"}}
    group = Group(ROW, old)
    found = read(group, 0)
    assert {record.period for record in found.records if isinstance(record, PayrollRun)} == {
        "2024-01",
        "2026-01",
    }
    windows = group.windows()
    assert windows[0][1] == "2026-03-03"
    assert windows[-1][0] == "2023-02-16"
    assert all(
        (date.fromisoformat(earlier[1]) - date.fromisoformat(later[0])).days == -1
        and (date.fromisoformat(later[1]) - date.fromisoformat(later[0])).days <= 365
        for later, earlier in pairwise(windows)
    )


def test_pages__are_read_to_the_last_and_oldest_come_first() -> None:
    rows = [{**ROW, "uuid": f"p-{n}", "updated_at": f"2026-01-31T0{9 - n}:00:00Z"} for n in range(5)]
    found = read(Group(*rows, per=2))
    assert [record.native_id for record in found.records if isinstance(record, PayrollRun)] == [
        "p-4", "p-3", "p-2", "p-1", "p-0",
    ]  # fmt: skip


def test_a_page_of_nobody_knows_how_many__is_not_taken_for_the_last() -> None:
    class Untold(Group):
        def _page(self, rows: list[dict[str, Any]], query: str) -> HttpResponse:
            given = super()._page(rows, query)
            return replace(given, headers=tuple(one for one in given.headers if one[0] != "x-total-pages"))

    with pytest.raises(Unreadable, match="how many pages"):
        read(Untold(ROW))


def test_pages_whose_size_changes__are_not_trusted() -> None:
    class Healing(Group):
        def _page(self, rows: list[dict[str, Any]], query: str) -> HttpResponse:
            given = super()._page(rows, query)
            self.per = 2
            return given

    rows = [{**ROW, "uuid": f"p-{n}"} for n in range(4)]
    with pytest.raises(Transient):
        read(Healing(*rows, per=1))


def test_who_is_not_known_by_number__comes_without_one() -> None:
    lines = [{**LINE, "employee_uuid": uuid} for uuid in ("e-2", "e-9")]
    excluded = {"employee_uuid": "e-1", "excluded": True, "gross_pay": None, "taxes": None}
    (record,) = read(Group({**ROW, "employee_compensations": [*lines, excluded]})).records
    assert isinstance(record, PayrollRun)
    assert [(line.employee_native_id, line.employee_no) for line in record.lines] == [
        ("e-2", ""),
        ("e-9", ""),
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"employee_compensations": [{**LINE, "gross_pay": None}]},
        {"employee_compensations": [{**LINE, "gross_pay": "8333.34x"}]},
        {"employee_compensations": [{**LINE, "gross_pay": "NaN"}]},
        {"employee_compensations": [{**LINE, "taxes": None}]},
        {"pay_period": {"start_date": "2026-01-16", "end_date": "2026-02-15"}},
        {"check_date": "soon"},
        {"off_cycle": "no"},
    ],
)
def test_a_payroll_that_breaks_the_contract__is_kept_without_pay(change: dict[str, Any]) -> None:
    found = read(Group({**ROW, **change}, {**ROW, "uuid": "p-2"}))
    assert [record.native_id for record in found.records if isinstance(record, PayrollRun)] == ["p-2"]
    (unread,) = found.unread
    assert (unread.entity, unread.native_id, unread.recorded_at_ms) == ("PayrollRun", "p-1", STAMP_MS)
    assert unread.code == "SCHEMA_INVALID"
    assert "8333" not in unread.payload + unread.text
    assert json.loads(unread.payload)["uuid"] == "p-1"


def test_a_stamp_that_cannot_be_read__is_kept_too() -> None:
    found = read(Group({**ROW, "updated_at": "yesterday"}))
    assert (found.records, found.unread[0].native_id) == ((), "p-1")


def test_a_company_without_entity__makes_its_payrolls_unread() -> None:
    group = Group(ROW)
    group.company = {}
    found = read(group)
    assert (found.records, len(found.unread)) == ((), 1)


def test_a_listed_payroll_that_is_gone__is_unread() -> None:
    class Gone(Group):
        def _answer(self, request: HttpRequest) -> Answer:
            return answer(404, {}) if request.url.split("?")[0].endswith("/p-1") else super()._answer(request)

    assert [unread.native_id for unread in read(Gone(ROW)).unread] == ["p-1"]


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (answer(401, {"errors": [{"category": "invalid_token", "message": "No."}]}), AuthRefused),
        (answer(403, {"errors": []}), AuthRefused),
        (answer(429, "", retry_after="7"), RateLimited),
        (answer(503, "busy"), Transient),
        (answer(200, b'{"roles": '), Transient),
        (answer(200, {"roles": 3}), Unreadable),
        (answer(404, ""), Unreadable),
        (answer(200, {"roles": {}}, date=""), Unreadable),
        (NoAnswer("gone"), Transient),
    ],
)
def test_failures__are_told_apart(given: Answer, kind: type[VendorError]) -> None:
    with pytest.raises(VendorError) as raised:
        read(Scripted(given))
    assert type(raised.value) is kind
    if isinstance(raised.value, RateLimited):
        assert raised.value.retry_after_seconds == 7


def test_another_stream_or_a_cursor__is_refused() -> None:
    port = GustoPayroll(Scripted(answer()), "http://payroll.example", "t")
    with pytest.raises(Unreadable):
        run(port.read_changes("employees", 0, None))
    with pytest.raises(Unreadable):
        run(port.read_changes("payrolls", 0, "1"))


# --- webhooks -------------------------------------------------------------------------------


EVENT = {"uuid": "n-1", "event_type": "payroll.processed", "entity_type": "Payroll", "entity_uuid": "p-1"}


def test_a_webhook__is_believed_by_its_signature() -> None:
    body = json.dumps({**EVENT, "timestamp": 1}).encode()
    signature = hmac.new(b"token", body, hashlib.sha256).hexdigest()
    check_signature("token", body, signature)
    assert parse_webhook(body) == PayrollNotice(**EVENT)
    for token, sent, given in (
        ("other", body, signature),
        ("token", body + b" ", signature),
        ("token", body, ""),
        ("token", body, "é"),
        ("", body, hmac.new(b"", body, hashlib.sha256).hexdigest()),
    ):
        with pytest.raises(AuthRefused):
            check_signature(token, sent, given)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"uuid": 1}', b"\xff", b" " * 1_000_001])
def test_a_malformed_webhook__is_unreadable(body: bytes) -> None:
    assert verification_token_of(body) is None
    with pytest.raises(Unreadable):
        parse_webhook(body)


def test_the_first_message__carries_the_token() -> None:
    assert verification_token_of(b'{"verification_token": "t-1", "webhook_subscription_uuid": "w"}') == "t-1"
    assert verification_token_of(json.dumps(EVENT).encode()) is None
