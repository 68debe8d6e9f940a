"""Checks on provisioning: one record for each thing, values that agree, references that resolve."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from scenarios.checks.arithmetic import kind_of
from scenarios.checks.case import Billed, Case
from scenarios.checks.result import Tally
from scenarios.oracle.masters import normal_vat


def _by_contract(case: Case) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """ERP and PSA projects' native ids by contract bk."""
    erp: defaultdict[str, list[str]] = defaultdict(list)
    psa: defaultdict[str, list[str]] = defaultdict(list)
    for native_id, bk in case.project_bks.items():
        erp[bk].append(native_id)
    for native_id, bk in case.psa_project_bks.items():
        psa[bk].append(native_id)
    return erp, psa


def i01_provisioning(case: Case) -> Tally:
    """A won deal past its gate has exactly one ERP project and one PSA project; nothing else has any."""
    tally = Tally(wanted=len(case.expected.deals))
    erp, psa = _by_contract(case)
    for bk in sorted(case.expected.deals.keys() | erp.keys() | psa.keys()):
        tally.compared += 1
        due = 1 if bk in case.expected.deals else 0
        erp_ids = tuple(f"erp:job:{native_id}" for native_id in erp.get(bk, ()))
        psa_ids = tuple(f"psa:project:{native_id}" for native_id in psa.get(bk, ()))
        tally.equal((bk, *erp_ids), f"{due} ERP project", f"{len(erp_ids)} ERP project", "master")
        tally.equal((bk, *psa_ids), f"{due} PSA project", f"{len(psa_ids)} PSA project", "master")
    return tally


def i30_contract_value(case: Case) -> Tally:
    """The value won in the CRM is the project's value in the PSA and the ERP."""
    tally = Tally(wanted=len(case.expected.deals))
    for deal in case.expected.deals.values():
        opportunity = case.sources.opportunities[deal.opportunity].facts[-1]
        at = (f"crm:opportunity:{deal.opportunity_source_id}", deal.opportunity)
        tally.equal(at, deal.value_minor, opportunity.amount_minor, "master")
    for project in case.erp_projects:
        _compare_value(case, tally, "erp:job", project.native_id, project.source_id, project.value_minor)
    for row in case.psa_projects:
        _compare_value(case, tally, "psa:project", row.native_id, row.source_id, row.value_minor)
    return tally


def _compare_value(
    case: Case, tally: Tally, kind: str, native_id: str, source_id: str, value_minor: int
) -> None:
    deal = case.expected.deals.get(case.sources.contract_bks.get(source_id, ""))
    if deal is not None:
        tally.compared += 1
        tally.equal((f"{kind}:{native_id}", deal.contract), deal.value_minor, value_minor, "master")


def _identities(case: Case) -> Iterator[tuple[str, str, Iterable[object]]]:
    """System:object, layer, and what each record there stands for."""
    yield "erp:customer", "master", (row.source_id for row in case.customers)
    yield "erp:job", "master", (row.source_id for row in case.erp_projects)
    yield "erp:employee", "master", (row.source_id for row in case.employees)
    yield "psa:project", "master", (row.source_id for row in case.psa_projects)
    yield (
        "psa:task",
        "master",
        ((row.project, row.contract_line_source_id, row.wbs) for row in case.psa_tasks),
    )
    yield "psa:contact", "master", (row.employee_no for row in case.psa_resources)
    yield "erp:invoice", "document", (case.invoice_key(row) for row in case.invoices)
    yield "psa:milestone", "master", (case.milestone_bks[row.native_id] for row in case.psa_milestones)
    yield "erp:creditMemo", "document", (case.credit_key(row) for row in case.credits)
    yield (
        "erp:journal",
        "journal",
        ((row.journal_type, row.document) for row in case.journals if row.document),
    )
    yield (
        "erp:journal of a close",
        "journal",
        (case.close_key(row) for row in case.journals if not row.document),
    )
    for kind, rows in (
        ("erp:customer external id", case.customers),
        ("erp:job external id", case.erp_projects),
        ("erp:employee external id", case.employees),
        ("erp:invoice external id", case.invoices),
        ("erp:creditMemo external id", case.credits),
        ("erp:journal external id", case.journals),
        ("psa:project external id", case.psa_projects),
    ):
        yield kind, "document", (row.external_id for row in rows if row.external_id)


