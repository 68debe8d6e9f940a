"""Waits and open cases as they are read off the evidence."""

from scenarios.oracle.book import CaseRow
from scenarios.report.course import Open, open_cases, ranked, waits
from tests.unit.checks.documents import LINES, invoice
from tests.unit.report.runs import DAY, START, evidence


def test_waits__are_counted_from_the_last_approval_before_the_invoice() -> None:
    (row,) = waits(evidence())
    assert row.run == invoice().run
    assert (row.invoices, row.entries) == (1, len(LINES))
    assert row.at_ms == invoice().created_at_ms
    assert 0 <= row.p50_ms <= row.p95_ms <= 31 * DAY


def test_ranked__is_the_nearest_rank() -> None:
    values = list(range(1, 21))
    assert (ranked(values, 50), ranked(values, 95), ranked([5], 95)) == (10, 19, 5)


def test_open_cases__count_span_by_span() -> None:
    def case(opened: int, resolved: int | None) -> CaseRow:
        return CaseRow(
            code="X",
            entity_bk="y",
            opened_at_ms=START + opened * DAY,
            resolved_at_ms=None if resolved is None else START + resolved * DAY,
        )

    spans = open_cases([case(1, 3), case(2, None), case(5, 5)], START + 9 * DAY)
    expected = [(1, 2, 1), (2, 3, 2), (3, 5, 1), (5, 9, 1)]
    assert spans == tuple(Open(START + a * DAY, START + b * DAY, n) for a, b, n in expected)
