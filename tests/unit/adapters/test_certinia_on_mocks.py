"""PSA, CRM and HRIS adapters on the mocks themselves: what people play is what the core reads."""

from datetime import date
from decimal import Decimal

from msgspec.structs import replace

from integration_core.adapters.bamboohr.client import BambooHris
from integration_core.adapters.certinia.client import CertiniaPsa
from integration_core.adapters.salesforce.client import SalesforceCrm
from integration_core.adapters.salesforce_protocol.session import OrgCredentials
from integration_core.canonical.deals import Contract, PackageMilestone, ServicePackage
from integration_core.canonical.work import (
    Absence,
    AbsenceDay,
    Employee,
    Estimate,
    Milestone,
    MilestoneMark,
    MilestoneState,
    Project,
    ProjectState,
    Resource,
    Task,
)
from integration_core.ports.http import HttpRequest, HttpResponse
from integration_core.ports.systems import SourceRecord, Written
from mocks.crm.salesforce.vendor import VENDOR as CRM
from mocks.firm.facts.documents import PsaMilestone
from mocks.kit.system import MockSystem
from mocks.kit.vendor import Vendor
from mocks.kit.world import World
from mocks.psa.certinia.vendor import VENDOR as PSA
from tests.unit.mocks.asgi import call
from tests.unit.mocks.bamboohr.estate import START_MS, Estate, person
from tests.unit.mocks.bamboohr.test_absences import leave
from tests.unit.mocks.certinia.staffing import REFERENCES, Nowhere, at_ms, observed_of, play
from tests.unit.mocks.certinia.test_progress import accepted, achieved, completion, estimate
from tests.unit.mocks.salesforce_crm.sales import account, fixed_package, opportunity
from tests.unit.mocks.salesforce_crm.sales import play as sell
from tests.unit.mocks.salesforce_crm.test_fixed_and_recurring import agreement

from .scripted import run

CONTRACT_ID = REFERENCES["CO|00000101"]
LINE_ID = "a01000000000001AAA"


class InProcess:
    """A transport into a mock of this process."""

    def __init__(self, system: MockSystem) -> None:
        self._system = system

    async def send(self, request: HttpRequest) -> HttpResponse:
        status, headers, body = await call(
            self._system, request.method, request.url, dict(request.headers), request.body
        )
        return HttpResponse(status=status, headers=tuple(headers.items()), body=body)


def org(vendor: Vendor) -> tuple[InProcess, OrgCredentials, World]:
    """A mock org with one world, and how to get in."""
    system = MockSystem(vendor, "control-token", Nowhere())
    world = system.create_world("default", 7, at_ms(1))
    secrets = world.secrets
    credentials = OrgCredentials(client_id=secrets["client_id"], client_secret=secrets["client_secret"])
    return InProcess(system), credentials, world


def polled(source: CertiniaPsa | SalesforceCrm | BambooHris, stream: str) -> tuple[SourceRecord, ...]:
    """The first page of a stream from the beginning, of which nothing was unreadable."""
    page = run(source.read_changes(stream, 0, None))
    assert page.unread == ()
    return page.records


PROJECT = Project(
    key="PJ|CO|00000101",
    source_id=CONTRACT_ID,
    opportunity_source_id="006A",
    account_source_id="001A",
    name="Harbour rollout",
    ccy="EUR",
    entity_code="DE01",
    practice="DATA",
    billing_type="FF",
    value=Decimal("10000.01"),
    start=date(2026, 1, 12),
    end=None,
    active=True,
    status="ACTIVE",
)
TASK = Task(
    key="TK|00000101|1.10",
    project_key=PROJECT.key,
    contract_line_source_id=LINE_ID,
    wbs="1.10",
    name="Build",
    bill_level=None,
    planned=Decimal(400),
    billable=True,
    progress=True,
    start=date(2026, 1, 12),
    end=None,
)
MILESTONE = Milestone(
    key="MS|CL|00000101|1|1",
    project_key=PROJECT.key,
    contract_line_source_id=LINE_ID,
    seq=1,
    name="Go-live",
    amount=Decimal("10000.01"),
    target=date(2026, 2, 28),
)
MANAGER = Resource(
    key="9001",
    employee_no="9001",
    first_name="Nora",
    last_name="Quill",
    email="nora.quill@firm.example",
    entity_code="DE01",
    practice="DATA",
    cost_centre="100",
    level="MANAGER",
    manager_employee_no=None,
    skills="",
    employed_from=date(2024, 5, 1),
    employed_to=None,
    active=True,
)


