"""The kit against a model: whatever goes wrong with calls or processes, what was committed stands once."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from mocks.kit.calls import Call, Reply
from mocks.kit.faults import Fault, Kind, Strike
from mocks.kit.schema import Field, ObjectType, Schema
from mocks.kit.store import DuplicateValue, Store
from mocks.kit.system import MockSystem
from tests.property.mocks.wire import WORLD, Answer, Wire, agree, finds_a_mutant, segment
from tests.property.profiles import examples
from tests.unit.kit.toy import TOY

START_MS = 1_767_258_000_000
CODES = st.sampled_from(("a", "b", "c|1", "d%ö"))
LOST: tuple[Kind, ...] = ("limit", "lose_request", "outage", "reject")
KINDS: tuple[Kind, ...] = (
    *LOST,
    "lose_answer",
    "fail_after_commit",
    "truncate",
)
Version = tuple[int, int, int]  # amount, stamp, number


def toy_shaped(answer: Answer) -> bool:
    """The toy's one error shape."""
    return set(answer.json()) == {"toy"}


class FaultMachine(RuleBasedStateMachine):
    """Writes through a mock whose calls get lost and whose process dies, beside every version."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.wire = self.served(START_MS)
        self.things: dict[str, list[Version]] = {}
        self.kept: tuple[str, dict[str, list[Version]]] | None = None

    def served(self, at_ms: int) -> Wire:
        """The mock on its data folder, as a process finds it that begins now."""
        wire = Wire(TOY, "http://toy.example", toy_shaped, at_ms, data=Path(self.folder.name))
        wire.system.create_world(WORLD, 7, at_ms)
        return wire

    def teardown(self) -> None:
        self.wire.system.drop_world(WORLD)
        self.folder.cleanup()

    def send(self, method: str, code: str, body: Any = None, *, faulty: bool = False) -> Answer:
        key = {"x-key": self.wire.system.worlds[WORLD].secrets["key"]}
        payload = b"" if body is None else msgspec.json.encode(body)
        return self.wire.send(method, f"/things/{segment(code)}", payload, headers=key, faulty=faulty)

    # --- calls ----------------------------------------------------------------------------------

    @rule(code=CODES, amount=st.integers(0, 3), kind=st.none() | st.sampled_from(KINDS))
    def puts(self, code: str, amount: int, kind: Kind | None) -> None:
        if kind is not None:
            fault = Fault(id="f", kind=kind, method="PUT", drop=amount == 0)
            self.wire.control("POST", "faults", [fault])
        answer = self.send("PUT", code, {"amount": amount}, faulty=kind is not None)
        self.wire.control("DELETE", "faults")
        if kind not in LOST:
            self.commit(code, amount)
        expected = (201, 200) if kind in (None, "truncate") else (0, 403, 429, 500, 503)
        assert answer.status in expected, answer

    def commit(self, code: str, amount: int) -> None:
        versions = self.things.setdefault(code, [])
        if not versions or versions[-1][0] != amount:
            versions.append((amount, self.wire.now_ms(), len(versions) + 1))

    @rule(code=CODES)
    def a_call_that_breaks_halfway__has_no_effect(self, code: str) -> None:
        # The store takes no list as a value: the handler fails after it has drawn a number.
        if code not in self.things:
            assert self.send("PUT", code, {"amount": [1]}, faulty=True).status == 500

    @rule(milliseconds=st.sampled_from((1, 999, 60_000)))
    def time_passes(self, milliseconds: int) -> None:
        self.wire.step(milliseconds)

    @rule(closes=st.booleans())
    def the_process_is_started_again(self, closes: bool) -> None:
        at_ms = self.wire.now_ms()
        if closes:
            self.wire.system.drop_world(WORLD)
        self.wire = self.served(at_ms)

    @rule()
    def a_snapshot_is_kept(self) -> None:
        held = {code: list(versions) for code, versions in self.things.items()}
        self.kept = (self.wire.control("POST", "snapshot")["snapshot"], held)

    @precondition(lambda self: self.kept is not None)
    @rule()
    def a_snapshot_is_restored(self) -> None:
        if self.kept is not None:
            self.wire.control("POST", "restore", {"snapshot": self.kept[0]})
            self.things = {code: list(versions) for code, versions in self.kept[1].items()}

    # --- what must hold -------------------------------------------------------------------------

    @invariant()
    def every_version_is_kept(self) -> None:
        store = self.wire.system.worlds[WORLD].store
        found = {}
        for record in store.select("thing"):
            history = store.versions("thing", record.id)
            found[record.values["code"]] = [(v.values["amount"], v.modified_ms, v.ver) for v in history]
        agree(found, self.things)
        agree([record.id for record in store.select("thing")], [str(n + 1) for n in range(len(self.things))])

    @invariant()
    def reads_show_the_last_version_again_and_again(self) -> None:
        for code in ("a", "c|1"):
            versions = self.things.get(code)
            first, second = (self.send("GET", code) for _ in range(2))
            agree((first.status, first.body), (second.status, second.body))
            assert first.status == (200 if versions else 404)
            if versions:
                agree(first.json(), {"amount": versions[-1][0], "ver": versions[-1][2]})


# --- the store by itself ------------------------------------------------------------------------

SCHEMA = Schema((ObjectType("thing", (Field("code", unique=True), Field("note"), Field("amount", "int"))),))
NOTES = st.none() | st.text(max_size=5)


class Broken(Exception):
    """Somebody changed their mind inside a transaction."""


class StoreMachine(RuleBasedStateMachine):
    """Records, sequences and due work of one store on disk, with transactions inside transactions."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "world.sqlite"
        self.store = Store(SCHEMA, self.path)
        self.records: dict[str, list[tuple[dict[str, Any], int, bool]]] = {}
        self.drawn = 0
        self.due: list[tuple[int, int]] = []
        self.now_ms = START_MS

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()

    def alive(self) -> dict[str, dict[str, Any]]:
        return {i: versions[-1][0] for i, versions in self.records.items() if not versions[-1][2]}

    def write(self, code: str, note: str | None, amount: int) -> None:
        """Insert or update by code, in the store and in the model."""
        values = {"code": code, "note": note, "amount": amount}
        taken = next((i for i, held in self.alive().items() if held["code"] == code), None)
        if taken is None:
            self.drawn += 1
            assert self.store.next_number("id") == self.drawn
            self.store.insert("thing", str(self.drawn), values, self.now_ms)
            self.records[str(self.drawn)] = [(values, self.now_ms, False)]
            return
        self.store.update("thing", taken, values, self.now_ms)
        if self.records[taken][-1][0] != values:
            self.records[taken].append((values, self.now_ms, False))

    @rule(code=CODES, note=NOTES, amount=st.integers(-3, 3))
    def writes(self, code: str, note: str | None, amount: int) -> None:
        with self.store.transaction():
            self.write(code, note, amount)

    @rule(code=CODES, other=CODES, note=NOTES, whole=st.booleans())
    def writes_and_takes_it_back(self, code: str, other: str, note: str | None, whole: bool) -> None:
        before = self.held()
        with contextlib.suppress(Broken), self.store.transaction():
            self.write(code, note, 1)
            between = self.held()
            with contextlib.suppress(Broken), self.store.transaction():
                self.write(other, note, 2)
                raise Broken
            self.records, self.drawn = between
            if whole:
                self.records, self.drawn = before
                raise Broken

    def held(self) -> tuple[dict[str, list[tuple[dict[str, Any], int, bool]]], int]:
        """A copy of the model, to go back to."""
        return {i: list(versions) for i, versions in self.records.items()}, self.drawn

    @rule(code=CODES)
    def deletes(self, code: str) -> None:
        found = next((i for i, held in self.alive().items() if held["code"] == code), None)
        assert self.store.delete("thing", found or "none", self.now_ms) == (found is not None)
        if found is not None:
            self.records[found].append((self.records[found][-1][0], self.now_ms, True))

    @rule(code=CODES, other=CODES)
    def a_taken_code__is_refused(self, code: str, other: str) -> None:
        ids = {held["code"]: i for i, held in self.alive().items()}
        if {code, other} <= ids.keys() and code != other:
            with pytest.raises(DuplicateValue) as refused:
                self.store.update("thing", ids[code], {"code": other}, self.now_ms)
            assert refused.value.record_id == ids[other]

    @rule(after_ms=st.integers(0, 3))
    def owes_work(self, after_ms: int) -> None:
        self.store.add_due(self.now_ms + after_ms, "call", len(self.due))
        self.due.append((self.now_ms + after_ms, len(self.due)))

    @rule(milliseconds=st.integers(0, 2))
    def time_passes(self, milliseconds: int) -> None:
        self.now_ms += milliseconds
        ready = sorted(one for one in self.due if one[0] <= self.now_ms)
        agree([(at_ms, place) for at_ms, _, place in self.store.take_due(self.now_ms)], ready)
        self.due = [one for one in self.due if one[0] > self.now_ms]

    @rule(closes=st.booleans())
    def is_opened_again(self, closes: bool) -> None:
        if closes:
            self.store.close()
        self.store = Store(SCHEMA, self.path)

    @rule()
    def a_snapshot_restored__changes_nothing(self) -> None:
        self.store.restore(self.store.snapshot())

    @rule(code=CODES)
    def a_snapshot_restored__undoes_what_followed(self, code: str) -> None:
        snapshot, before = self.store.snapshot(), self.held()
        self.write(code, "later", 9)
        self.store.restore(snapshot)
        self.records, self.drawn = before

    @invariant()
    def every_version_is_kept(self) -> None:
        found = {
            i: [(v.values, v.modified_ms, v.deleted) for v in self.store.versions("thing", i)]
            for i in (str(number + 1) for number in range(self.drawn))
        }
        agree(found, self.records)
        agree({r.id: r.values for r in self.store.select("thing")}, self.alive())
        assert self.store.count("thing") == len(self.alive())
        assert self.store.next_due_ms() == min((at_ms for at_ms, _ in self.due), default=None)


