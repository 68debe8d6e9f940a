"""Expected master data: who and what must stand in ERP and PSA because of the sources (finance 1.2, 1.4)."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta

from mocks.firm.facts.source import Account, Resource
from scenarios.oracle.amounts import half_up
from scenarios.oracle.calendars import local_date
from scenarios.oracle.expected import CaseSet, Deal, ExpectedCustomer, ExpectedPerson, ExpectedTask
from scenarios.oracle.rating import job_on
from scenarios.oracle.versions import Sources, line_key

_CONTINENTAL_FORMS = frozenset(("GMBH", "AG", "SARL", "SAS", "SA", "BV", "NV", "KK"))
_LEGAL_FORMS = _CONTINENTAL_FORMS | {"LTD", "LIMITED", "PLC", "INC", "LLC", "CORP", "CO"}
_ERP_OWNED = ("legal_name", "tax_status", "vat_id", "payment_terms")


def normal_name(name: str) -> str:
    """`norm` of finance 1.2: no marks, no case, no punctuation, no legal forms."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    words = re.sub(r"[^A-Z0-9]+", " ", plain.upper()).split()
    return " ".join(word for word in words if word not in _LEGAL_FORMS)


def normal_vat(vat_id: str | None) -> str:
    """A VAT id without case, blanks and punctuation; empty where there is none."""
    return re.sub(r"[^A-Z0-9]+", "", (vat_id or "").upper())


def first_use_ms(deals: Iterable[Deal]) -> dict[str, int]:
    """When each account first became a customer: the earliest activation that names it."""
    first: dict[str, int] = {}
    for deal in deals:
        for bk in (deal.customer, deal.bill_to):
            first[bk] = min(first.get(bk, deal.activation_ms), deal.activation_ms)
    return first


def erp_profiles(sources: Sources, deals: Iterable[Deal]) -> dict[str, Account]:
    """The profile each customer went into the ERP with; from then on the ERP owns it."""
    profiles: dict[str, Account] = {}
    for bk, at_ms in first_use_ms(deals).items():
        account = sources.accounts[bk].as_of(at_ms)
        if account is not None:
            profiles[bk] = account
    return profiles


def _customer(sources: Sources, bk: str, profile: Account, entity: str, required: bool) -> ExpectedCustomer:
    latest = sources.accounts[bk].facts[-1]
    return ExpectedCustomer(
        bk=bk,
        required=required,
        name=latest.display_name,
        legal_name=profile.legal_name,
        entity=entity,
        ccy=profile.currency,
        terms=profile.payment_terms or "",
        vat_id=profile.vat_id,
        tax_status=profile.tax_status,
        parent=latest.parent,
    )


def expected_customers(
    sources: Sources, deals: dict[str, Deal], profiles: dict[str, Account], cases: CaseSet
) -> dict[str, ExpectedCustomer]:
    """One customer for every account that a deal names; their parents may be there too."""
    entities: dict[str, str] = {}
    for deal in deals.values():
        for bk in (deal.customer, deal.bill_to):
            entities.setdefault(bk, deal.entity.rpartition("|")[2])
    customers = {bk: _customer(sources, bk, profile, entities[bk], True) for bk, profile in profiles.items()}
    for bk, profile in profiles.items():
        _note_late_changes(profile, sources.accounts[bk].facts[-1], cases)
        parent = sources.accounts[bk].facts[-1].parent
        while parent is not None and parent not in customers and parent in sources.accounts:
            latest = sources.accounts[parent].facts[-1]
            customers[parent] = _customer(sources, parent, latest, entities[bk], False)
            parent = latest.parent
    return customers


def _note_late_changes(profile: Account, latest: Account, cases: CaseSet) -> None:
    if any(getattr(profile, name) != getattr(latest, name) for name in _ERP_OWNED):
        cases.demand("MDM_NON_SOR_WRITE", (profile.bk,))
    elif profile != latest:
        cases.allow("MDM_NON_SOR_WRITE", (profile.bk,))


def ambiguous_customers(profiles: dict[str, Account]) -> list[str]:
    """Reasons why customers of different accounts would be matched into one (finance 1.2)."""
    keys = Counter(
        f"VAT {normal_vat(a.vat_id)}" for a in profiles.values() if normal_vat(a.vat_id)
    ) + Counter(f"{normal_name(a.legal_name)}, {a.country}, {a.postcode}" for a in profiles.values())
    return [f"several accounts match one customer: {key}" for key, n in sorted(keys.items()) if n > 1]


def expected_tasks(sources: Sources, deals: dict[str, Deal]) -> dict[tuple[str, str], ExpectedTask]:
    """Per contract line and template row one task, hours = quantity x template hours (V5)."""
    tasks: dict[tuple[str, str], ExpectedTask] = {}
    for deal in deals.values():
        contract = sources.contracts[deal.contract].as_of(deal.activation_ms)
        for line in contract.lines if contract else ():
            packages = sources.packages.get(line.package)
            package = packages.as_of(deal.activation_ms) if packages else None
            for row in package.tasks if package else ():
                wbs = f"{line.line}.{row.wbs}"
                tasks[(deal.contract, wbs)] = ExpectedTask(
                    contract=deal.contract,
                    line_key=line_key(deal.number, line.line),
                    wbs=wbs,
                    name=row.name,
                    planned_e2=half_up(line.quantity_e2 * row.hours_e2, 100),
                    billable=row.billable,
                )
    return tasks


def _active(resource: Resource, today: date) -> bool | None:
    """Whether the person is at work; None within a day of a change, when either is acceptable."""
    edges = [resource.hired] + ([resource.terminated] if resource.terminated else [])
    if any(abs((edge - today).days) <= 1 for edge in edges) or resource.hired > today:
        return None
    return resource.terminated is None or today < resource.terminated


def _person(sources: Sources, resource: Resource, now_ms: int) -> ExpectedPerson:
    entity = sources.entity(resource.entity)
    today = local_date(entity.tz if entity else "UTC", now_ms)
    days = (today - timedelta(days=1), today, max(today, resource.hired))
    jobs = [job for day in days if (job := job_on(resource, day)) is not None]
    return ExpectedPerson(
        bk=resource.bk,
        required=resource.hired <= today,
        employee_no=resource.employee_no,
        name=f"{resource.first_name} {resource.last_name}".strip(),
        email=resource.work_email,
        entity=resource.entity.rpartition("|")[2],
        practice=resource.practice.rpartition("|")[2],
        cost_centres=tuple(sorted({job.cost_centre.rpartition("|")[2] for job in jobs})),
        levels=tuple(sorted({job.level for job in jobs})),
        active=_active(resource, today),
        employed_from=resource.hired,
        employed_to=resource.terminated,
    )


def expected_people(sources: Sources, now_ms: int) -> dict[str, ExpectedPerson]:
    """Every person the HR system knows."""
    return {
        bk: _person(sources, resource, now_ms)
        for bk, history in sources.resources.items()
        if (resource := history.latest()) is not None
    }
