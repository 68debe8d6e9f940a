"""The ERP's tables as this core queries them: exactly the columns it uses, lower-case, mostly text."""

from datetime import date
from decimal import Decimal

from msgspec import field

from integration_core.adapters.netsuite.suiteql import SuiteRow


class SubsidiaryRow(SuiteRow, frozen=True, kw_only=True):
    code: str = field(name="externalid")
    name: str
    country: str
    currency: str | int
    tz: str = field(name="custrecord_rh_tz")
    std_hours: Decimal = field(name="custrecord_rh_std_hours")


class CalendarRow(SuiteRow, frozen=True, kw_only=True):
    entity_code: str = field(name="custrecord_rh_entity")
    kind: str = field(name="custrecord_rh_kind")
    period: str | None = field(name="custrecord_rh_period", default=None)
    at: str | None = field(name="custrecord_rh_at", default=None)
    day: date | None = field(name="custrecord_rh_date", default=None)
    freq: str | None = field(name="custrecord_rh_freq", default=None)


class TaxRateRow(SuiteRow, frozen=True, kw_only=True):
    jurisdiction: str = field(name="custrecord_rh_jurisdiction")
    tax_class: str = field(name="custrecord_rh_class")
    valid_from: date = field(name="custrecord_rh_valid_from")
    percent: Decimal = field(name="custrecord_rh_percent")


class DepartmentRow(SuiteRow, frozen=True, kw_only=True):
    code: str = field(name="custrecord_rh_code")
    name: str
    subsidiary: str | int = ""


class ClassificationRow(SuiteRow, frozen=True, kw_only=True):
    code: str = field(name="custrecord_rh_code")
    name: str


class CurrencyRow(SuiteRow, frozen=True, kw_only=True):
    code: str = field(name="symbol")
    name: str


class ItemRow(SuiteRow, frozen=True, kw_only=True):
    code: str = field(name="itemid")


class AccountRow(SuiteRow, frozen=True, kw_only=True):
    code: str = field(name="acctnumber")


class InvoiceRow(SuiteRow, frozen=True, kw_only=True):
    key: str | None = field(name="externalid", default=None)
    number: str | None = field(name="tranid", default=None)
    status: str = field(name="custbody_rh_status")
    currency: str | int
    net: Decimal = field(name="netamount")
    tax: Decimal = field(name="taxtotal")
    gross: Decimal = field(name="foreigntotal")
    open_amount: Decimal = field(name="foreignamountunpaid")


class PeriodRow(SuiteRow, frozen=True, kw_only=True):
    period: str = field(name="periodname")
    subsidiary: str | int
    closed: str | bool
