"""What a state works with: the vendor's API under the target's credentials; of a mock, its steering."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import httpx
import msgspec
from msgspec import Struct

from contracts.provider.access import ACCESS
from contracts.provider.access.port import Access, Answered, Sent
from contracts.provider.target import Target, Unreachable
from mocks.firm.facts.source import SourceFact
from mocks.kit.faults import Fault

_TIMEOUT_SECONDS = 30.0


class StateFailed(Exception):
    """A state could not be made; the text says what the target answered."""


class Unsupported(StateFailed):
    """This state cannot be made on this kind of target."""


class Told(Struct, frozen=True):
    """One notification that the target sent: header names are lower-case."""

    headers: dict[str, str]
    body: bytes
    path: str = ""


class Workbench:
    """One target under verification: its API, its steering, what it told us, and how to undo."""

    def __init__(self, target: Target, receiver_url: str = "") -> None:
        self.target = target
        self.receiver_url = receiver_url  # where the target can reach us with notifications
        self.told: list[Told] = []
        self.secret = ""  # of the subscription that was made for this verification
        self.receipt = (b"{}", "application/json")  # how a notification is acknowledged
        self.receipt = (b"{}", "application/json")  # how a notification is acknowledged
        self.refused = False
        self._undo: list[Callable[[], Any]] = []
        self._client = httpx.Client(
            trust_env=False, verify=target.tls(), timeout=_TIMEOUT_SECONDS, follow_redirects=False
        )
        self.access: Access = ACCESS[target.provider.removesuffix("-webhooks")](
            target.url, target.credentials, self.send
        )
        self._baseline = ""
        self._begun, self._made = time.time_ns() // 1_000_000, 0

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    # --- the vendor's API

    def send(self, request: Sent) -> Answered:
        """The target's answer to a request as it is; raises Unreachable."""
        try:
            answer = self._client.request(
                request.method, request.url, headers=list(request.headers), content=request.body or None
            )
        except httpx.HTTPError as problem:
            raise Unreachable(
                f"{self.target.provider} did not answer {request.method} at {self.target.url}: "
                f"{type(problem).__name__}."
            ) from problem
        headers = tuple((name.lower(), value) for name, value in answer.headers.multi_items())
        return Answered(status=answer.status_code, headers=headers, body=answer.content)

    def authorised(self, request: Sent) -> Answered:
        """The target's answer under its own credentials, or under refused ones where a state says so."""
        return self.send(self.access.authorise(request, refused=self.refused))

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        expected: Sequence[int] = (200, 201, 202, 204),
    ) -> Answered:
        """A call of the vendor's API while making a state; raises StateFailed for any other status.

        `body`: bytes go as they are, anything else as JSON.
        """
        payload = body if isinstance(body, bytes) else b"" if body is None else msgspec.json.encode(body)
        shown = {"accept": "application/json", **(headers or {})}
        if payload:
            shown.setdefault("content-type", "application/json")
        url = f"{self.target.url}{path}" + (f"?{urlencode(query)}" if query else "")
        request = Sent(method=method, url=url, headers=tuple(shown.items()), body=payload)
        answer = self.send(self.access.authorise(request, refused=False))
        if answer.status not in expected:
            words = answer.body[:300].decode("utf-8", "replace") or answer.header("x-bamboohr-error-message")
            raise StateFailed(f"{method} {path} was answered {answer.status}: {words}")
        return answer

    def fresh(self) -> str:
        """A number that nothing at this target has yet: what cannot be deleted is not in the way again."""
        self._made += 1
        return f"{self._begun}{self._made:03d}"

    def later(self, undo: Callable[[], Any]) -> None:
        """Do this at teardown, last first."""
        self._undo.append(undo)

    def refuse_credentials(self) -> None:
        """Let the calls of this interaction go out under credentials that nobody accepts."""
        self.refused = True

    # --- steering, of a mock alone

    def control(self, method: str, verb: str, body: Any = None) -> Any:
        """A call of the control plane; raises Unsupported where the target has none."""
        steering = self.target.steering
        if steering is None:
            raise Unsupported("A sandbox cannot be steered.")
        request = Sent(
            method=method,
            url=f"{self.target.url}/__rehearse__/{steering.world}/{verb}",
            headers=(("authorization", f"Bearer {steering.token}"), ("content-type", "application/json")),
            body=b"" if body is None else msgspec.json.encode(body),
        )
        answer = self.send(request)
        if answer.status >= 400:
            raise StateFailed(f"The control plane refused {verb}: {answer.body.decode('utf-8', 'replace')}")
        return msgspec.json.decode(answer.body)

    def act(
        self, *facts: SourceFact, seed: bool = False, references: Mapping[str, str] | None = None
    ) -> list[Any]:
        """Play facts in the mock, or put them in place as history."""
        body = {"facts": facts, "references": dict(references or {})}
        played: list[Any] = self.control("POST", "seed" if seed else "act", body)
        return played

    def fault(self, fault: Fault) -> None:
        """Let a fault strike the calls of this interaction."""
        self.control("POST", "faults", [fault])

    # --- around an interaction

    def remember(self) -> None:
        """Take the mock's present state as the one that every interaction begins with."""
        if self.target.steering is not None:
            self._baseline = self.control("POST", "snapshot")["snapshot"]

    def restore(self) -> None:
        """Undo what the last interaction's states made; of a mock all that happened since."""
        self.refused = False
        self.told.clear()
        while self._undo:
            self._undo.pop()()
        if self._baseline:
            self.control("DELETE", "faults")
            self.control("POST", "restore", {"snapshot": self._baseline})

    def wait_told(self, count: int = 1, patience_seconds: float = 5.0) -> list[Told]:
        """The notifications that came, once there are `count`; raises StateFailed after a while."""
        until = time.monotonic() + patience_seconds
        while len(self.told) < count:
            if time.monotonic() > until:
                raise StateFailed(f"{len(self.told)} of {count} notifications came in {patience_seconds} s.")
            time.sleep(0.01)
        return list(self.told)
