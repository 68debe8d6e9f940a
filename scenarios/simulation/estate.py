"""The estate inside this process: every mock on the in-process network, in a world of its own."""

import os
from collections.abc import Iterable, Mapping

from mocks.kit.system import MockSystem
from mocks.kit.traces import TRACES_VARIABLE, trace_to
from mocks.registry import vendor_for_role
from scenarios.control import Control
from scenarios.estate import ROLES, System
from scenarios.simulation.network import Network

CONTROL_TOKEN = "simulated-control"
WORLD = "default"


class SimulatedEstate:
    """Mocks that are called, not connected to. `mocks` gives tests the hands of a burglar."""

    def __init__(
        self, network: Network, systems: Mapping[str, System], mocks: Mapping[str, MockSystem]
    ) -> None:
        self._network = network
        self._systems = systems
        self.mocks = mocks

    @property
    def systems(self) -> Mapping[str, System]:
        """Systems by role."""
        return self._systems

    @property
    def transport(self) -> Network:
        """The in-process network."""
        return self._network

    async def close(self) -> None:
        """Close the worlds."""
        for mock in self.mocks.values():
            for name in sorted(mock.worlds):
                mock.drop_world(name)
            if mock.spans is not None:
                mock.spans.close()


async def raise_estate(
    network: Network, seed: int, start_ms: int, roles: Iterable[str] = ROLES
) -> SimulatedEstate:
    """Put a mock for every role on the network and make its world."""
    systems, mocks = {}, {}
    for role in roles:
        vendor = vendor_for_role(role)
        mock = MockSystem(vendor, CONTROL_TOKEN, network)
        trace_to(mock, os.environ.get(TRACES_VARIABLE, ""))
        url = network.attach(f"{vendor.name}.example", mock)
        control = Control(network, url, WORLD, CONTROL_TOKEN)
        credentials = await control.create(seed, start_ms)
        mocks[role] = mock
        systems[role] = System(
            role=role, vendor=vendor.name, url=url, credentials=credentials, control=control
        )
    return SimulatedEstate(network, systems, mocks)