def test_a_mock_under_faults__holds_what_was_committed() -> None:
    run_state_machine_as_test(FaultMachine, settings=examples(25, steps=25))


def test_a_store__does_what_its_model_does() -> None:
    run_state_machine_as_test(StoreMachine, settings=examples(40, steps=25))


def test_the_machine__finds_an_answer_lost_before_the_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    struck = MockSystem._struck

    async def lost_too_early(system: MockSystem, call: Call, strike: Strike | None) -> tuple[Reply, str]:
        if strike is not None and strike.fault.kind == "lose_answer":
            return Reply(0), "lost"
        return await struck(system, call, strike)

    monkeypatch.setattr(MockSystem, "_struck", lost_too_early)
    assert finds_a_mutant(FaultMachine)


def test_the_machine__finds_versions_that_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Store, "_keep", lambda store, before, old: None)
    assert finds_a_mutant(FaultMachine)
    assert finds_a_mutant(StoreMachine)


def test_the_machine__finds_an_inner_transaction_that_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Store.transaction

    @contextlib.contextmanager
    def flat(store: Store) -> Iterator[None]:
        if store._depth:
            yield
            return
        with whole(store):
            yield

    monkeypatch.setattr(Store, "transaction", flat)
    assert finds_a_mutant(StoreMachine)
