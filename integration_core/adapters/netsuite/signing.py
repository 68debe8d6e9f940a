"""Token-based authentication: an OAuth 1.0 signature for each request (wire 4.3, auth).

Pure: nonce and timestamp are given. No body hash is sent; the vendor does not ask for one.
"""

import base64
import hashlib
import hmac
from urllib.parse import parse_qsl, quote, urlsplit

from msgspec import Struct

_DEFAULT_PORTS = {"http": 80, "https": 443}


class TbaCredentials(Struct, frozen=True, kw_only=True):
    """An integration's consumer key and an access token of one role."""

    account: str
    consumer_key: str
    consumer_secret: str
    token_id: str
    token_secret: str

    def __repr__(self) -> str:
        return f"TbaCredentials(account={self.account!r}, consumer_key={self.consumer_key!r})"


def authorization(method: str, url: str, credentials: TbaCredentials, nonce: str, wall_seconds: int) -> str:
    """The Authorization header of one request; `wall_seconds` is Unix time, `nonce` is used once."""
    oauth = {
        "oauth_consumer_key": credentials.consumer_key,
        "oauth_nonce": nonce,
        "oauth_signature_method": "HMAC-SHA256",
        "oauth_timestamp": str(wall_seconds),
        "oauth_token": credentials.token_id,
        "oauth_version": "1.0",
    }
    key = f"{_encoded(credentials.consumer_secret)}&{_encoded(credentials.token_secret)}"
    digest = hmac.new(key.encode(), base_string(method, url, oauth).encode(), hashlib.sha256).digest()
    oauth["oauth_signature"] = base64.b64encode(digest).decode()
    parts = ", ".join(f'{name}="{_encoded(value)}"' for name, value in oauth.items())
    return f'OAuth realm="{credentials.account}", {parts}'


def base_string(method: str, url: str, oauth: dict[str, str]) -> str:
    """What is signed: method, address without query, and all parameters in order; realm is not among them."""
    split = urlsplit(url)
    scheme, host = split.scheme.lower(), (split.hostname or "").lower()
    port = "" if split.port in (None, _DEFAULT_PORTS.get(scheme)) else f":{split.port}"
    pairs = [*parse_qsl(split.query, keep_blank_values=True), *oauth.items()]
    encoded = sorted((_encoded(name), _encoded(value)) for name, value in pairs)
    parameters = "&".join(f"{name}={value}" for name, value in encoded)
    address = f"{scheme}://{host}{port}{split.path or '/'}"
    return "&".join((method.upper(), _encoded(address), _encoded(parameters)))


def _encoded(text: str) -> str:
    # RFC 5849 3.6: only letters, digits and -._~ stay as they are.
    return quote(text, safe="-._~")
