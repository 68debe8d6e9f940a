"""The oracle's one entry: evidence in, everything the systems must hold out."""

from collections import Counter, defaultdict

from mocks.firm.facts.documents import CrmContractMirror, ErpCustomer, Invoice, Journal, Payment
from mocks.firm.facts.source import Account, TimeEntry
from scenarios.oracle.billing import Biller, Run, runs_of
from scenarios.oracle.deals import active_deals
from scenarios.oracle.events import EventMaker, parse_task
from scenarios.oracle.evidence import Evidence
from scenarios.oracle.expected import (
    CaseSet,
    Deal,
    Expected,
    ExpectedInvoice,
    ExpectedJournal,
    InvoiceKey,
    TimeEvent,
)
from scenarios.oracle.masters import (
    ambiguous_customers,
    erp_profiles,
    expected_customers,
    expected_people,
    expected_tasks,
    unsupported_terms,
)
from scenarios.oracle.posting import by_event, invoice_journal, open_accruals, payment_journal
from scenarios.oracle.versions import Sources, index_sources

_LATER_JOURNALS = ("CM", "APL", "EXP", "PAY", "LAB", "ACC", "ACR", "REV", "RCL", "RCR", "ICL", "ICB", "ICV")
_DAY_LIMIT_E2 = 2400


def expect(evidence: Evidence) -> Expected:
    """What every system must hold, from the observed source facts alone (payments are facts of the ERP)."""
    return expect_from(index_sources(evidence.facts), evidence)


def expect_from(sources: Sources, evidence: Evidence) -> Expected:
    """As `expect`, over facts that are indexed already."""
    now_ms, cases = evidence.now_ms, CaseSet()
    deals = active_deals(sources, cases, now_ms)
    profiles = erp_profiles(sources, deals.values())
    maker = EventMaker(sources, deals, cases, now_ms)
    events = tuple(maker.events())
    invoices, unsupported = _invoices(sources, deals, profiles, events, cases, now_ms)
    payment_journals, unplaced = _payment_journals(sources, evidence)
    _note_time_cases(sources, deals, events, cases, now_ms)
    reasons = [
        *unsupported_terms(sources, deals),
        *ambiguous_customers(profiles),
        *sorted(maker.unsupported),
        *unsupported,
        *unplaced,
        *_accruals(sources, events, invoices, now_ms),
        *_long_days(events),
        *_unknown_documents(evidence),
    ]
    return Expected(
        deals=deals,
        customers=expected_customers(sources, deals, profiles, cases),
        people=expected_people(sources, now_ms),
        tasks=expected_tasks(sources, deals),
        events=events,
        invoices=invoices,
        invoice_journals={
            key: invoice_journal(invoice)
            for key, invoice in invoices.items()
            if invoice.approved_ms is not None
        },
        payment_journals=payment_journals,
        cases=tuple(sorted(cases.demanded)),
        allowed_cases=tuple(sorted(cases.allowed)),
        unsupported=tuple(reasons),
    )


def _invoices(
    sources: Sources,
    deals: dict[str, Deal],
    profiles: dict[str, Account],
    events: tuple[TimeEvent, ...],
    cases: CaseSet,
    now_ms: int,
) -> tuple[dict[InvoiceKey, ExpectedInvoice], list[str]]:
    biller = Biller(sources, deals, profiles, cases, now_ms)
    invoices: dict[InvoiceKey, ExpectedInvoice] = {}
    for key, pieces in sorted(biller.assign_runs(events).items()):
        invoice = biller.invoice(key, pieces)
        if invoice is not None:
            invoices[key] = invoice
    return invoices, sorted(biller.unsupported)


def _payment_journals(sources: Sources, evidence: Evidence) -> tuple[dict[str, ExpectedJournal], list[str]]:
    customers = {
        document.native_id: sources.account_bks.get(document.source_id, "")
        for document in evidence.documents
        if isinstance(document, ErpCustomer)
    }
    journals: dict[str, ExpectedJournal] = {}
    unplaced: list[str] = []
    for document in evidence.documents:
        if not isinstance(document, Payment) or document.deleted:
            continue
        entity = sources.entity(f"LE|{document.entity}")
        if entity is None or document.ccy != entity.functional_ccy:
            unplaced.append(f"payment {document.number} in {document.ccy} of {document.entity}")
            continue
        customer = customers.get(document.customer, "")
        journals[document.native_id] = payment_journal(document, entity, customer)
    return journals, unplaced


