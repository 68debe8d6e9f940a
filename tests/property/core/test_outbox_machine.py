"""The outbox under any order of wishes, failures, crashes and replays: told once, and the last wish."""

from datetime import date
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from msgspec.structs import replace

from integration_core.canonical.ledger import CreditMemo, Invoice
from integration_core.canonical.work import Resource
from integration_core.engine.run import AFTER_CHECKPOINT, AFTER_EFFECT, BEFORE_EFFECT
from integration_core.store import schema
from integration_core.store.outbox import Outbox
from tests.property.profiles import examples
from tests.unit.rules.firm import CONTRACT, D

from .counterexamples import assert_machine_finds_a_counterexample
from .workshop import FAULTS, Fragile, Workshop

KEYS = st.integers(1, 3)
PERSON = Resource(
    key="E1",
    employee_no="E1",
    first_name="0",
    last_name="Okafor",
    email="one@rehearsal.example",
    entity_code="US01",
    practice="DATA",
    cost_centre="DATA",
    level="SENIOR",
    manager_employee_no=None,
    skills="",
    employed_from=date(2025, 6, 1),
    employed_to=None,
    active=True,
)


def invoice(number: int) -> Invoice:
    """An invoice without lines."""
    return Invoice(
        key=f"IN|US01|2026-02-28|{number}",
        run="BR|US01|2026-02-28",
        customer_key="CU|C0001",
        source_id=CONTRACT.native_id,
        entity_code="US01",
        entity_native_id="1",
        ccy="USD",
        exchange_rate=D(1),
        invoice_date=date(2026, 2, 28),
        acct_date=date(2026, 2, 28),
        due_date=date(2026, 3, 30),
        po_number=None,
        tax_jurisdiction="US-NY",
        tax_category="O",
        tax_percent=D(0),
        lines=(),
    )


def credit(number: int) -> CreditMemo:
    """The credit of an invoice."""
    billed = invoice(number)
    return CreditMemo(
        key=f"CM|{billed.key}|BR|US01|2026-03-31",
        run="BR|US01|2026-03-31",
        invoice_key=billed.key,
        customer_key=billed.customer_key,
        source_id=billed.source_id,
        entity_code="US01",
        entity_native_id="1",
        ccy="USD",
        exchange_rate=D(1),
        memo_date=date(2026, 3, 31),
        acct_date=date(2026, 3, 31),
        tax_jurisdiction="US-NY",
        tax_category="O",
        tax_percent=D(0),
        lines=(),
    )


class OutboxMachine(RuleBasedStateMachine):
    """Wishes for people, who change, and for documents, which are made once."""

    @initialize()
    def open(self) -> None:
        self.shop = Workshop()
        self.shop.memory.pair("erp", "customer", "CU|C0001", "native:CU|C0001")
        self.wished: dict[str, int] = {}
        self.documents: set[str] = set()

    @rule(number=KEYS)
    def wish_a_person_changed(self, number: int) -> None:
        key = f"E{number}"
        self.wished[key] = self.wished.get(key, 0) + 1
        person = replace(PERSON, key=key, employee_no=key, first_name=str(self.wished[key]))
        self.shop.want("psa.resource", key, person)

    @rule(number=KEYS, turns=st.integers(1, 8))
    def think_again_while_it_is_sent(self, number: int, turns: int) -> None:
        self.wish_a_person_changed(number)
        self.shop.turns(turns)
        self.wish_a_person_changed(number)

    @rule(number=KEYS)
    def wish_an_invoice(self, number: int) -> None:
        self._document("erp.invoice", invoice(number))

    @rule(number=KEYS)
    def wish_an_invoice_and_its_credit(self, number: int) -> None:
        self._document("erp.credit", credit(number))
        self._document("erp.invoice", invoice(number))

    def _document(self, lane: str, document: Invoice | CreditMemo) -> None:
        self.documents.add(document.key)
        self.shop.want(lane, document.key, document)

    @rule(faults=st.lists(st.sampled_from(FAULTS), min_size=1, max_size=7))
    def let_the_next_calls_fail(self, faults: list[str]) -> None:
        self.shop.target.faults.extend(faults)

    @rule(point=st.sampled_from((BEFORE_EFFECT, AFTER_EFFECT, AFTER_CHECKPOINT)))
    def set_a_trap(self, point: str) -> None:
        self.shop.trap.point = point

    @rule(number=st.integers(1, 12))
    def go_on_a_little(self, number: int) -> None:
        self.shop.turns(number)

    @rule(seconds=st.sampled_from((0, 1, 2, 31, 901)))
    def wait(self, seconds: int) -> None:
        self.shop.wait(seconds)

    @rule()
    def restart(self) -> None:
        self.shop.restart()

    @rule(which=st.integers(0, 5))
    def replay_a_case(self, which: int) -> None:
        cases = self.shop.cases(only_open=False)
        if cases:
            self.shop.replay(cases[which % len(cases)].id)

    @invariant()
    def every_document_is_made_once_and_credits_come_after_what_they_credit(self) -> None:
        made = self.shop.target.made
        assert len(made) == len(set(made))
        assert self.shop.target.without_their_invoice == []

    @invariant()
    def no_older_wish_comes_after_a_newer_one(self) -> None:
        for key in self.wished:
            told = [int(state["first_name"]) for state in self.shop.target.held.get(key, [])]
            assert told == sorted(told)

    @invariant()
    def one_case_is_open_for_a_code_and_an_entity(self) -> None:
        known = [(case.code, case.entity_bk) for case in self.shop.cases()]
        assert len(known) == len(set(known))

    def teardown(self) -> None:
        try:
            self.shop.heal()
            assert (self.shop.owed(), list(self.shop.cases())) == ({}, [])
            held = self.shop.target.held
            assert set(held) == self.documents | set(self.wished)
            assert {key: int(held[key][-1]["first_name"]) for key in self.wished} == self.wished
            self.every_document_is_made_once_and_credits_come_after_what_they_credit()
        finally:
            self.shop.close()


def test_outbox__tells_every_target_the_last_wish_once_under_any_schedule() -> None:
    run_state_machine_as_test(OutboxMachine, settings=examples(12, steps=20))


def test_target_without_external_ids__is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Fragile.__init__

    def without_ids(self: Fragile) -> None:
        made(self)
        self.has_ids = False

    monkeypatch.setattr(Fragile, "__init__", without_ids)
    assert_machine_finds_a_counterexample(OutboxMachine, 40, steps=20)


def test_newer_wish_that_is_taken_for_sent__is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def sent(self: Outbox, connection: Any, rows: Any) -> None:
        for row in rows:
            same = (schema.outbox.c.lane == row.lane) & (schema.outbox.c.key == row.key)
            connection.execute(schema.outbox.update().where(same).values(state="sent"))

    monkeypatch.setattr(Outbox, "_sent", sent)
    assert_machine_finds_a_counterexample(OutboxMachine, 80, steps=20)
