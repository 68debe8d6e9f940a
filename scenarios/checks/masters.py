"""Master data as its owners have it, in every system that holds it (X06)."""

from collections.abc import Iterable

from scenarios.checks.case import Case, witness
from scenarios.checks.result import Tally
from scenarios.oracle.expected import Deal, ExpectedPerson
from scenarios.oracle.terms import contract_lines


def x06_master_data(case: Case) -> Tally:
    """Customers, projects, tasks, milestones and people stand in every system with their owners' values."""
    tally = Tally()
    _compare_customers(tally, case)
    _compare_projects(tally, case)
    _compare_tasks(tally, case)
    _compare_milestones(tally, case)
    _compare_employees(tally, case)
    _compare_contacts(tally, case)
    return tally


def _compare_all(tally: Tally, at: tuple[str, ...], rows: Iterable[tuple[str, object, object]]) -> None:
    tally.compared += 1
    for name, due, found in rows:
        tally.equal((*at, name), due, found, "master")


def _compare_customers(tally: Tally, case: Case) -> None:
    observed = {case.customer_bks[row.native_id]: row for row in case.customers}
    tally.wanted += len(case.expected.customers)
    for bk, due in sorted(case.expected.customers.items()):
        row = observed.get(bk)
        if row is None:
            if due.required:
                tally.differ((bk,), "an ERP customer", "none", "master")
            continue
        parent = due.parent if due.parent in observed else None
        fields = (
            ("name", due.name, row.name),
            ("legal name", due.legal_name, row.legal_name),
            ("entity", due.entity, row.entity),
            ("ccy", due.ccy, row.ccy),
            ("terms", due.terms, row.terms),
            ("vat id", due.vat_id or "", row.vat_id or ""),
            ("tax status", due.tax_status, row.tax_status),
            ("inactive", False, row.inactive),
            ("parent", parent, case.customer_bks.get(row.parent) if row.parent else None),
        )
        _compare_all(tally, witness("erp", "customer", row.native_id, bk), fields)
    for bk in sorted(observed.keys() - case.expected.customers.keys()):
        at = witness("erp", "customer", observed[bk].native_id, bk)
        tally.differ(at, "no ERP customer", "one", "master")


def _compare_projects(tally: Tally, case: Case) -> None:
    tally.wanted += len(case.expected.deals)
    for row in case.erp_projects:
        deal = case.expected.deals.get(case.project_bks[row.native_id])
        if deal is not None:
            fields = (
                ("name", _known_name(case, deal, row.name), row.name),
                ("customer", deal.customer, case.customer_bks.get(row.customer)),
                ("entity", deal.entity.rpartition("|")[2], row.entity),
                ("ccy", deal.ccy, row.ccy),
                ("inactive", False, row.inactive),
            )
            _compare_all(tally, witness("erp", "job", row.native_id, deal.contract), fields)
    for project in case.psa_projects:
        deal = case.expected.deals.get(case.psa_project_bks[project.native_id])
        if deal is not None:
            opportunity = case.sources.opportunity_bks.get(project.opportunity)
            rows = (
                ("name", _known_name(case, deal, project.name), project.name),
                ("opportunity", deal.opportunity, opportunity),
                ("ccy", deal.ccy, project.ccy),
                ("active", True, project.active),
            )
            _compare_all(tally, witness("psa", "project", project.native_id, deal.contract), rows)


def _known_name(case: Case, deal: Deal, found: str) -> str:
    """The name found, if the opportunity bears it or bore it since the deal was won; else that of then."""
    history = case.sources.opportunities[deal.opportunity]
    at_activation = history.as_of(deal.activation_ms)
    first = at_activation.name if at_activation else ""
    later = {fact.name for fact in history.facts if fact.recorded_at_ms > deal.activation_ms}
    return found if found in later else first


