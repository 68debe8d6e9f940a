"""The real transport on the loopback: never sent, not answered, answered."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from integration_core.adapters.http.httpx_transport import HttpxTransport
from integration_core.ports.http import HttpRequest, HttpResponse, NoAnswer, NotSent

from .scripted import run

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def ask(reply: bytes, timeout_seconds: float = 5.0) -> HttpResponse:
    """Send one request to a server that writes `reply` and closes."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(reply)
        await writer.drain()
        if reply:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    transport = HttpxTransport()
    try:
        return await transport.send(
            HttpRequest(
                method="GET",
                url=f"http://127.0.0.1:{port}/a%7Cb",
                headers=(("x-test", "1"),),
                timeout_seconds=timeout_seconds,
            )
        )
    finally:
        await transport.aclose()
        server.close()


def test_complete_answer__is_returned_with_lower_case_headers() -> None:
    got = run(ask(b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\nLocation: /x/7\r\n\r\nok"))
    assert (got.status, got.body, got.header("location")) == (201, b"ok", "/x/7")


def test_a_cookie__is_not_sent_back() -> None:
    asked: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nSet-Cookie: session=1; Path=/\r\n\r\n")
        await writer.drain()
        writer.close()

    async def ask_twice() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        transport = HttpxTransport()
        request = HttpRequest(method="GET", url=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
        await transport.send(request)
        await transport.send(request)
        await transport.aclose()
        server.close()

    run(ask_twice())
    assert len(asked) == 2
    assert b"cookie" not in asked[1].lower()


def test_what_a_request_says__stands_instead_of_the_usual_and_as_often_as_it_is_said() -> None:
    asked: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        await writer.drain()
        writer.close()

    async def ask_once() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        transport = HttpxTransport()
        headers = (("Accept", "application/json"), ("prefer", "a"), ("prefer", "b"))
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        await transport.send(HttpRequest(method="GET", url=url, headers=headers))
        await transport.aclose()
        server.close()

    run(ask_once())
    lines = [line.lower() for line in asked[0].split(b"\r\n")]
    assert [line for line in lines if line.startswith(b"accept:")] == [b"accept: application/json"]
    assert [line for line in lines if line.startswith(b"prefer:")] == [b"prefer: a", b"prefer: b"]


def test_body_cut_off__is_no_answer() -> None:
    with pytest.raises(NoAnswer):
        run(ask(b"HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\npartial"))


def test_silence__is_no_answer() -> None:
    with pytest.raises(NoAnswer):
        run(ask(b"", timeout_seconds=0.05))


def test_nobody_listens__request_was_not_sent() -> None:
    async def ask_nobody() -> HttpResponse:
        server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        server.close()
        await server.wait_closed()
        transport = HttpxTransport()
        try:
            return await transport.send(HttpRequest(method="POST", url=f"http://127.0.0.1:{port}/"))
        finally:
            await transport.aclose()

    with pytest.raises(NotSent):
        run(ask_nobody())
