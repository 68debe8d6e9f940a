"""Every operation of the API as clients call it, in JSON and XML, at both prefixes."""

from datetime import date
from xml.etree import ElementTree

import msgspec
import pytest
from msgspec.structs import replace

from mocks.firm.facts.source import JobRow, StatusRow
from tests.unit.mocks.asgi import run

from .estate import DAY_MS, DIRECT, GATEWAY, REASON, START_MS, Estate, basic, person


@pytest.fixture
def estate() -> Estate:
    """Two people, the second the manager of the first from July 2025 on."""
    made = Estate()
    manager = person("2", first_name="Ann", last_name="Lee", jobs=(), skills=())
    made.act([person(), manager])
    return made


# --- who may call ---------------------------------------------------------------------------


@pytest.mark.parametrize("password", ["", "x", "a:b"])
@pytest.mark.parametrize("base", [GATEWAY, DIRECT])
def test_the_api_key_as_user_name__opens_its_world(estate: Estate, base: str, password: str) -> None:
    header = {"authorization": basic(estate.world.secrets["api_key"], password), "accept": "application/json"}
    status, _, body = run(estate.system, "GET", f"{base}/employees/2?fields=firstName", header)
    assert (status, body) == (200, b'{"id":"2","firstName":"Ann"}')


@pytest.mark.parametrize(
    "header", ["", "Basic", "Basic !!!", "Bearer abc", basic("wrong"), basic(""), "Basic " + "QUJD" * 9]
)
def test_a_missing_or_wrong_key__gets_401_without_body(estate: Estate, header: str) -> None:
    headers = {"authorization": header} if header else {}
    status, received, body = run(estate.system, "GET", f"{GATEWAY}/employees/1", headers)
    assert (status, body, received[REASON]) == (401, b"", "Invalid API key")


def test_another_company_in_the_path__is_not_found(estate: Estate) -> None:
    status, headers, _ = estate.api("GET", "/employees/1", base=GATEWAY.replace("acme", "other"))
    assert (status, headers[REASON]) == (404, "There is no such company")


def test_a_read_only_key__reads_but_gets_403_on_writes(estate: Estate) -> None:
    assert estate.api("GET", "/employees/1", key="read_only_api_key")[0] == 200
    body = '{"firstName": "New", "lastName": "Person"}'
    assert estate.api("POST", "/employees", body, key="read_only_api_key")[0] == 403
    assert len(estate.observe()) == 2


def test_two_worlds__are_told_apart_by_their_keys_alone(estate: Estate) -> None:
    estate.system.create_world("two", 7, START_MS)
    estate.act([person("77")], world="two")
    assert estate.api("GET", "/employees/2")[0] == 200
    assert estate.api("GET", "/employees/2", world="two")[0] == 404
    assert estate.api("GET", "/employees/1", world="two", fields="employeeNumber")[2] == (
        b'{"id":"1","employeeNumber":"77"}'
    )
    secrets = [world.secrets for world in estate.system.worlds.values()]
    assert secrets[0]["api_key"] != secrets[1]["api_key"]
    assert Estate().world.secrets == secrets[0]


# --- employees ------------------------------------------------------------------------------


def test_get__answers_only_known_fields_that_were_asked_for(estate: Estate) -> None:
    fields = "firstName,nickname,jobTitle,level,costCentre,supervisor,supervisorId,supervisorEId,fte,payRate"
    assert estate.get("/employees/1", fields=fields) == {
        "id": "1",
        "firstName": "Zoë",
        "jobTitle": "Senior Consultant",
        "level": "senior",
        "costCentre": "110",
        "supervisor": "Lee, Ann",
        "supervisorId": "2",
        "supervisorEId": "2",
        "fte": "1.00",
        "payRate": None,
    }
    assert estate.get("/employees/1") == {"id": "1"}


def test_get__shows_the_days_that_are_not_there_as_zeros_and_weeks_as_text(estate: Estate) -> None:
    shown = estate.get("/employees/1", fields="hireDate,terminationDate,weeklyPattern,entity,practice,status")
    assert shown == {
        "id": "1",
        "hireDate": "2024-03-01",
        "terminationDate": "0000-00-00",
        "weeklyPattern": "8,8,8,7.5,8.25,0,0",
        "entity": "US01",
        "practice": "DATA",
        "status": "Active",
    }


def test_a_row_of_the_future__shows_only_with_only_current_false(estate: Estate) -> None:
    fact = person()
    later = JobRow(date(2026, 2, 1), "manager", "Manager", "CC|US01|100", None)
    estate.act([replace(fact, ver=2, jobs=(*fact.jobs, later))])
    assert estate.get("/employees/1", fields="jobTitle")["jobTitle"] == "Senior Consultant"
    shown = estate.get("/employees/1", fields="jobTitle", onlyCurrent="false")
    assert shown["jobTitle"] == "Manager"
    estate.step(START_MS + 27 * DAY_MS)
    assert estate.get("/employees/1", fields="jobTitle")["jobTitle"] == "Manager"


