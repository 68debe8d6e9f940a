"""The ERP's small tables: legal entities with their calendars, tax rates, code lists.

A legal entity stands on several tables, so those are read whole and it is given out when any of
its rows changed. The rest is read by change.
"""

from collections.abc import Sequence

import msgspec

from integration_core.adapters.http.json_body import text_of
from integration_core.adapters.http.records import Gathered, map_records
from integration_core.adapters.netsuite import mapping
from integration_core.adapters.netsuite.rows import (
    AccountRow,
    CalendarRow,
    ClassificationRow,
    CurrencyRow,
    DepartmentRow,
    ItemRow,
    SubsidiaryRow,
    TaxRateRow,
)
from integration_core.adapters.netsuite.session import SuiteSession
from integration_core.adapters.netsuite.suiteql import SuiteRow, all_rows, identify
from integration_core.ports.systems import Refused, SourceRecord

_CODE = "custrecord_rh_code"
CodeRow = DepartmentRow | ClassificationRow | CurrencyRow | ItemRow

_LISTS: tuple[tuple[str, type[CodeRow]], ...] = (
    ("department", DepartmentRow),
    ("classification", ClassificationRow),
    ("item", ItemRow),
)


class CodeTables:
    """Internal ids of currencies and subsidiaries, and the codes behind them.

    Such a pair never changes, so it is kept; an id or code not seen yet is looked up again.
    """

    def __init__(self, session: SuiteSession) -> None:
        self._session = session
        self._currencies: dict[str, str] = {}
        self._subsidiaries: dict[str, str] = {}
        self._dimensions: dict[str, dict[tuple[str, str], str]] = {}

    async def currency_id(self, code: str) -> str:
        """The internal id of a currency; Refused where the ERP does not keep it."""
        if code not in self._currencies.values():
            self.learn_currencies((await all_rows(self._session, "currency", CurrencyRow)).rows)
        found = next((native_id for native_id, known in self._currencies.items() if known == code), None)
        if found is None:
            raise Refused("DIM_MISSING", f"The ERP has no currency {code}.")
        return found

    async def account_id(self, number: str) -> str:
        """The internal id of an account of the chart; Refused where the ERP does not keep it."""
        return await self._dimension_id("account", AccountRow, "acctnumber", number)

    async def department_id(self, code: str, subsidiary_id: str) -> str:
        """The internal id of an entity's cost centre; Refused where the ERP does not keep it."""
        return await self._dimension_id("department", DepartmentRow, _CODE, code, subsidiary_id)

    async def class_id(self, code: str) -> str:
        """The internal id of a practice; Refused where the ERP does not keep it."""
        return await self._dimension_id("classification", ClassificationRow, _CODE, code)

    async def _dimension_id(
        self, table: str, row_type: type[SuiteRow], column: str, code: str, subsidiary_id: str = ""
    ) -> str:
        """By code, and by entity where codes are an entity's own."""
        wanted = (subsidiary_id, code)
        if wanted not in self._dimensions.get(table, {}):
            raws = (await all_rows(self._session, table, row_type)).rows
            self._dimensions[table] = {
                (text_of(raw, "subsidiary") if subsidiary_id else "", text_of(raw, column)): identify(raw)[0]
                for raw in raws
            }
        found = self._dimensions[table].get(wanted)
        if not found:
            raise Refused("DIM_MISSING", f"The ERP has no {table} {code}.")
        return found

    async def currencies(self, raws: Sequence[msgspec.Raw]) -> dict[str, str]:
        """Codes by internal id, at least of the currencies these rows name."""
        if _named(raws, "currency") - self._currencies.keys():
            self.learn_currencies((await all_rows(self._session, "currency", CurrencyRow)).rows)
        return self._currencies

    async def subsidiaries(self, raws: Sequence[msgspec.Raw]) -> dict[str, str]:
        """Entity codes by internal id, at least of the subsidiaries these rows name."""
        if _named(raws, "subsidiary") - self._subsidiaries.keys():
            self.learn_subsidiaries((await all_rows(self._session, "subsidiary", SubsidiaryRow)).rows)
        return self._subsidiaries

    def learn_currencies(self, raws: Sequence[msgspec.Raw]) -> None:
        """Take over rows of the currency table."""
        self._currencies |= _codes(raws, "symbol")

    def learn_subsidiaries(self, raws: Sequence[msgspec.Raw]) -> None:
        """Take over rows of the subsidiary table."""
        self._subsidiaries |= _codes(raws, "externalid")


