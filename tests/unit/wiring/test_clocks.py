"""The core's clock in a rehearsal: stepped, or running at the same pace as the mocks' clocks."""

import pytest

from integration_core.api.description import MAXIMUM_MS
from integration_core.wiring.clocks import RehearsalClock


class _Machine:
    def __init__(self) -> None:
        self.now = 1_000_000

    def wall_ms(self) -> int:
        return self.now


def test_stepped_clock__stands_until_it_is_told() -> None:
    machine = _Machine()
    clock = RehearsalClock(500, machine.wall_ms)
    machine.now += 100
    assert clock.now_ms() == 500
    clock.step_to(900)
    assert clock.now_ms() == 900


def test_clock_that_runs__goes_at_its_speed_from_when_it_was_told() -> None:
    machine = _Machine()
    clock = RehearsalClock(500, machine.wall_ms)
    clock.run(700, 60, machine.now - 10)
    assert clock.now_ms() == 1_300
    machine.now += 5
    assert clock.now_ms() == 1_600


def test_clock_that_is_stopped__stands_where_it_was_told() -> None:
    machine = _Machine()
    clock = RehearsalClock(0, machine.wall_ms)
    clock.run(0, 10, None)
    machine.now += 100
    clock.run(1_500, 0, None)
    machine.now += 100
    assert clock.now_ms() == 1_500


def test_clock_told_to_go_back__refuses_and_goes_on() -> None:
    machine = _Machine()
    clock = RehearsalClock(0, machine.wall_ms)
    clock.run(0, 10, None)
    machine.now += 100
    with pytest.raises(ValueError, match="cannot go back"):
        clock.run(999, 0, None)
    assert clock.now_ms() == 1_000


def test_clock_told_the_same_again__goes_on_as_if_it_had_not_been() -> None:
    machine = _Machine()
    clock = RehearsalClock(0, machine.wall_ms)
    clock.run(0, 10, None)
    machine.now += 100
    clock.run(0, 10, None)
    assert clock.now_ms() == 1_000
    clock.step_to(2_000)
    with pytest.raises(ValueError, match="cannot go back"):
        clock.run(0, 10, None)


def test_clock_that_runs__ends_where_dates_do() -> None:
    machine = _Machine()
    clock = RehearsalClock(MAXIMUM_MS - 5, machine.wall_ms)
    clock.run(MAXIMUM_MS - 5, 1_000, None)
    machine.now += 100
    assert clock.now_ms() == MAXIMUM_MS
