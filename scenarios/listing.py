"""What `rehearse list` says."""

from collections.abc import Callable, Iterator
from typing import get_args

from mocks.kit.faults import Kind
from mocks.registry import VENDORS
from scenarios.catalogue import SCENARIOS
from scenarios.checks.catalogue import CHECKS


def _scenarios() -> Iterator[str]:
    for scenario in SCENARIOS:
        yield f"{scenario.name:<16} {scenario.title} (fault plans: {', '.join(scenario.plans)})"


def _faults() -> Iterator[str]:
    yield from get_args(Kind)


def _vendors() -> Iterator[str]:
    for entry in VENDORS:
        yield f"{entry.role:<8} {entry.name}"


def _checks() -> Iterator[str]:
    for check in CHECKS:
        yield f"{check.id:<5} {check.reads:<8} {check.name}"


LISTS: dict[str, Callable[[], Iterator[str]]] = {
    "scenarios": _scenarios,
    "faults": _faults,
    "vendors": _vendors,
    "checks": _checks,
}