async def read_masters(session: SuiteSession, codes: CodeTables, since_ms: int) -> tuple[Gathered, int]:
    """All master records that changed since an instant, and the ERP's time when reading began."""
    currencies = await all_rows(session, "currency", CurrencyRow)
    codes.learn_currencies(currencies.rows)
    parts = [
        await _entities(session, codes, since_ms),
        _since(_code_list("currency", CurrencyRow, currencies.rows), since_ms),
        await _tax_rates(session, since_ms),
    ]
    for table, row_type in _LISTS:
        changed = await all_rows(session, table, row_type, since_ms)
        parts.append(_code_list(table, row_type, changed.rows))
    records = tuple(record for part in parts for record in part.records)
    unread = tuple(row for part in parts for row in part.unread)
    return Gathered(records, unread), currencies.source_time_ms


async def _entities(session: SuiteSession, codes: CodeTables, since_ms: int) -> Gathered:
    subsidiaries = (await all_rows(session, "subsidiary", SubsidiaryRow)).rows
    days = (await all_rows(session, "customrecord_rh_calendar", CalendarRow)).rows
    codes.learn_subsidiaries(subsidiaries)
    currencies = await codes.currencies(subsidiaries)
    by_entity: dict[str, list[msgspec.Raw]] = {}
    for raw in days:
        by_entity.setdefault(text_of(raw, "custrecord_rh_entity"), []).append(raw)

    def convert(raw: msgspec.Raw) -> SourceRecord:
        row = msgspec.json.decode(raw, type=SubsidiaryRow)
        calendar = [msgspec.json.decode(day, type=CalendarRow) for day in by_entity.get(row.code, [])]
        return mapping.to_canonical_entity(row, calendar, currencies)

    return _since(map_records("LegalEntity", subsidiaries, convert, identify), since_ms)


async def _tax_rates(session: SuiteSession, since_ms: int) -> Gathered:
    rows = (await all_rows(session, "customrecord_rh_tax_rate", TaxRateRow, since_ms)).rows

    def convert(raw: msgspec.Raw) -> SourceRecord:
        return mapping.to_canonical_tax_rate(msgspec.json.decode(raw, type=TaxRateRow))

    return map_records("TaxRate", rows, convert, identify)


def _code_list(kind: str, row_type: type[CodeRow], raws: Sequence[msgspec.Raw]) -> Gathered:
    def convert(raw: msgspec.Raw) -> SourceRecord:
        return mapping.to_canonical_code(kind, msgspec.json.decode(raw, type=row_type))

    return map_records("CodeList", raws, convert, identify)


def _since(gathered: Gathered, since_ms: int) -> Gathered:
    """Of a table read whole, what changed; unread rows stay, since theirs may be any instant."""
    changed = tuple(record for record in gathered.records if record.recorded_at_ms >= since_ms)
    return Gathered(changed, gathered.unread)


def _codes(raws: Sequence[msgspec.Raw], name: str) -> dict[str, str]:
    pairs = ((identify(raw)[0], text_of(raw, name)) for raw in raws)
    return {native_id: code for native_id, code in pairs if native_id and code}


def _named(raws: Sequence[msgspec.Raw], name: str) -> set[str]:
    return {native_id for raw in raws if (native_id := text_of(raw, name))}
