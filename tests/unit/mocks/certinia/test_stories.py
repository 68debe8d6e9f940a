"""Any lawful story of timecards is observed as it was played, live or laid as history."""

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from mocks.firm.facts.source import SourceFact, TimeEntry
from tests.unit.mocks.certinia.staffing import (
    approved,
    assignment,
    at_ms,
    in_order,
    observed_facts,
    play,
    rejected,
    staffed_world,
    week,
)

Story = list[Sequence[SourceFact]]
ASSIGNMENTS = (("AS-1", "1001", "1.10"), ("AS-2", "1002", "2.10"))


def submitted(cells: Sequence[TimeEntry], day: int, hours_e2: Sequence[int]) -> list[TimeEntry]:
    """The same cells with other hours, submitted on a day."""
    return [
        replace(cell, recorded_at_ms=at_ms(day), submitted_at_ms=at_ms(day), hours_e2=hours)
        for cell, hours in zip(cells, hours_e2, strict=True)
    ]


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """Per person one chain of cards, each rejected and mended now and then before its approval."""
    story: Story = []
    for index, (number, employee, wbs) in enumerate(ASSIGNMENTS):
        weekdays = draw(st.lists(st.integers(0, 6), min_size=1, max_size=7, unique=True))
        length, day = draw(st.integers(1, 3)), 40
        first, before = f"TC-{index}-0", None
        for place in range(length):
            least = 1 if place == 0 else 0  # only a replacement takes an entry away
            hours = st.lists(st.integers(least, 24_00), min_size=len(weekdays), max_size=len(weekdays))
            card = f"TC-{index}-{place}"
            cells = week(
                card,
                dict.fromkeys(weekdays, 1_00),
                first=first,
                ver=place + 1,
                replaces=before,
                resource=f"RS|{employee}",
                assignment=f"AS|{number}",
                task=f"TK|00000101|{wbs}",
                billable=draw(st.booleans()),
                time_type=draw(st.sampled_from(("REG", "OT", "TRAVEL"))),
            )
            cells = submitted(cells, day, draw(hours))
            story.append(cells)
            for _ in range(draw(st.integers(0, 2))):
                story.append(rejected(cells, day + 1))
                cells = submitted(cells, day + 2, draw(hours))
                story.append(cells)
                day += 2
            story.append(approved(cells, day + 1))
            before, day = card, day + 2
    return sorted(story, key=lambda group: group[0].recorded_at_ms)


@settings(max_examples=40, deadline=None, derandomize=True, database=None)
@given(stories(), st.booleans())
def test_a_story_of_timecards__is_observed_as_it_was_played(story: Story, live: bool) -> None:
    world = staffed_world()
    staffing = [
        assignment(number, employee, task=f"TK|00000101|{wbs}") for number, employee, wbs in ASSIGNMENTS
    ]
    acted = play(world, staffing, *story, live=live)
    assert {item.state for item in acted} == {"applied"}
    played = [*staffing, *(fact for group in story for fact in group)]
    assert in_order(observed_facts(world)) == in_order(played)
