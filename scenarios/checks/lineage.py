"""Checks of the way from facts to lines: I32, I37, I42, and that what was played was recorded (X01, X09)."""

from collections import Counter
from collections.abc import Iterator
from itertools import chain

from mocks.firm.facts.documents import Invoice, InvoiceLine, Journal
from mocks.firm.facts.source import PayrollRun, SourceFact, TimeEntry
from scenarios.checks.arithmetic import document_at
from scenarios.checks.case import CLOSE_TYPES, Billed, BilledLine, Case
from scenarios.checks.played import compare
from scenarios.checks.receipts import compare_receipts
from scenarios.checks.result import Tally
from scenarios.oracle.expected import Event, TimeEvent
from scenarios.oracle.rating import covers

SUSPENSE = "9999"


def _lines(case: Case) -> Iterator[tuple[Invoice, InvoiceLine, tuple[str, ...]]]:
    for invoice in case.invoices:
        for line in invoice.lines:
            yield invoice, line, (f"erp:invoice:{invoice.native_id}/{line.line}", case.line_bk(line))


def i32_lineage(case: Case) -> Tally:
    """Journal -> document -> line -> approved source -> contract -> won opportunity, all of it there."""
    credit_lines = sum(len(credit.lines) for credit in case.expected.credits.values())
    tally = Tally(wanted=case.expected_line_count + credit_lines)
    for _, line, at in _lines(case):
        _compare_origin(tally, case, line, at)
    for memo in case.credits:
        credited = case.invoices_by_id.get(memo.invoice)
        billed = {line.source_id for line in credited.lines} if credited else set()
        for row in memo.lines:
            at = (f"erp:creditMemo:{memo.native_id}/{row.line}", case.line_bk(row))
            _compare_origin(tally, case, row, at)
            if row.source_id not in billed:
                tally.differ(at, "a line of the credited invoice", row.source_id or "none", "line")
    _compare_journals(tally, case)
    return tally


def _compare_origin(tally: Tally, case: Case, line: BilledLine, at: tuple[str, ...]) -> None:
    tally.compared += 1
    event = case.event_of(line)
    if event is None:
        tally.differ(at, "approved work of an active contract", "none", "line")
        return
    key = case.sources.line_keys.get(line.contract_line_source_id, line.contract_line_source_id)
    tally.equal((*at, "contract line"), event.line_key, key, "line")
    tally.equal((*at, "project"), event.contract, case.project_bks.get(line.project), "line")
    if not _agreed(case, event):
        tally.differ((*at, "approver"), "somebody", "nobody", "line")


def _agreed(case: Case, event: Event) -> bool:
    """Whether somebody approved the time or accepted the milestone; contract terms need nobody further."""
    if isinstance(event, TimeEvent):
        return any(f.ver == event.ver and f.approved_by for f in case.sources.entries[event.te])
    if event.method != "FF":
        return True
    facts = case.facts.milestones.get(event.bk.removeprefix("BE|").removesuffix("|v1.1|p1"), ())
    return any(fact.status == "ACCEPTED" and fact.accepted_by for fact in facts)


def _compare_journals(tally: Tally, case: Case) -> None:
    """Every journal is of a document, or of a contract line or payroll that exists."""
    documents: dict[str, Billed] = {**case.invoices_by_id, **{memo.native_id: memo for memo in case.credits}}
    receipts = {payment.native_id for payment in case.payments}
    for journal in case.journals:
        tally.compared += 1
        at = (f"erp:journal:{journal.native_id}", journal.journal_type)
        if journal.document in documents:
            _compare_source_lines(tally, journal, documents[journal.document])
        elif not journal.document and journal.journal_type in CLOSE_TYPES:
            _compare_references(tally, case, journal, at)
        elif journal.document not in receipts:
            tally.differ(at, "a document", journal.document or "none", "journal")


def _compare_references(tally: Tally, case: Case, journal: Journal, at: tuple[str, ...]) -> None:
    source = case.close_key(journal)[2]
    person = f"RS|{source.partition('#RS|')[2]}"
    if source.startswith("?") or (journal.journal_type == "LAB" and person not in case.sources.resources):
        tally.differ(at, "a source record", journal.source_id or "none", "journal")
    for line in journal.lines:
        for name, value, resolves in (
            ("contract line", line.contract_line, line.contract_line in case.sources.line_keys),
            ("project", line.project, line.project in case.project_bks),
            ("customer", line.customer, line.customer in case.customer_bks),
            ("person", line.resource, f"RS|{line.resource}" in case.sources.resources),
        ):
            if value and not resolves:
                tally.differ((*at, line.account, name), "a record that exists", value, "journal")


