"""The network for real: `HttpTransport` over httpx, for live runs and real sandboxes.

Nothing is retried here, and proxies or credentials of the environment are not used: a transport
that repeats a POST on its own makes duplicates that nobody sees.
"""

import httpx

from integration_core.ports.http import HttpRequest, HttpResponse, NoAnswer, NotSent

# No connection was made, so no byte of the request left.
_NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
)


class HttpxTransport:
    """Sends requests over pooled connections; `aclose` ends them."""

    def __init__(
        self, *, max_connections: int = 20, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._client = httpx.AsyncClient(
            trust_env=False,
            follow_redirects=False,
            limits=httpx.Limits(max_connections=max_connections, max_keepalive_connections=max_connections),
            transport=transport,
        )

    async def send(self, request: HttpRequest) -> HttpResponse:
        """One complete answer; NotSent if no connection was made, NoAnswer for every later failure."""
        try:
            response = await self._client.request(
                request.method,
                request.url,
                headers=list(request.headers),
                content=request.body or None,
                timeout=httpx.Timeout(request.timeout_seconds),
            )
        except _NOT_SENT as error:
            raise NotSent(f"{type(error).__name__}: {error}") from error
        except httpx.RequestError as error:
            raise NoAnswer(f"{type(error).__name__}: {error}") from error
        finally:
            # Credentials are what each request says; a session that a cookie keeps alive would outlive them.
            self._client.cookies.clear()
        headers = tuple((name.lower(), value) for name, value in response.headers.multi_items())
        return HttpResponse(status=response.status_code, headers=headers, body=response.content)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._client.aclose()
