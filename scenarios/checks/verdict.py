"""From the results of all checks to one verdict."""

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from msgspec import Struct

from scenarios.checks.case import prepare
from scenarios.checks.catalogue import CHECKS
from scenarios.checks.result import LAYERS, CheckResult, Violation
from scenarios.oracle.evidence import Evidence

FIRST_DIFFERENCES = 20


class Judgement(Struct, frozen=True, kw_only=True):
    """The verdict, every check's result, and the first differences, lowest layer first."""

    verdict: str  # pass | fail | unknown
    results: tuple[CheckResult, ...]
    first_differences: tuple[Violation, ...]
    unsupported: tuple[str, ...]
    reasons: tuple[str, ...]  # why the verdict is not pass, one sentence each


def judge(evidence: Evidence, required: frozenset[str]) -> Judgement:
    """Run every check; `required` ids must have compared something.

    Fails where any check fails; else unknown where a check or the oracle cannot say, where a
    required check compared nothing, or where a required id names no check; else passes.
    """
    with _no_collections():
        case = prepare(evidence)
        results = tuple(check.run(case) for check in CHECKS)
    failed = [f"{result.id} fails" for result in results if result.status == "fail"]
    doubts = [*case.expected.unsupported, *_doubts(results, required)]
    return Judgement(
        verdict="fail" if failed else "unknown" if doubts else "pass",
        results=results,
        first_differences=first_differences(results),
        unsupported=case.expected.unsupported,
        reasons=(*failed, *doubts),
    )


@contextmanager
def _no_collections() -> Iterator[None]:
    """No search for cycles meanwhile: there are none, and it would walk millions of records many times."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _doubts(results: Iterable[CheckResult], required: frozenset[str]) -> list[str]:
    doubts = []
    missing = set(required)
    for result in results:
        missing.discard(result.id)
        if result.status == "unknown":
            doubts.append(f"{result.id} cannot say")
        elif result.id in required and not result.compared:
            doubts.append(f"{result.id} is required and compared nothing")
    return doubts + [f"{name} is required and no such check exists" for name in sorted(missing)]


def first_differences(results: Iterable[CheckResult]) -> tuple[Violation, ...]:
    """Differences of failed checks ordered by layer, event first; the order of checks within."""
    violations = [v for result in results if result.status == "fail" for v in result.violations]
    violations.sort(key=lambda violation: LAYERS.index(violation.layer))
    return tuple(violations[:FIRST_DIFFERENCES])
