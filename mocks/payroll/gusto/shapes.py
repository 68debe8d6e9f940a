"""The schemas of Gusto's bodies and answers: closed, so what is not named is neither answered nor taken."""

from collections.abc import Iterable
from typing import Any

from mocks.payroll.gusto.companies import READ_SCOPES, WRITE_SCOPES
from mocks.payroll.gusto.notify import PENDING, REMOVED, TYPES, VERIFIED
from mocks.payroll.gusto.schema import EMPLOYEE_NUMBER
from mocks.payroll.gusto.wire import TEXT_LIMIT

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
NULLABLE: Schema = {"type": ["string", "null"]}
TRUTH: Schema = {"type": "boolean"}
UUID: Schema = {"type": "string", "format": "uuid"}
DAY: Schema = {"type": "string", "format": "date"}
INSTANT: Schema = {"type": "string", "format": "date-time"}
VERSION: Schema = {"type": "string", "pattern": "^[0-9a-f]{32}$"}
MONEY: Schema = {"type": "string", "pattern": r"^-?[0-9]+\.[0-9]{2}$"}
NOTHING: Schema = {"type": "array", "maxItems": 0}
_CONTROL = r"\u0000-\u001f\u007f-\u009f"
_ANY_TEXT: Schema = {"type": "string", "maxLength": TEXT_LIMIT, "pattern": f"^[^{_CONTROL}]*$"}
_MAIL: Schema = {
    "type": "string",
    "maxLength": TEXT_LIMIT,
    "pattern": rf"^[^@\s{_CONTROL}]+@[^@\s{_CONTROL}]+$",
}
_NAME: Schema = {
    "type": "string",
    "maxLength": TEXT_LIMIT,
    "pattern": rf"^[^{_CONTROL}]*[^\s{_CONTROL}][^{_CONTROL}]*$",
}
_BLANK: Schema = {"type": "string", "pattern": "^ *$"}
_LOOPBACK = r"http://(127\.0\.0\.1|localhost)"
_ADDRESS = rf"^(https://[a-z0-9][a-z0-9.-]*|{_LOOPBACK})(:[0-9]{{1,4}})?(/[A-Za-z0-9._~/-]*)?$"


def closed(properties: Schema, required: Iterable[str] | None = None) -> Schema:
    """An object of these fields and no other; all of them are there unless told otherwise."""
    names = list(properties if required is None else required)
    found: Schema = {"type": "object", "additionalProperties": False, "properties": properties}
    return {**found, "required": names} if names else found


def listed(schema: Schema) -> Schema:
    """A list of such things."""
    return {"type": "array", "items": schema}


def ref(name: str) -> Schema:
    """A schema by its name."""
    return {"$ref": f"#/components/schemas/{name}"}


def _employee_write(required: tuple[str, ...]) -> Schema:
    mail = {"anyOf": [_MAIL, _BLANK, {"type": "null"}]}
    properties = {
        "version": {"type": "string", "minLength": 1} if "version" in required else TEXT,
        "first_name": _NAME,
        "last_name": _NAME,
        "email": mail,
        "work_email": mail,
        "department": {"anyOf": [_ANY_TEXT, {"type": "null"}]},
    }
    return closed(properties, required)


def _employee() -> Schema:
    custom = {
        "id": UUID,
        "company_custom_field_id": UUID,
        "name": {"const": EMPLOYEE_NUMBER},
        "type": {"const": "text"},
        "value": TEXT,
    }
    always = {
        "uuid": UUID,
        "version": VERSION,
        "company_uuid": UUID,
        "first_name": TEXT,
        "last_name": TEXT,
        **dict.fromkeys(("email", "work_email", "department"), NULLABLE),
        **dict.fromkeys(("terminated", "onboarded"), TRUTH),
        **dict.fromkeys(("jobs", "terminations"), NOTHING),
    }
    return closed({**always, "custom_fields": {**listed(closed(custom)), "maxItems": 1}}, always)


def _company() -> Schema:
    texts = dict.fromkeys(("name", "trade_name", "entity_code"), TEXT)
    currency = {"type": "string", "pattern": "^[A-Z]{3}$"}
    return closed(
        {
            "uuid": UUID,
            "company_status": {"const": "Approved"},
            "currency": currency,
            "locations": NOTHING,
            **texts,
        }
    )


