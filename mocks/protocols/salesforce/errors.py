"""The platform's error shapes: an array of errors as an answer, `statusCode` inside results (wire 4.1)."""

from collections.abc import Iterable
from typing import Any

from mocks.kit.calls import Reply
from mocks.kit.vendor import FailureKind
from mocks.protocols.salesforce.rules import Problem, WriteRefused
from mocks.protocols.salesforce.values import encode_json

_STATUS = {
    "INVALID_SESSION_ID": 401,
    "INVALID_AUTH_HEADER": 401,
    "REQUEST_LIMIT_EXCEEDED": 403,
    "INSUFFICIENT_ACCESS": 403,
    "NOT_FOUND": 404,
    "ENTITY_IS_DELETED": 404,
    "METHOD_NOT_ALLOWED": 405,
    "UNKNOWN_EXCEPTION": 500,
    "SERVER_UNAVAILABLE": 503,
}
_BY_KIND = {
    "unavailable": Problem("SERVER_UNAVAILABLE", "Server is unavailable. Please try again later."),
    "internal": Problem("UNKNOWN_EXCEPTION", "An unexpected error occurred. Please include this ErrorId."),
    "limit": Problem("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
    "not_found": Problem("NOT_FOUND", "The requested resource does not exist"),
    "method": Problem("METHOD_NOT_ALLOWED", "HTTP Method not allowed for this resource."),
    "too_large": Problem("EXCEEDED_MAX_SIZE_REQUEST", "The request body is too large."),
    "malformed": Problem("JSON_PARSER_ERROR", "The HTTP entity body could not be parsed."),
}
NOT_FOUND = _BY_KIND["not_found"]
LIMIT_EXCEEDED = _BY_KIND["limit"]
SESSION_INVALID = Problem("INVALID_SESSION_ID", "Session expired or invalid")
LOCKED = Problem("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record or 1 records")
HALTED = Problem(
    "PROCESSING_HALTED",
    "The transaction was rolled back since another operation in the same transaction failed.",
)
ROLLED_BACK = Problem(
    "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    "Record rolled back because not all records were valid and the request was using AllOrNone header",
)


def status_of(problems: Iterable[Problem]) -> int:
    """The HTTP status that the first of these problems is answered with."""
    return _STATUS.get(next(iter(problems)).code, 400)


def error_array(problems: Iterable[Problem]) -> list[dict[str, Any]]:
    """Errors as the body of an answer."""
    return [_shown("errorCode", problem) for problem in problems]


def item_errors(problems: Iterable[Problem]) -> list[dict[str, Any]]:
    """Errors as they stand inside one result of a collection."""
    return [{**_shown("statusCode", problem), "fields": list(problem.fields)} for problem in problems]


def refusal(*problems: Problem) -> Reply:
    """The answer that carries these problems."""
    return Reply(status_of(problems), encode_json(error_array(problems)))


def not_found() -> WriteRefused:
    """There is no such record, object or resource."""
    return WriteRefused(NOT_FOUND)


def failure(kind: FailureKind, status: int, retry_after: float) -> Reply:
    """The platform's answer to what the server itself has to refuse; limits are 403 and name no time."""
    problem = _BY_KIND[kind]
    if kind == "limit":
        return refusal(problem)
    if kind == "unavailable" and status < 500:
        problem = next((Problem(code, "") for code, known in _STATUS.items() if known == status), LOCKED)
        return Reply(status, encode_json(error_array([problem])))
    if status == 500:
        problem = _BY_KIND["internal"]
    reply = Reply(status, encode_json(error_array([problem])))
    if retry_after > 0:
        reply.headers.append(("retry-after", str(int(retry_after))))
    return reply


def _shown(code_name: str, problem: Problem) -> dict[str, Any]:
    shown: dict[str, Any] = {"message": problem.message, code_name: problem.code}
    if problem.fields:
        shown["fields"] = list(problem.fields)
    return shown
