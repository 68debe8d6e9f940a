"""What a vendor sends of its own accord, believed by production code before a pact is held against it."""

from contracts.provider.gateway import Tell
from contracts.provider.messages import bamboohr, gusto, salesforce

TELLS: dict[str, Tell] = {
    "bamboohr-webhooks": bamboohr.tell,
    "gusto-webhooks": gusto.tell,
    "salesforce-webhooks": salesforce.tell,
}
