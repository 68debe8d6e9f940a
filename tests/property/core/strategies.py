"""How histories and schedules are drawn: small, and often right at an instant that decides something."""

from hypothesis import strategies as st

from tests.property.core.history import (
    CLOSES_MS,
    CUTOFFS_MS,
    END_MS,
    HOUR_MS,
    KINDS,
    NUMBERS,
    PERIODS,
    SHARES,
    START_MS,
    Booking,
    Pay,
    Plan,
    Version,
)
from tests.property.core.office import SOURCES, Beat, Schedule
from tests.property.core.systems import Manner

_EDGES = tuple(edge + shift for edge in (*CUTOFFS_MS, *CLOSES_MS) for shift in (-HOUR_MS, -1, 0, 1, HOUR_MS))
_HOURS = (END_MS - START_MS) // HOUR_MS
FATES = ("Approved", "Approved", "Approved", "Rejected", "Submitted", "deleted")

edges = st.sampled_from(_EDGES)
moments = st.one_of(st.integers(2, _HOURS - 2).map(lambda hours: START_MS + hours * HOUR_MS), edges)
before_april = st.integers(2, 24 * 50).map(lambda hours: START_MS + hours * HOUR_MS)
seeds = st.integers(0, 9_999)


@st.composite
def bookings(draw: st.DrawFn, lines: int) -> Booking:
    """A card and up to two corrections of it, each approved after the one before."""
    instants = sorted(draw(st.lists(moments, min_size=1, max_size=3, unique=True)))
    days = st.tuples(*[st.integers(0, 40)] * 5)
    versions = [
        Version(at_ms, draw(days), draw(st.integers(0, lines - 1)), draw(st.booleans())) for at_ms in instants
    ]
    fate = draw(st.sampled_from(FATES))
    return Booking(draw(st.integers(0, len(NUMBERS) - 1)), draw(st.integers(0, 7)), tuple(versions), fate)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """A contract of one to three lines, and what people do on it in two months."""
    lines = tuple(draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=3)))
    fixed = [number for number, kind in enumerate(lines) if kind in ("POC", "MILESTONE")]
    which = st.sampled_from(fixed) if fixed else st.nothing()
    milestones = st.tuples(which, st.integers(1, len(SHARES)), moments)
    pays = st.builds(
        Pay, moments, st.sampled_from(PERIODS), st.tuples(*[st.integers(0, 900_000)] * len(NUMBERS))
    )
    return Plan(
        lines=lines,
        advance_months=draw(st.integers(1, 3)),
        value_cents=draw(st.integers(100, 2_000_000)),
        bookings=tuple(draw(st.lists(bookings(len(lines)), max_size=4))),
        acceptances=tuple(draw(st.lists(milestones, max_size=3 if fixed else 0, unique_by=lambda m: m[:2]))),
        estimates=tuple(
            draw(st.lists(st.tuples(which, st.integers(1, 90), moments), max_size=2)) if fixed else ()
        ),
        payrolls=tuple(sorted(draw(st.lists(pays, max_size=3)), key=lambda pay: pay.at_ms)),
        completed_ms=draw(st.none() | moments),
        order_ms=draw(st.none() | moments),
        priced_ms=draw(st.just(0) | moments),
        agreed_ms=draw(st.none() | moments),
        promoted_ms=draw(st.none() | before_april),
        leave_ms=draw(st.none() | moments),
    )


manners = st.builds(
    Manner,
    behind_ms=st.lists(
        st.sampled_from((0, 1, 3 * HOUR_MS, 24 * HOUR_MS, 400 * HOUR_MS)), min_size=1, max_size=3
    ).map(tuple),
    page=st.sampled_from((1, 2, 3, 1_000)),
    again=st.integers(0, 8),
    early=st.booleans(),
    seed=seeds,
)
# A little after an edge is where a core that does not wait for what it lacks would go wrong.
instants = moments | edges.map(lambda edge_ms: edge_ms + 2 * HOUR_MS)
beats = st.lists(st.builds(Beat, instants, st.sampled_from(SOURCES), manners), max_size=12).map(tuple)
USUAL = tuple(
    Beat(at_ms + 1_000 + place, name)
    for at_ms in (START_MS, *CUTOFFS_MS, *CLOSES_MS)
    for place, name in enumerate(SOURCES)
)
schedules = st.builds(
    lambda drawn, usual, turns: Schedule((*drawn, *(USUAL if usual else ())), turns),
    beats,
    st.booleans(),
    st.none() | seeds,
)
# Short, and whoever breaks a rule of the core is likely to notice: corrected late, ordered late.
EVENTFUL = Plan(
    lines=("TM", "POC"),
    bookings=(
        Booking(
            0,
            1,
            (
                Version(START_MS + 300 * HOUR_MS, (30, 12, 9, 20, 40), 0),
                Version(CUTOFFS_MS[0] + 30 * HOUR_MS, (30, 12, 8, 20, 40), 0),
            ),
        ),
        Booking(1, 2, (Version(CUTOFFS_MS[0] - HOUR_MS, (32, 32, 32, 20, 1), 0),)),
    ),
    acceptances=((1, 1, CUTOFFS_MS[0] - HOUR_MS),),
    payrolls=(Pay(CUTOFFS_MS[0] - 30 * HOUR_MS, "2026-02", (700_000, 800_001)),),
    order_ms=CUTOFFS_MS[1] + HOUR_MS,
)
# The order is read, and then some of what was read before it once more.
ordered_and_repeated = seeds.map(
    lambda seed: Schedule(
        (
            Beat(CUTOFFS_MS[1] + 2 * HOUR_MS, "crm"),
            Beat(CUTOFFS_MS[1] + 3 * HOUR_MS, "crm", Manner(again=3, seed=seed)),
        )
    )
)
AT_THE_END = Schedule()  # everything is read when everything is over