def provisioned() -> tuple[CertiniaPsa, World, str, str]:
    """A PSA in which the adapter set up a project with a milestone; ids of both."""
    transport, credentials, world = org(PSA)
    psa = CertiniaPsa(transport, "http://psa.example", credentials)
    run(psa.upsert_resources([MANAGER]))
    project = run(psa.upsert_project(PROJECT))
    run(psa.upsert_tasks(project.native_id, [TASK]))
    (step,) = run(psa.upsert_milestones(project.native_id, [MILESTONE]))
    assert isinstance(step, Written)
    return psa, world, project.native_id, step.native_id


def test_progress_that_people_state__is_read_with_their_instants_whatever_is_written_after() -> None:
    psa, world, project_id, step_id = provisioned()
    acted = play(world, [achieved()], [accepted()], [estimate()], [completion()])
    assert {one.state for one in acted} == {"applied"}
    world.clock.step_to(at_ms(25))
    mark = MilestoneMark(
        milestone_native_id=step_id, billed=True, invoice_no="DE01-INV-2026-000001", invoice_status="POSTED"
    )
    (marked,) = run(psa.write_milestone_marks([mark]))
    (again,) = run(psa.upsert_milestones(project_id, [MILESTONE]))
    run(psa.upsert_project(replace(PROJECT, name="Harbour rollout II")))
    assert (marked, again) == (
        Written(key=step_id, native_id=step_id),
        Written(key=MILESTONE.key, native_id=step_id),
    )
    (state,) = polled(psa, "milestones")
    assert state == MilestoneState(
        native_id=step_id,
        contract_line_native_id=LINE_ID,
        seq=1,
        status="Accepted",
        accepted_at_ms=at_ms(12),
        deleted=False,
        recorded_at_ms=at_ms(12),
    )
    (expected,) = polled(psa, "estimates")
    assert isinstance(expected, Estimate)
    assert (expected.total_hours, expected.recorded_at_ms) == (Decimal("412.5"), at_ms(14))
    (project,) = polled(psa, "projects")
    assert isinstance(project, ProjectState)
    assert (project.completed_at_ms, project.recorded_at_ms) == (at_ms(20), at_ms(20))
    (document,) = observed_of(world, PsaMilestone)
    assert (document.billed, document.amount_minor) == (True, 10_000_01)


def test_plans_and_terms__are_read_exactly() -> None:
    transport, credentials, world = org(CRM)
    sell(world, [fixed_package(), account(), opportunity(), agreement()])
    crm = SalesforceCrm(transport, "http://crm.example", credentials)
    (package,) = polled(crm, "packages")
    assert isinstance(package, ServicePackage)
    assert package.milestones[2] == PackageMilestone(seq=3, name="Acceptance", share=Decimal("0.333334"))
    (contract,) = polled(crm, "contracts")
    assert isinstance(contract, Contract)
    fixed, monthly = contract.lines
    assert fixed.retainer is None
    assert monthly.retainer is not None
    assert (monthly.retainer.monthly_fee, monthly.retainer.overage_rate, monthly.retainer.advance_months) == (
        Decimal("6150.55"),
        Decimal("181.255"),
        3,
    )


def test_people_and_their_leave__are_read_exactly() -> None:
    estate = Estate()
    estate.act([person()])
    estate.control("POST", "act", {"facts": [leave()]})
    hris = BambooHris(
        InProcess(estate.system), "http://hris.example", "acme", estate.world.secrets["api_key"]
    )
    (employee,) = polled(hris, "employees")
    assert isinstance(employee, Employee)
    assert [status.fte for status in employee.statuses] == [Decimal(1)]
    assert sum(employee.weekly_pattern) == Decimal("39.75")
    assert polled(hris, "absences") == (
        Absence(
            native_id="1",
            employee_native_id=employee.native_id,
            status="approved",
            days=(
                AbsenceDay(day=date(2026, 2, 2), hours=Decimal("7.5")),
                AbsenceDay(day=date(2026, 2, 3), hours=Decimal(10)),
            ),
            deleted=False,
            recorded_at_ms=START_MS,
        ),
    )
