"""Every adapter offers its role's whole port; the type checker holds it, this names the streams."""

from integration_core.adapters.bamboohr.client import BambooHris
from integration_core.adapters.certinia.client import CertiniaPsa
from integration_core.adapters.http.httpx_transport import HttpxTransport
from integration_core.adapters.salesforce.client import SalesforceCrm
from integration_core.adapters.salesforce_protocol.session import OrgCredentials
from integration_core.ports.http import HttpTransport
from integration_core.ports.systems import Crm, Erp, Hris, Psa

from .erp import erp_on
from .scripted import Scripted, answer

TRANSPORT = Scripted(answer())
CREDENTIALS = OrgCredentials(client_id="core", client_secret="s3cret")
CRM: Crm = SalesforceCrm(TRANSPORT, "http://crm.example", CREDENTIALS)
PSA: Psa = CertiniaPsa(TRANSPORT, "http://psa.example", CREDENTIALS)
HRIS: Hris = BambooHris(TRANSPORT, "http://hris.example", "acme", "key-1")
ERP: Erp = erp_on(TRANSPORT)
REAL: type[HttpTransport] = HttpxTransport


def test_streams__are_the_ones_the_core_polls() -> None:
    streams = {source.name: source.streams for source in (CRM, PSA, HRIS, ERP)}
    assert streams == {
        "salesforce": ("accounts", "opportunities", "quotes", "packages", "contracts", "rates"),
        "certinia": ("assignments", "timecards", "rates", "milestones", "estimates", "projects"),
        "bamboohr": ("employees", "absences"),
        "netsuite": ("masters", "invoices", "periods"),
    }


def test_making_an_adapter__calls_nobody() -> None:
    assert TRANSPORT.requests == []
