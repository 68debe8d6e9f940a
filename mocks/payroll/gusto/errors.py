"""Gusto's errors: a list of `error_key`, `category` and `message` (wire 4.5)."""

import math

import msgspec

from mocks.kit.calls import Refusal, Reply
from mocks.kit.vendor import FailureKind

_TEXTS: dict[FailureKind, tuple[str, str]] = {
    "unavailable": ("service_unavailable", "The service is temporarily unavailable."),
    "internal": ("internal_error", "Something went wrong on our side."),
    "limit": ("rate_limit_exceeded", "Too many requests; try again later."),
    "not_found": ("not_found", "The requested resource was not found."),
    "method": ("method_not_allowed", "The resource does not support this method."),
    "too_large": ("payload_too_large", "The request is too large."),
    "malformed": ("invalid_request", "The request could not be parsed."),
}


def error(
    status: int, category: str, message: str, key: str = "request", retry_after_seconds: float = 0
) -> Reply:
    """An answer with one error."""
    body = {"errors": [{"error_key": key, "category": category, "message": message[:500]}]}
    headers = []
    if retry_after_seconds > 0:
        headers.append(("retry-after", str(math.ceil(retry_after_seconds))))
    return Reply(status, msgspec.json.encode(body), headers=headers)


def refusal(status: int, category: str, message: str, key: str = "request") -> Refusal:
    """The same, to be raised."""
    return Refusal(error(status, category, message, key))


def invalid(key: str, message: str) -> Refusal:
    """A value that breaks a rule: 422."""
    return refusal(422, "invalid_attribute_value", message, key)


def missing(what: str) -> Refusal:
    """A resource that is not there: 404."""
    return refusal(404, "not_found", f"The requested {what} was not found.")


def failure(kind: FailureKind, status: int, retry_after: float) -> Reply:
    """The vendor's shape for what the server itself refuses."""
    category, message = _TEXTS[kind]
    return error(status, category, message, retry_after_seconds=retry_after)
