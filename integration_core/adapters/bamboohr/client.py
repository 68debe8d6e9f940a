"""The HRIS port over BambooHR's REST API: who changed, then their fields and dated rows; time off.

The API names who changed, not what, and has no pages; of time off it does not even tell that it
changed. A few people are read one by one, many by one report and whole tables: never a call for
each of ten thousand.
"""

import base64
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import TypeVar
from urllib.parse import quote, urlencode

import msgspec
from msgspec import Struct, field

from integration_core.adapters.bamboohr import mapping
from integration_core.adapters.bamboohr.mapping import (
    EmployeeRow,
    EmploymentRow,
    JobInfoRow,
    SkillRow,
    TimeOffRow,
)
from integration_core.adapters.http.correlation import current_correlation
from integration_core.adapters.http.instants import day_of, instant_ms
from integration_core.adapters.http.json_body import decode_answer, text_of
from integration_core.adapters.http.records import MISFIT, Gathered, map_records, unread_row
from integration_core.adapters.http.session import (
    HttpSession,
    retry_after_seconds,
    source_time_ms,
    status_error,
)
from integration_core.adapters.http.shown import Shown
from integration_core.ports.http import HttpResponse, HttpTransport
from integration_core.ports.systems import (
    ChangePage,
    RateLimited,
    SourceRecord,
    Unread,
    Unreadable,
    VendorError,
)

RowT = TypeVar("RowT", JobInfoRow, EmploymentRow, SkillRow)

# Time off cannot be asked for by when it changed, so a window of days is read whole, each time.
_DAYS_BACK, _DAYS_AHEAD = timedelta(days=62), timedelta(days=400)
_WINDOW_SLACK = timedelta(days=31)

_REPORT = (
    "<report><title>Employees</title><fields>"
    + "".join(f'<field id="{name}"/>' for name in mapping.FIELDS)
    + "</fields></report>"
).encode()


class _Change(Struct, frozen=True):
    id: str | int
    action: str
    last_changed: str = field(name="lastChanged")


class _Changes(Struct, frozen=True):
    latest: str
    # An empty answer is an empty list here, an object otherwise.
    employees: dict[str, _Change] | list[_Change]


class _Report(Struct, frozen=True):
    employees: list[msgspec.Raw]


class _Person(Struct, frozen=True):
    native_id: str
    deleted: bool
    recorded_at_ms: int


