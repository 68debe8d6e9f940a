"""What people in HR do, played one by one: hire, change, terminate, delete; each notifies as it happens."""

from collections.abc import Mapping, Sequence

from mocks.firm.facts.source import SourceFact
from mocks.hris.bamboohr import seeding, state
from mocks.hris.bamboohr.playing import play
from mocks.kit.vendor import Acted
from mocks.kit.world import World


def act(
    world: World, facts: Sequence[SourceFact], references: Mapping[str, str], notify: bool
) -> list[Acted]:
    """Play facts in order, each in a transaction of its own; in bulk and silently without `notify`."""
    if not notify:
        return seeding.seed(world, facts)
    outcomes = []
    for fact in facts:
        with world.store.transaction():
            outcomes.append(play(world, fact, state.stamp_ms(world), told=True))
    return outcomes
