"""Pages of a result: locators, batches, deleted records, and what a poller asks."""

from urllib.parse import quote

import pytest

from .estate import DATA, HOUR_MS, START_MS, Estate

ALL = "SELECT Id, Name FROM Account ORDER BY SystemModstamp, Id"


@pytest.fixture
def estate() -> Estate:
    """Five accounts, made an hour apart."""
    made = Estate()
    for number in range(5):
        made.put("Account", START_MS + number * HOUR_MS, Name=f"A{number}")
    made.fault(kind="page_size", size=2)
    return made


def pages(estate: Estate, path: str) -> list[list[str]]:
    """The names on each page, following the way that the server gives."""
    found = []
    while True:
        status, page = estate.call("GET", path)
        assert status == 200, page
        found.append([record["Name"] for record in page["records"]])
        assert page["totalSize"] == 5
        if page["done"]:
            return found
        path = page["nextRecordsUrl"]


@pytest.mark.parametrize("resource", ["query", "queryAll"])
def test_pages__lead_through_the_whole_result(estate: Estate, resource: str) -> None:
    found = pages(estate, f"/{resource}?q={quote(ALL)}")
    assert found == [["A0", "A1"], ["A2", "A3"], ["A4"]]


def test_the_way_on__is_a_path_of_the_version_that_was_called(estate: Estate) -> None:
    _, page = estate.call("GET", f"/services/data/v42.0/query/?q={quote(ALL)}")
    assert page["nextRecordsUrl"].startswith("/services/data/v42.0/query/01g")
    assert page["nextRecordsUrl"].endswith("-2")


def test_a_result__is_a_snapshot_of_ids_with_present_fields(estate: Estate) -> None:
    page = estate.query(ALL)
    last = estate.query("SELECT Id FROM Account WHERE Name = 'A3'")["records"][0]["Id"]
    estate.call("PATCH", f"/sobjects/Account/{last}", {"Name": "renamed"})
    estate.create("Account", Name="late")
    _, second = estate.call("GET", page["nextRecordsUrl"])
    assert [record["Name"] for record in second["records"]] == ["A2", "renamed"]
    assert second["totalSize"] == 5


@pytest.mark.parametrize("locator", ["01gCRM100000001AAA-2", "nothing", "x-y", "-", "01gCRM1-99999999999"])
def test_an_unknown_locator__is_refused(estate: Estate, locator: str) -> None:
    status, errors = estate.call("GET", f"/query/{locator}")
    assert (status, errors[0]["errorCode"]) == (400, "INVALID_QUERY_LOCATOR")


def test_a_locator__ends_after_two_days_and_beyond_a_hundred_younger_ones(estate: Estate) -> None:
    first = estate.query(ALL)["nextRecordsUrl"]
    for _ in range(99):
        estate.query(ALL)
    assert estate.call("GET", first)[0] == 200
    last = estate.query(ALL)["nextRecordsUrl"]
    assert estate.call("GET", first)[0] == 400
    estate.step(49 * HOUR_MS)
    estate.log_in()
    assert estate.call("GET", last)[0] == 400


@pytest.mark.parametrize(("option", "size"), [("batchSize=250", 250), ("batchsize=1", 200), ("x", 450)])
def test_the_batch_header__sets_the_page_within_bounds(option: str, size: int) -> None:
    estate = Estate()
    for number in range(450):
        estate.put("Account", Name=f"A{number}")
    headers = {"sforce-query-options": option}
    _, _, body = estate.raw("GET", f"/query?q={quote(ALL)}", headers=headers)
    assert body.count(b'"Name"') == size


def test_deleted_records__are_seen_by_query_all_alone(estate: Estate) -> None:
    estate.control("DELETE", "faults")
    gone = estate.query(ALL)["records"][1]["Id"]
    assert estate.raw("DELETE", f"/sobjects/Account/{gone}")[0] == 204
    soql = "SELECT Name, IsDeleted FROM Account ORDER BY Name"
    assert [record["Name"] for record in estate.query(soql)["records"]] == ["A0", "A2", "A3", "A4"]
    found = estate.query(soql, all_rows=True)["records"]
    assert [record["IsDeleted"] for record in found] == [False, True, False, False, False]
    assert estate.query(soql + " ALL ROWS")["totalSize"] == 5


