"""How a mock reaches its subscribers over the real network."""

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import httpx

KEEP_SECONDS = 3.0
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class HttpOutgoing:
    """Posts over HTTP to loopback hosts, and to hosts that were named when it was made; nothing else."""

    def __init__(self, allowed_hosts: frozenset[str] = LOOPBACK, timeout_seconds: float = 10.0) -> None:
        self._allowed = allowed_hosts
        self._timeout_seconds = timeout_seconds
        self._client: httpx.AsyncClient | None = None

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes] | None:
        """Status and body, or None when nothing came back or the host is not allowed."""
        if (urlsplit(url).hostname or "") not in self._allowed:
            return None
        import httpx  # most mocks never call anybody, and its import is a fifth of their start

        if self._client is None:
            # An idle connection is let go of before its server ends it, which would cut a request off.
            limits = httpx.Limits(keepalive_expiry=KEEP_SECONDS)
            self._client = httpx.AsyncClient(trust_env=False, timeout=self._timeout_seconds, limits=limits)
        try:
            answer = await self._client.post(url, headers=dict(headers), content=body)
        except httpx.HTTPError:
            return None
        return answer.status_code, answer.content

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()
