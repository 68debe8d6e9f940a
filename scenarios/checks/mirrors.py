"""Checks of what CRM and PSA show of the ERP's documents (finance 1.5; I28, I29)."""

from collections import defaultdict
from dataclasses import dataclass, field

from mocks.firm.facts.documents import Invoice
from scenarios.checks.case import Case, witness
from scenarios.checks.marks import compare_milestones, compare_splits
from scenarios.checks.result import Tally


@dataclass(slots=True)
class _Billing:
    """What the ERP holds for one contract; `shared` where a document serves several contracts."""

    net_minor: int = 0
    collected_minor: int = 0
    open_minor: int = 0
    shared: bool = False
    documents: list[Invoice] = field(default_factory=list)


def _billing(case: Case) -> dict[str, _Billing]:
    """Posted documents by contract, lines deciding which."""
    billing: defaultdict[str, _Billing] = defaultdict(_Billing)
    for invoice in case.posted:
        nets: defaultdict[str, int] = defaultdict(int)
        for line in invoice.lines:
            nets[case.line_contract(line) or case.invoice_key(invoice)[2]] += line.amount_tc_minor
        for contract, net in nets.items():
            row = billing[contract]
            row.documents.append(invoice)
            row.net_minor += net
            row.collected_minor += case.applied_minor.get(invoice.native_id, 0)
            row.open_minor += invoice.open_tc_minor
            row.shared = row.shared or len(nets) > 1
    _take_credits_off(case, billing)
    return billing


def _take_credits_off(case: Case, billing: defaultdict[str, _Billing]) -> None:
    """Credit memos lessen what is billed and, while they are not used up, what is open."""
    for memo in case.posted_credits:
        nets: defaultdict[str, int] = defaultdict(int)
        for line in memo.lines:
            nets[case.line_contract(line) or case.credit_key(memo)[2][2]] += line.amount_tc_minor
        for contract, net in nets.items():
            row = billing[contract]
            row.net_minor -= net
            row.open_minor -= memo.open_tc_minor
            row.shared = row.shared or len(nets) > 1


def i28_crm_billed(case: Case) -> Tally:
    """A contract in the CRM shows the ERP's net of invoices less credits, collected and open amounts."""
    billing = _billing(case)
    tally = Tally(wanted=sum(bk in case.expected.deals for bk in billing))
    for bk in sorted(case.expected.deals):
        row, mirror = billing.get(bk, _Billing()), case.contract_mirrors.get(bk)
        if mirror is None:
            if row.documents:
                tally.differ((bk, "crm:contract"), f"billed {row.net_minor}", "no contract", "mirror")
            continue
        tally.compared += 1
        at = witness("crm", "contract", mirror.native_id, bk)
        tally.equal((*at, "billed"), row.net_minor, mirror.billed_minor or 0, "mirror")
        if not row.shared:
            tally.equal((*at, "collected"), row.collected_minor, mirror.collected_minor or 0, "mirror")
            tally.equal((*at, "open"), row.open_minor, mirror.open_ar_minor or 0, "mirror")
    return tally


def i29_status_mirror(case: Case) -> Tally:
    """CRM and PSA show the numbers and statuses of the ERP's documents, the CRM the PSA's project status."""
    tally = Tally()
    billing = _billing(case)
    _compare_opportunities(tally, case, billing)
    _compare_projects(tally, case, billing)
    compare_splits(tally, case)
    compare_milestones(tally, case)
    return tally


def _last(documents: list[Invoice]) -> list[tuple[str, str]]:
    """Number and status of the last document, by number or by date: a late one makes these two."""
    if not documents:
        return [("", "")]
    by_number = max(documents, key=lambda invoice: invoice.number or "")
    by_date = max(documents, key=lambda invoice: (invoice.invoice_date, invoice.number or ""))
    return [(invoice.number or "", invoice.status) for invoice in (by_number, by_date)]


def _compare_opportunities(tally: Tally, case: Case, billing: dict[str, _Billing]) -> None:
    statuses = {case.psa_project_bks[row.native_id]: row.status for row in case.psa_projects}
    for bk, deal in sorted(case.expected.deals.items()):
        documents = billing.get(bk, _Billing()).documents
        mirror = case.opportunity_mirrors.get(deal.opportunity)
        tally.wanted += 1
        if mirror is None:
            if documents:
                tally.differ((deal.opportunity,), f"invoice {_last(documents)[0]}", "no mirror", "mirror")
            continue
        tally.compared += 1
        at = witness("crm", "opportunity", mirror.native_id, deal.opportunity)
        shown, last = (mirror.last_invoice_no, mirror.last_invoice_status), _last(documents)
        if shown not in last:
            tally.differ((*at, "last invoice"), last[0], shown, "mirror")
        if bk in statuses:
            due = statuses[bk].casefold()
            tally.equal((*at, "project status"), due, mirror.project_status.casefold(), "mirror")


def _compare_projects(tally: Tally, case: Case, billing: dict[str, _Billing]) -> None:
    """The project's own invoice status is optional; where it is shown it must be true."""
    for project in case.psa_projects:
        documents = billing.get(case.psa_project_bks[project.native_id], _Billing()).documents
        if project.invoice_status:
            tally.compared += 1
            at = witness("psa", "project", project.native_id)
            due = {status for _, status in _last(documents)}
            if project.invoice_status not in due:
                tally.differ(at, sorted(due), project.invoice_status, "mirror")
