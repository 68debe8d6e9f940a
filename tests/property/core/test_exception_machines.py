"""The exception queue: one open case for what is wrong, whatever is probed, replayed, killed or healed."""

from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Connection

from integration_core.engine.run import AFTER_CHECKPOINT, AFTER_EFFECT, BEFORE_EFFECT
from integration_core.processes import provisioning
from integration_core.processes.core import ALL
from integration_core.rules.triage import TRIES, verdict
from integration_core.store.cases import Cases
from tests.integration.store.memory import Memory
from tests.property.profiles import examples
from tests.unit.rules.firm import ACME, CONTRACT, DEAL, PACKAGE, QUOTE, US01

from .counterexamples import assert_machine_finds_a_counterexample
from .workshop import FAULTS, Workshop

CODES = ("TECH_DLQ", "RATE_MISSING", "PO_MISSING")
ENTITIES = ("PJ|1", "PJ|2")
code_names, entity_names = st.sampled_from(CODES), st.sampled_from(ENTITIES)
HOUR_MS = 3_600_000


class CaseMachine(RuleBasedStateMachine):
    """The queue alone, beside a list of what it should hold: (code, entity, opened, resolved)."""

    @initialize()
    def open_the_queue(self) -> None:
        self.memory = Memory("sqlite://")
        self.now_ms = 1_000
        self.expected: list[tuple[str, str, int, int | None]] = []

    @rule(code=code_names, entity=entity_names)
    def something_is_wrong(self, code: str, entity: str) -> None:
        mine = [one for one in self.expected if one[:2] == (code, entity)]
        self._open(code, entity, self.now_ms)
        if all(resolved_ms is not None and opened_ms != self.now_ms for *_, opened_ms, resolved_ms in mine):
            self.expected.append((code, entity, self.now_ms, None))

    @precondition(lambda self: self.expected)
    @rule(which=st.integers(0, 20))
    def the_same_is_said_again(self, which: int) -> None:
        code, entity, opened_ms, _ = self.expected[which % len(self.expected)]
        self._open(code, entity, opened_ms)

    @rule(codes=st.sets(code_names, min_size=1), entity=entity_names)
    def it_is_over(self, codes: set[str], entity: str) -> None:
        at_ms = self.now_ms
        self.memory.do(lambda c: self.memory.store.cases.resolve(c, entity, sorted(codes), at_ms))
        self.expected = [
            (
                code,
                bk,
                opened_ms,
                at_ms if resolved_ms is None and bk == entity and code in codes else resolved_ms,
            )
            for code, bk, opened_ms, resolved_ms in self.expected
        ]

    @rule(milliseconds=st.sampled_from((1, HOUR_MS)))
    def time_passes(self, milliseconds: int) -> None:
        self.now_ms += milliseconds

    def _open(self, code: str, entity: str, at_ms: int) -> None:
        replay = ("rating", ALL)
        self.memory.do(lambda c: self.memory.store.cases.open(c, code, entity, "Mend it.", at_ms, replay))

    @invariant()
    def the_queue_holds_what_it_should(self) -> None:
        rows = self.memory.do(self.memory.store.cases.all)
        found = [(row.code, row.entity_bk, row.opened_at_ms, row.resolved_at_ms) for row in rows]
        assert found == self.expected
        opened = [one[:2] for one in found if one[3] is None]
        assert len(opened) == len(set(opened))
        assert all(row.due_at_ms - row.opened_at_ms == verdict(row.code).sla_hours * HOUR_MS for row in rows)

    def teardown(self) -> None:
        self.memory.close()


