"""Many seeds: simulated 1..30 and live 1..5, on SQLite and on PostgreSQL, with and without faults."""

from pathlib import Path

import pytest

from scenarios.catalogue import scenario_named
from scenarios.options import Hooks, Options
from scenarios.rehearse import run
from tests.e2e.test_deal_to_cash import assert_pass

SCENARIO = scenario_named("deal-to-cash")


@pytest.mark.parametrize("plan", ["none", "small"])
@pytest.mark.parametrize("seed", range(1, 31))
def test_simulated_on_sqlite(seed: int, plan: str) -> None:
    assert_pass(run(SCENARIO, Options(seed=seed, plan=SCENARIO.plans[plan]))[0])


@pytest.mark.parametrize("seed", range(1, 31))
def test_simulated_on_postgresql(seed: int, fresh_postgres: str) -> None:
    options = Options(seed=seed, plan=SCENARIO.plans["small"], database_url=fresh_postgres)
    assert_pass(run(SCENARIO, options)[0])


@pytest.mark.parametrize("seed", range(1, 6))
def test_live_on_sqlite(seed: int) -> None:
    assert_pass(run(SCENARIO, Options(seed=seed, plan=SCENARIO.plans["small"], mode="live"))[0])


@pytest.mark.parametrize("seed", range(1, 6))
def test_live_on_postgresql(seed: int, fresh_postgres: str) -> None:
    options = Options(seed=seed, plan=SCENARIO.plans["small"], mode="live", database_url=fresh_postgres)
    assert_pass(run(SCENARIO, options)[0])


def test_keep_state__writes_every_system(tmp_path: Path) -> None:
    run(SCENARIO, Options(seed=1, plan=SCENARIO.plans["none"], keep_state=tmp_path), Hooks())
    assert {"salesforce", "certinia", "bamboohr", "netsuite"} <= {path.name for path in tmp_path.iterdir()}
