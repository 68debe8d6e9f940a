"""What the org's error codes mean for a caller (wire 4.1): wait, log in, mend the record, or mend us."""

from msgspec import Struct, field

from integration_core.adapters.http.json_body import decode_any
from integration_core.adapters.http.session import short, status_error
from integration_core.ports.http import HttpResponse
from integration_core.ports.systems import RateLimited, Refused, Transient, Unreadable, VendorError

# The org did nothing and says so: the same call may succeed later.
RETRYABLE_CODES = frozenset(
    {
        "ALL_OR_NONE_OPERATION_ROLLED_BACK",
        "PROCESSING_HALTED",
        "REQUEST_LIMIT_EXCEEDED",
        "SERVER_UNAVAILABLE",
        "UNABLE_TO_LOCK_ROW",
        "UNKNOWN_EXCEPTION",
    }
)
# The request itself is wrong: no record is to blame, and blaming all of them would empty the queue
# into the exception queue.
_CONTRACT_CODES = frozenset(
    {"INVALID_FIELD", "INVALID_TYPE", "JSON_PARSER_ERROR", "MALFORMED_QUERY", "METHOD_NOT_ALLOWED"}
)
LOCATOR_EXPIRED = "INVALID_QUERY_LOCATOR"


class ItemError(Struct, frozen=True):
    """One error inside a collection's result."""

    code: str = field(name="statusCode", default="UNKNOWN_EXCEPTION")
    text: str = field(name="message", default="")


def token_refused(response: HttpResponse) -> bool:
    """Whether the org no longer knows the session (401 INVALID_SESSION_ID)."""
    return response.status == 401 and first_error(response)[0] == "INVALID_SESSION_ID"


def first_error(response: HttpResponse) -> tuple[str, str]:
    """Code and message of the first error of the body's array; the status where there is none."""
    body = decode_any(response.body)
    row = body[0] if isinstance(body, list) and body else body
    if isinstance(row, dict):
        code = row.get("errorCode") or row.get("error")
        if code:
            return str(code), short(str(row.get("message") or row.get("error_description") or ""))
    return f"HTTP_{response.status}", ""


def failure(system: str, response: HttpResponse, write: bool) -> VendorError:
    """The error that an answer other than success stands for."""
    code, text = first_error(response)
    words = f"{system} answered {response.status} {code}: {text}"
    if response.status == 300:
        several = f"{system} holds several records under this external id."
        return Refused("DUPLICATE_EXTERNAL_ID", several) if write else Unreadable("SCHEMA_INVALID", several)
    if code == "REQUEST_LIMIT_EXCEEDED":
        return RateLimited("TECH_429", words)
    if code == "UNABLE_TO_LOCK_ROW":
        return Transient("TECH_5XX", words)
    if code == LOCATOR_EXPIRED:
        return Transient(LOCATOR_EXPIRED, words)
    if code in _CONTRACT_CODES:
        return Unreadable("SCHEMA_INVALID", words)
    return status_error(system, response, write, code, text)
