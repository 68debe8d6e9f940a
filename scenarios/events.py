"""What a rehearsal tells while it goes on; console, reports and traces only listen."""

from collections.abc import Callable

from msgspec import Struct

from scenarios.checks.result import CheckResult


class Started(Struct, frozen=True):
    """The estate is up and holds the firm."""

    scenario: str
    seed: int
    facts: int
    start_ms: int
    end_ms: int


class Stepped(Struct, frozen=True):
    """The clock moved."""

    now_ms: int
    played: int
    waiting: int


class Healed(Struct, frozen=True):
    """Every fault is gone; how often each had struck."""

    now_ms: int
    struck: dict[str, int]


class Settled(Struct, frozen=True):
    """Everything is at rest, or `stuck` says what is not."""

    now_ms: int
    stuck: str


class Judged(Struct, frozen=True):
    """The verdict."""

    verdict: str
    results: tuple[CheckResult, ...]


Event = Started | Stepped | Healed | Settled | Judged
Listener = Callable[[Event], None]
