"""One record a call: what is created, read, changed, deleted and refused."""

import json
from typing import Any

import pytest

from mocks.crm.salesforce.state import ORG
from mocks.protocols.salesforce import records
from mocks.protocols.salesforce.identifiers import normalised, numbered_id
from mocks.protocols.salesforce.values import decimal_text, instant_text, parse_instant

from .estate import DATA, HOST, Estate, opportunity


@pytest.fixture
def estate() -> Estate:
    """One empty world."""
    return Estate()


def test_a_created_record__is_read_with_its_system_fields(estate: Estate) -> None:
    status, headers, body = estate.raw("POST", "/sobjects/Account/", b'{"name":"Tidewater","ParentId":null}')
    made = json.loads(body)
    assert (status, made["success"], made["errors"]) == (201, True, [])
    assert headers["location"] == f"{DATA}/sobjects/Account/{made['id']}"
    status, headers, body = estate.raw("GET", f"/sobjects/Account/{made['id'][:15]}")
    record = json.loads(body)
    assert headers["date"] == "Thu, 01 Jan 2026 09:00:00 GMT"
    assert record["attributes"] == {"type": "Account", "url": f"{DATA}/sobjects/Account/{made['id']}"}
    assert (record["Id"], record["Name"], record["IsDeleted"]) == (made["id"], "Tidewater", False)
    assert record["RH_PO_Required__c"] is False
    stamp = "2026-01-01T09:00:00.000+0000"
    assert [record[name] for name in ("CreatedDate", "LastModifiedDate", "SystemModstamp")] == [stamp] * 3
    assert record["OwnerId"] == record["CreatedById"] == record["LastModifiedById"]
    assert record["LastViewedDate"] is None


def test_some_fields__are_read_when_asked_for(estate: Estate) -> None:
    made = estate.create("Account", Name="Tidewater", BillingCity="Boston")
    _, record = estate.call("GET", f"/sobjects/Account/{made}?fields=billingcity,Name")
    assert list(record) == ["attributes", "BillingCity", "Name", "Id"]
    status, errors = estate.call("GET", f"/sobjects/Account/{made}?fields=Nothing")
    assert (status, errors[0]["errorCode"]) == (400, "INVALID_FIELD")


def test_a_change__moves_the_stamp_and_nothing_else(estate: Estate) -> None:
    made = estate.create("Account", Name="Tidewater", BillingCity="Boston")
    estate.step(1_500)
    status, _, body = estate.raw("PATCH", f"/sobjects/Account/{made}", b'{"BillingCity":""}')
    assert (status, body) == (204, b"")
    _, record = estate.call("GET", f"/sobjects/Account/{made}")
    assert (record["Name"], record["BillingCity"]) == ("Tidewater", None)
    assert record["SystemModstamp"] == "2026-01-01T09:00:01.500+0000"
    assert record["CreatedDate"] == "2026-01-01T09:00:00.000+0000"


def test_a_deleted_record__is_gone_for_reads_and_writes(estate: Estate) -> None:
    made = estate.create("Account", Name="Tidewater")
    assert estate.call("DELETE", f"/sobjects/Account/{made}") == (204, None)
    assert estate.call("GET", f"/sobjects/Account/{made}")[1][0]["errorCode"] == "NOT_FOUND"
    for method, body in (("PATCH", {"Name": "x"}), ("DELETE", None)):
        status, errors = estate.call(method, f"/sobjects/Account/{made}", body)
        assert (status, errors[0]["errorCode"]) == (404, "ENTITY_IS_DELETED")


