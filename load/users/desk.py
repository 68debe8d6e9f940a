"""One person's desk: calls to the systems, as careful as a person with an unreliable network must be.

A limit is waited for and the call repeated, because nothing was done. A system that is away is called
again for a bounded time. An answer that got lost makes the outcome unknown: it is not for the desk to
repeat the call, but for the person to look first whether the thing was done.
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import msgspec
from msgspec import Struct

from load.users.access import Access

_READS = frozenset({"GET", "HEAD"})
_READ_AGAIN = 3
_USUAL_WAIT_SECONDS = 1.0
_AWAY_PAUSE_SECONDS = 0.25
_LIMIT_CODES = (b"REQUEST_LIMIT_EXCEEDED", b"CONCURRENCY_LIMIT_EXCEEDED")
_encoder = msgspec.json.Encoder(decimal_format="number")


class Ask(Struct, frozen=True, kw_only=True):
    """One request; `name` is the business operation that statistics know it by."""

    name: str
    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = b""
    expected: tuple[int, ...] = ()  # statuses that are no failure besides 2xx


class Heard(Struct, frozen=True, kw_only=True):
    """What came back: status 0 for none, and then whether anybody was there at all."""

    status: int
    headers: Mapping[str, str] = {}
    body: bytes = b""
    refused: bool = False  # the connection: nothing was sent


class Wire(Protocol):
    """Sends one request, never on its own account a second time."""

    def __call__(self, ask: Ask) -> Heard: ...


class Tally(Struct):
    """What the calls of one deed met with."""

    calls: int = 0
    limited: int = 0
    renewed: int = 0
    away: int = 0
    status: int = 0


class Unknown(Exception):
    """No answer, or one that leaves open whether anything was done."""


class Refused(Exception):
    """The system refused; `status` and the vendor's own code and text."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class NotYet(Exception):
    """Something that has to be there first is not; the text names it."""


class Desk:
    """Calls one person makes."""

    def __init__(
        self,
        wire: Wire,
        accesses: Mapping[str, Access],
        *,
        pause: Callable[[float], None],
        seconds: Callable[[], float],
        patience_seconds: float,
    ) -> None:
        self.accesses = accesses
        self.tally = Tally()
        self._wire = wire
        self._pause = pause
        self._seconds = seconds
        self._patience_seconds = patience_seconds

    def call(
        self,
        role: str,
        name: str,
        method: str,
        path: str,
        body: Any = None,
        *,
        expected: tuple[int, ...] = (),
    ) -> Heard:
        """One call with the role's credentials; raises Unknown, Refused and NotYet, but for `expected`."""
        deadline = self._seconds() + self._patience_seconds
        renewed = read_again = 0
        while True:
            heard = self._sent(role, name, method, path, body, expected)
            left = self._seconds() < deadline
            if heard.refused and left:
                self.tally.away += 1
                self._pause(_AWAY_PAUSE_SECONDS)
            elif is_limited(heard) and left:
                self.tally.limited += 1
                self._pause(_wait_seconds(heard))
            elif heard.status == 401 and not renewed and self.accesses[role].renew(self._wire):
                renewed = 1
                self.tally.renewed += 1
            elif _is_unknown(heard) and method in _READS and read_again < _READ_AGAIN and left:
                read_again += 1
                self._pause(_AWAY_PAUSE_SECONDS)
            else:
                return _judged(heard, f"{method} {name}", expected)

    def read(self, role: str, name: str, path: str) -> Any:
        """The JSON that a GET answers."""
        return decoded(self.call(role, name, "GET", path))

    def _sent(
        self, role: str, name: str, method: str, path: str, body: Any, expected: tuple[int, ...]
    ) -> Heard:
        access = self.accesses[role]
        payload = b"" if body is None else _encoder.encode(body)
        url = access.url + path
        try:
            headers = access.headers(method, url, self._wire)
        except PermissionError as denied:
            raise Refused(401, str(denied)) from None
        except ConnectionError:
            self.tally.calls += 1
            return Heard(status=0, refused=True)  # no token, so nothing was sent
        if payload:
            headers = {**headers, "Content-Type": "application/json"}
        self.tally.calls += 1
        heard = self._wire(
            Ask(name=name, method=method, url=url, headers=headers, body=payload, expected=expected)
        )
        self.tally.status = heard.status
        return heard


def decoded(heard: Heard) -> Any:
    """An answer's JSON; raises Unknown where it is cut."""
    try:
        return msgspec.json.decode(heard.body)
    except msgspec.DecodeError:
        raise Unknown("the answer was cut") from None


def is_limited(heard: Heard) -> bool:
    """Whether a limit turned the call away, so that nothing was done."""
    if heard.status == 429 or (heard.status == 503 and "retry-after" in heard.headers):
        return True
    return heard.status in (400, 403) and any(code in heard.body for code in _LIMIT_CODES)


def _wait_seconds(heard: Heard) -> float:
    given = heard.headers.get("retry-after", "")
    return float(given) if given.isdecimal() else _USUAL_WAIT_SECONDS


def _is_unknown(heard: Heard) -> bool:
    return heard.status == 0 or heard.status >= 500


def _judged(heard: Heard, what: str, expected: tuple[int, ...]) -> Heard:
    if heard.status in expected or 200 <= heard.status < 300:
        return heard
    if heard.refused:
        raise NotYet(f"nobody answers {what}")
    if _is_unknown(heard):
        raise Unknown(f"{what}: {heard.status or 'no answer'}")
    if is_limited(heard):
        raise NotYet(f"the limit still holds for {what}")
    text = heard.headers.get("x-bamboohr-error-message") or heard.body[:300].decode("utf-8", "replace")
    if "UNABLE_TO_LOCK_ROW" in text:
        raise NotYet("somebody else's hold on the record to end")
    raise Refused(heard.status, text)
