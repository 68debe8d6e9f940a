"""Checks that read the subject's own book: pieces, hours, lineage, repeats, messages, cases."""

from collections import Counter, defaultdict

from scenarios.checks.case import Case, is_chargeable
from scenarios.checks.result import Tally
from scenarios.oracle.book import Book, Piece
from scenarios.oracle.expected import Event, TimeEvent

_DELIVERY_CASES = ("TECH_", "REF_MISSING", "CO_PARTIAL", "CO_OUT_OF_ORDER", "SEQ_GAP", "INV_REJECTED")


def _book(case: Case) -> Book:
    if case.evidence.book is None:
        raise ValueError("A check that reads the book was run without one.")
    return case.evidence.book


def _pieces(case: Case, tally: Tally) -> dict[str, list[Piece]]:
    """Billable pieces by event bk; one that stands for no observed version is a difference."""
    rows: defaultdict[str, list[Piece]] = defaultdict(list)
    for piece in _book(case).pieces:
        event = case.events_by_source.get(piece.source_id)
        if event is not None:
            rows[event.bk].append(piece)
        elif piece.amount_minor and not (
            piece.state == "COMMITTED" and case.is_schedule_row(piece.source_id)
        ):
            tally.differ((piece.source_id,), "an approved version", "none", "event")
    return rows


def _due(case: Case) -> list[Event]:
    """Pieces that a book must list: fees and milestones only once a run took them."""
    return [event for event in case.chargeable if isinstance(event, TimeEvent) or event.bk in case.billed]


def _states(case: Case, event: Event) -> tuple[str, ...]:
    """The states a piece may be in, the plainest first; between a credit's run and its posting two are."""
    invoice, credit = case.billed.get(event.bk), case.credited.get(event.bk)
    if invoice is None:
        return ("COMMITTED",) if event.superseded_ms is None else ("CANCELLED",)
    billed = "INVOICED" if invoice.approved_ms is not None else "LOCKED"
    if credit is None:
        return (billed,)
    return ("CREDITED",) if credit.approved_ms is not None else (billed, "CREDITED")


def i02b_pieces(case: Case) -> Tally:
    """The pieces of each priced version add up to its amount, each in the state the runs put it in."""
    committed = _due(case)
    tally = Tally(wanted=len(committed))
    rows = _pieces(case, tally)
    for event in committed:
        pieces = rows.get(event.bk, [])
        tally.compared += 1
        at = (event.bk, *event.sources)
        tally.equal(at, event.amount_minor, sum(piece.amount_minor for piece in pieces), "event")
        for piece in pieces:
            if not piece.amount_minor:
                continue
            states = _states(case, event)
            if piece.state not in states:
                tally.differ((*at, "state"), states[0], piece.state, "event")
            if isinstance(event, TimeEvent):
                tally.equal((*at, "commit instant"), event.commit_ms, piece.commit_at_ms, "event")
    _compare_covered(tally, case, rows)
    return tally


def _compare_covered(tally: Tally, case: Case, rows: dict[str, list[Piece]]) -> None:
    """Time on fixed-fee and retainer lines has no amount of its own."""
    for event in case.expected.events:
        if event.covered:
            minor = sum(piece.amount_minor for piece in rows.get(event.bk, ()))
            tally.equal((event.bk, *event.sources), 0, minor, "event")


def i03b_hours(case: Case) -> Tally:
    """The pieces of each priced version carry its hours."""
    committed = _due(case)
    tally = Tally(wanted=len(committed))
    rows = _pieces(case, Tally())
    for event in committed:
        tally.compared += 1
        hours_e2 = sum(piece.hours_e2 for piece in rows.get(event.bk, []))
        tally.equal((event.bk, *event.sources), event.hours_e2, hours_e2, "event")
    return tally


def i32b_lineage(case: Case) -> Tally:
    """Each priced version has a lineage row: approver, contract, rate, document; each other one a case."""
    book = _book(case)
    tally = Tally(wanted=len(case.expected.events))
    rows = {row.source_id: row for row in book.lineage}
    known = {piece.source_id for piece in book.pieces}
    open_cases = {row.entity_bk for row in book.cases if row.state == "OPEN"}
    fixed = [event for event in case.expected.fixed_events if event.bk in case.billed]
    events: list[Event] = [*case.expected.events, *fixed]
    for event in events:
        tally.compared += 1
        at = (event.bk, *event.sources)
        if isinstance(event, TimeEvent) and (not is_chargeable(event) or event.price is None):
            told = event.te in open_cases or any(source in known for source in event.sources)
            if not told and event.superseded_ms is None:
                tally.differ(at, "a terminal class or an open case", "neither", "event")
            continue
        row = next((rows[source] for source in event.sources if source in rows), None)
        if row is None:
            tally.differ(at, "a lineage row", "none", "event")
            continue
        tally.equal((*at, "contract"), event.contract, row.contract_bk, "event")
        if isinstance(event, TimeEvent) and event.price is not None:
            due = (f"{event.price.priority}|{event.price.source}", _approver(case, event))
            tally.equal(at, due, (row.rate_source, row.approved_by), "event")
        tally.equal((*at, "billed"), event.bk in case.billed, bool(row.invoice_external_id), "event")
    return tally


def _approver(case: Case, event: TimeEvent) -> str:
    for fact in case.sources.entries[event.te]:
        if fact.ver == event.ver and fact.status == "APPROVED":
            return fact.approved_by or ""
    return ""


def i35b_repeats(case: Case) -> Tally:
    """No piece of one version and rating exists twice."""
    tally = Tally(wanted=len(_due(case)))
    counts = Counter((p.source_id, p.ver, p.rating, p.piece) for p in _book(case).pieces)
    for identity, times in counts.items():
        tally.compared += times
        if times > 1:
            tally.differ((identity[0], str(identity[1:])), "1 piece", f"{times} pieces", "event")
    return tally


def i42b_messages(case: Case) -> Tally:
    """Every message received has exactly one outcome on record."""
    counts = _book(case).messages
    outcomes = counts.applied + counts.duplicate + counts.stale + counts.parked
    outcomes += counts.exception + counts.dead_letter
    tally = Tally(compared=counts.received, wanted=len(case.evidence.facts))
    tally.equal(("messages",), counts.received, outcomes, "event")
    return tally


def x08_cases(case: Case) -> Tally:
    """The register names every case the facts call for, and none that nothing explains."""
    found = {
        (row.code, row.entity_bk) for row in _book(case).cases if not row.code.startswith(_DELIVERY_CASES)
    }
    tally = Tally(compared=len(found), wanted=len(case.expected.cases))
    explained: set[tuple[str, str]] = set()
    for due in case.expected.cases:
        tally.compared += 1
        accepted = {(due.code, bk) for bk in due.entity_bks}
        explained |= accepted
        if not accepted & found:
            tally.differ((due.code, *due.entity_bks), "a case", "none", "event")
    for allowed in case.expected.allowed_cases:
        explained |= {(allowed.code, bk) for bk in allowed.entity_bks}
    for code, bk in sorted(found - explained):
        tally.differ((code, bk), "no case", "one", "event")
    return tally