class BambooHris:
    """BambooHR in the role of the HRIS."""

    name: str = "bamboohr"
    streams: tuple[str, ...] = ("employees", "absences")

    def __init__(
        self,
        transport: HttpTransport,
        base_url: str,
        company: str,
        api_key: str,
        *,
        visibility_lag_ms: int = 60_000,
        batch_from: int = 8,
        timeout_seconds: float = 30.0,
        correlation: Callable[[], str] = current_correlation,
    ) -> None:
        self._http = HttpSession(
            self.name, transport, timeout_seconds=timeout_seconds, correlation=correlation
        )
        self._root = f"{base_url.rstrip('/')}/api/gateway.php/{quote(company, safe='')}/v1"
        self._authorization = "Basic " + base64.b64encode(f"{api_key}:x".encode()).decode()
        self._lag_ms = visibility_lag_ms
        self._batch_from = batch_from
        self._shown = Shown()

    async def read_changes(self, stream: str, since_ms: int, cursor: str | None) -> ChangePage:
        """All changes since an instant in one page, as the port says; the API has no pages."""
        if stream not in self.streams or cursor is not None:
            raise Unreadable("SCHEMA_INVALID", f"{self.name} has no stream {stream} or cursor {cursor}.")
        if stream == "absences":
            return await self._absences(since_ms)
        return await self._employee_changes(since_ms)

    async def _employee_changes(self, since_ms: int) -> ChangePage:
        # One second earlier: whether `since` itself is included is not documented.
        since = mapping.to_wire_instant(max(0, since_ms - 1000))
        response = await self._get("/employees/changed?" + urlencode({"since": since, "type": "all"}))
        changes = decode_answer(self.name, response, _Changes, write=False)
        complete_to_ms = self._complete_to_ms(changes, response)
        people = _people(changes)
        gathered = await self._gather(people, complete_to_ms)
        gone = tuple(
            mapping.to_deleted_employee(person.native_id, person.recorded_at_ms)
            for person in people
            if person.deleted
        )
        records = sorted((*gathered.records, *gone), key=lambda record: record.recorded_at_ms)
        return ChangePage(records=tuple(records), unread=gathered.unread, complete_to_ms=complete_to_ms)

    async def _absences(self, since_ms: int) -> ChangePage:
        """Time off around an instant, from two months before it to a year and more ahead of now.

        Requests that look as they did when they were stored are left out.
        """
        start = day_of(max(0, since_ms - _DAYS_BACK // timedelta(milliseconds=1)))
        end = day_of(since_ms) + _DAYS_AHEAD
        response = await self._time_off(start, end)
        source_ms = source_time_ms(self.name, response)
        needed = day_of(source_ms) + _DAYS_AHEAD
        if needed > end + _WINDOW_SLACK:
            # `since` lies far back, as at the first poll: the window must reach ahead of today.
            response = await self._time_off(start, needed)
        listing = decode_answer(self.name, response, list[msgspec.Raw], write=False)
        complete_to_ms = source_ms - self._lag_ms

        def identify(raw: msgspec.Raw) -> tuple[str, int]:
            self._shown.forget(raw)
            return text_of(raw, "id"), source_ms

        news = self._shown.news(listing, since_ms, complete_to_ms)
        gathered = map_records("Absence", news, _absence, identify)
        records = sorted(gathered.records, key=lambda record: record.recorded_at_ms)
        return ChangePage(records=tuple(records), unread=gathered.unread, complete_to_ms=complete_to_ms)

    async def _time_off(self, start: date, end: date) -> HttpResponse:
        window = {"start": start.isoformat(), "end": end.isoformat()}
        return await self._get("/time_off/requests?" + urlencode(window))

    def _complete_to_ms(self, changes: _Changes, response: HttpResponse) -> int:
        try:
            latest_ms = instant_ms(changes.latest)
        except ValueError as error:
            raise Unreadable("SCHEMA_INVALID", f"{self.name}: `latest` {error}") from error
        # `latest` stands still while nobody changes; the answer's own date never does.
        if response.header("date") is not None:
            latest_ms = max(latest_ms, source_time_ms(self.name, response))
        return latest_ms - self._lag_ms

    async def _gather(self, people: Sequence[_Person], complete_to_ms: int) -> Gathered:
        # Fields before tables: what is read later may only be newer than the stamp says.
        living = {person.native_id: person for person in people if not person.deleted}
        raws = await self._employees(sorted(living))
        jobs = await self._table("jobInfo", JobInfoRow, sorted(raws))
        statuses = await self._table("employmentStatus", EmploymentRow, sorted(raws))
        skills = await self._table("skills", SkillRow, sorted(raws))

        def convert(raw: msgspec.Raw) -> SourceRecord:
            row = msgspec.json.decode(raw, type=EmployeeRow)
            native_id = str(row.id)
            rows = (
                _decoded(jobs.get(native_id, []), JobInfoRow),
                _decoded(statuses.get(native_id, []), EmploymentRow),
                _decoded(skills.get(native_id, []), SkillRow),
            )
            return mapping.to_canonical_employee(row, *rows, living[native_id].recorded_at_ms)

        def identify(raw: msgspec.Raw) -> tuple[str, int]:
            native_id = text_of(raw, "id")
            return native_id, living[native_id].recorded_at_ms if native_id in living else 0

        gathered = map_records("Employee", raws.values(), convert, identify)
        missing = [person for native_id, person in living.items() if native_id not in raws]
        return Gathered(gathered.records, (*gathered.unread, *_unread_missing(missing, complete_to_ms)))

    async def _employees(self, native_ids: Sequence[str]) -> dict[str, msgspec.Raw]:
        found: dict[str, msgspec.Raw] = {}
        if len(native_ids) >= self._batch_from:
            response = await self._post("/reports/custom?format=JSON", _REPORT)
            report = decode_answer(self.name, response, _Report, write=False)
            wanted = frozenset(native_ids)
            found = {
                native_id: raw for raw in report.employees if (native_id := text_of(raw, "id")) in wanted
            }
        fields = urlencode({"fields": ",".join(mapping.FIELDS)}, safe=",")
        # A report may leave people out (by its own rules about who is active).
        for native_id in native_ids:
            if native_id not in found:
                path = f"/employees/{quote(native_id, safe='')}?{fields}"
                response = await self._get(path, missing_allowed=True)
                if response.status != 404:
                    found[native_id] = decode_answer(self.name, response, msgspec.Raw, write=False)
        return found

    async def _table(
        self, table: str, row_type: type[RowT], native_ids: Sequence[str]
    ) -> dict[str, list[msgspec.Raw]]:
        owners = ["all"] if len(native_ids) >= self._batch_from else native_ids
        rows: dict[str, list[msgspec.Raw]] = {}
        for owner in owners:
            path = f"/employees/{quote(owner, safe='')}/tables/{table}"
            response = await self._get(path, missing_allowed=owner != "all")
            if response.status == 404:
                continue
            for raw in decode_answer(self.name, response, list[msgspec.Raw], write=False):
                rows.setdefault(text_of(raw, "employeeId"), []).append(raw)
        return rows

    async def _get(self, path: str, *, missing_allowed: bool = False) -> HttpResponse:
        return await self._read("GET", path, b"", missing_allowed)

    async def _post(self, path: str, body: bytes) -> HttpResponse:
        return await self._read("POST", path, body, False)

    async def _read(self, method: str, path: str, body: bytes, missing_allowed: bool) -> HttpResponse:
        headers: tuple[tuple[str, str], ...] = (
            ("authorization", self._authorization),
            ("accept", "application/json"),
        )
        if body:
            headers = (*headers, ("content-type", "application/xml"))
        # Every call of this adapter is a read, reports by POST included.
        response = await self._http.exchange(
            method, self._root + path, headers=headers, body=body, write=False
        )
        if response.status == 200 or (response.status == 404 and missing_allowed):
            return response
        raise self._failure(response)

    def _failure(self, response: HttpResponse) -> VendorError:
        # Errors have no body; the reason is in a header.
        reason = response.header("x-bamboohr-error-message") or ""
        # Until September 2026 the limit was told by a 503; without Retry-After that is an outage.
        if response.status == 503 and response.header("retry-after") is not None:
            text = f"{self.name} answered 503: {reason}"
            return RateLimited("TECH_429", text, retry_after_seconds(response))
        return status_error(self.name, response, False, f"HTTP_{response.status}", reason)


def _absence(raw: msgspec.Raw) -> SourceRecord:
    return mapping.to_canonical_absence(msgspec.json.decode(raw, type=TimeOffRow))


def _people(changes: _Changes) -> list[_Person]:
    rows = changes.employees.values() if isinstance(changes.employees, dict) else changes.employees
    people = []
    for row in rows:
        try:
            recorded_at_ms = instant_ms(row.last_changed)
        except ValueError as error:
            raise Unreadable("SCHEMA_INVALID", f"Employee {row.id} changed at {error}") from error
        people.append(_Person(str(row.id), row.action.lower() == "deleted", recorded_at_ms))
    return people


def _unread_missing(missing: Sequence[_Person], complete_to_ms: int) -> list[Unread]:
    # Someone inside the lag is simply read again by the next poll.
    return [
        unread_row(
            "Employee",
            person.native_id,
            person.recorded_at_ms,
            b"null",
            "listed as changed, but there is no such employee",
        )
        for person in missing
        if person.recorded_at_ms < complete_to_ms
    ]


def _decoded(raws: Sequence[msgspec.Raw], row_type: type[RowT]) -> list[RowT]:
    try:
        return [msgspec.json.decode(raw, type=row_type) for raw in raws]
    except MISFIT as error:
        raise ValueError(f"{row_type.__name__}: {error}") from error
