"""What the core needs of Gusto's webhooks: the token of a subscription, then signed events with an id."""

import hashlib
import hmac
from collections.abc import Callable

import pytest
from pact import match

from contracts.consumer.promises import Messages, text
from contracts.provider.messages.gusto import CHALLENGE
from integration_core.adapters.gusto.webhooks import parse_webhook, verification_token_of
from integration_core.wiring.receivers import GustoReceiver

_TOKEN = "verification-token-of-an-example"
_UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_EVENT_ID = "e595ae4c-d324-4b3e-855e-c13c8dd1cb9f"
_ENTITY_ID = "8544fb80-094c-4f43-9072-37f4521e69ca"


def test_webhooks__the_first_message_carries_the_token(messages: Callable[[str], Messages]) -> None:
    pact = messages("gusto-webhooks")
    # No header is promised: the core must take this message without a signature.
    pact.upon(
        CHALLENGE,
        "a subscription is made",
        {"verification_token": text(_TOKEN, ".+")},
        headers={},
    )

    def receive(body: bytes, headers: dict[str, str]) -> None:
        assert verification_token_of(body) == _TOKEN
        notified = GustoReceiver("gusto", _TOKEN).receive(headers, body, "")
        assert notified.keys == ()

    pact.believed(receive)


@pytest.mark.parametrize(
    ("event", "entity", "happens"),
    [
        ("payroll.processed", "Payroll", "a payroll is processed"),
        ("payroll.updated", "Payroll", "a payroll is changed"),
        ("employee.created", "Employee", "an employee is added"),
        ("employee.updated", "Employee", "an employee is changed"),
    ],
)
def test_webhooks__say_what_happened_to_which_record(
    messages: Callable[[str], Messages], event: str, entity: str, happens: str
) -> None:
    pact = messages("gusto-webhooks")
    pact.upon(
        f"the event {event}",
        f"{happens} while we are subscribed",
        {
            "uuid": text(_EVENT_ID, _UUID),
            "event_type": event,
            "entity_type": entity,
            "entity_uuid": text(_ENTITY_ID, _UUID),
        },
        headers={"x-gusto-signature": match.regex("0" * 64, regex="[0-9a-f]{64}")},
    )

    def receive(body: bytes, headers: dict[str, str]) -> None:
        # The example's signature cannot be known before its bytes are: it is put in by the vendor's rule.
        signed = hmac.new(_TOKEN.encode(), body, hashlib.sha256).hexdigest()
        genuine = {**headers, "x-gusto-signature": signed}
        assert GustoReceiver("gusto", _TOKEN).receive(genuine, body, "").keys == (_EVENT_ID,)
        notice = parse_webhook(body)
        assert (notice.event_type, notice.entity_type, notice.entity_uuid) == (event, entity, _ENTITY_ID)

    pact.believed(receive)
