"""Billing runs: which pieces each run takes, how they are grouped, dated and taxed (finance 2.10)."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from msgspec import Struct

from mocks.firm.facts.source import Account, Contract, LegalEntity, TaxRate
from scenarios.oracle.calendars import APPROVAL_DELAY_MS, accounting_date, cutoff_ms, due_date
from scenarios.oracle.expected import (
    CaseSet,
    Deal,
    Event,
    ExpectedInvoice,
    ExpectedLine,
    InvoiceKey,
    TaxCode,
)
from scenarios.oracle.posting import DEFERRED
from scenarios.oracle.taxation import determine_tax, tax_minor
from scenarios.oracle.versions import Sources

_ACCOUNTS = {"TM": "4000", "OV": "4020", "FF": DEFERRED, "RET": DEFERRED}
_METHOD_ORDER = {"TM": 0, "OV": 1, "RET": 2, "FF": 3}
_BILLED_STATES = ("SIGNED", "ACTIVE", "COMPLETED")


class Run(Struct, frozen=True, kw_only=True):
    """One billing date of one entity whose cut-off has passed."""

    billing_date: date
    freq: str
    cutoff_ms: int


def runs_of(entity: LegalEntity, now_ms: int) -> list[Run]:
    """The entity's runs up to now, by cut-off."""
    runs = [
        Run(billing_date=row.billing_date, freq=row.freq, cutoff_ms=cutoff_ms(entity, row.billing_date))
        for row in entity.billing_calendar
    ]
    return sorted((run for run in runs if run.cutoff_ms <= now_ms), key=lambda run: run.cutoff_ms)


def _line_order(event: Event) -> tuple[str, int, date, str]:
    return event.line_key, _METHOD_ORDER[event.method], event.service_date, event.bk


def _invoice_bk(key: InvoiceKey) -> str:
    """`IN|entity|date|group number`."""
    return f"IN|{key[0]}|{key[1].isoformat()}|{key[2].partition('|')[2]}"


