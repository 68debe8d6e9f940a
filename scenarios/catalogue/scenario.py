"""What a scenario fixes: the firm, the pace, what may go wrong, which checks must have compared something."""

from collections.abc import Mapping

from msgspec import Struct

from scenarios.faults.plan import Plan


class Scenario(Struct, frozen=True, kw_only=True):
    """One rehearsal. `plans` has its fault plans by name; `default_plan` is taken when none is named."""

    name: str
    title: str
    profile: str
    poll_interval_seconds: float
    hours_before_close: int  # of the last month: what people do later belongs to another rehearsal
    required: frozenset[str]
    plans: Mapping[str, Plan]
    default_plan: str = "none"
