"""One case before the judge: evidence, expectations, and the target documents resolved to business keys."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, TypeVar

from mocks.firm.facts.documents import (
    CreditLine,
    CreditMemo,
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
    PsaMilestone,
    PsaProject,
    PsaResource,
    PsaSplit,
    PsaTask,
)
from scenarios.checks.entry_keys import EntryKeys
from scenarios.checks.facts import ObservedFacts
from scenarios.checks.postings import LineLedger, index_lines
from scenarios.oracle.calendars import period_of
from scenarios.oracle.events import parse_task
from scenarios.oracle.evidence import Evidence
from scenarios.oracle.expect import expect_from
from scenarios.oracle.expected import (
    CloseKey,
    CreditKey,
    Event,
    Expected,
    ExpectedCredit,
    ExpectedInvoice,
    InvoiceKey,
    TimeEvent,
)
from scenarios.oracle.versions import Sources, index_sources

D = TypeVar("D", bound=Document)
Billed = Invoice | CreditMemo
BilledLine = InvoiceLine | CreditLine
CLOSE_TYPES = ("ACC", "ACR", "REV", "RCL", "RCR", "PAY", "LAB")
POSTED_STATES = ("POSTED", "PARTIALLY_PAID", "PAID", "CREDITED")


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
    def credits(self) -> list[CreditMemo]:
        """Credit memos that are not void."""
        return [memo for memo in self._all(CreditMemo) if memo.status != "VOID"]

    @cached_property
    def posted_credits(self) -> list[CreditMemo]:
        """Credit memos in the ledger."""
        return [memo for memo in self.credits if memo.status in ("POSTED", "APPLIED")]

    @cached_property
    def psa_milestones(self) -> list[PsaMilestone]:
        return self._all(PsaMilestone)

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
    def milestone_bks(self) -> dict[str, str]:
        """PSA milestone id -> MS bk; `?id` where its contract line is unknown."""
        known = self.sources.line_keys
        return {
            m.native_id: f"MS|{known[m.contract_line_source_id]}|{m.seq}"
            if m.contract_line_source_id in known
            else f"?{m.contract_line_source_id}"
            for m in self.psa_milestones
        }

    @cached_property
    def facts(self) -> ObservedFacts:
        """Observed facts of the kinds that closes are computed from."""
        return ObservedFacts.of(self.evidence.facts)

    @cached_property
    def events(self) -> tuple[Event, ...]:
        """Events of time and all others."""
        return (*self.expected.events, *self.expected.fixed_events)

    @cached_property
    def chargeable(self) -> list[Event]:
        """Events with an instant from which they may be billed; covered and non-billable time has none."""
        return [event for event in self.events if is_chargeable(event)]

    @cached_property
    def events_by_bk(self) -> dict[str, Event]:
        return {event.bk: event for event in self.events}

    @cached_property
    def events_by_source(self) -> dict[str, Event]:
        """Native id of a source record -> its billing event."""
        return {source: event for event in self.events for source in event.sources}

    @cached_property
    def entry_bks(self) -> EntryKeys:
        """Native id of any observed time entry -> TE bk."""
        return EntryKeys(self.sources.time)

    @cached_property
    def billed(self) -> dict[str, ExpectedInvoice]:
        """Event bk -> the expected invoice that takes it."""
        return {
            line.event.bk: invoice for invoice in self.expected.invoices.values() for line in invoice.lines
        }

    @cached_property
    def credited(self) -> dict[str, ExpectedCredit]:
        """Event bk -> the expected credit memo that takes it back."""
        return {line.event.bk: credit for credit in self.expected.credits.values() for line in credit.lines}

    @cached_property
    def credited_lines_minor(self) -> dict[tuple[str, str], int]:
        """Invoice native id and a line's source id -> net that credit memos take back of it."""
        sums: defaultdict[tuple[str, str], int] = defaultdict(int)
        for memo in self.credits:
            for line in memo.lines:
                sums[(memo.invoice, line.source_id)] += line.amount_tc_minor
        return sums

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
    def credit_applied_minor(self) -> dict[str, int]:
        """Invoice native id -> what credit memos cleared of it."""
        applied: defaultdict[str, int] = defaultdict(int)
        for memo in self.posted_credits:
            applied[memo.invoice] += memo.applied_tc_minor
        return applied

    @cached_property
    def line_ledger(self) -> LineLedger:
        """Postings and document lines by contract line."""
        keys = self.sources.line_keys
        return index_lines(self.journals, self.posted, self.posted_credits, keys, self.line_key_of)

    @cached_property
    def last_paid_ms(self) -> dict[str, int]:
        """Invoice native id -> when the last payment cleared some of it."""
        paid: defaultdict[str, int] = defaultdict(int)
        for payment in self.payments:
            for application in payment.applications:
                paid[application.invoice] = max(paid[application.invoice], payment.created_at_ms)
        return paid

    @cached_property
    def last_credited_ms(self) -> dict[str, int]:
        """Invoice native id -> when the last credit memo cleared some of it."""
        credited: defaultdict[str, int] = defaultdict(int)
        for memo in self.posted_credits:
            if memo.applied_tc_minor:
                credited[memo.invoice] = max(credited[memo.invoice], memo.approved_at_ms or 0)
        return credited

    def settled_minor(self, invoice_id: str) -> int:
        """What payments and credit memos cleared of an invoice."""
        return self.applied_minor.get(invoice_id, 0) + self.credit_applied_minor.get(invoice_id, 0)

    @cached_property
    def invoices_by_id(self) -> dict[str, Invoice]:
        return {invoice.native_id: invoice for invoice in self.invoices}

    @cached_property
    def credits_by_key(self) -> dict[CreditKey, list[CreditMemo]]:
        """Observed credit memos by crediting run and credited invoice."""
        groups: defaultdict[CreditKey, list[CreditMemo]] = defaultdict(list)
        for memo in self.credits:
            groups[self.credit_key(memo)].append(memo)
        return groups

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

    def credit_key(self, memo: CreditMemo) -> CreditKey:
        """Entity and billing date of the crediting run, and the key of the invoice it credits."""
        invoice = self.invoices_by_id.get(memo.invoice)
        credited = self.invoice_key(invoice) if invoice else (memo.entity, memo.memo_date, f"?{memo.invoice}")
        return memo.entity, _run_date(memo), credited

    def close_key(self, journal: Journal) -> CloseKey:
        """Type, entity, source and period of a journal that a subject wrote; `?id` for an unknown source."""
        source_id = journal.source_id
        if journal.journal_type == "PAY":
            source = self.facts.payroll_bks.get(source_id, f"?{source_id}")
        elif journal.journal_type == "LAB":
            payroll, _, employee_no = source_id.rpartition("#")
            source = f"{self.facts.payroll_bks.get(payroll, f'?{payroll}')}#RS|{employee_no}"
        else:
            source = self.sources.line_keys.get(source_id, f"?{source_id}")
        return journal.journal_type, journal.entity, source, period_of(journal.acct_date)

    def event_of(self, line: BilledLine) -> Event | None:
        """The billing event a document line stands for."""
        return self.events_by_source.get(line.source_id)

    def line_bk(self, line: BilledLine) -> str:
        """The event's bk, else that of the source record, else the unknown source id."""
        event = self.event_of(line)
        if event is not None:
            return event.bk
        known = self.entry_bks.get(line.source_id) or self.milestone_bks.get(line.source_id)
        return known or self._schedule_bk(line.source_id) or f"?{line.source_id}"

    def is_schedule_row(self, source_id: str) -> bool:
        """Whether an id names a fee row of a contract line that is known."""
        return (self._schedule_bk(source_id) or "").startswith("BS|")

    def _schedule_bk(self, source_id: str) -> str | None:
        """`BS|<line key>|<seq>` or `OV|<line key>|<month>` of a line that is known."""
        record, _, row = source_id.partition("#")
        key = self.sources.line_keys.get(record)
        return f"{row[:2]}|{key}|{row[2:]}" if key and row[:2] in ("BS", "OV") else None

    def line_key_of(self, line: BilledLine) -> str | None:
        """The contract line a document line belongs to."""
        event = self.event_of(line)
        return event.line_key if event else self.sources.line_keys.get(line.contract_line_source_id)

    def line_contract(self, line: BilledLine) -> str | None:
        """The contract a document line belongs to."""
        event = self.event_of(line)
        if event is not None:
            return event.contract
        key = self.sources.line_keys.get(line.contract_line_source_id)
        if key is not None:
            return "CO|" + key.removeprefix("CL|").rpartition("|")[0]
        entry = self.entry_bks.get(line.source_id)
        task = parse_task(self.sources.entries[entry][0].task) if entry else None
        return task.contract if task else None


def is_chargeable(event: Event) -> bool:
    """Whether an event has an instant from which it may be billed."""
    if not isinstance(event, TimeEvent):
        return True
    return event.billable and not event.covered and event.commit_ms is not None


def natural_date(document: Billed) -> date:
    """The date a document carries."""
    return document.memo_date if isinstance(document, CreditMemo) else document.invoice_date


def _run_date(document: Billed) -> date:
    try:
        return date.fromisoformat(document.run.rpartition("|")[2])
    except ValueError:
        return natural_date(document)


def prepare(evidence: Evidence) -> Case:
    """Index the facts once, ask the oracle, and lay both before the checks."""
    sources = index_sources(evidence.facts)
    return Case(evidence, sources, expect_from(sources, evidence))
