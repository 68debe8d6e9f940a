"""The measuring client: every answer is read whole and looked at, whatever way its length is told."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from scenarios.bench_wire import Driven, Refused, drive, request

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nsec\r\n3\r\nond\r\n0\r\n\r\n"


def _answering(*answers: bytes) -> Serve:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
        await writer.drain()
        writer.close()

    return serve


def _driven(serve: Serve, calls: int, connections: int = 1, seconds_at_most: float = 10.0) -> Driven:
    async def run() -> Driven:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        payloads = [iter([request("GET", "/x")] * calls) for _ in range(connections)]
        try:
            return await drive(port, payloads, lambda status, _: status == 200, seconds_at_most)
        finally:
            server.close()

    return asyncio.run(run())


def test_answers__are_whole_on_every_connection() -> None:
    driven = _driven(_answering(PLAIN, CHUNKED), calls=2, connections=3)
    assert sorted(driven.bodies) == [b"first"] * 3 + [b"second"] * 3
    assert len(driven.latencies_ns) == 6
    assert all(latency > 0 for latency in driven.latencies_ns)


def test_other_answer__ends_the_measurement() -> None:
    with pytest.raises(Refused, match="answered 503"):
        _driven(_answering(PLAIN, b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"), calls=2)


def test_closed_connection__ends_the_measurement() -> None:
    with pytest.raises(Refused, match="closed"):
        _driven(_answering(PLAIN), calls=2)


def test_time_that_is_up__ends_a_phase_with_what_was_done() -> None:
    assert _driven(_answering(PLAIN), calls=1, seconds_at_most=-1.0).bodies == ()


def test_request__has_its_length_and_its_headers() -> None:
    sent = request("POST", "/accounts", "Authorization: Bearer x\r\n", b"{}")
    head, _, body = sent.partition(b"\r\n\r\n")
    assert body == b"{}"
    assert head.split(b"\r\n")[0] == b"POST /accounts HTTP/1.1"
    assert {b"Authorization: Bearer x", b"Content-Length: 2"} <= set(head.split(b"\r\n"))