class ProvisioningMachine(RuleBasedStateMachine):
    """A won deal whose targets fail: parked under a case, probed, replayed, and built in the end."""

    @initialize()
    def win_a_deal(self) -> None:
        self.shop = Workshop()
        self.shop.memory.take(US01, ACME, PACKAGE, DEAL, QUOTE, CONTRACT)
        self.shop.memory.do(self._hear)
        self.look_at_the_deal()

    def _hear(self, connection: Connection) -> None:
        target = self.shop.target
        heard = dict.fromkeys(target.streams, self.shop.clock.now_ms())
        self.shop.memory.store.intake.advance(connection, target.name, heard)

    @rule(faults=st.lists(st.sampled_from(FAULTS), min_size=1, max_size=4))
    def let_the_next_calls_fail(self, faults: list[str]) -> None:
        self.shop.target.faults.extend(faults)

    @rule()
    def let_a_target_be_away(self) -> None:
        self.shop.target.faults.extend(["unavailable"] * TRIES)

    @rule()
    def look_at_the_deal(self) -> None:
        self.shop.do(lambda c: self.shop.engine.request(c, "deals", ALL))

    @rule(point=st.sampled_from((BEFORE_EFFECT, AFTER_EFFECT, AFTER_CHECKPOINT)))
    def set_a_trap(self, point: str) -> None:
        self.shop.trap.point = point

    @rule(number=st.integers(1, 12))
    def go_on_a_little(self, number: int) -> None:
        self.shop.turns(number)

    @rule(seconds=st.sampled_from((0, 1, 4, 31, 901)))
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
    def one_case_is_open_for_a_code_and_an_entity(self) -> None:
        known = [(case.code, case.entity_bk) for case in self.shop.cases()]
        assert len(known) == len(set(known))

    @invariant()
    def what_was_made_was_made_once(self) -> None:
        made = self.shop.target.made
        assert len(made) == len(set(made))

    @invariant()
    def a_contract_stands_only_if_all_of_it_does(self) -> None:
        standing: Any = self.shop.memory.do(self.shop.memory.store.references.provisioned)
        if standing:
            held = self.shop.target.held
            assert {*self._whole()} <= set(held)
            assert not held["job:PJ|CO|00000101"][-1]["inactive"]

    def _whole(self) -> tuple[str, ...]:
        tasks = tuple(f"TK|00000101|1.{task.wbs}" for task in PACKAGE.tasks)
        return (ACME.key, "job:PJ|CO|00000101", "project:PJ|CO|00000101", *tasks)

    def teardown(self) -> None:
        try:
            self.shop.heal()
            assert list(self.shop.cases()) == []
            standing = self.shop.memory.do(self.shop.memory.store.references.provisioned)
            assert standing == {CONTRACT.native_id}
            assert sorted(self.shop.target.made) == sorted(self._whole())
            self.a_contract_stands_only_if_all_of_it_does()
        finally:
            self.shop.close()


def test_queue__holds_one_open_case_for_what_is_wrong_and_a_new_one_when_it_is_wrong_again() -> None:
    run_state_machine_as_test(CaseMachine, settings=examples(20, steps=25))


def test_won_deal__stands_in_the_end_whatever_fails_and_nothing_of_it_twice() -> None:
    run_state_machine_as_test(ProvisioningMachine, settings=examples(12, steps=15))


def test_case_that_is_opened_without_looking__is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    look = Cases.resolve

    def resolve_late(self: Cases, connection: Connection, entity_bk: str, codes: Any, at_ms: int) -> None:
        look(self, connection, entity_bk, list(codes)[:1], at_ms)

    monkeypatch.setattr(Cases, "resolve", resolve_late)
    assert_machine_finds_a_counterexample(CaseMachine, 60, steps=25)


def test_case_that_nobody_resolves__is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provisioning, "CODES", ())
    assert_machine_finds_a_counterexample(ProvisioningMachine, 30, steps=15)


def test_job_that_stays_switched_off__is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    build = provisioning._job

    def dormant(*given: Any) -> Any:
        made = build(*given)
        return type(made)(
            **{name: getattr(made, name) for name in made.__struct_fields__} | {"inactive": True}
        )

    monkeypatch.setattr(provisioning, "_job", dormant)
    assert_machine_finds_a_counterexample(ProvisioningMachine, 10, steps=15)
