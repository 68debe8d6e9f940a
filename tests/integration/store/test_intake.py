"""The inbox: every version of every record once, however often and in whatever order it is read."""

import random
from decimal import Decimal
from functools import partial
from typing import cast

import pytest
from msgspec.structs import replace
from sqlalchemy import Connection, select

from integration_core.canonical.deals import Customer
from integration_core.canonical.ledger import CodeList, PeriodState, TaxRate
from integration_core.canonical.work import TimeCard
from integration_core.ports.systems import Unread
from integration_core.store import schema

from .memory import Memory
from .records import BEN, CONTRACT, CUSTOMER, KNOWN_TASK, MONDAY, card, state


def renamed(name: str, at_ms: int) -> Customer:
    return replace(CUSTOMER, display_name=name, recorded_at_ms=at_ms)


def name_and_stamp(memory: Memory) -> tuple[str, int]:
    (customer,) = [record for record in memory.current() if isinstance(record, Customer)]
    return customer.display_name, customer.recorded_at_ms


def adds_up(counts: dict[str, int]) -> bool:
    """Every message received has exactly one outcome (finance I42)."""
    return counts.get("received", 0) == sum(n for outcome, n in counts.items() if outcome != "received")


def test_record__is_taken_once(memory: Memory) -> None:
    assert memory.take(CUSTOMER).fresh == 1
    again = memory.take(CUSTOMER)
    assert (again.fresh, again.duplicate) == (0, 1)
    assert memory.current() == [CUSTOMER]


def test_echo_with_a_moved_stamp__is_a_duplicate_and_moves_no_instant(memory: Memory) -> None:
    memory.take(renamed("Acme", 100))
    _, seen = memory.do(lambda c: memory.store.references.changed(c, 0))
    assert memory.take(renamed("Acme", 900)).duplicate == 1
    assert name_and_stamp(memory) == ("Acme", 100)
    assert memory.do(lambda c: memory.store.references.changed(c, seen)) == ([], seen)


def test_newer_version__replaces_the_older_one(memory: Memory) -> None:
    memory.take(renamed("Acme", 100))
    _, seen = memory.do(lambda c: memory.store.references.changed(c, 0))
    memory.take(renamed("Apex", 200))
    changed, after = memory.do(lambda c: memory.store.references.changed(c, seen))
    assert [cast(Customer, record).display_name for record in changed] == ["Apex"]
    assert after > seen
    assert name_and_stamp(memory) == ("Apex", 200)


def test_older_version_read_late__is_stale(memory: Memory) -> None:
    memory.take(renamed("Apex", 200))
    assert memory.take(renamed("Acme", 100)).fresh == 0
    assert name_and_stamp(memory) == ("Apex", 200)
    assert memory.counts()["stale"] == 1


def test_other_content_under_an_equal_stamp__is_taken(memory: Memory) -> None:
    memory.take(renamed("Acme", 100))
    memory.take(renamed("Apex", 100))
    assert name_and_stamp(memory) == ("Apex", 100)


def test_going_back_to_an_earlier_content__is_a_version(memory: Memory) -> None:
    for at_ms, name in enumerate(("Acme", "Apex", "Acme"), start=100):
        assert memory.take(renamed(name, at_ms)).fresh == 1
    assert name_and_stamp(memory) == ("Acme", 102)


@pytest.mark.parametrize("order", [(100, 200, 300), (300, 100, 200), (200, 300, 100)])
def test_several_versions_in_a_page__the_newest_stands(memory: Memory, order: tuple[int, ...]) -> None:
    page = [renamed(f"Acme {at_ms}", at_ms) for at_ms in order]
    taken = memory.take(*page)
    assert (taken.fresh, taken.duplicate) == (1, 2)
    assert name_and_stamp(memory) == ("Acme 300", 300)
    assert adds_up(memory.counts())


def test_many_records__are_taken_whole(memory: Memory) -> None:
    page = [replace(CUSTOMER, native_id=f"001{n:04d}", key=f"CU|{n}") for n in range(1_000)]
    assert memory.take(*page).fresh == 1_000
    assert memory.take(*page).duplicate == 1_000
    newer = [replace(one, city="Utica", recorded_at_ms=200) for one in page]
    assert memory.take(*newer).fresh == 1_000
    assert {cast(Customer, one).city for one in memory.current()} == {"Utica"}
    assert len(memory.current()) == 1_000


def test_two_kinds_that_share_an_id__do_not_replace_each_other(memory: Memory) -> None:
    ids = ("1", "2")
    customers = [replace(CUSTOMER, native_id=native_id) for native_id in ids]
    contracts = [replace(CONTRACT, native_id=native_id) for native_id in ids]
    memory.take(*customers, *contracts)
    memory.take(
        replace(customers[0], city="Utica", recorded_at_ms=200),
        replace(contracts[1], status="COMPLETED", recorded_at_ms=200),
    )
    assert len(memory.current()) == 4


def test_rows_without_id__are_known_by_their_key(memory: Memory) -> None:
    tax = TaxRate(
        jurisdiction="US-WA",
        tax_class="SERVICE",
        valid_from=MONDAY,
        percent=Decimal("8.875"),
        recorded_at_ms=1,
    )
    code = CodeList(kind="department", code="DATA", native_id="5", name="Data", recorded_at_ms=1)
    period = PeriodState(entity_code="US01", period="2026-01", native_id="5", closed=False, recorded_at_ms=1)
    assert memory.take(tax, code, period).fresh == 3
    closed = replace(period, closed=True, recorded_at_ms=2)
    assert memory.take(tax, replace(code, kind="classification"), closed).fresh == 2
    assert closed in memory.current()
    assert len(memory.current()) == 4