def test_without_accept_json__the_answer_is_xml(estate: Estate) -> None:
    _, headers, body = estate.api("GET", "/employees/1", accept="*/*", fields="firstName,lastName")
    assert headers["content-type"].startswith("text/xml")
    root = ElementTree.fromstring(body)
    assert (root.tag, root.get("id")) == ("employee", "1")
    assert {field.get("id"): field.text for field in root} == {"firstName": "Zoë", "lastName": "O'Neil <Jr>"}


def test_the_directory__has_fields_and_the_active(estate: Estate) -> None:
    found = estate.get("/employees/directory")
    assert [one["displayName"] for one in found["employees"]] == ["Zoë O'Neil <Jr>", "Ann Lee"]
    assert {"id": "jobTitle", "type": "list", "name": "Job Title"} in found["fields"]
    _, _, body = estate.api("GET", "/employees/directory", accept="")
    assert [one.get("id") for one in ElementTree.fromstring(body).iter("employee")] == ["1", "2"]


@pytest.mark.parametrize("path", ["/employees", "/employees/"])
@pytest.mark.parametrize("base", [GATEWAY, DIRECT])
def test_add__answers_the_location_below_the_url_that_was_called(
    estate: Estate, base: str, path: str
) -> None:
    fields = '<field id="firstName">Li &amp; Co</field>\n\t<field id="lastName">Wu</field>'
    xml = f"<employee>\n\t{fields}\n</employee>"
    status, headers, body = estate.api("POST", path, xml, base=base)
    assert (status, body, headers["location"]) == (201, b"", f"{base}/employees/3")
    assert estate.get("/employees/3", fields="firstName")["firstName"] == "Li & Co"


def test_add__with_job_fields_makes_a_row_of_the_first_day(estate: Estate) -> None:
    body = {
        "firstName": "Li",
        "lastName": "Wu",
        "hireDate": "2026-01-12",
        "jobTitle": "Analyst",
        "reportsTo": "2",
        "employmentHistoryStatus": "Part-Time",
        "fte": "0.5",
        "payRate": "50000.00 USD",
    }
    assert estate.api("POST", "/employees", msgspec.json.encode(body))[0] == 201
    (row,) = estate.get("/employees/3/tables/jobInfo")
    assert (row["date"], row["jobTitle"], row["reportsTo"], row["level"]) == (
        "2026-01-12",
        "Analyst",
        "2",
        None,
    )
    assert estate.observe()[-1].statuses == (StatusRow(date(2026, 1, 12), "Part-Time", 50),)


def test_a_repeated_add__makes_a_second_employee_unless_the_number_is_taken(estate: Estate) -> None:
    body = '{"firstName": "Li", "lastName": "Wu"}'
    locations = {estate.api("POST", "/employees", body)[1]["location"][-1] for _ in range(2)}
    assert locations == {"3", "4"}
    numbered = '{"firstName": "Li", "lastName": "Wu", "employeeNumber": "1001"}'
    assert estate.api("POST", "/employees", numbered)[0] == 409
    assert estate.api("POST", "/employees/2", '{"employeeNumber": "1001"}')[0] == 409
    assert len(estate.observe()) == 4


@pytest.mark.parametrize(
    "body",
    ['<employee><field id="firstName">Zoe</field></employee>', '{"firstName": "Zoe"}'],
)
def test_update__changes_what_it_names_and_moves_last_changed(estate: Estate, body: str) -> None:
    estate.step(START_MS + DAY_MS)
    assert estate.api("POST", "/employees/1/", body)[::2] == (200, b"")
    changed = estate.get("/employees/changed/", since="2026-01-06T00:00:00Z", type="updated")
    assert changed == {
        "latest": "2026-01-06T09:00:00+00:00",
        "employees": {"1": {"id": "1", "action": "Updated", "lastChanged": "2026-01-06T09:00:00+00:00"}},
    }
    assert [fact.first_name for fact in estate.observe()] == ["Zoë", "Zoe", "Ann"]


def test_update__of_a_job_field_makes_a_row_of_today_once(estate: Estate) -> None:
    estate.api("POST", "/employees/1", '{"jobTitle": "Principal"}')
    estate.api("POST", "/employees/1", '{"jobTitle": "Principal", "level": "principal"}')
    rows = estate.get("/employees/1/tables/jobInfo")
    assert [(row["date"], row["jobTitle"], row["level"]) for row in rows[1:]] == [
        ("2025-07-01", "Senior Consultant", "senior"),
        ("2026-01-05", "Principal", "principal"),
    ]
    assert rows[2]["costCentre"] == "110"


