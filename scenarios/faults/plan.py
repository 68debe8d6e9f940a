"""A fault plan: faults by role, with instants counted from the start of the scenario."""

from collections import defaultdict
from pathlib import Path

import msgspec
from msgspec import Struct, structs

from mocks.kit.faults import Fault

HOUR_MS = 3_600_000


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
    """A plan from a JSON file; raises PlanUnreadable."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Plan)
    except OSError as problem:
        raise PlanUnreadable(f"The fault plan {path} cannot be opened: {problem.strerror}.") from problem
    except msgspec.DecodeError as problem:
        raise PlanUnreadable(f"The fault plan {path} cannot be read: {problem}.") from problem
