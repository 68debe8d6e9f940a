"""A live core that is killed with -9 at ten random moments of its month and started again each time."""

import pytest

from tests.e2e.test_live import assert_survives


@pytest.mark.parametrize("seed", [1, 2])
def test_ten_kills_on_sqlite(seed: int) -> None:
    assert_survives(seed, kills=10)


@pytest.mark.parametrize("seed", [1, 2])
def test_ten_kills_on_postgresql(seed: int, fresh_postgres: str) -> None:
    assert_survives(seed, kills=10, database_url=fresh_postgres)
