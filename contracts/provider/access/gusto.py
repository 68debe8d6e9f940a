"""Gusto: the bearer token of a payroll administrator."""

from contracts.provider.access.port import Post, Sent, needed


class GustoAccess:
    """An access token for the companies of a group."""

    def __init__(self, base_url: str, credentials: dict[str, str], send: Post) -> None:
        self._base_url = base_url
        (self._token,) = needed(credentials, "access_token")

    def authorise(self, request: Sent, *, refused: bool) -> Sent:
        """The bearer token."""
        token = "not-a-token" if refused else self._token
        return request.with_header("authorization", f"Bearer {token}")

    def values(self) -> dict[str, str]:
        """No path names the token's owner."""
        return {}

    def probe(self) -> Sent:
        """Who the token acts for."""
        return Sent(method="GET", url=f"{self._base_url}/v1/me", headers=(("accept", "application/json"),))
