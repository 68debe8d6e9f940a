"""From pieces to documents: what a run takes, how it groups, orders and dates (finance 2.10)."""

from datetime import date
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from integration_core.canonical.billing import Piece
from integration_core.rules.billing import billable_contracts, drafts, due_date, selected
from integration_core.rules.references import RecordOf

from .firm import ACME, CONTRACT, DEAL, LINE, PIECE, US01, D, known, ms, state_tax

DAY = date(2026, 3, 31)
CUTOFF_MS = ms("2026-04-01 00:00", "America/New_York")
OTHER = replace(
    CONTRACT,
    key="CO|00000102",
    native_id="800D",
    number="00000102",
    opportunity_native_id="006P",
    lines=(replace(LINE, key="CL|00000102|1", native_id="a0M1"),),
)
OF_OTHER = replace(
    PIECE,
    event_bk="BE|TE|TC-000200|Mon|v1.1|p1",
    source_id="a1T2#Mon",
    contract_native_id="800D",
    contract_line_native_id="a0M1",
)
ROLLED_UP = replace(ACME, consolidate_invoices=True)


def keys(pieces: list[Piece], *records: RecordOf, day: date = DAY) -> list[str]:
    return [draft.key for draft in drafts(pieces, US01, day, known(OTHER, *records))]


@pytest.mark.parametrize(
    ("change", "taken"),
    [
        ({"commit_ms": CUTOFF_MS - 1}, True),
        ({"commit_ms": CUTOFF_MS}, False),
        ({"service_date": DAY}, True),
        ({"service_date": date(2026, 4, 1)}, False),
        ({"amount": D("0.00")}, False),
        ({"contract_native_id": "800X"}, False),
    ],
)
def test_selection__is_by_commit_instant_service_date_and_contract(
    change: dict[str, Any], taken: bool
) -> None:
    piece = replace(PIECE, **change)
    assert selected([piece], US01, DAY, {"800C"}) == ([piece] if taken else [])


@pytest.mark.parametrize(
    ("day", "last_ms"),
    [
        (date(2026, 3, 7), ms("2026-03-08 04:59:59")),  # winter: five hours behind
        (date(2026, 3, 8), ms("2026-03-09 03:59:59")),  # summer time begins on 8 March
        (date(2026, 10, 31), ms("2026-11-01 03:59:59")),
        (date(2026, 11, 1), ms("2026-11-02 04:59:59")),  # and ends on 1 November
    ],
)
def test_cutoff__follows_new_york_through_both_changes_of_the_clock(day: date, last_ms: int) -> None:
    before, after = (
        replace(PIECE, service_date=day, commit_ms=last_ms + 999),
        replace(PIECE, service_date=day, commit_ms=last_ms + 1_000),
    )
    assert selected([before, after], US01, day, {"800C"}) == [before]


@pytest.mark.parametrize(
    ("change", "on_monthly", "on_extra"),
    [
        ({}, True, False),
        ({"billing_freq": "EVERY_RUN"}, True, True),
        ({"status": "COMPLETED"}, True, False),
        ({"status": "SUSPENDED"}, False, False),
        ({"status": "CANCELLED"}, False, False),
        ({"status": "DRAFT"}, False, False),
        ({"entity_code": "DE01"}, False, False),
    ],
)
def test_contracts_of_a_run__by_frequency_state_and_entity(
    change: dict[str, Any], on_monthly: bool, on_extra: bool
) -> None:
    references = known(replace(CONTRACT, **change))
    assert ("800C" in billable_contracts(US01, DAY, "MONTHLY", references)) is on_monthly
    assert ("800C" in billable_contracts(US01, date(2026, 3, 15), "EXTRA", references)) is on_extra


def test_documents__are_one_a_contract_in_the_order_of_their_keys() -> None:
    assert keys([OF_OTHER, PIECE]) == ["IN|US01|2026-03-31|00000101", "IN|US01|2026-03-31|00000102"]


