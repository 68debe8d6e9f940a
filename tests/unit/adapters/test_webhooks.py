"""Webhooks: only sound and genuine ones get in."""

from xml.sax.saxutils import escape

import pytest

from integration_core.adapters.bamboohr.webhooks import EmployeeNotice, check_signature, parse_webhook
from integration_core.adapters.salesforce.webhooks import (
    ACK,
    Notification,
    parse_outbound_message,
    token_matches,
)
from integration_core.ports.systems import AuthRefused, Unreadable

ORG = "00D000000000001AAA"


def message(*notifications: str, org: str = ORG, before: str = "") -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{before}'
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>'
        '<notifications xmlns="http://soap.sforce.com/2005/09/outbound">'
        f"<OrganizationId>{escape(org)}</OrganizationId><ActionId>04k1</ActionId>"
        f"{''.join(notifications)}</notifications></soapenv:Body></soapenv:Envelope>"
    )


WON = (
    '<Notification><Id>04l1</Id><sObject xsi:type="sf:Opportunity"'
    ' xmlns:sf="urn:sobject.enterprise.soap.sforce.com"><sf:Id>006A</sf:Id>'
    "<sf:StageName>Closed Won</sf:StageName></sObject></Notification>"
)


def test_outbound_message__gives_its_notifications() -> None:
    assert (
        parse_outbound_message(message(WON, WON).encode(), ORG)
        == (
            Notification(
                notification_id="04l1",
                table="Opportunity",
                native_id="006A",
                fields={"StageName": "Closed Won"},
            ),
        )
        * 2
    )


def test_message_of_another_org__is_refused() -> None:
    with pytest.raises(AuthRefused):
        parse_outbound_message(message(WON, org="00D000000000002AAA").encode(), ORG)
    with pytest.raises(AuthRefused):
        parse_outbound_message(message(WON, org="").encode(), ORG)


DOCTYPE = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"<a/>",
        message().encode(),
        message(*[WON] * 101).encode(),
        message("<Notification><Id>04l1</Id></Notification>").encode(),
        message(WON.replace("04l1", "")).encode(),
        message(WON.replace("sf:Opportunity", "")).encode(),
        message(WON.replace("<sf:Id>006A</sf:Id>", "")).encode(),
        message(WON, before=DOCTYPE).encode(),
        message(WON, before=DOCTYPE).replace("UTF-8", "UTF-16").encode("utf-16"),
        message(WON + " " * 1_000_000).encode(),
        b'<?xml version="1.0" encoding="no-such"?><a/>',
        b"\xff\xfe\x00",
    ],
)
def test_malformed_message__is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        parse_outbound_message(body, ORG)


def test_ack__is_what_the_org_waits_for() -> None:
    assert b"<Ack>true</Ack>" in ACK
    assert token_matches("t-1", "t-1")
    assert not token_matches("t-2", "t-1")
    assert not token_matches("ü", "t-1")


BODY = b'{"employees":[{"id":"123","action":"Updated"}]}'
# openssl dgst -sha256 -hmac pk-1 over the body followed by the timestamp
SIGNATURE = "c16c6c00a94ba3f36800d0954574adc5d9d02b1853e2283df4219b142bf8a472"
NOW = 1_769_846_400


def test_genuine_webhook__names_who_changed() -> None:
    check_signature("pk-1", BODY, str(NOW), SIGNATURE, NOW + 300)
    assert parse_webhook(BODY) == (EmployeeNotice(native_id="123", action="Updated"),)


@pytest.mark.parametrize(
    ("key", "body", "timestamp", "signature", "now"),
    [
        ("pk-2", BODY, str(NOW), SIGNATURE, NOW),
        ("pk-1", BODY + b" ", str(NOW), SIGNATURE, NOW),
        ("pk-1", BODY, str(NOW + 1), SIGNATURE, NOW),
        ("pk-1", BODY, str(NOW), SIGNATURE.upper(), NOW),
        ("pk-1", BODY, str(NOW), "", NOW),
        ("pk-1", BODY, str(NOW), SIGNATURE, NOW + 301),
        ("pk-1", BODY, str(NOW), SIGNATURE, NOW - 301),
    ],
)
def test_forged_or_stale_webhook__is_refused(
    key: str, body: bytes, timestamp: str, signature: str, now: int
) -> None:
    with pytest.raises(AuthRefused):
        check_signature(key, body, timestamp, signature, now)


@pytest.mark.parametrize("body", [b"", b"[]", b'{"employees": [{"id": 1.5}]}', b"\xff", b" " * 1_000_001])
def test_malformed_webhook__is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        parse_webhook(body)
