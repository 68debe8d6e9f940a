"""A transport that answers from a script and keeps what was asked."""

import asyncio
import json
import re
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

from integration_core.ports.http import HttpRequest, HttpResponse

T = TypeVar("T")
DATE = "Sat, 31 Jan 2026 08:00:00 GMT"
DATE_MS = 1_769_846_400_000
Answer = HttpResponse | Exception


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run one coroutine to its end."""
    return asyncio.run(work)


def answer(status: int = 200, body: object = None, **headers: str) -> HttpResponse:
    """A response; a str or bytes body as it is, everything else as JSON; `_` in header names is `-`."""
    raw = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else b""
    if body is not None and not isinstance(body, str | bytes):
        raw = json.dumps(body).encode()
    named = {"date": DATE, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return HttpResponse(status=status, headers=tuple(named.items()), body=raw)


class Scripted:
    """Gives the answers in turn, the last one for ever."""

    def __init__(self, *answers: Answer) -> None:
        self._answers = list(answers)
        self.requests: list[HttpRequest] = []

    async def send(self, request: HttpRequest) -> HttpResponse:
        self.requests.append(request)
        given = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(given, Exception):
            raise given
        return given

    def sent(self, index: int = -1) -> Any:
        """The JSON body of one request."""
        return json.loads(self.requests[index].body)


class Routed(Scripted):
    """Answers by a function of the request."""

    def __init__(self, route: Callable[[HttpRequest], Answer]) -> None:
        super().__init__(answer())
        self._route = route

    async def send(self, request: HttpRequest) -> HttpResponse:
        self.requests.append(request)
        given = self._route(request)
        if isinstance(given, Exception):
            raise given
        return given


GRANT = {
    "access_token": "00D!token",
    "instance_url": "http://crm.example",
    "token_type": "Bearer",
    "issued_at": "1769846400000",
}


def is_login(request: HttpRequest) -> bool:
    """Whether a request asks for a token."""
    return request.url.endswith("/services/oauth2/token")


def soql(request: HttpRequest) -> str:
    """The query a request carries; empty where it has none."""
    return parse_qs(urlsplit(request.url).query).get("q", [""])[0]


def page(*records: object, total: int | None = None, following: str | None = None) -> HttpResponse:
    """One page of a SOQL result."""
    body: dict[str, object] = {
        "totalSize": len(records) if total is None else total,
        "done": following is None,
        "records": list(records),
    }
    if following is not None:
        body["nextRecordsUrl"] = following
    return answer(200, body)


class Org(Routed):
    """An org whose tables hold these rows, whatever the condition; every query fits one page."""

    def __init__(self, **tables: list[dict[str, object]]) -> None:
        super().__init__(self._answer)
        self._tables = tables

    def _answer(self, request: HttpRequest) -> Answer:
        if is_login(request):
            return answer(200, GRANT)
        table = re.search(r" FROM (\w+)", soql(request))
        return page(*self._tables.get(table[1] if table else "", []))

    def queries(self) -> list[str]:
        """The SOQL of all queries, in order."""
        return [soql(request) for request in self.requests if not is_login(request)]
