"""Two companies through two closes, simulated: right under faults, and the same as on a quiet day."""

import json
from typing import Any

import pytest

from scenarios.catalogue import scenario_named
from scenarios.differential import differences, size
from scenarios.options import Options
from scenarios.rehearse import run
from scenarios.runner import Ended
from tests.e2e.test_deal_to_cash import assert_pass

SCENARIO = scenario_named("month-end")


def rehearse(
    seed: int, plan: str, consultants: int | None = None, database_url: str | None = None
) -> tuple[dict[str, Any], Ended]:
    """One run, and the evidence behind it."""
    options = Options(
        seed=seed, plan=SCENARIO.plans[plan], consultants=consultants, database_url=database_url
    )
    return run(SCENARIO, options)


def test_whole_firm__passes_under_the_default_plan() -> None:
    result, ended = rehearse(6, "default")
    assert_pass(result)
    assert result["firm"]["consultants"] == 50
    assert set(result["ledger"]["invoiced"]) == {"EUR", "USD"}
    kinds = result["faults"]["by_kind"]
    assert {"crash", "lose_answer", "outage", "webhook_double", "limit", "expire_token"} <= set(kinds)
    assert ended.stuck == ""


def test_quiet_day__ends_in_the_same_business_state() -> None:
    disturbed, control = rehearse(3, "default", 16)[1], rehearse(3, "none", 16)[1]
    assert not disturbed.ever_waited
    assert not control.ever_waited
    assert differences(control.evidence, disturbed.evidence) == []
    assert size(control.evidence) > 100


def test_control__sees_a_difference() -> None:
    one, other = rehearse(3, "none", 8)[1], rehearse(4, "none", 8)[1]
    assert differences(one.evidence, other.evidence)


def test_postgresql__gives_the_same_result(fresh_postgres: str) -> None:
    on_sqlite, on_postgres = rehearse(5, "default", 10)[0], rehearse(5, "default", 10, fresh_postgres)[0]
    assert_pass(on_postgres)
    for result in (on_sqlite, on_postgres):
        del result["timing"]
    assert json.dumps(on_sqlite) == json.dumps(on_postgres)


@pytest.mark.parametrize(("seed", "consultants"), [(1, 8), (2, 20)])
def test_smaller_firm__passes_too(seed: int, consultants: int) -> None:
    assert_pass(rehearse(seed, "default", consultants)[0])