def i35_one_record_each(case: Case) -> Tally:
    """However often an event is delivered, each thing has one record in each target."""
    tally = Tally(wanted=len(case.expected.deals) + len(case.expected.people))
    for kind, layer, identities in _identities(case):
        counts = Counter(identities)
        tally.compared += counts.total()
        for identity, times in counts.items():
            if times > 1:
                tally.differ((kind, str(identity)), "1 record", f"{times} records", layer)
    return tally


def _references(case: Case) -> Iterator[tuple[str, str, str, bool]]:
    """Witness, field, value, whether it resolves: every reference a target record makes."""
    customers = case.customer_bks
    for customer in case.customers:
        at = f"erp:customer:{customer.native_id}"
        yield at, "source", customer.source_id, customer.source_id in case.sources.account_bks
        if customer.parent is not None:
            yield at, "parent", customer.parent, customer.parent in customers
    for project in case.erp_projects:
        at = f"erp:job:{project.native_id}"
        yield at, "source", project.source_id, project.source_id in case.sources.contract_bks
        yield at, "customer", project.customer, project.customer in customers
    for employee in case.employees:
        at = f"erp:employee:{employee.native_id}"
        yield at, "source", employee.source_id, employee.source_id in case.sources.resource_bks
    for row in case.psa_projects:
        at = f"psa:project:{row.native_id}"
        yield at, "source", row.source_id, row.source_id in case.sources.contract_bks
        yield at, "opportunity", row.opportunity, row.opportunity in case.sources.opportunity_bks
    for task in case.psa_tasks:
        at = f"psa:task:{task.native_id}"
        yield at, "project", task.project, task.project in case.psa_project_bks
        source_id = task.contract_line_source_id
        yield at, "contract line", source_id, source_id in case.sources.line_keys
    for contact in case.psa_resources:
        known = f"RS|{contact.employee_no}" in case.sources.resources
        yield f"psa:contact:{contact.native_id}", "employee no", contact.employee_no, known
    for milestone in case.psa_milestones:
        at = f"psa:milestone:{milestone.native_id}"
        yield at, "project", milestone.project, milestone.project in case.psa_project_bks
        source_id = milestone.contract_line_source_id
        yield at, "contract line", source_id, source_id in case.sources.line_keys
    yield from _document_references(case)


def _document_references(case: Case) -> Iterator[tuple[str, str, str, bool]]:
    customers, projects = case.customer_bks, case.project_bks
    documents: list[Billed] = [*case.invoices, *case.credits]
    for document in documents:
        at = ":".join(("erp", kind_of(document), document.native_id))
        yield at, "customer", document.customer, document.customer in customers
        for line in document.lines:
            yield f"{at}/{line.line}", "project", line.project, line.project in projects
    for memo in case.credits:
        at = f"erp:creditMemo:{memo.native_id}"
        yield at, "invoice", memo.invoice, memo.invoice in case.invoices_by_id


def i36_master_data(case: Case) -> Tally:
    """No two active customers share a VAT id, and every reference between systems resolves."""
    required = sum(customer.required for customer in case.expected.customers.values())
    tally = Tally(wanted=required + sum(person.required for person in case.expected.people.values()))
    vat_ids: defaultdict[str, list[str]] = defaultdict(list)
    for customer in case.customers:
        if not customer.inactive and normal_vat(customer.vat_id):
            vat_ids[normal_vat(customer.vat_id)].append(f"erp:customer:{customer.native_id}")
    for vat_id, holders in sorted(vat_ids.items()):
        if len(holders) > 1:
            tally.differ((vat_id, *holders), "one active customer", len(holders), "master")
    for at, name, value, resolves in _references(case):
        tally.compared += 1
        if not resolves:
            tally.differ((at, name), "a record that exists", value, "master")
    return tally
