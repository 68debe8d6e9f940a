"""What is wrong gets the vendor's own refusal and changes nothing; faults strike as they should."""

import msgspec
import pytest

from .estate import DAY_MS, REASON, START_MS, Estate, person

EMPLOYEE, ROW, REPORT = "/employees/1", "/employees/1/tables/jobInfo", "/reports/custom"
HOOKS = "/webhooks"
_ADD = "/employees"
BAD_INPUT = [
    (_ADD, b"", 400),
    (_ADD, b"{", 400),
    (_ADD, b"[]", 400),
    (_ADD, b"null", 400),
    (_ADD, b"\xff\xfe\x00", 400),
    (_ADD, b'{"firstName": "\xff", "lastName": "B"}', 400),
    (_ADD, b'{"firstName": "\\ud800", "lastName": "B"}', 400),
    (_ADD, b'{"firstName": "A\\u0000", "lastName": "B"}', 400),
    (_ADD, b'{"firstName": "A"}', 400),
    (_ADD, b'{"firstName": "A", "lastName": 7}', 400),
    (_ADD, b'{"firstName": ["A"], "lastName": "B"}', 400),
    (_ADD, b'{"firstName": "A", "lastName": "B", "shoeSize": "44"}', 400),
    (_ADD, b'{"firstName": "A", "lastName": "B", "status": "Active"}', 400),
    (_ADD, b'{"firstName": "A", "lastName": "B", "id": "9"}', 400),
    (_ADD, b'{"firstName": "A", "lastName": "B", "hireDate": "2026-02-30"}', 400),
    (_ADD, b'{"firstName": "A", "lastName": "B", "hireDate": "01/02/2026"}', 400),
    (_ADD, b'{"firstName": "A", "lastName": "B", "workEmail": "nobody"}', 400),
    (_ADD, b'{"firstName": "A", "lastName": "B", "weeklyPattern": "8,8,8"}', 400),
    (_ADD, b'{"firstName": "A", "lastName": "B", "payRate": "much"}', 400),
    (_ADD, b'{"firstName": "A", "lastName": "B", "reportsTo": "999"}', 400),
    (_ADD, b'{"firstName": "' + b"A" * 256 + b'", "lastName": "B"}', 400),
    (_ADD, b'{"firstName": "A", "lastName": "B", "middleName": "' + b"A" * 1_000_001 + b'"}', 400),
    (_ADD, b"[" * 100_000, 400),
    (_ADD, b"<employee><field id='firstName'>A", 400),
    (_ADD, b"<row><field id='firstName'>A</field></row>", 400),
    (_ADD, b"<employee><name>A</name></employee>", 400),
    (_ADD, b"<employee><field>A</field></employee>", 400),
    (_ADD, b'<!DOCTYPE x [<!ENTITY a "b">]><employee><field id="firstName">&a;</field></employee>', 400),
    (_ADD, '<?xml version="1.0" encoding="utf-16"?><employee/>'.encode("utf-16"), 400),
    (EMPLOYEE, b"nonsense", 400),
    (EMPLOYEE, b'{"lastName": ""}', 400),
    (EMPLOYEE, b'{"lastName": null}', 400),
    (EMPLOYEE, b'{"lastChanged": "2026-01-01"}', 400),
    ("/employees/99", b'{"lastName": "B"}', 404),
    ("/employees/all", b'{"lastName": "B"}', 404),
    ("/employees/1%00", b'{"lastName": "B"}', 404),
    (ROW, b"{}", 400),
    (ROW, b'{"jobTitle": "Boss"}', 400),
    (ROW, b'{"date": "0000-00-00"}', 400),
    (ROW, b'{"date": "2026-01-01", "employeeId": "2"}', 400),
    (ROW, b'{"date": "2026-01-01", "revision": "9"}', 400),
    (ROW, b'{"date": "2026-01-01", "reportsTo": "999"}', 400),
    ("/employees/1/tables/skills", b'{"skill": "x", "certified": "maybe"}', 400),
    ("/employees/1/tables/employmentStatus", b'{"date": "2026-01-01", "fte": "1.005"}', 400),
    ("/employees/1/tables/employmentStatus", b'{"date": "2026-01-01", "fte": "-1"}', 400),
    ("/employees/1/tables/nothing", b'{"date": "2026-01-01"}', 404),
    ("/employees/1/tables/employee", b'{"firstName": "x"}', 404),
    ("/employees/1/tables/jobInfo/99", b'{"jobTitle": "x"}', 404),
    ("/employees/2/tables/jobInfo/1", b'{"jobTitle": "x"}', 404),
    ("/employees/1/tables/jobInfo/1", b'{"date": ""}', 400),
    ("/employees/all/tables/jobInfo", b'{"date": "2026-01-01"}', 404),
    (REPORT, b"", 400),
    (REPORT, b"<report/>", 400),
    (REPORT, b'{"fields": "lastName"}', 400),
    (REPORT, b'{"fields": [7]}', 400),
    (REPORT, b'{"fields": ["lastName"], "filters": {"lastChanged": {"value": "yesterday"}}}', 400),
    (REPORT, b'{"fields": ["lastName"], "filters": {"lastChanged": [1]}}', 400),
    (HOOKS, b"{}", 400),
    (HOOKS, b'{"name": "n", "url": "http://core.example/", "monitorFields": ["firstName"]}', 400),
    (HOOKS, b'{"name": "n", "url": "ftp://127.0.0.1/", "monitorFields": ["firstName"]}', 400),
    (HOOKS, b'{"name": "n", "url": "https://[", "monitorFields": ["firstName"]}', 400),
    (HOOKS, b'{"name": "n", "url": "https://core.example/", "monitorFields": []}', 400),
    (HOOKS, b'{"name": "n", "url": "https://core.example/", "monitorFields": ["shoeSize"]}', 400),
    (HOOKS, b'{"name": "n", "url": "https://core.example/", "monitorFields": ["firstName"], "x": 1}', 400),
    (HOOKS, b'{"name": 1, "url": "https://core.example/", "monitorFields": ["firstName"]}', 400),
]


