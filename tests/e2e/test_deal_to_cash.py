"""The whole house, simulated: from the won deal to the paid invoice, and what a burglar must not get away with."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from integration_core.engine.run import AFTER_CHECKPOINT, AFTER_EFFECT, BEFORE_EFFECT
from integration_core.engine.simulated import CrashNow
from mocks.kit.store import Store
from scenarios.catalogue import scenario_named
from scenarios.estate import Estate
from scenarios.options import Hooks, Options
from scenarios.rehearse import run
from scenarios.simulation.estate import SimulatedEstate

SCENARIO = scenario_named("deal-to-cash")


def rehearse(seed: int, plan: str = "none", hooks: Hooks | None = None, database_url: str | None = None) -> Any:
    """The result of one run as `--json` has it."""
    options = Options(seed=seed, plan=SCENARIO.plans[plan], database_url=database_url)
    return run(SCENARIO, options, hooks)[0]


def failed(result: Any) -> dict[str, Any]:
    """Failed checks by id."""
    return {check["id"]: check for check in result["checks"] if check["status"] == "fail"}


def assert_pass(result: Any) -> None:
    """A pass in which every required check compared something."""
    assert result["verdict"] == "pass", (result["stuck"], result["unsupported"], failed(result))
    assert {check["id"] for check in result["checks"] if check["required"] and not check["compared"]} == set()


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("plan", ["none", "small"])
def test_deal__passes_with_and_without_faults(seed: int, plan: str) -> None:
    result = rehearse(seed, plan)
    assert_pass(result)
    assert (result["faults"]["injected"] > 5) == (plan == "small")


def test_faults__change_nothing_in_the_ledger() -> None:
    quiet, disturbed = rehearse(4), rehearse(4, "small")
    assert quiet["faults"]["facts_that_waited"] == disturbed["faults"]["facts_that_waited"] == 0
    assert quiet["ledger"] == disturbed["ledger"]


def test_postgresql__gives_the_same_result(fresh_postgres: str) -> None:
    on_sqlite, on_postgres = rehearse(5, "small"), rehearse(5, "small", database_url=fresh_postgres)
    assert_pass(on_postgres)
    for result in (on_sqlite, on_postgres):
        del result["timing"]
    assert json.dumps(on_sqlite) == json.dumps(on_postgres)


class Crashes:
    """Kills the core at every n-th place where a crash is interesting, a bounded number of times."""

    def __init__(self, every: int, point: str, most: int = 12) -> None:
        self._every, self._point, self._left, self._visits = every, point, most, 0
        self.crashed = 0

    def visit(self, point: str, run_id: str, name: str, occurrence: int) -> None:
        if point != self._point:
            return
        self._visits += 1
        if self._left and self._visits % self._every == 0:
            self._left -= 1
            self.crashed += 1
            raise CrashNow


@pytest.mark.parametrize("point", [BEFORE_EFFECT, AFTER_EFFECT, AFTER_CHECKPOINT])
def test_core_that_dies_again_and_again__still_passes(point: str) -> None:
    crashes = Crashes(every=5, point=point)
    assert_pass(rehearse(6, "small", Hooks(crash_points=crashes)))
    assert crashes.crashed >= 5


# --- corruptions ----------------------------------------------------------------------------------


def _tamper(change: Callable[[dict[str, Store]], None]) -> Callable[[Estate], Awaitable[None]]:
    async def before_judging(estate: Estate) -> None:
        assert isinstance(estate, SimulatedEstate)
        change({role: mock.worlds["default"].store for role, mock in estate.mocks.items()})

    return before_judging


def _first(store: Store, object_name: str) -> Any:
    return store.select(object_name)[0]


def _corrupted(change: Callable[[dict[str, Store]], None]) -> tuple[Any, str]:
    """The result after a change, and the text of all its violations."""
    result = rehearse(1, hooks=Hooks(before_judging=_tamper(change)))
    assert result["verdict"] == "fail"
    return result, json.dumps([check["violations"] for check in failed(result).values()])