# --- changed --------------------------------------------------------------------------------


def test_changed__has_one_entry_per_employee_with_the_last_action(estate: Estate) -> None:
    estate.api("POST", "/employees/1", '{"firstName": "Zoe"}')
    found = estate.get("/employees/changed", since="2026-01-05T09:00:00Z")
    assert {one["id"]: one["action"] for one in found["employees"].values()} == {
        "1": "Updated",
        "2": "Inserted",
    }
    inserted = estate.get("/employees/changed", since="2026-01-05T09:00:00Z", type="inserted")
    assert set(inserted["employees"]) == {"2"}


@pytest.mark.parametrize(
    "since", ["2026-01-05T10:00:01+01:00", "2026-01-05T10:00:01 01:00", "2026-01-05T04:00:01-0500"]
)
def test_changed__without_changes_is_an_empty_list_and_latest_stands(estate: Estate, since: str) -> None:
    found = estate.get("/employees/changed", since=since)
    assert found == {"latest": "2026-01-05T09:00:01+00:00", "employees": []}


@pytest.mark.parametrize(
    ("since", "latest", "found"),
    [
        ("0001-01-01T00:00:00+23:00", "2026-01-05T09:00:00+00:00", 2),
        ("9999-12-31T23:59:59-23:00", "9999-12-31T23:59:59+00:00", 0),
    ],
)
def test_changed__takes_the_farthest_instants(estate: Estate, since: str, latest: str, found: int) -> None:
    answer = estate.get("/employees/changed", since=since)
    assert (answer["latest"], len(answer["employees"])) == (latest, found)


def test_changed__in_xml_is_a_change_list(estate: Estate) -> None:
    _, _, body = estate.api("GET", "/employees/changed", accept="", since="2026-01-01T00:00:00Z")
    root = ElementTree.fromstring(body)
    assert root.tag == "changeList"
    assert [one.attrib for one in root][1] == {
        "id": "2",
        "action": "Inserted",
        "lastChanged": "2026-01-05T09:00:00+00:00",
    }


def test_changed_tables__has_all_rows_of_whoever_changed_in_anything(estate: Estate) -> None:
    estate.step(START_MS + DAY_MS)
    estate.api("POST", "/employees/1", '{"firstName": "Zoe"}')
    found = estate.get("/employees/changed/tables/skills", since="2026-01-06T00:00:00Z")
    assert found == {
        "table": "skills",
        "employees": {
            "1": {
                "lastChanged": "2026-01-06T09:00:00+00:00",
                "rows": [
                    {"skill": "python", "certified": "true", "since": "2024-05-01"},
                    {"skill": "excel", "certified": "false", "since": "2024-03-01"},
                ],
            }
        },
    }


# --- tables ---------------------------------------------------------------------------------


def test_rows__come_in_xml_as_clients_parse_them(estate: Estate) -> None:
    _, _, body = estate.api("GET", "/employees/all/tables/jobInfo", accept="")
    rows = list(ElementTree.fromstring(body))
    assert [(row.tag, row.get("id"), row.get("employeeId")) for row in rows] == [
        ("row", "1", "1"),
        ("row", "2", "1"),
    ]
    assert {field.get("id"): field.text for field in rows[1]}["date"] == "2025-07-01"


def test_a_row__is_added_changed_and_taken_away_and_each_is_a_version(estate: Estate) -> None:
    xml = '<row><field id="skill">sql</field><field id="certified">yes</field></row>'
    assert estate.api("POST", "/employees/1/tables/skills/", xml)[0] == 200
    assert estate.api("POST", "/employees/1/tables/skills/3", '{"since": "2025-01-01"}')[0] == 200
    assert estate.api("DELETE", "/employees/1/tables/skills/1")[0] == 200
    assert [row["skill"] for row in estate.get("/employees/1/tables/skills")] == ["excel", "sql"]
    versions = [fact for fact in estate.observe() if fact.source_id == "1"]
    assert [len(fact.skills) for fact in versions] == [2, 3, 3, 2]
    assert [fact.skills[-1].since for fact in versions[1:3]] == [date(2024, 3, 1), date(2025, 1, 1)]


def test_a_terminated_row__ends_the_job_on_its_date(estate: Estate) -> None:
    row = '{"date": "2026-01-30", "employmentStatus": "Terminated", "fte": "0"}'
    assert estate.api("POST", "/employees/1/tables/employmentStatus", row)[0] == 200
    assert estate.get("/employees/1", fields="terminationDate")["terminationDate"] == "2026-01-30"
    assert estate.observe()[1].terminated == date(2026, 1, 30)


# --- reports, meta data, time off -----------------------------------------------------------

_REPORT = (
    '<report output="json"><title>People</title>{filters}<fields><field id="lastName"/>'
    '<field id="jobTitle" /><field id="unknown" /></fields></report>'
)


