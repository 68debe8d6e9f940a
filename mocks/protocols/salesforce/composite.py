"""Several calls in one: composite with references between them, and batch (wire 4.1, composite)."""

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

import msgspec
from msgspec import Struct

from mocks.kit.calls import Call, Reply
from mocks.protocols.salesforce.errors import HALTED, LOCKED, error_array, refusal
from mocks.protocols.salesforce.incoming import field_map, flag_of
from mocks.protocols.salesforce.rules import Problem, WriteRefused
from mocks.protocols.salesforce.values import decode_json, encode_json

LARGEST = 25
_REFERENCE = re.compile(r"@\{([A-Za-z0-9_]{1,80})((?:\.[A-Za-z_][A-Za-z0-9_]*|\[\d{1,4}\]){1,10})\}")
_STEP = re.compile(r"\.([A-Za-z_][A-Za-z0-9_]*)|\[(\d+)\]")

Serve = Callable[[Call], Reply]  # serves one inner call, errors as replies


class Part(Struct, frozen=True):
    """One inner request."""

    method: str
    url: str
    body: Any
    reference: str = ""


class _Undo(Exception):
    """Ends the transaction of a composite that must not have any effect."""


def composite(serve: Serve, call: Call) -> Reply:
    """POST composite: at most 25 requests, each may name results of those before it."""
    given = field_map(call.body)
    together = flag_of(given, "allOrNone")
    flag_of(given, "collateSubrequests")  # an optimisation that changes no answer
    parts = [_part(item, "body") for item in _items(given, "compositeRequest")]
    names = [part.reference for part in parts]
    if len(set(names)) < len(names) or not all(names):
        raise WriteRefused(Problem("JSON_PARSER_ERROR", "Every request needs a referenceId of its own"))
    replies: list[Reply] = []
    try:
        with call.world.store.transaction():
            known: dict[str, Any] = {}
            for place, part in enumerate(parts, 1):
                reply = _one(serve, call, part, known, place)
                replies.append(reply)
                if reply.status < 300:
                    known[part.reference] = decode_json(reply.body) if reply.body else None
                elif together:
                    raise _Undo
    except _Undo:
        halted = refusal(HALTED)
        replies = [halted if reply.status < 300 else reply for reply in replies]
        replies += [halted] * (len(parts) - len(replies))
    results = [_result(part, reply) for part, reply in zip(parts, replies, strict=True)]
    return Reply(body=encode_json({"compositeResponse": results}))


def batch(serve: Serve, call: Call) -> Reply:
    """POST composite/batch: at most 25 requests that know nothing of each other."""
    given = field_map(call.body)
    halting = flag_of(given, "haltOnError")
    results: list[dict[str, Any]] = []
    failed = False
    for item in _items(given, "batchRequests"):
        part = _part(item, "richInput")
        if failed and halting:
            halt = Problem("BATCH_PROCESSING_HALTED", "Batch processing halted per request")
            results.append({"statusCode": 412, "result": error_array([halt])})
            continue
        path = part.url if part.url.startswith("/") else f"/services/data/{part.url}"
        reply = serve(_inner(call, part.method, path, part.body))
        failed = failed or reply.status >= 300
        results.append({"statusCode": reply.status, "result": _body(reply)})
    return Reply(body=encode_json({"hasErrors": failed, "results": results}))


def _items(given: Mapping[str, Any], name: str) -> list[Any]:
    items = given.get(name)
    if not isinstance(items, list) or not items:
        raise WriteRefused(Problem("JSON_PARSER_ERROR", f"{name} must be a list of requests"))
    if len(items) > LARGEST:
        raise WriteRefused(
            Problem("LIMIT_EXCEEDED", f"No more than {LARGEST} requests are allowed in one call")
        )
    return items


def _part(item: Any, body_name: str) -> Part:
    if not isinstance(item, dict):
        raise WriteRefused(Problem("JSON_PARSER_ERROR", "A request must be a JSON object"))
    method, url, reference = item.get("method"), item.get("url"), item.get("referenceId", "")
    if not (isinstance(method, str) and isinstance(url, str) and isinstance(reference, str)):
        raise WriteRefused(Problem("JSON_PARSER_ERROR", "A request needs method and url, each a text"))
    return Part(method.upper(), url, item.get(body_name), reference)


def _one(serve: Serve, call: Call, part: Part, known: Mapping[str, Any], place: int) -> Reply:
    fault = call.world.faults.active("fail_items", call.world.now_ms())
    if fault is not None and fault.every > 0 and place % fault.every == 0:
        call.world.faults.note(fault)
        return refusal(LOCKED)
    try:
        url, body = _replaced(part.url, known), _replaced(part.body, known)
    except LookupError as missing:
        text = f"Invalid reference specified. No value for {missing.args[0]} found."
        return refusal(Problem("PROCESSING_HALTED", text))
    return serve(_inner(call, part.method, str(url), body))


def _inner(call: Call, method: str, url: str, body: Any) -> Call:
    path, _, query_string = url.partition("?")
    payload = b"" if body is None else encode_json(body)
    inner = Call(method, unquote(path), query_string, call.headers, payload, call.scheme)
    inner.world, inner.principal = call.world, call.principal
    return inner


def _replaced(given: Any, known: Mapping[str, Any]) -> Any:
    """A value with `@{reference.path}` filled in; LookupError where there is nothing to fill in."""
    if isinstance(given, str):
        whole = _REFERENCE.fullmatch(given)
        if whole is not None:
            return _looked_up(whole, known)
        return _REFERENCE.sub(lambda found: str(_looked_up(found, known)), given)
    if isinstance(given, dict):
        return {name: _replaced(value, known) for name, value in given.items()}
    if isinstance(given, list):
        return [_replaced(value, known) for value in given]
    return given


def _looked_up(found: re.Match[str], known: Mapping[str, Any]) -> Any:
    if found[1] not in known:
        raise LookupError(found[1])
    value = known[found[1]]
    for step in _STEP.finditer(found[2]):
        try:
            value = value[step[1]] if step[1] is not None else value[int(step[2])]
        except (LookupError, TypeError):
            raise LookupError(found[0]) from None
    return value


def _result(part: Part, reply: Reply) -> dict[str, Any]:
    headers = dict(reply.headers)
    location = {"Location": headers["location"]} if "location" in headers else {}
    return {
        "body": _body(reply),
        "httpHeaders": location,
        "httpStatusCode": reply.status,
        "referenceId": part.reference,
    }


def _body(reply: Reply) -> msgspec.Raw | None:
    return msgspec.Raw(reply.body) if reply.body else None
