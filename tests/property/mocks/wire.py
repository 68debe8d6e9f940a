"""Calls to a mock within the process, without an event loop, and what must hold of every single answer.

The machines make tens of thousands of calls; a loop for each would cost more than the calls. A mock
never waits for anything real, so its coroutine is driven to its end by hand.
"""

import contextlib
from collections.abc import Callable, Coroutine, Mapping, MutableMapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlencode

import msgspec
from hypothesis import Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test
from msgspec import Struct

from mocks.kit.system import ConnectionDropped, MockSystem
from mocks.kit.vendor import Vendor
from mocks.kit.world import World
from tests.property.profiles import examples

Message = MutableMapping[str, Any]
CONTROL_TOKEN = "control-token"
WORLD = "one"


class Answer(Struct, frozen=True):
    """What came back; status 0 stands for a connection that ended before any answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """The body, its numbers exact."""
        return _EXACT.decode(self.body)


class Inbox:
    """Outgoing that keeps what it was given and answers 200."""

    def __init__(self) -> None:
        self.received: list[tuple[str, dict[str, str], bytes]] = []

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes] | None:
        """Keep a notice."""
        self.received.append((url, dict(headers), body))
        return 200, b""


class Wire:
    """One mock with a world; `well_shaped` says whether an error answer is the vendor's own."""

    def __init__(
        self,
        vendor: Vendor,
        host: str,
        well_shaped: Callable[[Answer], bool],
        start_ms: int,
        *,
        data: Path | None = None,
    ) -> None:
        self.host = host
        self.inbox = Inbox()
        self.well_shaped = well_shaped
        self.system = MockSystem(vendor, CONTROL_TOKEN, self.inbox, data=data)
        self.start_ms = start_ms

    def fresh(self) -> World:
        """A new world in place of the last one."""
        self.system.drop_world(WORLD)
        self.inbox.received.clear()
        return self.system.create_world(WORLD, 7, self.start_ms)

    def send(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        faulty: bool = False,
    ) -> Answer:
        """One call; `path` is as on the wire. An answer that no vendor would give fails the test.

        `faulty` says that a fault was set which may answer in the system's stead.
        """
        answer = drive(_call(self.system, method, self.host, path, urlencode(query or {}), headers, body))
        if not faulty:
            shown = (method, path, body[:300], answer.status, answer.headers, answer.body[:500])
            assert 200 <= answer.status < 500, shown
            assert answer.status < 400 or self.well_shaped(answer), shown
        return answer

    def control(self, method: str, verb: str, body: Any = None) -> Any:
        """One call of the control plane that must succeed."""
        payload = b"" if body is None else msgspec.json.encode(body)
        headers = {"authorization": f"Bearer {CONTROL_TOKEN}"}
        path = f"/__rehearse__/{WORLD}/{verb}"
        answer = drive(_call(self.system, method, self.host, path, "", headers, payload))
        assert answer.status in (200, 201), answer
        return answer.json()

    def step(self, milliseconds: int) -> int:
        """Move the clock on; the new present."""
        now_ms: int = self.control("POST", "clock", {"to_ms": self.now_ms() + milliseconds})["now_ms"]
        return now_ms

    def now_ms(self) -> int:
        """The world's present."""
        return self.system.worlds[WORLD].now_ms()

    def release(self) -> int:
        """Send the notices that are due."""
        sent: int = self.control("POST", "webhooks")["sent"]
        return sent


_EXACT = msgspec.json.Decoder(float_hook=Decimal)


def drive(work: Coroutine[Any, Any, Answer]) -> Answer:
    """Run a coroutine that waits for nothing but its next turn."""
    try:
        while True:
            work.send(None)
    except StopIteration as end:
        answer: Answer = end.value
        return answer


async def _call(
    system: MockSystem,
    method: str,
    host: str,
    path: str,
    query: str,
    headers: Mapping[str, str] | None,
    body: bytes,
) -> Answer:
    scheme, _, place = host.partition("://")
    sent = {"host": place, **(headers or {})}
    scope: Message = {
        "type": "http",
        "method": method,
        "scheme": scheme,
        "path": unquote(path),
        "raw_path": path.encode("ascii"),
        "query_string": query.encode("latin-1"),
        "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in sent.items()],
    }
    started: list[tuple[int, dict[str, str]]] = []
    chunks: list[bytes] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def take(message: Message) -> None:
        if message["type"] == "http.response.start":
            pairs = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in message["headers"]]
            started.append((message["status"], dict(pairs)))
        else:
            chunks.append(message.get("body", b""))

    with contextlib.suppress(ConnectionDropped):
        await system(scope, receive, take)
    status, received = started[0] if started else (0, {})
    return Answer(status, received, b"".join(chunks))


def segment(text: str) -> str:
    """One segment of a path with whatever signs an id has."""
    return quote(text, safe="")


def agree(first: Sequence[Any] | Mapping[Any, Any], second: Sequence[Any] | Mapping[Any, Any]) -> None:
    """Fail with both sides in full when they differ."""
    assert first == second, f"\nthe mock:  {first!r}\nthe model: {second!r}"


def finds_a_mutant(machine: type[RuleBasedStateMachine], tries: int = 60, steps: int = 25) -> bool:
    """Whether a machine fails now that somebody broke the mock; the first failure is enough."""
    hasty = settings(
        examples(tries, steps=steps), phases=(Phase.generate,), report_multiple_bugs=False, print_blob=False
    )
    try:
        run_state_machine_as_test(machine, settings=hasty)
    except AssertionError:
        return True
    return False
