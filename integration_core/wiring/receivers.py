"""Which vendor's notifications are believed, and what they wake."""

from collections.abc import Mapping

from integration_core.adapters.bamboohr import webhooks as bamboohr
from integration_core.adapters.gusto import webhooks as gusto
from integration_core.adapters.salesforce import webhooks as salesforce
from integration_core.ports.clock import Clock
from integration_core.ports.systems import AuthRefused, Unreadable
from integration_core.ports.webhooks import Notified, Unverified


class SalesforceReceiver:
    """Outbound messages: known by the secret in the path and the organisation in the body."""

    def __init__(self, source: str, organization_id: str, token: str) -> None:
        self.source = source
        self._organization_id = organization_id
        self._token = token

    def receive(self, headers: Mapping[str, str], body: bytes, token: str) -> Notified:
        """Verify and read; raises Unverified."""
        if not salesforce.token_matches(token, self._token):
            raise Unverified("the address is not ours")
        try:
            notices = salesforce.parse_outbound_message(body, self._organization_id)
        except (AuthRefused, Unreadable) as refused:
            raise Unverified(refused.text) from refused
        return Notified(
            tuple(notice.notification_id for notice in notices), salesforce.ACK, "text/xml; charset=utf-8"
        )


class BambooReceiver:
    """Webhooks: known by their signature."""

    def __init__(self, source: str, private_key: str, clock: Clock) -> None:
        self.source = source
        self._private_key = private_key
        self._clock = clock

    def receive(self, headers: Mapping[str, str], body: bytes, token: str) -> Notified:
        """Verify and read; raises Unverified. An event is known by its signature."""
        timestamp = headers.get("x-bamboohr-timestamp", "")
        signature = headers.get("x-bamboohr-signature", "")
        try:
            bamboohr.check_signature(
                self._private_key, body, timestamp, signature, self._clock.now_ms() // 1000
            )
            bamboohr.parse_webhook(body)
        except (AuthRefused, Unreadable) as refused:
            raise Unverified(refused.text) from refused
        return Notified((signature,), b"{}", "application/json")


class GustoReceiver:
    """Webhooks: known by their signature with the subscription's verification token."""

    def __init__(self, source: str, verification_token: str) -> None:
        self.source = source
        self._verification_token = verification_token

    def receive(self, headers: Mapping[str, str], body: bytes, token: str) -> Notified:
        """Verify and read; raises Unverified. The first message of a subscription carries no event."""
        if gusto.verification_token_of(body) is not None:
            return Notified((), b"{}", "application/json")
        try:
            gusto.check_signature(self._verification_token, body, headers.get("x-gusto-signature", ""))
            notice = gusto.parse_webhook(body)
        except (AuthRefused, Unreadable) as refused:
            raise Unverified(refused.text) from refused
        return Notified((notice.uuid,), b"{}", "application/json")
