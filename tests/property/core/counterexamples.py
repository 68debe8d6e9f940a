"""Proof that a property can fail: with something broken, Hypothesis must come across an example."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import Phase, Verbosity, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

# Found is enough: nobody reads the example, so nothing is made smaller, kept or explained.
_SEARCH = settings(
    phases=(Phase.generate,), verbosity=Verbosity.quiet, report_multiple_bugs=False, print_blob=False
)


def assert_finds_a_counterexample(
    test: Callable[..., Any], tries: int, *, failing: type[BaseException] = AssertionError
) -> None:
    """Run a test made with `given`; it must fail within some tries."""
    searching = settings(_SEARCH, max_examples=tries)(test)
    with pytest.raises(failing):
        searching()


def assert_machine_finds_a_counterexample(
    machine: type[RuleBasedStateMachine], tries: int, *, steps: int
) -> None:
    """Run a state machine; some schedule must break it within some tries."""
    searching = settings(_SEARCH, max_examples=tries, stateful_step_count=steps)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(machine, settings=searching)
