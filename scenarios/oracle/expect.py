"""The oracle's one entry: evidence in, everything the systems must hold out."""

from collections import Counter, defaultdict
from collections.abc import Iterable

from msgspec import Struct

from mocks.firm.facts.documents import CrmContractMirror, ErpCustomer, Invoice, Journal, Payment
from mocks.firm.facts.source import Account, TimeEntry
from scenarios.oracle.accruals import LineSums
from scenarios.oracle.billing import Biller, Run, runs_of
from scenarios.oracle.closed_periods import closed_calendars
from scenarios.oracle.closing import close_lines
from scenarios.oracle.credits import expected_credits
from scenarios.oracle.deals import active_deals
from scenarios.oracle.events import EventMaker, parse_task
from scenarios.oracle.evidence import Evidence
from scenarios.oracle.expected import (
    Allocation,
    CaseSet,
    CloseKey,
    CreditKey,
    Deal,
    Event,
    Expected,
    ExpectedCredit,
    ExpectedInvoice,
    ExpectedJournal,
    ExpectedMilestone,
    FixedEvent,
    InvoiceKey,
    Position,
    TimeEvent,
)
from scenarios.oracle.labour import LabourBook
from scenarios.oracle.masters import (
    ambiguous_customers,
    erp_profiles,
    expected_customers,
    expected_people,
    expected_tasks,
)
from scenarios.oracle.milestones import milestone_events, planned_milestones
from scenarios.oracle.payroll import PayrollBook
from scenarios.oracle.posting import CloseJournals, credit_journal, invoice_journal, payment_journal
from scenarios.oracle.revenue import Recogniser
from scenarios.oracle.schedules import retainer_events
from scenarios.oracle.terms import COVERING, Line, contract_lines, unsupported_terms
from scenarios.oracle.versions import Sources, index_sources

_LATER_JOURNALS = ("APL", "EXP", "ICL", "ICB", "ICV")
_DAY_LIMIT_E2 = 2400


class _World(Struct, frozen=True, kw_only=True):
    """What every rule reads: facts, active contracts and their lines, billing events, cases."""

    sources: Sources
    now_ms: int
    cases: CaseSet
    deals: dict[str, Deal]
    profiles: dict[str, Account]
    lines: dict[str, Line]
    events: tuple[TimeEvent, ...]
    milestones: dict[str, ExpectedMilestone]
    fixed: tuple[FixedEvent, ...]
    unsupported: set[str]

    @property
    def all_events(self) -> Iterable[Event]:
        """Time first, then the rest."""
        yield from self.events
        yield from self.fixed


class _Documents(Struct, frozen=True, kw_only=True):
    invoices: dict[InvoiceKey, ExpectedInvoice]
    credits: dict[CreditKey, ExpectedCredit]


class _Closes(Struct, frozen=True, kw_only=True):
    journals: dict[CloseKey, ExpectedJournal]
    closed_periods: frozenset[tuple[str, str]]
    positions: dict[tuple[str, str], Position]
    allocations: dict[tuple[str, str], Allocation]


def expect(evidence: Evidence) -> Expected:
    """What every system must hold, from the observed source facts alone (payments are facts of the ERP)."""
    return expect_from(index_sources(evidence.facts), evidence)


def expect_from(sources: Sources, evidence: Evidence) -> Expected:
    """As `expect`, over facts that are indexed already."""
    world = _world(sources, evidence.now_ms)
    documents = _documents(world)
    closes = _closes(world, documents)
    payment_journals, unplaced = _payment_journals(sources, evidence)
    _note_time_cases(world)
    reasons = [
        *unsupported_terms(sources, world.deals),
        *ambiguous_customers(world.profiles),
        *sorted(world.unsupported),
        *unplaced,
        *_long_days(world.events),
        *_unknown_documents(evidence),
    ]
    invoices, credits, cases = documents.invoices, documents.credits, world.cases
    return Expected(
        deals=world.deals,
        customers=expected_customers(sources, world.deals, world.profiles, cases),
        people=expected_people(sources, world.now_ms),
        tasks=expected_tasks(sources, world.deals),
        events=world.events,
        invoices=invoices,
        invoice_journals={k: invoice_journal(i) for k, i in invoices.items() if i.approved_ms is not None},
        payment_journals=payment_journals,
        fixed_events=world.fixed,
        milestones=world.milestones,
        credits=credits,
        credit_journals={k: credit_journal(c) for k, c in credits.items() if c.approved_ms is not None},
        close_journals=closes.journals,
        closed_periods=closes.closed_periods,
        positions=closes.positions,
        allocations=closes.allocations,
        cases=tuple(sorted(cases.demanded)),
        allowed_cases=tuple(sorted(cases.allowed)),
        unsupported=tuple(reasons),
    )


def _world(sources: Sources, now_ms: int) -> _World:
    cases, unsupported = CaseSet(), set[str]()
    deals = active_deals(sources, cases, now_ms)
    lines = contract_lines(sources, deals)
    maker = EventMaker(sources, deals, cases, now_ms)
    events = tuple(maker.events())
    unsupported |= maker.unsupported
    milestones = planned_milestones(lines.values(), cases)
    fixed = milestone_events(sources, lines, milestones, now_ms, unsupported)
    fixed += _retainers(sources, lines, events, now_ms)
    return _World(
        sources=sources,
        now_ms=now_ms,
        cases=cases,
        deals=deals,
        profiles=erp_profiles(sources, deals.values()),
        lines=lines,
        events=events,
        milestones=milestones,
        fixed=tuple(fixed),
        unsupported=unsupported,
    )


