"""What a rehearsal needs of the core: its time, whether it rests, its cases, its wishes and its book.

The calls are those that a rehearsal's runner makes, spelled out here, as contracts stand below
rehearsals; a test of the runner holds it to the same pact.
"""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from pact import match

from contracts.consumer.promises import Promise, Promises, text
from integration_core.ports.http import HttpRequest, HttpResponse

Make = Callable[..., Promises]

_CASE = "C-000001"
_CASE_ID = text(_CASE, r"C-\d{6,12}")
_COUNT = match.integer(1)
_INSTANT_MS = match.integer(1_795_255_200_000)
_STEP = {"now_ms": 1_795_255_200_000}
_TOKEN = "operator-token"
_HEADERS = {
    "Authorization": match.regex(f"Bearer {_TOKEN}", regex=r"Bearer \S+"),
    "Content-Type": "application/json",
}
_SENTENCE = {"detail": text("There is no such case.", ".+")}
_PRICED = {
    "source_id": text("a1T1#Mon", ".+#(Mon|Tue|Wed|Thu|Fri|Sat|Sun)"),
    "ver": _COUNT,
    "rating": _COUNT,
    "piece": _COUNT,
    "amount_minor": match.integer(63_000),
    "hours_e2": match.integer(350),
    "state": text("COMMITTED", "COMMITTED|LOCKED|INVOICED|CREDITED|CANCELLED"),
    "rate_source": text("1|AS|A-0001", r"[1-4]\|.+"),
    "invoice_external_id": match.like(""),
    "commit_at_ms": _INSTANT_MS,
    "class": "BILLABLE",
}
_UNPRICED = {
    **{name: _PRICED[name] for name in ("ver", "rating", "piece", "hours_e2")},
    "source_id": text("a1T1#Tue", ".+#(Mon|Tue|Wed|Thu|Fri|Sat|Sun)"),
    "amount_minor": 0,
    "state": text("COVERED", "COVERED|NON_BILLABLE"),
    "class": text("COVERED", "COVERED|NON_BILLABLE"),
}
_BOOK = {
    "pieces": match.array_containing([_PRICED, _UNPRICED]),
    "cases": match.array_containing(
        [
            {
                "code": text("TECH_5XX", "[A-Z][A-Z0-9_]+"),
                "entity_bk": match.like("IN|1"),
                "opened_at_ms": _INSTANT_MS,
                "resolved_at_ms": None,
                "state": "OPEN",
            },
            {
                "code": text("RATE_MISSING", "[A-Z][A-Z0-9_]+"),
                "entity_bk": match.like("IN|2"),
                "opened_at_ms": _INSTANT_MS,
                "resolved_at_ms": _INSTANT_MS,
                "state": "RESOLVED",
            },
        ]
    ),
    "messages": dict.fromkeys(
        ("received", "applied", "duplicate", "stale", "parked", "exception", "dead_letter"), _COUNT
    ),
    "lineage": match.each_like(
        {
            "source_id": text("a1T1#Mon", ".+#(Mon|Tue|Wed|Thu|Fri|Sat|Sun)"),
            "ver": _COUNT,
            "approved_by": match.like("RS|1001"),
            "contract_bk": match.like("CO|1"),
            "rate_source": text("1|AS|A-0001", r"[1-4]\|.+"),
            "event_bk": text("BE|TE|TC-1|Mon|v1.1|p1", r"BE\|.+"),
            "run": match.like(""),
            "invoice_external_id": match.like(""),
        }
    ),
}


def _call(promises: Promises, url: str, method: str, path: str, body: Any = None) -> HttpResponse:
    request = HttpRequest(
        method=method,
        url=url + path,
        headers=(("authorization", f"Bearer {_TOKEN}"), ("content-type", "application/json")),
        body=b"" if body is None else msgspec.json.encode(body),
        timeout_seconds=10.0,
    )
    return promises.network.run(promises.network.transport.send(request))


def _asks(
    pact: Promises,
    description: str,
    state: str,
    method: str,
    path: str,
    *,
    query: dict[str, str] | None = None,
    body: Any = None,
) -> Promise:
    examples = {"case": _CASE}
    promise = pact.upon(description, state)
    return promise.asks(method, path, query=query, headers=_HEADERS, body=body, examples=examples)


def _read(promises: Promises, url: str, path: str) -> Any:
    answer = _call(promises, url, "GET", path)
    assert answer.status == 200
    return msgspec.json.decode(answer.body)


def test_operations__health_is_told_to_anybody(promises: Make) -> None:
    pact = promises("integration-core", "rehearsal")
    pact.upon("ask whether it is up", "a core").asks("GET", "/operations/health").reads(
        200, {"status": "up", "now_ms": _INSTANT_MS}
    )
    with pact.kept() as url:
        assert _read(pact, url, "/operations/health") == {"status": "up", "now_ms": _STEP["now_ms"]}


