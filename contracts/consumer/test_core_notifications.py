"""What the systems need of the core when they notify it: an answer that ends their repeating, or a refusal.

Sent as the mocks send: over their own client, judged by their own rule for a good answer.
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from msgspec import Struct
from pact import match

from contracts.consumer.promises import Network, Promises, text
from integration_core.adapters.salesforce.webhooks import ACK
from mocks.kit.outgoing import HttpOutgoing
from mocks.protocols.salesforce.outbound import acknowledged

Make = Callable[..., Promises]

_KEY = "key-of-an-example"
_NOW_SECONDS = "1795255200"
_SIGNATURE = match.regex("0" * 64, regex="[0-9a-f]{64}")
_XML, _JSON = "text/xml; charset=utf-8", "application/json"
_MESSAGE = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
    '<soapenv:Body><notifications xmlns="http://soap.sforce.com/2005/09/outbound">'
    "<OrganizationId>00D000000000001AAA</OrganizationId><ActionId>04k000000000001AAA</ActionId>"
    '<SessionId xsi:nil="true"/>'
    "<Notification><Id>04l000000000001AAA</Id>"
    '<sObject xsi:type="sf:Contract" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">'
    "<sf:Id>800000000000001AAA</sf:Id></sObject></Notification></notifications></soapenv:Body>"
    "</soapenv:Envelope>"
)
_EMPLOYEE = '{"employees":[{"id":"107","action":"Updated","fields":{}}]}'
_PAYROLL = (
    '{"uuid":"e595ae4c-d324-4b3e-855e-c13c8dd1cb9f","event_type":"payroll.processed",'
    '"entity_type":"Payroll","entity_uuid":"8544fb80-094c-4f43-9072-37f4521e69ca"}'
)
_CHALLENGE = (
    '{"verification_token":"a-token","webhook_subscription_uuid":"8544fb80-094c-4f43-9072-37f4521e69ca"}'
)


def _done(status: int, body: bytes) -> bool:
    return 200 <= status < 300


class _Notice(Struct, frozen=True):
    """One kind of notification: what is sent, what is promised of its headers, when its sender is content."""

    sender: str
    name: str
    body: str
    content_type: str
    headers: Mapping[str, str]
    promised: Mapping[str, Any]
    answer: str | None
    answer_type: str
    accepted: Callable[[int, bytes], bool]


def _signed(name: str, signed: str) -> dict[str, str]:
    return {name: hmac.new(_KEY.encode(), signed.encode(), hashlib.sha256).hexdigest()}


_SALESFORCE = _Notice(
    "salesforce",
    "an outbound message",
    _MESSAGE,
    _XML,
    {"SOAPAction": '""'},
    {},
    ACK.decode(),
    _XML,
    acknowledged,
)
_BAMBOO = _Notice(
    "bamboohr",
    "who changed",
    _EMPLOYEE,
    _JSON,
    {"x-bamboohr-timestamp": _NOW_SECONDS} | _signed("x-bamboohr-signature", _EMPLOYEE + _NOW_SECONDS),
    {
        "X-BambooHR-Timestamp": match.regex(_NOW_SECONDS, regex=r"\d{10}"),
        "X-BambooHR-Signature": _SIGNATURE,
    },
    None,
    _JSON,
    _done,
)
_GUSTO = _Notice(
    "gusto",
    "a processed payroll",
    _PAYROLL,
    _JSON,
    _signed("x-gusto-signature", _PAYROLL),
    {"X-Gusto-Signature": _SIGNATURE},
    None,
    _JSON,
    _done,
)
_GUSTO_FIRST = _Notice("gusto", "the token of a subscription", _CHALLENGE, _JSON, {}, {}, None, _JSON, _done)


def _send(network: Network, url: str, notice: _Notice) -> bool:
    """Whether the sender is content; one that is not sends again."""

    async def post() -> tuple[int, bytes] | None:
        outgoing = HttpOutgoing()
        try:
            headers = {"content-type": notice.content_type, **notice.headers}
            return await outgoing.post(
                f"{url}/webhooks/{notice.sender}/a-token", headers, notice.body.encode()
            )
        finally:
            await outgoing.close()

    answer = network.run(post())
    assert answer is not None
    return notice.accepted(*answer)


def _promise(pact: Promises, notice: _Notice, description: str, state: str) -> Any:
    return pact.upon(description, state).asks(
        "POST",
        f"/webhooks/{notice.sender}/a-token",
        headers=notice.promised,
        body=notice.body,
        content_type=notice.content_type,
    )


@pytest.mark.parametrize("notice", [_SALESFORCE, _BAMBOO, _GUSTO, _GUSTO_FIRST], ids=lambda n: n.name)
def test_notifications__a_genuine_one_is_answered_so_that_its_sender_is_content(
    promises: Make, notice: _Notice
) -> None:
    pact = promises("integration-core", notice.sender)
    _promise(pact, notice, f"notify of {notice.name}", "a core").reads(
        200, notice.answer, content_type=notice.answer_type
    )
    with pact.kept() as url:
        assert _send(pact.network, url, notice)


@pytest.mark.parametrize("notice", [_SALESFORCE, _BAMBOO, _GUSTO], ids=lambda n: n.name)
def test_notifications__a_forged_one_is_refused_so_that_its_sender_repeats(
    promises: Make, notice: _Notice
) -> None:
    pact = promises("integration-core", notice.sender)
    state = "the credentials are refused"
    _promise(pact, notice, f"notify of {notice.name} without proof", state).reads(
        401, {"detail": text("The notification was not accepted.", ".+")}
    )
    with pact.kept() as url:
        assert not _send(pact.network, url, notice)
