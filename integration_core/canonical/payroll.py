"""Payroll as the core takes it in: what each person cost in one processed run."""

from datetime import date
from decimal import Decimal

from msgspec import Struct


class PayrollLine(Struct, frozen=True, kw_only=True):
    """One person's gross pay and the employer's burden on it; `employee_no` is empty where unknown."""

    employee_no: str
    employee_native_id: str
    gross: Decimal
    burden: Decimal


class PayrollRun(Struct, frozen=True, kw_only=True):
    """A processed payroll of one company; `kind` is REGULAR or CORRECTION (off cycle)."""

    native_id: str
    entity_code: str
    period: str  # YYYY-MM
    kind: str
    ccy: str
    check_date: date
    posted_at_ms: int
    lines: tuple[PayrollLine, ...]
    deleted: bool
    recorded_at_ms: int
