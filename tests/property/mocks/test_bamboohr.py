"""The HRIS against a model: employees, dated rows, time off, who changed since when, what webhooks owe."""

import base64
import hashlib
import hmac
from datetime import UTC, date, datetime, timedelta
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
from msgspec import Struct, field

from mocks.firm.facts.source import JobRow, Resource
from mocks.hris.bamboohr import notify, state
from mocks.hris.bamboohr.vendor import VENDOR
from tests.property.mocks.wire import WORLD, Answer, Wire, agree, finds_a_mutant
from tests.property.profiles import examples

START_MS = int(datetime(2026, 1, 5, 9, tzinfo=UTC).timestamp() * 1000)
URL = "http://127.0.0.1:9/hooks"
PLACE = st.integers(0, 20)
FIELDS = ("firstName", "lastName", "workEmail", "terminationDate")
CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "firstName": st.sampled_from(("Zoë", "<Ann>", "")),
        "lastName": st.sampled_from(("O'Neil", "Ünal & Co")),
        "workEmail": st.sampled_from(("zoe@firm.example", "", "no mail")),
        "terminationDate": st.sampled_from(("2026-01-06", "2026-03-31", "", "soon")),
    },
)
ROW_DATES = st.sampled_from(("2025-07-01", "2026-01-05", "2026-01-06", "2026-12-01"))
TITLES = st.sampled_from(("Consultant", "Senior", "Lead"))


def well_shaped(answer: Answer) -> bool:
    """No body; the reason is in a header."""
    return answer.body == b"" and bool(answer.headers.get("x-bamboohr-error-message"))


class Person(Struct):
    """One employee as the HRIS should hold it."""

    number: str
    values: dict[str, str]
    changed_ms: int
    rows: dict[str, tuple[str, str]] = field(default_factory=dict)  # job rows: date and title
    action: str = "Inserted"


