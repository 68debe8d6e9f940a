"""A firm whose memory version 1 wrote is served by today's processes as if nothing had happened."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, cast

import pytest
from sqlalchemy import Connection, Table, select, update

from integration_core.canonical.ledger import ErpEmployee, Invoice
from integration_core.canonical.versions import DOCUMENTS
from integration_core.ports.systems import Erp, Written
from integration_core.store import schema
from tests.integration.processes.house import APPROVED_MS, FRIDAY, House
from tests.unit.canonical import older

KINDS: dict[Table, Callable[[Any], str]] = {
    schema.record: lambda row: str(row.entity),
    schema.card: lambda row: "TimeCard",
    schema.outbox: lambda row: DOCUMENTS[row.lane].__name__,
}


def age(house: House) -> int:
    """Rewrite all that is stored as version 1 would have written it; returns how many payloads changed."""
    changed = sum(house.do(partial(_age, table=table)) for table in KINDS)
    house.core.forget()
    return changed


def _age(connection: Connection, table: Table) -> int:
    changed = 0
    for row in connection.execute(select(table)).all():
        payload = json.loads(row.payload)
        past = older.downcast(KINDS[table](row), payload)
        changed += past != payload
        mine = [key == getattr(row, key.name) for key in table.primary_key]
        connection.execute(update(table).where(*mine).values(payload=json.dumps(past), schema_version=1))
    return changed


class Taker:
    """An ERP that takes what it is given, and remembers it."""

    name, streams = "erp", ("all",)

    def __init__(self) -> None:
        self.taken: list[Any] = []

    async def upsert_employee(self, employee: ErpEmployee) -> Written:
        return self._take(employee)

    async def create_invoice(
        self, invoice: Invoice, customer_native_id: str, project_native_ids: dict[str, str]
    ) -> Written:
        return self._take(invoice)

    def _take(self, document: ErpEmployee | Invoice) -> Written:
        self.taken.append(document)
        return Written(key=document.key, native_id=f"n-{document.key}")


@pytest.fixture
def houses() -> Iterator[tuple[House, House]]:
    """Two houses that hear the same: one will age, the other will not."""
    made = House(), House()
    yield made
    for house in made:
        house.close()


def test_memory_of_version_1__is_rated_and_billed_as_todays(houses: tuple[House, House]) -> None:
    aged, fresh = houses
    for house in houses:
        house.known_until(APPROVED_MS)
    assert age(aged) > 0
    for house in houses:
        house.approve("a1H1", APPROVED_MS, FRIDAY)
    age(aged)
    for house in houses:
        house.run_billing("2026-03-01 03:00")
    assert fresh.invoices()
    assert aged.invoices() == fresh.invoices()


def test_documents_of_version_1__are_sent_by_todays_process(houses: tuple[House, House]) -> None:
    aged, _ = houses
    aged.approve("a1H1", APPROVED_MS, FRIDAY)
    aged.run_billing("2026-03-01 03:00")
    expected = list(aged.invoices().values())
    age(aged)
    taker = Taker()
    aged.core.erp = cast(Erp, taker)
    aged.pair("erp", "customer", expected[0].customer_key, "55")
    aged.pair("erp", "job", expected[0].lines[0].project_key, "66")
    aged.activate("send", "erp.invoice")
    assert taker.taken == expected
