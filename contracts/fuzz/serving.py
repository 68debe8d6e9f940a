"""Puts an application on a free port of this machine, in a thread, and digests all that it is asked."""

import hashlib
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import uvicorn

from contracts.fuzz.target import Application, Message, Served, Unfit

Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
HOST = "127.0.0.1"
_START_SECONDS = 4.0


class Listening:
    """An application that counts and digests the requests before it passes them on."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._digest = hashlib.sha256()
        self.requests = 0

    @property
    def digest(self) -> str:
        """Of method, path, query and body of all requests so far, in their order."""
        return self._digest.hexdigest()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        self.requests += 1
        for part in (scope["method"].encode(), scope["raw_path"], scope["query_string"], body):
            self._digest.update(len(part).to_bytes(8, "big") + part)
        pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def replay() -> Message:
            return pending.pop() if pending else await receive()

        await self._application(scope, replay, send)


@contextmanager
def on_a_port(served: Served) -> Iterator[tuple[str, Listening | None]]:
    """The URL of a system and what listens to it; raises Unfit where nothing answers."""
    if served.application is None:
        _reach(served.url)
        yield served.url, None
        return
    with at_a_port(served.application) as (url, listening):
        yield url, listening


@contextmanager
def at_a_port(application: Application) -> Iterator[tuple[str, Listening]]:
    """The URL of an application that is served in a thread, and what listens to it; raises Unfit."""
    listening = Listening(application)
    config = uvicorn.Config(
        listening,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind((HOST, 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        url = f"http://{HOST}:{listener.getsockname()[1]}"
        _wait_for(server, thread)
        yield url, listening
    finally:
        server.should_exit = True
        thread.join(_START_SECONDS)
        listener.close()


def _wait_for(server: uvicorn.Server, thread: threading.Thread) -> None:
    until = time.monotonic() + _START_SECONDS
    while not server.started:
        if not thread.is_alive() or time.monotonic() > until:
            raise Unfit("The system to be tested did not start.")
        thread.join(0.005)


def _reach(url: str) -> None:
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.create_connection((parts.hostname or "", port), timeout=2).close()
    except OSError:
        raise Unfit(f"Nothing answers at {url}: start the system, or correct the address.") from None
