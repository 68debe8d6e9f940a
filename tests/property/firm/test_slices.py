"""A part made alone is the part of the whole: any days, any person, any contract, any window."""

from dataclasses import fields

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mocks.firm.cards import Cards, Entries, TimeSheets, card_person
from mocks.firm.deals import Deal
from mocks.firm.facts.source import Assignment, RateLine, TimeEntry
from mocks.firm.firm import Firm
from mocks.firm.generate import generate
from mocks.firm.office import joined
from mocks.firm.plays import Play
from mocks.firm.profile import profile_named
from mocks.firm.slices import contract_plays, cut, sheets_between

firms = st.builds(
    lambda preset, consultants, months, seed: generate(profile_named(preset, consultants, months), seed),
    st.sampled_from(("tiny", "month-end", "large")),
    st.integers(8, 40),
    st.integers(1, 4),
    st.integers(0, 2**32 - 1),
)


def assert_same(left: TimeSheets, right: TimeSheets) -> None:
    for one, other, table in ((left.entries, right.entries, Entries), (left.cards, right.cards, Cards)):
        for field in fields(table):
            assert np.array_equal(getattr(one, field.name), getattr(other, field.name)), field.name


@settings(max_examples=25, deadline=None)
@given(firms, st.data())
def test_any_days__are_those_of_the_whole(firm: Firm, data: st.DataObject) -> None:
    for office in firm.offices:
        world = office.world
        first = data.draw(st.integers(world.first, world.end - 1))
        end = data.draw(st.integers(first + 1, world.end))
        whole = office.sheets
        wanted = cut(whole, (whole.entries.day >= first) & (whole.entries.day < end))
        assert_same(joined(sheets_between(office, first, end)), wanted)


@settings(max_examples=25, deadline=None)
@given(firms, st.data())
def test_any_person__is_that_of_the_whole(firm: Firm, data: st.DataObject) -> None:
    person = data.draw(st.integers(0, len(firm.world.people) - 1))
    whole = firm.sheets
    assert_same(firm.entries_of(person), cut(whole, card_person(whole.entries.card) == person))


@settings(max_examples=15, deadline=None)
@given(firms, st.data())
def test_any_contract__is_that_of_the_calendar(firm: Firm, data: st.DataObject) -> None:
    office = data.draw(st.sampled_from(firm.offices))
    deal = data.draw(st.sampled_from([deal for deal in office.world.deals if deal.won]))
    account = office.world.clients[deal.client].bk if deal.new_account else ""
    alone = contract_plays(office, deal)
    assert alone == [play for play in firm.calendar() if _is_about(play, deal, account)]


def _is_about(play: Play, deal: Deal, account: str) -> bool:
    """Whether a play belongs to a deal, to which an account belongs that it brought."""
    contract_no, fact = deal.contract_no, play.facts[0]
    if isinstance(fact, TimeEntry):
        return fact.task.split("|")[1] == contract_no
    if isinstance(fact, Assignment):
        return fact.contract == f"CO|{contract_no}"
    if isinstance(fact, RateLine):
        return fact.owner == f"CO|{contract_no}"
    kind = fact.bk.partition("|")[0]
    if kind in ("OP", "QU"):
        return fact.bk in (deal.opportunity_bk, deal.quote_bk)
    if kind == "CU":
        return fact.bk == account
    return contract_no in fact.bk and kind in ("CO", "MS", "EA", "PJ", "PM")


@settings(max_examples=15, deadline=None)
@given(firms, st.integers(1, 7), st.data())
def test_windows__are_the_calendar_in_order(firm: Firm, days: int, data: st.DataObject) -> None:
    whole = list(firm.calendar())
    assert [play for window in firm.windows(days) for play in window.plays] == whole
    first, last = whole[0].at_ms, whole[-1].at_ms
    low = data.draw(st.integers(first, last))
    high = data.draw(st.integers(low, last + 1))
    part = [play for window in firm.windows(days, low, high) for play in window.plays]
    assert part == [play for play in whole if low <= play.at_ms < high]


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 40))
def test_any_chunk__has_the_bytes_of_the_whole(seed: int, chunk_size: int) -> None:
    profile = profile_named("large", 40, 2)
    assert generate(profile, seed, chunk_size).digest() == generate(profile, seed).digest()
