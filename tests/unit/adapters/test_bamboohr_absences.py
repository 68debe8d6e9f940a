"""The HRIS adapter on time off: a window read whole, days in hours, honest stamps and bounds."""

from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from integration_core.adapters.bamboohr.client import BambooHris
from integration_core.canonical.work import Absence, AbsenceDay
from integration_core.ports.http import HttpRequest
from integration_core.ports.systems import ChangePage, RateLimited, Unreadable

from .scripted import DATE_MS, Routed, Scripted, answer, run

DAY_MS = 86_400_000
CHANGED_MS = 1_769_774_400_000


def request(native_id: str = "7", **changes: Any) -> dict[str, Any]:
    """Two days of approved leave as the API shows them."""
    shown = {
        "id": native_id,
        "employeeId": "123",
        "name": "Zoë O'Neil",
        "status": {
            "lastChanged": "2026-01-30",
            "lastChangedAt": "2026-01-30T12:00:00+00:00",
            "lastChangedByUserId": "1",
            "status": "approved",
        },
        "start": "2026-02-02",
        "end": "2026-02-03",
        "created": "2026-01-30",
        "type": {"id": "78", "name": "Vacation"},
        "amount": {"unit": "hours", "amount": "12"},
        "dates": {"2026-02-03": "4.5", "2026-02-02": "7.5"},
        "notes": {},
    }
    return shown | changes


def read(transport: Scripted, since_ms: int = DATE_MS) -> ChangePage:
    hris = BambooHris(transport, "http://hris.example", "acme", "key-1")
    return run(hris.read_changes("absences", since_ms, None))


def windows(transport: Scripted) -> list[tuple[str, str]]:
    """First and last day of every window asked for."""
    queries = [parse_qs(urlsplit(sent.url).query) for sent in transport.requests]
    return [(query["start"][0], query["end"][0]) for query in queries]


def test_absence__has_its_days_in_order_and_the_instant_of_its_change() -> None:
    found = read(Scripted(answer(200, [request()])))
    assert found.records == (
        Absence(
            native_id="7",
            employee_native_id="123",
            status="approved",
            days=(
                AbsenceDay(day=date(2026, 2, 2), hours=Decimal("7.5")),
                AbsenceDay(day=date(2026, 2, 3), hours=Decimal("4.5")),
            ),
            deleted=False,
            recorded_at_ms=CHANGED_MS,
        ),
    )
    assert (found.cursor, found.complete_to_ms) == (None, DATE_MS - 60_000)


def test_window__is_read_by_one_call_around_since() -> None:
    transport = Scripted(answer(200, []))
    assert read(transport).records == ()
    assert windows(transport) == [("2025-11-30", "2027-03-07")]
    assert urlsplit(transport.requests[0].url).path.endswith("/acme/v1/time_off/requests")


@pytest.mark.parametrize(("since_ms", "start"), [(0, "1970-01-01"), (DATE_MS - 400 * DAY_MS, "2024-10-26")])
def test_window_of_an_old_since__reaches_ahead_of_the_sources_today(since_ms: int, start: str) -> None:
    def route(sent: HttpRequest) -> Any:
        end = parse_qs(urlsplit(sent.url).query)["end"][0]
        return answer(200, [request()] if end > "2026-02-02" else [])

    transport = Routed(route)
    assert len(read(transport, since_ms).records) == 1
    assert windows(transport)[-1] == (start, "2027-03-07")
    assert len(transport.requests) == 2


def test_requests_of_one_poll__come_oldest_first() -> None:
    status = {**request()["status"], "lastChangedAt": "2026-01-29T12:00:00+00:00"}
    found = read(Scripted(answer(200, [request("7"), request("8", status=status)])))
    assert [record.native_id for record in found.records if isinstance(record, Absence)] == ["8", "7"]


def test_canceled_request__is_told_like_any_other_and_without_instant_dated_to_its_day() -> None:
    status = {"lastChanged": "2026-01-30", "lastChangedByUserId": "1", "status": "canceled"}
    (found,) = read(Scripted(answer(200, [request(status=status, dates=[])]))).records
    assert isinstance(found, Absence)
    assert (found.status, found.days, found.recorded_at_ms) == ("canceled", (), CHANGED_MS - DAY_MS // 2)


@pytest.mark.parametrize(
    "change",
    [
        {"amount": {"unit": "days", "amount": "2"}},
        {"dates": {"2026-02-30": "8"}},
        {"dates": {"2026-02-02": "all day"}},
        {"status": None},
    ],
)
def test_time_off_against_the_contract__is_unread_and_the_rest_goes_on(change: dict[str, Any]) -> None:
    found = read(Scripted(answer(200, [request("8", **change), request("7")])))
    assert [record.native_id for record in found.records if isinstance(record, Absence)] == ["7"]
    assert [unread.native_id for unread in found.unread] == ["8"]


def test_failures__are_told_as_for_people() -> None:
    with pytest.raises(RateLimited):
        read(Scripted(answer(429, retry_after="9")))
    with pytest.raises(Unreadable):
        read(Scripted(answer(200, {"requests": []})))