def test_operations__rest_says_what_runs_and_when_the_next_is_due(promises: Make) -> None:
    pact = promises("integration-core", "rehearsal")
    _asks(pact, "ask whether it rests", "a core at rest", "GET", "/operations/rest").reads(
        200, {"running": 0, "due_now": 0, "next_due": _INSTANT_MS}
    )
    with pact.kept() as url:
        rest = _read(pact, url, "/operations/rest")
    assert (rest["running"], rest["due_now"], rest["next_due"]) == (0, 0, _STEP["now_ms"])


def test_operations__the_clock_is_stepped(promises: Make) -> None:
    pact = promises("integration-core", "rehearsal")
    stepped = "a rehearsal whose clock can be stepped"
    _asks(pact, "step the clock", stepped, "PUT", "/operations/clock", body=_STEP).reads(200, _STEP)
    with pact.kept() as url:
        answer = _call(pact, url, "PUT", "/operations/clock", _STEP)
    assert msgspec.json.decode(answer.body) == _STEP


def test_operations__the_clock_does_not_go_back(promises: Make) -> None:
    pact = promises("integration-core", "rehearsal")
    back = {"now_ms": 0}
    _asks(pact, "step the clock back", "a rehearsal", "PUT", "/operations/clock", body=back).reads(
        422, _SENTENCE
    )
    with pact.kept() as url:
        answer = _call(pact, url, "PUT", "/operations/clock", back)
    assert answer.status == 422


def test_operations__open_cases_are_replayed(promises: Make) -> None:
    pact = promises("integration-core", "rehearsal")
    state = "a case is open"
    case = {"id": _CASE_ID, "code": text("TECH_DLQ", "[A-Z][A-Z0-9_]+"), "resolved_at_ms": None}
    _asks(pact, "list the open cases", state, "GET", "/operations/cases", query={"only_open": "true"}).reads(
        200, match.each_like(case)
    )
    _asks(pact, "replay a case", state, "POST", "/operations/cases/${case}/replay").reads(
        200, {"replayed": _CASE_ID}
    )
    with pact.kept() as url:
        cases = _read(pact, url, "/operations/cases?only_open=true")
        answer = _call(pact, url, "POST", f"/operations/cases/{cases[0]['id']}/replay")
    assert msgspec.json.decode(answer.body) == {"replayed": _CASE}


def test_operations__messages_are_counted_by_outcome_and_wishes_by_lane(promises: Make) -> None:
    pact = promises("integration-core", "rehearsal")
    counted = {"inbox": {"parked": 0}, "outbox": {"customer:pending": 1}}
    rules = {"$.inbox.parked": _COUNT, "$.outbox": None, "$.outbox.*": _COUNT}
    state = "a wish waits to be sent"
    _asks(pact, "count messages and wishes", state, "GET", "/operations/messages").reads(
        200, counted, rules=rules
    )
    with pact.kept() as url:
        messages = _read(pact, url, "/operations/messages")
    assert messages == counted


def test_operations__the_book_is_read_whole(promises: Make) -> None:
    pact = promises("integration-core", "rehearsal")
    state = "a piece and an entry without a price"
    _asks(pact, "read the book", state, "GET", "/operations/book").reads(200, _BOOK)
    with pact.kept() as url:
        book = _read(pact, url, "/operations/book")
    assert [piece["class"] for piece in book["pieces"]] == ["BILLABLE", "COVERED"]
    assert [case["state"] for case in book["cases"]] == ["OPEN", "RESOLVED"]
    assert book["lineage"][0]["event_bk"] == "BE|TE|TC-1|Mon|v1.1|p1"


@pytest.mark.parametrize(
    ("what", "state", "path", "status"),
    [
        ("without a good token", "the credentials are refused", f"/operations/cases/{_CASE}/replay", 401),
        ("as a reader", "the token is a reader's", f"/operations/cases/{_CASE}/replay", 403),
        ("that is not there", "a case that nobody has", "/operations/cases/${case}/replay", 404),
    ],
)
def test_operations__a_refused_replay_is_told_in_a_sentence(
    promises: Make, what: str, state: str, path: str, status: int
) -> None:
    pact = promises("integration-core", "rehearsal")
    _asks(pact, f"replay a case {what}", state, "POST", path).reads(status, _SENTENCE)
    with pact.kept() as url:
        answer = _call(pact, url, "POST", f"/operations/cases/{_CASE}/replay")
    assert answer.status == status
    assert msgspec.json.decode(answer.body)["detail"]
