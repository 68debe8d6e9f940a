"""The one door to the network: what an adapter sends, gets back, and must expect to fail.

A failed call is never just failed: `NotSent` means that the request surely had no effect,
`NoAnswer` that its outcome is unknown.
"""

from typing import Protocol

from msgspec import Struct


class HttpRequest(Struct, frozen=True, kw_only=True):
    """One request; `url` is absolute, header names are lower-case."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    timeout_seconds: float = 30.0


class HttpResponse(Struct, frozen=True, kw_only=True):
    """One complete answer; header names are lower-case."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        """The first value of a header, by its lower-case name."""
        return next((value for key, value in self.headers if key == name), None)


class NotSent(Exception):
    """The request never reached the other side (refused, unresolvable): no effect."""


class NoAnswer(Exception):
    """The request was sent and no complete answer came: the outcome is unknown."""


class Permits(Protocol):
    """How many calls a target is sent, by all who send to it together."""

    async def take(self, target: str) -> None:
        """Return when one more call may be sent."""
        ...

    async def pause(self, target: str, seconds: float) -> None:
        """Let nobody send for a while, in the world's seconds, as the target has asked."""
        ...


class HttpTransport(Protocol):
    """Sends one request and returns one complete response, or raises NotSent or NoAnswer."""

    async def send(self, request: HttpRequest) -> HttpResponse: ...
