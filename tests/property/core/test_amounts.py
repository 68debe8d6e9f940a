"""What the rules promise for any numbers: whole amounts stay whole, however they are cut (finance 2 to 4)."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from integration_core.canonical.close import Booked
from integration_core.canonical.deals import ContractLine, PackageMilestone, Retainer
from integration_core.canonical.ledger import Journal
from integration_core.canonical.money import quantise
from integration_core.canonical.periods import last_day
from integration_core.canonical.work import Estimate
from integration_core.rules import labour, milestones, revenue, schedule
from tests.property.profiles import examples
from tests.unit.rules.firm import CONTRACT, LINE, PACKAGE, US01, D, known

from .counterexamples import assert_finds_a_counterexample

CLOSES = tuple(
    revenue.Close(
        entity=US01,
        period=row.period,
        close_ms=row.close_at_ms,
        end=last_day(row.period),
        references=known(),
    )
    for row in US01.close_calendar
)
amounts = st.integers(1, 10_000_000).map(lambda cents: D(cents).scaleb(-2))
quarters = st.integers(1, 96).map(lambda n: D(n) / 4)
currencies = st.sampled_from(("USD", "JPY", "KWD"))
units = st.integers(-10_000_000, 10_000_000)


# -- largest remainder ----------------------------------------------------------------------------


def allocation(whole: int, ccy: str, parts: list[tuple[str, Decimal]], order: list[int]) -> None:
    """Whole minor units that add up, each next to its exact share, in whatever order the parts come."""
    digits = {"USD": 2, "JPY": 0, "KWD": 3}[ccy]
    amount = D(whole).scaleb(-digits)
    found = labour.spread(amount, dict(parts), ccy)
    assert sum(found.values(), D(0)) == amount
    total = sum((hours for _, hours in parts), D(0))
    for key, hours in parts:
        assert abs(found.get(key, D(0)) * total - amount * hours) < D(1).scaleb(-digits) * total
    assert labour.spread(amount, {parts[at][0]: parts[at][1] for at in order}, ccy) == found
    assert labour.spread(-amount, dict(parts), ccy) == {key: -part for key, part in found.items()}


@st.composite
def shared(draw: st.DrawFn) -> tuple[list[tuple[str, Decimal]], list[int]]:
    """Hours by cost object, and another order of them."""
    keys = draw(st.lists(st.sampled_from("ABCDEFGH"), min_size=1, max_size=6, unique=True))
    hours = st.integers(1, 4).map(D) | quarters  # few different ones, so that remainders are often equal
    parts = [(key, draw(hours)) for key in keys]
    return parts, draw(st.permutations(range(len(parts))))


@examples(60)
@given(units, currencies, shared())
def test_allocation__adds_up_to_the_unit_in_any_order(
    whole: int, ccy: str, parts: tuple[list[tuple[str, Decimal]], list[int]]
) -> None:
    allocation(whole, ccy, *parts)


# -- milestones -----------------------------------------------------------------------------------


def plan_of_a_fee(value: Decimal, weights: list[int]) -> None:
    """Milestones add up to the price, whatever their shares, each but the last within half a cent of it."""
    shares = [(D(weight) / sum(weights)).quantize(D("0.000001")) for weight in weights[:-1]]
    shares.append(1 - sum(shares, D(0)))
    rows = tuple(
        PackageMilestone(seq=at, name=f"M{at}", share=share) for at, share in enumerate(shares, start=1)
    )
    line = replace(LINE, billing_method="FF", value=value)
    contract = replace(CONTRACT, lines=(line,))
    package = replace(PACKAGE, billing_method="FF", milestones=tuple(reversed(rows)))
    made = milestones.planned(contract, known(contract, package))
    assert [one.seq for one in made] == [row.seq for row in rows]
    assert sum((one.amount for one in made), D(0)) == value
    for one, share in zip(made[:-1], shares, strict=False):
        assert abs(one.amount - value * share) <= D("0.005")


@examples(40)
@given(amounts, st.lists(st.integers(1, 9), min_size=1, max_size=7))
def test_milestones__add_up_to_the_price(value: Decimal, weights: list[int]) -> None:
    plan_of_a_fee(value, weights)


# -- retainers ------------------------------------------------------------------------------------


def term(monthly_fee: Decimal, advance_months: int, start: date, days: int) -> ContractLine:
    """A retainer line from a day for so many days."""
    terms = Retainer(
        monthly_fee=monthly_fee,
        included_hours=D(10),
        rollover=False,
        rollover_cap=D(0),
        overage_rate=D(250),
        advance_months=advance_months,
    )
    end = start + timedelta(days=days)
    return replace(LINE, billing_method="RET", start=start, end=end, retainer=terms)


def fees_of_a_term(fee: Decimal, advance_months: int, start: date, days: int) -> None:
    """The rows of the schedule bill what is earned over the term, however many months one covers."""
    line = term(fee, advance_months, start, days)
    assert line.end is not None
    rows = schedule.fee_pieces(CONTRACT, line, 0, line.end)
    billed = sum((row.amount for row in rows), D(0))
    assert billed == schedule.earned_fees(line, line.end, "USD")
    assert len({row.event_bk for row in rows}) == len({row.service_date for row in rows}) == len(rows)
    whole = replace(line, start=start.replace(day=1), end=None)
    month = start.replace(day=1)
    cut = schedule.month_fee(replace(whole, end=start), month, "USD")
    rest = schedule.month_fee(replace(whole, start=start), month, "USD")
    assert schedule.month_fee(whole, month, "USD") == fee
    assert abs(cut + rest - fee) <= D("0.01")


starts = st.dates(date(2024, 1, 1), date(2026, 12, 31))


@examples(60)
@given(amounts, st.integers(1, 6), starts, st.integers(1, 800))
def test_schedule__bills_what_the_term_earns(
    fee: Decimal, advance_months: int, start: date, days: int
) -> None:
    fees_of_a_term(fee, advance_months, start, days)


# -- percentage of completion ---------------------------------------------------------------------


def completion(value: Decimal, work: list[Decimal], estimates: list[Decimal]) -> None:
    """Revenue over three closes stays within the price, and its journals add up to it when all is done."""
    line = replace(LINE, billing_method="FF", revenue_method="POC_HOURS", value=value)
    contract = replace(CONTRACT, lines=(line,))
    before, recognised = D(0), D(0)
    for at, close in enumerate(CLOSES):
        estimate = Estimate(
            native_id=f"e{at}",
            contract_line_native_id=line.native_id,
            total_hours=estimates[at],
            deleted=False,
            recorded_at_ms=close.close_ms - 1,
        )
        close = replace(close, references=known(contract, estimate))
        done = [_worked(day, hours) for day, hours in enumerate(work[: at + 1])]
        now = revenue.earned(close, contract, line, done)
        assert now is not None
        assert D(0) <= now.earned <= value
        finished = sum(work[: at + 1], D(0)) >= estimates[at]
        assert (now.earned == value) >= finished
        journals = revenue.line_journals(close, contract, line, (), now.earned, before)
        recognised += sum((_revenue(one) for one in journals if one.journal_type == "REV"), D(0))
        before = now.earned
        assert recognised == before


def _worked(number: int, hours: Decimal) -> Booked:
    return Booked(
        employee_no="E007",
        contract_native_id=CONTRACT.native_id,
        contract_line_native_id=LINE.native_id,
        billable=True,
        progress=True,
        work_date=date(2026, 2, 2) + timedelta(days=number),
        hours=hours,
        known_ms=0,
        superseded_ms=None,
    )


def _revenue(journal: Journal) -> Decimal:
    assert sum((line.debit - line.credit for line in journal.lines), D(0)) == 0
    return sum((line.credit - line.debit for line in journal.lines if line.account == "4010"), D(0))


three = st.lists(quarters, min_size=3, max_size=3)


@examples(60)
@given(amounts, three, three)
def test_completion__never_earns_more_than_the_price_and_ends_at_it(
    value: Decimal, work: list[Decimal], estimates: list[Decimal]
) -> None:
    completion(value, work, estimates)
    completion(value, work, [*estimates[:2], sum(work, D(0))])


# -- that each of them can fail -------------------------------------------------------------------


def test_allocation_that_rounds_each_part__is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def rounded(amount: Decimal, hours: dict[str, Decimal], ccy: str) -> dict[str, Decimal]:
        total = sum(hours.values(), D(0))
        return {key: (amount * part / total).quantize(D("0.01")) for key, part in hours.items()}

    monkeypatch.setattr(labour, "spread", rounded)
    assert_finds_a_counterexample(
        given(units, st.just("USD"), shared().map(lambda drawn: drawn[0]).map(_in_order))(_allocation_of), 200
    )


def _in_order(parts: list[tuple[str, Decimal]]) -> tuple[list[tuple[str, Decimal]], list[int]]:
    return parts, list(range(len(parts)))


def _allocation_of(whole: int, ccy: str, parts: tuple[list[tuple[str, Decimal]], list[int]]) -> None:
    allocation(whole, ccy, *parts)


def test_allocation_in_order_of_arrival__is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    exact = labour.spread

    def first_come(amount: Decimal, hours: dict[str, Decimal], ccy: str) -> dict[str, Decimal]:
        named = {f"{at}{key}": part for at, (key, part) in enumerate(hours.items())}
        return {key[1:]: part for key, part in exact(amount, named, ccy).items()}

    monkeypatch.setattr(labour, "spread", first_come)
    assert_finds_a_counterexample(given(units, currencies, shared())(_allocation_of), 200)


def test_last_milestone_that_takes_only_its_share__is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def each(value: Decimal, shares: list[Decimal], ccy: str) -> list[Decimal]:
        return [quantise(value * share, ccy) for share in shares]

    monkeypatch.setattr(milestones, "_amounts", each)
    strategy = given(amounts, st.lists(st.integers(1, 9), min_size=1, max_size=7))
    assert_finds_a_counterexample(strategy(plan_of_a_fee), 200)


def test_month_of_thirty_days__is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "_days", lambda month: D(30))
    strategy = given(amounts, st.integers(1, 6), starts, st.integers(1, 800))
    assert_finds_a_counterexample(strategy(fees_of_a_term), 50)


def test_hours_above_the_estimate_that_earn__are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revenue, "min", lambda hours, estimate: hours, raising=False)
    assert_finds_a_counterexample(given(amounts, three, three)(completion), 50)


def test_journal_of_all_that_is_earned__is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    state = revenue.line_journals

    def from_nothing(
        close: Any, contract: Any, line: Any, charged: Any, now: Any, before: Any
    ) -> list[Journal]:
        return state(close, contract, line, charged, now, D(0))

    monkeypatch.setattr(revenue, "line_journals", from_nothing)
    assert_finds_a_counterexample(given(amounts, three, three)(completion), 50)
