"""What version 1 of the canonical model stored is read where the core always reads, and is no news."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy import Table, insert, select, update

from integration_core.canonical.deals import Contract
from integration_core.canonical.ledger import LegalEntity
from integration_core.canonical.versions import DOCUMENTS, ENTITIES, SCHEMA_VERSION, UnknownVersion, upcast
from integration_core.canonical.work import TimeCard
from integration_core.store import schema
from integration_core.store.intake import native_id_of
from tests.unit.canonical import older

from . import records
from .memory import Memory

CARDS = [json.loads(payload) for payload in older.of("TimeCard")]
LANES = {kind.__name__: lane for lane, kind in DOCUMENTS.items()}


def digest(value: Any) -> str:
    """As version 1 made it of a payload."""
    return hashlib.blake2b(msgspec.json.encode(value), digest_size=16).hexdigest()


def today(entity: str, payload: str) -> Any:
    """What a recorded payload says, in today's type."""
    return msgspec.convert(upcast(entity, 1, json.loads(payload)), ENTITIES[entity])


def content(payload: dict[str, Any]) -> str:
    return digest({**payload, "recorded_at_ms": 0})


def record_rows() -> list[dict[str, Any]]:
    """The recorded source records as rows of version 1, the newest of each current."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for entity, payload in older.recorded():
        if entity == "TimeCard" or entity in LANES:
            continue
        record, said = today(entity, payload), json.loads(payload)
        rows[entity, native_id_of(record)] = {
            "entity": entity,
            "native_id": native_id_of(record),
            "recorded_at_ms": said["recorded_at_ms"],
            "content": content(said),
            "payload": payload,
            "schema_version": 1,
            "current": True,
        }
    return list(rows.values())


def card_row(payload: dict[str, Any]) -> dict[str, Any]:
    """A recorded card as a row of version 1, before it became entries."""
    return {
        "native_id": payload["native_id"],
        "name": payload["name"],
        "recorded_at_ms": payload["recorded_at_ms"],
        "content": content(payload),
        "status": payload["status"],
        "payload": msgspec.json.encode(payload).decode(),
        "schema_version": 1,
        "stage": "parked" if payload["status"] == "Approved" else "noted",
        "chain": "",
        "ver": 0,
        "replaced": False,
        "submitted_ms": payload["submitted_at_ms"],
        "decided_ms": payload["approved_at_ms"],
    }


def wish_rows() -> list[dict[str, Any]]:
    """The recorded documents as rows of version 1 that are still owed."""
    return [
        {
            "lane": LANES[entity],
            "key": f"{number:04d}",
            "revision": hashlib.blake2b(payload.encode(), digest_size=16).hexdigest(),
            "payload": payload,
            "schema_version": 1,
            "sent_revision": "",
            "state": "pending",
            "attempts": 0,
            "not_before_ms": 0,
            "wanted_ms": 0,
            "error": "",
        }
        for number, (entity, payload) in enumerate(older.recorded())
        if entity in LANES
    ]


@pytest.fixture
def past(memory: Memory) -> Memory:
    """A store as version 1 left it."""
    memory.do(lambda c: c.execute(insert(schema.record), record_rows()))
    memory.do(lambda c: c.execute(insert(schema.card), [card_row(card) for card in CARDS]))
    memory.do(lambda c: c.execute(insert(schema.outbox), wish_rows()))
    return memory


def versions(memory: Memory, table: Table) -> list[int]:
    return list(memory.do(lambda c: c.execute(select(table.c.schema_version)).scalars().all()))


def test_records_of_version_1__are_read_now_and_as_of_an_instant(past: Memory) -> None:
    expected = [today(row["entity"], row["payload"]) for row in record_rows()]
    assert past.current() == expected
    then = past.do(lambda c: past.store.references.as_of(c, 1 << 60))
    assert sorted(then, key=repr) == sorted(expected, key=repr)


def test_record_that_is_read_again_unchanged__is_no_news(past: Memory) -> None:
    again = past.current()
    taken = past.take(*again)
    assert (taken.fresh, taken.duplicate) == (0, len(again))
    assert set(versions(past, schema.record)) == {1}


def test_record_that_says_what_version_1_did_not_read__is_taken_in_the_present_version(past: Memory) -> None:
    (entity,) = [record for record in past.current() if isinstance(record, LegalEntity)]
    told = replace(entity, holidays=(records.MONDAY,))
    assert past.take(told).fresh == 1
    assert told in past.current()
    assert sorted(set(versions(past, schema.record))) == [1, SCHEMA_VERSION]


def test_cards_of_version_1__become_entries_and_are_no_news(past: Memory) -> None:
    for card in CARDS:
        past.staff(("E-" + card["resource_native_id"], card["resource_native_id"]))
        past.plan((records.TASK, card["task_native_id"]))
    past.do(past.store.work.resolve)
    approved = [card for card in CARDS if card["status"] == "Approved" and not card["replaces_native_id"]]
    cells = {cell["source_id"]: cell["hours"] for card in approved for cell in card["cells"]}
    found = {entry.source_id: str(entry.hours) for entry in past.unrated()}
    assert found.items() >= cells.items()
    assert past.take(*[msgspec.convert(card, TimeCard) for card in CARDS]).fresh == 0


def test_card_that_changed__is_stored_in_the_present_version(past: Memory) -> None:
    (waiting,) = [msgspec.convert(card, TimeCard) for card in CARDS if card["status"] == "Submitted"]
    at_ms = waiting.recorded_at_ms + 1
    assert past.take(replace(waiting, status="Rejected", recorded_at_ms=at_ms)).fresh == 1
    assert sorted(versions(past, schema.card)) == [1] * (len(CARDS) - 1) + [SCHEMA_VERSION]


def test_cards_of_version_1__are_seen_waiting_for_approval(past: Memory) -> None:
    (waiting,) = [card for card in CARDS if card["status"] == "Submitted"]
    past.plan((records.TASK, waiting["task_native_id"]))
    late_ms = waiting["submitted_at_ms"] + 1
    found = past.do(lambda c: past.store.work.unapproved(c, late_ms))
    days = {f"TE|{waiting['name']}|{cell['source_id'].partition('#')[2]}" for cell in waiting["cells"]}
    assert days
    assert days <= {one.entry_bk for one in found}


@pytest.mark.parametrize("row", wish_rows(), ids=lambda row: f"{row['lane']} {row['key']}")
def test_wish_of_version_1__is_sent_as_it_was_meant_and_not_wished_anew(
    past: Memory, row: dict[str, Any]
) -> None:
    lane, key, meant = row["lane"], row["key"], json.loads(row["payload"])
    outbox, kind = past.store.outbox, DOCUMENTS[row["lane"]]
    owed = {one.key: one.payload for one in past.do(lambda c: outbox.pending(c, lane, 0, 100))}
    wanted = past.do(lambda c: outbox.payloads(c, lane, [key]))
    assert msgspec.convert(owed[key], kind) == msgspec.convert(meant, kind)
    assert wanted[key] == owed[key]
    assert past.do(lambda c: outbox.want(c, lane, [(key, owed[key])], 1)) == 0


def test_wish_that_changed__is_owed_in_the_present_version(past: Memory) -> None:
    row = wish_rows()[0]
    new = {**json.loads(row["payload"]), "note": "new"}
    assert past.do(lambda c: past.store.outbox.want(c, row["lane"], [(row["key"], new)], 1)) == 1
    assert versions(past, schema.outbox).count(SCHEMA_VERSION) == 1


def test_contract_of_version_1__stands_in_the_book(past: Memory) -> None:
    contracts = [record for record in past.current() if isinstance(record, Contract)]
    assert contracts
    assert past.book()["lineage"] == []  # nothing was billed, and every contract could be read


READS: dict[str, tuple[Table, Callable[[Memory], object]]] = {
    "record": (schema.record, lambda past: past.current()),
    "card": (schema.card, lambda past: past.do(past.store.work.resolve)),
    "outbox": (
        schema.outbox,
        lambda past: past.do(lambda c: past.store.outbox.pending(c, "erp.invoice", 0, 100)),
    ),
}


@pytest.mark.parametrize("name", READS)
def test_payload_of_a_later_version__is_refused_by_name(past: Memory, name: str) -> None:
    table, read = READS[name]
    past.do(lambda c: c.execute(update(table).values(schema_version=SCHEMA_VERSION + 1)))
    with pytest.raises(UnknownVersion, match="start the release that wrote it, or a newer one"):
        read(past)


def test_what_is_stored_today__carries_the_present_version(memory: Memory) -> None:
    memory.take(records.CONTRACT, records.card("c1", 100, {"Mon": "8"}))
    memory.do(lambda c: memory.store.outbox.want(c, "crm.contract", [("k", {})], 0))
    for table in (schema.record, schema.card, schema.outbox):
        assert versions(memory, table) == [SCHEMA_VERSION]
