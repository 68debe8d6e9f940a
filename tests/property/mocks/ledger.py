"""The model of the ERP: documents in cents, what is open of them, what the ledger must say.

Written from the rules of documents (finance 2.7, 2.10, 3.3), in integers and fractions; nothing of
the mock is used.
"""

from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any

from msgspec import Struct, field

TAXES = {"US-CA|S|8.2500": Fraction(825, 10_000), "US-OR|O|0.0000": Fraction(0)}
INCOME, RECEIVABLE, TAX, BANK = "4000", "1100", "2200", "1000"
_CLOSES = (("2026-01", "2026-02-06T21:00"), ("2026-02", "2026-03-06T21:00"), ("2026-03", "2026-04-07T20:00"))
Line = tuple[str, int, str]  # source, cents, tax code


def half_up(amount: Fraction) -> int:
    """A whole number, ties away from zero."""
    sign = -1 if amount < 0 else 1
    return sign * int(abs(amount) + Fraction(1, 2))


def at(text: str) -> int:
    """Epoch milliseconds of a UTC instant."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def approval_ms(day: str) -> int:
    """Nine hours after New York's midnight at the end of a winter day."""
    following = date.fromordinal(date.fromisoformat(day).toordinal() + 1)
    return at(f"{following.isoformat()}T14:00")


class Document(Struct):
    """An invoice, or with `of` a credit memo."""

    key: str
    id: str
    day: str
    lines: list[Line]
    taxes: dict[str, int]
    of: str = ""
    status: str = "DRAFT"
    number: str = ""
    open: int = 0

    @property
    def net(self) -> int:
        """The sum of the lines."""
        return sum(cents for _, cents, _ in self.lines)

    @property
    def total(self) -> int:
        """Lines and tax."""
        return self.net + sum(self.taxes.values())


class Ledger(Struct):
    """Everything that was booked."""

    documents: dict[str, Document] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)
    counts: dict[str, int] = field(default_factory=dict)
    balances: dict[str, int] = field(default_factory=dict)

    # --- documents ------------------------------------------------------------------------------

    def memos(self, key: str) -> list[Document]:
        """The credit memos of an invoice."""
        return [one for one in self.documents.values() if one.of == key]

    def fixed(self, document: Document) -> bool:
        """Whether nothing of it may change."""
        return bool(document.of) or document.status != "DRAFT" or bool(self.memos(document.key))

    def taxes_of(self, lines: list[Line], invoice: Document | None = None) -> dict[str, int]:
        """One rounding a code; the memo that completes a code takes what is left of the invoice's tax."""
        bases: dict[str, int] = {}
        for _, cents, tax in lines:
            bases[tax] = bases.get(tax, 0) + cents
        found = {}
        for tax, base in bases.items():
            found[tax] = half_up(base * TAXES[tax])
            if invoice is not None:
                others = self.memos(invoice.key)
                credited = sum(cents for memo in others for _, cents, code in memo.lines if code == tax)
                if credited + base == sum(cents for _, cents, code in invoice.lines if code == tax):
                    found[tax] = invoice.taxes[tax] - sum(memo.taxes.get(tax, 0) for memo in others)
        return found

    def creditable(self, invoice: Document, source: str) -> int:
        """What is not credited yet of an invoice's line."""
        billed = sum(cents for name, cents, _ in invoice.lines if name == source)
        return billed - sum(
            c for memo in self.memos(invoice.key) for name, c, _ in memo.lines if name == source
        )

    # --- posting --------------------------------------------------------------------------------

    def run(self, now_ms: int) -> None:
        """Approve and post what is due by now, in order of (instant, external id)."""
        due = [
            one for one in self.documents.values() if one.status == "DRAFT" and approval_ms(one.day) <= now_ms
        ]
        for document in sorted(due, key=lambda one: (approval_ms(one.day), one.key)):
            if document.status == "DRAFT":
                self.post(document)

    def post(self, document: Document) -> None:
        """Number a document, open it, book it; a memo after its invoice, and applied to it."""
        invoice = self.documents.get(document.of)
        if invoice is not None and invoice.status == "DRAFT":
            self.post(invoice)
        kind = "CM" if invoice else "INV"
        self.counts[kind] = self.counts.get(kind, 0) + 1
        document.number = f"US01-{kind}-2026-{self.counts[kind]:06d}"
        document.open = document.total
        settled = "APPLIED" if invoice else "PAID"
        document.status = "POSTED" if document.total else settled
        sign = -1 if invoice else 1
        self.book(RECEIVABLE, sign * document.total)
        self.book(INCOME, -sign * document.net)
        self.book(TAX, -sign * sum(document.taxes.values()))
        take = min(invoice.open, document.open) if invoice else 0
        if invoice is not None and take > 0:
            invoice.open -= take
            document.open -= take
            invoice.status = "PARTIALLY_PAID" if invoice.open else "CREDITED"
            document.status = "POSTED" if document.open else "APPLIED"

    def book(self, account: str, cents: int) -> None:
        """Debit an account, or credit it with less than nothing."""
        self.balances[account] = self.balances.get(account, 0) + cents

    # --- payments -------------------------------------------------------------------------------

    def pay(self, share: Fraction, now_ms: int) -> str:
        """A receipt of 4 February for a share of everything open: what becomes of it."""
        posted = [one for one in self.documents.values() if not one.of and one.status != "DRAFT"]
        if not posted:
            return "waiting"
        opened = sorted((one for one in posted if one.open), key=lambda one: (one.day, one.number))
        left = half_up(share * sum(one.open for one in opened))
        if not opened or not left or self.receipt_period(now_ms) in (None, *self.closed):
            return "refused"
        self.book(BANK, left)
        self.book(RECEIVABLE, -left)
        for invoice in opened:
            take = min(left, invoice.open)
            if take:
                invoice.open -= take
                invoice.status = "PARTIALLY_PAID" if invoice.open else "PAID"
                left -= take
        return "applied"

    def receipt_period(self, now_ms: int) -> str | None:
        """The month whose books are still open to a receipt of February by the close calendar."""
        return next((month for month, close in _CLOSES[1:] if now_ms < at(close)), None)

    def pending_in(self, month: str) -> bool:
        """Whether documents of a month wait for approval."""
        return any(one.day[:7] == month and one.status == "DRAFT" for one in self.documents.values())

    def shown(self) -> list[dict[str, Any]]:
        """Every document as a query should show it."""
        return [
            {
                "id": one.id,
                "externalid": one.key,
                "type": "CustCred" if one.of else "CustInvc",
                "tranid": one.number or None,
                "foreigntotal": one.total,
                "foreignamountunpaid": one.open,
                "custbody_rh_status": one.status,
            }
            for one in sorted(self.documents.values(), key=lambda one: int(one.id))
        ]
