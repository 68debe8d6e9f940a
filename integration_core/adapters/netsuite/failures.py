"""What the ERP's error details mean for a caller (wire 4.3, errors)."""

from typing import Any

from msgspec import Struct

from integration_core.adapters.http.json_body import decode_any
from integration_core.adapters.http.session import retry_after_seconds, short, status_error
from integration_core.ports.http import HttpResponse
from integration_core.ports.systems import RateLimited, Transient, VendorError

_LIMIT_CODES = frozenset({"CONCURRENCY_LIMIT_EXCEEDED", "SSS_REQUEST_LIMIT_EXCEEDED"})
_DUPLICATE_CODES = frozenset({"DUP_ENTITY", "DUP_RCRD", "UNIQUE_CUST_ID_REQD"})
# Invoice refusals in the words of the exception taxonomy (finance 7).
INVOICE_REJECTED = "INV_REJECTED"
PERIOD_CLOSED = "PERIOD_CLOSED"
CUSTOMER_INACTIVE = "CUST_INACTIVE"


class ErrorDetail(Struct, frozen=True, kw_only=True):
    """The first entry of `o:errorDetails`."""

    code: str
    text: str
    path: str


def error_detail(response: HttpResponse) -> ErrorDetail:
    """Code, text and path of an error answer; the status where the body has none."""
    body: Any = decode_any(response.body)
    details = body.get("o:errorDetails") if isinstance(body, dict) else None
    first = details[0] if isinstance(details, list) and details else {}
    if not isinstance(first, dict):
        first = {}
    return ErrorDetail(
        code=str(first.get("o:errorCode") or f"HTTP_{response.status}"),
        text=short(str(first.get("detail") or "")),
        path=str(first.get("o:errorPath") or ""),
    )


def failure(system: str, response: HttpResponse, write: bool, detail: ErrorDetail) -> VendorError:
    """The error that an answer other than success stands for."""
    words = f"{system} answered {response.status} {detail.code}: {detail.text}"
    # Some accounts say it with 400 instead of 429.
    if detail.code in _LIMIT_CODES:
        return RateLimited("TECH_429", words, retry_after_seconds(response))
    # A period that waits for the approval of its documents can be closed later.
    if detail.code == "RCRD_HAS_BEEN_CHANGED" or _is_pending(detail):
        return Transient("TECH_5XX", words)
    return status_error(system, response, write, detail.code, detail.text)


def _is_pending(detail: ErrorDetail) -> bool:
    return detail.code == "USER_ERROR" and "pending approval" in detail.text.lower()


def is_duplicate(detail: ErrorDetail) -> bool:
    """Whether a create was refused because the external id is taken."""
    text = detail.text.lower()
    return detail.code in _DUPLICATE_CODES or "already exists" in text or "already been used" in text


def posting_refusal_code(detail: ErrorDetail) -> str:
    """The case's code for a document, journal or closing that the ERP refuses for good."""
    text, path = detail.text.lower(), detail.path.lower()
    about_period = "period" in text or "period" in path or "acct_date" in path
    if about_period and (detail.code == "USER_ERROR" or "closed" in text or "locked" in text):
        return PERIOD_CLOSED
    if "inactive" in text and ("entity" in path or "entity" in text or "customer" in text):
        return CUSTOMER_INACTIVE
    return INVOICE_REJECTED
