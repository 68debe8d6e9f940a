"""A fault plan: faults by role, with instants counted from the start of the scenario.

A plan comes from whoever rehearses, so everything in it is checked when it is read: what passes
here never stops a rehearsal half-way.
"""

import math
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import Struct, structs

from mocks.kit.faults import Fault
from scenarios.estate import ROLES

HOUR_MS = 3_600_000
MAXIMUM_BYTES = 1_000_000
MAXIMUM_FAULTS = 1_000
MAXIMUM_TEXT = 1_000  # characters of an id, a name or a pattern
MAXIMUM_HOURS = 6 * 366 * 24  # longer than any rehearsal
MAXIMUM_COUNT = 1 << 53


class PlanUnreadable(Exception):
    """The plan cannot be read; the text is one sentence."""


class PlannedFault(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A fault of one role's system; `from_hours` and `until_hours` count from the scenario's start."""

    role: str
    fault: Fault
    from_hours: float = 0.0
    until_hours: float | None = None


class PlannedCrash(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The subject dies in the middle of its work, `from_hours` after the scenario's start or soon after."""

    id: str
    from_hours: float


class Plan(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A named set of faults of the systems and crashes of the subject; all end when the estate is healed."""

    name: str
    faults: tuple[PlannedFault, ...] = ()
    crashes: tuple[PlannedCrash, ...] = ()

    def crash_instants(self, start_ms: int) -> list[tuple[int, str]]:
        """When the subject is to die, and which crash it is, in order."""
        return sorted((start_ms + int(crash.from_hours * HOUR_MS), crash.id) for crash in self.crashes)

    def by_role(self, start_ms: int) -> dict[str, list[Fault]]:
        """The faults of each role with absolute instants."""
        found: dict[str, list[Fault]] = defaultdict(list)
        for planned in self.faults:
            until_ms = planned.fault.until_ms
            if planned.until_hours is not None:
                until_ms = start_ms + int(planned.until_hours * HOUR_MS)
            from_ms = start_ms + int(planned.from_hours * HOUR_MS)
            found[planned.role].append(
                structs.replace(planned.fault, system=planned.role, from_ms=from_ms, until_ms=until_ms)
            )
        return dict(found)


NONE = Plan(name="none")


def read_plan(path: Path) -> Plan:
    """A plan from a JSON file; raises PlanUnreadable with the file and the first problem."""
    try:
        plan = msgspec.json.decode(_content(path), type=Plan)
    except OSError as problem:
        raise PlanUnreadable(f"The fault plan {path} cannot be opened: {problem.strerror}.") from problem
    except (msgspec.DecodeError, RecursionError) as problem:
        raise PlanUnreadable(f"The fault plan {path} cannot be read: {problem}.") from problem
    problem_found = first_problem(plan)
    if problem_found:
        raise PlanUnreadable(f"The fault plan {path} cannot be used: {problem_found}.")
    return plan


def _content(path: Path) -> bytes:
    if path.exists() and not path.is_file():
        what = "a folder" if path.is_dir() else "not a plain file"  # a pipe would be waited for
        raise PlanUnreadable(f"The fault plan {path} cannot be opened: it is {what}.")
    with path.open("rb") as file:
        content = file.read(MAXIMUM_BYTES + 1)
    if len(content) > MAXIMUM_BYTES:
        raise PlanUnreadable(f"The fault plan {path} is too large: at most {MAXIMUM_BYTES} bytes are read.")
    return content


def first_problem(plan: Plan) -> str:
    """What is wrong with a plan that decodes, and where, as for `$.faults[0].role`; empty when nothing."""
    return next(_problems(plan), "")


def _problems(plan: Plan) -> Iterator[str]:
    if not 0 < len(plan.name) <= MAXIMUM_TEXT:
        yield f"a name has 1 to {MAXIMUM_TEXT} characters - at `$.name`"
    if len(plan.faults) + len(plan.crashes) > MAXIMUM_FAULTS:
        yield f"it has more than {MAXIMUM_FAULTS} faults and crashes"
    seen: set[str] = set()
    for place, planned in enumerate(plan.faults):
        at = f"$.faults[{place}]"
        yield from (f"{problem} - at `{at}.{where}`" for where, problem in _of_planned(planned))
        yield from (f"{problem} - at `{at}.fault.{where}`" for where, problem in _of_fault(planned.fault))
        yield from _of_id(planned.fault.id, seen, f"{at}.fault.id")
    for place, crash in enumerate(plan.crashes):
        at = f"$.crashes[{place}]"
        yield from (f"{problem} - at `{at}.from_hours`" for problem in _of_hours(crash.from_hours))
        yield from _of_id(crash.id, seen, f"{at}.id")


def _of_id(name: str, seen: set[str], at: str) -> Iterator[str]:
    """Strikes are counted by id, so no two may share one."""
    if not 0 < len(name) <= MAXIMUM_TEXT:
        yield f"an id has 1 to {MAXIMUM_TEXT} characters - at `{at}`"
    if name in seen:
        yield f"the id {name} is there twice - at `{at}`"
    seen.add(name)


def _of_hours(hours: float) -> Iterator[str]:
    if not (math.isfinite(hours) and 0 <= hours <= MAXIMUM_HOURS):
        yield f"hours lie between 0 and {MAXIMUM_HOURS}, not {hours:g}"


def _of_planned(planned: PlannedFault) -> Iterator[tuple[str, str]]:
    if planned.role not in ROLES:
        yield "role", f"there is no role {planned.role[:40]!r}; there are: {', '.join(ROLES)}"
    yield from (("from_hours", problem) for problem in _of_hours(planned.from_hours))
    if planned.until_hours is not None:
        yield from (("until_hours", problem) for problem in _of_hours(planned.until_hours))
        if planned.until_hours <= planned.from_hours:
            yield "until_hours", f"it ends at {planned.until_hours:g} but begins at {planned.from_hours:g}"


def _of_fault(fault: Fault) -> Iterator[tuple[str, str]]:
    for field, pattern in (("path", fault.path), ("body", fault.body)):
        yield from ((field, problem) for problem in _of_pattern(pattern))
    for field, low, high in (
        ("occurrence", 0, MAXIMUM_COUNT),
        ("share_e6", 0, 1_000_000),
        ("times", 0, MAXIMUM_COUNT),
        ("seconds", 0, MAXIMUM_HOURS * 3600),
        ("status", 400, 599),
        ("size", 1 if fault.kind == "page_size" else 0, MAXIMUM_COUNT),
        ("every", 1 if fault.kind == "fail_items" else 0, MAXIMUM_COUNT),
    ):
        value = getattr(fault, field)
        if not (math.isfinite(value) and low <= value <= high):
            yield field, f"{field} of {fault.kind} lies between {low} and {high}, not {value:g}"
    usual = Fault(id=fault.id, kind=fault.kind)
    for field, instead in (("from_ms", "from_hours"), ("until_ms", "until_hours"), ("system", "role")):
        if getattr(fault, field) != getattr(usual, field):
            yield field, f"{field} is reckoned from {instead} beside the fault; leave it out"


def _of_pattern(pattern: str) -> Iterator[str]:
    if len(pattern) > MAXIMUM_TEXT:
        yield f"a pattern has at most {MAXIMUM_TEXT} characters"
        return
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as problem:
        yield f"the pattern {pattern[:60]!r} is no regular expression: {problem}"