class PeopleMachine(RuleBasedStateMachine):
    """Calls of the HRIS's API beside a dict of people."""

    wire = Wire(VENDOR, "http://hris.example", well_shaped, START_MS)

    def __init__(self) -> None:
        super().__init__()
        self.wire.fresh()
        self.people: dict[str, Person] = {}
        self.hooks: dict[str, tuple[str, bool]] = {}  # id: key, and whether titles are watched, too
        self.told: list[tuple[str, str, str]] = []  # hook, employee, action
        self.away: dict[str, tuple[str, str, str]] = {}  # time off: employee, start, end
        self.numbers = 0
        self.rows = 0
        self.add("1001")
        self.add("1002")

    # --- calls ----------------------------------------------------------------------------------

    def send(self, method: str, path: str, body: Any = None, **query: str) -> Answer:
        key = self.wire.system.worlds[WORLD].secrets["api_key"]
        basic = base64.b64encode(f"{key}:x".encode()).decode()
        headers = {"authorization": f"Basic {basic}", "accept": "application/json"}
        payload = b"" if body is None else msgspec.json.encode(body)
        return self.wire.send(method, f"/api/v1{path}", payload, headers=headers, query=query)

    def read(self, path: str, **query: str) -> Any:
        first, second = (self.send("GET", path, **query) for _ in range(2))
        assert first.status == 200, first
        assert first.body == second.body, "a read that is repeated says something else"
        return first.json()

    # --- the model ------------------------------------------------------------------------------

    def now_ms(self) -> int:
        return self.wire.now_ms() // 1000 * 1000

    def there(self) -> list[str]:
        return [i for i, person in self.people.items() if person.action != "Deleted"]

    def some(self, place: int) -> str:
        return self.there()[place % len(self.there())]

    def changed(self, employee: str, watched: bool) -> None:
        """An employee has a new version; `watched` where the names or the end of employment changed."""
        person = self.people[employee]
        person.action, person.changed_ms = "Updated", self.now_ms()
        self.told += [
            (hook, employee, "Updated") for hook, (_, titles) in self.hooks.items() if watched or titles
        ]

    # --- employees ------------------------------------------------------------------------------

    @rule(number=st.sampled_from(("1001", "1002", "1003", "")))
    def add(self, number: str) -> None:
        body = {"firstName": "Max", "lastName": "Muster", "employeeNumber": number}
        taken = number and any(self.people[i].number == number for i in self.there())
        answer = self.send("POST", "/employees", body)
        assert answer.status == (409 if taken else 201), answer
        if not taken:
            employee = answer.headers["location"].rpartition("/")[2]
            values = {**dict.fromkeys(FIELDS, ""), "firstName": "Max", "lastName": "Muster"}
            self.people[employee] = Person(number, values, self.now_ms())
            self.told += [(hook, employee, "Created") for hook in self.hooks]

    @precondition(lambda self: bool(self.there()))
    @rule(place=PLACE, given=CHANGES)
    def updates(self, place: int, given: dict[str, str]) -> None:
        employee = self.some(place)
        good = (
            given.get("firstName") != "" and "no mail" not in given.values() and "soon" not in given.values()
        )
        assert self.send("POST", f"/employees/{employee}", given).status == (200 if good else 400)
        person = self.people[employee]
        if good and any(person.values[name] != value for name, value in given.items()):
            person.values |= given
            self.changed(employee, watched=True)

    @precondition(lambda self: bool(self.there()))
    @rule(place=PLACE)
    def an_administrator_deletes(self, place: int) -> None:
        employee = self.some(place)
        person = self.people[employee]
        if not person.number:
            return
        (acted,) = self.wire.control("POST", "act", {"facts": [deletion(person.number)]})
        assert (acted["state"], acted["native_id"]) == ("applied", employee)
        person.action, person.changed_ms = "Deleted", self.now_ms()
        self.told += [(hook, employee, "Deleted") for hook in self.hooks]
        assert self.send("GET", f"/employees/{employee}").status == 404

    # --- rows -----------------------------------------------------------------------------------

    @precondition(lambda self: bool(self.there()))
    @rule(
        place=PLACE,
        day=ROW_DATES,
        title=TITLES,
        bad=st.sampled_from((None, None, {"date": ""}, {"job": "x"})),
    )
    def adds_a_row(self, place: int, day: str, title: str, bad: dict[str, str] | None) -> None:
        employee = self.some(place)
        body = {"date": day, "jobTitle": title, **(bad or {})}
        assert self.send("POST", f"/employees/{employee}/tables/jobInfo", body).status == (
            400 if bad else 200
        )
        if not bad:
            self.rows += 1
            self.people[employee].rows[str(self.rows)] = (day, title)
            self.changed(employee, watched=False)

    @precondition(lambda self: any(self.people[i].rows for i in self.there()))
    @rule(place=PLACE, title=TITLES, gone=st.booleans(), foreign=st.booleans())
    def changes_or_deletes_a_row(self, place: int, title: str, gone: bool, foreign: bool) -> None:
        employee = next(i for i in [*self.there()[place % 3 :], *self.there()] if self.people[i].rows)
        person = self.people[employee]
        row = list(person.rows)[place % len(person.rows)]
        asked = next((i for i in self.there() if i != employee), employee) if foreign else employee
        path = f"/employees/{asked}/tables/jobInfo/{row}"
        answer = self.send("DELETE", path) if gone else self.send("POST", path, {"jobTitle": title})
        assert answer.status == (200 if asked == employee else 404), answer
        if asked != employee:
            return
        if gone:
            del person.rows[row]
            self.changed(employee, watched=False)
        elif person.rows[row][1] != title:
            person.rows[row] = (person.rows[row][0], title)
            self.changed(employee, watched=False)

    # --- time off -------------------------------------------------------------------------------

    @precondition(lambda self: bool(self.there()))
    @rule(place=PLACE, start=st.integers(1, 28), days=st.integers(-1, 3))
    def asks_for_time_off(self, place: int, start: int, days: int) -> None:
        employee, first = self.some(place), date(2026, 1, start)
        last = first + timedelta(days=days)
        body = {
            "status": "approved",
            "start": first.isoformat(),
            "end": last.isoformat(),
            "timeOffTypeId": "78",
        }
        body |= {"amount": "8"}
        answer = self.send("PUT", f"/employees/{employee}/time_off/request", body)
        assert answer.status == (400 if days < 0 else 201), answer
        if days >= 0:
            self.away[answer.headers["location"].rpartition("/")[2]] = (employee, body["start"], body["end"])

    @rule(start=st.integers(1, 31), days=st.integers(0, 10))
    def lists_time_off(self, start: int, days: int) -> None:
        first = date(2026, 1, start)
        last = first + timedelta(days=days)
        rows = self.read("/time_off/requests", start=first.isoformat(), end=last.isoformat())
        expected = {
            i: one
            for i, one in self.away.items()
            if one[1] <= last.isoformat() and one[2] >= first.isoformat()
        }
        agree({row["id"]: (row["employeeId"], row["start"], row["end"]) for row in rows}, expected)

    # --- webhooks -------------------------------------------------------------------------------

    @rule(titles=st.booleans())
    def subscribes(self, titles: bool) -> None:
        watched = [
            "firstName",
            "lastName",
            "workEmail",
            "terminationDate",
            *(["jobTitle", "jobInfo.date"] if titles else []),
        ]
        body = {"name": "core", "url": URL, "monitorFields": watched, "postFields": {"lastName": ""}}
        answer = self.send("POST", "/webhooks", body)
        assert answer.status == 201, answer
        self.hooks[answer.json()["id"]] = (answer.json()["privateKey"], titles)

    @precondition(lambda self: bool(self.hooks))
    @rule()
    def unsubscribes(self) -> None:
        self.what_is_owed_goes_out()
        hook, _ = self.hooks.popitem()
        assert self.send("DELETE", f"/webhooks/{hook}").status == 200
        assert self.send("GET", f"/webhooks/{hook}").status == 404

    @rule()
    def what_is_owed_goes_out(self) -> None:
        """Everything owed goes out once, signed with its subscription's key, and stands in the ledger."""
        self.wire.inbox.received.clear()
        self.wire.release()
        found = []
        for _, headers, body in self.wire.inbox.received:
            signed = body + headers["x-bamboohr-timestamp"].encode()
            (hook,) = (
                i
                for i, (key, _) in self.hooks.items()
                if sealed(key, signed) == headers["x-bamboohr-signature"]
            )
            (item,) = msgspec.json.decode(body)["employees"]
            found.append((hook, item["id"], item["action"]))
        agree(sorted(found), sorted(self.told))
        self.told.clear()
        for hook in self.hooks:
            assert all(row["status"] == 200 for row in self.read(f"/webhooks/{hook}/log"))

    @rule(milliseconds=st.sampled_from((1, 999, 61_000, 86_400_000)))
    def time_passes(self, milliseconds: int) -> None:
        self.wire.step(milliseconds)

    # --- what must hold -------------------------------------------------------------------------

    @invariant()
    def people_are_as_the_model_has_them(self) -> None:
        today = datetime.fromtimestamp(self.wire.now_ms() / 1000, UTC).date().isoformat()
        for employee in self.there():
            person = self.people[employee]
            shown = self.read(
                f"/employees/{employee}", fields=",".join((*FIELDS, "status", "jobTitle", "lastChanged"))
            )
            ended = person.values["terminationDate"]
            expected = {"id": employee, **{name: value or None for name, value in person.values.items()}}
            expected["terminationDate"] = ended or "0000-00-00"
            expected["status"] = "Inactive" if ended and ended <= today else "Active"
            current = sorted(
                (day, int(row), title) for row, (day, title) in person.rows.items() if day <= today
            )
            expected["jobTitle"] = current[-1][2] if current else None
            expected["lastChanged"] = text(person.changed_ms)
            agree(shown, expected)

    @invariant()
    def changes_are_told_by_their_instant(self) -> None:
        middle = (START_MS + self.wire.now_ms()) // 2
        for since_ms in (0, middle // 1000 * 1000, self.now_ms()):
            late = {i: person for i, person in self.people.items() if person.changed_ms >= since_ms}
            shown = self.read("/employees/changed", since=text(since_ms).replace("+00:00", "Z"))
            found = {
                i: (row["action"], row["lastChanged"]) for i, row in dict(shown["employees"] or {}).items()
            }
            agree(found, {i: (person.action, text(person.changed_ms)) for i, person in late.items()})
            tables = self.read(
                "/employees/changed/tables/jobInfo", since=text(since_ms).replace("+00:00", "Z")
            )
            rows = {
                i: sorted((row["date"], row["jobTitle"]) for row in one["rows"])
                for i, one in dict(tables["employees"] or {}).items()
            }
            agree(rows, {i: sorted(p.rows.values()) for i, p in late.items() if p.action != "Deleted"})


def deletion(number: str) -> Resource:
    """What tells the HRIS that an administrator deletes somebody."""
    return Resource(
        bk=f"RS|{number}",
        recorded_at_ms=START_MS,
        deleted=True,
        employee_no=number,
        first_name="Max",
        last_name="Muster",
        work_email="max@firm.example",
        entity="LE|US01",
        practice="PR|DATA",
        hired=date(2024, 3, 1),
        terminated=None,
        weekly_pattern_e2=(800, 800, 800, 800, 800, 0, 0),
        jobs=(JobRow(date(2024, 3, 1), "senior", "Senior", "CC|US01|100", "RS|1"),),
        statuses=(),
        skills=(),
    )


def text(at_ms: int) -> str:
    """`2026-01-31T08:00:00+00:00`."""
    stamp = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at_ms)
    return f"{stamp:%Y-%m-%dT%H:%M:%S}+00:00"


def sealed(key: str, signed: bytes) -> str:
    """The signature of a notice."""
    return hmac.new(key.encode(), signed, hashlib.sha256).hexdigest()


def test_an_hris__does_what_its_model_does() -> None:
    run_state_machine_as_test(PeopleMachine, settings=examples(50, steps=25))


def test_the_machine__finds_a_row_that_does_not_move_its_owner(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = state.change
    monkeypatch.setattr(
        state,
        "change",
        lambda world, before, fields, rows, at_ms: whole(world, before, fields, rows, before.modified_ms),
    )
    assert finds_a_mutant(PeopleMachine)


def test_the_machine__finds_notices_of_what_nobody_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    told = notify._tell
    monkeypatch.setattr(
        notify,
        "_tell",
        lambda world, employee, action, changed, at_ms: told(world, employee, action, None, at_ms),
    )
    assert finds_a_mutant(PeopleMachine)


def test_the_machine__finds_a_second_person_of_one_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "mocks.kit.store.Store._refuse_duplicates", lambda store, name, record_id, values: None
    )
    assert finds_a_mutant(PeopleMachine)
