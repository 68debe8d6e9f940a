"""The house that every story here begins in."""

from collections.abc import Iterator

import pytest

from .house import House


@pytest.fixture
def house() -> Iterator[House]:
    """A firm with one deal that stands, on a store of its own."""
    made = House()
    yield made
    made.close()
