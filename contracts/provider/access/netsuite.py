"""NetSuite: token-based authentication, each request signed by production code for where it really goes.

So a signing rule that the target does not share shows as a refusal of everything.
"""

import secrets
import time

from msgspec.structs import replace

from contracts.provider.access.port import Post, Sent, needed
from integration_core.adapters.netsuite.signing import TbaCredentials, authorization


class NetSuiteAccess:
    """An integration's keys and an access token of one role."""

    def __init__(self, base_url: str, credentials: dict[str, str], send: Post) -> None:
        self._base_url = base_url
        names = TbaCredentials.__struct_fields__
        found = dict(zip(names, needed(credentials, *names), strict=True))
        self._credentials = TbaCredentials(**found)

    def authorise(self, request: Sent, *, refused: bool) -> Sent:
        """A signature with a new nonce and the wall's time."""
        credentials = self._credentials
        if refused:
            credentials = replace(credentials, token_secret="not-the-secret")
        nonce, now_seconds = secrets.token_hex(16), int(time.time())
        signature = authorization(request.method, request.url, credentials, nonce, now_seconds)
        return request.with_header("authorization", signature)

    def values(self) -> dict[str, str]:
        """No request names the account: it is part of the host."""
        return {}

    def probe(self) -> Sent:
        """A list of one customer."""
        url = f"{self._base_url}/services/rest/record/v1/customer?limit=1&offset=0"
        return Sent(method="GET", url=url, headers=(("accept", "application/json"),))
