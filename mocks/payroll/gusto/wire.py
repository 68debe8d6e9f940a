"""Gusto's JSON both ways and the rules for single values (wire 4.5). Pure.

Money goes out as decimal strings to the cent. What one amount of tax is made of is invented here;
only the employer's sum and the gross pay are facts.
"""

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

import msgspec

from mocks.kit.calls import Reply
from mocks.kit.store import Record
from mocks.payroll.gusto.errors import invalid, refusal
from mocks.payroll.gusto.schema import EMPLOYEE_NUMBER

T = TypeVar("T")
TEXT_LIMIT = 255
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
# Control characters, and halves of characters that no encoding has.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_MAIL = re.compile(r"[^@\s]+@[^@\s]+")
# Names of the employer's and the employee's shares; the last one takes what is left.
_TAXES = {
    "USD": (("Social Security", "Medicare"), ("Federal Income Tax", "Social Security")),
    "EUR": (("Rentenversicherung", "Krankenversicherung"), ("Lohnsteuer", "Rentenversicherung")),
}
_OTHER_TAXES = (("Social insurance", "Other"), ("Income tax", "Social insurance"))


class Line(msgspec.Struct, frozen=True, array_like=True):
    """One person in one payroll; `employee` and `work_email` are as the clerk was told them."""

    employee_uuid: str
    employee: str
    work_email: str
    gross_minor: int
    burden_minor: int


_lines = msgspec.json.Decoder(list[Line])


def encode_lines(lines: list[Line]) -> str:
    """Compensations as the store keeps them."""
    return msgspec.json.encode(lines).decode()


def lines_of(payroll: Record) -> list[Line]:
    """The compensations of one version of a payroll."""
    return _lines.decode(str(payroll.values["compensations"]))


# --- single values --------------------------------------------------------------------------


def money(minor: int) -> str:
    """An amount to the cent: `-12.05`."""
    sign, whole = "-" if minor < 0 else "", abs(minor)
    return f"{sign}{whole // 100}.{whole % 100:02d}"


def instant_text(at_ms: int) -> str:
    """`2026-01-31T08:00:00.000Z`."""
    stamp = _EPOCH + timedelta(milliseconds=at_ms)
    return stamp.strftime("%Y-%m-%dT%H:%M:%S") + f".{at_ms % 1000:03d}Z"


def day_of(at_ms: int) -> date:
    """The UTC day of an instant."""
    return (_EPOCH + timedelta(milliseconds=at_ms)).date()


def day(key: str, text: str) -> date:
    """A day of a query or body; refuses with 422."""
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise invalid(key, f"{key} is not a date like 2026-01-31")


def clean_text(key: str, text: str | None, *, mail: bool = False) -> str | None:
    """A text as the store keeps it, None for an empty one; refuses with 422."""
    if text is None or not text.strip():
        return None
    if len(text) > TEXT_LIMIT:
        raise invalid(key, f"{key} is too long (maximum is {TEXT_LIMIT} characters)")
    if _CONTROL.search(text):
        raise invalid(key, f"{key} has characters that are not allowed")
    if mail and not _MAIL.fullmatch(text):
        raise invalid(key, f"{key} is not a valid email")
    return text


def read_body(body: bytes, shape: type[T]) -> T:
    """A JSON body of a shape; refuses with 400 what is not JSON, with 422 what does not fit."""
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.ValidationError as problem:
        raise invalid("base", str(problem)) from problem
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise refusal(400, "invalid_request", "The body is not JSON.") from problem


def reply(value: Any, status: int = 200) -> Reply:
    """A JSON answer."""
    return Reply(status, msgspec.json.encode(value))


# --- records out ----------------------------------------------------------------------------


def version_of(record: Record) -> str:
    """The version of a record: a hash over what of it can be updated."""
    return hashlib.blake2b(
        msgspec.json.encode([record.id, sorted(record.values.items())]), digest_size=16
    ).hexdigest()


def company_values(record: Record) -> dict[str, Any]:
    """A company; `entity_code` and `currency` are settings of our own."""
    return {
        "uuid": record.id,
        "name": record.values["name"],
        "trade_name": record.values["name"],
        "company_status": "Approved",
        "entity_code": record.values["entity_code"],
        "currency": record.values["currency"],
        "locations": [],
    }


def employee_values(record: Record, *, custom: bool) -> dict[str, Any]:
    """An employee, with the custom fields where they were asked for."""
    shown: dict[str, Any] = {
        "uuid": record.id,
        "version": version_of(record),
        "company_uuid": record.values["company"],
    }
    for name in ("first_name", "last_name", "email", "work_email", "department"):
        shown[name] = record.values[name]
    shown |= {"terminated": False, "onboarded": True, "jobs": [], "terminations": []}
    if custom:
        number = record.values[EMPLOYEE_NUMBER]
        shown["custom_fields"] = [] if number is None else [_number_field(record, str(number))]
    return shown


