"""What a state works with: the vendor's API under the target's credentials; of a mock, its steering."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from contracts.provider.access import ACCESS
from contracts.provider.access.port import Access, Answered, Sent
from contracts.provider.connection import Connection
from contracts.provider.target import Target, Unreachable
from mocks.firm.facts.source import SourceFact
from mocks.kit.faults import Fault

# Of credentials, what is part of addresses and no secret.
_SHOWN = frozenset({"company", "account", "organization_id"})


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
        self.refused = False
        self._undo: list[Callable[[], Any]] = []
        self._connection = Connection(target)
        self.access: Access = ACCESS[target.provider.removesuffix("-webhooks")](
            target.url, target.credentials, self.send
        )
        self._baseline = ""
        self._begun, self._made = time.time_ns() // 1_000_000, 0

    def close(self) -> None:
        """Undo what an interaction that was broken off left behind, as far as it can be; then hang up."""
        # A mock ends with its verification: only somebody else's system keeps what is left in it.
        if self.target.steering is None:
            self._undone()
        self._connection.close()

    # --- the vendor's API

    def send(self, request: Sent) -> Answered:
        """The target's answer to a request as it is; raises Unreachable."""
        return self._connection.send(request)

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

    def secrets(self) -> list[str]:
        """What no reason may show: credentials, tokens, what a subscription is signed with."""
        steering = self.target.steering
        named = [self.secret, steering.token if steering else ""]
        return [*named, *(value for name, value in self.target.credentials.items() if name not in _SHOWN)]

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
        if self._baseline:
            # First, or they would strike what is undone.
            self.control("DELETE", "faults")
        failures = self._undone()
        if self._baseline:
            self.control("POST", "restore", {"snapshot": self._baseline})
        if failures:
            raise StateFailed(f"What was made for an interaction could not be undone: {'; '.join(failures)}")

    def _undone(self) -> list[str]:
        """Undo all, last first, and say what would not go: one failure must not keep the rest."""
        failures = []
        while self._undo:
            try:
                self._undo.pop()()
            except (StateFailed, Unreachable) as problem:
                failures.append(str(problem))
        return failures

    def wait_told(self, count: int = 1, patience_seconds: float = 5.0) -> list[Told]:
        """The notifications that came, once there are `count`; raises StateFailed after a while."""
        until = time.monotonic() + patience_seconds
        while len(self.told) < count:
            if time.monotonic() > until:
                raise StateFailed(f"{len(self.told)} of {count} notifications came in {patience_seconds} s.")
            time.sleep(0.01)
        return list(self.told)