def test_consolidating_customer__gets_one_document_under_its_own_number() -> None:
    (draft,) = drafts([OF_OTHER, PIECE], US01, DAY, known(OTHER, ROLLED_UP))
    assert draft.key == "IN|US01|2026-03-31|C0001"
    assert draft.contract_native_ids == ("800C", "800D")
    assert draft.invoice is not None
    assert draft.invoice.source_id == "001A"
    assert [line.source_id for line in draft.invoice.lines] == ["a1T1#Fri", "a1T2#Mon"]
    assert [line.project_key for line in draft.invoice.lines] == ["PJ|CO|00000101", "PJ|CO|00000102"]


def test_consolidation__never_mixes_currencies() -> None:
    assert keys([OF_OTHER, PIECE], replace(OTHER, ccy="EUR"), ROLLED_UP) == [
        "IN|US01|2026-03-31|C0001",
        "IN|US01|2026-03-31|C0001~EUR",
    ]


def test_no_pieces__no_document() -> None:
    assert drafts([], US01, DAY, known()) == []


def test_document__carries_customer_run_project_and_dimensions() -> None:
    (draft,) = drafts([PIECE], US01, DAY, known(replace(CONTRACT, po_number="PO-7")))
    invoice = draft.invoice
    assert invoice is not None
    assert draft.hold is None
    assert (invoice.key, invoice.run) == ("IN|US01|2026-03-31|00000101", "BR|US01|2026-03-31")
    assert (invoice.customer_key, invoice.source_id, invoice.po_number) == ("CU|C0001", "800C", "PO-7")
    assert (invoice.entity_code, invoice.ccy, invoice.exchange_rate) == ("US01", "USD", D(1))
    (line,) = invoice.lines
    assert (line.source_id, line.contract_line_source_id, line.item) == ("a1T1#Fri", "a0L1", "TM")
    assert (line.hours, line.rate, line.amount) == (D("3.50"), D("179.95"), D("629.83"))
    assert (line.project_key, line.department, line.practice) == ("PJ|CO|00000101", "DATA", DEAL.practice)
    assert draft.event_bks == (PIECE.event_bk,)


ORDERED = [
    replace(OF_OTHER, event_bk="BE|A", contract_native_id="800C", contract_line_native_id="a0L1"),
    replace(PIECE, event_bk="BE|B", service_date=date(2026, 3, 12), hours=D("1")),
    replace(PIECE, event_bk="BE|C", service_date=date(2026, 3, 13)),
    replace(PIECE, event_bk="BE|D", service_date=date(2026, 3, 13)),
    replace(PIECE, event_bk="BE|a", service_date=date(2026, 3, 13)),
    replace(PIECE, event_bk="BE|0", contract_line_native_id="a0L2", service_date=date(2026, 3, 1)),
    replace(PIECE, event_bk="BE|1", contract_line_native_id="a0L10", service_date=date(2026, 2, 1)),
]
MANY_LINES = replace(
    CONTRACT,
    lines=(
        LINE,
        replace(LINE, native_id="a0L10", line=10, key="CL|00000101|10"),
        replace(LINE, native_id="a0L2", line=2, key="CL|00000101|2"),
    ),
)


def test_lines__are_ordered_by_contract_line_service_date_and_event() -> None:
    (draft,) = drafts(ORDERED, US01, DAY, known(MANY_LINES))
    assert draft.event_bks == ("BE|B", "BE|A", "BE|C", "BE|D", "BE|a", "BE|0", "BE|1")


def test_line_order__puts_methods_before_dates() -> None:
    overage = replace(PIECE, event_bk="BE|OV", method="OV", service_date=date(2026, 1, 1))
    (draft,) = drafts([overage, PIECE], US01, DAY, known())
    assert draft.event_bks == (PIECE.event_bk, "BE|OV")


@given(st.permutations([*ORDERED, replace(OF_OTHER, event_bk="BE|X")]))
def test_order_of_pieces__changes_no_document(pieces: list[Piece]) -> None:
    references = known(MANY_LINES, OTHER)
    reference = drafts([*ORDERED, replace(OF_OTHER, event_bk="BE|X")], US01, DAY, references)
    assert drafts(pieces, US01, DAY, references) == reference


