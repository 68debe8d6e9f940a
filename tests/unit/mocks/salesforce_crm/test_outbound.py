"""Outbound messages: sent on win and signature, sound in form, sent again until they are acknowledged."""

import asyncio
from pathlib import Path
from xml.etree import ElementTree

import pytest

import mocks.crm.salesforce
from mocks.crm.salesforce.schema import CONTRACT, OPPORTUNITY
from mocks.crm.salesforce.state import ORG
from mocks.kit.webhooks import RETRY_GAPS_MS
from mocks.kit.world import World
from mocks.protocols.salesforce import records
from tests.unit.mocks.salesforce_crm.sales import (
    HOOK,
    ORGANIZATION,
    TRUE_ACK,
    Listener,
    at_ms,
    contract,
    deal,
    empty_world,
    opportunity,
    play,
)

FIXTURES = Path(mocks.crm.salesforce.__file__).parent / "fixtures"
OUTBOUND = "{http://soap.sforce.com/2005/09/outbound}"
XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"


def released(world: World) -> int:
    """How many messages are sent now."""
    return asyncio.run(world.webhooks.release(world.now_ms()))


def read(body: bytes) -> tuple[str, str, str, dict[str, str]]:
    """Organisation, notification id, type and fields of a message."""
    message = ElementTree.fromstring(body).find(f".//{OUTBOUND}notifications")
    assert message is not None
    notice = message.find(f"{OUTBOUND}Notification")
    assert notice is not None
    subject = notice.find(f"{OUTBOUND}sObject")
    assert subject is not None
    fields = {part.tag.rpartition("}")[2]: part.text or "" for part in subject}
    return (
        message.findtext(f"{OUTBOUND}OrganizationId") or "",
        notice.findtext(f"{OUTBOUND}Id") or "",
        subject.get(XSI_TYPE, ""),
        fields,
    )


def test_a_deal__tells_its_signature_and_its_win_once_each() -> None:
    listener = Listener()
    world = empty_world(listener)
    play(world, deal())
    assert released(world) == 2
    assert released(world) == 0
    assert {(url, headers["content-type"]) for url, headers, _ in listener.posts} == {
        (HOOK, "text/xml; charset=utf-8")
    }
    signed, won = (read(body) for _, _, body in listener.posts)
    contract_record, deal_record = (world.store.select(name)[0] for name in (CONTRACT, OPPORTUNITY))
    assert signed[0] == won[0] == ORGANIZATION
    assert signed[1] != won[1]
    assert signed[2:] == (
        "sf:Contract",
        {"Id": contract_record.id, "Status": "Signed", "SystemModstamp": "2026-01-09T09:00:00.000Z"},
    )
    assert won[2:] == (
        "sf:Opportunity",
        {
            "Id": deal_record.id,
            "AccountId": str(deal_record.values["AccountId"]),
            "StageName": "Closed Won",
            "SystemModstamp": "2026-01-10T09:00:00.000Z",
        },
    )


def test_the_same_deal_in_the_same_world__tells_the_same_bytes() -> None:
    bodies = []
    for _ in range(2):
        listener = Listener()
        world = empty_world(listener)
        play(world, deal())
        released(world)
        bodies.append([body for _, _, body in listener.posts])
    assert bodies[0] == bodies[1]


@pytest.mark.parametrize("actor", ["api", "person"])
def test_a_call_and_a_person__tell_alike(actor: str) -> None:
    world = empty_world(Listener())
    play(world, [*deal()[:-1]])
    record_id = world.store.select(OPPORTUNITY)[0].id
    records.update(ORG, world, OPPORTUNITY, record_id, {"StageName": "Closed Won"}, actor=actor)
    assert len(world.webhooks.listed()) == 2


def test_other_changes__tell_nothing() -> None:
    world = empty_world(Listener())
    play(world, deal())
    told = len(world.webhooks.listed())
    record_id = world.store.select(OPPORTUNITY)[0].id
    records.update(ORG, world, OPPORTUNITY, record_id, {"Name": "Renamed"}, at_ms=at_ms(20))
    records.delete(ORG, world, OPPORTUNITY, record_id)
    play(world, [contract("COMPLETED", 21, 3, signed_at_ms=at_ms(9))])
    assert len(world.webhooks.listed()) == told


def test_history_that_is_laid__tells_nothing() -> None:
    world = empty_world(Listener())
    play(world, deal(), live=False)
    assert world.webhooks.listed() == []


def test_without_a_subscription__nothing_is_owed() -> None:
    world = empty_world()
    play(world, deal())
    assert world.webhooks.listed() == []


def test_a_refused_write__tells_nothing() -> None:
    world = empty_world(Listener())
    acted = play(world, [*deal()[:4], opportunity("CLOSED_WON", 5, 2)])
    assert acted[-1].state == "refused"
    assert world.webhooks.listed() == []


@pytest.mark.parametrize(
    "answer",
    [
        None,
        (500, b""),
        (200, b""),
        (200, b"OK"),
        (200, b"<Ack>false</Ack>"),
        (200, b"<NoAck>true</NoAck>"),
    ],
)
def test_a_message_without_a_true_acknowledgement__is_sent_again(answer: tuple[int, bytes] | None) -> None:
    listener = Listener(answer)
    world = empty_world(listener)
    play(world, deal())
    released(world)
    assert world.webhooks.counts() == {"pending": 2}
    first = [body for _, _, body in listener.posts]
    listener.answer = (200, (FIXTURES / "outbound_acknowledged.xml").read_bytes())
    world.clock.step_to(world.now_ms() + RETRY_GAPS_MS[0])
    released(world)
    assert world.webhooks.counts() == {"delivered": 2}
    assert [body for _, _, body in listener.posts[2:]] == first


@pytest.mark.parametrize(
    "body",
    [
        TRUE_ACK,
        b'<o:r xmlns:o="http://soap.sforce.com/2005/09/outbound"><o:Ack>\n true </o:Ack></o:r>',
    ],
)
def test_acknowledgements__are_known_with_any_prefix(body: bytes) -> None:
    assert empty_world().webhooks.accepted(200, body)
