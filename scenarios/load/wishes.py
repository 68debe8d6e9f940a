"""What a load run is wished to be, and what may be broken while it goes on."""

import re
from pathlib import Path

import msgspec
from msgspec import Struct

from scenarios.estate import ROLES
from scenarios.faults.plan import NONE, Plan
from scenarios.live.estate_file import EstateFile
from scenarios.load.slo import Slo

MAXIMUM_MONTHS = 12
MAXIMUM_USERS = 20_000
MAXIMUM_SECONDS = 86_400
MAXIMUM_WORKERS = 32
MAXIMUM_DISTURBANCES = 100
_WORKER = re.compile(r"kill-core-([1-9][0-9]?)")


_LEAST_USERS, _CONSULTANTS_PER_USER = 20, 40
_LEAST_SECONDS, _SECONDS_PER_CONSULTANT = 60.0, 0.06


def usual_users(consultants: int) -> int:
    """People at work at once who get the last two working days of a firm of this size done."""
    return max(_LEAST_USERS, consultants // _CONSULTANTS_PER_USER)


def usual_seconds(consultants: int) -> float:
    """Seconds for those days in which two cores can have everything that runs keep up."""
    return max(_LEAST_SECONDS, consultants * _SECONDS_PER_CONSULTANT)


class PlanUnreadable(Exception):
    """A plan of disturbances cannot be read; the text is one sentence."""


class Disturbance(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that is killed or stopped during the storm, and brought back after a while."""

    at_seconds: float
    what: str  # kill-core-<n>, kill-mock-<role>, kill-load-worker or stop-database
    for_seconds: float = 1.0


class Wishes(Struct, frozen=True, kw_only=True):
    """A load run as the command line has it."""

    slo: Slo
    consultants: int = 200
    months: int = 1
    users: int = 20
    duration_seconds: float = 60.0
    workers: int = 1
    load_workers: int = 1
    seed: int = 1
    shape: str = "month-end"
    faults: Plan = NONE
    disturbances: tuple[Disturbance, ...] = ()
    database_url: str | None = None
    estate: EstateFile | None = None  # what others brought up, instead of what is started here
    replay: str = ""


def read_disturbances(path: Path, workers: int) -> tuple[Disturbance, ...]:
    """A plan from a JSON file; raises PlanUnreadable."""
    try:
        found = msgspec.json.decode(path.read_bytes(), type=tuple[Disturbance, ...])
    except OSError as problem:
        raise PlanUnreadable(f"The plan {path} cannot be read: {problem.strerror}.") from problem
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        raise PlanUnreadable(
            f'The plan {path} is no list like [{{"at_seconds": 10, "what": "kill-core-1"}}]: {problem}.'
        ) from problem
    if len(found) > MAXIMUM_DISTURBANCES:
        raise PlanUnreadable(f"The plan {path} has more than {MAXIMUM_DISTURBANCES} disturbances.")
    for one in found:
        reason = _unknown(one, workers)
        if reason:
            raise PlanUnreadable(f"The plan {path} cannot be carried out: {reason}.")
    return tuple(sorted(found, key=lambda one: one.at_seconds))


def _unknown(one: Disturbance, workers: int) -> str:
    if not 0 <= one.at_seconds <= MAXIMUM_SECONDS or not 0 <= one.for_seconds <= MAXIMUM_SECONDS:
        return f"seconds lie between 0 and {MAXIMUM_SECONDS}"
    worker = _WORKER.fullmatch(one.what)
    if worker is not None:
        return "" if int(worker[1]) <= workers else f"there is no worker {worker[1]} of {workers}"
    if one.what == "stop-database":
        return "" if workers > 1 else "only a run with --workers 2 or more has a database to stop"
    known = {"kill-load-worker", *(f"kill-mock-{role}" for role in ROLES)}
    if one.what in known:
        return ""
    return f"{one.what!r} is none of kill-core-1 and so on, stop-database, {', '.join(sorted(known))}"