def test_a_report__has_chosen_fields_of_everybody(estate: Estate) -> None:
    body = _REPORT.format(filters="")
    _, _, answer = estate.api("POST", "/reports/custom/", body, accept="", format="JSON")
    found = msgspec.json.decode(answer)
    assert found["title"] == "People"
    assert [field["id"] for field in found["fields"]] == ["lastName", "jobTitle"]
    assert found["employees"] == [
        {"id": "1", "lastName": "O'Neil <Jr>", "jobTitle": "Senior Consultant"},
        {"id": "2", "lastName": "Lee", "jobTitle": None},
    ]
    _, _, xml = estate.api("POST", "/reports/custom", body, format="xml")
    assert [one.get("id") for one in ElementTree.fromstring(xml).iter("employee")] == ["1", "2"]


def test_a_report_filtered_by_last_changed__has_only_those(estate: Estate) -> None:
    estate.step(START_MS + DAY_MS)
    estate.api("POST", "/employees/2", '{"lastName": "Leigh"}')
    since = '<lastChanged includeNull="no">2026-01-06T00:00:00Z</lastChanged>'
    _, _, answer = estate.api(
        "POST", "/reports/custom", _REPORT.format(filters=f"<filters>{since}</filters>"), format="json"
    )
    assert [one["lastName"] for one in msgspec.json.decode(answer)["employees"]] == ["Leigh"]


def test_a_report__leaves_out_those_hired_later_unless_only_current_is_false(estate: Estate) -> None:
    estate.act([person("1003", hired=date(2026, 2, 1))])
    body = '{"title": "t", "fields": ["employeeNumber"], "filters": {}}'
    _, _, now = estate.api("POST", "/reports/custom", body, format="JSON")
    _, _, ever = estate.api("POST", "/reports/custom", body, format="JSON", onlyCurrent="false")
    assert [len(msgspec.json.decode(answer)["employees"]) for answer in (now, ever)] == [2, 3]


def test_meta_data__describes_fields_tables_lists_and_users(estate: Estate) -> None:
    assert {"id": 1, "name": "First Name", "type": "text", "alias": "firstName"} in estate.get(
        "/meta/fields/"
    )
    tables = {one["alias"]: one["fields"] for one in estate.get("/meta/tables")}
    assert list(tables) == ["jobInfo", "employmentStatus", "compensation", "skills"]
    lists = {one["alias"]: [o["name"] for o in one["options"]] for one in estate.get("/meta/lists")}
    assert lists["level"] == ["consultant", "senior"]
    users = estate.get("/meta/users")
    assert users["2001"]["employeeId"] == 1
    assert users["2001"]["status"] == "enabled"
    for name, root in (("fields", "fields"), ("tables", "tables"), ("lists", "lists"), ("users", "users")):
        _, _, body = estate.api("GET", f"/meta/{name}/", accept="")
        assert ElementTree.fromstring(body).tag == root


def test_time_off__is_requested_listed_and_shown_as_out(estate: Estate) -> None:
    body = {
        "status": "approved",
        "start": "2026-01-19",
        "end": "2026-01-20",
        "timeOffTypeId": 78,
        "amount": "16",
        "dates": {"2026-01-19": "8", "2026-01-20": "8"},
    }
    status, headers, _ = estate.api("PUT", "/employees/1/time_off/request", msgspec.json.encode(body))
    assert (status, headers["location"]) == (201, f"{GATEWAY}/time_off/requests/1")
    (request,) = estate.get("/time_off/requests", start="2026-01-20", end="2026-01-31", status="approved")
    assert request["dates"] == body["dates"]
    assert request["amount"] == {"unit": "hours", "amount": "16"}
    assert estate.get("/time_off/requests", start="2026-01-21", end="2026-01-31") == []
    assert [one["employeeId"] for one in estate.get("/time_off/whos_out")] == [1]
    for path in ("/time_off/requests", "/time_off/whos_out"):
        _, _, xml = estate.api("GET", path, accept="", start="2026-01-01", end="2026-01-31")
        assert len(ElementTree.fromstring(xml)) == 1


def test_the_description__has_every_operation_at_both_prefixes(estate: Estate) -> None:
    _, _, body = run(estate.system, "GET", "http://hris.example/openapi.json")
    paths = msgspec.json.decode(body)["paths"]
    assert {path.removeprefix("/api/v1") for path in paths if path.startswith("/api/v1")} == {
        path.removeprefix("/api/gateway.php/{co}/v1") for path in paths if path.startswith("/api/gateway")
    }
    assert not [path for path in paths if "rehearse" in path]
    shown = paths["/api/gateway.php/{co}/v1/employees/{id}"]["get"]
    assert {one["name"] for one in shown["parameters"]} == {"co", "id", "fields", "onlyCurrent"}
