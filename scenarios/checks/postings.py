"""Ledger and document lines of each contract line, indexed once for checks that follow lines over time."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date

from msgspec import Struct

from mocks.firm.facts.documents import CreditLine, CreditMemo, Invoice, InvoiceLine, Journal, JournalLine


def net_tc(line: JournalLine) -> int:
    """Debit less credit in transaction currency."""
    return line.dr_tc_minor - line.cr_tc_minor


def net_fc(line: JournalLine) -> int:
    """Debit less credit in functional currency."""
    return line.dr_fc_minor - line.cr_fc_minor


class Posting(Struct, frozen=True):
    """One ledger line of a contract line, net debit."""

    account: str
    journal_type: str
    acct_date: date
    tc_minor: int
    fc_minor: int


class Billing(Struct, frozen=True):
    """One document line of a contract line; credits are negative."""

    account: str
    acct_date: date
    tc_minor: int
    fc_minor: int


@dataclass(slots=True)
class LineLedger:
    """Ledger and documents by contract line key."""

    postings: defaultdict[str, list[Posting]] = field(default_factory=lambda: defaultdict(list))
    billings: defaultdict[str, list[Billing]] = field(default_factory=lambda: defaultdict(list))

    def balance(self, key: str, accounts: tuple[str, ...], until: date, *types: str) -> int:
        """Net debit in transaction currency up to a day, of some types of journals or of all."""
        return sum(
            row.tc_minor
            for row in self.postings[key]
            if row.account in accounts and row.acct_date <= until and (not types or row.journal_type in types)
        )

    def invoiced(self, key: str, until: date, deferred: str) -> int:
        """Net of document lines up to a day that were revenue at once: not on the deferred account."""
        return sum(
            row.tc_minor for row in self.billings[key] if row.account != deferred and row.acct_date <= until
        )


def index_lines(
    journals: Iterable[Journal],
    invoices: Iterable[Invoice],
    credits: Iterable[CreditMemo],
    line_keys: dict[str, str],
    line_key_of: Callable[[InvoiceLine | CreditLine], str | None],
) -> LineLedger:
    """Sort what is posted by contract line; unknown ones stand under `?id`."""
    found = LineLedger()
    for journal in journals:
        for line in journal.lines:
            if line.contract_line:
                key = line_keys.get(line.contract_line, f"?{line.contract_line}")
                kind, day = journal.journal_type, journal.acct_date
                found.postings[key].append(Posting(line.account, kind, day, net_tc(line), net_fc(line)))
    documents: list[tuple[int, Invoice | CreditMemo]] = [(1, invoice) for invoice in invoices]
    documents += [(-1, memo) for memo in credits]
    for sign, document in documents:
        for billed in document.lines:
            key = line_key_of(billed) or f"?{billed.contract_line_source_id}"
            tc_minor, fc_minor = sign * billed.amount_tc_minor, sign * billed.amount_fc_minor
            found.billings[key].append(Billing(billed.account, document.acct_date, tc_minor, fc_minor))
    return found
