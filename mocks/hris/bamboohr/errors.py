"""BambooHR's errors: no body, the reason in the header X-BambooHR-Error-Message (wire 4.4)."""

import math

from mocks.kit.calls import Refusal, Reply
from mocks.kit.vendor import FailureKind

ERROR_HEADER = "x-bamboohr-error-message"
_TEXTS: dict[FailureKind, str] = {
    "unavailable": "Service Unavailable",
    "internal": "Internal Server Error",
    "limit": "Too many requests",
    "not_found": "The requested resource does not exist",
    "method": "Method Not Allowed",
    "too_large": "The request is too large",
    "malformed": "Malformed request",
}


def error(status: int, message: str, retry_after_seconds: float = 0) -> Reply:
    """An answer with a status and a reason; what came from outside is made safe for a header."""
    safe = "".join(sign if sign.isprintable() else " " for sign in message)
    headers = [(ERROR_HEADER, safe.encode("ascii", "replace").decode()[:300])]
    if retry_after_seconds > 0:
        headers.append(("retry-after", str(math.ceil(retry_after_seconds))))
    return Reply(status, headers=headers)


def refusal(status: int, message: str) -> Refusal:
    """The same, to be raised."""
    return Refusal(error(status, message))


def failure(kind: FailureKind, status: int, retry_after: float) -> Reply:
    """The vendor's shape for what the server itself refuses."""
    return error(status, _TEXTS[kind], retry_after)
