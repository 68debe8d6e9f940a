"""Outbound messages of the CRM: is it ours, is it sound, what does it say (wire 4.1, events).

A message says only that something changed: its fields are the latest, not those at the trigger,
it may come twice and out of order. So it wakes a poll and never is the data itself.
"""

import hmac
from xml.etree import ElementTree

from msgspec import Struct

from integration_core.ports.systems import AuthRefused, Unreadable

_BODY_LIMIT = 1_000_000
_NOTIFICATION_LIMIT = 100
_OUTBOUND = "{http://soap.sforce.com/2005/09/outbound}"
_XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"

ACK = (
    b'<?xml version="1.0" encoding="UTF-8"?>'
    b'<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
    b'<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack>'
    b"</notificationsResponse></soapenv:Body></soapenv:Envelope>"
)


class Notification(Struct, frozen=True, kw_only=True):
    """One change notice; receivers drop repeats by `notification_id`."""

    notification_id: str
    table: str
    native_id: str
    fields: dict[str, str]


class _NoDoctype(ElementTree.TreeBuilder):
    """Refuses any document type, and so every entity that one could declare."""

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise Unreadable("SCHEMA_INVALID", "An outbound message declares a document type.")


def token_matches(given: str, expected: str) -> bool:
    """Whether the path token is ours, in constant time."""
    return hmac.compare_digest(given.encode(), expected.encode())


def parse_outbound_message(body: bytes, organization_id: str) -> tuple[Notification, ...]:
    """The notices of one message; AuthRefused for a foreign org, Unreadable for anything malformed."""
    if len(body) > _BODY_LIMIT:
        raise Unreadable("SCHEMA_INVALID", f"An outbound message has {len(body)} bytes.")
    try:
        root = ElementTree.fromstring(body, parser=ElementTree.XMLParser(target=_NoDoctype()))
    except (ElementTree.ParseError, LookupError, ValueError) as error:
        raise Unreadable("SCHEMA_INVALID", f"An outbound message is no XML: {error}") from error
    message = root.find(f".//{_OUTBOUND}notifications")
    if message is None:
        raise Unreadable("SCHEMA_INVALID", "An outbound message without notifications.")
    given = (message.findtext(f"{_OUTBOUND}OrganizationId") or "").strip()
    if not hmac.compare_digest(given.encode(), organization_id.encode()):
        raise AuthRefused("TECH_AUTH", "An outbound message of another organisation.")
    notices = message.findall(f"{_OUTBOUND}Notification")
    if not 1 <= len(notices) <= _NOTIFICATION_LIMIT:
        raise Unreadable("SCHEMA_INVALID", f"An outbound message with {len(notices)} notifications.")
    return tuple(_notification(notice) for notice in notices)


def _notification(notice: ElementTree.Element) -> Notification:
    subject = notice.find(f"{_OUTBOUND}sObject")
    notification_id = (notice.findtext(f"{_OUTBOUND}Id") or "").strip()
    if subject is None or not notification_id:
        raise Unreadable("SCHEMA_INVALID", "A notification without id or record.")
    # The record's fields stand in the namespace of the org's own schema.
    fields = {part.tag.rpartition("}")[2]: (part.text or "").strip() for part in subject}
    table = subject.get(_XSI_TYPE, "").rpartition(":")[2]
    if not table or not fields.get("Id"):
        raise Unreadable("SCHEMA_INVALID", "A notification without the record's type or id.")
    return Notification(
        notification_id=notification_id,
        table=table,
        native_id=fields.pop("Id"),
        fields=fields,
    )