def test_an_upsert__creates_once_and_changes_after(estate: Estate) -> None:
    path = "/sobjects/Opportunity/RH_Key__c/O|1/2"  # a server hands paths on unescaped
    status, first = estate.call("PATCH", path, opportunity())
    assert (status, first["created"], first["success"]) == (201, True, True)
    status, second = estate.call("PATCH", path, opportunity(Name="Renamed"))
    assert (status, second["created"], second["id"]) == (200, False, first["id"])
    status, record = estate.call("GET", path.replace("RH_Key__c/O", "rh_key__c/o"))
    assert (status, record["Name"], record["RH_Key__c"]) == (200, "Renamed", "O|1/2")
    assert estate.query("SELECT COUNT() FROM Opportunity")["totalSize"] == 1
    assert estate.raw("PATCH", f"/services/data/v45.0{path}", b"{}")[::2] == (204, b"")
    assert estate.call("DELETE", path)[0] == 204
    assert estate.call("GET", path)[0] == 404
    assert estate.call("PATCH", f"{path}?updateOnly=true", opportunity())[0] == 404


def test_an_upsert_by_id__changes_only_what_is_there(estate: Estate) -> None:
    made = estate.create("Account", Name="Tidewater")
    assert estate.call("PATCH", f"/sobjects/Account/Id/{made}", {"Name": "x"})[1]["created"] is False
    missing = made[:14] + "Z"
    assert estate.call("PATCH", f"/sobjects/Account/Id/{missing}", {"Name": "x"})[0] == 404


def test_an_external_id_held_twice__answers_with_the_records(estate: Estate) -> None:
    world = estate.system.worlds["one"]
    rows = [{**opportunity(), "RH_Key__c": "K", "created_ms": 5}, {**opportunity(), "RH_Key__c": "K"}]
    ids = records.bulk_insert(ORG, world, "Opportunity", rows)
    for method, body in (("GET", None), ("PATCH", {"Name": "x"}), ("DELETE", None)):
        status, urls = estate.call(method, "/sobjects/Opportunity/RH_Key__c/k", body)
        assert (status, urls) == (300, [f"{DATA}/sobjects/Opportunity/{record_id}" for record_id in ids])
    assert [world.store.require("Opportunity", record_id).created_ms for record_id in ids] == [
        5,
        world.now_ms(),
    ]


def test_a_parent__can_be_named_by_its_external_id(estate: Estate) -> None:
    estate.create("Opportunity", **opportunity(RH_Key__c="K-1"))
    made = estate.create("Quote", Name="q", Opportunity={"RH_Key__c": "k-1"})
    _, record = estate.call("GET", f"/sobjects/Quote/{made}")
    assert record["OpportunityId"].startswith("006")
    for wrong in ({"RH_Key__c": "none"}, {}, {"Name": "x"}, "x", {"a": 1, "b": 2}):
        status, errors = estate.call("POST", "/sobjects/Quote", {"Name": "q", "Opportunity": wrong})
        assert (status, errors[0]["errorCode"]) == (400, "INVALID_FIELD")


def test_a_unique_value__cannot_be_held_twice(estate: Estate) -> None:
    first = estate.create("Opportunity", **opportunity(RH_Key__c="K-1"))
    status, errors = estate.call("POST", "/sobjects/Opportunity", opportunity(RH_Key__c="K-1"))
    assert (status, errors[0]["errorCode"], errors[0]["fields"]) == (400, "DUPLICATE_VALUE", ["RH_Key__c"])
    assert errors[0]["message"].endswith(f"on record with id: {first[:15]}")


