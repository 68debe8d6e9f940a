"""The ERP port over SuiteTalk REST and SuiteQL: polled streams, upserts and invoices by external id."""

from collections.abc import Awaitable, Callable, Sequence

import msgspec
from msgspec import Struct

from integration_core.adapters.http.correlation import current_correlation
from integration_core.adapters.http.json_body import decode_answer
from integration_core.adapters.http.records import Gathered, map_records
from integration_core.adapters.netsuite import mapping
from integration_core.adapters.netsuite.failures import (
    INVOICE_REJECTED,
    error_detail,
    failure,
    invoice_refusal_code,
    is_duplicate,
)
from integration_core.adapters.netsuite.masters import CodeTables, read_masters
from integration_core.adapters.netsuite.rows import InvoiceRow, PeriodRow
from integration_core.adapters.netsuite.session import RECORD_PATH, SuiteSession, record_path
from integration_core.adapters.netsuite.signing import TbaCredentials
from integration_core.adapters.netsuite.suiteql import (
    Place,
    SuitePage,
    SuiteRow,
    changed_rows,
    identify,
)
from integration_core.canonical.ledger import ErpCustomer, ErpEmployee, ErpProject, Invoice
from integration_core.ports.http import HttpTransport
from integration_core.ports.systems import (
    ChangePage,
    OutcomeUnknown,
    Refused,
    SourceRecord,
    Unreadable,
    Written,
)

_RECORD_TYPES = frozenset({"customer", "job", "employee", "invoice"})

Gather = Callable[[Sequence[msgspec.Raw]], Awaitable[Gathered]]


class _Cursor(Struct, frozen=True, array_like=True):
    stamp_ms: int
    id: int
    complete_to_ms: int


class _Found(Struct, frozen=True):
    id: str


