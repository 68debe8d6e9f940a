"""The month-end on many seeds: simulated and live, on both databases, against its control, and killed."""

import pytest

from scenarios.catalogue import scenario_named
from scenarios.differential import differences, size
from scenarios.options import Options
from scenarios.rehearse import run
from tests.e2e.test_deal_to_cash import assert_pass
from tests.e2e.test_live import assert_survives

SCENARIO = scenario_named("month-end")
DEFAULT = SCENARIO.plans["default"]


@pytest.mark.parametrize("seed", range(1, 21))
def test_simulated_on_sqlite__and_its_control_agree(seed: int) -> None:
    result, disturbed = run(SCENARIO, Options(seed=seed, plan=DEFAULT))
    assert_pass(result)
    assert result["faults"]["injected"] > 100
    control_result, control = run(SCENARIO, Options(seed=seed, plan=SCENARIO.plans["none"]))
    assert_pass(control_result)
    if not disturbed.ever_waited and not control.ever_waited:
        assert differences(control.evidence, disturbed.evidence) == []
        assert size(control.evidence) > 200


@pytest.mark.parametrize("seed", range(1, 6))
def test_simulated_on_postgresql(seed: int, fresh_postgres: str) -> None:
    assert_pass(run(SCENARIO, Options(seed=seed, plan=DEFAULT, database_url=fresh_postgres))[0])


@pytest.mark.parametrize("seed", range(1, 4))
def test_live_on_sqlite(seed: int) -> None:
    assert_pass(run(SCENARIO, Options(seed=seed, plan=DEFAULT, mode="live"))[0])


@pytest.mark.parametrize("seed", range(1, 3))
def test_live_on_postgresql(seed: int, fresh_postgres: str) -> None:
    options = Options(seed=seed, plan=DEFAULT, mode="live", database_url=fresh_postgres)
    assert_pass(run(SCENARIO, options)[0])


@pytest.mark.parametrize("seed", [1, 2])
def test_twenty_kills_on_sqlite(seed: int) -> None:
    assert_survives(seed, 20, scenario=SCENARIO, plan="default", longest_seconds=6.0)


def test_twenty_kills_on_postgresql(fresh_postgres: str) -> None:
    assert_survives(1, 20, fresh_postgres, SCENARIO, "default", longest_seconds=6.0)
