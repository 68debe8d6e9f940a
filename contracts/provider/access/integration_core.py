"""The core as a provider: a bearer token for its operations, each vendor's own proof for notifications.

Notifications are signed with the target's keys for what is really sent, so a signing rule that the
core does not share shows as a refusal of everything.
"""

import hashlib
import hmac
import re
from typing import Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from contracts.provider.access.port import Lacking, Post, Sent, needed

_WRONG = "not-a-token-of-anybody"
_WEBHOOK = re.compile(r"/webhooks/(?P<vendor>[^/]+)/[^/]+$")
_ORGANIZATION = re.compile(rb"(<OrganizationId>)[^<]*(</OrganizationId>)")


class _Health(Struct, frozen=True):
    now_ms: int


class CoreAccess:
    """An operator's and a reader's token; for notifications the keys of all three vendors."""

    def __init__(self, base_url: str, credentials: dict[str, str], send: Post) -> None:
        self._base_url, self._send = base_url, send
        self._credentials = credentials
        self._tokens = dict(
            zip(
                ("operator", "reader"),
                needed(credentials, "operator_token", "reader_token"),
                strict=True,
            )
        )
        self.role: Literal["operator", "reader"] = "operator"

    def authorise(self, request: Sent, *, refused: bool) -> Sent:
        """A bearer token; of notifications the token in the path, the organisation, the signature."""
        notification = _WEBHOOK.search(urlsplit(request.url).path)
        if notification is not None:
            return self._proved(request, notification["vendor"], refused=refused)
        if not any(name == "authorization" for name, _ in request.headers):
            return request
        token = _WRONG if refused else self._tokens[self.role]
        return request.with_header("authorization", f"Bearer {token}")

    def values(self) -> dict[str, str]:
        """No path of the core names anything of its credentials but its tokens."""
        return {}

    def probe(self) -> Sent:
        """Whether it is at rest."""
        url = f"{self._base_url}/operations/rest"
        return Sent(method="GET", url=url, headers=(("authorization", ""), ("accept", "application/json")))

    def _proved(self, request: Sent, vendor: str, *, refused: bool) -> Sent:
        token = _WRONG if refused else self._key("webhook_token")
        url = f"{request.url.rpartition('/')[0]}/{token}"
        if vendor == "salesforce":
            organization = self._key("organization_id").encode()
            body = _ORGANIZATION.sub(rb"\g<1>" + organization + rb"\g<2>", request.body)
            return replace(request, url=url, body=body)
        request = replace(request, url=url)
        if vendor == "bamboohr":
            now = str(self._now_seconds())
            key = _WRONG if refused else self._key("hris_webhook_key")
            signature = _signature(key, request.body + now.encode())
            stamped = request.with_header("x-bamboohr-timestamp", now)
            return stamped.with_header("x-bamboohr-signature", signature)
        if not any(name == "x-gusto-signature" for name, _ in request.headers):
            return request  # a subscription's first message carries the very token that would sign it
        key = _WRONG if refused else self._key("payroll_webhook_token")
        return request.with_header("x-gusto-signature", _signature(key, request.body))

    def _key(self, name: str) -> str:
        return needed(self._credentials, name)[0]

    def _now_seconds(self) -> int:
        """The core's own time: that of a rehearsal is not the wall's."""
        answer = self._send(Sent(method="GET", url=f"{self._base_url}/operations/health", headers=()))
        try:
            return msgspec.json.decode(answer.body, type=_Health).now_ms // 1000
        except msgspec.DecodeError:
            raise Lacking("The core does not say what time it is; its webhooks cannot be signed.") from None


def _signature(key: str, signed: bytes) -> str:
    return hmac.new(key.encode(), signed, hashlib.sha256).hexdigest()