BAD_FIELDS: list[tuple[dict[str, Any], str]] = [
    ({"Nothing": 1}, "INVALID_FIELD"),
    ({"Id": "006000000000001AAA"}, "INVALID_FIELD"),
    ({"CreatedDate": "2026-01-01T00:00:00Z"}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
    ({"IsWon": True}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
    ({"Name": None}, "REQUIRED_FIELD_MISSING"),
    ({"Name": ""}, "REQUIRED_FIELD_MISSING"),
    ({"Name": 5}, "JSON_PARSER_ERROR"),
    ({"Name": ["x"]}, "JSON_PARSER_ERROR"),
    ({"Name": "x" * 256}, "STRING_TOO_LONG"),
    ({"StageName": "Nearly"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
    ({"Amount": "ten"}, "JSON_PARSER_ERROR"),
    ({"Amount": True}, "JSON_PARSER_ERROR"),
    ({"Amount": {}}, "JSON_PARSER_ERROR"),
    ({"Amount": 10**15}, "NUMBER_OUTSIDE_VALID_RANGE"),
    ({"CloseDate": "2026-02-30"}, "JSON_PARSER_ERROR"),
    ({"CloseDate": "9999-01-01"}, "JSON_PARSER_ERROR"),
    ({"CloseDate": 20260101}, "JSON_PARSER_ERROR"),
    ({"AccountId": "x"}, "MALFORMED_ID"),
    ({"AccountId": "006CRM100000001AAA"}, "MALFORMED_ID"),
    ({"AccountId": "001CRM100000zzz"}, "INVALID_CROSS_REFERENCE_KEY"),
]


@pytest.mark.parametrize(("fields", "code"), BAD_FIELDS)
def test_a_bad_field__is_refused_and_changes_nothing(
    estate: Estate, fields: dict[str, Any], code: str
) -> None:
    status, errors = estate.call("POST", "/sobjects/Opportunity", opportunity(**fields))
    assert (status, errors[0]["errorCode"]) == (400, code)
    made = estate.create("Opportunity", **opportunity())
    before = estate.call("GET", f"/sobjects/Opportunity/{made}")
    status, errors = estate.call("PATCH", f"/sobjects/Opportunity/{made}", fields)
    assert (status, errors[0]["errorCode"]) == (400, code)
    assert estate.call("GET", f"/sobjects/Opportunity/{made}") == before


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"x"',
        b"null",
        b"\xff\xfe",
        b'{"Name":"\xff"}',
        b'{"Name":"\\ud800"}',
        b'{"Amount":1e999999999}',
        b'{"Amount":-1e400}',
        b'{"Amount":NaN}',
        b'{"Name":' + b"[" * 5_000 + b"]" * 5_000 + b"}",
    ],
)
def test_a_bad_body__is_refused(estate: Estate, body: bytes) -> None:
    made = estate.create("Opportunity", **opportunity())
    for method, path in (("POST", ""), ("PATCH", f"/{made}"), ("PATCH", "/RH_Key__c/K")):
        status, _, answer = estate.raw(method, f"/sobjects/Opportunity{path}", body)
        assert status == 400, answer
        assert json.loads(answer)[0]["errorCode"] in ("JSON_PARSER_ERROR", "NUMBER_OUTSIDE_VALID_RANGE")
    assert estate.query("SELECT COUNT() FROM Opportunity")["totalSize"] == 1


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/sobjects/Nothing/001CRM100000001AAA", 404, "NOT_FOUND"),
        ("POST", "/sobjects/Nothing", 404, "NOT_FOUND"),
        ("GET", "/sobjects/Account/001CRM100000zzz", 404, "NOT_FOUND"),
        ("GET", "/sobjects/Account/x", 404, "NOT_FOUND"),
        ("GET", "/sobjects/Account/Name/x", 404, "NOT_FOUND"),
        ("PUT", "/sobjects/Account", 405, "METHOD_NOT_ALLOWED"),
        ("GET", "/nothing", 404, "NOT_FOUND"),
        ("GET", "/services/data/v41.0/limits", 404, "NOT_FOUND"),
        ("GET", "/services/data/vx/limits", 404, "NOT_FOUND"),
        ("GET", "/services/apexrest/x", 404, "NOT_FOUND"),
    ],
)
def test_a_path_that_leads_nowhere__is_refused(
    estate: Estate, method: str, path: str, status: int, code: str
) -> None:
    found, errors = estate.call(method, path, {} if method != "GET" else None)
    assert (found, errors[0]["errorCode"]) == (status, code)


