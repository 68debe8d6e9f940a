"""What an access does: it puts the credentials of a target where a pact has examples of them."""

from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace


class Sent(Struct, frozen=True, kw_only=True):
    """A request on its way to the target; `url` is absolute, header names are lower-case."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""

    def with_header(self, name: str, value: str) -> "Sent":
        """The same request with one header replaced or added."""
        kept = tuple((key, old) for key, old in self.headers if key != name)
        return replace(self, headers=(*kept, (name, value)))

    def has_header(self, name: str) -> bool:
        """Whether it has a header of this name."""
        return any(key == name for key, _ in self.headers)

    def without_header(self, name: str) -> "Sent":
        """The same request without a header."""
        return replace(self, headers=tuple(one for one in self.headers if one[0] != name))


class Answered(Struct, frozen=True, kw_only=True):
    """An answer of the target; header names are lower-case."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str:
        """The first value of a header; empty where there is none."""
        return next((value for key, value in self.headers if key == name), "")

    def without_header(self, name: str) -> "Answered":
        """The same answer without a header."""
        return replace(self, headers=tuple(one for one in self.headers if one[0] != name))


class Lacking(Exception):
    """The credentials lack what this vendor needs; the text names it, never its value."""


class Post(Protocol):
    """Sends a request to the target as it is."""

    def __call__(self, request: Sent) -> Answered: ...


class Access(Protocol):
    """One vendor's credentials. `send` reaches the target, for vendors that issue tokens."""

    def __init__(self, base_url: str, credentials: dict[str, str], send: Post) -> None:
        """Raises Lacking."""
        ...

    def authorise(self, request: Sent, *, refused: bool) -> Sent:
        """The request with the target's credentials; with some that nobody accepts where `refused`."""
        ...

    def values(self) -> dict[str, str]:
        """What requests may name of these credentials that is no secret: a company, an account."""
        ...

    def probe(self) -> Sent:
        """A cheap read that good credentials are allowed."""
        ...


def needed(credentials: dict[str, str], *names: str) -> list[str]:
    """The credentials of these names; raises Lacking for the missing ones."""
    missing = [name for name in names if not credentials.get(name)]
    if missing:
        raise Lacking(f"The credentials lack {', '.join(missing)}; they need {', '.join(names)}.")
    return [credentials[name] for name in names]
