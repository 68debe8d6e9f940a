"""Credentials on calls: OAuth tokens shared by a group of people, API keys, and signed requests.

Written anew and not shared with the core: signing with its code would hide its faults.
"""

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import msgspec

from load.settings import System, Unusable

if TYPE_CHECKING:
    from load.users.desk import Wire

TOKEN_PATH = "/services/oauth2/token"
_FORM = "application/x-www-form-urlencoded"


class Access(Protocol):
    """One system as a group of people reaches it."""

    url: str
    base: str  # of the vendor's paths

    def headers(self, method: str, url: str, wire: "Wire") -> Mapping[str, str]:
        """Headers of one call; raises ConnectionError where a token is needed and nobody issues it,
        PermissionError where it is denied."""
        ...

    def renew(self, wire: "Wire") -> bool:
        """After a 401: whether it is worth a second call with new credentials."""
        ...


class OrgAccess:
    """A connected app of an org on the Salesforce protocol: one token, renewed when it is refused."""

    def __init__(self, system: System) -> None:
        self.url = system.url
        self.base = "/services/data/v59.0"
        self._credentials = _needed(system, "client_id", "client_secret")
        self._token = ""

    def headers(self, method: str, url: str, wire: "Wire") -> Mapping[str, str]:
        """A bearer token, asked for at first use."""
        if not self._token:
            self._token = self._issued(wire)
        return {"Authorization": f"Bearer {self._token}", "Accept": "application/json"}

    def renew(self, wire: "Wire") -> bool:
        """Forget the token: the next call asks for a new one."""
        self._token = ""
        return True

    def _issued(self, wire: "Wire") -> str:
        from load.users.desk import Ask

        form = {"grant_type": "client_credentials", **self._credentials}
        heard = wire(
            Ask(
                name="log in",
                method="POST",
                url=self.url + TOKEN_PATH,
                headers={"Content-Type": _FORM, "Accept": "application/json"},
                body=urlencode(form).encode(),
            )
        )
        if 400 <= heard.status < 500 and heard.status != 429:
            raise PermissionError("The org denies these client credentials.")
        if heard.status != 200:
            raise ConnectionError("no token")
        try:
            return str(msgspec.json.decode(heard.body)["access_token"])
        except (msgspec.DecodeError, KeyError):
            raise ConnectionError("no token in the answer") from None


class KeyAccess:
    """BambooHR: an API key as the user name of Basic credentials."""

    def __init__(self, system: System) -> None:
        found = _needed(system, "api_key", "company")
        self.url = system.url
        self.base = f"/api/gateway.php/{found['company']}/v1"
        key = base64.b64encode(f"{found['api_key']}:x".encode()).decode()
        self._headers = {"Authorization": f"Basic {key}", "Accept": "application/json"}

    def headers(self, method: str, url: str, wire: "Wire") -> Mapping[str, str]:
        """The same for every call."""
        return self._headers

    def renew(self, wire: "Wire") -> bool:
        """A key is right or wrong."""
        return False


class SignedAccess:
    """NetSuite: each request is signed by OAuth 1.0 with HMAC-SHA256."""

    def __init__(self, system: System) -> None:
        names = ("account", "consumer_key", "consumer_secret", "token_id", "token_secret")
        self.url = system.url
        self.base = "/services/rest"
        self._given = _needed(system, *names)
        self._nonce: Callable[[], str] = lambda: secrets.token_hex(16)
        self._now_seconds: Callable[[], int] = lambda: int(time.time())

    def headers(self, method: str, url: str, wire: "Wire") -> Mapping[str, str]:
        """A signature with a nonce of its own."""
        oauth = signed(method, url, self._given, self._nonce(), self._now_seconds())
        return {"Authorization": oauth, "Accept": "application/json", "Prefer": "transient"}

    def renew(self, wire: "Wire") -> bool:
        """A second signature would be as wrong as the first."""
        return False


def signed(method: str, url: str, credentials: Mapping[str, str], nonce: str, now_seconds: int) -> str:
    """The Authorization header of a request under RFC 5849, with HMAC-SHA256."""
    parts = urlsplit(url)
    oauth = [
        ("oauth_consumer_key", credentials["consumer_key"]),
        ("oauth_nonce", nonce),
        ("oauth_signature_method", "HMAC-SHA256"),
        ("oauth_timestamp", str(now_seconds)),
        ("oauth_token", credentials["token_id"]),
        ("oauth_version", "1.0"),
    ]
    pairs = [*parse_qsl(parts.query, keep_blank_values=True), *oauth]
    parameters = "&".join(sorted(f"{_coded(name)}={_coded(value)}" for name, value in pairs))
    address = f"{parts.scheme}://{parts.netloc.lower()}{parts.path}"
    base = "&".join((method, _coded(address), _coded(parameters)))
    key = f"{_coded(credentials['consumer_secret'])}&{_coded(credentials['token_secret'])}"
    signature = base64.b64encode(hmac.digest(key.encode(), base.encode(), hashlib.sha256)).decode()
    shown = [("realm", credentials["account"]), *oauth, ("oauth_signature", signature)]
    return "OAuth " + ", ".join(f'{name}="{_coded(value)}"' for name, value in shown)


def accesses_of(systems: Mapping[str, System]) -> dict[str, Access]:
    """The accesses to the systems that people work in, by role; raises Unusable."""
    found: dict[str, Access] = {}
    for role, system in systems.items():
        made = _BY_VENDOR.get(system.vendor)
        if made is not None:
            found[role] = made(system)
    return found


_BY_VENDOR: dict[str, Callable[[System], Access]] = {
    "salesforce": OrgAccess,
    "certinia": OrgAccess,
    "bamboohr": KeyAccess,
    "netsuite": SignedAccess,
}


def _needed(system: System, *names: str) -> dict[str, str]:
    missing = [name for name in names if not system.credentials.get(name)]
    if missing:
        raise Unusable(
            f"The credentials of {system.vendor} lack {', '.join(missing)}; write estate.json anew."
        )
    return {name: system.credentials[name] for name in names}


def _coded(text: str) -> str:
    return quote(text, safe="-._~")
