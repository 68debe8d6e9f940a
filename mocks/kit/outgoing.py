"""How a mock reaches its subscribers over the real network."""

from collections.abc import Mapping
from urllib.parse import urlsplit

import httpx

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class HttpOutgoing:
    """Posts over HTTP to loopback hosts, and to hosts that were named when it was made; nothing else."""

    def __init__(self, allowed_hosts: frozenset[str] = LOOPBACK, timeout_seconds: float = 10.0) -> None:
        self._allowed = allowed_hosts
        self._client = httpx.AsyncClient(trust_env=False, timeout=timeout_seconds)

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes] | None:
        """Status and body, or None when nothing came back or the host is not allowed."""
        if (urlsplit(url).hostname or "") not in self._allowed:
            return None
        try:
            answer = await self._client.post(url, headers=dict(headers), content=body)
        except httpx.HTTPError:
            return None
        return answer.status_code, answer.content

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()
