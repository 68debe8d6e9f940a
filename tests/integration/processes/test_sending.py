"""Calls of one lane that are under way at once end together, whatever becomes of one of them."""

import asyncio
from datetime import date
from typing import cast

import msgspec
import pytest

from integration_core.canonical.ledger import Journal
from integration_core.ports.systems import Erp, Written

from .house import House


class Broken(Exception):
    """A fault of ours in the midst of a call."""


class Ledger:
    """An ERP that takes its time over every journal but the first, which breaks."""

    name, streams = "erp", ("all",)

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.ended: list[str] = []

    async def create_journal(
        self, journal: Journal, customers: dict[str, str], projects: dict[str, str]
    ) -> Written:
        self.begun.append(journal.key)
        if journal.key == "JE|0":
            raise Broken
        for _ in range(5):
            await asyncio.sleep(0)
        self.ended.append(journal.key)
        return Written(key=journal.key, native_id=journal.key)


def journal(number: int) -> Journal:
    """A journal of nothing."""
    return Journal(
        key=f"JE|{number}",
        journal_type="ACC",
        source_id="a0L1",
        entity_code="US01",
        entity_native_id="1",
        ccy="USD",
        acct_date=date(2026, 2, 28),
        lines=(),
    )


def test_call_that_breaks__is_told_once_those_beside_it_have_ended(house: House) -> None:
    ledger = Ledger()
    house.core.erp = cast(Erp, ledger)
    rows = [(one.key, msgspec.to_builtins(one)) for one in map(journal, range(5))]
    house.do(lambda c: house.store.outbox.want(c, "erp.journal", rows, 0))
    with pytest.raises(Broken):
        house.activate("send", "erp.journal")
    assert ledger.begun == ["JE|0", "JE|1", "JE|2"]
    assert ledger.ended == ["JE|1", "JE|2"]
