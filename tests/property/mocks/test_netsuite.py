"""The ERP against a model of its ledger: documents, credits, receipts, journals, periods, queries."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from mocks.erp.netsuite import money, periods, posting
from mocks.kit.faults import Fault
from tests.property.mocks.ledger import TAXES, Document, Ledger, Line, approval_ms
from tests.property.mocks.netsuite_client import Client, code
from tests.property.mocks.wire import agree, finds_a_mutant, segment
from tests.property.profiles import examples
from tests.unit.mocks.netsuite.estate import intent

KEYS = st.sampled_from(("A|1", "B%:2", "C'3", "D"))
DAYS = st.sampled_from(("2026-01-06", "2026-01-31", "2026-02-03"))
CENTS = st.sampled_from((0, 1, 7, 13, 43, 629_83, 1_000_000_00))
LINES = st.lists(st.tuples(CENTS, st.sampled_from(sorted(TAXES))), min_size=1, max_size=3)
HOUR_MS = 3_600_000
PLACE = st.integers(0, 20)
CLIENT = Client()


class LedgerMachine(RuleBasedStateMachine):
    """Calls of the ERP's API beside a ledger in cents."""

    def __init__(self) -> None:
        super().__init__()
        CLIENT.fresh()
        self.ledger = Ledger()
        self.payments = self.memos = 0
        self.journals: dict[str, tuple[str, int]] = {}
        self.lagging = False
        self.written_ms = CLIENT.wire.now_ms()

    def now_ms(self) -> int:
        return CLIENT.wire.now_ms()

    def settled(self, document: Document) -> None:
        """A document that comes after its instant is posted at once."""
        if document.status == "DRAFT" and approval_ms(document.day) <= self.now_ms():
            self.ledger.post(document)
        self.written_ms = self.now_ms()

    # --- invoices -------------------------------------------------------------------------------

    @rule(key=KEYS, day=DAYS, given=LINES, method=st.sampled_from(("PUT", "PUT", "POST")))
    def writes_an_invoice(self, key: str, day: str, given: list[tuple[int, str]], method: str) -> None:
        lines = [(f"a0T#{place}", cents, tax) for place, (cents, tax) in enumerate(given, 1)]
        path = "invoice" if method == "POST" else f"invoice/eid:{segment(key)}"
        answer = CLIENT.write(method, path, invoice_body(key, day, lines))
        before = self.ledger.documents.get(key)
        if before is not None and method == "POST":
            agree([code(answer)], ["DUP_RCRD"])
            return
        same = before is not None and (before.day, before.lines) == (day, lines)
        fixed = before is not None and self.ledger.fixed(before)
        refused = (fixed and not same) or (not fixed and day[:7] in self.ledger.closed)
        agree([code(answer)], ["USER_ERROR" if refused else ""])
        if refused:
            return
        told = answer.headers["location"].rpartition("/")[2]
        assert before is None or told == before.id
        if not fixed:
            self.ledger.documents[key] = Document(key, told, day, lines, self.ledger.taxes_of(lines))
            self.settled(self.ledger.documents[key])

    @precondition(lambda self: bool(self.ledger.documents))
    @rule(place=PLACE)
    def writes_an_invoice_again(self, place: int) -> None:
        document = self.some(place)
        if not document.of:
            body = invoice_body(document.key, document.day, document.lines)
            answer = CLIENT.write("PUT", f"invoice/eid:{segment(document.key)}", body)
            closed = document.day[:7] in self.ledger.closed and not self.ledger.fixed(document)
            agree([code(answer)], ["USER_ERROR" if closed else ""])

    @precondition(lambda self: bool(self.ledger.documents))
    @rule(place=PLACE)
    def deletes_a_document(self, place: int) -> None:
        document = self.some(place)
        kept = document.status != "DRAFT" or bool(self.ledger.memos(document.key))
        kind = "creditMemo" if document.of else "invoice"
        answer = CLIENT.write("DELETE", f"{kind}/eid:{segment(document.key)}")
        agree([code(answer)], ["USER_ERROR" if kept else ""])
        if not kept:
            del self.ledger.documents[document.key]
            self.written_ms = self.now_ms()

    def some(self, place: int) -> Document:
        return list(self.ledger.documents.values())[place % len(self.ledger.documents)]

    # --- credits --------------------------------------------------------------------------------

    @precondition(lambda self: any(not one.of for one in self.ledger.documents.values()))
    @rule(place=PLACE, day=DAYS, share=st.sampled_from((1, 1, 2, 3)), over=st.sampled_from((0, 0, 0, 1)))
    def credits_an_invoice(self, place: int, day: str, share: int, over: int) -> None:
        invoices = [one for one in self.ledger.documents.values() if not one.of]
        invoice = invoices[place % len(invoices)]
        lines = [
            (source, self.ledger.creditable(invoice, source) // share + over, tax)
            for source, _, tax in invoice.lines[: 1 + place % 3]
        ]
        self.credit(invoice, day, lines)

    @precondition(lambda self: any(not one.of for one in self.ledger.documents.values()))
    @rule(place=PLACE, day=DAYS, times=st.integers(2, 8))
    def credits_cents_again_and_again(self, place: int, day: str, times: int) -> None:
        invoices = [one for one in self.ledger.documents.values() if not one.of]
        invoice = invoices[place % len(invoices)]
        source, _, tax = invoice.lines[0]
        for _ in range(times):
            cents = min(7, self.ledger.creditable(invoice, source))
            if cents:
                self.credit(invoice, day, [(source, cents, tax)])

    def credit(self, invoice: Document, day: str, lines: list[Line]) -> None:
        self.memos += 1
        key = f"CM|{self.memos}"
        body = {**invoice_body(key, day, lines), "createdFrom": {"id": invoice.id}}
        answer = CLIENT.write("PUT", f"creditMemo/eid:{segment(key)}", body)
        too_much = any(cents > self.ledger.creditable(invoice, source) for source, cents, _ in lines)
        refused = too_much or day[:7] in self.ledger.closed
        agree([code(answer)], ["USER_ERROR" if refused else ""])
        if not refused:
            told = answer.headers["location"].rpartition("/")[2]
            taxes = self.ledger.taxes_of(lines, invoice)
            self.ledger.documents[key] = Document(key, told, day, lines, taxes, of=invoice.key)
            self.settled(self.ledger.documents[key])

    # --- receipts and journals ------------------------------------------------------------------

    @rule(share_e6=st.sampled_from((1_000_000, 500_000, 333_333, 1)))
    def a_customer_pays(self, share_e6: int) -> None:
        self.payments += 1
        facts = [intent(share_e6, ref=f"WIRE-{self.payments}")]
        body = {"facts": facts, "references": {"CO|00000101": "800C"}}
        (acted,) = CLIENT.wire.control("POST", "act", body)
        agree([acted["state"]], [self.ledger.pay(Fraction(share_e6, 1_000_000), self.now_ms())])
        self.written_ms = self.now_ms()

    @rule(key=KEYS, day=DAYS, cents=CENTS.filter(bool), off=st.sampled_from((0, 0, 1)))
    def writes_a_journal(self, key: str, day: str, cents: int, off: int) -> None:
        lines = [side("1140", debit=cents), side("5100", credit=cents + off)]
        body = {"tranDate": day, "subsidiary": {"externalId": "US01"}, "line": {"items": lines}}
        answer = CLIENT.write("PUT", f"journalEntry/eid:{segment('J|' + key)}", body)
        before = self.journals.get(key)
        refused = bool(off) or day[:7] in self.ledger.closed
        if before is not None:
            refused = before != (day, cents) or bool(off)
        agree([code(answer)], ["USER_ERROR" if refused else ""])
        if before is None and not refused:
            self.journals[key] = (day, cents)
            self.ledger.book("1140", cents)
            self.ledger.book("5100", -cents)
            self.written_ms = self.now_ms()

    # --- time and periods -----------------------------------------------------------------------

    @rule(month=st.sampled_from(("2026-01", "2026-02")), closed=st.sampled_from((True, True, False)))
    def closes_a_period(self, month: str, closed: bool) -> None:
        was = month in self.ledger.closed
        answer = CLIENT.write("PATCH", f"accountingPeriod/{int(month[-1])}", {"closed": closed})
        refused = closed != was and (was or self.ledger.pending_in(month))
        agree([code(answer)], ["USER_ERROR" if refused else ""])
        if closed and not refused:
            self.ledger.closed.add(month)

    @rule(hours=st.sampled_from((1, 24, 24, 24 * 9)))
    def time_passes(self, hours: int) -> None:
        due = [one for one in self.ledger.documents.values() if one.status == "DRAFT"]
        CLIENT.wire.step(hours * HOUR_MS)
        self.ledger.run(self.now_ms())
        if any(one.status != "DRAFT" for one in due):
            self.written_ms = self.now_ms()

    @rule()
    def reads_lag_or_no_longer(self) -> None:
        self.lagging = not self.lagging
        if self.lagging:
            CLIENT.wire.control("POST", "faults", [Fault(id="lag", kind="visibility_lag", seconds=60)])
        else:
            CLIENT.wire.control("DELETE", "faults")

    @rule()
    def a_minute_passes(self) -> None:
        CLIENT.wire.step(61_000)
        self.ledger.run(self.now_ms())

    # --- what must hold -------------------------------------------------------------------------

    @invariant()
    def records_are_as_the_model_has_them(self) -> None:
        for document in self.ledger.documents.values():
            shown = CLIENT.record("creditMemo" if document.of else "invoice", document.key)
            names = ("total", "taxTotal", "subtotal", "amountRemaining", "custbody_rh_open_fc")
            wanted = [
                document.total,
                sum(document.taxes.values()),
                document.net,
                document.open,
                document.open,
            ]
            agree([shown.get(name, 0) * 100 for name in names], wanted)
            agree((shown["id"], shown["custbody_rh_status"]), (document.id, document.status))
            assert shown.get("tranId", "") == document.number

    def visible(self) -> bool:
        return not self.lagging or self.now_ms() - self.written_ms > 60_000

    @invariant()
    def queries_show_what_records_show(self) -> None:
        if not self.visible():
            return
        names = "id, externalid, type, tranid, foreigntotal, foreignamountunpaid, custbody_rh_status"
        rows = CLIENT.rows(
            f"SELECT {names} FROM transaction WHERE type IN ('CustInvc', 'CustCred') ORDER BY id", limit=2
        )
        found = [
            {
                name: Decimal(row[name]) * 100 if name.startswith("foreign") else row.get(name)
                for name in names.split(", ")
            }
            for row in rows
        ]
        agree(found, self.ledger.shown())
        agree(by_keyset(2), [row["id"] for row in CLIENT.rows("SELECT id FROM transaction ORDER BY id")])

    @invariant()
    def the_trial_balance_is_the_models(self) -> None:
        if not self.visible():
            return
        text = (
            "SELECT a.acctnumber AS account, l.debit, l.credit, l.custcol_rh_fc_debit, l.custcol_rh_fc_credit"
            " FROM transactionline l JOIN transaction t ON t.id = l.transaction"
            " JOIN account a ON a.id = l.account WHERE t.type = 'Journal' ORDER BY l.id"
        )
        balances: dict[str, Decimal] = {}
        functional = Decimal(0)
        for row in CLIENT.rows(text):
            amount = Decimal(row.get("debit", "0")) - Decimal(row.get("credit", "0"))
            balances[row["account"]] = balances.get(row["account"], Decimal(0)) + amount * 100
            functional += Decimal(row.get("custcol_rh_fc_debit", "0")) - Decimal(
                row.get("custcol_rh_fc_credit", "0")
            )
        assert functional == sum(balances.values()) == 0
        agree({n: b for n, b in balances.items() if b}, {n: b for n, b in self.ledger.balances.items() if b})


def by_keyset(limit: int) -> list[str]:
    """All transactions, each page after the last id of the one before."""
    found: list[str] = []
    while True:
        after = found[-1] if found else "0"
        text = f"SELECT id FROM transaction WHERE id > {after} AND ROWNUM <= {limit} ORDER BY id"
        page = [row["id"] for row in CLIENT.rows(text)]
        found += page
        if len(page) < limit:
            return found


def invoice_body(key: str, day: str, lines: list[Line]) -> dict[str, Any]:
    """A document as a whole."""
    items = [
        {
            "line": place,
            "item": {"externalId": "TM"},
            "amount": Decimal(cents) / 100,
            "taxCode": tax,
            "custcol_rh_source_id": source,
            "job": {"externalId": "J1"},
        }
        for place, (source, cents, tax) in enumerate(lines, 1)
    ]
    return {
        "externalId": key,
        "entity": {"externalId": "C1"},
        "tranDate": day,
        "subsidiary": {"externalId": "US01"},
        "currency": {"externalId": "USD"},
        "custbody_rh_source_id": "800C",
        "item": {"items": items},
    }


def side(account: str, **cents: int) -> dict[str, Any]:
    """One line of a journal."""
    return {"account": {"externalId": account}, **{name: Decimal(c) / 100 for name, c in cents.items()}}


def test_an_erp__does_what_its_model_does() -> None:
    run_state_machine_as_test(LedgerMachine, settings=examples(40, steps=20))


@settings(examples(40))
@given(total=st.integers(1, 60), piece=st.integers(5, 9))
def test_an_invoice_credited_by_cents__leaves_nothing_open(total: int, piece: int) -> None:
    machine = LedgerMachine()
    tax = "US-CA|S|8.2500"
    machine.writes_an_invoice(key="D", day="2026-01-06", given=[(total, tax)], method="PUT")
    invoice = machine.ledger.documents["D"]
    while left := machine.ledger.creditable(invoice, "a0T#1"):
        machine.credit(invoice, "2026-01-06", [("a0T#1", min(piece, left), tax)])
    machine.time_passes(hours=72)
    machine.records_are_as_the_model_has_them()
    machine.the_trial_balance_is_the_models()
    assert not any(machine.ledger.balances.values())


def test_the_machine__finds_tax_rounded_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(money, "half_up", lambda numerator, denominator: numerator // denominator)
    assert finds_a_mutant(LedgerMachine)


def test_the_machine__finds_a_closed_period_that_takes_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        periods,
        "open_period",
        lambda world, subsidiary, day, field: periods.period_of(world, subsidiary.id, day[:7]),
    )
    assert finds_a_mutant(LedgerMachine)


def test_the_machine__finds_credits_that_are_not_applied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting, "_apply", lambda world, memo, invoice, at_ms: None)
    assert finds_a_mutant(LedgerMachine)
