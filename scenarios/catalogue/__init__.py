"""All scenarios, one a module."""

from scenarios.catalogue import deal_to_cash, month_end
from scenarios.catalogue.scenario import Scenario

SCENARIOS: tuple[Scenario, ...] = (deal_to_cash.SCENARIO, month_end.SCENARIO)


def scenario_named(name: str) -> Scenario:
    """The scenario of that name; raises LookupError naming those there are."""
    for scenario in SCENARIOS:
        if scenario.name == name:
            return scenario
    known = ", ".join(scenario.name for scenario in SCENARIOS)
    raise LookupError(f"There is no scenario {name}; there are: {known}.")
