"""The way to a target: every call is bounded in time and size, and none carries what an earlier one left.

A sandbox that accepts and never answers would else be waited for once an interaction, and a session
cookie would let a call in whose credentials are refused.
"""

import threading
import time

import httpx

from contracts.provider.access.port import Answered, Sent
from contracts.provider.target import CA_VARIABLE, Target, Unreachable

# Until a target has answered once nobody knows that it is there at all.
_FIRST_PATIENCE_SECONDS, _PATIENCE_SECONDS = 8.0, 20.0
_MOST_SILENCES = 2
_SIZE_LIMIT_BYTES = 16 * 1024 * 1024


class _Silent(Exception):
    """No whole answer came in time."""


class Connection:
    """Calls of one target, as they are: no cookies are kept, and no address is followed."""

    def __init__(self, target: Target) -> None:
        """Raises Unreachable where the authority to believe cannot be read."""
        self._target = target
        self._client = httpx.Client(trust_env=False, verify=target.tls(), follow_redirects=False)
        self._answered = False
        self._silences = 0
        self._turn = threading.Lock()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def send(self, request: Sent) -> Answered:
        """The target's answer; raises Unreachable, and at once where it was silent again and again."""
        with self._turn:
            if self._silences >= _MOST_SILENCES:
                raise self._unreachable(
                    request, f"it kept silent {self._silences} times and is asked no more"
                )
            patience_seconds = _PATIENCE_SECONDS if self._answered else _FIRST_PATIENCE_SECONDS
            try:
                answer = self._whole(request, patience_seconds)
            except (httpx.TimeoutException, _Silent):
                self._silences += 1
                raise self._unreachable(request, f"no whole answer in {patience_seconds:.0f} s") from None
            except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as problem:
                raise self._unreachable(request, _why(problem)) from None
            self._answered, self._silences = True, 0
            return answer

    def _whole(self, request: Sent, patience_seconds: float) -> Answered:
        until = time.monotonic() + patience_seconds
        self._client.cookies.clear()
        body = bytearray()
        with self._client.stream(
            request.method,
            request.url,
            headers=list(request.headers),
            content=request.body or None,
            timeout=patience_seconds,
        ) as answer:
            for piece in answer.iter_bytes():
                body += piece
                if len(body) > _SIZE_LIMIT_BYTES:
                    limit = f"its answer is larger than {_SIZE_LIMIT_BYTES // 2**20} MiB"
                    raise self._unreachable(request, limit)
                # The client's own bound is on each piece: drop by drop an answer takes for ever.
                if time.monotonic() > until:
                    raise _Silent
            headers = tuple((name.lower(), value) for name, value in answer.headers.multi_items())
            return Answered(status=answer.status_code, headers=headers, body=bytes(body))

    def _unreachable(self, request: Sent, why: str) -> Unreachable:
        target = self._target
        return Unreachable(f"{target.provider} did not answer {request.method} at {target.url}: {why}.")


def _why(problem: Exception) -> str:
    """A reason without what was sent: a library's own words may quote a header with a token."""
    if isinstance(problem, httpx.ConnectError) and "CERTIFICATE_VERIFY_FAILED" in str(problem):
        return f"its certificate is not trusted; {CA_VARIABLE} names the file of an authority of your own"
    if isinstance(problem, UnicodeError):
        return "its credentials hold characters that no header can carry"
    return type(problem).__name__
