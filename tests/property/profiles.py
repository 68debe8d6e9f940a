"""How hard properties are tried: `ci` on every commit, always alike; `long` by chance, as long as wanted.

Tests ask for their number of examples through `examples`, so that the profile alone decides how
much is drawn, and a number in a test is never a bound on the long run.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis.database import DirectoryBasedExampleDatabase

VARIABLE = "HYPOTHESIS_PROFILE"
CI, LONG = "ci", "long"
NAMES = (CI, LONG)
CI_EXAMPLES = 50
TIMES_LONGER = 40
FAILURES = Path(__file__).resolve().parents[2] / "reports" / "hypothesis"


class UnknownProfile(ValueError):
    """No profile has this name; the text is one sentence for the person who gave it."""


def chosen(environment: Mapping[str, str] = os.environ) -> str:
    """The name of the profile that the environment asks for; `ci` where it asks for none.

    Raises UnknownProfile.
    """
    name = environment.get(VARIABLE) or CI
    if name not in NAMES:
        raise UnknownProfile(f"{VARIABLE} is {name!r}; set it to {' or '.join(NAMES)}, or leave it out.")
    return name


def register() -> None:
    """Make both profiles known to Hypothesis."""
    # How quick a machine is must not decide a test: no deadline, and slow data is no failure.
    patient = settings(deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
    settings.register_profile(CI, patient, max_examples=CI_EXAMPLES, derandomize=True, database=None)
    settings.register_profile(
        LONG,
        patient,
        max_examples=CI_EXAMPLES * TIMES_LONGER,
        derandomize=False,
        database=DirectoryBasedExampleDatabase(FAILURES),
    )


def examples(number: int, *, steps: int = 50) -> settings:
    """Settings for a test that is tried this often in `ci`, and many times more in `long`."""
    longer = TIMES_LONGER if chosen() == LONG else 1
    return settings(max_examples=number * longer, stateful_step_count=steps)
