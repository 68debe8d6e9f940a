"""Orgs on the Salesforce protocol: a token of the client-credentials grant, fetched at first use and renewed.

The grant is an interaction of the pacts too: there the target's own client stands in for the example's.
"""

import time
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec
from msgspec import Struct

from contracts.provider.access.port import Post, Sent, needed
from contracts.provider.target import Unreachable

TOKEN_PATH = "/services/oauth2/token"
# Orgs end a session after fifteen minutes at the earliest.
_RENEWAL_SECONDS = 600.0
_FORM = "application/x-www-form-urlencoded"


class _Grant(Struct, frozen=True):
    access_token: str


class OrgAccess:
    """A connected app of an org, in the role of the CRM or of the PSA."""

    def __init__(self, base_url: str, credentials: dict[str, str], send: Post) -> None:
        self._base_url, self._send = base_url, send
        self._client_id, self._client_secret = needed(credentials, "client_id", "client_secret")
        self._token, self._issued_seconds = "", 0.0

    def authorise(self, request: Sent, *, refused: bool) -> Sent:
        """A bearer token; of a grant, the client in its form. Raises Unreachable where none is issued."""
        if urlsplit(request.url).path.endswith(TOKEN_PATH):
            secret = "not-the-secret" if refused else self._client_secret
            client = {"client_id": self._client_id, "client_secret": secret}
            given = parse_qsl(request.body.decode(), keep_blank_values=True)
            # Only what the pact itself sends is replaced: a field that it does not send stays missing.
            form = urlencode([(name, client.get(name, value)) for name, value in given])
            return Sent(method=request.method, url=request.url, headers=request.headers, body=form.encode())
        token = "00D000000000000!not-a-token" if refused else self._current_token()
        return request.with_header("authorization", f"Bearer {token}")

    def values(self) -> dict[str, str]:
        """No request names the org: it is part of the host."""
        return {}

    def probe(self) -> Sent:
        """The list of resources."""
        url = f"{self._base_url}/services/data/v59.0"
        return Sent(method="GET", url=url, headers=(("accept", "application/json"),))

    def _current_token(self) -> str:
        if not self._token or time.monotonic() > self._issued_seconds + _RENEWAL_SECONDS:
            self._token, self._issued_seconds = self._issued(), time.monotonic()
        return self._token

    def _issued(self) -> str:
        form = {
            "grant_type": "client_credentials",
            "client_id": self._client_id,
            "client_secret": self._client_secret,
        }
        request = Sent(
            method="POST",
            url=self._base_url + TOKEN_PATH,
            headers=(("content-type", _FORM), ("accept", "application/json")),
            body=urlencode(form).encode(),
        )
        answer = self._send(request)
        if answer.status != 200:
            raise Unreachable(
                f"The org at {self._base_url} issues no token for these client credentials "
                f"({answer.status}); check client_id and client_secret of its connected app."
            )
        try:
            return msgspec.json.decode(answer.body, type=_Grant).access_token
        except msgspec.DecodeError:
            raise Unreachable(
                f"{self._base_url}{TOKEN_PATH} answered no token; is this the address of an org?"
            ) from None