def test_records__come_back_as_they_went_in_and_in_order(memory: Memory) -> None:
    memory.take(CONTRACT)
    memory.take(CUSTOMER)
    assert memory.current() == [CONTRACT, CUSTOMER]


def test_unreadable_record__is_kept_and_counted(memory: Memory) -> None:
    unread = Unread(
        entity="Contract",
        native_id="800X",
        code="SCHEMA_INVALID",
        text="no currency",
        payload='{"Id":"800X"}',
        recorded_at_ms=5,
    )
    taken = memory.take(CUSTOMER, unread=[unread])
    assert (taken.fresh, taken.unread) == (1, 1)
    memory.take(unread=[replace(unread, payload='{"Id":"800X","v":2}')])
    kept = memory.do(lambda c: c.execute(select(schema.unreadable)).all())
    assert [(row.native_id, row.payload) for row in kept] == [("800X", '{"Id":"800X","v":2}')]
    assert memory.counts()["unread"] == 2
    assert adds_up(memory.counts())


def test_invoice_states__are_counted_but_not_kept_as_records(memory: Memory) -> None:
    taken = memory.take(state("IN|1", "POSTED", 5), CUSTOMER)
    assert taken.fresh == 1
    assert memory.current() == [CUSTOMER]
    assert (memory.counts()["received"], memory.counts()["applied"]) == (2, 2)


def test_parked_card__is_counted_apart_until_it_is_entered(memory: Memory) -> None:
    memory.enter(card("a1T1", 500, {"Mon": "8"}))
    assert (memory.counts()["applied"], memory.counts()["parked"]) == (0, 1)
    memory.staff(BEN)
    memory.plan(KNOWN_TASK)
    memory.do(memory.store.work.resolve)
    assert (memory.counts()["applied"], memory.counts()["parked"]) == (1, 0)
    assert adds_up(memory.counts())


def test_counts__add_up_whatever_comes(memory: Memory) -> None:
    chance = random.Random(7)
    for _ in range(30):
        records = [
            replace(CUSTOMER, native_id=f"001{chance.randrange(4)}", recorded_at_ms=chance.randrange(50))
            for _ in range(chance.randrange(4))
        ]
        records = [replace(one, city=chance.choice("AB")) for one in records]
        cards: list[TimeCard] = [
            card(f"a1T{chance.randrange(3)}", chance.randrange(50) + 20, {"Mon": chance.choice("48")})
            for _ in range(chance.randrange(3))
        ]
        memory.take(*records, *cards)
        assert adds_up(memory.counts())
    assert {"applied", "duplicate", "stale", "parked"} <= memory.counts().keys()


def test_watermark__only_moves_forward(memory: Memory) -> None:
    intake = memory.store.intake
    assert memory.do(lambda c: intake.watermark(c, "crm", "accounts")) is None
    for at_ms in (100, 300, 200):
        memory.do(partial(intake.advance, source="crm", complete_to_ms={"accounts": at_ms}))
    assert memory.do(lambda c: intake.watermark(c, "crm", "accounts")) == 300
    assert memory.do(lambda c: intake.watermark(c, "crm", "rates")) is None
    assert memory.do(lambda c: intake.watermark(c, "psa", "accounts")) is None


def test_watermarks_of_many_streams__move_each_by_itself(memory: Memory) -> None:
    intake = memory.store.intake
    memory.do(lambda c: intake.advance(c, "crm", {"accounts": 300, "rates": 100}))
    memory.do(lambda c: intake.advance(c, "crm", {"accounts": 200, "rates": 200, "quotes": 5}))
    memory.do(lambda c: intake.advance(c, "crm", {}))
    streams = ("accounts", "rates", "quotes")
    assert [memory.do(partial(intake.watermark, source="crm", stream=one)) for one in streams] == [
        300,
        200,
        5,
    ]


def test_notification__is_noted_once_for_each_source(memory: Memory) -> None:
    intake = memory.store.intake
    seen = [
        memory.do(partial(intake.note_delivery, source=source, key="n-1", now_ms=5))
        for source in ("crm", "crm", "hris")
    ]
    assert seen == [True, False, True]


def test_card_under_way__may_change_until_it_is_entered(memory: Memory) -> None:
    memory.staff(BEN)
    memory.plan(KNOWN_TASK)
    memory.enter(card("a1T1", 100, {"Mon": "8"}, status="Submitted"))
    assert memory.unrated() == []
    memory.enter(card("a1T1", 200, {"Mon": "6"}))
    assert [entry.hours for entry in memory.unrated()] == [6]


def test_entered_card__is_immutable(memory: Memory) -> None:
    memory.staff(BEN)
    memory.plan(KNOWN_TASK)
    memory.enter(card("a1T1", 200, {"Mon": "6"}))
    memory.take(card("a1T1", 300, {"Mon": "9"}), card("a1T1", 400, {"Mon": "6"}, deleted=True))
    memory.do(memory.store.work.resolve)
    assert [(entry.hours, entry.a_ms) for entry in memory.unrated()] == [(Decimal(6), 200)]


def test_rolled_back_page__leaves_nothing(memory: Memory) -> None:
    def cut_off(connection: Connection) -> None:
        memory.store.intake.take(connection, "crm", "accounts", [CUSTOMER], [], 0)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        memory.do(cut_off)
    assert memory.current() == []
    assert memory.counts().get("received", 0) == 0


def test_provisioned_contracts__are_remembered_once(memory: Memory) -> None:
    references = memory.store.references
    for at_ms in (5, 9):
        memory.do(partial(references.set_provisioned, contract_native_id="800C", at_ms=at_ms))
    assert memory.do(references.provisioned) == {"800C"}
