"""Payroll against a model: employees and their versions, subscriptions, lists of payrolls, the limit."""

import hashlib
import hmac
from datetime import UTC, date, datetime
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
from msgspec import Struct

from mocks.firm.facts.source import PayrollLine, PayrollRun
from mocks.payroll.gusto import employees, payrolls
from mocks.payroll.gusto.vendor import VENDOR
from tests.property.mocks.wire import WORLD, Answer, Wire, agree, finds_a_mutant
from tests.property.profiles import examples

START_MS = int(datetime(2026, 2, 2, 9, tzinfo=UTC).timestamp() * 1000)
URL = "http://127.0.0.1:9/hook"
FIELDS = ("first_name", "last_name", "email", "work_email", "department")
PLACE = st.integers(0, 20)
NAMES = st.sampled_from(("Zoë", "O'Neil", "Ann", ""))
CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "first_name": NAMES,
        "last_name": NAMES,
        "department": st.none() | NAMES,
        "work_email": st.sampled_from((None, "zoe@firm.example", "no mail")),
    },
)
TYPES = st.sampled_from((["Employee"], ["Payroll"], ["Employee", "Payroll"], [], ["Invoice"]))
PERIODS = st.sampled_from(("2025-06", "2025-10", "2025-12", "2026-01", "2026-02"))


def well_shaped(answer: Answer) -> bool:
    """A list of errors, each with key, category and message."""
    errors = answer.json()["errors"]
    return bool(errors) and all(set(error) == {"error_key", "category", "message"} for error in errors)


class Hook(Struct):
    """One subscription."""

    types: list[str]
    token: str
    verified: bool = False