def _accruals(
    sources: Sources,
    events: tuple[TimeEvent, ...],
    invoices: dict[InvoiceKey, ExpectedInvoice],
    now_ms: int,
) -> list[str]:
    billed, reasons = by_event(invoices), []
    contracting = {bk: contract.facts[-1].entity for bk, contract in sources.contracts.items()}
    for bk in sorted(sources.entities):
        entity = sources.entity(bk)
        if entity is not None:
            own = (event for event in events if contracting[event.contract] == bk)
            reasons += open_accruals(entity, own, billed, now_ms)
    return reasons


def _long_days(events: tuple[TimeEvent, ...]) -> list[str]:
    hours: Counter[tuple[str, object]] = Counter()
    for event in events:
        if event.superseded_ms is None:
            hours[(event.resource, event.work_date)] += event.hours_e2
    return [f"more than 24 h of {bk} on {day}" for (bk, day), e2 in hours.items() if e2 > _DAY_LIMIT_E2]


def _unknown_documents(evidence: Evidence) -> list[str]:
    reasons: set[str] = set()
    for document in evidence.documents:
        if isinstance(document, CrmContractMirror) or document.deleted:
            continue
        if isinstance(document, Invoice) and document.status in ("VOID", "CREDITED"):
            reasons.add(f"an invoice is {document.status}")
        if isinstance(document, Journal) and document.journal_type in _LATER_JOURNALS:
            reasons.add(f"journals of type {document.journal_type}")
    return sorted(reasons)


def _note_time_cases(
    sources: Sources, deals: dict[str, Deal], events: tuple[TimeEvent, ...], cases: CaseSet, now_ms: int
) -> None:
    """TIME_UNAPPROVED at each cut-off, and TIME_DUPLICATE_SUSPECT (finance 7)."""
    runs = {bk: runs_of(entity, now_ms) for bk in sources.entities if (entity := sources.entity(bk))}
    for bk, facts in sources.entries.items():
        if facts[-1].status != "APPROVED" or len(facts) > 1:
            _note_unapproved(bk, facts, deals, runs, cases)
    _note_suspects(sources, events, cases)


def _note_unapproved(
    bk: str, facts: list[TimeEntry], deals: dict[str, Deal], runs: dict[str, list[Run]], cases: CaseSet
) -> None:
    task = parse_task(facts[0].task)
    deal = deals.get(task.contract) if task else None
    if deal is None:
        return
    ordered = sorted(facts, key=lambda fact: (fact.recorded_at_ms, fact.ver))
    for run in runs.get(deal.entity, []):
        known = [fact for fact in ordered if fact.recorded_at_ms < run.cutoff_ms]
        if not known or known[-1].status != "SUBMITTED" or known[-1].work_date > run.billing_date:
            continue
        monthly = run.freq == "MONTHLY" and deal.activation_ms < run.cutoff_ms and known[-1].billable
        (cases.demand if monthly else cases.allow)("TIME_UNAPPROVED", (bk,))


def _note_suspects(sources: Sources, events: tuple[TimeEvent, ...], cases: CaseSet) -> None:
    groups: defaultdict[tuple[object, ...], set[str]] = defaultdict(set)
    for event in events:
        if event.superseded_ms is None:
            fact = sources.entries[event.te][-1]
            groups[(fact.resource, fact.task, fact.work_date, fact.hours_e2, fact.note)].add(event.te)
    for bks in groups.values():
        if len(bks) > 1:
            cases.demand("TIME_DUPLICATE_SUSPECT", tuple(sorted(bks)))
            for bk in bks:
                cases.allow("TIME_DUPLICATE_SUSPECT", (bk,))
