"""Corrections of billed work: which lines each run credits, and the memos it makes (finance 2.7)."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable

from mocks.firm.facts.source import LegalEntity
from scenarios.oracle.billing import Biller, Run
from scenarios.oracle.calendars import APPROVAL_DELAY_MS, accounting_date
from scenarios.oracle.expected import (
    CreditKey,
    ExpectedCredit,
    ExpectedInvoice,
    ExpectedLine,
    TaxCode,
)
from scenarios.oracle.taxation import tax_minor

_Taxes = tuple[tuple[TaxCode, int, int], ...]


class _Credited:
    """What earlier memos took from each tax code of one invoice."""

    def __init__(self, invoice: ExpectedInvoice) -> None:
        self._billed = {code: (base, tax) for code, base, tax in invoice.taxes}
        self._taken: defaultdict[TaxCode, tuple[int, int]] = defaultdict(lambda: (0, 0))

    def take(self, lines: Iterable[ExpectedLine]) -> _Taxes:
        """Tax of one more memo: at the original rate, and the remainder once a code is credited whole."""
        bases: defaultdict[TaxCode, int] = defaultdict(int)
        for line in lines:
            bases[line.tax] += line.amount_minor
        taxes: list[tuple[TaxCode, int, int]] = []
        for code, base in sorted(bases.items()):
            base_before, tax_before = self._taken[code]
            billed_base, billed_tax = self._billed.get(code, (0, 0))
            whole = base_before + base == billed_base
            tax = billed_tax - tax_before if whole else tax_minor(base, code.percent_e4)
            self._taken[code] = base_before + base, tax_before + tax
            taxes.append((code, base, tax))
        return tuple(taxes)


def _lines_by_run(invoice: ExpectedInvoice, biller: Biller) -> list[tuple[Run, list[ExpectedLine]]]:
    """The superseded lines of an invoice under the first run after each correction, runs in order."""
    runs: dict[int, Run] = {}
    lines: defaultdict[int, list[ExpectedLine]] = defaultdict(list)
    for line in invoice.lines:
        superseded_ms = line.event.superseded_ms
        if superseded_ms is None:
            continue
        eligible, cutoffs = biller.eligible_runs(line.event.contract)
        index = bisect_right(cutoffs, superseded_ms)
        if index < len(eligible):
            run = eligible[index]
            runs[run.cutoff_ms] = run
            lines[run.cutoff_ms].append(line)
    return [(runs[cutoff], lines[cutoff]) for cutoff in sorted(runs)]


def expected_credits(
    invoices: Iterable[ExpectedInvoice], biller: Biller, entities: dict[str, LegalEntity], now_ms: int
) -> dict[CreditKey, ExpectedCredit]:
    """One memo for every invoice and run that has corrections of it; `entities` by code."""
    credits: dict[CreditKey, ExpectedCredit] = {}
    for invoice in invoices:
        by_run = _lines_by_run(invoice, biller)
        credited = _Credited(invoice)
        for run, lines in by_run:
            credit = _credit(invoice, run, tuple(lines), credited.take(lines), entities, now_ms)
            credits[credit.key] = credit
    return credits


def _credit(
    invoice: ExpectedInvoice,
    run: Run,
    lines: tuple[ExpectedLine, ...],
    taxes: _Taxes,
    entities: dict[str, LegalEntity],
    now_ms: int,
) -> ExpectedCredit:
    """The memo; it waits for its invoice, which is posted first."""
    code = invoice.key[0]
    approved_ms = max(run.cutoff_ms + APPROVAL_DELAY_MS, invoice.approved_ms or 0)
    waits = invoice.approved_ms is None or approved_ms > now_ms
    return ExpectedCredit(
        key=(code, run.billing_date, invoice.key),
        bk=f"CM|{invoice.bk}|BR|{code}|{run.billing_date.isoformat()}",
        customer=invoice.customer,
        ccy=invoice.ccy,
        acct_date=accounting_date(entities[code], run.billing_date, approved_ms),
        approved_ms=None if waits else approved_ms,
        lines=lines,
        taxes=taxes,
        net_minor=sum(line.amount_minor for line in lines),
        tax_minor=sum(tax for _, _, tax in taxes),
    )
