"""The firm of ten thousand people, tried on smaller ones of its kind: tables, sums, outcomes."""

from dataclasses import fields

import numpy as np
import pytest

from mocks.firm import bands, outcomes
from mocks.firm.arrays import Columns, arrays
from mocks.firm.cards import Cards, Entries
from mocks.firm.facts.source import (
    Absence,
    Assignment,
    Contract,
    Estimate,
    Milestone,
    PaymentIntent,
    PayrollRun,
    RateLine,
    Resource,
)
from mocks.firm.firm import Firm
from mocks.firm.generate import generate
from mocks.firm.office import Office
from mocks.firm.profile import profile_named
from mocks.firm.tallies import Tallies, tally

GOLDEN = "6aba620672b393f85e8190013757ba073430aaa13849798c3b2a48a86398c5f0"


@pytest.fixture(scope="module")
def firm() -> Firm:
    return generate(profile_named("large", 90, 4), 6)


def test_large__has_everything_at_full_size() -> None:
    profile = profile_named("large")
    assert (profile.consultants, profile.months, len(profile.branches)) == (10_000, 12, 2)
    assert profile.all_methods
    assert profile.coupled


def test_large__has_a_golden_digest() -> None:
    assert generate(profile_named("large", 60, 2), 1).digest() == GOLDEN


@pytest.mark.parametrize("chunk_size", [1, 17])
def test_columns_and_sums__do_not_depend_on_the_chunk(firm: Firm, chunk_size: int) -> None:
    other = generate(firm.profile, firm.seed, chunk_size)
    for office in other.offices:
        office.scan()
    assert other.digests() == firm.digests()
    assert other.counts() == firm.counts()


def test_sums_of_chunks__are_the_sum_of_the_whole(firm: Firm) -> None:
    for office in firm.offices:
        whole = tally(office.world, office.sheets)
        parts = [tally(office.world, chunk) for chunk in office.sheet_chunks(7)]
        total = parts[0]
        for part in parts[1:]:
            total = total.plus(part)
        for field in fields(Tallies):
            assert np.array_equal(getattr(total, field.name), getattr(whole, field.name)), field.name


def test_a_company_too_large_to_keep__is_summed_without_keeping_its_sheets() -> None:
    office = Office(profile_named("tiny", 2_600, 1), 3, 256)
    counts = office.counts()
    assert "sheets" not in vars(office)
    assert counts["time_entries"] == len(office.sheets.entries.day[_handed_in(office)])


def _handed_in(office: Office) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    cards, entries = office.sheets.cards, office.sheets.entries
    place = np.searchsorted(cards.number, entries.card)
    return np.asarray(cards.submitted_ms[place] < office.world.horizon_ms)


def _rows(tables: dict[str, Columns], entity: str) -> int:
    return sum(len(next(iter(t.values()))) for name, t in tables.items() if name.endswith("." + entity))


def test_columns_of_all_tables__have_the_rows_of_the_facts(firm: Firm) -> None:
    tables = arrays(generate(firm.profile, firm.seed))
    everything = [fact for office in firm.offices for play in _all_plays(office) for fact in play]
    facts = [*firm.master(), *everything]
    people = {fact.bk for fact in facts if isinstance(fact, Resource)}
    assert _rows(tables, "resource") == len(people)
    for entity, kind in (
        ("assignment", Assignment),
        ("milestone", Milestone),
        ("estimate", Estimate),
        ("absence", Absence),
        ("payment_intent", PaymentIntent),
    ):
        count = sum(isinstance(fact, kind) for fact in facts)
        twins = 0 if entity != "assignment" else _twins(firm)
        assert _rows(tables, entity) == count - twins, entity
        assert count > 0
    runs = [fact for fact in facts if isinstance(fact, PayrollRun)]
    assert _rows(tables, "payroll_line") == sum(len(run.lines) for run in runs)
    assert _rows(tables, "contract") == len({fact.bk for fact in facts if isinstance(fact, Contract)})
    assert _rows(tables, "rate_line") == sum(isinstance(fact, RateLine) for fact in facts)
    assert _rows(tables, "time_entry") == sum(len(office.sheets.entries.day) for office in firm.offices)


def _all_plays(office: Office) -> list[tuple[object, ...]]:
    """Every play but time sheets, those after the last close as well."""
    entered = [play.facts for play in office.every_play()]
    return [tuple(facts) for facts in entered]


def _twins(firm: Firm) -> int:
    """Internal assignments, which have no row of their own."""
    return sum(int((office.world.blocks.track == 0).sum()) for office in firm.offices)


def test_gross_pay_of_the_columns__is_that_of_the_runs(firm: Firm) -> None:
    tables = arrays(generate(firm.profile, firm.seed))
    runs = [f for play in firm.few_plays() for f in play.facts if isinstance(f, PayrollRun)]
    paid = sum(line.gross_minor for run in runs for line in run.lines)
    assert paid == sum(int(t["gross_minor"].sum()) for n, t in tables.items() if n.endswith("payroll_line"))


def test_sheets__are_kept_in_narrow_columns(firm: Firm) -> None:
    sheets = firm.sheets
    assert sum(getattr(sheets.entries, f.name).itemsize for f in fields(Entries)) == 18
    assert sum(getattr(sheets.cards, f.name).itemsize for f in fields(Cards)) == 64


@pytest.mark.parametrize("seed", [1, 2])
def test_a_large_firm__keeps_all_bands_and_couplings(seed: int) -> None:
    firm = generate(profile_named("large", 4_000), seed)
    measured = bands.measure(firm)
    assert [band.measure for band in bands.BANDS if not band.holds(measured[band.measure])] == []
    assert outcomes.missed(outcomes.measure(firm)) == ()


def test_a_firm_of_independent_draws__misses_the_couplings() -> None:
    found = outcomes.missed(outcomes.measure(generate(profile_named("month-end", 2_000, 12), 1)))
    assert {"S2 month after month", "K1 illness and overrun", "K7 size and discount"} <= set(found)