def _compare_tasks(tally: Tally, case: Case) -> None:
    lines = contract_lines(case.sources, case.expected.deals)
    rows = {
        (line.deal.contract, f"{line.terms.line}.{row.wbs}"): row
        for line in lines.values()
        for row in (line.package.tasks if line.package else ())
    }
    observed = {(case.psa_project_bks.get(row.project, ""), row.wbs): row for row in case.psa_tasks}
    tally.wanted += len(case.expected.tasks)
    for key, due in sorted(case.expected.tasks.items()):
        row = observed.get(key)
        if row is None:
            tally.differ((*key, "task"), due.name, "none", "master")
            continue
        fields = (
            ("name", due.name, row.name),
            ("contract line", due.line_key, case.sources.line_keys.get(row.contract_line_source_id)),
            ("planned hours e-2", due.planned_e2, row.planned_e2),
            ("billable", due.billable, row.billable),
            ("progress", rows[key].progress, row.progress),
            ("bill level", rows[key].bill_level or "", row.bill_level),
        )
        _compare_all(tally, witness("psa", "task", row.native_id, *key), fields)
    for key in sorted(observed.keys() - case.expected.tasks.keys()):
        tally.differ(witness("psa", "task", observed[key].native_id, *key), "no task", "one", "master")


def _compare_milestones(tally: Tally, case: Case) -> None:
    observed = {case.milestone_bks[row.native_id]: row for row in case.psa_milestones}
    tally.wanted += len(case.expected.milestones)
    for bk, due in sorted(case.expected.milestones.items()):
        row = observed.get(bk)
        if row is None:
            tally.differ((bk, "milestone"), due.name, "none", "master")
            continue
        said = case.facts.milestones.get(bk)
        fields = (
            ("name", due.name, row.name),
            ("amount", due.amount_minor, row.amount_minor),
            ("project", due.contract, case.psa_project_bks.get(row.project)),
            ("status", said[-1].status if said else "PLANNED", row.status),
        )
        _compare_all(tally, witness("psa", "milestone", row.native_id, bk), fields)
    for bk in sorted(observed.keys() - case.expected.milestones.keys()):
        at = witness("psa", "milestone", observed[bk].native_id, bk)
        tally.differ(at, "no milestone", "one", "master")


def _compare_employees(tally: Tally, case: Case) -> None:
    observed = {case.sources.resource_bks.get(row.source_id, ""): row for row in case.employees}
    tally.wanted += len(case.expected.people)
    for bk, person in sorted(case.expected.people.items()):
        row = observed.get(bk)
        if row is None:
            if person.required:
                tally.differ((bk,), "an ERP employee", "none", "master")
            continue
        fields = (
            ("employee no", person.employee_no, row.employee_no),
            ("name", person.name, row.name),
            ("email", person.email, row.email),
            ("entity", person.entity, row.entity),
            ("inactive", person.active is False, _inactive(person, row.inactive)),
        )
        _compare_all(tally, witness("erp", "employee", row.native_id, bk), fields)


def _inactive(person: ExpectedPerson, found: bool) -> bool:
    """The flag found, or the expected one on the days when either is right."""
    return found if person.active is not None else person.active is False


def _compare_contacts(tally: Tally, case: Case) -> None:
    observed = {f"RS|{row.employee_no}": row for row in case.psa_resources}
    tally.wanted += len(case.expected.people)
    for bk, person in sorted(case.expected.people.items()):
        row = observed.get(bk)
        if row is None:
            if person.required:
                tally.differ((bk,), "a PSA resource", "none", "master")
            continue
        cost_centre = row.cost_centre if row.cost_centre in person.cost_centres else person.cost_centres
        fields = (
            ("name", person.name, row.name),
            ("email", person.email, row.email),
            ("entity", person.entity, row.entity),
            ("practice", person.practice, row.practice),
            ("cost centre", cost_centre, row.cost_centre),
            ("level", row.level if row.level in person.levels else person.levels, row.level),
            ("active", person.active is not False, row.active if person.active is not None else True),
            ("employed from", person.employed_from, row.employed_from),
            ("employed to", person.employed_to, row.employed_to),
        )
        _compare_all(tally, witness("psa", "contact", row.native_id, bk), fields)
