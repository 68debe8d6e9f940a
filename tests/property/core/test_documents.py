"""What documents promise for any time, price and tax: every piece once, and credited as it was billed."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from integration_core.canonical.billing import Creditable, Draft, Piece, Rated
from integration_core.canonical.ledger import CreditMemo, Invoice
from integration_core.rules import billing, credits, rating
from mocks.erp.netsuite import money as erp_money
from tests.property.profiles import examples
from tests.unit.rules.firm import CONTRACT, ENTRY, PIECE, US01, D, known, price, state_tax

from .counterexamples import assert_finds_a_counterexample

RUN_DAY = date(2026, 3, 31)
quarters = st.integers(1, 96).map(lambda n: D(n) / 4)


def entries(hours: list[Decimal], rate: Decimal) -> list[Rated]:
    """Rated time, one entry a place."""
    picture = known(price("r9", str(rate), scope="CONTRACT", owner_native_id=CONTRACT.native_id))
    found = []
    for at, each in enumerate(hours):
        entry = replace(ENTRY, source_id=f"a1T{at}#Fri", bk=f"TE|TC-{at}|Fri", hours=each)
        result = rating.rate(entry, picture)
        assert isinstance(result, Rated)
        found.append(result)
    return found


def pieces(rated: list[Rated]) -> list[Piece]:
    """A piece for each rated entry."""
    return [
        replace(
            PIECE,
            event_bk=f"BE|{one.entry.bk}|v1.1|p1",
            source_id=one.entry.source_id,
            hours=one.entry.hours,
            hourly=one.hourly,
            amount=one.amount,
        )
        for one in rated
    ]


def billed(chosen: list[Piece], percent: Decimal) -> Draft:
    """The only document of some pieces of one contract."""
    picture = known(state_tax("US-NY", str(percent)))
    (draft,) = billing.drafts(chosen, US01, RUN_DAY, picture)
    return draft


def tax_e4(document: Invoice | CreditMemo) -> int:
    """The tax of a document as the ERP reckons it: one rounding a rate."""
    code = f"{document.tax_jurisdiction}|{document.tax_category}|{document.tax_percent:.4f}"
    lines = [(code, int(line.amount * erp_money.SCALE)) for line in document.lines]
    return sum(one.tax_e4 for one in erp_money.taxes(lines, 2))


def invoice_of_entries(hours: list[Decimal], rate: Decimal, order: list[int], percent: Decimal) -> None:
    """A document holds every piece once and is worth what was rated, in whatever order the pieces come."""
    rated = entries(hours, rate)
    chosen = pieces(rated)
    draft = billed(chosen, percent)
    assert draft.invoice is not None
    assert sorted(line.source_id for line in draft.invoice.lines) == sorted(one.source_id for one in chosen)
    net = sum((line.amount for line in draft.invoice.lines), D(0))
    assert net == sum((one.amount for one in rated), D(0))
    assert abs(net - sum(hours, D(0)) * rate) <= D("0.005") * len(hours)
    assert billed([chosen[at] for at in order], percent) == draft
    exact = net * percent * erp_money.SCALE / 100
    assert abs(tax_e4(draft.invoice) - exact) <= erp_money.minor_unit_e4(2) / 2


def credits_of_an_invoice(hours: list[Decimal], rate: Decimal, percent: Decimal, parts: list[int]) -> None:
    """Credits take back the very lines of an invoice; all of them together take back all of it, once."""
    chosen = pieces(entries(hours, rate))
    invoice = billed(chosen, percent).invoice
    assert invoice is not None
    whole = memo(chosen, invoice)
    assert whole.lines == invoice.lines
    assert tax_e4(whole) == tax_e4(invoice)
    assert (whole.tax_percent, whole.tax_category) == (invoice.tax_percent, invoice.tax_category)
    groups = [
        [one for one, part in zip(chosen, parts, strict=False) if part == number] for number in (0, 1, 2)
    ]
    memos = [memo(group, invoice) for group in groups if group]
    lines = [line for one in memos for line in one.lines]
    assert sorted(lines, key=lambda line: line.source_id) == sorted(
        invoice.lines, key=lambda line: line.source_id
    )
    # Each memo rounds its own tax; what the last one takes instead is never more than a cent a memo off.
    assert abs(sum(map(tax_e4, memos)) - tax_e4(invoice)) <= erp_money.minor_unit_e4(2) * len(memos)


def memo(taken: list[Piece], invoice: Invoice) -> CreditMemo:
    """The credit of some pieces of an invoice."""
    owed = [
        Creditable(
            event_bk=one.event_bk,
            source_id=one.source_id,
            contract_native_id=one.contract_native_id,
            document=invoice.key,
        )
        for one in reversed(taken)
    ]
    (draft,) = credits.credit_drafts(owed, {invoice.key: invoice}, US01, RUN_DAY)
    return draft.memo


many_hours = st.lists(quarters, min_size=1, max_size=6)
rates = st.integers(1, 5_000_000).map(lambda e4: D(e4).scaleb(-4))
percents = st.integers(0, 250_000).map(lambda e4: D(e4).scaleb(-4))


@examples(40)
@given(many_hours, rates, st.randoms(use_true_random=False), percents)
def test_invoice__is_worth_what_was_rated(
    hours: list[Decimal], rate: Decimal, chance: Any, percent: Decimal
) -> None:
    order = list(range(len(hours)))
    chance.shuffle(order)
    invoice_of_entries(hours, rate, order, percent)


@examples(40)
@given(many_hours, rates, percents, st.lists(st.integers(0, 2), min_size=6, max_size=6))
def test_credits__mirror_the_lines_of_their_invoice(
    hours: list[Decimal], rate: Decimal, percent: Decimal, parts: list[int]
) -> None:
    credits_of_an_invoice(hours, rate, percent, parts)


def _truncating(amount: Decimal, ccy: str) -> Decimal:
    return amount.quantize(D("0.01"), "ROUND_DOWN")


@pytest.mark.parametrize(
    ("module", "name", "broken"),
    [
        (rating, "quantise", _truncating),
        (billing, "_line_order", lambda piece, references: 0),
    ],
    ids=["truncated amounts", "lines as they come"],
)
def test_broken_invoice__is_found(
    monkeypatch: pytest.MonkeyPatch, module: Any, name: str, broken: Callable[..., Any]
) -> None:
    monkeypatch.setattr(module, name, broken)

    def backwards(hours: list[Decimal], rate: Decimal, percent: Decimal) -> None:
        invoice_of_entries(hours, rate, list(reversed(range(len(hours)))), percent)

    assert_finds_a_counterexample(given(many_hours, rates, percents)(backwards), 100)


def test_credit_of_a_whole_invoice_for_a_part__is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    draft = credits._draft

    def generous(run: Any, invoice: Invoice, owed: Any, *rest: Any) -> Any:
        made = draft(run, invoice, owed, *rest)
        return replace(made, memo=replace(made.memo, lines=invoice.lines))

    monkeypatch.setattr(credits, "_draft", generous)
    strategy = given(many_hours, rates, percents, st.lists(st.integers(0, 2), min_size=6, max_size=6))
    assert_finds_a_counterexample(strategy(credits_of_an_invoice), 100)
