"""Processed payrolls to canonical ones: pure (mapping, payroll).

The employer's burden is what the employer pays on top of gross: its taxes and its part of
benefits, never the employee's. Raises ValueError where a record breaks the contract; no text
here ever shows what somebody earns.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct

from integration_core.adapters.http.instants import instant_ms
from integration_core.adapters.http.json_body import decode_any
from integration_core.canonical.payroll import PayrollLine, PayrollRun

REGULAR, CORRECTION = "REGULAR", "CORRECTION"
EMPLOYEE_NUMBER = "employee_number"
_MASK = "***"
_SHOWN = frozenset(
    {
        "uuid",
        "payroll_uuid",
        "company_uuid",
        "off_cycle",
        "processed",
        "processed_date",
        "updated_at",
        "check_date",
        "pay_period",
    }
)


class CompanyRow(Struct, frozen=True, kw_only=True):
    uuid: str
    entity_code: str = ""
    currency: str = ""


class CustomField(Struct, frozen=True, kw_only=True):
    name: str
    value: str | None = None


class EmployeeRow(Struct, frozen=True, kw_only=True):
    uuid: str
    custom_fields: list[CustomField] = []


class PayPeriod(Struct, frozen=True, kw_only=True):
    start_date: date
    end_date: date


class Tax(Struct, frozen=True, kw_only=True):
    employer: bool
    amount: Decimal


class Benefit(Struct, frozen=True, kw_only=True):
    company_contribution: Decimal = Decimal(0)


class Compensation(Struct, frozen=True, kw_only=True):
    employee_uuid: str
    excluded: bool = False
    gross_pay: Decimal | None = None
    taxes: list[Tax] | None = None
    benefits: list[Benefit] = []


class Stamp(Struct, frozen=True, kw_only=True):
    """What a list tells of a payroll: enough to know whether it changed."""

    uuid: str
    processed_date: str | None = None
    updated_at: str | None = None


class PayrollRow(Struct, frozen=True, kw_only=True):
    uuid: str
    off_cycle: bool
    processed_date: str
    updated_at: str | None = None
    check_date: date
    pay_period: PayPeriod
    employee_compensations: list[Compensation]


def to_canonical_payroll(row: PayrollRow, company: CompanyRow, numbers: Mapping[str, str]) -> PayrollRun:
    """A processed payroll; `numbers` has employee numbers by the employees' uuids."""
    if not company.entity_code or not company.currency:
        raise ValueError(f"the company {company.uuid} has no entity code or currency")
    period = f"{row.pay_period.start_date:%Y-%m}"
    if period != f"{row.pay_period.end_date:%Y-%m}":
        raise ValueError("the pay period is not within one month")
    return PayrollRun(
        native_id=row.uuid,
        entity_code=company.entity_code,
        period=period,
        kind=CORRECTION if row.off_cycle else REGULAR,
        ccy=company.currency,
        check_date=row.check_date,
        posted_at_ms=instant_ms(row.processed_date),
        lines=tuple(
            _line(compensation, numbers)
            for compensation in row.employee_compensations
            if not compensation.excluded
        ),
        deleted=False,
        recorded_at_ms=instant_ms(row.updated_at or row.processed_date),
    )


def _line(row: Compensation, numbers: Mapping[str, str]) -> PayrollLine:
    if row.gross_pay is None or row.taxes is None:
        raise ValueError(f"the compensation of the employee {row.employee_uuid} is not calculated")
    burden = sum((tax.amount for tax in row.taxes if tax.employer), Decimal(0))
    burden += sum((benefit.company_contribution for benefit in row.benefits), Decimal(0))
    if not row.gross_pay.is_finite() or not burden.is_finite():
        raise ValueError(f"the compensation of the employee {row.employee_uuid} is no number")
    return PayrollLine(
        employee_no=numbers.get(row.employee_uuid, ""),
        employee_native_id=row.employee_uuid,
        gross=row.gross_pay,
        burden=burden,
    )


def employee_numbers(raws: Sequence[msgspec.Raw]) -> dict[str, str]:
    """Employee numbers by uuid, of those who have one; who cannot be read is unknown."""
    numbers: dict[str, str] = {}
    for raw in raws:
        try:
            row = msgspec.json.decode(raw, type=EmployeeRow)
        except msgspec.DecodeError:
            continue
        for field in row.custom_fields:
            if field.name == EMPLOYEE_NUMBER and field.value:
                numbers[row.uuid] = field.value
    return numbers


def changed_at_ms(stamp: Stamp) -> int | None:
    """When a payroll changed last; None while it is not processed. Raises ValueError."""
    text = stamp.updated_at or stamp.processed_date
    return None if stamp.processed_date is None or text is None else instant_ms(text)


def without_pay(raw: bytes | msgspec.Raw) -> bytes:
    """A payroll that could not be read, as it may be shown: everything masked but what it is and when."""
    found: Any = decode_any(raw)
    if not isinstance(found, dict):
        return msgspec.json.encode(_MASK)
    shown = {name: value if name in _SHOWN else _MASK for name, value in found.items()}
    return msgspec.json.encode(shown)