@pytest.fixture
def estate() -> Estate:
    """Two people."""
    made = Estate()
    made.act([person(), person("1002")])
    return made


@pytest.mark.parametrize(("path", "body", "expected"), BAD_INPUT)
def test_bad_input__is_refused_without_body_and_changes_nothing(
    estate: Estate, path: str, body: bytes, expected: int
) -> None:
    before = estate.observe()
    status, headers, answer = estate.api("POST", path, body)
    assert (status, answer) == (expected, b"")
    assert headers[REASON].isascii()
    assert headers[REASON].isprintable()
    assert estate.observe() == before
    assert estate.get("/webhooks") == {"webhooks": []}


@pytest.mark.parametrize(
    ("path", "query", "expected"),
    [
        ("/employees/changed", {}, 400),
        ("/employees/changed", {"since": ""}, 400),
        ("/employees/changed", {"since": "2026-01-01"}, 400),
        ("/employees/changed", {"since": "2026-13-01T00:00:00Z"}, 400),
        ("/employees/changed", {"since": "2026-01-01T00:00:00+99:00"}, 400),
        ("/employees/changed", {"since": "2026-01-01T00:00:00Z", "type": "hired"}, 400),
        ("/employees/changed/tables/jobInfo", {}, 400),
        ("/employees/changed/tables/other", {"since": "2026-01-01T00:00:00Z"}, 404),
        ("/employees/99", {}, 404),
        ("/employees/' OR 1=1", {}, 404),
        ("/employees/1/tables/other", {}, 404),
        ("/time_off/requests", {}, 400),
        ("/time_off/requests", {"start": "x", "end": "2026-01-01"}, 400),
        ("/time_off/whos_out", {"start": "2026-1-1"}, 400),
        ("/webhooks/9", {}, 404),
        ("/payroll", {}, 404),
    ],
)
def test_bad_reads__are_refused_with_a_reason(
    estate: Estate, path: str, query: dict[str, str], expected: int
) -> None:
    status, headers, body = estate.api("GET", path, **query)
    assert (status, body) == (expected, b"")
    assert headers[REASON]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"status": "approved", "start": "2026-01-02", "end": "2026-01-01", "timeOffTypeId": 78, "amount": 8},
        {"status": "approved", "start": "2026-01-02", "end": "2026-01-02", "timeOffTypeId": 1, "amount": 8},
        {"status": "maybe", "start": "2026-01-02", "end": "2026-01-02", "timeOffTypeId": 78, "amount": 8},
        {"status": "approved", "start": 1, "end": "2026-01-02", "timeOffTypeId": 78, "amount": 8},
    ],
)
def test_bad_time_off__is_refused(estate: Estate, body: dict[str, object]) -> None:
    assert estate.api("PUT", "/employees/1/time_off/request", msgspec.json.encode(body))[0] == 400
    assert estate.get("/time_off/requests", start="2026-01-01", end="2026-12-31") == []


