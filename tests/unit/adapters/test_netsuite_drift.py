"""Rows that change while they are being paged are neither skipped nor do they hide others."""

import re
from itertools import product

import pytest

from integration_core.adapters.netsuite.suiteql import stamp_ms, timestamp
from integration_core.canonical.ledger import InvoiceState
from integration_core.ports.http import HttpRequest

from .erp import CURRENCIES, STAMP_MS, erp_on, query, result, row
from .scripted import Answer, Routed, run

PAGE_ROWS = 2
FIELDS = {
    "custbody_rh_status": "POSTED",
    "currency": "1",
    "netamount": "1.00",
    "taxtotal": "0.00",
    "foreigntotal": "1.00",
    "foreignamountunpaid": "1.00",
}


class Moving(Routed):
    """A table of (id -> stamp) that answers two rows a page and touches one row after each page."""

    def __init__(self, stamps: dict[int, int], touched: tuple[int, ...]) -> None:
        super().__init__(self._answer)
        self.stamps = stamps
        self._touched = list(touched)
        self._now_ms = max(stamps.values())

    def _answer(self, request: HttpRequest) -> Answer:
        text = query(request)
        if "FROM currency" in text:
            return result(*CURRENCIES)
        stamps = [stamp_ms(found) for found in re.findall(r"TO_TIMESTAMP\('([^']+)'", text)]
        ids = [int(found) for found in re.findall(r"id > (\d+)", text)]
        after = (stamps[0], ids[0]) if ids else (stamps[0], -1)
        matching = sorted((at_ms, number) for number, at_ms in self.stamps.items() if (at_ms, number) > after)
        rows = [
            row(number, **FIELDS) | {"lastmodifieddate": timestamp(at_ms).split("'")[1]}
            for at_ms, number in matching[:PAGE_ROWS]
        ]
        if self._touched:
            self._now_ms += 1
            self.stamps[self._touched.pop(0)] = self._now_ms
        return result(*rows, total=len(matching))


@pytest.mark.parametrize("touched", list(product(range(1, 7), repeat=2)))
@pytest.mark.parametrize("spread_ms", [0, 1])
def test_rows_touched_between_pages__every_row_is_still_read(
    touched: tuple[int, ...], spread_ms: int
) -> None:
    table = Moving({number: STAMP_MS + number * spread_ms for number in range(1, 7)}, touched)
    erp = erp_on(table)

    async def poll() -> dict[str, int]:
        seen: dict[str, int] = {}
        cursor = None
        for _ in range(20):
            page = await erp.read_changes("invoices", STAMP_MS, cursor)
            seen |= {
                state.native_id: state.recorded_at_ms
                for state in page.records
                if isinstance(state, InvoiceState)
            }
            cursor = page.cursor
            if cursor is None:
                return seen
        raise AssertionError("the poll does not come to an end")

    assert run(poll()) == {str(number): at_ms for number, at_ms in table.stamps.items()}
