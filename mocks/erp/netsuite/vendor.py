"""NetSuite as a mock: everything the kit needs to serve it."""

from mocks.erp.netsuite.act import act
from mocks.erp.netsuite.description import SECURITY, components
from mocks.erp.netsuite.due import run_due
from mocks.erp.netsuite.errors import failure
from mocks.erp.netsuite.oauth import identify, secrets
from mocks.erp.netsuite.observe import native, observe
from mocks.erp.netsuite.routes import CONCURRENCY, OPERATIONS
from mocks.erp.netsuite.schema import SCHEMA
from mocks.erp.netsuite.seeding import prepare
from mocks.kit.limits import Limit
from mocks.kit.vendor import Vendor

TIER_ONE_REQUESTS_AT_ONCE = 15

VENDOR = Vendor(
    name="netsuite",
    role="erp",
    schema=SCHEMA,
    operations=OPERATIONS,
    identify=identify,
    failure=failure,
    secrets=secrets,
    act=act,
    observe=observe,
    native=native,
    prepare=prepare,
    run_due=run_due,
    limits={CONCURRENCY: Limit(TIER_ONE_REQUESTS_AT_ONCE)},
    version="2026.1",
    components=components(),
    security=SECURITY,
)
