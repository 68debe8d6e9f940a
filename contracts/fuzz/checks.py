"""Checks that Schemathesis lacks: credentials are refused, deleted is gone, a repeated write does nothing.

Each sends requests of its own beside those of the run, so all of them are told every answer of it.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from msgspec import Struct

from contracts.fuzz.target import Answer, Request, Target

REFUSES_NO_CREDENTIALS = "refuses_missing_credentials"
REFUSES_WRONG_CREDENTIALS = "refuses_wrong_credentials"
DELETED_IS_GONE = "deleted_is_gone"
REPEATED_ANSWERS_ALIKE = "repeated_write_answers_alike"
REPEATED_CREATES_NOTHING = "repeated_write_creates_nothing"
UNTESTED = "every_operation_tested"
NEVER_GOOD = "some_request_succeeds"
# How many of an operation's good answers are tried again; more would only repeat the same.
_TRIES = 6
_GONE = frozenset({404, 410})
Send = Callable[[Request, Mapping[str, str]], Answer]
Complain = Callable[[str, str, str], None]


class Operation(Struct, frozen=True):
    """One operation of a description."""

    name: str
    method: str
    path: str
    public: bool


def operations_of(description: Mapping[str, Any]) -> tuple[Operation, ...]:
    """All operations of a description, in its order."""
    found = []
    for path, item in description["paths"].items():
        for method, shown in item.items():
            if method in ("get", "put", "post", "delete", "patch", "head", "options", "trace"):
                secured = shown.get("security", description.get("security", []))
                name = shown.get("operationId", f"{method.upper()} {path}")
                found.append(Operation(name, method.upper(), path, not secured))
    return tuple(found)


class Watch:
    """Follows one run: keeps an example of each operation and tries deletes and repeatable writes again."""

    def __init__(
        self,
        target: Target,
        operations: tuple[Operation, ...],
        send: Send,
        authorise: Callable[[Request], dict[str, str]],
        records: Callable[[], int],
        complain: Complain,
    ) -> None:
        self._target = target
        self._reads = {operation.path for operation in operations if operation.method == "GET"}
        self._send = send
        self._authorise = authorise
        self._records = records
        self._complain = complain
        self._examples: dict[str, tuple[bool, Request]] = {}
        self._tried: dict[tuple[str, bool], int] = {}
        self._kept = records()  # after the answer before

    @property
    def seen(self) -> frozenset[str]:
        """The operations that were called at all."""
        return frozenset(self._examples)

    @property
    def succeeded(self) -> frozenset[str]:
        """The operations of which at least one request was answered well."""
        return frozenset(name for name, (good, _) in self._examples.items() if good)

    def answered(self, operation: Operation, request: Request, answer: Answer) -> None:
        """Take note of one authorised answer of the run."""
        kept = self._kept
        self._note(operation, request, answer, kept)
        self._kept = self._records()

    def _note(self, operation: Operation, request: Request, answer: Answer, kept: int) -> None:
        good = 200 <= answer.status < 300
        if operation.name not in self._examples or (good and not self._examples[operation.name][0]):
            self._examples[operation.name] = (good, request)
        if not good or request.method != operation.method:
            return
        if operation.method == "DELETE":
            self._check_gone(operation, request)
        elif self._is_repeatable(operation):
            # A run mostly changes what is there; what made a record is tried as often, or it seldom would be.
            kind = (operation.name, self._records() > kept)
            if self._tried.get(kind, 0) < _TRIES:
                self._tried[kind] = self._tried.get(kind, 0) + 1
                self._check_repeated(operation, request, answer)

    def _is_repeatable(self, operation: Operation) -> bool:
        return operation.method in ("PUT", "PATCH") or operation.name in self._target.repeatable

    def check_credentials(self, operations: tuple[Operation, ...], wrong: Send) -> None:
        """Send one example of each operation without credentials and with wrong ones."""
        for operation in operations:
            if operation.public or operation.name not in self._examples:
                continue
            request = self._examples[operation.name][1]
            self._check_refused(operation, REFUSES_NO_CREDENTIALS, self._send(request, {}))
            self._check_refused(operation, REFUSES_WRONG_CREDENTIALS, wrong(request, {}))

    def _check_refused(self, operation: Operation, check: str, answer: Answer) -> None:
        complaint = self._target.refused(answer)
        if complaint:
            self._complain(operation.name, check, complaint)

    def _check_gone(self, operation: Operation, request: Request) -> None:
        if self._target.read_after is not None:
            url = self._target.read_after(request.url)
        elif operation.path in self._reads:
            url = request.url
        else:
            self._check_not_listed(operation, request)
            return
        answer = self._read(url)
        if answer.status not in _GONE:
            text = f"After DELETE {_shown(request.url)} a read still answers {answer.status}."
            self._complain(operation.name, DELETED_IS_GONE, text)

    def _check_not_listed(self, operation: Operation, request: Request) -> None:
        collection, _, last = request.url.partition("?")[0].rstrip("/").rpartition("/")
        answer = self._read(collection)
        if answer.status in _GONE:
            return
        listed = _ids(_json(answer.body))
        if answer.status != 200 or listed is None:
            text = f"After DELETE {_shown(request.url)} nothing says whether it is gone: name a read_after."
            self._complain(operation.name, DELETED_IS_GONE, text)
        elif last in listed:
            text = f"After DELETE {_shown(request.url)} its collection still lists it."
            self._complain(operation.name, DELETED_IS_GONE, text)

    def _read(self, url: str) -> Answer:
        request = Request("GET", url)
        return self._send(request, self._authorise(request))

    def _check_repeated(self, operation: Operation, request: Request, first: Answer) -> None:
        before = self._records()
        again = self._send(request, self._authorise(request))
        further = self._records() - before
        if further > 0:
            text = f"{request.method} {_shown(request.url)} sent again made {further} further record(s)."
            self._complain(operation.name, REPEATED_CREATES_NOTHING, text)
        difference = self._difference(first, again)
        if difference:
            text = f"{request.method} {_shown(request.url)} sent again {difference}."
            self._complain(operation.name, REPEATED_ANSWERS_ALIKE, text)

    def _difference(self, first: Answer, again: Answer) -> str:
        if not 200 <= again.status < 300:
            return f"answers {again.status} after {first.status}"
        # What made a record the first time says so; the second time it only changed one.
        if first.status != again.status:
            return "" if first.status == 201 else f"answers {again.status} after {first.status}"
        volatile = self._target.volatile
        one, two = _without(_json(first.body), volatile), _without(_json(again.body), volatile)
        return "" if one == two else "answers with another body"


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body


def _without(value: Any, names: frozenset[str]) -> Any:
    if isinstance(value, dict):
        return {name: _without(one, names) for name, one in value.items() if name not in names}
    return [_without(one, names) for one in value] if isinstance(value, list) else value


def _ids(value: Any) -> frozenset[str] | None:
    """The ids in a list of records, or in the only list of an envelope; None where there is no list."""
    if isinstance(value, dict):
        lists = [one for one in value.values() if isinstance(one, list)]
        value = lists[0] if len(lists) == 1 else None
    if not isinstance(value, list):
        return None
    return frozenset(
        str(one[name])
        for one in value
        if isinstance(one, dict)
        for name in ("id", "uuid", "Id")
        if name in one
    )


def _shown(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(("", "", parts.path, parts.query, ""))
