"""What older releases stored, said in the words of the next version: pure, one function an entity and step.

A step only adds what its version is the first to know. It says so outright instead of leaving it
to a type's default: a default may change one day, what was meant years ago may not.
"""

from collections.abc import Callable, Mapping
from typing import Any

Payload = dict[str, Any]
Upcaster = Callable[[Payload], Payload]


def _package_1_to_2(payload: Payload) -> Payload:
    """Packages of version 1 were by the hour: no milestones were planned."""
    return {**payload, "milestones": []}


def _contract_1_to_2(payload: Payload) -> Payload:
    """No line of version 1 had a retainer's terms."""
    return {**payload, "lines": [{**line, "retainer": None} for line in payload["lines"]]}


def _entity_1_to_2(payload: Payload) -> Payload:
    """Version 1 read no holidays."""
    return {**payload, "holidays": []}


def _employee_1_to_2(payload: Payload) -> Payload:
    """Version 1 read neither employment rows nor the weekly pattern: whoever was there worked full time."""
    return {**payload, "statuses": [], "weekly_pattern": []}


# By the version a step starts from; an entity that is not named is the same in both.
STEPS: Mapping[int, Mapping[str, Upcaster]] = {
    1: {
        "Contract": _contract_1_to_2,
        "Employee": _employee_1_to_2,
        "LegalEntity": _entity_1_to_2,
        "ServicePackage": _package_1_to_2,
    },
}
