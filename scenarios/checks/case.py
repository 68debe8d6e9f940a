"""One case before the judge: evidence, expectations, and the target documents resolved to business keys."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any, TypeVar

from mocks.firm.facts.documents import (
    CrmContractMirror,
    CrmOpportunityMirror,
    Document,
    ErpCustomer,
    ErpEmployee,
    ErpProject,
    Invoice,
    InvoiceLine,
    Journal,
    Payment,
    Period,
    PsaProject,
    PsaResource,
    PsaSplit,
    PsaTask,
)
from scenarios.oracle.events import parse_task
from scenarios.oracle.evidence import Evidence
from scenarios.oracle.expect import expect_from
from scenarios.oracle.expected import Expected, ExpectedInvoice, InvoiceKey, TaxCode, TimeEvent
from scenarios.oracle.versions import Sources, index_sources

D = TypeVar("D", bound=Document)
POSTED_STATES = ("POSTED", "PARTIALLY_PAID", "PAID", "CREDITED")


def parse_tax(text: str) -> TaxCode | None:
    """`jurisdiction|category|percent` as a code; of a zero rate the jurisdiction is dropped."""
    parts = text.split("|")
    if len(parts) != 3:
        return None
    try:
        percent_e4 = Decimal(parts[2]) * 10_000
    except InvalidOperation:
        return None
    if percent_e4 != int(percent_e4):
        return None
    return comparable(TaxCode(parts[0], parts[1], int(percent_e4)))


def comparable(code: TaxCode) -> TaxCode:
    """The code without the jurisdiction where the rate is zero."""
    return code if code.percent_e4 else TaxCode("", code.category, 0)


def witness(system: str, kind: str, native_id: str, *bks: str) -> tuple[str, ...]:
    """`system:object:native id` followed by business keys."""
    return (f"{system}:{kind}:{native_id}", *bks)


@dataclass(frozen=True)
class Case:
    """Evidence with its indexes; each index is made once, when first asked for."""

    evidence: Evidence
    sources: Sources
    expected: Expected

    @cached_property
    def _by_type(self) -> dict[type[Any], list[Any]]:
        rows: defaultdict[type[Any], list[Any]] = defaultdict(list)
        for document in self.evidence.documents:
            if not document.deleted:
                rows[type(document)].append(document)
        return rows

    def _all(self, kind: type[D]) -> list[D]:
        return self._by_type.get(kind, [])

    @cached_property
    def customers(self) -> list[ErpCustomer]:
        return self._all(ErpCustomer)

    @cached_property
    def erp_projects(self) -> list[ErpProject]:
        return self._all(ErpProject)

    @cached_property
    def employees(self) -> list[ErpEmployee]:
        return self._all(ErpEmployee)

    @cached_property
    def invoices(self) -> list[Invoice]:
        """Invoices that are not void."""
        return [invoice for invoice in self._all(Invoice) if invoice.status != "VOID"]

    @cached_property
    def posted(self) -> list[Invoice]:
        """Invoices in the ledger."""
        return [invoice for invoice in self.invoices if invoice.status in POSTED_STATES]

    @cached_property
    def payments(self) -> list[Payment]:
        return self._all(Payment)

    @cached_property
    def journals(self) -> list[Journal]:
        return self._all(Journal)

    @cached_property
    def periods(self) -> list[Period]:
        return self._all(Period)

    @cached_property
    def psa_projects(self) -> list[PsaProject]:
        return self._all(PsaProject)

    @cached_property
    def psa_tasks(self) -> list[PsaTask]:
        return self._all(PsaTask)

    @cached_property
    def psa_resources(self) -> list[PsaResource]:
        return self._all(PsaResource)

    @cached_property
    def splits(self) -> list[PsaSplit]:
        return self._all(PsaSplit)

    @cached_property
    def contract_mirrors(self) -> dict[str, CrmContractMirror]:
        """By contract bk."""
        rows = ((self.sources.contract_bks.get(m.native_id), m) for m in self._all(CrmContractMirror))
        return {bk: mirror for bk, mirror in rows if bk is not None}

    @cached_property
    def opportunity_mirrors(self) -> dict[str, CrmOpportunityMirror]:
        """By opportunity bk."""
        rows = ((self.sources.opportunity_bks.get(m.native_id), m) for m in self._all(CrmOpportunityMirror))
        return {bk: mirror for bk, mirror in rows if bk is not None}

    @cached_property
    def customer_bks(self) -> dict[str, str]:
        """ERP customer id -> CU bk; `?id` where the source is unknown."""
        known = self.sources.account_bks
        return {c.native_id: known.get(c.source_id, f"?{c.source_id}") for c in self.customers}

    @cached_property
    def project_bks(self) -> dict[str, str]:
        """ERP project id -> CO bk; `?id` where the source is unknown."""
        known = self.sources.contract_bks
        return {p.native_id: known.get(p.source_id, f"?{p.source_id}") for p in self.erp_projects}

    @cached_property
    def psa_project_bks(self) -> dict[str, str]:
        """PSA project id -> CO bk; `?id` where the source is unknown."""
        known = self.sources.contract_bks
        return {p.native_id: known.get(p.source_id, f"?{p.source_id}") for p in self.psa_projects}

    @cached_property
    def events_by_source(self) -> dict[str, TimeEvent]:
        """Native id of a time entry version -> its billing event."""
        return {source: event for event in self.expected.events for source in event.sources}

    @cached_property
    def entry_bks(self) -> dict[str, str]:
        """Native id of any observed time entry -> TE bk."""
        return {
            fact.source_id: bk
            for bk, facts in self.sources.entries.items()
            for fact in facts
            if fact.source_id
        }

    @cached_property
    def billed(self) -> dict[str, ExpectedInvoice]:
        """Event bk -> the expected invoice that takes it."""
        return {
            line.event.bk: invoice for invoice in self.expected.invoices.values() for line in invoice.lines
        }

    @cached_property
    def expected_line_count(self) -> int:
        """Lines on all expected invoices."""
        return sum(len(invoice.lines) for invoice in self.expected.invoices.values())

    @cached_property
    def applied_minor(self) -> dict[str, int]:
        """Invoice native id -> what payments cleared of it."""
        applied: defaultdict[str, int] = defaultdict(int)
        for payment in self.payments:
            for application in payment.applications:
                applied[application.invoice] += application.amount_tc_minor
        return applied

    @cached_property
    def invoices_by_key(self) -> dict[InvoiceKey, list[Invoice]]:
        """Observed invoices by run and group."""
        groups: defaultdict[InvoiceKey, list[Invoice]] = defaultdict(list)
        for invoice in self.invoices:
            groups[self.invoice_key(invoice)].append(invoice)
        return groups

    def invoice_key(self, invoice: Invoice) -> InvoiceKey:
        """Entity, billing date and group, from the run and the source reference (else from the lines)."""
        group = self.sources.contract_bks.get(invoice.source_id) or self.sources.account_bks.get(
            invoice.source_id
        )
        if group is None and invoice.lines:
            group = self.line_contract(invoice.lines[0])
        return invoice.entity, _run_date(invoice), group or f"?{invoice.source_id}"

    def event_of(self, line: InvoiceLine) -> TimeEvent | None:
        """The billing event an invoice line stands for."""
        return self.events_by_source.get(line.source_id)

    def line_bk(self, line: InvoiceLine) -> str:
        """The event's bk, else the entry's, else the unknown source id."""
        event = self.event_of(line)
        if event is not None:
            return event.bk
        return self.entry_bks.get(line.source_id, f"?{line.source_id}")

    def line_contract(self, line: InvoiceLine) -> str | None:
        """The contract an invoice line belongs to."""
        event = self.event_of(line)
        if event is not None:
            return event.contract
        key = self.sources.line_keys.get(line.contract_line_source_id)
        if key is not None:
            return "CO|" + key.removeprefix("CL|").rpartition("|")[0]
        entry = self.entry_bks.get(line.source_id)
        task = parse_task(self.sources.entries[entry][0].task) if entry else None
        return task.contract if task else None


def _run_date(invoice: Invoice) -> date:
    try:
        return date.fromisoformat(invoice.run.rpartition("|")[2])
    except ValueError:
        return invoice.invoice_date


def prepare(evidence: Evidence) -> Case:
    """Index the facts once, ask the oracle, and lay both before the checks."""
    sources = index_sources(evidence.facts)
    return Case(evidence, sources, expect_from(sources, evidence))