def _retainers(
    sources: Sources, lines: dict[str, Line], events: tuple[TimeEvent, ...], now_ms: int
) -> list[FixedEvent]:
    retainers = {key: line for key, line in lines.items() if line.terms.retainer is not None}
    worked: defaultdict[str, list[TimeEvent]] = defaultdict(list)
    for event in events:
        if event.line_key in retainers:
            worked[event.line_key].append(event)
    fixed: list[FixedEvent] = []
    for key, line in retainers.items():
        entity = sources.entity(line.deal.entity)
        if entity is not None and line.terms.billing_method == "RET":
            fixed += retainer_events(line, worked[key], entity, now_ms)
    return fixed


def _documents(world: _World) -> _Documents:
    sources, now_ms = world.sources, world.now_ms
    biller = Biller(sources, world.deals, world.profiles, world.cases, now_ms)
    invoices: dict[InvoiceKey, ExpectedInvoice] = {}
    for key, pieces in sorted(biller.assign_runs(world.all_events).items()):
        invoice = biller.invoice(key, pieces)
        if invoice is not None:
            invoices[key] = invoice
    entities = {entity.code: entity for bk in sources.entities if (entity := sources.entity(bk)) is not None}
    credits = expected_credits(invoices.values(), biller, entities, now_ms)
    world.unsupported.update(biller.unsupported)
    return _Documents(invoices=invoices, credits=credits)


def _closes(world: _World, documents: _Documents) -> _Closes:
    sources, lines = world.sources, world.lines
    calendars, journals = closed_calendars(sources, world.now_ms), CloseJournals()
    sums = LineSums(lines, calendars)
    sums.bill(documents.invoices, documents.credits)
    sums.accrue(world.all_events, documents.invoices, documents.credits)
    recogniser = Recogniser(sources, calendars, world.cases, lines)
    recogniser.count(world.events, world.fixed)
    positions = close_lines(lines, calendars, sums, recogniser, journals)
    labour = LabourBook(sources, calendars, world.events)
    payroll = PayrollBook(sources, calendars, labour, journals, world.cases)
    payroll.post_all(world.now_ms)
    world.unsupported.update(payroll.unsupported)
    return _Closes(
        journals=journals.by_key,
        closed_periods=frozenset(
            (calendar.entity.code, closing.period)
            for calendar in calendars.values()
            for closing in calendar.closings
        ),
        positions=positions,
        allocations=payroll.allocations,
    )


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
        if isinstance(document, Invoice) and document.status == "VOID":
            reasons.add("an invoice is VOID")
        if isinstance(document, Journal) and document.journal_type in _LATER_JOURNALS:
            reasons.add(f"journals of type {document.journal_type}")
    return sorted(reasons)


def _note_time_cases(world: _World) -> None:
    """TIME_UNAPPROVED at each cut-off, and TIME_DUPLICATE_SUSPECT (finance 7)."""
    sources = world.sources
    runs = {bk: runs_of(entity, world.now_ms) for bk in sources.entities if (entity := sources.entity(bk))}
    for bk, facts in sources.entries.items():
        if facts[-1].status != "APPROVED" or len(facts) > 1:
            _note_unapproved(bk, facts, world, runs)
    _note_suspects(sources, world.events, world.cases)


def _note_unapproved(bk: str, facts: list[TimeEntry], world: _World, runs: dict[str, list[Run]]) -> None:
    task = parse_task(facts[0].task)
    deal = world.deals.get(task.contract) if task else None
    if task is None or deal is None:
        return
    # Nothing waits to be billed for time that a fee covers, so a subject need not ask for it.
    line = world.lines.get(task.line_key)
    billed = line is not None and line.terms.billing_method not in COVERING
    ordered = sorted(facts, key=lambda fact: (fact.recorded_at_ms, fact.ver))
    for run in runs.get(deal.entity, []):
        known = [fact for fact in ordered if fact.recorded_at_ms < run.cutoff_ms]
        if not known or known[-1].status != "SUBMITTED" or known[-1].work_date > run.billing_date:
            continue
        monthly = run.freq == "MONTHLY" and deal.activation_ms < run.cutoff_ms and known[-1].billable
        note = world.cases.demand if monthly and billed else world.cases.allow
        note("TIME_UNAPPROVED", (bk,))


def _note_suspects(sources: Sources, events: tuple[TimeEvent, ...], cases: CaseSet) -> None:
    """Entries that stand alike now are suspect; those that did so until one was put right may have been."""
    groups: defaultdict[tuple[object, ...], list[TimeEvent]] = defaultdict(list)
    for event in events:
        facts = sources.entries[event.te]
        fact = facts[-1]
        if event.superseded_ms is not None:
            fact = next(one for one in reversed(facts) if one.ver == event.ver)
        groups[(fact.resource, fact.task, fact.work_date, fact.hours_e2, fact.note)].append(event)
    for alike in groups.values():
        if len(alike) < 2:
            continue
        current = sorted({event.te for event in alike if event.superseded_ms is None})
        if len(current) > 1:
            cases.demand("TIME_DUPLICATE_SUSPECT", tuple(current))
        for event in alike:
            if any(_stood_together(event, other) for other in alike):
                cases.allow("TIME_DUPLICATE_SUSPECT", (event.te,))


def _stood_together(one: TimeEvent, other: TimeEvent) -> bool:
    """Whether two different entries were both approved and current at some instant."""
    if one.te == other.te:
        return False
    begins_ms = max(one.approved_ms, other.approved_ms)
    return all(event.superseded_ms is None or begins_ms < event.superseded_ms for event in (one, other))
