"""Calls to an ASGI application within the process, for tests of mocks."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from mocks.kit.system import ConnectionDropped

Message = MutableMapping[str, Any]
Application = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]
Answer = tuple[int, dict[str, str], bytes]


async def call(
    app: Application, method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes = b""
) -> Answer:
    """Status, headers (lower-case names; the last of equal ones) and body of one call.

    Status 0 stands for a connection that ended before any answer; of a body cut short comes what was sent.
    """
    parts = urlsplit(url)
    sent = {"host": parts.netloc or "mock.example"} | {
        name.lower(): value for name, value in (headers or {}).items()
    }
    scope: Message = {
        "type": "http",
        "method": method,
        "scheme": parts.scheme or "http",
        "path": parts.path,
        "query_string": parts.query.encode("latin-1"),
        "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in sent.items()],
    }
    status, received, chunks = 0, dict[str, str](), list[bytes]()

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
            received.update(
                {name.decode("latin-1"): value.decode("latin-1") for name, value in message["headers"]}
            )
        else:
            chunks.append(message.get("body", b""))

    with contextlib.suppress(ConnectionDropped):
        await app(scope, receive, send)
    return status, received, b"".join(chunks)


def run(
    app: Application, method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes = b""
) -> Answer:
    """The same, from a test that is not asynchronous."""
    return asyncio.run(call(app, method, url, headers, body))
