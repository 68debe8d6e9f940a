"""Outbound messages: SOAP notices of changed records, and what acknowledges them (wire 4.1, events)."""

from collections.abc import Sequence
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

from mocks.kit.schema import Value
from mocks.kit.store import Record
from mocks.kit.world import World
from mocks.protocols.salesforce.identifiers import numbered_id
from mocks.protocols.salesforce.records import Org
from mocks.protocols.salesforce.shapes import Column
from mocks.protocols.salesforce.values import decimal_text, instant_text

TARGET_STATE = "outbound.target"
HEADERS = {"content-type": "text/xml; charset=utf-8", "soapaction": '""'}
MAXIMUM_ANSWER = 100_000
_OUTBOUND = "http://soap.sforce.com/2005/09/outbound"
_ACTION_PREFIX, _NOTICE_PREFIX = "04k", "04l"


def subscribe(world: World, url: str, secret: str) -> None:
    """Send this world's notices to a URL, whose path is what proves them; an empty one ends them."""
    world.store.set_state(TARGET_STATE, url)
    world.settings[TARGET_STATE] = url


def prepare(world: World) -> None:
    """Have a world take only a true Ack for an answer, and keep its target through a reset."""
    world.webhooks.accepted = acknowledged
    kept = world.settings.get(TARGET_STATE)
    if kept and not world.store.state(TARGET_STATE):
        world.store.set_state(TARGET_STATE, kept)


def queue(org: Org, world: World, record: Record, fields: Sequence[str]) -> None:
    """Owe the subscriber a notice of a record with its id, these fields and its stamp."""
    url = world.store.state(TARGET_STATE)
    if not url:
        return
    notice_id = numbered_id(_NOTICE_PREFIX, org.instance, world.store.next_number("notice"))
    body = message(org, world, record, fields, notice_id)
    world.webhooks.queue(record.object, url, HEADERS, body, world.now_ms())


def message(org: Org, world: World, record: Record, fields: Sequence[str], notice_id: str) -> bytes:
    """The SOAP envelope of one notice."""
    shape = org.shapes[record.object.lower()]
    action_id = numbered_id(_ACTION_PREFIX, org.instance, list(org.shapes).index(record.object.lower()) + 1)
    organization = world.secrets["organization_id"]
    parts = [_element("Id", record.id)]
    parts += [_element(name, _text(shape.by_name[name.lower()], record.values[name])) for name in fields]
    parts.append(_element("SystemModstamp", _instant(record.modified_ms)))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
        ' xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f'<soapenv:Body><notifications xmlns="{_OUTBOUND}">'
        f"<OrganizationId>{organization}</OrganizationId><ActionId>{action_id}</ActionId>"
        '<SessionId xsi:nil="true"/>'
        f"<EnterpriseUrl>https://crm.example/services/Soap/c/59.0/{organization}</EnterpriseUrl>"
        f"<PartnerUrl>https://crm.example/services/Soap/u/59.0/{organization}</PartnerUrl>"
        f"<Notification><Id>{notice_id}</Id>"
        f"<sObject xsi:type={quoteattr('sf:' + record.object)}"
        ' xmlns:sf="urn:sobject.enterprise.soap.sforce.com">'
        f"{''.join(parts)}</sObject></Notification></notifications></soapenv:Body></soapenv:Envelope>"
    ).encode()


def acknowledged(status: int, body: bytes) -> bool:
    """Whether an answer is a `notificationsResponse` whose Ack is true."""
    if not 200 <= status < 300 or len(body) > MAXIMUM_ANSWER or b"<!DOCTYPE" in body:
        return False
    try:
        root = ElementTree.fromstring(body)
    except ElementTree.ParseError:
        return False
    return (root.findtext(f".//{{{_OUTBOUND}}}Ack") or "").strip() in ("true", "1")


def _element(name: str, text: str | None) -> str:
    return "" if text is None else f"<sf:{name}>{escape(text)}</sf:{name}>"


def _text(column: Column, value: Value) -> str | None:
    if value is None:
        return None
    match column.field.kind:
        case "bool":
            return "true" if value else "false"
        case "instant":
            return _instant(int(value))
        case "decimal":
            return decimal_text(int(value), column.field.scale)
        case _:
            return str(value)


def _instant(at_ms: int) -> str:
    return instant_text(at_ms).replace("+0000", "Z")