def test_order_of_references__changes_no_document() -> None:
    changed: tuple[RecordOf, ...] = (OTHER, ROLLED_UP, CONTRACT)
    found = {drafts([PIECE, OF_OTHER], US01, DAY, known(*records))[0] for records in permutations(changed)}
    assert len(found) == 1


@pytest.mark.parametrize(
    ("terms", "day", "due"),
    [
        ("NET 30", DAY, date(2026, 4, 30)),
        ("NET 0", DAY, DAY),
        ("NET 45", date(2026, 12, 31), date(2027, 2, 14)),
        ("EOM 0", date(2026, 2, 3), date(2026, 2, 28)),
        ("EOM 15", date(2026, 2, 28), date(2026, 3, 15)),
        ("EOM 30", date(2026, 12, 15), date(2027, 1, 30)),
        ("EOM 10", date(2028, 2, 29), date(2028, 3, 10)),
    ],
)
def test_due_date__counts_from_the_invoice_or_from_the_months_end(terms: str, day: date, due: date) -> None:
    assert due_date(day, terms) == due


def test_acct_date__is_the_invoice_date_while_its_period_is_open_at_approval() -> None:
    (draft,) = drafts([PIECE], US01, DAY, known())
    assert draft.invoice is not None
    assert (draft.invoice.invoice_date, draft.invoice.acct_date) == (DAY, DAY)


def test_acct_date__moves_to_the_next_open_period_when_approval_comes_after_the_close() -> None:
    close_before_nine = replace(US01.close_calendar[1], close_at_ms=CUTOFF_MS + 9 * 3_600_000)
    hasty = replace(US01, close_calendar=(US01.close_calendar[0], close_before_nine, US01.close_calendar[2]))
    (draft,) = drafts([PIECE], hasty, DAY, known(hasty))
    assert draft.invoice is not None
    assert (draft.invoice.invoice_date, draft.invoice.acct_date) == (DAY, date(2026, 4, 1))
    one_later = replace(close_before_nine, close_at_ms=close_before_nine.close_at_ms + 1)
    in_time = replace(US01, close_calendar=(one_later, US01.close_calendar[2]))
    (draft,) = drafts([PIECE], in_time, DAY, known(in_time))
    assert draft.invoice is not None
    assert draft.invoice.acct_date == DAY


def test_tax__stands_on_the_document() -> None:
    (draft,) = drafts([PIECE], US01, DAY, known(replace(ACME, state="WA"), state_tax("US-WA", "8.875")))
    assert draft.invoice is not None
    tax = (draft.invoice.tax_jurisdiction, draft.invoice.tax_category, draft.invoice.tax_percent)
    assert tax == ("US-WA", "S", D("8.875"))


@pytest.mark.parametrize(
    ("customer", "contract", "code"),
    [
        (replace(ACME, state=None), CONTRACT, "TAX_PROFILE_INCOMPLETE"),
        (replace(ACME, po_required=True), CONTRACT, "PO_MISSING"),
        (replace(ACME, po_required=True), replace(CONTRACT, po_number=""), "PO_MISSING"),
    ],
)
def test_missing_tax_or_order_number__holds_the_document_with_its_lines(
    customer: Any, contract: Any, code: str
) -> None:
    held, other = drafts(
        [PIECE, OF_OTHER],
        US01,
        DAY,
        known(customer, contract, replace(OTHER, bill_to_native_id="001B"), replace(ACME, native_id="001B")),
    )
    assert held.hold is not None
    assert (held.hold.code, held.invoice, held.event_bks) == (code, None, (PIECE.event_bk,))
    assert other.invoice is not None  # other groups proceed


def test_held_and_released_document__name_the_same_case() -> None:
    (held,) = drafts([PIECE], US01, DAY, known(replace(ACME, po_required=True)))
    ready_contract = replace(CONTRACT, po_number="PO-7")
    (ready,) = drafts([PIECE], US01, DAY, known(replace(ACME, po_required=True), ready_contract))
    assert held.hold_key == ready.hold_key == held.key == ready.key
    assert ready.invoice is not None
    assert ready.invoice.invoice_date == DAY
