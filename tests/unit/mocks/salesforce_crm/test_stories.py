"""Any lawful story of deals is observed as it was played, live or laid as history."""

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from mocks.firm.facts.source import SourceFact
from tests.unit.mocks.salesforce_crm.sales import (
    account,
    at_ms,
    contract,
    empty_world,
    in_order,
    observed_facts,
    opportunity,
    package,
    play,
    quote,
    rate,
    retainer,
)

DEALS = ("1", "2")
HOUR_MS = 3_600_000
STAGE_WALKS = (("OPEN", "COMMIT", "CLOSED_WON"), ("OPEN", "COMMIT", "CLOSED_LOST"), ("OPEN", "CLOSED_LOST"))
QUOTE_WALKS = (
    ("DRAFT", "IN_APPROVAL", "APPROVED", "SENT", "ACCEPTED"),
    ("DRAFT", "IN_APPROVAL", "APPROVED", "SENT", "EXPIRED", "SUPERSEDED"),
    ("DRAFT", "SUPERSEDED"),
)
CONTRACT_WALKS = (
    ("DRAFT", "SIGNED", "COMPLETED", "CLOSED"),
    ("DRAFT", "SIGNED", "SUSPENDED", "SIGNED"),
    ("DRAFT", "CANCELLED"),
)


@st.composite
def stories(draw: st.DrawFn) -> list[SourceFact]:
    """Two deals whose quotes, contracts and prices move on in any mixture."""
    threads: list[list[SourceFact]] = []
    for n in DEALS:
        deal, quoted, agreed = f"OP|{n}", f"QU|Q-{n}|1", f"CO|{n}"
        threads.append([opportunity(s, bk=deal, ver=v) for v, s in _walk(draw, STAGE_WALKS)])
        line = quote().lines[0]
        threads.append(
            [
                quote(
                    status,
                    bk=quoted,
                    number=f"Q-{n}",
                    opportunity=deal,
                    ver=ver,
                    lines=tuple(replace(line, line=k, net_minor=ver * k) for k in draw(_line_numbers)),
                )
                for ver, status in _walk(draw, QUOTE_WALKS)
            ]
        )
        part = contract().lines[0]
        threads.append(
            [
                contract(
                    status,
                    bk=agreed,
                    number=n,
                    opportunity=deal,
                    ver=ver,
                    signed_at_ms=None if status in ("DRAFT", "CANCELLED") else at_ms(5),
                    lines=tuple(replace(part, line=k, retainer=draw(_terms)) for k in draw(_line_numbers)),
                )
                for ver, status in _walk(draw, CONTRACT_WALKS)
            ]
        )
        price = rate(card=f"CT-{n}", owner=agreed, bk=f"RC|CT-{n}|SENIOR|*|2026-01-01")
        threads.append([price, replace(price, ver=2, valid_to=date(2026, 2, draw(st.integers(1, 28))))])
    return _mixed(draw, threads)


_terms = st.none() | st.builds(
    retainer,
    monthly_fee_minor=st.integers(0, 10**9),
    rollover=st.booleans(),
    rollover_cap_e2=st.integers(0, 100_00),
    advance_months=st.integers(1, 12),
)
_line_numbers = st.lists(st.integers(1, 5), max_size=4, unique=True).map(sorted)


def _walk(draw: st.DrawFn, walks: tuple[tuple[str, ...], ...]) -> list[tuple[int, str]]:
    return list(enumerate(draw(st.sampled_from(walks)), start=1))


def _mixed(draw: st.DrawFn, threads: list[list[SourceFact]]) -> list[SourceFact]:
    """First versions in order, then the rest in any order that keeps each thread's own."""
    facts = [thread.pop(0) for thread in threads]
    while waiting := [thread for thread in threads if thread]:
        facts.append(draw(st.sampled_from(waiting)).pop(0))
    stamped: list[SourceFact] = []
    for index, fact in enumerate(facts):
        at = at_ms(3) + index * HOUR_MS
        won = {"closed_won_at_ms": at} if getattr(fact, "stage", "") == "CLOSED_WON" else {}
        stamped.append(replace(fact, recorded_at_ms=at, **won))
    return stamped


@settings(max_examples=40, deadline=None, derandomize=True, database=None)
@given(stories(), st.booleans())
def test_a_story_of_deals__is_observed_as_it_was_played(story: list[SourceFact], live: bool) -> None:
    world = empty_world()
    facts: list[SourceFact] = [package(), account(), *story]
    acted = play(world, facts, live=live)
    assert {item.state for item in acted} == {"applied"}
    assert in_order(observed_facts(world)) == in_order(facts)
