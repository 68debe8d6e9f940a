"""Salesforce as one vendor of the estate, in the role of the CRM."""

from collections.abc import Iterator
from typing import Any

from mocks.crm.salesforce.act import act
from mocks.crm.salesforce.observe import observe
from mocks.crm.salesforce.routes import OPERATIONS
from mocks.crm.salesforce.schema import SCHEMA
from mocks.crm.salesforce.seeding import prepare, secrets
from mocks.crm.salesforce.state import ORG
from mocks.kit.vendor import Vendor
from mocks.kit.world import World
from mocks.protocols.salesforce.description import SECURITY
from mocks.protocols.salesforce.discovery import DAILY, DAILY_LIMIT
from mocks.protocols.salesforce.operations import described_records, expire_tokens, failure, finish, identify
from mocks.protocols.salesforce.outbound import subscribe
from mocks.protocols.salesforce.querying import every_record


def native(world: World) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every record that is not deleted, as the API shows it."""
    return every_record(ORG, world)


VENDOR = Vendor(
    name="salesforce",
    role="crm",
    schema=SCHEMA,
    operations=OPERATIONS,
    identify=identify,
    failure=failure,
    secrets=secrets,
    act=act,
    observe=observe,
    native=native,
    prepare=prepare,
    subscribe=subscribe,
    finish=finish,
    expire_tokens=expire_tokens,
    limits={DAILY: DAILY_LIMIT},
    version="59.0",
    components=described_records(ORG),
    security=SECURITY,
)
