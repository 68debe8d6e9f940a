"""The PSA over HTTP: logging in, writing as a subject does, refusals, worlds, and the control plane."""

import asyncio
import json
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import quote

import msgspec

from mocks.firm.facts.documents import PsaProject, PsaResource, PsaSplit, PsaTask
from mocks.firm.facts.source import SourceFact
from mocks.firm.facts.wire import decode_rows
from mocks.kit.system import MockSystem
from mocks.psa.certinia import vendor
from mocks.psa.certinia.vendor import VENDOR
from tests.unit.mocks.asgi import call
from tests.unit.mocks.certinia.staffing import (
    REFERENCES,
    Nowhere,
    approved,
    assignment,
    at_ms,
    in_order,
    override,
    rate_line,
    stripped,
    week,
)

FIXTURES = Path(vendor.__file__).parent / "fixtures"
DATA = "/services/data/v59.0"
HOST = "http://psa.mock.example"
JSON = {"content-type": "application/json"}


class Client:
    """One subject's way to the PSA, and the runner's way to its control plane."""

    def __init__(self, system: MockSystem, world: str = "default") -> None:
        self.system = system
        self.world = world
        self.headers: dict[str, str] = {}

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Status and decoded body of a call."""
        raw = body if isinstance(body, bytes) else b"" if body is None else msgspec.json.encode(body)
        named = {**JSON, **self.headers, **headers}
        status, _, content = asyncio.run(call(self.system, method, HOST + path, named, raw))
        return status, json.loads(content) if content else None

    def login(self) -> "Client":
        """Get a token with this world's client credentials."""
        secrets = self.system.worlds[self.world].secrets
        form = (
            f"grant_type=client_credentials&client_id={quote(secrets['client_id'])}"
            f"&client_secret={quote(secrets['client_secret'])}"
        )
        form_type = {"content-type": "application/x-www-form-urlencoded"}
        status, answer = self.call("POST", "/services/oauth2/token", form.encode(), **form_type)
        assert status == 200, answer
        self.headers = {"authorization": f"Bearer {answer['access_token']}"}
        return self

    def query(self, soql: str) -> list[dict[str, Any]]:
        """Records of a query."""
        status, answer = self.call("GET", f"{DATA}/query?q={quote(soql)}")
        assert status == 200, answer
        return list(answer["records"])

    def control(self, method: str, verb: str, body: Any = None) -> Any:
        """Answer of the control plane."""
        headers = {"authorization": "Bearer control-token"}
        path = f"{HOST}/__rehearse__/{self.world}/{verb}"
        raw = b"" if body is None else msgspec.json.encode(body)
        status, _, content = asyncio.run(call(self.system, method, path, headers, raw))
        assert status == 200, content
        return content

    def play(self, *facts: SourceFact, verb: str = "act") -> list[dict[str, Any]]:
        """Play facts through the control plane."""
        answer = self.control("POST", verb, {"facts": facts, "references": REFERENCES})
        return list(json.loads(answer))

    def step(self, to_ms: int) -> None:
        """Move the clock, and log in again if a token died of age on the way."""
        self.control("POST", "clock", {"to_ms": to_ms})
        if self.headers:
            self.headers = {}
            self.login()

    def observed(self) -> list[Any]:
        """Rows that the control plane observes."""
        return list(decode_rows(self.control("GET", "observe")))


def system_of(data: Path | None = None) -> MockSystem:
    """The PSA with one world."""
    system = MockSystem(VENDOR, "control-token", Nowhere(), data=data)
    system.create_world("default", 7, at_ms(1))
    return system


def fixture(name: str, **ids: str) -> str:
    """A captured payload with its ids filled in."""
    return Template((FIXTURES / name).read_text()).substitute(ids)


