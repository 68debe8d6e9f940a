"""Checks of the way from facts to lines: I32, I37, I42, and that what was played was recorded (X01, X09)."""

from collections import Counter
from collections.abc import Iterator

from msgspec import structs

from mocks.firm.facts.documents import Invoice, InvoiceLine, Journal
from mocks.firm.facts.source import Contract, PaymentIntent, SourceFact
from scenarios.checks.case import Case
from scenarios.checks.result import Tally
from scenarios.oracle.rating import covers

SUSPENSE = "9999"


def _lines(case: Case) -> Iterator[tuple[Invoice, InvoiceLine, tuple[str, ...]]]:
    for invoice in case.invoices:
        for line in invoice.lines:
            yield invoice, line, (f"erp:invoice:{invoice.native_id}/{line.line}", case.line_bk(line))


def i32_lineage(case: Case) -> Tally:
    """Journal -> document -> line -> approved entry -> contract -> won opportunity, all of it there."""
    tally = Tally(wanted=case.expected_line_count)
    for _, line, at in _lines(case):
        tally.compared += 1
        event = case.event_of(line)
        if event is None:
            tally.differ(at, "an approved time entry of an active contract", "none", "line")
            continue
        key = case.sources.line_keys.get(line.contract_line_source_id, line.contract_line_source_id)
        tally.equal((*at, "contract line"), event.line_key, key, "line")
        tally.equal((*at, "project"), event.contract, case.project_bks.get(line.project), "line")
        approved = [f for f in case.sources.entries[event.te] if f.ver == event.ver and f.approved_by]
        if not approved:
            tally.differ((*at, "approver"), "somebody", "nobody", "line")
    documents = {invoice.native_id: invoice for invoice in case.invoices}
    receipts = {payment.native_id for payment in case.payments}
    for journal in case.journals:
        tally.compared += 1
        if journal.document not in documents and journal.document not in receipts:
            at = (f"erp:journal:{journal.native_id}", journal.journal_type)
            tally.differ(at, "a document", journal.document or "none", "journal")
        elif journal.document in documents:
            _compare_source_lines(tally, journal, documents[journal.document])
    return tally


def _compare_source_lines(tally: Tally, journal: Journal, invoice: Invoice) -> None:
    known = {line.source_id for line in invoice.lines}
    for line in journal.lines:
        if line.source_line and line.source_line not in known:
            at = (f"erp:journal:{journal.native_id}", f"erp:invoice:{invoice.native_id}")
            tally.differ(at, "a line of its document", line.source_line, "journal")


def i37_effective_dating(case: Case) -> Tally:
    """Each billed hour lies within employment and assignment, at the amount the rate of the day gives."""
    tally = Tally(wanted=case.expected_line_count)
    for _, line, at in _lines(case):
        event = case.event_of(line)
        if event is None:
            continue
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


def _played_form(fact: SourceFact) -> SourceFact:
    """The fact without native ids, which it has only once it was played."""
    if isinstance(fact, Contract):
        lines = tuple(structs.replace(line, source_id="") for line in fact.lines)
        return structs.replace(fact, source_id="", lines=lines)
    return structs.replace(fact, source_id="")


def x01_observed_is_played(case: Case) -> Tally:
    """The systems of record hold every version that was played and no other; payments are judged apart."""
    tally = Tally()
    played = Counter(_played_form(f) for f in case.evidence.played if not isinstance(f, PaymentIntent))
    observed = Counter(_played_form(f) for f in case.evidence.facts if not isinstance(f, PaymentIntent))
    tally.wanted = played.total()
    tally.compared = min(played.total(), observed.total())
    for fact in played - observed:
        tally.differ((fact.bk, f"v{fact.ver}"), fact, "not observed so", "event")
    for fact in observed - played:
        tally.differ((fact.bk, f"v{fact.ver}"), "not played so", fact, "event")
    return tally


def x09_nothing_waits(case: Case) -> Tally:
    """No fact is left waiting for a parent that the subject never made."""
    tally = Tally(compared=len(case.evidence.played), wanted=len(case.evidence.played))
    for fact in case.evidence.waiting:
        tally.compared += 1
        tally.differ((fact.bk, f"v{fact.ver}"), "played", "waits for its parent", "event")
    return tally
