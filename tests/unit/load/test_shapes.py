"""Shapes of load: how many people when, and when it is over."""

import pytest

from load.shapes import SHAPES, Plan, month_end, phase, shape_named, spike, steps

PLAN = Plan(users=200, duration_seconds=100.0)


def _people(name: str, second: float) -> int:
    tick = shape_named(name)(second, PLAN)
    assert tick is not None
    return tick[0]


def test_month_end__rushes_before_the_cut_off_at_three_times_an_ordinary_hour() -> None:
    people = [_people("month-end", second) for second in range(100)]
    assert max(people) == 200
    assert 2.5 <= max(people) / people[0] <= 4.0
    assert phase(people.index(200), PLAN) == "rush"


def test_month_end__goes_from_an_ordinary_day_over_a_night_to_the_rush() -> None:
    names = list(dict.fromkeys(phase(second, PLAN) for second in range(100)))
    assert names == ["ordinary", "night", "rising", "rush", "approvals"]
    assert _people("month-end", 50) < _people("month-end", 10) < _people("month-end", 95)
    assert phase(100, PLAN) == ""


def test_steps__rise_evenly() -> None:
    assert [_people("steps", second) for second in (0, 20, 40, 60, 80)] == [40, 80, 120, 160, 200]


def test_spike__is_in_the_middle() -> None:
    assert [_people("spike", second) for second in (0, 50, 99)] == [40, 200, 40]


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_shape__ends_with_its_time_and_is_never_empty(name: str) -> None:
    shape = SHAPES[name]
    assert shape(100.0, PLAN) is None
    tiny = shape(0.0, Plan(users=1, duration_seconds=1.0))
    assert tiny is not None
    assert tiny[0] == 1
    assert tiny[1] >= 1.0


def test_pace__brings_everybody_within_seconds() -> None:
    for shape in (month_end, steps, spike):
        tick = shape(0.0, PLAN)
        assert tick is not None
        assert tick[1] == 40.0


def test_unknown_shape__is_one_sentence() -> None:
    with pytest.raises(ValueError, match=r"no load shape 'storm': choose one of month-end, soak"):
        shape_named("storm")
