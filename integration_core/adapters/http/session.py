"""One call to a vendor, with its outcome told apart: done, not done, or unknown.

A write that may have been committed is never reported as failed: no answer, half an answer and a
server error all mean `OutcomeUnknown`, since vendors commit and then lose the answer (wire 3.7).
A read has no effect, so the same signs mean `Transient` there.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from integration_core.adapters.http.correlation import current_correlation, traceparent
from integration_core.ports.http import HttpRequest, HttpResponse, HttpTransport, NoAnswer, NotSent
from integration_core.ports.systems import (
    AuthRefused,
    OutcomeUnknown,
    RateLimited,
    Refused,
    Transient,
    Unreadable,
    VendorError,
)

_TEXT_LIMIT = 500


class HttpSession:
    """Sends requests of one system and translates what the network alone can do to them."""

    def __init__(
        self,
        system: str,
        transport: HttpTransport,
        *,
        timeout_seconds: float = 30.0,
        correlation: Callable[[], str] = current_correlation,
    ) -> None:
        self.system = system
        self._transport = transport
        self._timeout_seconds = timeout_seconds
        self._correlation = correlation

    async def exchange(
        self,
        method: str,
        url: str,
        *,
        headers: tuple[tuple[str, str], ...] = (),
        body: bytes = b"",
        write: bool,
    ) -> HttpResponse:
        """Send one request and return its complete answer, whatever its status.

        Raises Transient where nothing was done, OutcomeUnknown where a write may have been.
        """
        correlation_id = self._correlation()
        if correlation_id:
            headers = (*headers, ("traceparent", traceparent(correlation_id)))
        request = HttpRequest(
            method=method, url=url, headers=headers, body=body, timeout_seconds=self._timeout_seconds
        )
        try:
            response = await self._transport.send(request)
        except NotSent as error:
            raise Transient("TECH_TIMEOUT", f"{self.system} was not reached: {short(str(error))}") from error
        except NoAnswer as error:
            raise unanswered(self.system, write, f"no answer: {short(str(error))}") from error
        if _cut_short(response):
            raise unanswered(self.system, write, "the answer was cut short")
        return response


def unanswered(system: str, write: bool, text: str) -> VendorError:
    """The error for a call whose answer never came whole."""
    if write:
        return OutcomeUnknown("TECH_UNKNOWN_OUTCOME", f"{system}: {text}")
    return Transient("TECH_TIMEOUT", f"{system}: {text}")


def status_error(system: str, response: HttpResponse, write: bool, code: str, text: str) -> VendorError:
    """The error an answer's status stands for; `code` and `text` are the vendor's own words for it."""
    status, words = response.status, short(f"{system} answered {response.status} {code}: {text}")
    if status == 429:
        return RateLimited("TECH_429", words, retry_after_seconds(response))
    if status >= 500 and write:
        return OutcomeUnknown("TECH_UNKNOWN_OUTCOME", words)
    if status >= 500:
        return Transient("TECH_5XX", words, retry_after_seconds(response))
    if status in (401, 403):
        return AuthRefused("TECH_AUTH", words)
    if status == 408:
        return unanswered(system, write, words)
    if status >= 400 and write:
        return Refused(code, words)
    return Unreadable(code or "SCHEMA_INVALID", words)


def retry_after_seconds(response: HttpResponse) -> float | None:
    """`Retry-After` as seconds, a date counted from the answer's own `Date`; None where there is none."""
    value = (response.header("retry-after") or "").strip()
    if value.isdecimal():
        return float(value)
    until, now = _http_date(value), _http_date(response.header("date") or "")
    if until is None or now is None:
        return None
    return max(0.0, (until - now).total_seconds())


def source_time_ms(system: str, response: HttpResponse) -> int:
    """The source's own time of an answer, from its `Date` header, whole seconds; raises Unreadable."""
    stamp = _http_date(response.header("date") or "")
    if stamp is None:
        raise Unreadable("SCHEMA_INVALID", f"{system} answered without a Date header; its time is unknown.")
    return int(stamp.timestamp()) * 1000


def short(text: str) -> str:
    """Text for people, bounded."""
    return text if len(text) <= _TEXT_LIMIT else text[: _TEXT_LIMIT - 1] + "…"


def _http_date(value: str) -> datetime | None:
    try:
        stamp = parsedate_to_datetime(value)
    except ValueError:
        return None
    # "-0000" says UTC too, but Python leaves such a stamp without a zone.
    return stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC)


def _cut_short(response: HttpResponse) -> bool:
    # A compressed body was inflated by the transport, so its length says nothing any more.
    length = response.header("content-length")
    if length is None or not length.isdecimal() or response.header("content-encoding"):
        return False
    return response.status not in (204, 304) and int(length) != len(response.body)
