"""An authorised session with one org: one token for all calls, renewed once when it is refused.

The token comes from the client-credentials grant (wire 4.1). However many calls find it expired
at the same time, one of them logs in and the others use what it got.
"""

import asyncio
from collections.abc import Callable
from urllib.parse import urlencode

from msgspec import Struct

from integration_core.adapters.http.correlation import current_correlation
from integration_core.adapters.http.json_body import decode_answer
from integration_core.adapters.http.session import HttpSession
from integration_core.adapters.salesforce_protocol.failures import failure, token_refused
from integration_core.ports.http import HttpResponse, HttpTransport
from integration_core.ports.systems import AuthRefused


class OrgCredentials(Struct, frozen=True, kw_only=True):
    """A connected app's client id and secret."""

    client_id: str
    client_secret: str

    def __repr__(self) -> str:
        return f"OrgCredentials(client_id={self.client_id!r})"


class _Grant(Struct, frozen=True):
    access_token: str
    instance_url: str


class OrgSession:
    """Calls one org's REST API; answers that are no success are raised as vendor errors."""

    def __init__(
        self,
        system: str,
        transport: HttpTransport,
        base_url: str,
        credentials: OrgCredentials,
        *,
        api_version: str = "59.0",
        timeout_seconds: float = 30.0,
        correlation: Callable[[], str] = current_correlation,
    ) -> None:
        self.system = system
        self.data_path = f"/services/data/v{api_version}"
        self._http = HttpSession(system, transport, timeout_seconds=timeout_seconds, correlation=correlation)
        self._base_url = base_url.rstrip("/")
        self._credentials = credentials
        self._grant: _Grant | None = None
        self._login_lock = asyncio.Lock()

    async def read(self, path: str) -> HttpResponse:
        """GET a path of the instance (absolute path with query); raises VendorError."""
        return await self._call("GET", path, b"", write=False)

    async def write(self, method: str, path: str, body: bytes) -> HttpResponse:
        """Send JSON to a path of the instance; raises VendorError."""
        return await self._call(method, path, body, write=True)

    async def _call(self, method: str, path: str, body: bytes, *, write: bool) -> HttpResponse:
        grant = await self._authorised(refused=None)
        response = await self._send(grant, method, path, body, write)
        if token_refused(response):
            # The org turned the call away before it did anything, so even a write may be repeated.
            grant = await self._authorised(refused=grant)
            response = await self._send(grant, method, path, body, write)
        if not 200 <= response.status < 300:
            raise failure(self.system, response, write)
        return response

    async def _send(self, grant: _Grant, method: str, path: str, body: bytes, write: bool) -> HttpResponse:
        headers: tuple[tuple[str, str], ...] = (
            ("authorization", f"Bearer {grant.access_token}"),
            ("accept", "application/json"),
        )
        if body:
            headers = (*headers, ("content-type", "application/json"))
        return await self._http.exchange(
            method, grant.instance_url + path, headers=headers, body=body, write=write
        )

    async def _authorised(self, refused: _Grant | None) -> _Grant:
        grant = self._grant
        if grant is not None and grant is not refused:
            return grant
        async with self._login_lock:
            # Another call may have logged in while this one waited.
            if self._grant is None or self._grant is refused:
                self._grant = await self._log_in()
            return self._grant

    async def _log_in(self) -> _Grant:
        form = urlencode(
            {
                "grant_type": "client_credentials",
                "client_id": self._credentials.client_id,
                "client_secret": self._credentials.client_secret,
            }
        )
        # A token that was issued and lost harms nobody: logging in is a read as far as outcomes go.
        response = await self._http.exchange(
            "POST",
            f"{self._base_url}/services/oauth2/token",
            headers=(("content-type", "application/x-www-form-urlencoded"), ("accept", "application/json")),
            body=form.encode(),
            write=False,
        )
        if response.status in (400, 401, 403):
            raise AuthRefused("TECH_AUTH", f"{self.system} refuses the client credentials.")
        if response.status != 200:
            raise failure(self.system, response, write=False)
        grant = decode_answer(self.system, response, _Grant, write=False)
        return _Grant(grant.access_token, grant.instance_url.rstrip("/"))