def test_an_unknown_method__gets_405(estate: Estate) -> None:
    status, headers, body = estate.api("DELETE", "/employees/1")
    assert (status, body, headers[REASON]) == (405, b"", "Method Not Allowed")


# --- limits and faults ----------------------------------------------------------------------


@pytest.mark.parametrize(("name", "expected"), [("requests", 429), ("requests_503", 503)])
def test_the_rate_limit__refuses_with_either_status_and_retry_after(
    estate: Estate, name: str, expected: int
) -> None:
    estate.control("POST", "limits", {name: {"maximum": 2, "window_ms": 60_000}})
    assert [estate.api("GET", "/employees/1")[0] for _ in range(3)] == [200, 200, expected]
    status, headers, body = estate.api("GET", "/employees/1")
    assert (status, headers["retry-after"], body) == (expected, "60", b"")
    estate.step(START_MS + 60_000)
    assert estate.api("GET", "/employees/1")[0] == 200


@pytest.mark.parametrize(
    ("fault", "expected", "retry_after"),
    [
        ({"id": "f", "kind": "limit", "seconds": 7.5}, 429, "8"),
        ({"id": "f", "kind": "reject", "status": 503, "seconds": 30}, 503, "30"),
        ({"id": "f", "kind": "outage"}, 503, None),
    ],
)
def test_faults_before_the_commit__refuse_in_the_vendors_shape(
    estate: Estate, fault: dict[str, object], expected: int, retry_after: str | None
) -> None:
    estate.control("POST", "faults", [fault])
    status, headers, body = estate.api("POST", "/employees/1", '{"lastName": "B"}')
    assert (status, headers.get("retry-after"), body) == (expected, retry_after, b"")
    estate.control("DELETE", "faults")
    assert estate.get("/employees/1", fields="lastName")["lastName"] == "O'Neil <Jr>"


def test_a_lost_answer__has_committed_exactly_once(estate: Estate) -> None:
    estate.control("POST", "faults", [{"id": "f", "kind": "lose_answer", "method": "POST", "times": 1}])
    body = '{"firstName": "Li", "lastName": "Wu", "employeeNumber": "1003"}'
    assert estate.api("POST", "/employees", body)[0] == 0
    assert [fact.employee_no for fact in estate.observe()].count("1003") == 1
    assert estate.api("POST", "/employees", body)[0] == 409
    (dropped,) = estate.control("GET", "journal?outcome=dropped")["entries"]
    assert dropped["path"].endswith("/employees")


def test_a_lagging_read__shows_each_person_whole_as_they_were_and_by_id_as_they_are(estate: Estate) -> None:
    estate.control("POST", "subscribe", {"url": "https://core.example/", "secret": "s"})
    estate.step(START_MS + DAY_MS)
    changed = person(ver=2, last_name="Later", skills=())
    estate.act([changed, person("1003")])
    estate.control("POST", "faults", [{"id": "f", "kind": "visibility_lag", "seconds": 60}])
    since = {"since": "2026-01-06T00:00:00Z"}
    assert estate.get("/employees/changed", **since)["employees"] == []
    assert estate.get("/employees/changed/tables/skills", **since)["employees"] == []
    skills = estate.get("/employees/all/tables/skills")
    assert [row["employeeId"] for row in skills] == ["1", "1", "2", "2"]
    names = [one["lastName"] for one in estate.get("/employees/directory")["employees"]]
    assert names == ["O'Neil <Jr>", "O'Neil <Jr>"]
    assert estate.get("/employees/1", fields="lastName")["lastName"] == "Later"
    assert estate.get("/employees/1/tables/skills") == []
    estate.step(START_MS + DAY_MS + 60_001)
    assert list(estate.get("/employees/changed", **since)["employees"]) == ["1", "3"]
    assert estate.get("/employees/all/tables/skills")[0]["employeeId"] == "2"


def test_coarse_stamps__are_what_everybody_sees(estate: Estate) -> None:
    estate.control("POST", "faults", [{"id": "f", "kind": "coarse_stamps", "seconds": 60}])
    for seconds in (70, 95):
        estate.step(START_MS + seconds * 1000)
        estate.act([person(ver=seconds, last_name=f"At {seconds}")])
    versions = [fact for fact in estate.observe() if fact.employee_no == "1001"]
    assert [fact.last_name for fact in versions] == ["O'Neil <Jr>", "At 70", "At 95"]
    assert [fact.recorded_at_ms - START_MS for fact in versions] == [0, 60_000, 60_000]