def test_numbers__are_kept_exactly_and_rounded_half_up_beyond_the_field(estate: Estate) -> None:
    for given, shown in (
        (b"12345678901.235", b"12345678901.235"),
        (b"0.1", b"0.1"),
        (b"-7", b"-7.0"),
        (b"1.0005", b"1.001"),
        (b"-1.0005", b"-1.001"),
        (b'"12.50"', b"12.5"),
        (b"1e2", b"100.0"),
        (b"1e-400", b"0.0"),
    ):
        body = json.dumps(opportunity()).encode()[:-1] + b',"Amount":' + given + b"}"
        made = json.loads(estate.raw("POST", "/sobjects/Opportunity", body)[2])["id"]
        assert b'"Amount":' + shown + b"," in estate.raw("GET", f"/sobjects/Opportunity/{made}")[2]


def test_a_lost_answer__was_committed_once(estate: Estate) -> None:
    estate.fault(kind="lose_answer", method="PATCH", times=1)
    path = "/sobjects/Opportunity/RH_Key__c/K-1"
    assert estate.raw("PATCH", path, json.dumps(opportunity()).encode())[0] == 0
    assert estate.call("PATCH", path, opportunity())[1]["created"] is False
    assert estate.query("SELECT COUNT() FROM Opportunity")["totalSize"] == 1


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ({"kind": "reject"}, 503, "SERVER_UNAVAILABLE"),
        ({"kind": "reject", "status": 500}, 500, "UNKNOWN_EXCEPTION"),
        ({"kind": "reject", "status": 400}, 400, "UNABLE_TO_LOCK_ROW"),
        ({"kind": "outage"}, 503, "SERVER_UNAVAILABLE"),
        ({"kind": "limit", "seconds": 30}, 403, "REQUEST_LIMIT_EXCEEDED"),
        ({"kind": "fail_after_commit"}, 500, "UNKNOWN_EXCEPTION"),
    ],
)
def test_a_fault__answers_in_the_platforms_shape(
    estate: Estate, fault: dict[str, Any], status: int, code: str
) -> None:
    estate.fault(**fault)
    found, errors = estate.call("POST", "/sobjects/Account", {"Name": "Tidewater"})
    assert (found, errors[0]["errorCode"]) == (status, code)
    estate.control("DELETE", "faults")
    made = int(fault["kind"] == "fail_after_commit")
    assert estate.query("SELECT COUNT() FROM Account")["totalSize"] == made


def test_the_description__names_every_operation_once(estate: Estate) -> None:
    document = estate.system.application.openapi()
    names = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]
    assert len(names) == len(set(names)) == len(estate.system.vendor.operations)
    assert f"{DATA.replace('59.0', '{version}')}/sobjects/{{object}}/{{id}}" in document["paths"]
    assert not any("__rehearse__" in path for path in document["paths"])
    assert HOST not in json.dumps(document)


def test_ids__have_the_checksum_of_their_letter_case() -> None:
    assert numbered_id("001", "D000", 62 * 62 + 10) == "001D0000000010AIAQ"
    assert normalised("001D000000IRFma") == "001D000000IRFmaIAH"
    assert normalised("001D000000IRFmaIAH") == "001D000000IRFmaIAH"
    for wrong in ("001D000000IRFmaIAA", "", "001D000000IRFm", "001D000000IRFm!", "001D000000IRFmaé"):
        assert normalised(wrong) is None
    with pytest.raises(ValueError, match="no room"):
        numbered_id("001", "0001", 62**8)


def test_values__are_written_as_the_platform_does() -> None:
    assert instant_text(1_767_258_000_007) == "2026-01-01T09:00:00.007+0000"
    assert parse_instant("2026-01-01T10:00:00.007+01:00") == 1_767_258_000_007
    for text in ("2026-01-01T10:00:00", "2026-13-01T10:00:00Z", "9999-12-31T23:59:59-12:00", "x"):
        assert parse_instant(text) is None
    shown = {(5, 2): "0.05", (-5, 2): "-0.05", (1_000, 2): "10.0", (1_250, 3): "1.25", (7, 0): "7.0"}
    assert {given: decimal_text(*given) for given in shown} == shown
