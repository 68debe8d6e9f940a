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
# Servers end idle connections after five seconds (uvicorn, Node) or later: whoever uses one at that very
# moment is cut off without an answer, so it is let go of well before.
_KEEP_SECONDS = 3.0
_USUAL = {"accept": "*/*", "accept-encoding": "gzip, deflate", "user-agent": "integration-core"}


class HttpxTransport:
    """Sends requests over pooled connections; `aclose` ends them.

    It stands on httpx's transport, not its client: cookies, redirects and credentials of a session are
    nothing that an integration may have, and they take a third of a call's time.
    """

    def __init__(
        self, *, max_connections: int = 20, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        limits = httpx.Limits(
            max_connections=max_connections,
            max_keepalive_connections=max_connections,
            keepalive_expiry=_KEEP_SECONDS,
        )
        self._transport = transport or httpx.AsyncHTTPTransport(trust_env=False, limits=limits)

    async def send(self, request: HttpRequest) -> HttpResponse:
        """One complete answer; NotSent if no connection was made, NoAnswer for every later failure."""
        try:
            asked = httpx.Request(
                request.method,
                request.url,
                headers=[*_unsaid(request.headers), *request.headers],
                content=request.body or None,
                extensions={"timeout": httpx.Timeout(request.timeout_seconds).as_dict()},
            )
            response = await self._transport.handle_async_request(asked)
            try:
                body = await response.aread()
            finally:
                await response.aclose()
        except _NOT_SENT as error:
            raise NotSent(f"{type(error).__name__}: {error}") from error
        except httpx.RequestError as error:
            raise NoAnswer(f"{type(error).__name__}: {error}") from error
        headers = tuple((name.lower(), value) for name, value in response.headers.multi_items())
        return HttpResponse(status=response.status_code, headers=headers, body=body)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._transport.aclose()


def _unsaid(headers: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    """The usual headers that a request says nothing of."""
    said = {name.lower() for name, _ in headers}
    return [(name, value) for name, value in _USUAL.items() if name not in said]
