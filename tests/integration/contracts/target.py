"""A target that answers as a test says, to see what the provider side makes of it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from msgspec import Struct

from contracts.provider.target import Target

PROBE = "/api/gateway.php/acme/v1/meta/fields"
CREDENTIALS = {"company": "acme", "api_key": "very-secret-key"}


class Asked(Struct, frozen=True):
    """What came; header names are lower-case."""

    method: str
    path: str
    headers: dict[str, str]


class Reply(Struct, frozen=True):
    """What is answered."""

    status: int = 200
    body: bytes = b"{}"
    headers: tuple[tuple[str, str], ...] = (("content-type", "application/json"),)


@contextmanager
def answering(reply: Callable[[Asked], Reply]) -> Iterator[tuple[Target, list[Asked]]]:
    """A sandbox of BambooHR in name, and all that it was asked; it answers the probe itself."""
    asked: list[Asked] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            one = Asked(self.command, self.path, headers)
            asked.append(one)
            given = reply(one)
            self.send_response_only(given.status)
            for name, value in given.headers:
                self.send_header(name, value)
            self.send_header("content-length", str(len(given.body)))
            self.end_headers()
            # Who asked may have given up by now.
            with suppress(ConnectionError):
                self.wfile.write(given.body)

        do_GET = do_POST = _serve

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_address[1]}"
        yield Target(provider="bamboohr", kind="sandbox", url=url, credentials=CREDENTIALS), asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
