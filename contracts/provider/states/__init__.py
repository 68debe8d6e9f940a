"""What must be there before an interaction, by vendor: made through its own API wherever it can be."""

from collections.abc import Mapping

from contracts.provider.states import bamboohr, certinia, gusto, integration_core, netsuite, salesforce
from contracts.provider.states.port import State

STATES: dict[str, Mapping[str, State]] = {
    "certinia": certinia.STATES,
    "salesforce": salesforce.STATES,
    "bamboohr": bamboohr.STATES,
    "netsuite": netsuite.STATES,
    "gusto": gusto.STATES,
    "integration-core": integration_core.STATES,
}
