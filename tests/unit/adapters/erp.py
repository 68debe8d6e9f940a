"""A scripted ERP account: tables for SuiteQL, answers for records."""

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from integration_core.adapters.netsuite.client import NetSuiteErp
from integration_core.adapters.netsuite.signing import TbaCredentials
from integration_core.ports.http import HttpRequest, HttpResponse

from .scripted import Answer, Routed, Scripted, answer

STAMP = "2026-01-30 12:00:00.250"
STAMP_MS = 1_769_774_400_250
CREDENTIALS = TbaCredentials(
    account="TSTDRV1_SB1", consumer_key="ck", consumer_secret="cs", token_id="tk", token_secret="ts"
)


def row(native_id: int, **fields: object) -> dict[str, Any]:
    return {"links": [], "id": str(native_id), "lastmodifieddate": STAMP, **fields}


def result(*rows: object, total: int | None = None) -> HttpResponse:
    """One page of a SuiteQL result."""
    known = len(rows) if total is None else total
    body = {
        "links": [],
        "count": len(rows),
        "hasMore": known > len(rows),
        "items": list(rows),
        "offset": 0,
        "totalResults": known,
    }
    return answer(200, body)


def refused(status: int, code: str, detail: str = "words", path: str | None = None) -> HttpResponse:
    """An error answer in the vendor's shape."""
    entry = {"detail": detail, "o:errorCode": code}
    if path is not None:
        entry["o:errorPath"] = path
    return answer(
        status, {"type": "about:blank", "title": "Bad", "status": status, "o:errorDetails": [entry]}
    )


CURRENCIES = [row(1, symbol="USD", name="US Dollar")]


class Account(Routed):
    """Answers queries from tables, whatever the condition, and records from a function."""

    def __init__(
        self, record: Callable[[HttpRequest], Answer] = lambda request: answer(204), **tables: list[Any]
    ) -> None:
        super().__init__(self._answer)
        self._record = record
        self._tables: dict[str, list[Any]] = {"currency": CURRENCIES, **tables}

    def _answer(self, request: HttpRequest) -> Answer:
        if not is_query(request):
            return self._record(request)
        table = re.search(r" FROM (\w+)", query(request))
        return result(*self._tables.get(table[1] if table else "", []))

    def records(self) -> list[HttpRequest]:
        """The requests that were no queries."""
        return [request for request in self.requests if not is_query(request)]


def is_query(request: HttpRequest) -> bool:
    """Whether a request is a SuiteQL query."""
    return urlsplit(request.url).path == "/services/rest/query/v1/suiteql"


def query(request: HttpRequest) -> str:
    """The SuiteQL text of a request."""
    return str(json.loads(request.body)["q"])


def erp_on(transport: Scripted) -> NetSuiteErp:
    """The adapter with counted nonces and a standing wall clock."""
    numbers = iter(range(1, 1_000_000))
    return NetSuiteErp(
        transport,
        "http://erp.example",
        CREDENTIALS,
        nonce=lambda: f"nonce-{next(numbers)}",
        wall_seconds=lambda: 1_769_846_400,
    )
