"""May this go to an environment: a clear yes or no from the matrix, and why.

A promise that was never verified is no better than a broken one: what counts is what was verified
of the pacts as they are now.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from contracts.matrix import Promised, Row, current

# What each environment demands: everything against the mocks, or against real systems too.
ENVIRONMENTS: Mapping[str, tuple[str, ...]] = {"test": ("mock",), "production": ("mock", "sandbox")}
# Nothing of these is reached by a URL of somebody else's: they are verified where they run.
_OURS = "integration-core"


class UnknownEnvironment(ValueError):
    """There is no such environment; the text names those there are."""


class Decision(Struct, frozen=True):
    """Yes or no, and every reason against it; `counted` is how many promises were looked at."""

    environment: str
    deployable: bool
    counted: int
    reasons: tuple[str, ...]
    notes: tuple[str, ...] = ()


def decide(environment: str, rows: Sequence[Row], promises: Sequence[Promised]) -> Decision:
    """Whether every promise holds where the environment demands it; raises UnknownEnvironment."""
    targets = ENVIRONMENTS.get(environment)
    if targets is None:
        raise UnknownEnvironment(
            f"There is no environment {environment}; the known ones are {', '.join(ENVIRONMENTS)}."
        )
    if not promises:
        return Decision(environment, False, 0, ("There are no pacts; the consumer tests write them.",))
    results = {row.line: row for row in current(rows, promises)}
    reasons: list[str] = []
    notes: list[str] = []
    for target in targets:
        missing: dict[str, int] = {}
        left_out: dict[str, int] = {}
        for one in promises:
            if target == "sandbox" and one.provider == _OURS:
                continue
            row = results.get((one.provider, one.consumer, one.interaction, target))
            if row is None:
                missing[one.provider] = missing.get(one.provider, 0) + 1
            elif row.result == "fail":
                reasons.append(f"{one.provider} ({target}): {one.interaction}: {row.reason or 'failed'}")
            elif row.result == "unsupported":
                left_out[one.provider] = left_out.get(one.provider, 0) + 1
        reasons += [
            f"{name}: {count} promises were never verified against a {target}."
            for name, count in missing.items()
        ]
        notes += [
            f"{name}: {count} promises cannot be brought about in a {target}; the mock alone speaks for them."
            for name, count in left_out.items()
        ]
    return Decision(environment, not reasons, len(promises), tuple(reasons), tuple(notes))