class Biller:
    """Assigns pieces to runs and makes the documents of each."""

    def __init__(
        self, sources: Sources, deals: dict[str, Deal], terms: dict[str, Account], cases: CaseSet, now_ms: int
    ) -> None:
        self._sources = sources
        self._deals = deals
        self._terms = terms  # CU bk -> the profile the ERP holds (its own since provisioning)
        self._cases = cases
        self._now_ms = now_ms
        self._runs: dict[str, tuple[list[Run], list[int]]] = {}
        self._tax_rates: tuple[TaxRate, ...] = tuple(
            rate for history in sources.tax_rates.values() if (rate := history.latest()) is not None
        )
        self.unsupported: set[str] = set()

    def eligible_runs(self, contract: str) -> tuple[list[Run], list[int]]:
        """The runs that look at a contract, with their cut-offs: active by then and of its frequency."""
        if contract not in self._runs:
            deal = self._deals[contract]
            entity = self._sources.entity(deal.entity)
            runs = [
                run
                for run in (runs_of(entity, self._now_ms) if entity else [])
                if deal.activation_ms < run.cutoff_ms
                and self._takes(self._contract(deal, run.cutoff_ms), run)
            ]
            self._runs[contract] = runs, [run.cutoff_ms for run in runs]
        return self._runs[contract]

    def _takes(self, contract: Contract | None, run: Run) -> bool:
        if contract is None or contract.status not in _BILLED_STATES:
            return False
        return contract.billing_freq == "EVERY_RUN" or run.freq == "MONTHLY"

    def _contract(self, deal: Deal, at_ms: int) -> Contract | None:
        """What is known just before an instant."""
        return self._sources.contracts[deal.contract].as_of(at_ms - 1)

    def _run_of(self, event: Event) -> Run | None:
        """The run that locks a piece: known by the cut-off, served by the date, not superseded before."""
        if event.commit_ms is None or not event.amount_minor:
            return None
        runs, cutoffs = self.eligible_runs(event.contract)
        for run in runs[bisect_right(cutoffs, event.commit_ms) :]:
            if event.superseded_ms is not None and event.superseded_ms < run.cutoff_ms:
                return None
            if event.service_date <= run.billing_date:
                return run
        return None

    def assign_runs(self, events: Iterable[Event]) -> dict[InvoiceKey, list[Event]]:
        """The pieces of every document, by document key."""
        groups: defaultdict[InvoiceKey, list[Event]] = defaultdict(list)
        for event in events:
            run = self._run_of(event)
            if run is not None:
                groups[self._key(self._deals[event.contract], run)].append(event)
        return groups

    def _key(self, deal: Deal, run: Run) -> InvoiceKey:
        history = self._sources.accounts.get(deal.bill_to)
        account = history.as_of(run.cutoff_ms - 1) if history else None
        consolidated = account is not None and account.consolidate_invoices
        return (
            deal.entity.rpartition("|")[2],
            run.billing_date,
            deal.bill_to if consolidated else deal.contract,
        )

    def invoice(self, key: InvoiceKey, events: list[Event]) -> ExpectedInvoice | None:
        """The document of one group; None (with a reason in `unsupported`) where a rule is out of reach."""
        deal = self._deals[events[0].contract]
        entity, buyer = self._sources.entity(deal.entity), self._terms.get(deal.bill_to)
        assert entity is not None
        if buyer is None:
            self.unsupported.add(f"no customer profile for {deal.bill_to}")
            return None
        tax = determine_tax(self._tax_rates, entity, buyer, key[1])
        code = tax if isinstance(tax, TaxCode) else TaxCode("", "", 0)
        held = None if isinstance(tax, TaxCode) else tax
        approved_ms = cutoff_ms(entity, key[1]) + APPROVAL_DELAY_MS
        po_ms = self._po_known_ms(key, deal, approved_ms)
        if po_ms is None:
            held = held or "PO_MISSING"
        lines = tuple(
            ExpectedLine(
                event=event,
                amount_minor=event.amount_minor,
                account=_ACCOUNTS[event.method],
                practice=self._deals[event.contract].practice,
                tax=code,
            )
            for event in sorted(events, key=_line_order)
        )
        if held is not None:
            self._hold(key, held, deal)
        return self._document(key, deal, entity, buyer, lines, code, max(approved_ms, po_ms or 0), held)

    def _document(
        self,
        key: InvoiceKey,
        deal: Deal,
        entity: LegalEntity,
        buyer: Account,
        lines: tuple[ExpectedLine, ...],
        code: TaxCode,
        approved_ms: int,
        held: str | None,
    ) -> ExpectedInvoice:
        net = sum(line.amount_minor for line in lines)
        tax = tax_minor(net, code.percent_e4)
        return ExpectedInvoice(
            key=key,
            bk=_invoice_bk(key),
            customer=deal.bill_to,
            ccy=deal.ccy,
            acct_date=accounting_date(entity, key[1], approved_ms),
            due_date=due_date(key[1], buyer.payment_terms or ""),
            approved_ms=None if held or approved_ms > self._now_ms else approved_ms,
            held=held,
            lines=lines,
            taxes=((code, net, tax),),
            net_minor=net,
            tax_minor=tax,
        )

    def _hold(self, key: InvoiceKey, code: str, deal: Deal) -> None:
        self._cases.demand(code, (_invoice_bk(key), deal.contract, deal.bill_to, deal.customer))

    def _po_known_ms(self, key: InvoiceKey, deal: Deal, by_ms: int) -> int | None:
        """0 where no order number is needed, else the instant from which one is known, None if never."""
        profile = self._sources.accounts.get(deal.bill_to)
        account = profile.as_of(by_ms) if profile else None
        if account is None or not account.po_required:
            return 0
        history = self._sources.contracts[deal.contract]
        known = history.as_of(by_ms)
        if known is not None and known.po_number:
            self._cases.allow("PO_MISSING", (_invoice_bk(key), deal.contract, deal.bill_to, deal.customer))
            return 0
        for fact in history.facts:
            if fact.po_number and by_ms < fact.recorded_at_ms <= self._now_ms:
                self._hold(key, "PO_MISSING", deal)
                return fact.recorded_at_ms
        return None
