"""How a run went over virtual time, read off its evidence: waits from approval to invoice, cases open."""

from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise

from msgspec import Struct

from mocks.firm.facts.documents import Invoice
from mocks.firm.facts.source import Milestone, TimeEntry
from scenarios.oracle.book import CaseRow
from scenarios.oracle.evidence import Evidence


class RunWait(Struct, frozen=True, kw_only=True):
    """How long what one billing run invoiced had been waiting since its approval."""

    run: str
    at_ms: int  # when the run's last invoice was created
    invoices: int
    entries: int
    p50_ms: int
    p95_ms: int


class Open(Struct, frozen=True):
    """So many cases are open from here to there."""

    from_ms: int
    until_ms: int
    cases: int


def waits(evidence: Evidence) -> tuple[RunWait, ...]:
    """One row a billing run, oldest first; lines without an approval are left out."""
    approved = _approvals(evidence)
    by_run: dict[str, list[Invoice]] = defaultdict(list)
    for document in evidence.documents:
        if isinstance(document, Invoice) and not document.deleted:
            by_run[document.run].append(document)
    rows = []
    for run, invoices in by_run.items():
        lags = sorted(
            invoice.created_at_ms - max(before)
            for invoice in invoices
            for line in invoice.lines
            if (before := [at for at in approved.get(line.source_id, ()) if at <= invoice.created_at_ms])
        )
        if lags:
            rows.append(
                RunWait(
                    run=run,
                    at_ms=max(invoice.created_at_ms for invoice in invoices),
                    invoices=len(invoices),
                    entries=len(lags),
                    p50_ms=ranked(lags, 50),
                    p95_ms=ranked(lags, 95),
                )
            )
    return tuple(sorted(rows, key=lambda row: (row.at_ms, row.run)))


def _approvals(evidence: Evidence) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for fact in evidence.facts:
        if isinstance(fact, TimeEntry) and fact.approved_at_ms is not None:
            found[fact.source_id].append(fact.approved_at_ms)
        elif isinstance(fact, Milestone) and fact.accepted_at_ms is not None:
            found[fact.source_id].append(max(fact.accepted_at_ms, fact.recorded_at_ms))
    return found


def ranked(ordered: list[int], percent: int) -> int:
    """The nearest-rank percentile of an ordered list that is not empty."""
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def open_cases(cases: Iterable[CaseRow], until_ms: int) -> tuple[Open, ...]:
    """How many cases were open, span by span; spans without any are left out."""
    changes: dict[int, int] = defaultdict(int)
    for case in cases:
        changes[case.opened_at_ms] += 1
        changes[until_ms if case.resolved_at_ms is None else case.resolved_at_ms] -= 1
    spans, count = [], 0
    instants = sorted(changes)
    for at_ms, next_ms in pairwise(instants):
        count += changes[at_ms]
        if count > 0 and next_ms > at_ms:
            spans.append(Open(at_ms, next_ms, count))
    return tuple(spans)
