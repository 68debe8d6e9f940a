"""What a rehearsal tells while it goes on; console, reports and traces only listen."""

from collections.abc import Callable, Mapping

from msgspec import Struct

from scenarios.checks.result import CheckResult
from scenarios.faults.plan import Plan


class Started(Struct, frozen=True):
    """The estate is up and holds the firm."""

    scenario: str
    seed: int
    facts: int
    start_ms: int
    end_ms: int


class Close(Struct, frozen=True):
    """When a period of an entity closes."""

    entity: str
    period: str
    at_ms: int


class Planned(Struct, frozen=True):
    """What lies ahead: what may go wrong, and when periods close; told once, right after the start."""

    title: str
    plan: Plan
    closes: tuple[Close, ...]


class Stepped(Struct, frozen=True):
    """The clock moved: facts played in this step, facts that wait now, notifications sent in this step."""

    now_ms: int
    played: int
    waiting: int
    notified: int = 0


class Looked(Struct, frozen=True):
    """A look now and then at what no step tells.

    `requests` by role and `struck` by fault count from the start; both are None
    where only the subject was looked at.
    """

    now_ms: int
    owed: str
    requests: dict[str, int] | None = None
    struck: dict[str, int] | None = None


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


class CallSeen(Struct, frozen=True, kw_only=True):
    """One call as a mock kept it; bodies are excerpts without secrets, empty where they could tell pay."""

    role: str
    at_ms: int
    method: str
    path: str
    status: int
    outcome: str  # answered | dropped | lost
    fault: str
    correlation_id: str
    request: str
    response: str


class Traced(Struct, frozen=True):
    """The calls behind each document that a failed check names."""

    calls: Mapping[str, tuple[CallSeen, ...]]


Event = Started | Planned | Stepped | Looked | Healed | Settled | Judged | Traced
Listener = Callable[[Event], None]


def both(one: Listener, two: Listener) -> Listener:
    """A listener that tells two."""

    def tell(event: Event) -> None:
        one(event)
        two(event)

    return tell
