"""What every line has billed and not yet billed at each close: B and the balance of 1140 (finance 3.4)."""

from collections.abc import Iterable

from scenarios.oracle.closed_periods import ClosedCalendar, Tally
from scenarios.oracle.expected import (
    CreditKey,
    Event,
    ExpectedCredit,
    ExpectedInvoice,
    InvoiceKey,
)
from scenarios.oracle.posting import DEFERRED, by_event
from scenarios.oracle.terms import Line


class LineSums:
    """Running sums by line key: deferred billing, right-to-invoice billing, and accruals."""

    def __init__(self, lines: dict[str, Line], calendars: dict[str, ClosedCalendar]) -> None:
        self._lines = lines
        self._calendars = calendars
        self.deferred, self.invoiced, self.accrued = Tally(), Tally(), Tally()

    def _calendar(self, event: Event) -> ClosedCalendar:
        return self._calendars[self._lines[event.line_key].deal.entity]

    def bill(
        self, invoices: dict[InvoiceKey, ExpectedInvoice], credits: dict[CreditKey, ExpectedCredit]
    ) -> None:
        """Count the lines of posted documents from their accounting date on."""
        documents: list[tuple[ExpectedInvoice | ExpectedCredit, int]] = [
            *((invoice, 1) for invoice in invoices.values()),
            *((credit, -1) for credit in credits.values()),
        ]
        for document, sign in documents:
            if document.approved_ms is None:
                continue
            for line in document.lines:
                calendar = self._calendar(line.event)
                tally = self.deferred if line.account == DEFERRED else self.invoiced
                start = calendar.first_ending(document.acct_date)
                tally.add(line.event.line_key, start, len(calendar.closings), sign * line.amount_minor)

    def accrue(
        self,
        events: Iterable[Event],
        invoices: dict[InvoiceKey, ExpectedInvoice],
        credits: dict[CreditKey, ExpectedCredit],
    ) -> None:
        """Count committed pieces while unbilled, and corrected ones while their credit is pending."""
        billed = by_event({key: invoice for key, invoice in invoices.items() if invoice.approved_ms})
        credited = {
            line.event.bk: credit
            for credit in credits.values()
            if credit.approved_ms is not None
            for line in credit.lines
        }
        for event in events:
            if event.commit_ms is None or not event.amount_minor or event.method not in ("TM", "OV"):
                continue
            invoice = billed.get(event.bk)
            self._unbilled(event, invoice)
            if invoice is not None and event.superseded_ms is not None:
                self._pending(event, event.superseded_ms, invoice, credited.get(event.bk))

    def _unbilled(self, event: Event, invoice: ExpectedInvoice | None) -> None:
        """(i): committed and current, and not on a document of the period or an earlier one."""
        calendar = self._calendar(event)
        assert event.commit_ms is not None
        start, stop = calendar.span(event.service_date, event.commit_ms, event.superseded_ms)
        if invoice is not None:
            stop = min(stop, calendar.first_ending(invoice.acct_date))
        self.accrued.add(event.line_key, start, stop, event.amount_minor)

    def _pending(
        self, event: Event, superseded_ms: int, invoice: ExpectedInvoice, credit: ExpectedCredit | None
    ) -> None:
        """(ii): on a document, corrected before the close, and not credited in the period or earlier."""
        calendar = self._calendar(event)
        start = max(calendar.first_ending(invoice.acct_date), calendar.first_after(superseded_ms))
        stop = len(calendar.closings) if credit is None else calendar.first_ending(credit.acct_date)
        self.accrued.add(event.line_key, start, stop, -event.amount_minor)
