"""BambooHR: an API key as the user name of Basic credentials."""

from base64 import b64encode

from contracts.provider.access.port import Post, Sent, needed


class BambooAccess:
    """Company and key."""

    def __init__(self, base_url: str, credentials: dict[str, str], send: Post) -> None:
        self._base_url = base_url
        self._company, self._key = needed(credentials, "company", "api_key")

    def authorise(self, request: Sent, *, refused: bool) -> Sent:
        """Basic credentials, as the vendor has them."""
        key = "not-a-key" if refused else self._key
        return request.with_header("authorization", "Basic " + b64encode(f"{key}:x".encode()).decode())

    def values(self) -> dict[str, str]:
        """The company is part of every path."""
        return {"company": self._company}

    def probe(self) -> Sent:
        """The list of fields."""
        url = f"{self._base_url}/api/gateway.php/{self._company}/v1/meta/fields"
        return Sent(method="GET", url=url, headers=(("accept", "application/json"),))
