"""A client that costs little, so that the server is what is measured: prepared bytes out, a parser in C."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from typing import cast

from httptools import HttpResponseParser
from msgspec import Struct

_CONNECT_SECONDS, _ANSWER_SECONDS = 10.0, 30.0


class Refused(Exception):
    """A server answered otherwise than it was asked to; nothing that it did may be counted."""


class Driven(Struct, frozen=True):
    """What some connections got done together."""

    seconds: float
    cpu_seconds: float  # the client's own
    latencies_ns: tuple[int, ...]
    bodies: tuple[bytes, ...]


def request(method: str, path: str, headers: str = "", body: bytes = b"") -> bytes:
    """One request as it goes over the wire; `headers` are whole lines."""
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n{headers}"
    if body:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body


class Connection(asyncio.Protocol):
    """One connection that is kept, with one call at a time on it."""

    def __init__(self) -> None:
        self._transport: asyncio.WriteTransport | None = None
        self._waiting: asyncio.Future[tuple[int, bytes]] | None = None
        self._parser = HttpResponseParser(self)
        self._body = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the loop."""
        self._transport = cast(asyncio.WriteTransport, transport)  # uvloop's own derives from nothing

    def data_received(self, data: bytes) -> None:
        """Called by the loop."""
        self._parser.feed_data(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the loop."""
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(Refused("The server closed a connection on which it was asked."))

    def on_message_begin(self) -> None:
        """Called by the parser."""
        self._body = b""

    def on_body(self, body: bytes) -> None:
        """Called by the parser."""
        self._body += body

    def on_message_complete(self) -> None:
        """Called by the parser."""
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result((self._parser.get_status_code(), self._body))

    async def ask(self, payload: bytes) -> tuple[int, bytes]:
        """Send one request and wait for its answer."""
        if self._transport is None or self._transport.is_closing():
            raise Refused("The server closed a connection that was to be kept.")
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(payload)
        return await self._waiting

    def close(self) -> None:
        """Give the connection up."""
        if self._transport is not None:
            self._transport.close()


async def drive(
    port: int,
    payloads: Sequence[Iterator[bytes]],
    is_right: Callable[[int, bytes], bool],
    seconds_at_most: float,
) -> Driven:
    """Have a connection for each of `payloads` ask all its calls, until the time is up; raises Refused."""
    loop = asyncio.get_running_loop()
    connections: list[Connection] = []
    latencies_ns: list[int] = []
    bodies: list[bytes] = []

    async def one(connection: Connection, calls: Iterator[bytes], end_at: float) -> None:
        for payload in calls:
            began = time.perf_counter_ns()
            if began > end_at:
                return
            status, body = await connection.ask(payload)
            latencies_ns.append(time.perf_counter_ns() - began)
            if not is_right(status, body):
                raise Refused(f"The server answered {status}: {body[:200]!r}.")
            bodies.append(body)

    try:
        for _ in payloads:
            async with asyncio.timeout(_CONNECT_SECONDS):
                _, connection = await loop.create_connection(Connection, "127.0.0.1", port)
            connections.append(connection)
        began, cpu_began = time.perf_counter_ns(), time.process_time()
        end_at = began + seconds_at_most * 1e9
        async with asyncio.timeout(seconds_at_most + _ANSWER_SECONDS), asyncio.TaskGroup() as group:
            for connection, calls in zip(connections, payloads, strict=True):
                group.create_task(one(connection, calls, end_at))
        seconds = (time.perf_counter_ns() - began) / 1e9
        cpu_seconds = time.process_time() - cpu_began
    except* Refused as refused:
        raise refused.exceptions[0] from None
    finally:
        for connection in connections:
            connection.close()
    return Driven(
        seconds=seconds, cpu_seconds=cpu_seconds, latencies_ns=tuple(latencies_ns), bodies=tuple(bodies)
    )
