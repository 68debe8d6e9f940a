"""Where something is played in the PSA: live at the present, or as history with its own instants."""

from collections.abc import Mapping

from msgspec import Struct

from mocks.kit.world import World


class Stage(Struct, frozen=True):
    """Where a deed takes place: the world, other systems' ids, and whether it is history being laid."""

    world: World
    references: Mapping[str, str]
    live: bool

    def at_ms(self, fact_at_ms: int) -> int:
        """The commit stamp: now for a live act, the fact's own for history."""
        return self.world.commit_ms() if self.live else fact_at_ms
