"""The ERP port over SuiteTalk REST and SuiteQL: polled streams, upserts and postings by external id."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from integration_core.adapters.http.correlation import correlated, current_correlation
from integration_core.adapters.http.json_body import decode_answer
from integration_core.adapters.http.records import Gathered, map_records
from integration_core.adapters.netsuite import mapping
from integration_core.adapters.netsuite.failures import (
    INVOICE_REJECTED,
    error_detail,
    failure,
    is_duplicate,
    posting_refusal_code,
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
from integration_core.canonical.ledger import (
    CreditMemo,
    ErpCustomer,
    ErpEmployee,
    ErpProject,
    Invoice,
    Journal,
    JournalLine,
)
from integration_core.ports.http import HttpResponse, HttpTransport
from integration_core.ports.systems import (
    ChangePage,
    OutcomeUnknown,
    Refused,
    SourceRecord,
    Unreadable,
    VendorError,
    Written,
)

_RECORD_TYPES = frozenset({"customer", "job", "employee", "invoice", "creditMemo", "journalEntry"})

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
            documents = "type IN ('CustInvc', 'CustCred') AND "
            return await self._page("transaction", InvoiceRow, documents, self._invoices, since_ms, cursor)
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
        with correlated(invoice.source_id):  # a document belongs to its deal, not to the run that sends many
            return await self._create("invoice", invoice.key, fields)

    async def create_credit_memo(
        self,
        memo: CreditMemo,
        invoice_native_id: str,
        customer_native_id: str,
        project_native_ids: dict[str, str],
    ) -> Written:
        """Create the credit, or return what already stands under its key, as the port says."""
        currency_id = await self._codes.currency_id(memo.ccy)
        try:
            fields = mapping.to_wire_credit_memo(
                memo, invoice_native_id, customer_native_id, project_native_ids, currency_id
            )
        except KeyError as error:
            raise Refused(INVOICE_REJECTED, f"Credit {memo.key}: no job for project {error}.") from error
        with correlated(memo.source_id):
            return await self._create("creditMemo", memo.key, fields)

    async def create_journal(
        self,
        journal: Journal,
        customer_native_ids: dict[str, str],
        project_native_ids: dict[str, str],
    ) -> Written:
        """Post the journal, or return what already stands under its key, as the port says."""
        currency_id = await self._codes.currency_id(journal.ccy)
        try:
            lines = [
                (line, await self._references(journal, line, customer_native_ids, project_native_ids))
                for line in journal.lines
            ]
        except KeyError as error:
            raise Refused(INVOICE_REJECTED, f"Journal {journal.key}: the ERP lacks {error}.") from error
        fields = mapping.to_wire_journal(journal, currency_id, lines)
        return await self._create("journalEntry", journal.key, fields)

    async def close_period(self, period_native_id: str) -> Written:
        """Close the period; one that waits for approvals is Transient, the rest as the port says."""
        path = f"{RECORD_PATH}/accountingPeriod/{period_native_id}"
        response = await self._session.send("PATCH", path, {"closed": True}, write=True)
        if 200 <= response.status < 300:
            return Written(key=period_native_id, native_id=period_native_id)
        raise self._refusal(response)[0]

    async def _references(
        self, journal: Journal, line: JournalLine, customers: dict[str, str], projects: dict[str, str]
    ) -> dict[str, str]:
        """Internal ids of what a journal line refers to, by property; KeyError for a record not made yet."""
        found = {"account": await self._codes.account_id(line.account)}
        if line.customer_key:
            found["entity"] = customers[line.customer_key]
        if line.department:
            entity_id = journal.entity_native_id
            found["department"] = await self._codes.department_id(line.department, entity_id)
        if line.practice:
            found["class"] = await self._codes.class_id(line.practice)
        if line.project_key:
            found["job"] = projects[line.project_key]
        return found

    async def _create(self, record_type: str, key: str, fields: Mapping[str, Any]) -> Written:
        """Create a transaction once: a duplicate's answer is what stands under the key."""
        response = await self._session.send("POST", f"{RECORD_PATH}/{record_type}", fields, write=True)
        if 200 <= response.status < 300:
            return Written(key=key, native_id=self._session.located_id(response))
        refused, duplicate = self._refusal(response)
        if not duplicate:
            raise refused
        native_id = await self.find(record_type, key)
        if native_id is None:
            # It exists by the refusal and not by the lookup: one of them lags.
            raise OutcomeUnknown(
                "TECH_UNKNOWN_OUTCOME", f"{record_type} {key} is refused as a duplicate of nothing."
            )
        return Written(key=key, native_id=native_id)

    def _refusal(self, response: HttpResponse) -> tuple[VendorError, bool]:
        """The error a posting's answer stands for, and whether it says that the key is taken."""
        detail = error_detail(response)
        refused = failure(self.name, response, True, detail)
        if not isinstance(refused, Refused):
            return refused, False
        return Refused(posting_refusal_code(detail), refused.text), is_duplicate(detail)

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
