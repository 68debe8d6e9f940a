"""How many people are at work when: pure functions of the seconds since the beginning.

The month end goes along with what falls due in the last two working days of a month: an ordinary day on
which managers catch up, a night, a morning that fills up, the rush in which nearly everybody hands in the
month's last week at about three times an ordinary hour, and the approvals that are left after it.
"""

from collections.abc import Callable

from msgspec import Struct


class Plan(Struct, frozen=True, kw_only=True):
    """The most people at once, and how long it all takes."""

    users: int
    duration_seconds: float


Tick = tuple[int, float]
Shape = Callable[[float, Plan], Tick | None]

# (until which share of the time, share of the people then); the peak is 3.3 times an ordinary hour.
_MONTH_END = (
    (0.42, 0.30, "ordinary"),
    (0.60, 0.10, "night"),
    (0.64, 0.65, "rising"),
    (0.90, 1.00, "rush"),
    (1.00, 0.80, "approvals"),
)
_RAMP_SECONDS = 5.0
_STEPS = 5
_SPIKE_FROM, _SPIKE_UNTIL, _CALM = 0.4, 0.6, 0.2


def month_end(elapsed_seconds: float, plan: Plan) -> Tick | None:
    """The last day of a month and the morning after it."""
    share = elapsed_seconds / plan.duration_seconds
    for until, people, _ in _MONTH_END:
        if share < until:
            return _tick(people, plan)
    return None


def phase(elapsed_seconds: float, plan: Plan) -> str:
    """What part of the month end it is; empty when it is over."""
    share = elapsed_seconds / plan.duration_seconds
    return next((name for until, _, name in _MONTH_END if share < until), "")


def steps(elapsed_seconds: float, plan: Plan) -> Tick | None:
    """Five equal steps up: to find where it bends."""
    share = elapsed_seconds / plan.duration_seconds
    if share >= 1:
        return None
    return _tick((int(share * _STEPS) + 1) / _STEPS, plan)


def soak(elapsed_seconds: float, plan: Plan) -> Tick | None:
    """Everybody all the time: to find what leaks."""
    return _tick(1.0, plan) if elapsed_seconds < plan.duration_seconds else None


def spike(elapsed_seconds: float, plan: Plan) -> Tick | None:
    """A fifth of the people, and everybody at once in the middle."""
    share = elapsed_seconds / plan.duration_seconds
    if share >= 1:
        return None
    return _tick(1.0 if _SPIKE_FROM <= share < _SPIKE_UNTIL else _CALM, plan)


SHAPES: dict[str, Shape] = {"month-end": month_end, "steps": steps, "soak": soak, "spike": spike}


def shape_named(name: str) -> Shape:
    """The shape of a name; raises ValueError with one sentence on what to do."""
    if name not in SHAPES:
        raise ValueError(f"There is no load shape {name!r}: choose one of {', '.join(sorted(SHAPES))}.")
    return SHAPES[name]


def _tick(share: float, plan: Plan) -> Tick:
    """People of a share, at least one, all there within a few seconds."""
    users = max(1, round(plan.users * share))
    return users, max(1.0, plan.users / _RAMP_SECONDS)