class PayrollMachine(RuleBasedStateMachine):
    """Calls of the payroll API beside dicts of people, subscriptions and payrolls."""

    wire = Wire(VENDOR, "http://payroll.example", well_shaped, START_MS)

    def __init__(self) -> None:
        super().__init__()
        self.wire.fresh()
        self.wire.control("POST", "limits", {"requests": {"maximum": 1_000_000, "window_ms": 60_000}})
        self.people: dict[str, dict[str, Any]] = {}
        self.old_versions: dict[str, list[str]] = {}
        self.hooks: dict[str, Hook] = {}
        self.runs: dict[tuple[str, int], tuple[str, int, int]] = {}
        self.told: list[tuple[str, str, str]] = []  # hook, event, entity
        self.plays_a_payroll("2025-12", 1, 100)
        (company,) = self.read("/companies")
        self.company = company["uuid"]

    def send(self, method: str, path: str, body: Any = None, **query: str) -> Answer:
        secret = self.wire.system.worlds[WORLD].secrets["access_token"]
        payload = b"" if body is None else msgspec.json.encode(body)
        headers = {"authorization": f"Bearer {secret}"}
        return self.wire.send(method, f"/v1{path}", payload, headers=headers, query=query)

    def read(self, path: str, **query: str) -> Any:
        first, second = (self.send("GET", path, **query) for _ in range(2))
        assert first.status == 200, first
        assert first.body == second.body, "a read that is repeated says something else"
        return first.json()

    def tell(self, entity: str, event: str, uuid: str) -> None:
        self.told += [
            (i, event, uuid) for i, hook in self.hooks.items() if hook.verified and entity in hook.types
        ]

    # --- employees ------------------------------------------------------------------------------

    @rule(given=CHANGES)
    def adds_an_employee(self, given: dict[str, Any]) -> None:
        body = {"first_name": "Max", "last_name": "Muster", **given}
        answer = self.send("POST", f"/companies/{self.company}/employees", body)
        if not acceptable(body):
            assert answer.status == 422
            return
        assert answer.status == 201, answer
        shown = answer.json()
        self.people[shown["uuid"]] = {**dict.fromkeys(FIELDS), **kept(body)}
        self.old_versions[shown["uuid"]] = []
        self.tell("Employee", "employee.created", shown["uuid"])

    @rule(place=PLACE, given=CHANGES, stale=st.booleans(), again=st.booleans())
    def updates_an_employee(self, place: int, given: dict[str, Any], stale: bool, again: bool) -> None:
        uuid = list(self.people)[place % len(self.people)]
        current = self.read(f"/employees/{uuid}")["version"]
        old = [version for version in self.old_versions[uuid] if version != current]
        version = old[-1] if stale and old else current
        answer = self.send("PUT", f"/employees/{uuid}", {"version": version, **given})
        expected = 409 if version != current else 200 if acceptable({**self.people[uuid], **given}) else 422
        assert answer.status == expected, answer
        if expected != 200:
            return
        after = {**self.people[uuid], **kept(given)}
        changed = after != self.people[uuid]
        if changed:
            self.people[uuid] = after
            self.old_versions[uuid].append(version)
            self.tell("Employee", "employee.updated", uuid)
        assert (answer.json()["version"] != version) == changed
        if again:
            repeated = self.send("PUT", f"/employees/{uuid}", {"version": version, **given})
            assert repeated.status == (409 if changed else 200)

    @rule(per=st.integers(1, 4))
    def pages_hold_everybody_once(self, per: int) -> None:
        found: list[str] = []
        for page in range(1, 40):
            answer = self.send("GET", f"/companies/{self.company}/employees", page=str(page), per=str(per))
            assert answer.headers["x-total-count"] == str(len(self.people))
            assert answer.headers["x-total-pages"] == str(-(-len(self.people) // per))
            found += [row["uuid"] for row in answer.json()]
            if page >= int(answer.headers["x-total-pages"]):
                break
        agree(found, list(self.people))

    # --- subscriptions --------------------------------------------------------------------------

    @rule(types=TYPES, url=st.sampled_from((URL, URL, "ftp://x.example", "http://far.example/hook")))
    def subscribes(self, types: list[str], url: str) -> None:
        answer = self.send("POST", "/webhook_subscriptions", {"url": url, "subscription_types": types})
        good = url == URL and bool(types) and "Invoice" not in types
        assert answer.status == (201 if good else 422), answer
        if good:
            uuid = answer.json()["uuid"]
            assert answer.json()["status"] == "pending"
            self.wire.release()
            challenge = msgspec.json.decode(self.wire.inbox.received[-1][2])
            assert challenge["webhook_subscription_uuid"] == uuid
            self.hooks[uuid] = Hook(types, challenge["verification_token"])

    @precondition(lambda self: bool(self.hooks))
    @rule(place=PLACE, right=st.booleans(), types=TYPES)
    def verifies_or_changes(self, place: int, right: bool, types: list[str]) -> None:
        uuid = list(self.hooks)[place % len(self.hooks)]
        hook = self.hooks[uuid]
        token = hook.token if right else hook.token[::-1] + "x"
        answer = self.send("PUT", f"/webhook_subscriptions/{uuid}/verify", {"verification_token": token})
        assert answer.status == (200 if right else 422)
        hook.verified = hook.verified or right
        changed = self.send("PUT", f"/webhook_subscriptions/{uuid}", {"subscription_types": types})
        good = bool(types) and "Invoice" not in types
        assert changed.status == (200 if good else 422)
        hook.types = types if good else hook.types

    @precondition(lambda self: bool(self.hooks))
    @rule(place=PLACE)
    def unsubscribes(self, place: int) -> None:
        uuid = list(self.hooks)[place % len(self.hooks)]
        assert self.send("DELETE", f"/webhook_subscriptions/{uuid}").status == 204
        assert self.send("DELETE", f"/webhook_subscriptions/{uuid}").status == 404
        self.settle()
        del self.hooks[uuid]

    @rule()
    def settle(self) -> None:
        """Every event that is owed goes out once, signed with its subscription's token."""
        self.wire.inbox.received.clear()
        self.wire.release()
        found = []
        for _, headers, body in self.wire.inbox.received:
            signature = headers["x-gusto-signature"]
            (hook,) = (i for i, one in self.hooks.items() if sealed(one.token, body) == signature)
            event = msgspec.json.decode(body)
            found.append((hook, event["event_type"], event["entity_uuid"]))
        agree(sorted(found), sorted(self.told))
        self.told.clear()

    # --- payrolls -------------------------------------------------------------------------------

    @rule(period=PERIODS, number=st.integers(1, 2), gross_minor=st.sampled_from((0, 1, 833_334)))
    def plays_a_payroll(self, period: str, number: int, gross_minor: int) -> None:
        fact = PayrollRun(
            bk=f"PY|US01|{period}|{number}",
            recorded_at_ms=START_MS,
            entity="LE|US01",
            period=period,
            run=number,
            kind="REGULAR" if number == 1 else "CORRECTION",
            ccy="USD",
            check_date=date.fromisoformat(f"{period}-28"),
            posted_at_ms=START_MS,
            lines=(PayrollLine("RS|1001", "zoe.oneil@us01.example", gross_minor, gross_minor // 7),),
        )
        (acted,) = self.wire.control("POST", "act", {"facts": [fact]})
        uuid, before = acted["native_id"], self.runs.get((period, number))
        if not self.people:  # the first payroll enters the one who is paid
            (company,) = self.read("/companies")
            (row,) = self.read(f"/companies/{company['uuid']}/employees")
            self.people[row["uuid"]] = {name: row[name] for name in FIELDS}
            self.old_versions[row["uuid"]] = []
            self.first = row["uuid"]
        elif self.people[self.first]["work_email"] != "zoe.oneil@us01.example":
            self.people[self.first]["work_email"] = "zoe.oneil@us01.example"
            self.tell("Employee", "employee.updated", self.first)
        if before is None or before[1] != gross_minor:
            self.tell("Payroll", "payroll.processed" if before is None else "payroll.updated", uuid)
        self.runs[period, number] = (uuid, gross_minor, gross_minor // 7)

    @rule(
        kinds=st.sampled_from(("", "regular,off_cycle", "off_cycle")),
        start=st.sampled_from(("", "2025-05-02", "2025-11-15")),
    )
    def lists_payrolls(self, kinds: str, start: str) -> None:
        query = {name: text for name, text in (("payroll_types", kinds), ("start_date", start)) if text}
        rows = self.read(f"/companies/{self.company}/payrolls", **query, include="totals")
        today = datetime.fromtimestamp(self.wire.now_ms() / 1000, UTC).date()
        first = start or (date.fromordinal(today.toordinal() - 183)).isoformat()
        wanted = (kinds or "regular").split(",")
        expected = [
            (uuid, f"{gross_minor // 100}.{gross_minor % 100:02d}")
            for (period, number), (uuid, gross_minor, _) in self.runs.items()
            if ("regular" if number == 1 else "off_cycle") in wanted
            and month_end(period) >= first
            and f"{period}-01" <= today.isoformat()
        ]
        agree([(row["uuid"], row["totals"]["gross_pay"]) for row in rows], expected)

    # --- the limit and time ---------------------------------------------------------------------

    @rule(milliseconds=st.sampled_from((1, 60_000, 86_400_000)))
    def time_passes(self, milliseconds: int) -> None:
        self.wire.step(milliseconds)

    @rule(left=st.integers(0, 2))
    def the_minute_is_used_up(self, left: int) -> None:
        self.send("GET", "/me")  # calls that are older than the window no longer count from here on
        used = self.wire.control("GET", "limits")["requests"]["used"]
        self.wire.control("POST", "limits", {"requests": {"maximum": used + left, "window_ms": 60_000}})
        answers = [self.send("GET", "/me") for _ in range(3)]
        agree([answer.status for answer in answers], [200] * left + [429] * (3 - left))
        agree([a.headers["x-ratelimit-remaining"] for a in answers[left:]], ["0"] * (3 - left))
        self.wire.step(1000 * int(answers[-1].headers["retry-after"]))
        assert self.send("GET", "/me").status == 200
        self.wire.control("POST", "limits", {"requests": {"maximum": 1_000_000, "window_ms": 60_000}})

    # --- what must hold -------------------------------------------------------------------------

    @invariant()
    def people_are_as_the_model_has_them(self) -> None:
        rows = self.read(f"/companies/{self.company}/employees") if hasattr(self, "company") else []
        shown = {row["uuid"]: {name: row[name] for name in self.people[row["uuid"]]} for row in rows}
        agree(shown, self.people if rows else {})

    @invariant()
    def subscriptions_are_as_the_model_has_them(self) -> None:
        shown = {
            row["uuid"]: (row["subscription_types"], row["status"])
            for row in self.read("/webhook_subscriptions")
        }
        agree(shown, {i: (h.types, "verified" if h.verified else "pending") for i, h in self.hooks.items()})


def acceptable(values: dict[str, Any]) -> bool:
    """Whether an employee's values should be taken."""
    return bool(values["first_name"] and values["last_name"]) and values.get("work_email") != "no mail"


def kept(values: dict[str, Any]) -> dict[str, Any]:
    """What payroll makes of values: no empty texts, every field."""
    return {name: value or None for name, value in values.items()}


def sealed(token: str, body: bytes) -> str:
    """The signature of an event."""
    return hmac.new(token.encode(), body, hashlib.sha256).hexdigest()


def month_end(period: str) -> str:
    """The last day of a month."""
    year, month = int(period[:4]), int(period[5:])
    following = date(year + month // 12, month % 12 + 1, 1)
    return date.fromordinal(following.toordinal() - 1).isoformat()


def test_a_payroll_system__does_what_its_model_does() -> None:
    run_state_machine_as_test(PayrollMachine, settings=examples(50, steps=25))


def test_the_machine__finds_an_update_without_its_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(employees, "version_of", lambda record: AnyVersion())
    assert finds_a_mutant(PayrollMachine)


def test_the_machine__finds_payrolls_of_other_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payrolls, "_within", lambda payroll, first, last, by_check: True)
    assert finds_a_mutant(PayrollMachine)


def test_the_machine__finds_events_for_who_did_not_verify(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mocks.payroll.gusto.notify.VERIFIED", "pending")
    assert finds_a_mutant(PayrollMachine)


class AnyVersion:
    """A version that every other one equals."""

    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False
