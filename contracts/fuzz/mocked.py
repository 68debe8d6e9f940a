"""A mock as a target: one world of it, seeded by the caller, in this process."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime

from contracts.fuzz.target import Authorise, Served
from mocks.kit.system import MockSystem
from mocks.kit.vendor import Vendor
from mocks.kit.world import World

START_MS = int(datetime(2026, 2, 2, 9, tzinfo=UTC).timestamp() * 1000)
SECRET_LENGTH = 12
Known = Mapping[str, tuple[str, ...]]


class _Nowhere:
    """Notices go nowhere: a world that is not stepped sends none by itself."""

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes] | None:
        return None


@contextmanager
def mocked(
    vendor: Vendor,
    prepare: Callable[[World], Known],
    authorise: Callable[[World], Authorise],
    wrong: Callable[[World], Authorise],
) -> Iterator[Served]:
    """A fresh mock whose world `prepare` fills; it gives back the known values of parameters."""
    system = MockSystem(vendor, "no control plane here", _Nowhere())
    world = system.create_world("fuzz", 1, START_MS)
    try:
        known = prepare(world)
        yield Served(
            description=system.application.openapi(),
            application=system,
            authorise=authorise(world),
            wrong=wrong(world),
            known=known,
            records=lambda: record_count(world),
            secrets=tuple(value for value in world.secrets.values() if len(value) >= SECRET_LENGTH),
        )
    finally:
        system.drop_world("fuzz")


def record_count(world: World) -> int:
    """How many records a world keeps."""
    return sum(world.store.count(kind.name) for kind in world.store.schema.objects)
