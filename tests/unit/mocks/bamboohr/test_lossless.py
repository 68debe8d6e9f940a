"""Whatever sequence of versions HR makes of people, live or seeded, comes back version by version."""

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from mocks.firm.facts.source import JobRow, Resource, Skill, StatusRow

from .estate import START_MS, Estate, person, without_places

DAYS = st.sampled_from([date(2024, 3, 1), date(2025, 7, 1), date(2026, 1, 15), date(2026, 2, 1)])
NAMES = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=8)
JOBS = st.lists(
    st.builds(
        JobRow,
        valid_from=DAYS,
        level=st.sampled_from(["analyst", "senior"]),
        title=NAMES,
        cost_centre=st.sampled_from(["CC|US01|100", "CC|US01|110", "CC|GB01|100"]),
        manager=st.sampled_from([None, "RS|1", "RS|2"]),
    ),
    max_size=3,
)
STATUSES = st.lists(
    st.builds(StatusRow, DAYS, st.sampled_from(["Full-Time", "Terminated"]), st.integers(0, 100)), max_size=3
)
SKILLS = st.lists(
    st.builds(Skill, st.sampled_from(["python", "sql", "excel"]), st.booleans(), DAYS), max_size=3
)


@st.composite
def versions(draw: st.DrawFn, number: str) -> list[Resource]:
    """Versions of one person, each unlike the one before; rows by date, several of one date at times."""
    made: list[Resource] = []
    for _ in range(draw(st.integers(1, 5))):
        fact = person(
            number,
            ver=len(made) + 1,
            last_name=draw(NAMES),
            entity=draw(st.sampled_from(["LE|US01", "LE|GB01"])),
            terminated=draw(st.none() | DAYS),
            weekly_pattern_e2=tuple(draw(st.lists(st.integers(0, 2400), min_size=7, max_size=7))),
            jobs=tuple(sorted(draw(JOBS), key=lambda row: row.valid_from)),
            statuses=tuple(sorted(draw(STATUSES), key=lambda row: row.valid_from)),
            skills=tuple(draw(SKILLS)),
        )
        if not made or replace(made[-1], ver=fact.ver) != fact:
            made.append(fact)
    return made


@settings(max_examples=30, deadline=None, derandomize=True, database=None)
@given(versions("1"), versions("2"), st.sampled_from(["act", "seed"]), st.integers(0, 900))
def test_any_history__comes_back_as_it_was_made(
    first: list[Resource], second: list[Resource], verb: str, gap_ms: int
) -> None:
    estate = Estate()
    for fact in sorted(first + second, key=lambda fact: (fact.ver, fact.bk)):
        estate.step(estate.world.now_ms() + gap_ms)
        estate.act([replace(fact, recorded_at_ms=START_MS + fact.ver * gap_ms)], verb)
    observed = estate.observe()
    assert without_places(observed) == without_places(first + second)
    assert all(fact.recorded_at_ms % 1000 == 0 for fact in observed)