def _number_field(record: Record, number: str) -> dict[str, Any]:
    return {
        "id": derived_uuid(f"{record.id}|{EMPLOYEE_NUMBER}"),
        "company_custom_field_id": custom_field_uuid(str(record.values["company"])),
        "name": EMPLOYEE_NUMBER,
        "type": "text",
        "value": number,
    }


def custom_field_uuid(company: str) -> str:
    """The id of a company's custom field for the employee number."""
    return derived_uuid(f"{company}|{EMPLOYEE_NUMBER}")


def derived_uuid(text: str) -> str:
    """A uuid that is a function of its text alone."""
    digest = hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
    variant = "89ab"[int(digest[16], 16) % 4]
    return f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-{variant}{digest[17:20]}-{digest[20:]}"


def payroll_values(
    payroll: Record, company: Mapping[str, Any], include: frozenset[str], *, lines: bool
) -> dict[str, Any]:
    """A processed payroll; compensations only with `lines`, their taxes only where included."""
    values = payroll.values
    off_cycle = bool(values["off_cycle"])
    processed_at = instant_text(int(values["processed_ms"] or 0))
    shown: dict[str, Any] = {
        "payroll_uuid": payroll.id,
        "uuid": payroll.id,
        "company_uuid": values["company"],
        "off_cycle": off_cycle,
        "off_cycle_reason": "Correction" if off_cycle else None,
        "external": False,
        "processed": True,
        "processed_date": processed_at,
        "calculated_at": processed_at,
        "created_at": instant_text(payroll.created_ms),
        "updated_at": instant_text(payroll.modified_ms),
        "check_date": values["check_date"],
        "payroll_deadline": processed_at,
        "pay_period": {
            "start_date": values["start_date"],
            "end_date": values["end_date"],
            "pay_schedule_uuid": derived_uuid(f"{values['company']}|monthly"),
        },
    }
    held = lines_of(payroll)
    if "totals" in include or lines:
        shown["totals"] = _totals(held)
    if "payroll_status_meta" in include or lines:
        shown["payroll_status_meta"] = {"cancellable": False, "payroll_late": False}
    if lines:
        currency = str(company["currency"])
        shown["employee_compensations"] = [_compensation(line, currency, include) for line in held]
    return shown


def _totals(lines: list[Line]) -> dict[str, str]:
    gross = sum(line.gross_minor for line in lines)
    employer = sum(line.burden_minor for line in lines)
    employee = sum(_employee_tax(line) for line in lines)
    return {
        "company_debit": money(gross + employer),
        "net_pay_debit": money(gross - employee),
        "tax_debit": money(employee + employer),
        "gross_pay": money(gross),
        "net_pay": money(gross - employee),
        "employer_taxes": money(employer),
        "employee_taxes": money(employee),
        "benefits": "0.00",
        "employee_benefits_deductions": "0.00",
        "reimbursements": "0.00",
    }


def _employee_tax(line: Line) -> int:
    return line.gross_minor * 3 // 10


def _compensation(line: Line, currency: str, include: frozenset[str]) -> dict[str, Any]:
    net = money(line.gross_minor - _employee_tax(line))
    shown: dict[str, Any] = {
        "employee_uuid": line.employee_uuid,
        "version": derived_uuid(encode_lines([line])).replace("-", ""),
        "excluded": False,
        "payment_method": "Direct Deposit",
        "memo": None,
        "gross_pay": money(line.gross_minor),
        "net_pay": net,
        "check_amount": net,
        "fixed_compensations": [],
        "hourly_compensations": [],
        "paid_time_off": [],
    }
    if "taxes" in include:
        employer, employee = _TAXES.get(currency, _OTHER_TAXES)
        shown["taxes"] = [
            *_shares(employee, _employee_tax(line), employer=False),
            *_shares(employer, line.burden_minor, employer=True),
        ]
    if "benefits" in include:
        shown["benefits"] = []
    if "deductions" in include:
        shown["deductions"] = []
    return shown


def _shares(names: tuple[str, str], total_minor: int, *, employer: bool) -> list[dict[str, Any]]:
    first = total_minor * 4 // 5
    # `employer` stands right before `amount`: by that the call journal knows pay and masks it.
    return [
        {"name": names[0], "employer": employer, "amount": money(first)},
        {"name": names[1], "employer": employer, "amount": money(total_minor - first)},
    ]
