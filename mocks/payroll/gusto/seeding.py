"""What a fresh world of Gusto has: credentials for the whole group, and signed deliveries."""

import hashlib

from mocks.kit.world import World
from mocks.payroll.gusto import notify


def secrets(world_name: str, seed: int) -> dict[str, str]:
    """The access token of a world, for every company of the group, and one that may only read."""

    def key(purpose: str) -> str:
        text = f"{world_name}|{seed}|gusto|{purpose}"
        return hashlib.blake2b(text.encode(), digest_size=20).hexdigest()

    return {"access_token": key("access token"), "read_only_access_token": key("read only access token")}


def prepare(world: World) -> None:
    """Make a world ready, fresh or taken up again."""
    notify.sign_with(world)
