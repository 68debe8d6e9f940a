"""Checks of what CRM and PSA show of the ERP's documents (finance 1.5; I28, I29)."""

from collections import defaultdict
from dataclasses import dataclass, field

from mocks.firm.facts.documents import Invoice, PsaSplit
from mocks.firm.facts.source import TimeEntry
from scenarios.checks.case import Case, witness
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
    return billing


def i28_crm_billed(case: Case) -> Tally:
    """A contract in the CRM shows the ERP's billed net, collected and open amounts."""
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
    _compare_splits(tally, case)
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


def _cards(case: Case) -> tuple[dict[str, dict[str, list[TimeEntry]]], set[str]]:
    """Approved cells by timecard id and month, and the cards that stand in a chain of replacements."""
    cells: defaultdict[str, dict[str, list[TimeEntry]]] = defaultdict(dict)
    chained: set[str] = set()
    for facts in case.sources.entries.values():
        seen: set[str] = set()
        several = len({fact.ver for fact in facts}) > 1
        for fact in facts:
            card = fact.source_id.partition("#")[0]
            if several or fact.replaces:
                chained.add(card)
            if fact.status == "APPROVED" and fact.hours_e2 and fact.source_id not in seen:
                seen.add(fact.source_id)
                month = fact.work_date.isoformat()[:7]
                cells[card].setdefault(month, []).append(fact)
    return cells, chained


def _due_splits(
    months: dict[str, list[TimeEntry]], document_of: dict[str, Invoice]
) -> list[tuple[int, bool, str, str]]:
    """Hours, billed, number and status of each month's split: billed when every billable cell is."""
    due = []
    for cells in months.values():
        billable = [cell for cell in cells if cell.billable]
        documents = [document_of[cell.source_id] for cell in billable if cell.source_id in document_of]
        hours_e2 = sum(cell.hours_e2 for cell in cells)
        if billable and len(documents) == len(billable):
            last = max(documents, key=lambda invoice: invoice.number or "")
            due.append((hours_e2, True, last.number or "", last.status))
        else:
            due.append((hours_e2, False, "", ""))
    return sorted(due)


def _compare_splits(tally: Tally, case: Case) -> None:
    document_of: dict[str, Invoice] = {}
    for invoice in case.posted:
        for line in invoice.lines:
            event = case.event_of(line)
            for source_id in event.sources if event else (line.source_id,):
                document_of[source_id] = invoice
    splits: defaultdict[str, list[PsaSplit]] = defaultdict(list)
    for split in case.splits:
        splits[split.card_source_id].append(split)
    cells, chained = _cards(case)
    tally.wanted += len(cells.keys() & {source_id.partition("#")[0] for source_id in document_of})
    for card, rows in sorted(splits.items()):
        tally.compared += len(rows)
        if card in chained:
            _compare_chained(tally, rows, cells.get(card, {}), document_of)
            continue
        found = sorted((row.hours_e2, row.billed, row.invoice_no, row.invoice_status) for row in rows)
        at = (*witness("psa", "timecard header", card), *(f"psa:split:{row.native_id}" for row in rows))
        tally.equal(at, _due_splits(cells.get(card, {}), document_of), found, "mirror")
    for card in sorted({s.partition("#")[0] for s in document_of} & cells.keys() - splits.keys() - chained):
        tally.differ(witness("psa", "timecard header", card), "billed splits", "none", "mirror")


def _compare_chained(
    tally: Tally,
    rows: list[PsaSplit],
    months: dict[str, list[TimeEntry]],
    document_of: dict[str, Invoice],
) -> None:
    """A card that replaces or was replaced: its marks need not be there, but must not be wrong."""
    documents = {
        (invoice.number or "", invoice.status)
        for cells in months.values()
        for cell in cells
        if (invoice := document_of.get(cell.source_id)) is not None
    }
    for row in rows:
        if row.billed and (row.invoice_no, row.invoice_status) not in documents:
            at = witness("psa", "split", row.native_id, row.card_source_id)
            tally.differ(at, sorted(documents), (row.invoice_no, row.invoice_status), "mirror")