def provisioned() -> tuple[Client, dict[str, str]]:
    """A client whose subject wrote two people, a project and a task; ids by role."""
    client = Client(system_of()).login()
    ids: dict[str, str] = {}
    for number in ("1001", "9001"):
        body = {**json.loads(fixture("resource.json")), "LastName": f"Quill {number}"}
        status, answer = client.call("PATCH", f"{DATA}/sobjects/Contact/RH_Employee_No__c/{number}", body)
        assert (status, answer["created"]) == (201, True)
        ids[number] = answer["id"]
    path = f"{DATA}/sobjects/pse__Proj__c/RH_External_Id__c/PJ|00000101"
    status, answer = client.call("PATCH", path, json.loads(fixture("project.json")))
    assert status == 201
    ids["project"] = answer["id"]
    tasks = json.loads(fixture("tasks.json", project=ids["project"]))
    path = f"{DATA}/composite/sobjects/pse__Project_Task__c/RH_External_Id__c"
    status, answer = client.call("PATCH", path, tasks)
    assert [item["success"] for item in answer] == [True, False]
    assert answer[1]["errors"][0]["statusCode"] == "INVALID_CROSS_REFERENCE_KEY"
    ids["task"] = answer[0]["id"]
    return client, ids


def staffed() -> tuple[Client, dict[str, str]]:
    """The same with one open-ended assignment."""
    client, ids = provisioned()
    client.step(at_ms(5))
    ids["assignment"] = client.play(assignment())[0]["native_id"]
    return client, ids


def test_calls_without_a_good_token__are_refused() -> None:
    client = Client(system_of())
    for headers in ({}, {"authorization": "Bearer 00Dxx!nothing"}):
        client.headers = headers
        status, answer = client.call("GET", f"{DATA}/sobjects/Contact/003000000000000AAA")
        assert (status, answer[0]["errorCode"]) == (401, "INVALID_SESSION_ID")


def test_worlds__do_not_see_each_other() -> None:
    client, ids = provisioned()
    client.system.create_world("other", 8, at_ms(1))
    other = Client(client.system, "other").login()
    assert other.query("SELECT Id FROM Contact") == []
    status, answer = other.call("GET", f"{DATA}/sobjects/Contact/{ids['1001']}")
    assert (status, answer[0]["errorCode"]) == (404, "NOT_FOUND")


def test_an_upsert_repeated__makes_one_record() -> None:
    client, ids = provisioned()
    path = f"{DATA}/sobjects/pse__Proj__c/RH_External_Id__c/PJ|00000101"
    status, answer = client.call("PATCH", path, json.loads(fixture("project.json")))
    assert (status, answer["id"], answer["created"]) == (200, ids["project"], False)
    assert len(client.query("SELECT Id FROM pse__Proj__c")) == 1


def test_written_records__read_back_exactly() -> None:
    client, ids = provisioned()
    _, project = client.call("GET", f"{DATA}/sobjects/pse__Proj__c/{ids['project']}")
    wanted = json.loads(fixture("project.json"))
    assert {name: project[name] for name in wanted} == wanted
    _, person = client.call("GET", f"{DATA}/sobjects/Contact/{ids['1001']}")
    assert (person["Name"], person["IsDeleted"]) == ("Zoë Quill 1001", False)


def test_documents__show_what_the_subject_wrote() -> None:
    client, ids = provisioned()
    rows = client.observed()
    project = next(row for row in rows if isinstance(row, PsaProject))
    assert (project.source_id, project.value_minor, project.status, project.active) == (
        REFERENCES["CO|00000101"],
        6_123_456,
        "ACTIVE",
        True,
    )
    task = next(row for row in rows if isinstance(row, PsaTask))
    assert (task.project, task.wbs, task.planned_e2, task.contract_line_source_id) == (
        ids["project"],
        "1.10",
        320_00,
        "a02000000000001AAA",
    )
    assert [row.employee_no for row in rows if isinstance(row, PsaResource)] == ["1001", "9001"]


