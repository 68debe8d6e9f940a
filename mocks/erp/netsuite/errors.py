"""The account's error answers: RFC 9457 bodies with Oracle's `o:errorDetails` (wire 4.3, errors)."""

import msgspec

from mocks.kit.calls import Refusal, Reply
from mocks.kit.vendor import FailureKind

ERROR_TYPE = "application/vnd.oracle.resource+json; type=error"
_TITLES = {
    400: ("Bad Request", "15.5.1"),
    401: ("Unauthorized", "15.5.2"),
    403: ("Forbidden", "15.5.4"),
    404: ("Not Found", "15.5.5"),
    405: ("Method Not Allowed", "15.5.6"),
    413: ("Content Too Large", "15.5.14"),
    429: ("Too Many Requests", "15.5.1"),
    500: ("Internal Server Error", "15.6.1"),
    503: ("Service Unavailable", "15.6.4"),
}
_FAILURES: dict[FailureKind, tuple[str, str]] = {
    "unavailable": ("SERVER_ERROR", "The service is temporarily unavailable. Try again later."),
    "internal": ("UNEXPECTED_ERROR", "An unexpected error occurred. Error ID: netsuite-mock."),
    "limit": ("CONCURRENCY_LIMIT_EXCEEDED", "Concurrent request limit exceeded. Request blocked."),
    "not_found": ("INVALID_URL", "The requested resource was not found."),
    "method": ("METHOD_NOT_ALLOWED", "The method is not allowed for this resource."),
    "too_large": ("INVALID_CONTENT", "The request body exceeds the allowed size."),
    "malformed": ("INVALID_CONTENT", "Invalid content in the request body."),
}


def error_reply(
    status: int, code: str, detail: str, *, path: str = "", title: str = "", kind: str = "o:errorPath"
) -> Reply:
    """An error answer with one detail; `kind` says what `path` points at."""
    words, section = _TITLES.get(status, ("Error", "15.5"))
    first = {"detail": detail, "o:errorCode": code}
    if path:
        first[kind] = path
    body = {
        "type": f"https://www.rfc-editor.org/rfc/rfc9110.html#section-{section}",
        "title": title or words,
        "status": status,
        "o:errorDetails": [first],
    }
    return Reply(status, msgspec.json.encode(body), ERROR_TYPE)


def refuse(code: str, detail: str, path: str = "", *, status: int = 400) -> Refusal:
    """A refusal of the request's content, to be raised."""
    return Refusal(error_reply(status, code, detail, path=path))


def bad_parameter(name: str, detail: str) -> Refusal:
    """A query parameter that says nothing the account understands."""
    return Refusal(error_reply(400, "INVALID_PARAMETER", detail, path=name, kind="o:errorQueryParam"))


def bad_header(name: str, detail: str) -> Refusal:
    """A header that is missing, or says nothing the account understands."""
    return Refusal(error_reply(400, "INVALID_HEADER", detail, path=name, kind="o:errorHeader"))


def user_error(detail: str, path: str = "") -> Refusal:
    """What a person at the screen would be told."""
    return refuse("USER_ERROR", detail, path)


def missing(name: str) -> Refusal:
    """A mandatory field without a value."""
    return user_error(f"Please enter value(s) for: {name}", name)


def bad_reference(value: object, field: str) -> Refusal:
    """A reference that leads nowhere."""
    last = field.rpartition(".")[2]
    return refuse("INVALID_KEY_OR_REF", f"Invalid Field Value {value} for the following field: {last}", field)


def no_such_record() -> Refusal:
    """The record that the address names is not there."""
    return refuse(
        "NONEXISTENT_ID",
        "The record instance does not exist. Provide a valid record instance ID.",
        status=404,
    )


def no_permission(detail: str) -> Refusal:
    """The role may not do this."""
    return refuse("INSUFFICIENT_PERMISSION", detail, status=403)


def failure(kind: FailureKind, status: int, retry_after_seconds: float) -> Reply:
    """The answer for what is no handler's business: outages, limits, unknown addresses."""
    code, detail = _FAILURES[kind]
    reply = error_reply(status, code, detail)
    if retry_after_seconds > 0:
        reply.headers.append(("retry-after", str(int(-(-retry_after_seconds // 1)))))
    return reply
