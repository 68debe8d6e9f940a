"""What stands between the verifier and a target: it puts in credentials, makes states, takes notifications.

A verifier that is answered 500 by a state's handler repeats for minutes: here every failure of a
state is answered 422, and kept with its sentence for whoever reads the result.
"""

import threading
from base64 import b64encode
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec
from msgspec import Struct

from contracts.provider.access.port import Answered, Lacking, Sent
from contracts.provider.states.port import State
from contracts.provider.target import Unreachable
from contracts.provider.workbench import StateFailed, Told, Workbench

STATES_PATH, MESSAGES_PATH, TOLD_PATH = "/__states__", "/__messages__", "/__told__"
_HOST = "127.0.0.1"
# Of this connection, not of the message; the content's length and coding were settled by the client.
_HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "transfer-encoding", "content-length", "content-encoding"}
)
# A status that no pact promises: nobody may take our own words for an answer of the target.
NO_ANSWER = 599
# The verifier would follow these to another address; the adapters do not, so it must see what they see.
_FOLLOWED = frozenset({301, 302, 303, 307, 308})

# The message of a description as the target sent it, once production code believes it.
Tell = Callable[[Workbench, str], tuple[bytes, dict[str, Any], str]]


class _StateCall(Struct, frozen=True):
    state: str
    action: str = "setup"
    params: dict[str, Any] | None = None


class _MessageCall(Struct, frozen=True):
    description: str


class Gateway:
    """A server on a free port of this machine, in a thread of its own, for one target."""

    def __init__(self, bench: Workbench, states: Mapping[str, State], tell: Tell | None = None) -> None:
        self.bench = bench
        self.unanswered: list[str] = []  # why the target gave no answer to a call, in the order of the calls
        self.unrestored: list[str] = []  # what an interaction left behind, in the order of the interactions
        self.unmade: dict[str, str] = {}  # why a state could not be made, by its name
        self.untold: dict[str, str] = {}  # why a message did not come or was not believed, by its description
        self._states = states
        self._tell = tell
        self._server = ThreadingHTTPServer((_HOST, 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self.url = f"http://{_HOST}:{self._server.server_address[1]}"
        bench.receiver_url = self.url + TOLD_PATH

    def __enter__(self) -> "Gateway":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, method: str, path: str, headers: tuple[tuple[str, str], ...], body: bytes) -> Answered:
        """The answer to one call: of a state, of a message, of the target."""
        if path.startswith(TOLD_PATH):
            self.bench.told.append(Told(dict(headers), body, path))
            content, content_type = self.bench.receipt
            return Answered(status=200, headers=(("content-type", content_type),), body=content)
        try:
            if path == STATES_PATH:
                return _json(200, self._state(body))
            if path == MESSAGES_PATH:
                return self._message(body)
            url = self.bench.target.url + path
            return self._of_target(Sent(method=method, url=url, headers=headers, body=body))
        except (StateFailed, Unreachable, Lacking) as problem:
            return _json(422, {"error": str(problem)})
        except (msgspec.MsgspecError, RecursionError, LookupError, TypeError, ValueError) as problem:
            return _json(422, {"error": f"{path}: {type(problem).__name__}: {problem}"})

    def _of_target(self, sent: Sent) -> Answered:
        try:
            authorised = self.bench.access.authorise(sent, refused=self.bench.refused)
            if not sent.has_header("authorization"):
                # Credentials stand where the pact has examples of them, and nowhere else.
                authorised = authorised.without_header("authorization")
            answer = self.bench.send(authorised)
        except (Unreachable, Lacking) as problem:
            self.unanswered.append(str(problem))
            return _json(NO_ANSWER, {"error": str(problem)})
        if answer.status in _FOLLOWED:
            return answer.without_header("location")
        return answer

    def _state(self, body: bytes) -> dict[str, str]:
        asked = msgspec.json.decode(body, type=_StateCall)
        if asked.action == "teardown":
            # Several states of one interaction end together: with the first.
            try:
                self.bench.restore()
            except StateFailed as failed:
                self.unrestored.append(str(failed))
                raise
            return {}
        try:
            made = self._named(asked.state).make(self.bench, asked.params or {})
        except Exception as problem:
            # A state that failed is not torn down by the verifier; half of it must not stay.
            self.unmade[asked.state] = str(problem)
            self.bench.restore()
            raise
        self.unmade.pop(asked.state, None)
        return {**self.bench.access.values(), **made}

    def _named(self, name: str) -> State:
        state = self._states.get(name)
        if state is None:
            known = ", ".join(sorted(self._states))
            raise StateFailed(f"{self.bench.target.provider} has no state {name!r}; it has {known}.")
        return state

    def _message(self, body: bytes) -> Answered:
        if self._tell is None:
            raise StateFailed(f"{self.bench.target.provider} sends no messages.")
        description = msgspec.json.decode(body, type=_MessageCall).description
        try:
            content, metadata, content_type = self._tell(self.bench, description)
        except StateFailed as failed:
            # The verifier would only say what of the message it misses.
            self.untold[description] = str(failed)
            raise
        shown = b64encode(msgspec.json.encode(metadata)).decode()
        headers = (("content-type", content_type), ("pact-message-metadata", shown))
        return Answered(status=200, headers=headers, body=content)


def _json(status: int, body: Any) -> Answered:
    return Answered(
        status=status, headers=(("content-type", "application/json"),), body=msgspec.json.encode(body)
    )


def _handler(gateway: Gateway) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 65_536  # one write an answer: two would wait for each other's acknowledgement

        def _serve(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            body = self.rfile.read(length)
            kept = tuple(
                (name.lower(), value)
                for name, value in self.headers.items()
                if name.lower() not in _HOP_BY_HOP and name.lower() not in ("host", "accept-encoding")
            )
            answer = gateway.answer(self.command, self.path, kept, body)
            # No header of this server's own: a missing Date must be seen missing.
            self.send_response_only(answer.status)
            for name, value in answer.headers:
                if name not in _HOP_BY_HOP:
                    self.send_header(name, value)
            self.send_header("content-length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: calls carry credentials."""

    return Handler
