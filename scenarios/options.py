"""How a run is wished for, and where tests and watchers come into it."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from msgspec import Struct

from scenarios.events import Listener
from scenarios.faults.plan import Plan
from scenarios.runner import Tamper


class Options(Struct, frozen=True, kw_only=True):
    """How to run a scenario, as the command line has it."""

    seed: int = 1
    consultants: int | None = None
    months: int | None = None
    plan: Plan
    mode: str = "simulated"
    subject: str = "core"
    database_url: str | None = None
    grain_ms: int = 0  # how much of the calendar is played at once, in bulk
    keep_state: Path | None = None
    estate: Path | None = None  # the file of an estate that is up already
    replay: str = ""
    witness_calls: bool = False  # find the calls behind every difference, for a report


class Hooks(Struct, frozen=True, kw_only=True):
    """Listener, tampering before the judgement, a look between steps, staged crashes."""

    listener: Listener = lambda event: None
    before_judging: Tamper | None = None
    between_steps: Callable[[Any, int], Awaitable[None]] | None = None
    crash_points: Any = None
