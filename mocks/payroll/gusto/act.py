"""What a payroll clerk does: enter who is missing, run the payroll, process it."""

from collections.abc import Mapping, Sequence

from mocks.firm.facts.source import PayrollRun, SourceFact
from mocks.kit.vendor import Acted
from mocks.kit.world import World
from mocks.payroll.gusto import notify, state


def act(
    world: World, facts: Sequence[SourceFact], references: Mapping[str, str], notify_them: bool
) -> list[Acted]:
    """Play facts in order, each in a transaction of its own; with their own stamps, silently, when seeding.

    A run is the unit of bulk here: all of its people go in with it.
    """
    return [_play(world, fact, live=notify_them) for fact in facts]


def _play(world: World, fact: SourceFact, *, live: bool) -> Acted:
    if not isinstance(fact, PayrollRun):
        return Acted(bk=fact.bk, state="refused", missing=f"Payroll keeps no {type(fact).__name__}.")
    at_ms = world.commit_ms() if live else fact.recorded_at_ms
    try:
        with world.store.transaction():
            done = state.process(world, fact, at_ms)
            if live:
                notify.told(world, done)
    except state.Impossible as problem:
        return Acted(bk=fact.bk, state="refused", missing=str(problem))
    return Acted(bk=fact.bk, state="applied", native_id=done.payroll)
