"""A network that asks for a permit before each call, so that no target is sent more than it stands."""

from integration_core.adapters.http.session import retry_after_seconds
from integration_core.ports.http import HttpRequest, HttpResponse, HttpTransport, Permits

TOO_MANY = 429


class LimitedTransport:
    """Sends over another transport, one permit of its target for each request."""

    def __init__(self, transport: HttpTransport, target: str, permits: Permits) -> None:
        self._transport = transport
        self._target = target
        self._permits = permits

    async def send(self, request: HttpRequest) -> HttpResponse:
        """One complete answer; a target that asks for a pause is given one by everybody."""
        await self._permits.take(self._target)
        response = await self._transport.send(request)
        if response.status == TOO_MANY and (seconds := retry_after_seconds(response)):
            await self._permits.pause(self._target, seconds)
        return response
