"""What the core needs of BambooHR's webhooks: who changed, and the proof that BambooHR says so."""

import hashlib
import hmac
from collections.abc import Callable

from pact import match

from contracts.consumer.promises import Messages, exactly, text
from integration_core.adapters.bamboohr.webhooks import parse_webhook
from integration_core.wiring.receivers import BambooReceiver

_KEY = "private-key-of-an-example"
_NOW_SECONDS = 1_795_255_200
_HEADERS = {
    "x-bamboohr-timestamp": match.regex(str(_NOW_SECONDS), regex=r"\d{10}"),
    "x-bamboohr-signature": match.regex("0" * 64, regex="[0-9a-f]{64}"),
}


class _Clock:
    def now_ms(self) -> int:
        return _NOW_SECONDS * 1000


def _receive(body: bytes, headers: dict[str, str]) -> None:
    # The example's signature cannot be known before its bytes are: it is put in here, by the vendor's rule.
    signed = hmac.new(_KEY.encode(), body + headers["x-bamboohr-timestamp"].encode(), hashlib.sha256)
    genuine = {**headers, "x-bamboohr-signature": signed.hexdigest()}
    notified = BambooReceiver("bamboohr", _KEY, _Clock()).receive(genuine, body, "")
    assert notified.keys == (signed.hexdigest(),)
    assert [notice.native_id for notice in parse_webhook(body)] == ["107"]


def test_webhooks__say_who_changed_and_how(messages: Callable[[str], Messages]) -> None:
    pact = messages("bamboohr-webhooks")
    for action in ("Created", "Updated"):
        pact.upon(
            f"an employee was {action.lower()}",
            f"an employee is {action.lower()} while we are subscribed",
            {"employees": match.each_like({"id": text("107", r"\d+"), "action": exactly(action)}, min=1)},
            headers=_HEADERS,
        )
    pact.believed(_receive)