class NetSuiteErp:
    """NetSuite in the role of the ERP."""

    name: str = "netsuite"
    streams: tuple[str, ...] = ("masters", "invoices", "periods")

    def __init__(
        self,
        transport: HttpTransport,
        base_url: str,
        credentials: TbaCredentials,
        *,
        nonce: Callable[[], str],
        wall_seconds: Callable[[], int],
        visibility_lag_ms: int = 60_000,
        timeout_seconds: float = 30.0,
        correlation: Callable[[], str] = current_correlation,
    ) -> None:
        self._session = SuiteSession(
            self.name,
            transport,
            base_url,
            credentials,
            nonce=nonce,
            wall_seconds=wall_seconds,
            timeout_seconds=timeout_seconds,
            correlation=correlation,
        )
        self._codes = CodeTables(self._session)
        self._lag_ms = visibility_lag_ms

    async def read_changes(self, stream: str, since_ms: int, cursor: str | None) -> ChangePage:
        """One page of a stream's changes, as the port says; the masters come in one."""
        if stream == "masters":
            gathered, source_time_ms = await read_masters(self._session, self._codes, since_ms)
            return ChangePage(
                records=gathered.records,
                unread=gathered.unread,
                complete_to_ms=source_time_ms - self._lag_ms,
            )
        if stream == "invoices":
            return await self._page(
                "transaction", InvoiceRow, "type = 'CustInvc' AND ", self._invoices, since_ms, cursor
            )
        if stream != "periods":
            raise Unreadable("SCHEMA_INVALID", f"{self.name} has no stream {stream}.")
        return await self._page("accountingperiod", PeriodRow, "", self._periods, since_ms, cursor)

    async def upsert_customer(self, customer: ErpCustomer) -> Written:
        """Create or update the customer under its external id."""
        currency_id = await self._codes.currency_id(customer.ccy)
        fields = mapping.to_wire_customer(customer, currency_id)
        return await self._session.upsert("customer", customer.key, fields)

    async def upsert_project(self, project: ErpProject, customer_native_id: str) -> Written:
        """Create or update the job under its external id."""
        currency_id = await self._codes.currency_id(project.ccy)
        fields = mapping.to_wire_project(project, customer_native_id, currency_id)
        return await self._session.upsert("job", project.key, fields)

    async def upsert_employee(self, employee: ErpEmployee) -> Written:
        """Create or update the employee under its external id."""
        return await self._session.upsert("employee", employee.key, mapping.to_wire_employee(employee))

    async def find(self, record_type: str, key: str) -> str | None:
        """The internal id behind an external id, or None where the ERP knows no such record."""
        if record_type not in _RECORD_TYPES:
            raise Unreadable("SCHEMA_INVALID", f"{self.name} has no lookup for {record_type}.")
        response = await self._session.send("GET", record_path(record_type, key), write=False)
        if response.status == 200:
            return decode_answer(self.name, response, _Found, write=False).id
        detail = error_detail(response)
        if response.status == 404 and detail.code == "NONEXISTENT_ID":
            return None
        raise failure(self.name, response, False, detail)

    async def create_invoice(
        self, invoice: Invoice, customer_native_id: str, project_native_ids: dict[str, str]
    ) -> Written:
        """Create the document, or return what already stands under its key, as the port says."""
        currency_id = await self._codes.currency_id(invoice.ccy)
        try:
            fields = mapping.to_wire_invoice(invoice, customer_native_id, project_native_ids, currency_id)
        except KeyError as error:
            raise Refused(INVOICE_REJECTED, f"Invoice {invoice.key}: no job for project {error}.") from error
        response = await self._session.send("POST", f"{RECORD_PATH}/invoice", fields, write=True)
        if 200 <= response.status < 300:
            return Written(key=invoice.key, native_id=self._session.located_id(response))
        detail = error_detail(response)
        refused = failure(self.name, response, True, detail)
        if not isinstance(refused, Refused):
            raise refused
        if is_duplicate(detail):
            return await self._standing_invoice(invoice.key)
        raise Refused(invoice_refusal_code(detail), refused.text)

    async def _standing_invoice(self, key: str) -> Written:
        native_id = await self.find("invoice", key)
        if native_id is None:
            # It exists by the refusal and not by the lookup: one of them lags.
            raise OutcomeUnknown(
                "TECH_UNKNOWN_OUTCOME", f"Invoice {key} is refused as a duplicate of nothing."
            )
        return Written(key=key, native_id=native_id)

    async def _page(
        self,
        table: str,
        row_type: type[SuiteRow],
        condition: str,
        gather: Gather,
        since_ms: int,
        cursor: str | None,
    ) -> ChangePage:
        begun = _decode_cursor(cursor)
        place = Place(max(0, since_ms)) if begun is None else Place(begun.stamp_ms, begun.id)
        page = await changed_rows(self._session, table, row_type, place, condition)
        complete_to_ms = page.source_time_ms - self._lag_ms if begun is None else begun.complete_to_ms
        gathered = await gather(page.rows)
        return ChangePage(
            records=gathered.records,
            unread=gathered.unread,
            cursor=_encode_cursor(page, complete_to_ms),
            complete_to_ms=complete_to_ms if page.following is None else None,
        )

    async def _invoices(self, raws: Sequence[msgspec.Raw]) -> Gathered:
        currencies = await self._codes.currencies(raws)

        def convert(raw: msgspec.Raw) -> SourceRecord:
            return mapping.to_canonical_invoice_state(msgspec.json.decode(raw, type=InvoiceRow), currencies)

        return map_records("InvoiceState", raws, convert, identify)

    async def _periods(self, raws: Sequence[msgspec.Raw]) -> Gathered:
        subsidiaries = await self._codes.subsidiaries(raws)

        def convert(raw: msgspec.Raw) -> SourceRecord:
            return mapping.to_canonical_period(msgspec.json.decode(raw, type=PeriodRow), subsidiaries)

        return map_records("PeriodState", raws, convert, identify)


def _encode_cursor(page: SuitePage, complete_to_ms: int) -> str | None:
    if page.following is None:
        return None
    following = _Cursor(page.following.stamp_ms, page.following.id, complete_to_ms)
    return msgspec.json.encode(following).decode()


def _decode_cursor(cursor: str | None) -> _Cursor | None:
    if cursor is None:
        return None
    try:
        return msgspec.json.decode(cursor, type=_Cursor)
    except msgspec.DecodeError as error:
        raise Unreadable("SCHEMA_INVALID", f"This cursor is not one of ours: {error}") from error
