"""Particulars of invoices and credit memos that no amount shows (X02).

Kind of item, account, quantity and rate of each line; order number, run and source of the document.
"""

from collections.abc import Iterator, Mapping

from scenarios.checks.arithmetic import document_at
from scenarios.checks.case import Billed, BilledLine, Case
from scenarios.checks.result import Tally
from scenarios.oracle.amounts import half_up
from scenarios.oracle.calendars import cutoff_ms
from scenarios.oracle.events import multiplier_e2
from scenarios.oracle.expected import Event, ExpectedCredit, ExpectedInvoice, ExpectedLine, TimeEvent
from scenarios.oracle.terms import Line, contract_lines

_ONE_E4, _WHOLE_E6 = 10_000, 1_000_000
_MINOR_TO_E4 = 100


def compare_particulars(tally: Tally, case: Case) -> None:
    """Compare what stands on the expected documents that are there, each once."""
    terms = contract_lines(case.sources, case.expected.deals)
    for expected, actual in _pairs(case):
        at = document_at(actual, expected.bk)
        _compare_references(tally, case, expected, actual, at)
        due = {line.event.bk: line for line in expected.lines}
        for line in actual.lines:
            bk = case.line_bk(line)
            if bk in due:
                _compare_line(tally, due[bk], line, _rates_e4(case, terms, due[bk].event), (*at, bk))


def _pairs(case: Case) -> Iterator[tuple[ExpectedInvoice | ExpectedCredit, Billed]]:
    for key, invoice in sorted(case.expected.invoices.items()):
        for document in case.invoices_by_key.get(key, [])[:1]:
            yield invoice, document
    for credit_key, credit in sorted(case.expected.credits.items()):
        for memo in case.credits_by_key.get(credit_key, [])[:1]:
            yield credit, memo


def _compare_references(
    tally: Tally,
    case: Case,
    expected: ExpectedInvoice | ExpectedCredit,
    actual: Billed,
    at: tuple[str, ...],
) -> None:
    """The run that made a document, the contract or payer it is of, and the order it refers to."""
    key = expected.key
    tally.equal((*at, "run"), f"BR|{key[0]}|{key[1]}", actual.run, "document")
    group = expected.key[2] if isinstance(expected, ExpectedInvoice) else expected.key[2][2]
    known = case.sources.contract_bks.get(actual.source_id) or case.sources.account_bks.get(actual.source_id)
    tally.equal((*at, "source"), group, known or f"?{actual.source_id}", "document")
    if isinstance(expected, ExpectedInvoice) and expected.held is None and group.startswith("CO|"):
        orders, found = _orders(case, expected), getattr(actual, "po_number", None) or ""
        if found not in orders:
            tally.differ((*at, "po_number"), " or ".join(sorted(orders)), found, "document")


def _orders(case: Case, expected: ExpectedInvoice) -> set[str]:
    """Order numbers that the contract had from the cut-off to the approval; empty for none."""
    history = case.sources.contracts[expected.key[2]]
    entity = case.sources.entity(f"LE|{expected.key[0]}")
    begin_ms = cutoff_ms(entity, expected.key[1]) if entity else 0
    end_ms = case.evidence.now_ms if expected.approved_ms is None else expected.approved_ms
    at_cutoff = history.as_of(begin_ms)
    versions = [fact for fact in history.facts if begin_ms < fact.recorded_at_ms <= end_ms]
    orders = {fact.po_number or "" for fact in (at_cutoff, *versions) if fact is not None}
    accounts = case.sources.accounts.get(expected.customer)
    payer = accounts.as_of(end_ms) if accounts else None
    return orders - {""} if payer is not None and payer.po_required else orders


def _compare_line(
    tally: Tally, due: ExpectedLine, found: BilledLine, rates_e4: tuple[int, ...], at: tuple[str, ...]
) -> None:
    fields = (
        ("item", due.event.method, found.item),
        ("account", due.account, found.account),
        ("practice", due.practice, found.practice),
        ("quantity e-4", _quantity_e4(due.event), found.quantity_e4),
    )
    for name, wanted, actual in fields:
        tally.equal((*at, name), wanted, actual, "line")
    if rates_e4 and found.rate_e4 not in rates_e4:
        tally.differ((*at, "rate e-4"), " or ".join(map(str, rates_e4)), found.rate_e4, "line")


def _quantity_e4(event: Event) -> int:
    """Hours of time and overage; one of everything that is billed by its amount."""
    by_the_hour = isinstance(event, TimeEvent) or event.method == "OV"
    return event.hours_e2 * _MINOR_TO_E4 if by_the_hour else _ONE_E4


def _rates_e4(case: Case, terms: Mapping[str, Line], event: Event) -> tuple[int, ...]:
    """The rates a line may show; of time the hourly price, before or after multiplier and discount."""
    line = terms[event.line_key].terms
    if not isinstance(event, TimeEvent):
        if event.method == "OV" and line.retainer is not None:
            return (line.retainer.overage_rate_e4,)
        return (event.amount_minor * _MINOR_TO_E4,)
    if event.price is None:
        return ()
    types = {fact.time_type for fact in case.sources.entries[event.te] if fact.ver == event.ver}
    factors_e8 = [
        (multiplier_e2(line, time_type) or 0) * (_WHOLE_E6 - line.discount_e6) for time_type in sorted(types)
    ]
    plain_e4, denominator = event.price.numerator * _ONE_E4, event.price.denominator
    return (
        half_up(plain_e4, denominator),
        *(half_up(plain_e4 * factor, denominator * 100 * _WHOLE_E6) for factor in factors_e8),
    )