_TOTALS = (
    "company_debit",
    "net_pay_debit",
    "tax_debit",
    "gross_pay",
    "net_pay",
    "employer_taxes",
    "employee_taxes",
    "benefits",
    "employee_benefits_deductions",
    "reimbursements",
)


def _compensation() -> Schema:
    always = {
        "employee_uuid": UUID,
        "version": VERSION,
        "excluded": TRUTH,
        "payment_method": {"const": "Direct Deposit"},
        "memo": NULLABLE,
        **dict.fromkeys(("gross_pay", "net_pay", "check_amount"), MONEY),
        **dict.fromkeys(("fixed_compensations", "hourly_compensations", "paid_time_off"), NOTHING),
    }
    tax = closed({"name": TEXT, "employer": TRUTH, "amount": MONEY})
    # The vendor's own shape, which the core reads; nobody here has benefits.
    amounts = ("employee_deduction", "company_contribution")
    benefit = closed({"name": TEXT, **dict.fromkeys(amounts, MONEY), "imputed": TRUTH})
    asked = {"taxes": listed(tax), "benefits": listed(benefit), "deductions": NOTHING}
    return closed({**always, **asked}, always)


def _payroll(*, lines: bool) -> Schema:
    period = {"start_date": DAY, "end_date": DAY, "pay_schedule_uuid": UUID}
    always = {
        **dict.fromkeys(("payroll_uuid", "uuid", "company_uuid"), UUID),
        **dict.fromkeys(("off_cycle", "external", "processed"), TRUTH),
        "off_cycle_reason": {"enum": ["Correction", None]},
        **dict.fromkeys(
            ("processed_date", "calculated_at", "created_at", "updated_at", "payroll_deadline"), INSTANT
        ),
        "check_date": DAY,
        "pay_period": closed(period),
    }
    more = {
        "totals": closed(dict.fromkeys(_TOTALS, MONEY)),
        "payroll_status_meta": closed(dict.fromkeys(("cancellable", "payroll_late"), TRUTH)),
    }
    if lines:
        return closed({**always, **more, "employee_compensations": listed(ref("Compensation"))})
    return closed({**always, **more}, always)


def _account() -> dict[str, Schema]:
    scope = "|".join((*READ_SCOPES, *WRITE_SCOPES))
    company = closed({"uuid": UUID, "name": TEXT, "trade_name": TEXT})
    admin = closed({"payroll_admin": closed({"companies": listed(company)})})
    owned = closed({"type": {"const": "Company"}, "uuid": UUID})
    owner = closed({"type": {"const": "CompanyAdmin"}, "uuid": UUID})
    scopes = {"type": "string", "pattern": f"^({scope})( ({scope}))*$"}
    field = {
        "uuid": UUID,
        "name": {"const": EMPLOYEE_NUMBER},
        "type": {"const": "text"},
        "description": TEXT,
        "selection_options": {"type": "null"},
    }
    return {
        "Me": closed({"uuid": UUID, "email": TEXT, "roles": admin}),
        "TokenInfo": closed(
            {"scope": scopes, "resource": {"anyOf": [owned, {"type": "null"}]}, "resource_owner": owner}
        ),
        "CustomFields": closed({"custom_fields": listed(closed(field))}),
    }


def schemas() -> dict[str, Schema]:
    """All schemas by name."""
    types = {"type": "array", "items": {"enum": list(TYPES)}, "minItems": 1}
    status = {"enum": [PENDING, VERIFIED, REMOVED]}
    problem = closed({"error_key": TEXT, "category": TEXT, "message": TEXT})
    return {
        **_account(),
        "Company": _company(),
        "Employee": _employee(),
        "EmployeeAdd": _employee_write(("first_name", "last_name")),
        "EmployeeUpdate": _employee_write(("version",)),
        "Compensation": _compensation(),
        "ListedPayroll": _payroll(lines=False),
        "Payroll": _payroll(lines=True),
        "Subscription": closed({"uuid": UUID, "url": TEXT, "status": status, "subscription_types": types}),
        "SubscriptionAdd": closed(
            {
                "url": {"type": "string", "pattern": _ADDRESS, "maxLength": TEXT_LIMIT},
                "subscription_types": types,
            }
        ),
        "SubscriptionUpdate": closed({"subscription_types": types}),
        "Verification": closed({"verification_token": TEXT}),
        "Errors": closed({"errors": {**listed(problem), "minItems": 1}}),
    }