def _compare_source_lines(tally: Tally, journal: Journal, document: Billed) -> None:
    known = {line.source_id for line in document.lines}
    for line in journal.lines:
        if line.source_line and line.source_line not in known:
            at = (f"erp:journal:{journal.native_id}", *document_at(document))
            tally.differ(at, "a line of its document", line.source_line, "journal")


def i37_effective_dating(case: Case) -> Tally:
    """Each billed hour lies within employment and assignment, at the amount the rate of the day gives."""
    tally = Tally(wanted=sum(isinstance(case.events_by_bk[bk], TimeEvent) for bk in case.billed))
    for _, line, at in _lines(case):
        event = case.event_of(line)
        if not isinstance(event, TimeEvent):
            continue  # a fee is no hour of anybody
        tally.compared += 1
        person = case.sources.resources[event.resource].facts[-1]
        if not covers(person.hired, person.terminated, event.work_date):
            tally.differ((*at, event.resource), "employed", event.work_date, "event")
        assignment = case.sources.assignments[event.assignment].facts[-1]
        if not covers(assignment.valid_from, assignment.valid_to, event.work_date):
            tally.differ((*at, event.assignment), "assigned", event.work_date, "event")
        source = event.price.source if event.price else "no rate"
        tally.equal((*at, source), event.amount_minor, line.amount_tc_minor, "event")
    return tally


def i42_no_silent_loss(case: Case) -> Tally:
    """Suspense is empty, and every entry due for billing stands on a live document."""
    tally = Tally(wanted=case.expected_line_count)
    suspense: Counter[str] = Counter()
    for journal in case.journals:
        tally.compared += 1
        for line in journal.lines:
            if line.account == SUSPENSE:
                suspense[journal.entity] += line.dr_fc_minor - line.cr_fc_minor
    for entity, minor in sorted(suspense.items()):
        tally.equal((f"LE|{entity}", SUSPENSE), 0, minor, "balance")
    billed = {case.line_bk(line) for _, line, _ in _lines(case)}
    for bk, invoice in case.billed.items():
        tally.compared += 1
        if bk not in billed and invoice.held is None:
            tally.differ((bk, invoice.bk), "billed", "nowhere", "event")
    return tally


def _readable(fact: SourceFact) -> object:
    """The fact as a difference shows it: of a payroll only which it is."""
    return f"payroll of {fact.period}" if isinstance(fact, PayrollRun) else fact


def x01_observed_is_played(case: Case) -> Tally:
    """The systems of record hold every version that was played and no other; payments are what was played."""
    tally = Tally()
    compared = compare(case.evidence.played, case.evidence.facts)
    tally.wanted = compared.played
    tally.compared = min(compared.played, compared.observed)
    for fact in compared.missing:
        tally.differ((fact.bk, f"v{fact.ver}"), _readable(fact), "not observed so", "event")
    for fact in compared.strange:
        tally.differ((fact.bk, f"v{fact.ver}"), "not played so", _readable(fact), "event")
    _compare_cards(tally, case)
    compare_receipts(tally, case)
    return tally


def _compare_cards(tally: Tally, case: Case) -> None:
    """A timecard stands as people last left it: a status that makes no version must not hide one."""
    last: dict[str, TimeEntry] = {}
    for fact in chain(case.sources.time.heads, case.sources.time.unusual()):
        card = fact.source_id.partition("#")[0]
        if card not in last or fact.recorded_at_ms >= last[card].recorded_at_ms:
            last[card] = fact
    for split in case.splits:
        entry = last.get(split.card_source_id)
        if entry is not None and split.card_status is not None:
            at = (f"TE|{entry.card}", f"psa:timecard:{split.card_source_id}")
            tally.equal(at, entry.status, split.card_status, "event")


def x09_nothing_waits(case: Case) -> Tally:
    """No fact is left waiting for a parent that the subject never made."""
    tally = Tally(compared=len(case.evidence.played), wanted=len(case.evidence.played))
    for fact in case.evidence.waiting:
        tally.compared += 1
        tally.differ((fact.bk, f"v{fact.ver}"), "played", "waits for its parent", "event")
    return tally
