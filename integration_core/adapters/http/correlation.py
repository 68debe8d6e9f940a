"""Which business run a call belongs to, sent as W3C `traceparent` so that both sides can find it.

The header is a function of the correlation id alone: the same run gives the same header again,
whatever the process, the machine or the attempt.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from hashlib import sha256

_current: ContextVar[str] = ContextVar("correlation_id", default="")


def current_correlation() -> str:
    """The correlation id of the work in hand; empty where nobody set one."""
    return _current.get()


@contextmanager
def correlated(correlation_id: str) -> Iterator[None]:
    """Give every call made inside the block this correlation id."""
    token = _current.set(correlation_id)
    try:
        yield
    finally:
        _current.reset(token)


def traceparent(correlation_id: str) -> str:
    """The W3C header value of a correlation id, always the same for the same id."""
    digest = sha256(correlation_id.encode()).hexdigest()
    return f"00-{digest[:32]}-{digest[32:48]}-01"
