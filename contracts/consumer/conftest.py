"""Where the pacts of a run go: a fresh folder, so that nothing stale stays in them."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from contracts.consumer.promises import Messages, Network, Promises
from contracts.consumer.run import FOLDER_VARIABLE
from contracts.participants import CONSUMER


@pytest.fixture(scope="session")
def network() -> Iterator[Network]:
    """One network for all tests of a process."""
    network = Network()
    yield network
    network.close()


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the pacts are written: as the environment says, else nowhere that stays."""
    given = os.environ.get(FOLDER_VARIABLE)
    return Path(given) if given else tmp_path_factory.mktemp("pacts")


@pytest.fixture
def promises(network: Network, folder: Path) -> Callable[..., Promises]:
    """A pact to add to, by name of the provider, and of the consumer where that is not the core."""
    return lambda provider, consumer=CONSUMER: Promises(provider, folder, network, consumer)


@pytest.fixture
def messages(folder: Path) -> Callable[[str], Messages]:
    """A pact of messages to add to, by name of the provider."""
    return lambda provider: Messages(provider, folder)