def test_updated_and_deleted__tell_what_changed_in_a_span(estate: Estate) -> None:
    records = estate.query("SELECT Id FROM Account ORDER BY Name LIMIT 5")
    first = records["records"][0]["Id"]
    estate.step(5 * HOUR_MS)
    estate.log_in()
    estate.raw("DELETE", f"/sobjects/Account/{first}")
    span = "start=2026-01-01T10:00:00%2B00:00&end=2026-01-01T12:00:00Z"
    status, answer = estate.call("GET", f"/sobjects/Account/updated?{span}")
    assert (status, len(answer["ids"]), answer["latestDateCovered"]) == (
        200,
        2,
        "2026-01-01T12:00:00.000+0000",
    )
    _, answer = estate.call(
        "GET", "/sobjects/Account/deleted?start=2026-01-01T10:00:00+00:00&end=2026-02-01T12:00:00Z"
    )
    assert answer["deletedRecords"] == [{"id": first, "deletedDate": "2026-01-01T14:00:00.000+0000"}]


@pytest.mark.parametrize(
    "span",
    ["", "start=x&end=y", "start=2026-01-02T00:00:00Z&end=2026-01-01T00:00:00Z", "start=2026-01-01&end=9"],
)
def test_a_bad_span__is_refused(estate: Estate, span: str) -> None:
    status, errors = estate.call("GET", f"/sobjects/Account/updated?{span}")
    assert (status, errors[0]["errorCode"]) == (400, "INVALID_REPLICATION_DATE")


def test_changes_that_become_visible_late__show_earlier_versions_until_then(estate: Estate) -> None:
    estate.control("DELETE", "faults")
    estate.step(10 * HOUR_MS)
    estate.log_in()
    estate.fault(kind="visibility_lag", seconds=60)
    changed = estate.query("SELECT Id FROM Account WHERE Name = 'A0'")["records"][0]["Id"]
    estate.call("PATCH", f"/sobjects/Account/{changed}", {"Name": "changed", "ParentId": changed})
    estate.create("Account", Name="new")
    soql = "SELECT Name, Parent.Name, SystemModstamp FROM Account ORDER BY SystemModstamp"
    before = estate.query(soql, all_rows=True)
    assert [record["Name"] for record in before["records"]] == ["A0", "A1", "A2", "A3", "A4"]
    assert before["records"][0]["SystemModstamp"] == "2026-01-01T09:00:00.000+0000"
    assert estate.query("SELECT COUNT() FROM Account WHERE Name = 'changed'")["totalSize"] == 0
    assert estate.call("GET", f"/sobjects/Account/{changed}")[1]["Name"] == "changed"
    estate.step(60_001)
    after = estate.query(soql, all_rows=True)
    assert [record["Name"] for record in after["records"]] == ["A1", "A2", "A3", "A4", "changed", "new"]
    assert after["records"][4]["Parent"]["Name"] == "changed"


def test_describe__lists_fields_with_their_types(estate: Estate) -> None:
    _, described = estate.call("GET", "/sobjects/Opportunity/describe")
    fields = {field["name"]: field for field in described["fields"]}
    assert {name: fields[name]["type"] for name in ("Id", "StageName", "IsWon", "Amount", "CloseDate")} == {
        "Id": "id",
        "StageName": "picklist",
        "IsWon": "boolean",
        "Amount": "double",
        "CloseDate": "date",
    }
    assert fields["RH_Key__c"]["externalId"]
    assert (fields["AccountId"]["referenceTo"], fields["AccountId"]["relationshipName"]) == (
        ["Account"],
        "Account",
    )
    assert fields["SystemModstamp"]["type"] == "datetime"
    assert not fields["RH_Closed_Won_At__c"]["createable"]
    _, listed = estate.call("GET", "/sobjects/")
    assert "Account" in {one["name"] for one in listed["sobjects"]}
    assert estate.call("GET", "/")[1]["query"] == f"{DATA}/query"
    assert estate.call("GET", "/sobjects/Nothing/describe")[0] == 404
