"""Deliveries of a world: several under way at once where the system says so, else one after the other."""

import asyncio
from collections.abc import Mapping

import pytest

from mocks.kit.faults import Faults
from mocks.kit.schema import Schema
from mocks.kit.store import Store
from mocks.kit.webhooks import Webhooks

URL = "http://127.0.0.1:1/hook"


class Crowd:
    """An outgoing that counts how many calls are under way together."""

    def __init__(self) -> None:
        self.now = self.most = 0
        self.bodies: list[bytes] = []

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes] | None:
        """Take a moment."""
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0)
        self.now -= 1
        self.bodies.append(body)
        return 200, b""


@pytest.mark.parametrize(("at_once", "most"), [(1, 1), (8, 8)])
def test_release__has_so_many_deliveries_under_way(at_once: int, most: int) -> None:
    crowd = Crowd()
    webhooks = Webhooks(Store(Schema(()), None), Faults(1), crowd, at_once)
    for number in range(20):
        webhooks.queue("note", URL, {}, str(number).encode(), at_ms=number)
    assert asyncio.run(webhooks.release(1_000)) == 20
    assert crowd.most == most
    assert sorted(map(int, crowd.bodies)) == list(range(20))
    assert (webhooks.owed(), webhooks.counts()) == (0, {"delivered": 20})
