"""What the core needs of Salesforce's outbound messages: whose, which one, and about what."""

from collections.abc import Callable

from contracts.consumer.promises import Messages
from contracts.consumer.salesforce_protocol import native
from integration_core.adapters.salesforce.webhooks import parse_outbound_message
from integration_core.wiring.receivers import SalesforceReceiver

_ORGANIZATION, _NOTICE = native("00D"), native("04l")
_TOKEN = "token-of-an-example"
_SOAP, _OUTBOUND = "http://schemas.xmlsoap.org/soap/envelope/", "http://soap.sforce.com/2005/09/outbound"
_RECORD = "urn:sobject.enterprise.soap.sforce.com"
_NOTICES = f"$['{_SOAP}:Envelope']['{_SOAP}:Body']['{_OUTBOUND}:notifications']"
_ID_FORM = "[A-Za-z0-9]{18}"
# Everything else must be as in the example: names, namespaces and the type of the record.
_FORMS = {
    f"{_NOTICES}['{_OUTBOUND}:OrganizationId']['#text']": _ID_FORM,
    f"{_NOTICES}['{_OUTBOUND}:Notification']['{_OUTBOUND}:Id']['#text']": _ID_FORM,
    f"{_NOTICES}['{_OUTBOUND}:Notification']['{_OUTBOUND}:sObject']['{_RECORD}:Id']['#text']": _ID_FORM,
}


def _message(table: str, native_id: str) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<soapenv:Envelope xmlns:soapenv="{_SOAP}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f'<soapenv:Body><notifications xmlns="{_OUTBOUND}">'
        f"<OrganizationId>{_ORGANIZATION}</OrganizationId><Notification><Id>{_NOTICE}</Id>"
        f'<sObject xsi:type="sf:{table}" xmlns:sf="{_RECORD}"><sf:Id>{native_id}</sf:Id></sObject>'
        "</Notification></notifications></soapenv:Body></soapenv:Envelope>"
    )


def test_messages__say_which_record_reached_its_milestone(messages: Callable[[str], Messages]) -> None:
    pact = messages("salesforce-webhooks")
    expected = {"Opportunity": native("006"), "Contract": native("800")}
    for description, state, table in (
        ("an opportunity was won", "an opportunity is won while we listen", "Opportunity"),
        ("a contract was signed", "a contract is signed while we listen", "Contract"),
    ):
        message, kind = _message(table, expected[table]), "text/xml; charset=utf-8"
        pact.upon(description, state, message, headers={}, content_type=kind, forms=_FORMS)
    received = {}

    def receive(body: bytes, headers: dict[str, str]) -> None:
        notified = SalesforceReceiver("salesforce", _ORGANIZATION, _TOKEN).receive(headers, body, _TOKEN)
        assert notified.keys == (_NOTICE,)
        assert b"<Ack>true</Ack>" in notified.answer
        (notice,) = parse_outbound_message(body, _ORGANIZATION)
        received[notice.table] = notice.native_id

    pact.believed(receive)
    assert received == expected
