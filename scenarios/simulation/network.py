"""The in-process network: hosts are ASGI applications, calls take seeded virtual time.

One thin client serves the core (as its HTTP port), the mocks (as their way out) and the runner.
It costs a fraction of an HTTP library, and it shows what a real one shows: refusals, timeouts,
answers that never come.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any
from urllib.parse import unquote, urlsplit

from integration_core.ports.http import HttpRequest, HttpResponse, NoAnswer, NotSent
from mocks.kit.system import ConnectionDropped

Message = MutableMapping[str, Any]
AsgiApp = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]


class _Exchange:
    """One request and the answer it grows: the two ends an ASGI application is called with."""

    __slots__ = ("_body", "_received", "chunks", "complete", "headers", "status")

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._received = False
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.chunks: list[bytes] = []
        self.complete = False

    async def receive(self) -> Message:
        """The whole body at once, then the end."""
        if self._received:
            return {"type": "http.disconnect"}
        self._received = True
        return {"type": "http.request", "body": self._body, "more_body": False}

    async def send(self, message: Message) -> None:
        """Collect what the application answers."""
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], message["headers"]
        else:
            self.chunks.append(message.get("body", b""))
            self.complete = not message.get("more_body", False)


async def exchange(
    app: AsgiApp, method: str, url: str, headers: tuple[tuple[str, str], ...], body: bytes
) -> HttpResponse:
    """Call an ASGI application once; raises NoAnswer when it ends the connection instead of answering."""
    parts = urlsplit(url)
    raw = [(b"host", parts.netloc.encode())]
    raw += [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers if name != "host"]
    scope: Message = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": parts.scheme,
        "path": _decoded(parts.path),
        "raw_path": parts.path.encode(),
        "query_string": parts.query.encode(),
        "root_path": "",
        "headers": raw,
        "client": ("127.0.0.1", 1),
        "server": (parts.hostname, parts.port or 80),
        "state": {},
    }
    both = _Exchange(body)
    try:
        await app(scope, both.receive, both.send)
    except ConnectionDropped as dropped:
        raise NoAnswer("the connection ended without an answer") from dropped
    if not both.complete:
        raise NoAnswer("the answer ended before its end")
    answered = tuple(
        (name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in both.headers
    )
    return HttpResponse(status=both.status, headers=answered, body=b"".join(both.chunks))


def _decoded(path: str) -> str:
    if "%" not in path:
        return path
    return unquote(path)


class Network:
    """Hosts by name; every call draws its latency from the seed and what it is about."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._hosts: dict[str, AsgiApp] = {}
        self._calls: dict[str, int] = {}
        self.trace: Callable[[str], None] | None = None

    def attach(self, host: str, app: AsgiApp) -> str:
        """Put a host on the network; returns its base URL."""
        self._hosts[host] = app
        return f"http://{host}"

    def detach(self, host: str) -> None:
        """Take a host off the network: calls to it are refused."""
        self._hosts.pop(host, None)

    async def send(self, request: HttpRequest) -> HttpResponse:
        """The core's HTTP port."""
        app = self._hosts.get(urlsplit(request.url).netloc)
        if app is None:
            raise NotSent(f"nobody listens at {urlsplit(request.url).netloc}")
        latency_seconds = self._latency_seconds(request)
        await asyncio.sleep(latency_seconds)
        began = asyncio.get_running_loop().time()
        response = await exchange(app, request.method, request.url, request.headers, request.body)
        if asyncio.get_running_loop().time() - began > request.timeout_seconds:
            raise NoAnswer(f"no answer within {request.timeout_seconds} s")
        await asyncio.sleep(latency_seconds)  # the way back: whoever dies now never learns the outcome
        if self.trace is not None:
            self.trace(
                f"{request.method} {request.url} {response.status} {_digest(request.body, response.body)}"
            )
        return response

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes] | None:
        """The mocks' way out to their subscribers."""
        request = HttpRequest(
            method="POST",
            url=url,
            headers=tuple(sorted((k.lower(), v) for k, v in headers.items())),
            body=body,
        )
        try:
            response = await self.send(request)
        except (NotSent, NoAnswer):
            return None
        return response.status, response.body

    def _latency_seconds(self, request: HttpRequest) -> float:
        key = f"{request.method} {request.url}"
        self._calls[key] = number = self._calls.get(key, 0) + 1
        digest = hashlib.blake2b(f"{self._seed}|latency|{key}|{number}".encode(), digest_size=4).digest()
        return 0.001 + int.from_bytes(digest) % 50_000 / 1_000_000


def _digest(*parts: bytes) -> str:
    return hashlib.blake2b(b"|".join(parts), digest_size=8).hexdigest()