def test_a_timecard_client__adds_days_lists_and_submits() -> None:
    client, ids = staffed()
    record_id = ids["assignment"]
    path = f"{DATA}/sobjects/pse__Assignment__c/{record_id}"
    assert client.call("PATCH", path, {"pse__End_Date__c": "2026-12-31"})[0] == 204
    names = {"resource": ids["1001"], "assignment": record_id, "project": ids["project"]}
    found = client.query(fixture("assignments_active.soql", **names))
    assert [(row["Name"], row["pse__Project__r"]["pse__Is_Billable__c"]) for row in found] == [("AS-1", True)]
    assert client.query(fixture("timecard_open.soql", **names)) == []
    body = json.loads(fixture("timecard_created.json", **names))
    status, created = client.call("POST", f"{DATA}/sobjects/pse__Timecard_Header__c/", body)
    assert status == 201
    open_cards = client.query(fixture("timecard_open.soql", **names))
    assert [row["Id"] for row in open_cards] == [created["id"]]
    card = f"{DATA}/sobjects/pse__Timecard_Header__c/{created['id']}"
    del body["pse__Monday_Hours__c"], body["pse__Monday_Notes__c"]
    assert client.call("PATCH", card, {**body, "pse__Tuesday_Hours__c": 6.25})[0] == 204
    assert client.call("PATCH", card, json.loads(fixture("timecard_submitted.json")))[0] == 204
    assert client.query(fixture("timecard_open.soql", **names)) == []
    _, shown = client.call("GET", card)
    assert (shown["pse__Monday_Hours__c"], shown["pse__Tuesday_Hours__c"], shown["pse__Friday_Hours__c"]) == (
        8.0,
        6.25,
        0.0,
    )
    assert (shown["pse__Total_Hours__c"], shown["pse__Submitted__c"], shown["pse__Status__c"]) == (
        14.25,
        True,
        "Submitted",
    )
    status, answer = client.call("PATCH", card, {"pse__Monday_Hours__c": 4})
    assert (status, answer[0]["errorCode"], answer[0]["fields"]) == (
        400,
        "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        ["pse__Monday_Hours__c"],
    )


