"""Several connections at once: nobody misses a record, and a watermark never goes back (PostgreSQL)."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier, Event
from typing import cast

import pytest
from msgspec.structs import replace
from sqlalchemy import Connection, select, text
from sqlalchemy.exc import OperationalError

from integration_core.canonical.deals import Customer
from integration_core.store import schema

from .memory import Memory
from .records import CUSTOMER

WRITERS, PAGES = 2, 40


def customer(native_id: str) -> Customer:
    return replace(CUSTOMER, native_id=native_id, key=f"CU|{native_id}")


def last_number(connection: Connection) -> tuple[int, bool]:
    row = connection.execute(text("SELECT last_value, is_called FROM record_seq_seq")).one()
    return int(row.last_value), bool(row.is_called)


def test_second_taker__draws_no_number_before_the_first_has_committed(on_postgres: Memory) -> None:
    intake = on_postgres.store.intake
    with on_postgres.database.begin() as first:
        intake.take(first, "crm", "accounts", [customer("001A")], [], 0)
        drawn = last_number(first)
        with on_postgres.database.connect() as second:
            second.execute(text("SET lock_timeout = '50ms'"))
            with pytest.raises(OperationalError, match="lock timeout"):
                intake.take(second, "crm", "accounts", [customer("001B")], [], 0)
        assert last_number(first) == drawn
    assert on_postgres.take(customer("001B")).fresh == 1


def test_reader_beside_two_writers__misses_no_record(on_postgres: Memory) -> None:
    begin, done = Barrier(WRITERS + 1), Event()

    def write(writer: int) -> None:
        begin.wait(timeout=30)
        for page in range(PAGES):
            on_postgres.take(*(customer(f"{writer}-{page}-{n}") for n in range(5)))

    def follow() -> list[str]:
        """Go on from the last number seen, as every process does with its picture of the sources."""
        seen, after = [], 0
        begin.wait(timeout=30)
        while True:
            was_last = done.is_set()
            changed, after = on_postgres.do(partial(on_postgres.store.references.changed, after=after))
            seen += [cast(Customer, record).native_id for record in changed]
            if was_last:
                return seen

    with ThreadPoolExecutor(WRITERS + 1) as pool:
        reader = pool.submit(follow)
        writers = [pool.submit(write, number) for number in range(WRITERS)]
        for one in writers:
            one.result(timeout=60)
        done.set()
        seen = reader.result(timeout=60)
    wanted = {f"{w}-{p}-{n}" for w in range(WRITERS) for p in range(PAGES) for n in range(5)}
    assert sorted(seen) == sorted(wanted)


def test_same_page_taken_twice_at_once__is_applied_once(on_postgres: Memory) -> None:
    begin = Barrier(WRITERS)
    page = [customer(f"001{n}") for n in range(50)]

    def write() -> int:
        begin.wait(timeout=30)
        return on_postgres.take(*page).fresh

    with ThreadPoolExecutor(WRITERS) as pool:
        fresh = [future.result(timeout=60) for future in [pool.submit(write) for _ in range(WRITERS)]]
    assert sorted(fresh) == [0, 50]
    rows = on_postgres.do(lambda c: c.execute(select(schema.record.c.native_id)).scalars().all())
    assert len(rows) == 50


def test_slower_poll__does_not_move_the_watermark_back(on_postgres: Memory) -> None:
    intake = on_postgres.store.intake
    with on_postgres.database.connect() as slow:
        assert intake.watermark(slow, "crm", "accounts") is None
        on_postgres.do(lambda c: intake.advance(c, "crm", {"accounts": 300}))
        intake.advance(slow, "crm", {"accounts": 200})
        slow.commit()
    assert on_postgres.do(lambda c: intake.watermark(c, "crm", "accounts")) == 300
