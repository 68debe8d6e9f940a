"""The core as a provider: it begins anew for every interaction, and a rehearsal's runner keeps its pact."""

import asyncio
from typing import Any

import httpx
import msgspec
import pytest

from contracts.pactfile import Interaction, read_pact
from contracts.participants import CALLERS, CORE, PACTS, pact_files
from contracts.provider.core_server import served_core
from contracts.provider.target import Target
from integration_core.ports.http import HttpRequest, HttpResponse
from scenarios.subjects.core import CoreOperations


def _bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def _step(target: Target, now_ms: int) -> httpx.Response:
    headers = _bearer(target.credentials["operator_token"])
    return httpx.put(f"{target.url}/operations/clock", json={"now_ms": now_ms}, headers=headers)


def test_served_core__begins_anew_where_it_is_told_to() -> None:
    with served_core() as target:
        assert target.steering is not None
        assert _step(target, 1_800_000_000_000).status_code == 200
        assert _step(target, 1_790_000_000_000).status_code == 422
        restore = f"{target.url}/__rehearse__/{target.steering.world}/restore"
        assert httpx.post(restore, headers=_bearer(target.steering.token)).status_code == 200
        assert _step(target, 1_790_000_000_000).status_code == 200


@pytest.mark.parametrize(("verb", "token", "status"), [("restore", "guessed", 401), ("act", "", 404)])
def test_served_core__is_steered_by_nobody_else_and_by_nothing_else(
    verb: str, token: str, status: int
) -> None:
    with served_core() as target:
        assert target.steering is not None
        url = f"{target.url}/__rehearse__/{target.steering.world}/{verb}"
        assert httpx.post(url, headers=_bearer(token or target.steering.token)).status_code == status


def test_pacts__every_caller_of_the_core_has_one() -> None:
    assert {path.stem for path in pact_files(CORE)} == set(CALLERS)


class _Promised:
    """Answers as the pact of the runner says, and to nothing else."""

    def __init__(self) -> None:
        pact = read_pact(PACTS / CORE / "rehearsal.json")
        good = [one for one in pact.interactions if one.response and one.response.status == 200]
        self._interactions: dict[tuple[str, str], Interaction] = {}
        for one in good:
            assert one.request is not None
            query = "&".join(f"{name}={value[0]}" for name, value in one.request.query.items())
            place = one.request.path + (f"?{query}" if query else "")
            self._interactions[one.request.method, place] = one
        self.asked: list[str] = []

    async def send(self, request: HttpRequest) -> HttpResponse:
        place = request.url.removeprefix("http://core.example")
        one = self._interactions[request.method, place]
        assert one.request is not None
        assert one.response is not None
        assert one.response.body is not None
        body: Any = None if one.request.body is None else one.request.body.content
        assert (msgspec.json.decode(request.body) if request.body else None) == body
        wanted = {name.lower() for name in one.request.headers}
        assert wanted <= {name for name, _ in request.headers}
        self.asked.append(one.description)
        content = msgspec.json.encode(one.response.body.content)
        return HttpResponse(status=one.response.status, headers=(), body=content)


def test_rehearsal__asks_only_what_its_pact_has_and_reads_what_it_promises() -> None:
    promised = _Promised()
    runner = CoreOperations(promised, "http://core.example", "operator-token", 0.0)

    async def rehearse() -> None:
        await runner.advance(1_795_255_200_000)
        assert await runner.settle() == 1_795_255_200_000
        await runner.replay_open_cases()
        assert await runner.owed() == "customer:pending 1"
        book = await runner.book()
        assert [piece.piece_class for piece in book.pieces] == ["BILLABLE", "COVERED"]
        assert book.lineage[0].event_bk == "BE|TE|TC-1|Mon|v1.1|p1"
        assert await runner.call("GET", "/operations/health") == {"status": "up", "now_ms": 1_795_255_200_000}

    asyncio.run(rehearse())
    assert promised.asked == [
        "step the clock",
        "ask whether it rests",
        "list the open cases",
        "replay a case",
        "count messages and wishes",
        "read the book",
        "ask whether it is up",
    ]
