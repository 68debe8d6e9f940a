"""The payroll port over Gusto's REST API: processed payrolls of every company, with their people.

The API has no filter by change, and its list is narrow unless asked: so each poll lists everything
whose pay period lies in the last eleven months (further back where the caller asks for more), and
reads in full only what changed; once an hour also what somebody in it had no number in, and once a day
what may have got others. Nothing is written.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from urllib.parse import quote, urlencode

import msgspec
from msgspec import Struct

from integration_core.adapters.gusto import mapping
from integration_core.adapters.gusto.mapping import CompanyRow, PayrollRow, Stamp
from integration_core.adapters.http.correlation import current_correlation
from integration_core.adapters.http.instants import day_of
from integration_core.adapters.http.json_body import decode_answer, decode_any, text_of
from integration_core.adapters.http.records import MISFIT, unread_row
from integration_core.adapters.http.session import HttpSession, source_time_ms, status_error
from integration_core.canonical.payroll import PayrollRun
from integration_core.ports.http import HttpResponse, HttpTransport
from integration_core.ports.systems import ChangePage, Transient, Unread, Unreadable

API_VERSION = "2024-04-01"
_PER_PAGE = 100
# A window may not be longer than a year, nor end more than three months ahead: one is all a usual poll needs.
_AHEAD = timedelta(days=31)
_WINDOW = timedelta(days=360)
_REREAD = _WINDOW - _AHEAD
# Numbers of people may be entered after their payroll, whose own stamp that does not move.
_SETTLING_MS = 45 * 86_400_000
# A payroll of a large firm is a hundred calls: not at every poll.
_AGAIN_MS, _AGAIN_INCOMPLETE_MS = 86_400_000, 3_600_000
_OLDEST = timedelta(days=3 * 360)


class _Company(Struct, frozen=True):
    uuid: str


class _Admin(Struct, frozen=True):
    companies: list[_Company] = []


class _Roles(Struct, frozen=True):
    payroll_admin: _Admin = _Admin()


class _Me(Struct, frozen=True):
    roles: _Roles


class _Changed(Struct, frozen=True):
    company: str
    payroll: str
    recorded_at_ms: int


class _Read(Struct, frozen=True):
    """A payroll as this process last read it; instants are of the source's time."""

    record: PayrollRun
    first_ms: int  # when it was first read to be just so
    last_ms: int

    @property
    def is_incomplete(self) -> bool:
        """Whether somebody in it has no number."""
        return any(not line.employee_no for line in self.record.lines)


