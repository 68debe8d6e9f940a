"""BambooHR as one vendor of the estate, in the role of the HRIS."""

from mocks.hris.bamboohr.act import act
from mocks.hris.bamboohr.description import COMPONENTS, SECURITY
from mocks.hris.bamboohr.errors import failure
from mocks.hris.bamboohr.notify import subscribe
from mocks.hris.bamboohr.observe import native, observe
from mocks.hris.bamboohr.routes import OPERATIONS, identify
from mocks.hris.bamboohr.schema import SCHEMA
from mocks.hris.bamboohr.seeding import prepare, secrets
from mocks.kit.vendor import Vendor

VENDOR = Vendor(
    name="bamboohr",
    role="hris",
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
    version="2026-09-16",
    components=COMPONENTS,
    security=SECURITY,
)
