"""A world's clock: what moves it, and that it never runs backwards."""

import pytest

from mocks.kit.clock import WorldClock


class _Machine:
    def __init__(self) -> None:
        self.now = 1_000_000

    def wall_ms(self) -> int:
        return self.now


def test_clock_that_is_let_run__goes_at_its_factor_from_when_it_was_told() -> None:
    machine = _Machine()
    clock = WorldClock(500, wall=machine.wall_ms)
    clock.set_going(700, "scaled", 60.0, machine.now - 10)
    assert clock.now_ms() == 700 + 600
    machine.now += 5
    assert clock.now_ms() == 700 + 900


def test_clock_that_stands_again__is_stepped_as_before() -> None:
    machine = _Machine()
    clock = WorldClock(0, wall=machine.wall_ms)
    clock.set_going(0, "scaled", 10.0, None)
    machine.now += 100
    clock.set_going(1_000, "stepped", 1.0, None)
    machine.now += 100
    assert clock.now_ms() == 1_000
    clock.step_to(1_500)
    assert clock.now_ms() == 1_500


def test_clock_told_to_go_back__refuses_and_goes_on() -> None:
    machine = _Machine()
    clock = WorldClock(0, wall=machine.wall_ms)
    clock.set_going(0, "scaled", 10.0, None)
    machine.now += 100
    with pytest.raises(ValueError, match="cannot go back"):
        clock.set_going(999, "stepped", 1.0, None)
    assert clock.now_ms() == 1_000
