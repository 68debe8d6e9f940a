"""The profiles: what the environment may ask for, and that the run on every commit is always alike."""

import os
import subprocess
import sys

import pytest
from hypothesis import settings

from tests.property.profiles import CI, FAILURES, LONG, VARIABLE, UnknownProfile, chosen, examples


def test_profile__is_ci_unless_the_environment_asks_for_the_long_one() -> None:
    assert [chosen(asked) for asked in ({}, {VARIABLE: ""}, {VARIABLE: LONG})] == [CI, CI, LONG]


def test_ci__is_deterministic_and_keeps_nothing_while_long_keeps_what_failed() -> None:
    ci, long = settings.get_profile(CI), settings.get_profile(LONG)
    assert (ci.derandomize, ci.database, ci.deadline, ci.print_blob) == (True, None, None, True)
    assert (long.derandomize, long.deadline, long.print_blob) == (False, None, True)
    assert long.max_examples > ci.max_examples
    assert FAILURES.parts[-2:] == ("reports", "hypothesis")
    assert str(FAILURES) in repr(long.database)


def test_number_of_examples__grows_in_the_long_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, CI)
    assert examples(7, steps=9).max_examples == 7
    monkeypatch.setenv(VARIABLE, LONG)
    assert examples(7).max_examples > 100


def test_unknown_profile__is_refused_in_one_sentence() -> None:
    with pytest.raises(UnknownProfile, match="HYPOTHESIS_PROFILE is 'quick'; set it to ci or long"):
        chosen({VARIABLE: "quick"})
    asked = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", __file__],
        env={**os.environ, VARIABLE: "quick"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert asked.returncode == pytest.ExitCode.USAGE_ERROR
    assert "set it to ci or long, or leave it out." in asked.stdout + asked.stderr
    assert "Traceback" not in asked.stdout + asked.stderr