class GustoPayroll:
    """Gusto in the role of payroll."""

    name: str = "gusto"
    streams: tuple[str, ...] = ("payrolls",)

    def __init__(
        self,
        transport: HttpTransport,
        base_url: str,
        token: str,
        *,
        visibility_lag_ms: int = 60_000,
        timeout_seconds: float = 30.0,
        correlation: Callable[[], str] = current_correlation,
    ) -> None:
        self._http = HttpSession(
            self.name, transport, timeout_seconds=timeout_seconds, correlation=correlation
        )
        self._root = f"{base_url.rstrip('/')}/v1"
        self._token = token
        self._lag_ms = visibility_lag_ms
        self._read: dict[str, _Read] = {}  # payrolls as this process last read them in full

    async def read_changes(self, stream: str, since_ms: int, cursor: str | None) -> ChangePage:
        """All changes since an instant in one page, as the port says.

        Of payrolls whose pay period ended more than three years ago, changes are not seen.
        """
        if stream not in self.streams or cursor is not None:
            raise Unreadable("SCHEMA_INVALID", f"{self.name} has no stream {stream} or cursor {cursor}.")
        response = await self._get("/me")
        # The first answer's time: what was committed before it is in every later answer.
        now_ms = source_time_ms(self.name, response)
        me = decode_answer(self.name, response, _Me, write=False)
        records: list[PayrollRun] = []
        unread: list[Unread] = []
        for company in me.roles.payroll_admin.companies:
            changed, unlisted = await self._changed(company.uuid, since_ms, now_ms)
            unread += unlisted
            if changed:
                found, misfits = await self._payrolls(company.uuid, changed)
                records += found
                unread += misfits
                for record in found:
                    before = self._read.get(record.native_id)
                    first_ms = before.first_ms if before is not None and before.record == record else now_ms
                    self._read[record.native_id] = _Read(record, first_ms, now_ms)
        records.sort(key=lambda record: record.recorded_at_ms)
        return ChangePage(records=tuple(records), unread=tuple(unread), complete_to_ms=now_ms - self._lag_ms)

    async def _changed(self, company: str, since_ms: int, now_ms: int) -> tuple[list[_Changed], list[Unread]]:
        changed: dict[str, _Changed] = {}
        unread: list[Unread] = []
        for first, last in _windows(day_of(since_ms), day_of(now_ms)):
            query = {
                "processing_statuses": "processed",
                "payroll_types": "regular,off_cycle",
                "start_date": first.isoformat(),
                "end_date": last.isoformat(),
            }
            for raw in await self._list(f"/companies/{quote(company, safe='')}/payrolls", query):
                try:
                    stamp = msgspec.json.decode(raw, type=Stamp)
                    changed_ms = mapping.changed_at_ms(stamp)
                except MISFIT as error:
                    unread.append(_unread(text_of(raw, "uuid"), 0, raw, str(error)))
                    continue
                if changed_ms is not None and self._is_due(stamp.uuid, changed_ms, since_ms, now_ms):
                    changed[stamp.uuid] = _Changed(company, stamp.uuid, changed_ms)
        return list(changed.values()), unread

    def _is_due(self, payroll: str, changed_ms: int, since_ms: int, now_ms: int) -> bool:
        """Whether a payroll is to be read in full: it is news, or it settles and was not read for long.

        Until what the caller asks from is past the reading, nobody knows whether that was stored.
        """
        if changed_ms >= since_ms:
            return True
        if changed_ms < now_ms - _SETTLING_MS:
            return False
        last = self._read.get(payroll)
        if last is None or since_ms < last.first_ms - self._lag_ms:
            return True
        return now_ms - last.last_ms >= (_AGAIN_INCOMPLETE_MS if last.is_incomplete else _AGAIN_MS)

    async def _payrolls(
        self, company: str, changed: Sequence[_Changed]
    ) -> tuple[list[PayrollRun], list[Unread]]:
        path = f"/companies/{quote(company, safe='')}"
        row = decode_answer(self.name, await self._get(path), CompanyRow, write=False)
        # Employees are entered with the payroll, so who is in it is there by now.
        people = await self._list(f"{path}/employees", {"include": "custom_fields"})
        numbers = mapping.employee_numbers(people)
        records: list[PayrollRun] = []
        unread: list[Unread] = []
        for one in changed:
            raw = await self._payroll(path, one.payroll)
            try:
                found = msgspec.json.decode(raw, type=PayrollRow)
                records.append(mapping.to_canonical_payroll(found, row, numbers))
            except MISFIT as error:
                unread.append(_unread(one.payroll, one.recorded_at_ms, raw, str(error)))
        return records, unread

    async def _payroll(self, company_path: str, payroll: str) -> msgspec.Raw:
        path = f"{company_path}/payrolls/{quote(payroll, safe='')}?include=taxes,benefits"
        response = await self._get(path, missing_allowed=True)
        if response.status == 404:
            return msgspec.Raw(b"null")
        return decode_answer(self.name, response, msgspec.Raw, write=False)

    async def _list(self, path: str, query: dict[str, str]) -> list[msgspec.Raw]:
        found: list[msgspec.Raw] = []
        held: tuple[str | None, ...] | None = None
        page = 1
        while True:
            asked = urlencode({**query, "page": page, "per": _PER_PAGE}, safe=",")
            response = await self._get(f"{path}?{asked}")
            found += decode_answer(self.name, response, list[msgspec.Raw], write=False)
            shape = (response.header("x-total-count"), response.header("x-per-page"))
            # Pages are cut anew for each call: once their shape moves, rows could fall between two.
            if held not in (None, shape):
                raise Transient("TECH_TIMEOUT", f"{self.name}: {path} changed between two pages")
            held = shape
            pages = response.header("x-total-pages") or ""
            if not pages.isdecimal():
                # Taken for the last page, one of many would lose all that follow.
                text = f"{self.name}: {path} does not say how many pages there are."
                raise Unreadable("SCHEMA_INVALID", text)
            if page >= int(pages):
                return found
            page += 1

    async def _get(self, path: str, *, missing_allowed: bool = False) -> HttpResponse:
        headers = (
            ("authorization", f"Bearer {self._token}"),
            ("accept", "application/json"),
            ("x-gusto-api-version", API_VERSION),
        )
        response = await self._http.exchange("GET", self._root + path, headers=headers, write=False)
        if response.status == 200 or (response.status == 404 and missing_allowed):
            return response
        category, message = _reason(response)
        raise status_error(self.name, response, False, category or f"HTTP_{response.status}", message)


def _windows(since: date, today: date) -> Iterator[tuple[date, date]]:
    oldest = max(min(since, today) - _AHEAD, today - _OLDEST)
    first_wanted = min(oldest, today - _REREAD)
    last = today + _AHEAD
    while last >= first_wanted:
        first = max(last - _WINDOW, first_wanted)
        yield first, last
        last = first - timedelta(days=1)


def _reason(response: HttpResponse) -> tuple[str, str]:
    found = decode_any(response.body)
    errors = found.get("errors") if isinstance(found, dict) else None
    first = errors[0] if isinstance(errors, list) and errors else None
    if not isinstance(first, dict):
        return "", ""
    return str(first.get("category") or ""), str(first.get("message") or "")


def _unread(native_id: str, recorded_at_ms: int, raw: msgspec.Raw, text: str) -> Unread:
    return unread_row("PayrollRun", native_id, recorded_at_ms, mapping.without_pay(raw), text)