def test_bad_input__gets_the_platforms_errors_and_changes_nothing() -> None:
    client, ids = staffed()
    cards = f"{DATA}/sobjects/pse__Timecard_Header__c"
    good = {
        "pse__Start_Date__c": "2026-01-26",
        "pse__Resource__c": ids["1001"],
        "pse__Assignment__c": ids["assignment"],
    }
    wrong: tuple[tuple[Any, str], ...] = (
        (b"{", "JSON_PARSER_ERROR"),
        ([], "JSON_PARSER_ERROR"),
        ({**good, "pse__Monday_Hours__c": "eight"}, "JSON_PARSER_ERROR"),
        ({**good, "pse__Moonday_Hours__c": 8}, "INVALID_FIELD"),
        ({**good, "pse__Status__c": "Done"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
        ({**good, "pse__Monday_Notes__c": "x" * 256}, "STRING_TOO_LONG"),
        ({**good, "pse__Monday_Hours__c": 25}, "FIELD_CUSTOM_VALIDATION_EXCEPTION"),
        ({"pse__Start_Date__c": "2026-01-26"}, "REQUIRED_FIELD_MISSING"),
    )
    for body, code in wrong:
        status, answer = client.call("POST", cards, body)
        assert (status, answer[0]["errorCode"]) == (400, code)
    assert client.query("SELECT Id FROM pse__Timecard_Header__c") == []


def test_billing_marks__are_written_on_splits_alone() -> None:
    client, _ = staffed()
    cells = week()
    client.step(at_ms(31))
    client.play(*cells)
    client.step(at_ms(33))
    client.play(*approved(cells))
    split = client.query("SELECT Id, pse__Total_Hours__c, pse__Billed__c FROM pse__Timecard__c")[0]
    assert (split["pse__Total_Hours__c"], split["pse__Billed__c"]) == (37.6, False)
    mark = {
        "attributes": {"type": "pse__Timecard__c"},
        "Id": split["Id"],
        "pse__Billed__c": True,
        "RH_Invoice_No__c": "US01-INV-2026-000001",
        "RH_Invoice_Status__c": "Open",
    }
    body = {"allOrNone": False, "records": [mark, {**mark, "pse__Total_Hours__c": 1}]}
    _, answer = client.call("PATCH", f"{DATA}/composite/sobjects", body)
    assert [item["success"] for item in answer] == [True, False]
    document = next(row for row in client.observed() if isinstance(row, PsaSplit))
    assert (document.billed, document.invoice_no) == (True, "US01-INV-2026-000001")


def test_a_lost_answer__leaves_one_committed_record() -> None:
    client, ids = provisioned()
    client.control("POST", "faults", [{"id": "f", "kind": "lose_answer", "method": "PATCH", "times": 1}])
    path = f"{DATA}/sobjects/Contact/RH_Employee_No__c/1005"
    body = json.loads(fixture("resource.json"))
    assert client.call("PATCH", path, body)[0] == 0
    status, answer = client.call("PATCH", path, body)
    assert (status, answer["created"]) == (200, False)
    assert len(client.query("SELECT Id FROM Contact WHERE RH_Employee_No__c = '1005'")) == 1
    assert ids["1001"] != answer["id"]


def test_facts_through_the_control_plane__come_back_as_played() -> None:
    client, _ = provisioned()
    cells = week()
    staffing = assignment(overrides=(override(at_ms(5)),))
    for at, facts in (
        (at_ms(2), [rate_line()]),
        (at_ms(5), [staffing]),
        (at_ms(31), cells),
        (at_ms(33), approved(cells)),
    ):
        client.step(at)
        assert {item["state"] for item in client.play(*facts)} == {"applied"}
    played: list[SourceFact] = [rate_line(), staffing, *cells, *approved(cells)]
    observed = [stripped(row) for row in client.observed() if hasattr(row, "bk")]
    assert in_order(observed) == in_order(played)


def test_seeded_history__keeps_its_own_instants() -> None:
    client, _ = provisioned()
    cells = week()
    facts: list[SourceFact] = [rate_line(), assignment(), *cells, *approved(cells)]
    assert {item["state"] for item in client.play(*facts, verb="seed")} == {"applied"}
    assert in_order([stripped(row) for row in client.observed() if hasattr(row, "bk")]) == in_order(facts)


def test_a_snapshot_restored__brings_everything_back() -> None:
    client, _ = staffed()
    before = client.control("GET", "observe")
    snapshot = json.loads(client.control("POST", "snapshot"))
    client.step(at_ms(31))
    client.play(*week())
    assert client.control("GET", "observe") != before
    client.control("POST", "restore", snapshot)
    assert client.control("GET", "observe") == before


def test_native_records__look_as_the_api_shows_them() -> None:
    client, ids = staffed()
    lines = [json.loads(line) for line in client.control("GET", "native").splitlines()]
    shown = next(line["record"] for line in lines if line["record"]["Id"] == ids["assignment"])
    _, read = client.call("GET", f"{DATA}/sobjects/pse__Assignment__c/{ids['assignment']}")
    assert shown == read


def test_a_restarted_mock__has_all_it_had(tmp_path: Path) -> None:
    first = Client(system_of(tmp_path)).login()
    status, answer = first.call(
        "PATCH", f"{DATA}/sobjects/Contact/RH_Employee_No__c/1001", json.loads(fixture("resource.json"))
    )
    assert status == 201
    first.system.drop_world("default")
    again = Client(system_of(tmp_path)).login()
    assert [row["Id"] for row in again.query("SELECT Id FROM Contact")] == [answer["id"]]
    status, second = again.call(
        "PATCH", f"{DATA}/sobjects/Contact/RH_Employee_No__c/1002", json.loads(fixture("resource.json"))
    )
    assert (status, second["id"] != answer["id"]) == (201, True)
