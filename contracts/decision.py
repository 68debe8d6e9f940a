"""May this go to an environment: a clear yes or no from the matrix, and why.

A promise that was never verified is no better than a broken one: what counts is what was verified
of the pacts as they are now.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from contracts.matrix import Promised, Row, current
from contracts.participants import CORE, STAND_IN

# What each environment demands: everything against the mocks, or against real systems too.
ENVIRONMENTS: Mapping[str, tuple[str, ...]] = {"test": ("mock",), "production": ("mock", "sandbox")}
# Nothing of it is reached by a URL of somebody else's: it is verified where it runs.
_OURS = CORE


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
        for provider in dict.fromkeys(one.provider for one in promises):
            if target == "sandbox" and provider == _OURS:
                continue
            asked = [one for one in promises if one.provider == provider]
            found = [results.get((provider, one.consumer, one.interaction, target)) for one in asked]
            against, beside = _judged(provider, target, list(zip(asked, found, strict=True)))
            reasons += against
            notes += beside
        dates = [row.date for row in results.values() if row.target == target]
        if dates:
            notes.append(f"The oldest result against a {target} is of {min(dates)}.")
    return Decision(environment, not reasons, len(promises), tuple(reasons), tuple(notes))


def _judged(
    provider: str, target: str, found: Sequence[tuple[Promised, Row | None]]
) -> tuple[list[str], list[str]]:
    """What speaks against a provider at one kind of target, and what is to be known beside it."""
    rows = [row for _, row in found if row is not None]
    left_out = sum(row.result == "unsupported" for row in rows)
    missing = len(found) - len(rows)
    reasons, notes = [], []
    if missing:
        reasons.append(f"{provider}: {missing} promises were never verified against a {target}.")
    for one, row in found:
        if row is not None and row.result == "fail":
            reasons.append(f"{provider} ({target}): {one.interaction}: {row.reason or 'failed'}")
        if row is not None and row.result == "unsupported" and (target == "mock" or not one.excusable):
            reasons.append(f"{provider} ({target}): {one.interaction}: left out, and nothing excuses that")
    if left_out:
        notes.append(
            f"{provider}: {left_out} promises cannot be brought about in a {target}; "
            "the mock alone speaks for them."
        )
    standing_in = sum(row.target == "sandbox" and row.version.startswith(STAND_IN) for row in rows)
    if standing_in:
        reasons.append(
            f"{provider}: {standing_in} results are of a stand-in; no system of the vendor was asked."
        )
    return reasons, notes
