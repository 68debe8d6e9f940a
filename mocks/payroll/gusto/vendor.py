"""Gusto as one vendor of the estate, in the role of payroll."""

from mocks.kit.vendor import Vendor
from mocks.payroll.gusto.act import act
from mocks.payroll.gusto.description import COMPONENTS, SECURITY
from mocks.payroll.gusto.errors import failure
from mocks.payroll.gusto.notify import subscribe
from mocks.payroll.gusto.observe import native, observe
from mocks.payroll.gusto.routes import API_VERSION, LIMITS, OPERATIONS, finish, identify
from mocks.payroll.gusto.schema import SCHEMA
from mocks.payroll.gusto.seeding import prepare, secrets

VENDOR = Vendor(
    name="gusto",
    role="payroll",
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
    limits=LIMITS,
    version=API_VERSION,
    components=COMPONENTS,
    security=SECURITY,
)
