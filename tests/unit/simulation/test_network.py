"""The in-process network fails the way a real one does."""

from typing import Any

import pytest

from integration_core.ports.http import HttpRequest, HttpResponse, NoAnswer, NotSent
from mocks.kit.system import ConnectionDropped
from scenarios.simulation.loop import run_deterministically
from scenarios.simulation.network import Network


async def _echo(scope: Any, receive: Any, send: Any) -> None:
    message = await receive()
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"X-Path", scope["path"].encode())]}
    )
    await send({"type": "http.response.body", "body": message["body"]})


async def _drop(scope: Any, receive: Any, send: Any) -> None:
    raise ConnectionDropped


async def _half(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"{", "more_body": True})


def _send(app: Any, url: str = "http://there.example/a%20b?c=1") -> HttpResponse:
    async def main() -> HttpResponse:
        network = Network(1)
        network.attach("there.example", app)
        return await network.send(HttpRequest(method="POST", url=url, body=b"hello"))

    return run_deterministically(main, 1)


def test_answer__comes_back_whole_with_lower_case_headers() -> None:
    response = _send(_echo)
    assert (response.status, response.body, response.header("x-path")) == (200, b"hello", "/a b")


def test_unknown_host__was_surely_not_reached() -> None:
    with pytest.raises(NotSent):
        _send(_echo, "http://elsewhere.example/")


@pytest.mark.parametrize("app", [_drop, _half])
def test_dropped_or_half_answers__leave_the_outcome_unknown(app: Any) -> None:
    with pytest.raises(NoAnswer):
        _send(app)
